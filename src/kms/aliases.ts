import { factsOf } from '../crypto/index.ts';
import { DEFAULT_RESOURCE_QUOTAS } from '../quotas/index.ts';
import {
  type AliasRecord,
  deleteAlias,
  findAlias,
  insertAlias,
  listAliases as listStoredAliases,
  updateAlias,
  updateKey,
  type Writer,
} from '../store/index.ts';
import { aliasArn } from './identifiers.ts';
import type { KeyEntry } from './key-entry.ts';
import { changeKey } from './keys.ts';
import type { Kms } from './kms.ts';
import {
  aliasCharacters,
  aliasExists,
  aliasPrefixMissing,
  aliasReserved,
  aliasTargetMismatch,
  tooManyAliases,
} from './refusals.ts';

/**
 * Refuses a name that a customer's alias cannot have.
 *
 * @throws ServiceError `ValidationException` without the prefix `alias/`; `InvalidAliasNameException` for the reserved
 * prefix `alias/aws/`, an empty name or a colon
 */
export function requireAliasName(aliasName: string): void {
  if (!aliasName.startsWith('alias/')) throw aliasPrefixMissing();
  if (aliasName.startsWith('alias/aws/')) throw aliasReserved();
  if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(aliasName)) throw aliasCharacters(aliasName);
}

/**
 * Gives a key a new alias.
 *
 * @throws ServiceError `AlreadyExistsException`; `LimitExceededException` when the key has as many as it may have
 * @throws RevisionConflict when the key has changed since the request was judged
 */
export async function createAlias(kms: Kms, aliasName: string, key: KeyEntry): Promise<void> {
  const { aliasesPerKey } = kms.resourceQuotasOf(key.record.accountId);
  await kms.store.write((writer) => createAliasWithin(writer, kms, aliasName, key, aliasesPerKey));
}

/**
 * `createAlias` as a part of a transaction.
 *
 * @param quota how many aliases the key may have
 */
export async function createAliasWithin(
  writer: Writer,
  kms: Pick<Kms, 'partition' | 'clock'>,
  aliasName: string,
  key: KeyEntry,
  quota = DEFAULT_RESOURCE_QUOTAS.aliasesPerKey,
): Promise<void> {
  const { accountId, region, keyId } = key.record;
  requireRoom(key, quota);
  if ((await findAlias(writer, accountId, region, aliasName)) !== undefined) {
    throw aliasExists(aliasArn(kms.partition, region, accountId, aliasName));
  }
  const now = kms.clock.now();
  const alias = { accountId, region, aliasName, targetKeyId: keyId, creationDate: now, lastUpdatedDate: now };
  await insertAlias(writer, alias);
  await updateKey(writer, key.record);
}

/**
 * Points an alias at another key.
 *
 * @throws ServiceError `ValidationException` when the keys are of different types; `LimitExceededException` when
 * the new key has as many aliases as it may have
 * @throws RevisionConflict when one of the keys has changed since the request was judged
 */
export async function retargetAlias(
  kms: Kms,
  alias: AliasRecord,
  from: KeyEntry,
  to: KeyEntry,
): Promise<void> {
  if (from.keyUsage !== to.keyUsage || factsOf(from.keySpec).type !== factsOf(to.keySpec).type)
    throw aliasTargetMismatch();
  const changed = { ...alias, targetKeyId: to.record.keyId, lastUpdatedDate: kms.clock.now() };
  if (from.record.keyId === to.record.keyId) {
    await changeKey(kms, to, {}, (writer) => updateAlias(writer, changed));
    return;
  }
  requireRoom(to, kms.resourceQuotasOf(to.record.accountId).aliasesPerKey);
  await changeKey(kms, to, {}, async (writer) => {
    await updateAlias(writer, changed);
    await updateKey(writer, from.record);
  });
}

/** @throws RevisionConflict when the key of the alias has changed since the request was judged */
export async function removeAlias(kms: Kms, alias: AliasRecord, key: KeyEntry): Promise<void> {
  await changeKey(kms, key, {}, (writer) => deleteAlias(writer, alias));
}

/** An account's aliases in a Region in order of their names, after one, at most so many; of one key when it is given. */
export function listAliases(
  kms: Kms,
  filter: { readonly accountId: string; readonly region: string; readonly targetKeyId: string | undefined },
  after: string,
  limit: number,
): Promise<readonly AliasRecord[]> {
  return kms.store.read((reader) => listStoredAliases(reader, filter, after, limit));
}

function requireRoom(key: KeyEntry, quota: number): void {
  if (key.aliases.length >= quota) throw tooManyAliases(key.arn, quota);
}

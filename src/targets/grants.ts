import {
  findGrant,
  findKeyEntry,
  type GrantRecord,
  type KeyEntry,
  type Kms,
  keyArn,
  readGrantToken,
} from '../kms/index.ts';
import type { AnyInput, Operation } from '../operations/index.ts';
import { findByIdentifier, type NamedKey } from './keys.ts';
import type { Scope } from './scope.ts';

/** A grant that a request names. */
export interface NamedGrant {
  readonly key: NamedKey;
  readonly grantId: string;
  /** `undefined` when there is none such. */
  readonly grant: GrantRecord | undefined;
}

/**
 * The grant that GrantToken, or KeyId and GrantId, name.
 *
 * @throws ServiceError `InvalidGrantTokenException`; `NotFoundException` for a key of the caller's account that does not
 * exist
 */
export async function findNamedGrant(
  scope: Scope,
  operation: Operation,
  input: AnyInput,
): Promise<NamedGrant> {
  const { kms, region, account } = scope;
  const { GrantToken, KeyId, GrantId } = input;
  if (typeof GrantToken === 'string') {
    const place = readGrantToken(kms, GrantToken);
    const entry = place.region === region ? await findKeyEntry(kms, region, place.keyId) : undefined;
    const accountId = entry?.record.accountId ?? account;
    const arn = keyArn(kms.partition, region, accountId, place.keyId);
    const key = { arn, accountId, saidArn: arn, entry, requestAlias: undefined, fromCiphertext: false };
    const grant = entry && (await findGrantOf(kms, entry, place.grantId));
    return { key, grantId: place.grantId, grant };
  }
  const target = { kind: 'key', accepts: ['keyId', 'keyArn'], crossAccount: true, states: 'any' } as const;
  const key = await findByIdentifier(scope, operation, target, String(KeyId), undefined);
  const grantId = String(GrantId);
  return { key, grantId, grant: key.entry && (await findGrantOf(kms, key.entry, grantId)) };
}

function findGrantOf(
  { store }: Kms,
  { record }: KeyEntry,
  grantId: string,
): Promise<GrantRecord | undefined> {
  return store.read((reader) => findGrant(reader, record.region, record.keyId, grantId));
}

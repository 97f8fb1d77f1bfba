import { randomUUID } from 'node:crypto';
import { DAY } from '../clock.ts';
import type { KeySpec, KeyUsage } from '../crypto/index.ts';
import {
  countKeys,
  insertKey,
  insertKeyPolicyVersion,
  type KeyRecord,
  listKeyIds,
  putKeyMaterial,
  type Tag,
  updateKey,
  type Writer,
} from '../store/index.ts';
import { keyArn } from './identifiers.ts';
import { type KeyEntry, loadExistingKeyEntry, type Origin, wrapKeyMaterial } from './key-entry.ts';
import type { Kms } from './kms.ts';
import { tooManyKeys } from './refusals.ts';

/** What kind of key a key is; none of it ever changes. */
export interface KeyKind {
  readonly keySpec: KeySpec;
  readonly keyUsage: KeyUsage;
  readonly origin: Origin;
}

/** What a key is unless something else is asked for. */
export const SYMMETRIC_KEY: KeyKind = Object.freeze({
  keySpec: 'SYMMETRIC_DEFAULT',
  keyUsage: 'ENCRYPT_DECRYPT',
  origin: 'AWS_KMS',
});

/** What distinguishes a new key. */
export interface NewKey extends KeyKind {
  readonly region: string;
  readonly keyId: string;
  readonly accountId: string;
  readonly description: string;
  readonly policy: string;
  readonly policyPrincipals: ReadonlyMap<string, string>;
  /** The ARN of whoever creates the key. */
  readonly policyPutBy: string;
  readonly tags: readonly Tag[];
  /** Its own Region, for a multi-Region key. */
  readonly primaryRegion?: string | undefined;
  /** `CUSTOMER` by default. */
  readonly keyManager?: 'AWS';
  /** When automatic rotation is enabled from the start. */
  readonly rotationPeriodInDays?: number;
  /** `Enabled` by default; without material it is `PendingImport`. */
  readonly keyState?: 'Enabled' | 'Disabled';
  /** 64 hex digits, for material that other stores know under the same id; the keyring's, by default. */
  readonly keyMaterialId?: string;
}

/** A new key id: a UUID, or for a multi-Region key `mrk-` and 32 hex digits. */
export function newKeyId(isMultiRegion: boolean): string {
  const uuid = randomUUID();
  return isMultiRegion ? `mrk-${uuid.replaceAll('-', '')}` : uuid;
}

/**
 * Creates a key.
 *
 * @param material as `generateKeyMaterial` returns it; the caller wipes it. `undefined` when it is to be imported.
 * @throws ServiceError `LimitExceededException` when the account has as many keys in the Region as it may have
 */
export function createKey(kms: Kms, material: Uint8Array | undefined, newKey: NewKey): Promise<KeyEntry> {
  return kms.store.write(async (writer) => {
    await requireRoomForKey(writer, kms, newKey);
    return createKeyWithin(writer, kms, material, newKey);
  });
}

/** @throws ServiceError `LimitExceededException` when the account has as many keys in the Region as it may have */
export async function requireRoomForKey(
  writer: Writer,
  { resourceQuotasOf }: Kms,
  place: { readonly accountId: string; readonly region: string },
): Promise<void> {
  const { keys: quota } = resourceQuotasOf(place.accountId);
  if ((await countKeys(writer, place)) >= quota) throw tooManyKeys(place.region, quota);
}

/** `createKey` as a part of a transaction, without a quota. */
export async function createKeyWithin(
  writer: Writer,
  kms: Pick<Kms, 'partition' | 'keyring' | 'clock'>,
  material: Uint8Array | undefined,
  newKey: NewKey,
): Promise<KeyEntry> {
  const { keyState = 'Enabled', keyManager = 'CUSTOMER', keyMaterialId, primaryRegion, ...facts } = newKey;
  const { rotationPeriodInDays } = newKey;
  const creationDate = kms.clock.now();
  const wrapped =
    material && wrapKeyMaterial(kms.keyring, { ...newKey, creationDate }, material, keyMaterialId);
  await insertKey(writer, {
    ...facts,
    revision: 1,
    creationDate,
    policyVersion: 1,
    policyPutDate: creationDate,
    keyManager,
    keyState: wrapped === undefined ? 'PendingImport' : keyState,
    settledKeyState: undefined,
    deletionDate: undefined,
    pendingWindowInDays: undefined,
    primaryRegion,
    rotationPeriodInDays,
    nextRotationDate: rotationPeriodInDays && creationDate + rotationPeriodInDays * DAY,
    currentKeyMaterialId: wrapped?.keyMaterialId,
  });
  if (wrapped !== undefined) await putKeyMaterial(writer, wrapped);
  return loadExistingKeyEntry(writer, kms, newKey.region, newKey.keyId);
}

/**
 * Changes a key as it was when the request was judged.
 *
 * @param also further writes that belong to the same change
 * @throws RevisionConflict when the key has changed since then
 */
export async function changeKey(
  kms: Kms,
  { record }: KeyEntry,
  changes: Partial<
    Pick<
      KeyRecord,
      'description' | 'keyState' | 'settledKeyState' | 'deletionDate' | 'pendingWindowInDays' | 'tags'
    >
  >,
  also?: (writer: Writer) => Promise<void>,
): Promise<void> {
  await kms.store.write(async (writer) => {
    await also?.(writer);
    await updateKey(writer, { ...record, ...changes });
  });
}

/** How many policies of a key are remembered after they have been replaced. */
const POLICIES_KEPT = 50;

/** A policy that is to replace the one of a key. */
export interface NewKeyPolicy extends Pick<KeyRecord, 'policy' | 'policyPrincipals'> {
  /** The ARN of whoever puts it. */
  readonly policyPutBy: string;
}

/**
 * Replaces the policy of a key, and remembers the one that it had.
 *
 * @throws RevisionConflict when the key has changed since the request was judged
 */
export async function replaceKeyPolicy(
  kms: Kms,
  { record }: KeyEntry,
  newPolicy: NewKeyPolicy,
): Promise<void> {
  const { region, keyId, policy, policyPrincipals, policyVersion, policyPutBy, policyPutDate } = record;
  const replaced = { region, keyId, policy, policyPrincipals, version: policyVersion };
  await kms.store.write(async (writer) => {
    await updateKey(writer, {
      ...record,
      ...newPolicy,
      policyVersion: policyVersion + 1,
      policyPutDate: kms.clock.now(),
    });
    await insertKeyPolicyVersion(
      writer,
      { ...replaced, putBy: policyPutBy, putDate: policyPutDate },
      POLICIES_KEPT,
    );
  });
}

/** The ids and ARNs of an account's keys in a Region in order of their ids, after one, at most so many. */
export async function listKeys(
  kms: Kms,
  accountId: string,
  region: string,
  after: string,
  limit: number,
): Promise<readonly { readonly keyId: string; readonly arn: string }[]> {
  const keyIds = await kms.store.read((reader) => listKeyIds(reader, accountId, region, after, limit));
  return keyIds.map((keyId) => ({ keyId, arn: keyArn(kms.partition, region, accountId, keyId) }));
}

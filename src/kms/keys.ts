import {
  insertKey,
  insertKeyPolicyVersion,
  type KeyRecord,
  listKeyIds,
  type Tag,
  updateKey,
  type Writer,
} from '../store/index.ts';
import { keyArn } from './identifiers.ts';
import { type KeyEntry, loadKeyEntry, wrapKeyMaterial } from './key-entry.ts';
import type { Kms } from './kms.ts';

/** What distinguishes a new key. */
export interface NewKey {
  readonly region: string;
  readonly keyId: string;
  readonly accountId: string;
  readonly description: string;
  readonly policy: string;
  readonly policyPrincipals: ReadonlyMap<string, string>;
  /** The ARN of whoever creates the key. */
  readonly policyPutBy: string;
  readonly tags: readonly Tag[];
  /** `Enabled` by default. */
  readonly keyState?: 'Enabled' | 'Disabled';
  /** 64 hex digits, for material that other stores know under the same id; the keyring's, by default. */
  readonly keyMaterialId?: string;
}

/** What every key of this version is. */
export const NEW_KEY_TRAITS = Object.freeze({
  keySpec: 'SYMMETRIC_DEFAULT',
  keyUsage: 'ENCRYPT_DECRYPT',
  origin: 'AWS_KMS',
  multiRegion: false,
});

/**
 * Creates a symmetric encryption key.
 *
 * @param material 32 bytes; the caller wipes them
 */
export function createKey(kms: Kms, material: Uint8Array, newKey: NewKey): Promise<KeyEntry> {
  return kms.store.write((writer) => createKeyWithin(writer, kms, material, newKey));
}

/** `createKey` as a part of a transaction. */
export async function createKeyWithin(
  writer: Writer,
  kms: Pick<Kms, 'partition' | 'keyring' | 'clock'>,
  material: Uint8Array,
  newKey: NewKey,
): Promise<KeyEntry> {
  const creationDate = kms.clock.now();
  const wrapped = wrapKeyMaterial(kms.keyring, { ...newKey, creationDate }, material, newKey.keyMaterialId);
  const record: KeyRecord = {
    ...newKey,
    ...NEW_KEY_TRAITS,
    revision: 1,
    creationDate,
    policyVersion: 1,
    policyPutDate: creationDate,
    keyManager: 'CUSTOMER',
    keyState: newKey.keyState ?? 'Enabled',
    deletionDate: undefined,
    currentKeyMaterialId: wrapped.keyMaterialId,
  };
  await insertKey(writer, record, wrapped);
  const entry = await loadKeyEntry(writer, kms.partition, newKey.region, newKey.keyId);
  if (entry === undefined) throw new Error('a key that was just stored is missing');
  return entry;
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
  changes: Partial<Pick<KeyRecord, 'description' | 'keyState' | 'deletionDate' | 'tags'>>,
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

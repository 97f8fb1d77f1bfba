import { SymmetricKeyMaterial } from '../crypto/index.ts';
import type { Keyring } from '../keyring/index.ts';
import { bindPrincipals, type CompiledPolicy, compilePolicy, parsePolicy } from '../policy/index.ts';
import {
  type AliasRecord,
  findKey,
  type KeyMaterialRecord,
  type KeyRecord,
  listAliasesOfKey,
  listKeyMaterials,
  type Reader,
} from '../store/index.ts';
import { keyArn } from './identifiers.ts';
import type { KeyState } from './key-state.ts';

/** A key ready for use: decoded, its policy compiled, its material unwrapped. Frozen; a change makes a new one. */
export interface KeyEntry {
  readonly arn: string;
  readonly state: KeyState;
  readonly record: KeyRecord;
  readonly policy: CompiledPolicy;
  readonly aliases: readonly AliasRecord[];
  /** Every version of the material, by key material id. */
  readonly materials: ReadonlyMap<string, SymmetricKeyMaterial>;
  /** The material that encrypts. */
  readonly currentMaterial: SymmetricKeyMaterial;
}

/** What policies can ask of a key, be it stored or about to be. */
export interface KeyTraits {
  readonly arn: string;
  readonly record: Pick<KeyRecord, 'accountId' | 'keySpec' | 'keyUsage' | 'origin' | 'multiRegion' | 'tags'>;
  readonly aliases: readonly Pick<AliasRecord, 'aliasName'>[];
}

const KEY_STATES: readonly KeyState[] = ['Enabled', 'Disabled', 'PendingDeletion'];

/** Loads a key with everything that belongs to it; `undefined` when there is none. */
export async function loadKeyEntry(
  reader: Reader,
  partition: string,
  region: string,
  keyId: string,
): Promise<KeyEntry | undefined> {
  const record = await findKey(reader, region, keyId);
  if (record === undefined) return undefined;
  const state = KEY_STATES.find((known) => known === record.keyState);
  const materials = new Map<string, SymmetricKeyMaterial>();
  for (const material of await listKeyMaterials(reader, region, keyId)) {
    materials.set(material.keyMaterialId, unwrapKeyMaterial(reader.keyring, record.accountId, material));
  }
  const currentMaterial = materials.get(record.currentKeyMaterialId ?? '');
  if (state === undefined || currentMaterial === undefined) {
    throw new Error(`the record of key ${keyId} in ${region} is incomplete`);
  }
  return Object.freeze({
    arn: keyArn(partition, region, record.accountId, keyId),
    state,
    record,
    policy: compilePolicy(bindPrincipals(parsePolicy(record.policy), record.policyPrincipals)),
    aliases: await listAliasesOfKey(reader, region, keyId),
    materials,
    currentMaterial,
  });
}

/**
 * Wraps new key material for the store, bound to the key that it belongs to.
 *
 * @param keyMaterialId 64 hex digits, for material that other stores know under the same id; the keyring's, by default
 */
export function wrapKeyMaterial(
  keyring: Keyring,
  key: Pick<KeyRecord, 'accountId' | 'region' | 'keyId' | 'creationDate'>,
  material: Uint8Array,
  keyMaterialId = keyring.identifyKeyMaterial(key.keyId, material),
): KeyMaterialRecord {
  const { accountId, region, keyId, creationDate } = key;
  return {
    region,
    keyId,
    keyMaterialId,
    creationDate,
    wrappedKeyMaterial: keyring.wrap('key-material', material, [accountId, region, keyId, keyMaterialId]),
  };
}

function unwrapKeyMaterial(
  keyring: Keyring,
  accountId: string,
  { region, keyId, keyMaterialId, wrappedKeyMaterial }: KeyMaterialRecord,
): SymmetricKeyMaterial {
  const material = keyring.unwrap('key-material', wrappedKeyMaterial, [
    accountId,
    region,
    keyId,
    keyMaterialId,
  ]);
  try {
    return new SymmetricKeyMaterial({ keyId, keyMaterialId }, material);
  } finally {
    material.fill(0);
  }
}

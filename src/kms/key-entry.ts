import {
  KEY_SPECS,
  KEY_USAGES,
  type KeyMaterial,
  type KeySpec,
  type KeyUsage,
  loadKeyMaterial,
} from '../crypto/index.ts';
import type { Keyring } from '../keyring/index.ts';
import { bindPrincipals, type CompiledPolicy, compilePolicy, parsePolicy } from '../policy/index.ts';
import {
  type AliasRecord,
  findKey,
  findKeyUse,
  type KeyMaterialRecord,
  type KeyRecord,
  type KeyUse,
  listAliasesOfKey,
  listFamily,
  listKeyMaterials,
  type Reader,
} from '../store/index.ts';
import { keyArn } from './identifiers.ts';
import { KeyMaterials } from './key-materials.ts';
import { KEY_STATES, type KeyState } from './key-state.ts';
import type { Kms } from './kms.ts';
import { isExpired, stateWith, withoutMaterial } from './material-presence.ts';

/** Where the material of a key comes from. */
export const ORIGINS = ['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'] as const;
export type Origin = (typeof ORIGINS)[number];

/** A key as it is described: decoded, its policy compiled. */
export interface KeyOutline {
  readonly arn: string;
  readonly state: KeyState;
  readonly keySpec: KeySpec;
  readonly keyUsage: KeyUsage;
  readonly origin: Origin;
  readonly record: KeyRecord;
  readonly policy: CompiledPolicy;
  readonly aliases: readonly AliasRecord[];
  /** The Regions of a multi-Region key, its own included; else none. */
  readonly regions: readonly string[];
  /**
   * Every version of the material, oldest first; also those that are not there to be used. Where many keys are read at
   * once, only if it is imported: nothing else of it tells about the key.
   */
  readonly materialRecords: readonly KeyMaterialRecord[];
  /** The last cryptographic operation, to the day where it is cached. */
  readonly lastUse: KeyUse | undefined;
}

/** A key ready for use: its current material unwrapped. Frozen; a change makes a new one. */
export interface KeyEntry extends KeyOutline {
  /** When the first of the material expires, in milliseconds since the Unix epoch: the entry is not right any more then. */
  readonly expiryDate: number | undefined;
  /** The material that is there to be used. */
  readonly materials: Pick<KeyMaterials, 'get'>;
  /** The material that encrypts, signs, …; `undefined` while it is not there. */
  readonly currentMaterial: KeyMaterial | undefined;
}

/** What policies can ask of a key, be it stored or about to be. */
export interface KeyTraits {
  readonly arn: string;
  readonly record: Pick<
    KeyRecord,
    'accountId' | 'region' | 'keySpec' | 'keyUsage' | 'origin' | 'primaryRegion' | 'tags'
  >;
  readonly aliases: readonly Pick<AliasRecord, 'aliasName'>[];
}

/** What is stored of a key, beside its record. */
export type StoredParts = Pick<KeyOutline, 'aliases' | 'regions' | 'materialRecords' | 'lastUse'>;

/**
 * A key by what is stored of it. Imported material that has expired is not there any more, whether or not it has been
 * deleted yet, and the state is what follows from that; the record is the stored one.
 */
export function outlineOf(
  { partition, clock }: Pick<Kms, 'partition' | 'clock'>,
  record: KeyRecord,
  policy: CompiledPolicy,
  parts: StoredParts,
): KeyOutline {
  const { materialRecords, keyState } = asOf(clock.now(), record, parts.materialRecords);
  return {
    ...parts,
    arn: keyArn(partition, record.region, record.accountId, record.keyId),
    state: member(KEY_STATES, keyState),
    keySpec: member(KEY_SPECS, record.keySpec),
    keyUsage: member(KEY_USAGES, record.keyUsage),
    origin: member(ORIGINS, record.origin),
    record,
    policy,
    materialRecords,
  };
}

/** The policy of a key, compiled. */
export function compileKeyPolicy(record: Pick<KeyRecord, 'policy' | 'policyPrincipals'>): CompiledPolicy {
  return compilePolicy(bindPrincipals(parsePolicy(record.policy), record.policyPrincipals));
}

/** Loads a key with everything that belongs to it; `undefined` when there is none. */
export async function loadKeyEntry(
  reader: Reader,
  kms: Pick<Kms, 'partition' | 'clock'>,
  region: string,
  keyId: string,
): Promise<KeyEntry | undefined> {
  const record = await findKey(reader, region, keyId);
  if (record === undefined) return undefined;
  const outline = outlineOf(kms, record, compileKeyPolicy(record), {
    materialRecords: await listKeyMaterials(reader, region, keyId),
    aliases: await listAliasesOfKey(reader, region, keyId),
    regions: record.primaryRegion === undefined ? [] : await listRegions(reader, keyId),
    lastUse: await findKeyUse(reader, region, keyId),
  });
  const { keySpec, materialRecords } = outline;
  const materials = new KeyMaterials(materialRecords, (material) =>
    unwrapKeyMaterial(reader.keyring, record.accountId, keySpec, material),
  );
  return Object.freeze({
    ...outline,
    expiryDate: firstExpiryDate(materialRecords),
    materials,
    currentMaterial: materials.get(record.currentKeyMaterialId ?? ''),
  });
}

/**
 * Loads a key that is known to be there.
 *
 * @throws Error when it is not
 */
export async function loadExistingKeyEntry(
  reader: Reader,
  kms: Pick<Kms, 'partition' | 'clock'>,
  region: string,
  keyId: string,
): Promise<KeyEntry> {
  const entry = await loadKeyEntry(reader, kms, region, keyId);
  if (entry === undefined) throw new Error(`key ${keyId} in ${region} is missing`);
  return entry;
}

async function listRegions(reader: Reader, keyId: string): Promise<readonly string[]> {
  const family = await listFamily(reader, keyId);
  return family.map(({ region }) => region);
}

/** A stored text as the one of the known texts that it is; anything else was not written by this version. */
function member<T extends string>(known: readonly T[], text: string): T {
  const found = known.find((one) => one === text);
  if (found === undefined) throw new Error(`${text} in the record of a key is none of ${known.join(', ')}`);
  return found;
}

function asOf(time: number, record: KeyRecord, stored: readonly KeyMaterialRecord[]) {
  if (!stored.some((material) => isExpired(material, time)))
    return { materialRecords: stored, keyState: record.keyState };
  const materialRecords = stored.map((material) =>
    isExpired(material, time) ? withoutMaterial(material) : material,
  );
  return { materialRecords, keyState: stateWith(record, materialRecords).keyState };
}

function firstExpiryDate(materials: readonly KeyMaterialRecord[]): number | undefined {
  const dates = materials.map(({ validTo }) => validTo).filter((date) => date !== undefined);
  return dates.length === 0 ? undefined : Math.min(...dates);
}

/**
 * The material that encrypts, signs, …, of a key whose state and usage have been looked at.
 *
 * @param kind its class
 * @throws Error when it is not there, or of another kind
 */
export function currentMaterialOf<M extends KeyMaterial>(
  { arn, currentMaterial }: KeyEntry,
  kind: abstract new (...parts: never[]) => M,
): M {
  if (currentMaterial instanceof kind) return currentMaterial;
  throw new Error(`the current material of ${arn} is not of the class ${kind.name}`);
}

/**
 * Wraps new key material for the store, bound to the key that it belongs to.
 *
 * @param material as `generateKeyMaterial` returns it
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
    pending: undefined,
    rotationType: undefined,
    rotationDate: undefined,
    description: '',
    validTo: undefined,
  };
}

/** Key material in plaintext, which the caller wipes; `undefined` when it is not there. */
export function unwrapPlaintext(
  keyring: Keyring,
  accountId: string,
  { region, keyId, keyMaterialId, wrappedKeyMaterial }: KeyMaterialRecord,
): Buffer | undefined {
  if (wrappedKeyMaterial === undefined) return undefined;
  return keyring.unwrap('key-material', wrappedKeyMaterial, [accountId, region, keyId, keyMaterialId]);
}

/**
 * Key material as a sibling of its key has it, wrapped for the sibling's Region.
 *
 * @throws Error when it is not there
 */
export function rewrapKeyMaterial(
  keyring: Keyring,
  accountId: string,
  record: KeyMaterialRecord,
  region: string,
): KeyMaterialRecord {
  const { keyId, keyMaterialId } = record;
  const material = unwrapPlaintext(keyring, accountId, record);
  if (material === undefined) throw new Error(`key material ${keyMaterialId} of ${keyId} is missing`);
  try {
    const identity = [accountId, region, keyId, keyMaterialId];
    return { ...record, region, wrappedKeyMaterial: keyring.wrap('key-material', material, identity) };
  } finally {
    material.fill(0);
  }
}

function unwrapKeyMaterial(
  keyring: Keyring,
  accountId: string,
  keySpec: KeySpec,
  record: KeyMaterialRecord,
): KeyMaterial | undefined {
  const material = unwrapPlaintext(keyring, accountId, record);
  if (material === undefined) return undefined;
  try {
    return loadKeyMaterial(keySpec, record, material);
  } finally {
    material.fill(0);
  }
}

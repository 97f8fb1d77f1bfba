import { describeKeyMaterial, factsOf, readKeyMaterial } from '../crypto/index.ts';
import {
  type KeyMaterialRecord,
  type KeyRecord,
  putKeyMaterial,
  updateKey,
  type Writer,
} from '../store/index.ts';
import {
  keyMaterialKnown,
  keyMaterialNotFound,
  keyMaterialUnknown,
  malformedKeyMaterial,
  newMaterialWithId,
  otherKeyMaterial,
  otherMaterialPending,
  symmetricOnly,
} from './import-refusals.ts';
import { type KeyEntry, wrapKeyMaterial } from './key-entry.ts';
import type { Kms } from './kms.ts';
import { isPresent, stateWith, withoutMaterial } from './material-presence.ts';
import { multiRegionKeyType } from './multi-region.ts';
import { synchronizePending, withdrawPending } from './pending-material.ts';
import { notPrimaryKey } from './refusals.ts';

/** What an import says of the key material; absent members have the defaults of crypto.md section 9. */
export interface MaterialFacts {
  /** Whether the key has had this material before. */
  readonly importType?: 'NEW_KEY_MATERIAL' | 'EXISTING_KEY_MATERIAL' | undefined;
  /** The id that the material has to have. */
  readonly keyMaterialId?: string | undefined;
  readonly description?: string | undefined;
  /** When it expires, in milliseconds since the Unix epoch; never, when absent. */
  readonly validTo?: number | undefined;
}

/**
 * Refuses what only symmetric encryption keys know, and what does not go together.
 *
 * @throws ServiceError `ValidationException`
 */
export function requireMaterialFacts({ keySpec }: KeyEntry, facts: MaterialFacts): void {
  const { importType, keyMaterialId, description } = facts;
  if (importType === 'NEW_KEY_MATERIAL' && keyMaterialId !== undefined) throw newMaterialWithId();
  const given = { ImportType: importType, KeyMaterialId: keyMaterialId, KeyMaterialDescription: description };
  const [surplus] = Object.entries(given).filter(([, value]) => value !== undefined);
  if (surplus !== undefined && factsOf(keySpec).type !== 'symmetric') throw symmetricOnly(surplus[0]);
}

/**
 * Gives a key imported material: its first, the same that it had before, or, if it is a symmetric encryption key, further
 * material that waits for the rotation of the key. The key is enabled as soon as all is there that it has ever worked with.
 *
 * @param plaintext the material in the form in which it was made, which the caller wipes
 * @returns the key material id
 * @throws ServiceError `IncorrectKeyMaterialException` for material that is not of the key's spec, or not the expected
 * one; `UnsupportedOperationException` for new material of a replica; `KMSInvalidStateException` when other material is
 * pending rotation
 * @throws RevisionConflict when the key has changed since the request was judged
 */
export async function importKeyMaterial(
  { keyring, store, clock }: Kms,
  key: KeyEntry,
  plaintext: Buffer,
  facts: MaterialFacts,
): Promise<string> {
  const material = await readKeyMaterial(key.keySpec, plaintext);
  if (material === undefined) throw malformedKeyMaterial(key.keySpec, describeKeyMaterial(key.keySpec));
  try {
    const keyMaterialId = keyring.identifyKeyMaterial(key.record.keyId, material);
    const known = requireExpected(key, keyMaterialId, facts);
    const last = key.materialRecords.at(-1);
    // No two materials of a key have one date, so that their order is that in which they came.
    const creationDate = known?.creationDate ?? Math.max(clock.now(), (last?.creationDate ?? 0) + 1);
    const wrapped = wrapKeyMaterial(keyring, { ...key.record, creationDate }, material, keyMaterialId);
    const imported: KeyMaterialRecord = {
      ...(known ?? { ...wrapped, pending: last && 'ROTATION' }),
      wrappedKeyMaterial: wrapped.wrappedKeyMaterial,
      description: facts.description ?? known?.description ?? '',
      validTo: facts.validTo,
    };
    await store.write((writer) => putImported(writer, key, imported));
    return keyMaterialId;
  } finally {
    material.fill(0);
  }
}

/**
 * Refuses material that is not the one to be imported.
 *
 * @returns what is remembered of the material when the key has had it before
 */
function requireExpected(
  key: KeyEntry,
  keyMaterialId: string,
  facts: MaterialFacts,
): KeyMaterialRecord | undefined {
  const { arn, record, materialRecords } = key;
  const known = materialRecords.find((material) => material.keyMaterialId === keyMaterialId);
  const isFirst = materialRecords.length === 0;
  const { importType = isFirst ? 'NEW_KEY_MATERIAL' : 'EXISTING_KEY_MATERIAL' } = facts;
  if (facts.keyMaterialId !== undefined && facts.keyMaterialId !== keyMaterialId)
    throw otherKeyMaterial(keyMaterialId, facts.keyMaterialId);
  if (importType === 'EXISTING_KEY_MATERIAL') {
    if (known === undefined) throw keyMaterialUnknown(arn, keyMaterialId);
    return known;
  }
  if (multiRegionKeyType(key) === 'REPLICA') throw notPrimaryKey(arn);
  if (known !== undefined) throw keyMaterialKnown(arn, keyMaterialId);
  // Of a multi-Region key it may wait elsewhere.
  const isMultiRegion = record.primaryRegion !== undefined;
  const pending = materialRecords.find(
    (material) => material.pending !== undefined && (isMultiRegion || isPresent(material)),
  );
  if (pending !== undefined) throw otherMaterialPending(arn, keyMaterialId, pending.keyMaterialId);
  return undefined;
}

async function putImported(writer: Writer, key: KeyEntry, imported: KeyMaterialRecord): Promise<void> {
  const { keyMaterialId } = imported;
  const others = key.materialRecords.filter((material) => material.keyMaterialId !== keyMaterialId);
  const { currentKeyMaterialId = keyMaterialId } = key.record;
  const record = { ...key.record, currentKeyMaterialId };
  await putKeyMaterial(writer, imported);
  await updateKey(writer, { ...record, ...stateWith(record, [...others, imported]) });
  if (imported.pending !== undefined && record.primaryRegion !== undefined)
    await synchronizePending(writer, record.keyId);
}

/**
 * Deletes imported material: the current one, by default. Until the same is imported again the key cannot be used, unless
 * the material was only waiting for the rotation of the key.
 *
 * @returns the id of the material; `undefined` when none has ever been imported
 * @throws ServiceError `NotFoundException` when the key has never had the material
 * @throws RevisionConflict when the key has changed since the request was judged
 */
export async function deleteImportedKeyMaterial(
  { store }: Kms,
  { arn, record, materialRecords }: KeyEntry,
  keyMaterialId = record.currentKeyMaterialId,
): Promise<string | undefined> {
  if (keyMaterialId === undefined) return undefined;
  const material = materialRecords.find((one) => one.keyMaterialId === keyMaterialId);
  if (material === undefined) throw keyMaterialNotFound(arn, keyMaterialId);
  if (isPresent(material) || material.pending !== undefined) {
    await store.write((writer) => removeMaterials(writer, record, materialRecords, [material]));
    store.forgetDeleted();
  }
  return keyMaterialId;
}

/**
 * Removes imported material of a key. Of what has been current at some time the id is remembered; material that is pending
 * rotation is forgotten, with the primary key in all Regions, with a replica in none.
 *
 * @param materialRecords all the material of the key
 * @throws RevisionConflict when the key has changed, or is gone, since its record was read
 */
export async function removeMaterials(
  writer: Writer,
  record: KeyRecord,
  materialRecords: readonly KeyMaterialRecord[],
  removed: readonly KeyMaterialRecord[],
): Promise<void> {
  const remaining: KeyMaterialRecord[] = [];
  const isReplica = multiRegionKeyType({ record }) === 'REPLICA';
  for (const material of materialRecords) {
    if (!removed.includes(material)) remaining.push(material);
    else if (material.pending !== undefined && !isReplica) await withdrawPending(writer, record, material);
    else {
      const remembered = withoutMaterial(material);
      await putKeyMaterial(writer, remembered);
      remaining.push(remembered);
    }
  }
  await updateKey(writer, { ...record, ...stateWith(record, remaining) });
}

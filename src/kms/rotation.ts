import { DAY } from '../clock.ts';
import { generateKeyMaterial } from '../crypto/index.ts';
import {
  type KeyMaterialRecord,
  type KeyRecord,
  listKeyMaterials,
  listKeysDueForRotation,
  nextRotationDate,
  putKeyMaterial,
  RevisionConflict,
  updateKey,
  type Writer,
} from '../store/index.ts';
import type { DueEvent, DueWork, KmsAtWork } from './due-work.ts';
import { type KeyEntry, wrapKeyMaterial } from './key-entry.ts';
import type { Kms } from './kms.ts';
import { isExpired, isPresent } from './material-presence.ts';
import { changeFamily, multiRegionKeyType } from './multi-region.ts';
import { automaticRotationNear, noMaterialPendingRotation, tooManyRotations } from './refusals.ts';

/** How material became current in the place of other material. */
export const ROTATION_TYPES = ['AUTOMATIC', 'ON_DEMAND'] as const;
export type RotationType = (typeof ROTATION_TYPES)[number];

/** How often a key can be rotated on demand (quotas.md). */
const ON_DEMAND_ROTATIONS = 25;

/** How long before an automatic rotation there is none on demand any more. */
const CONFLICT_WINDOW = 20 * 60_000;

/** How many keys one look at the store takes. */
const BATCH = 100;

/** Automatic rotation as it stands in the record of a key. */
type RotationSchedule = Pick<KeyRecord, 'rotationPeriodInDays' | 'nextRotationDate'>;

function scheduleFrom(date: number, rotationPeriodInDays: number): RotationSchedule {
  return { rotationPeriodInDays, nextRotationDate: date + rotationPeriodInDays * DAY };
}

/**
 * The automatic rotation of a key: every how many days, and when next (milliseconds since the Unix epoch); `undefined`
 * when it is not enabled, or suspended because the key is to be deleted.
 */
export function automaticRotationOf({
  state,
  record,
}: KeyEntry): { readonly periodInDays: number; readonly nextDate: number } | undefined {
  const { rotationPeriodInDays: periodInDays, nextRotationDate: nextDate } = record;
  if (periodInDays === undefined || nextDate === undefined) return undefined;
  const isToBeDeleted = state === 'PendingDeletion' || state === 'PendingReplicaDeletion';
  return isToBeDeleted ? undefined : { periodInDays, nextDate };
}

/**
 * Has a key, with its siblings in other Regions, rotated automatically: first when a period from now is over. If that is
 * its period already, its next rotation stays when it is.
 *
 * @throws RevisionConflict when the key has changed since the request was judged
 */
export async function enableKeyRotation(kms: Kms, { record }: KeyEntry, periodInDays: number): Promise<void> {
  if (record.rotationPeriodInDays === periodInDays) return;
  await changeSchedule(kms, record, scheduleFrom(kms.clock.now(), periodInDays));
}

/**
 * Ends the automatic rotation of a key and its siblings in other Regions.
 *
 * @throws RevisionConflict when the key has changed since the request was judged
 */
export async function disableKeyRotation(kms: Kms, { record }: KeyEntry): Promise<void> {
  if (record.rotationPeriodInDays === undefined) return;
  await changeSchedule(kms, record, { rotationPeriodInDays: undefined, nextRotationDate: undefined });
}

async function changeSchedule(kms: Kms, record: KeyRecord, schedule: RotationSchedule): Promise<void> {
  await kms.store.write((writer) => changeFamily(writer, record, (member) => ({ ...member, ...schedule })));
}

/**
 * Enables a key. If it should have been rotated automatically while it was not enabled, it is rotated now.
 *
 * @throws RevisionConflict when the key has changed since the request was judged
 */
export async function enableKey(kms: Kms, key: KeyEntry): Promise<void> {
  const enabled = { ...key.record, keyState: 'Enabled' };
  const { nextRotationDate: due = Number.POSITIVE_INFINITY } = key.record;
  const isOverdue = due <= kms.clock.now() && multiRegionKeyType(key) !== 'REPLICA';
  await kms.store.write(async (writer) => {
    if (isOverdue) await rotateAutomatically(writer, kms, enabled);
    else await updateKey(writer, enabled);
  });
}

/**
 * Refuses to rotate a key on demand that cannot be rotated at present.
 *
 * @throws ServiceError `LimitExceededException`, `ConflictException` or `KMSInvalidStateException`
 */
export function requireOnDemandRotation({ clock }: Kms, key: KeyEntry): void {
  const { arn, origin, record, materialRecords } = key;
  const onDemand = materialRecords.filter(({ rotationType }) => rotationType === 'ON_DEMAND');
  if (onDemand.length >= ON_DEMAND_ROTATIONS) throw tooManyRotations(arn);
  const { nextRotationDate: next } = record;
  if (next !== undefined && next - clock.now() <= CONFLICT_WINDOW) throw automaticRotationNear();
  if (origin === 'EXTERNAL' && materialPendingRotation(key) === undefined)
    throw noMaterialPendingRotation(arn);
}

function materialPendingRotation({ materialRecords }: KeyEntry): KeyMaterialRecord | undefined {
  return materialRecords.find((material) => material.pending === 'ROTATION' && isPresent(material));
}

/**
 * Gives a key, in all its Regions, other current material: the imported material that is pending rotation, or new. What
 * was encrypted before still decrypts. Does not change when the key is rotated automatically.
 *
 * @throws ServiceError `KMSInvalidStateException` when imported material is not there in every Region
 * @throws RevisionConflict when the key has changed since the request was judged
 */
export async function rotateKeyOnDemand(kms: Kms, key: KeyEntry): Promise<void> {
  await kms.store.write(async (writer) => {
    if (key.origin === 'EXTERNAL') await promoteImportedMaterial(writer, kms, key);
    else await rotateToNewMaterial(writer, kms, key.record, 'ON_DEMAND', {});
  });
}

async function promoteImportedMaterial(writer: Writer, kms: Kms, key: KeyEntry): Promise<void> {
  const pending = materialPendingRotation(key);
  const now = kms.clock.now();
  const promoted = { pending: undefined, rotationType: 'ON_DEMAND', rotationDate: now };
  const family = await changeFamily(writer, key.record, async (member) => {
    const materials = await listKeyMaterials(writer, member.region, member.keyId);
    const material = materials.find(({ keyMaterialId }) => keyMaterialId === pending?.keyMaterialId);
    if (material === undefined || !isPresent(material) || isExpired(material, now))
      throw noMaterialPendingRotation(key.arn);
    await putKeyMaterial(writer, { ...material, ...promoted });
    return { ...member, currentKeyMaterialId: material.keyMaterialId };
  });
  await recordRotation(writer, kms, family, 'ON_DEMAND', pending?.keyMaterialId);
}

/** @param family the records of the key and its siblings as they were before, the key's own first */
async function recordRotation(
  writer: Writer,
  { recordEvents }: KmsAtWork,
  [key, ...siblings]: readonly KeyRecord[],
  rotationType: RotationType,
  currentKeyMaterialId: string | undefined,
): Promise<void> {
  if (key === undefined) return;
  const { origin: keyOrigin, currentKeyMaterialId: previousKeyMaterialId } = key;
  const details = { rotationType, keyOrigin, previousKeyMaterialId, currentKeyMaterialId };
  await recordEvents(writer, [
    { name: 'RotateKey', key, details },
    ...siblings.map((sibling) => ({ name: 'SynchronizeMultiRegionKey', key: sibling }) as const),
  ]);
}

/** Rotates a key that is due; the next time is a period from now, however long this one was missed. */
function rotateAutomatically(
  writer: Writer,
  kms: KmsAtWork,
  record: KeyRecord,
): Promise<readonly KeyRecord[]> {
  const { rotationPeriodInDays } = record;
  if (rotationPeriodInDays === undefined)
    throw new Error(`${record.keyId} has a date of its next rotation but no period`);
  const schedule = scheduleFrom(kms.clock.now(), rotationPeriodInDays);
  return rotateToNewMaterial(writer, kms, record, 'AUTOMATIC', schedule);
}

/** @returns the records of the key and its siblings as they were before, the key's own first */
async function rotateToNewMaterial(
  writer: Writer,
  kms: KmsAtWork,
  record: KeyRecord,
  rotationType: RotationType,
  changes: Partial<RotationSchedule>,
): Promise<readonly KeyRecord[]> {
  const rotationDate = kms.clock.now();
  const latest = (await listKeyMaterials(writer, record.region, record.keyId)).at(-1);
  // No two materials of a key have one date, so that their order is that of the rotations.
  const creationDate = Math.max(rotationDate, (latest?.creationDate ?? 0) + 1);
  const material = await generateKeyMaterial('SYMMETRIC_DEFAULT');
  try {
    const keyMaterialId = kms.keyring.identifyKeyMaterial(record.keyId, material);
    const family = await changeFamily(writer, record, async (member) => {
      const wrapped = wrapKeyMaterial(kms.keyring, member, material, keyMaterialId);
      await putKeyMaterial(writer, { ...wrapped, creationDate, rotationType, rotationDate });
      return { ...member, ...changes, currentKeyMaterialId: keyMaterialId };
    });
    await recordRotation(writer, kms, family, rotationType, keyMaterialId);
    return family;
  } finally {
    material.fill(0);
  }
}

/** Whether the key was there unchanged: another process may have rotated it, or somebody changed the schedule. */
async function rotateOnce(kms: KmsAtWork, record: KeyRecord): Promise<readonly DueEvent[]> {
  try {
    const [rotated, ...replicas] = await kms.store.write((writer) =>
      rotateAutomatically(writer, kms, record),
    );
    const synchronized = replicas.map((key) => ({ name: 'SynchronizeMultiRegionKey', key }) as const);
    return rotated === undefined ? [] : [{ name: 'RotateKey', key: rotated }, ...synchronized];
  } catch (error) {
    if (error instanceof RevisionConflict) return [];
    throw error;
  }
}

/** Rotates keys when their rotation period is over. */
export const automaticRotation: DueWork = {
  nextDate: nextRotationDate,
  async run(kms) {
    const events: DueEvent[] = [];
    for (;;) {
      const due = await kms.store.read((reader) => listKeysDueForRotation(reader, kms.clock.now(), BATCH));
      for (const record of due) events.push(...(await rotateOnce(kms, record)));
      if (due.length < BATCH) return events;
    }
  },
};

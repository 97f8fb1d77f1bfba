import { DAY } from '../clock.ts';
import {
  deleteAlias,
  deleteGrantsOfKey,
  deleteKey,
  deleteKeyMaterials,
  deleteKeyPolicyVersions,
  deleteKeyUse,
  type KeyRecord,
  listAliasesOfKey,
  listKeysDueForDeletion,
  nextDeletionDate,
  RevisionConflict,
} from '../store/index.ts';
import type { DueWork } from './due-work.ts';
import type { Kms } from './kms.ts';

/** How many keys one look at the store takes. */
const BATCH = 100;

/** When a waiting period that begins now ends, in milliseconds since the Unix epoch. */
export function deletionDateAfter(now: number, days: number): number {
  return now + days * DAY;
}

/**
 * Destroys every key whose waiting period is over: its record, its aliases and all of its material.
 *
 * @returns the records of the destroyed keys
 */
async function deleteDueKeys(kms: Kms): Promise<readonly KeyRecord[]> {
  const deleted: KeyRecord[] = [];
  for (;;) {
    const due = await kms.store.read((reader) => listKeysDueForDeletion(reader, kms.clock.now(), BATCH));
    for (const record of due) if (await deleteKeyOnce(kms, record)) deleted.push(record);
    if (due.length < BATCH) break;
  }
  return deleted;
}

/** Whether the key was there unchanged: another process may have deleted it, or somebody cancelled. */
async function deleteKeyOnce(kms: Kms, record: KeyRecord): Promise<boolean> {
  try {
    await kms.store.write(async (writer) => {
      for (const alias of await listAliasesOfKey(writer, record.region, record.keyId))
        await deleteAlias(writer, alias);
      await deleteKeyPolicyVersions(writer, record.region, record.keyId);
      await deleteGrantsOfKey(writer, record.region, record.keyId);
      await deleteKeyUse(writer, record.region, record.keyId);
      await deleteKeyMaterials(writer, record.region, record.keyId);
      await deleteKey(writer, record);
    });
    return true;
  } catch (error) {
    if (error instanceof RevisionConflict) return false;
    throw error;
  }
}

/** Destroys keys when their waiting period is over. */
export const keyDeletion: DueWork = {
  nextDate: nextDeletionDate,
  async run(kms) {
    const deleted = await deleteDueKeys(kms);
    return deleted.map((key) => ({ name: 'DeleteKey', key }));
  },
};

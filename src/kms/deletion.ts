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
  listFamily,
  listKeysDueForDeletion,
  nextDeletionDate,
  RevisionConflict,
  updateKey,
  type Writer,
} from '../store/index.ts';
import type { DueWork, KmsAtWork } from './due-work.ts';
import type { KeyEntry } from './key-entry.ts';
import type { KeyState } from './key-state.ts';
import { changeKey } from './keys.ts';
import type { Kms } from './kms.ts';
import { isMaterialComplete } from './material-presence.ts';
import { multiRegionKeyType } from './multi-region.ts';
import { synchronizePending } from './pending-material.ts';

/** How many keys one look at the store takes. */
const BATCH = 100;

/** How a key waits for its deletion. */
export interface ScheduledDeletion {
  readonly keyState: KeyState;
  /** Milliseconds since the Unix epoch; `undefined` as long as the waiting period has not begun. */
  readonly deletionDate: number | undefined;
}

/**
 * Schedules the deletion of a key. The waiting period of a primary key begins when its last replica is deleted.
 *
 * @throws RevisionConflict when the key has changed since the request was judged
 */
export async function scheduleDeletion(kms: Kms, key: KeyEntry, days: number): Promise<ScheduledDeletion> {
  const hasReplicas = multiRegionKeyType(key) === 'PRIMARY' && key.regions.length > 1;
  const changes: ScheduledDeletion & Pick<KeyRecord, 'pendingWindowInDays'> = hasReplicas
    ? { keyState: 'PendingReplicaDeletion', deletionDate: undefined, pendingWindowInDays: days }
    : waitingFrom(kms.clock.now(), days);
  await changeKey(kms, key, changes);
  return changes;
}

/**
 * Cancels the deletion of a key, which is left disabled, or without the material that was to be imported.
 *
 * @throws RevisionConflict when the key has changed since the request was judged
 */
export async function cancelDeletion(kms: Kms, key: KeyEntry): Promise<void> {
  await changeKey(kms, key, {
    ...stateOfKept(key),
    deletionDate: undefined,
    pendingWindowInDays: undefined,
  });
}

function stateOfKept(key: KeyEntry): Pick<KeyRecord, 'keyState' | 'settledKeyState'> {
  const isSettled = key.record.settledKeyState === undefined;
  if (isSettled)
    return { keyState: isMaterialComplete(key) ? 'Disabled' : 'PendingImport', settledKeyState: undefined };
  // A replica whose deletion was scheduled before it had got its material.
  return { keyState: 'Creating', settledKeyState: key.origin === 'EXTERNAL' ? 'PendingImport' : 'Disabled' };
}

/** What a waiting period that begins now makes of a key. */
function waitingFrom(now: number, days: number) {
  return {
    keyState: 'PendingDeletion',
    deletionDate: now + days * DAY,
    pendingWindowInDays: undefined,
  } as const;
}

/**
 * Destroys every key whose waiting period is over: its record, its aliases and all of its material.
 *
 * @returns the records of the destroyed keys
 */
async function deleteDueKeys(kms: KmsAtWork): Promise<readonly KeyRecord[]> {
  const deleted: KeyRecord[] = [];
  for (;;) {
    const due = await kms.store.read((reader) => listKeysDueForDeletion(reader, kms.clock.now(), BATCH));
    if (due.length === 0) return deleted;
    for (const record of due) if (await deleteKeyOnce(kms, record)) deleted.push(record);
  }
}

/** Whether the key was there unchanged: another process may have deleted it, or somebody cancelled. */
async function deleteKeyOnce(kms: KmsAtWork, record: KeyRecord): Promise<boolean> {
  try {
    await kms.store.write(async (writer) => {
      for (const alias of await listAliasesOfKey(writer, record.region, record.keyId))
        await deleteAlias(writer, alias);
      await deleteKeyPolicyVersions(writer, record.region, record.keyId);
      await deleteGrantsOfKey(writer, record.region, record.keyId);
      await deleteKeyUse(writer, record.region, record.keyId);
      await deleteKeyMaterials(writer, record.region, record.keyId);
      await deleteKey(writer, record);
      if (record.primaryRegion !== undefined) await takeLeave(writer, kms, record.keyId);
      await kms.recordEvents(writer, [{ name: 'DeleteKey', key: record }]);
    });
    return true;
  } catch (error) {
    if (error instanceof RevisionConflict) return false;
    throw error;
  }
}

/** Lets the siblings know that a replica is gone; a primary key that has waited for that begins its waiting period. */
async function takeLeave(writer: Writer, kms: KmsAtWork, keyId: string): Promise<void> {
  const family = await listFamily(writer, keyId);
  for (const sibling of family) {
    const { keyState, pendingWindowInDays: days } = sibling;
    const isFree = family.length === 1 && keyState === 'PendingReplicaDeletion' && days !== undefined;
    await updateKey(writer, { ...sibling, ...(isFree && waitingFrom(kms.clock.now(), days)) });
  }
  await synchronizePending(writer, keyId);
}

/** Destroys keys when their waiting period is over. */
export const keyDeletion: DueWork = {
  nextDate: nextDeletionDate,
  async run(kms) {
    const deleted = await deleteDueKeys(kms);
    return deleted.map((key) => ({ name: 'DeleteKey', key }));
  },
};

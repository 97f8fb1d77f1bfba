import {
  deleteAlias,
  deleteGrantsOfKey,
  deleteKey,
  deleteKeyPolicyVersions,
  type KeyRecord,
  listAliasesOfKey,
  listKeysDueForDeletion,
  nextDeletionDate,
  RevisionConflict,
} from '../store/index.ts';
import type { Kms } from './kms.ts';

const DAY = 86_400_000;

/** How long the scheduler sleeps at most, so that it also notices deletions that other processes schedule. */
const LONGEST_SLEEP = 60_000;
/** How soon it tries again after a failure, or when deleted material could not be removed from the files yet. */
const RETRY_PAUSE = 5_000;

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
      await deleteKey(writer, record);
    });
    return true;
  } catch (error) {
    if (error instanceof RevisionConflict) return false;
    throw error;
  }
}

/**
 * Deletes keys when they are due, for as long as the service runs. Any number of processes may do so at once.
 *
 * @param report is told of each deletion and each failure; a failure is followed by another try
 * @returns a function that stops the scheduler
 */
export function startDeletionScheduler(
  kms: Kms,
  report: { deleted(record: KeyRecord): void; failed(error: unknown): void },
): () => void {
  let stopped = false;
  let cancel = () => {};
  // Also at the start: the process may have ended between deleting and forgetting.
  let isForgotten = false;
  const run = async () => {
    let pause = LONGEST_SLEEP;
    try {
      for (const record of await deleteDueKeys(kms)) {
        isForgotten = false;
        report.deleted(record);
      }
      isForgotten ||= kms.store.forgetDeleted();
      const next = await kms.store.read(nextDeletionDate);
      if (next !== undefined) pause = Math.min(Math.max(next - kms.clock.now(), 1), LONGEST_SLEEP);
      if (!isForgotten) pause = Math.min(pause, RETRY_PAUSE);
    } catch (error) {
      if (!stopped) report.failed(error);
      pause = RETRY_PAUSE;
    }
    if (!stopped) cancel = kms.clock.schedule(pause, run);
  };
  void run();
  return () => {
    stopped = true;
    cancel();
  };
}

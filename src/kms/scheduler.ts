import { keyDeletion } from './deletion.ts';
import type { DueEvent, DueWork } from './due-work.ts';
import type { Kms } from './kms.ts';
import { materialExpiry } from './material-expiry.ts';
import { multiRegionSynchronization } from './replication.ts';
import { automaticRotation } from './rotation.ts';

/** All that becomes due by time. */
const WORKS: readonly DueWork[] = [
  multiRegionSynchronization,
  keyDeletion,
  materialExpiry,
  automaticRotation,
];

/** How long the scheduler sleeps at most, so that it also notices what other processes schedule. */
const LONGEST_SLEEP = 60_000;
/** How soon it tries again after a failure, or when deleted material could not be removed from the files yet. */
const RETRY_PAUSE = 5_000;

/**
 * Does what is due by time, for as long as the service runs. Any number of processes may do so at once.
 *
 * @param report is told of each thing done and each failure; a failure is followed by another try
 * @returns a function that stops the scheduler
 */
export function startScheduler(
  kms: Kms,
  report: { done(event: DueEvent): void; failed(error: unknown): void },
): () => void {
  let stopped = false;
  let cancel = () => {};
  const work = async (): Promise<number> => {
    for (const { run } of WORKS) {
      for (const event of await run(kms)) report.done(event);
    }
    // Always: requests delete material, too, and a process may have ended between deleting and forgetting.
    const longest = kms.store.forgetDeleted() ? LONGEST_SLEEP : RETRY_PAUSE;
    const next = await nextDate(kms);
    return next === undefined ? longest : Math.min(Math.max(next - kms.clock.now(), 1), longest);
  };
  const run = async () => {
    const pause = await work().catch((error: unknown) => {
      if (!stopped) report.failed(error);
      return RETRY_PAUSE;
    });
    if (!stopped) cancel = kms.clock.schedule(pause, run);
  };
  void run();
  return () => {
    stopped = true;
    cancel();
  };
}

async function nextDate({ store }: Kms): Promise<number | undefined> {
  const dates = await store.read((reader) => Promise.all(WORKS.map(({ nextDate }) => nextDate(reader))));
  const known = dates.filter((date) => date !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

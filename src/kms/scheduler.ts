import {
  holdLease,
  type Lease,
  LeaseLost,
  returnLease,
  type Transactions,
  takeLease,
} from '../store/index.ts';
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

const LEASE_NAME = 'due-work';
/** How long the work of a process that died is left alone, in milliseconds. */
const LEASE_DURATION = 3_000;
/** How long the scheduler sleeps at most, so that it also notices what other processes schedule. */
const LONGEST_SLEEP = 60_000;
/** How soon it tries again after a failure, or when deleted material could not be removed from the files yet. */
const RETRY_PAUSE = 5_000;

/**
 * Does what is due by time, for as long as the service runs. Of all the processes on all machines that share a store one
 * does it, under a lease that each of its transactions holds on to; when it dies another takes over.
 *
 * @param report is told of each thing done and each failure; a failure is followed by another try
 * @param mayRun is asked before each thing that is done; it rejects when nothing should be
 * @returns a function that stops the scheduler
 */
export function startScheduler(
  kms: Kms,
  report: { done(event: DueEvent): void; failed(error: unknown): void },
  mayRun: () => Promise<void> = async () => {},
): () => void {
  let stopped = false;
  let cancel = () => {};
  const work = async (): Promise<number> => {
    const heldUntil = await doAllThatIsDue(kms, mayRun, report.done);
    // Always: requests delete material, too, and a process may have ended between deleting and forgetting.
    const longest = kms.store.forgetDeleted() ? LONGEST_SLEEP : RETRY_PAUSE;
    const next = heldUntil ?? (await nextDate(kms));
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

/** @returns until when another process is at it, in milliseconds since the Unix epoch */
async function doAllThatIsDue(
  kms: Kms,
  mayRun: () => Promise<void>,
  done: (event: DueEvent) => void,
): Promise<number | undefined> {
  const { store, clock } = kms;
  const next = await nextDate(kms);
  if (next === undefined || next > clock.now()) return undefined;
  await mayRun();
  const { lease, isTaken } = await store.write((writer) =>
    takeLease(writer, LEASE_NAME, clock.now(), LEASE_DURATION),
  );
  if (!isTaken) return lease.expiryDate;
  try {
    const held = { ...kms, store: holding(kms, lease, mayRun) };
    for (const { run } of WORKS) for (const event of await run(held)) done(event);
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
  } finally {
    await store.write((writer) => returnLease(writer, lease));
  }
  return undefined;
}

/** A store whose changes are made only while a lease is held, and none of which is begun when nothing should be done. */
function holding({ store, clock }: Kms, lease: Lease, mayRun: () => Promise<void>): Transactions {
  return {
    read: (work) => store.read(work),
    async write(work) {
      await mayRun();
      return store.write(async (writer) => {
        await holdLease(writer, lease, clock.now(), LEASE_DURATION);
        return work(writer);
      });
    },
  };
}

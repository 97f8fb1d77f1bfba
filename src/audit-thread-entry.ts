/*
 * What the thread of `audit-thread.ts` runs: it answers each `Job` with an `Answer` when that is done.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { AuditTrail, openAuditKey } from './audit/index.ts';
import { systemClock } from './clock.ts';
import { openPresentStore, type StoreLocation } from './opening.ts';

/** The texts of events to append, each in a line; or to end. */
export type Job = { readonly lines: string } | 'close';

export interface Answer {
  readonly error?: unknown;
}

// Sound because `AuditThread` starts this module with nothing else.
const { store, keyring } = await openPresentStore(workerData as StoreLocation);
const key = await openAuditKey(store, keyring);
const trail = new AuditTrail({ store, clock: systemClock, key, durability: 'strict' });

parentPort?.on('message', async (job: Job) => {
  try {
    if (job === 'close') await close();
    else await trail.appendAlone(job.lines.split('\n'));
    parentPort?.postMessage({} satisfies Answer);
  } catch (error) {
    parentPort?.postMessage({ error } satisfies Answer);
  }
});

async function close(): Promise<void> {
  await trail.close();
  await store.close();
  keyring.destroy();
  parentPort?.close();
}

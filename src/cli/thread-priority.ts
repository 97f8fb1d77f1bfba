import { randomFill } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { promisify } from 'node:util';

/** What libuv calls the threads of its pool. */
const POOL_THREAD = 'libuv-worker';

const THREADS = '/proc/self/task';

/**
 * Lets the thread that answers requests go before those that do slow work for it, when there are fewer cores than
 * threads that want one: RSA and the generation of keys run on libuv's thread pool, for milliseconds to seconds.
 *
 * Only Linux has priorities of threads; elsewhere this does nothing.
 */
export async function lowerThreadPoolPriority(): Promise<void> {
  if (process.platform !== 'linux') return;
  // The threads of the pool start with the first job for one of them.
  await promisify(randomFill)(Buffer.alloc(1));
  for (const id of readdirSync(THREADS)) {
    const isOfPool = readFileSync(`${THREADS}/${id}/comm`, 'utf8').trim() === POOL_THREAD;
    if (isOfPool) setPriority(Number(id), constants.priority.PRIORITY_LOW);
  }
}

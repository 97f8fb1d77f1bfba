/*
 * What the worker thread of `worker-thread.ts` runs: functions of pure JavaScript that take long. A new one is added to
 * JOBS.
 */
import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { signPrehashed, verifyPrehashed } from './prehashed-signatures.ts';
import { sm2Decrypt, sm2Encrypt, sm2SharedSecret } from './sm2-encryption.ts';

/** Each takes and returns what can be cloned; bytes that it is given are wiped when it is done. */
const JOBS = { signPrehashed, sm2Decrypt, sm2Encrypt, sm2SharedSecret, verifyPrehashed };
export type Jobs = typeof JOBS;

export interface Job {
  readonly id: number;
  readonly name: keyof Jobs;
  readonly args: readonly unknown[];
}

export interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: unknown;
}

// The thread that answers requests goes first. On Linux this is about the present thread only.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);

parentPort?.on('message', ({ id, name, args }: Job) => {
  try {
    const run: (...args: never[]) => unknown = JOBS[name];
    // Sound because `runInWorkerThread` was given what the function of that name takes.
    answer(id, run(...(args as never[])));
  } catch (error) {
    parentPort?.postMessage({ id, error } satisfies Answer);
  } finally {
    for (const arg of args) if (arg instanceof Uint8Array) arg.fill(0);
  }
});

function answer(id: number, result: unknown): void {
  if (!(result instanceof Uint8Array)) {
    parentPort?.postMessage({ id, result } satisfies Answer);
    return;
  }
  const copy = new Uint8Array(result);
  result.fill(0);
  parentPort?.postMessage({ id, result: copy } satisfies Answer, [copy.buffer]);
}

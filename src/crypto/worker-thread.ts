import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { rateExceeded } from './refusals.ts';
import type { Answer, Job, Jobs } from './worker-thread-entry.ts';

/** Jobs that wait at most; the slowest take some 10 ms. */
const MOST_WAITING = 512;

const ENTRY = new URL(`./worker-thread-entry${extname(fileURLToPath(import.meta.url))}`, import.meta.url);

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

let worker: Worker | undefined;
let lastId = 0;
const waiting = new Map<number, Waiting>();

/**
 * Runs one of the functions of `worker-thread-entry.ts` in the worker thread of this process, one after the other: what
 * takes JavaScript long would hold up every other request here.
 *
 * The thread starts with the first job and keeps no process alive. Bytes are given and returned in copies that are wiped;
 * a `KeyObject` is shared, so that no byte of a key is copied.
 *
 * @throws ServiceError `ThrottlingException` when too many jobs wait already
 * @throws Error when the function throws, or the thread ends
 */
export function runInWorkerThread<N extends keyof Jobs>(
  name: N,
  ...given: Parameters<Jobs[N]>
): Promise<ReturnType<Jobs[N]>> {
  if (waiting.size >= MOST_WAITING) return Promise.reject(rateExceeded());
  worker ??= startWorker();
  lastId += 1;
  const { promise, resolve, reject } = Promise.withResolvers<ReturnType<Jobs[N]>>();
  waiting.set(lastId, { resolve, reject });
  worker.ref();
  // A Buffer may be a part of memory that others use: the thread gets memory of its own, which is gone here.
  const args = given.map((arg) => (arg instanceof Uint8Array ? new Uint8Array(arg) : arg));
  const transferred = args.flatMap((arg) => (arg instanceof Uint8Array ? [arg.buffer] : []));
  worker.postMessage({ id: lastId, name, args } satisfies Job, transferred);
  return promise;
}

function startWorker(): Worker {
  const started = new Worker(ENTRY, { name: 'qkms cryptography' });
  started.on('message', ({ id, result, error }: Answer) => {
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (waiting.size === 0) started.unref();
    // Sound because the function of the declared name returned it.
    if (error === undefined) resolve?.(result as never);
    else reject?.(error);
  });
  // Nothing that is asked of it ends it; if something does, the next job starts another.
  let cause: unknown;
  started.on('error', (error) => {
    cause = error;
  });
  started.once('exit', () => {
    worker = undefined;
    const lost = [...waiting.values()];
    waiting.clear();
    for (const { reject } of lost) reject(new Error('the worker thread ended', { cause }));
  });
  return started;
}

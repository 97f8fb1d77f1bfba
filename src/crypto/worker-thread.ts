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

/** A thread that starts with its first job, and again with the first one after it has ended; it keeps no process alive. */
export class WorkerThread {
  readonly #entry: URL;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;

  /** @param entry the module that it runs: it answers each `Job` with an `Answer` */
  constructor(entry: URL) {
    this.#entry = entry;
  }

  /**
   * Runs a job, after those that wait already. Bytes are given and returned in copies that are wiped; a `KeyObject` is
   * shared, so that no byte of a key is copied.
   *
   * @throws ServiceError `ThrottlingException` when too many jobs wait already
   * @throws Error when the job throws, or the thread ends
   */
  run<N extends keyof Jobs>(name: N, ...given: Parameters<Jobs[N]>): Promise<ReturnType<Jobs[N]>> {
    if (this.#waiting.size >= MOST_WAITING) return Promise.reject(rateExceeded());
    this.#worker ??= this.#start();
    this.#lastId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<ReturnType<Jobs[N]>>();
    this.#waiting.set(this.#lastId, { resolve, reject });
    this.#worker.ref();
    // A Buffer may be a part of memory that others use: the thread gets memory of its own, which is gone here.
    const args = given.map((arg) => (arg instanceof Uint8Array ? new Uint8Array(arg) : arg));
    const transferred = args.flatMap((arg) => (arg instanceof Uint8Array ? [arg.buffer] : []));
    this.#worker.postMessage({ id: this.#lastId, name, args } satisfies Job, transferred);
    return promise;
  }

  #start(): Worker {
    const worker = new Worker(this.#entry, { name: 'qkms cryptography' });
    worker.on('message', ({ id, result, error }: Answer) => {
      const { resolve, reject } = this.#waiting.get(id) ?? {};
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) worker.unref();
      // Sound because the function of the declared name returned it.
      if (error === undefined) resolve?.(result as never);
      else reject?.(error);
    });
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    worker.once('exit', () => {
      this.#worker = undefined;
      const lost = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { reject } of lost) reject(new Error('the worker thread ended', { cause }));
    });
    return worker;
  }
}

const cryptography = new WorkerThread(ENTRY);

/**
 * Runs one of the functions of `worker-thread-entry.ts` in the worker thread of this process, one after the other: what
 * takes JavaScript long would hold up every other request here.
 *
 * @throws ServiceError `ThrottlingException` when too many jobs wait already
 * @throws Error when the function throws, or the thread ends
 */
export function runInWorkerThread<N extends keyof Jobs>(
  name: N,
  ...args: Parameters<Jobs[N]>
): Promise<ReturnType<Jobs[N]>> {
  return cryptography.run(name, ...args);
}

import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Answer, Job } from './audit-thread-entry.ts';
import type { StoreLocation } from './opening.ts';

const ENTRY = new URL(`./audit-thread-entry${extname(fileURLToPath(import.meta.url))}`, import.meta.url);

/**
 * Appends to the audit log of a store in a thread of its own, so that hashing, compressing and waiting for the disk hold up
 * no request. It opens the store for itself, starts with the first events, and again with the next ones if it has ended.
 */
export class AuditThread {
  readonly #location: StoreLocation;
  #worker: Worker | undefined;
  #asked: PromiseWithResolvers<Answer> | undefined;

  constructor({ dataDirectory, rootKeyFile }: StoreLocation) {
    // Nothing else of what is configured: some of it is secret.
    this.#location = { dataDirectory, ...(rootKeyFile !== undefined && { rootKeyFile }) };
  }

  /**
   * Appends events, by their texts, in a transaction of their own; resolves when they are durable. One call at a time.
   *
   * @throws Error when they could not be appended, or it is not known whether they were
   */
  async append(texts: readonly string[]): Promise<void> {
    // One text passes to another thread much quicker than many.
    const { error } = await this.#ask({ lines: texts.join('\n') });
    if (error !== undefined) throw error;
  }

  /** Ends the thread, which signs the log as it is then. */
  async close(): Promise<void> {
    if (this.#worker !== undefined) await this.#ask('close').catch(() => {});
  }

  #ask(job: Job): Promise<Answer> {
    this.#worker ??= this.#start();
    this.#asked = Promise.withResolvers();
    this.#worker.postMessage(job);
    return this.#asked.promise;
  }

  #start(): Worker {
    const worker = new Worker(ENTRY, { name: 'qkms audit log', workerData: this.#location });
    worker.on('message', (answer: Answer) => this.#asked?.resolve(answer));
    worker.on('error', (error) => this.#asked?.reject(error));
    worker.on('exit', () => {
      this.#worker = undefined;
      this.#asked?.reject(new Error('the thread that writes the audit log ended'));
    });
    return worker;
  }
}

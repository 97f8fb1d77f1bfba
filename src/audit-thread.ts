import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { AuditEvent } from './audit/index.ts';
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

  constructor({ dataDirectory, rootKeyFile }: StoreLocation) {
    // Nothing else of what is configured: some of it is secret.
    this.#location = { dataDirectory, ...(rootKeyFile !== undefined && { rootKeyFile }) };
  }

  /**
   * Appends events in a transaction of their own; resolves when they are durable. One call at a time.
   *
   * @throws Error when they could not be appended, or it is not known whether they were
   */
  async append(events: readonly AuditEvent[]): Promise<void> {
    const { error } = await this.#ask({ events });
    if (error !== undefined) throw error;
  }

  /** Ends the thread, which signs the log as it is then. */
  async close(): Promise<void> {
    if (this.#worker !== undefined) await this.#ask('close').catch(() => {});
  }

  async #ask(job: Job): Promise<Answer> {
    this.#worker ??= this.#start();
    const over = new AbortController();
    const { signal } = over;
    // Errors of the thread itself reject both.
    const answered = once(this.#worker, 'message', { signal });
    const ended = once(this.#worker, 'exit', { signal }).then(() => {
      throw new Error('the thread that writes the audit log ended');
    });
    this.#worker.postMessage(job);
    try {
      const [answer]: Answer[] = await Promise.race([answered, ended]);
      return answer ?? {};
    } finally {
      over.abort();
      for (const settled of [answered, ended]) settled.catch(() => {});
    }
  }

  #start(): Worker {
    const worker = new Worker(ENTRY, { name: 'qkms audit log', workerData: this.#location });
    worker.once('exit', () => {
      this.#worker = undefined;
    });
    worker.on('error', () => {});
    return worker;
  }
}

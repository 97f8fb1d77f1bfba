import type { Worker } from 'node:cluster';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';

/** How long a worker may take to say its figures, in milliseconds; its last ones stand for it then. */
const LONGEST_WAIT = 2_000;

/** Asks workers for their figures. */
export class WorkerMetrics {
  readonly #waiting = new Map<Worker, (snapshot: MetricsSnapshot | undefined) => void>();

  /** Resolves to the figures of workers by process id; `undefined` for one that does not say them in time. */
  async ask(
    workers: Iterable<Worker>,
    tell: (worker: Worker) => void,
  ): Promise<ReadonlyMap<number, MetricsSnapshot | undefined>> {
    const answers = [...workers].map(async (worker) => {
      const answer = new Promise<MetricsSnapshot | undefined>((resolve) => {
        this.#waiting.set(worker, resolve);
        setTimeout(() => resolve(undefined), LONGEST_WAIT).unref();
      });
      tell(worker);
      return [worker.process.pid ?? 0, await answer] as const;
    });
    return new Map(await Promise.all(answers));
  }

  /** @param snapshot `undefined` when the worker has ended */
  hear(worker: Worker, snapshot: MetricsSnapshot | undefined): void {
    this.#waiting.get(worker)?.(snapshot);
    this.#waiting.delete(worker);
  }
}

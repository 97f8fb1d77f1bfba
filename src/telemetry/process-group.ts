import { AggregatorRegistry, Counter, Registry } from 'prom-client';
import type { MetricsSnapshot } from './metrics.ts';

/** What grows for as long as a process lives, and must not shrink when it ends: that would look like a restart. */
const CUMULATIVE: ReadonlySet<string> = new Set(['counter', 'histogram']);
/** The time when a node started is that of its first process; `prom-client` would leave it out. */
const START_TIME = 'process_start_time_seconds';

/** The processes of a node. */
export interface ProcessGroup {
  /** Those that live, by process id, with what they say; `undefined` when one does not say anything just now. */
  readonly processes: ReadonlyMap<number, MetricsSnapshot | undefined>;
  /** How many have died so far without being asked to. */
  readonly deaths: number;
}

/** The figures of the processes of a node, as one. */
export class ProcessGroupMetrics {
  readonly #registry = new Registry();
  readonly #deaths = new Counter({
    name: 'qkms_worker_deaths_total',
    help: 'Worker processes that ended although nobody had asked them to, and were replaced.',
    registers: [this.#registry],
  });
  /** What each process said last. */
  readonly #last = new Map<number, MetricsSnapshot>();
  /** What the processes have counted that have ended, as far as they told. */
  #left: MetricsSnapshot = [];

  /** The text that Prometheus reads. To be called once at a time. */
  async render({ processes, deaths }: ProcessGroup): Promise<{ contentType: string; text: string }> {
    for (const [pid, snapshot] of processes) if (snapshot !== undefined) this.#last.set(pid, snapshot);
    for (const [pid, snapshot] of this.#last) {
      if (processes.has(pid)) continue;
      this.#last.delete(pid);
      const counted = snapshot.filter(({ type }) => CUMULATIVE.has(String(type)));
      this.#left = await addUp([this.#left, counted]).getMetricsAsJSON();
    }
    this.#deaths.reset();
    this.#deaths.inc(deaths);
    const group = addUp([await this.#registry.getMetricsAsJSON(), this.#left, ...this.#last.values()]);
    return { contentType: group.contentType, text: await group.metrics() };
  }
}

function addUp(snapshots: readonly MetricsSnapshot[]): Registry {
  return AggregatorRegistry.aggregate(
    snapshots.map((snapshot) =>
      snapshot.map((metric) => (metric.name === START_TIME ? { ...metric, aggregator: 'min' } : metric)),
    ),
  );
}

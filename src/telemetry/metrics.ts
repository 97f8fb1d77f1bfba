import { Counter, Gauge, Registry } from 'prom-client';
import type { AuditTrail, DeliveryLag } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import type { UnreadyReason } from '../readiness.ts';
import type { Engine, Store } from '../store/index.ts';
import { showContents } from './contents-metrics.ts';
import type { HttpRefusals } from './http-refusals.ts';
import { processMetrics } from './process-metrics.ts';
import { RequestMetrics } from './request-metrics.ts';
import { countCaches, EngineMetrics } from './store-metrics.ts';

/** The figures of a process at a moment: plain data, in the form of `prom-client`. */
export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** The figures of one process. What is counted often is counted in plain numbers, which a scrape reads. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #process = processMetrics();
  readonly #engine = new EngineMetrics(this.#registry);
  readonly requests = new RequestMetrics(this.#registry);

  /** An engine that does what another one does, and is watched while it does. */
  watchEngine = (engine: Engine): Engine => this.#engine.watch(engine);

  /** Shows what a service has in memory, what waits in it, and what never reaches it. */
  showService(store: Store, audit: AuditTrail | undefined, httpRefusals: HttpRefusals): void {
    showHttpRefusals(this.#registry, httpRefusals);
    countCaches(this.#registry, () => store.cacheFigures());
    if (audit !== undefined) showAudit(this.#registry, audit);
  }

  /** Shows what the store of a node holds; one of its processes does. */
  showStore(parts: {
    readonly store: Store;
    readonly clock: Clock;
    sinkLags(): Promise<readonly DeliveryLag[]>;
    unreadyReason(): Promise<UnreadyReason | undefined>;
  }): void {
    showContents(this.#registry, parts);
  }

  async snapshot(): Promise<MetricsSnapshot> {
    const [service, process] = await Promise.all([
      this.#registry.getMetricsAsJSON(),
      this.#process.getMetricsAsJSON(),
    ]);
    return [...service, ...process];
  }
}

function showHttpRefusals(registry: Registry, refusals: HttpRefusals): void {
  new Counter({
    name: 'qkms_http_refusals_total',
    help: 'Requests and connections that were refused before it could be told what they are for.',
    labelNames: ['cause'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [cause, count] of refusals.counts()) this.inc({ cause }, count);
    },
  });
}

function showAudit(registry: Registry, audit: AuditTrail): void {
  new Gauge({
    name: 'qkms_audit_records_waiting',
    help: 'Audit records that wait to be written.',
    registers: [registry],
    collect() {
      this.set(audit.waiting);
    },
  });
  new Gauge({
    name: 'qkms_audit_failing',
    help: 'Processes whose last audit records could not be written; calls are refused there until they can.',
    registers: [registry],
    collect() {
      this.set(audit.failure === undefined ? 0 : 1);
    },
  });
}

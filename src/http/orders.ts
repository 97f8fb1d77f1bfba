import type { Configuration } from '../config.ts';
import type { LogLevel } from '../settings.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';
import type { TlsPair } from './tls.ts';

/** What the primary tells a worker. */
export type Order =
  | {
      readonly kind: 'serve';
      readonly configuration: Configuration;
      /** The newest pair: a worker never reads the files, so that all of them always present the same one. */
      readonly tls?: TlsPair;
      /** What a worker removes when it finds the primary dead. */
      readonly temporaryDirectory?: string;
    }
  | { readonly kind: 'replace-tls-pair'; readonly tls: TlsPair }
  | { readonly kind: 'change-log-level'; readonly level: LogLevel }
  | { readonly kind: 'report-metrics' }
  | { readonly kind: 'drain' };

/** What a worker tells the primary. */
export type Report =
  /** It has loaded and can take orders. */
  | { readonly kind: 'standing-by' }
  | { readonly kind: 'listening' }
  | { readonly kind: 'metrics'; readonly snapshot: MetricsSnapshot }
  /** It cannot start, for a reason that the operator should read. */
  | { readonly kind: 'failed'; readonly message: string };

const ORDERS: ReadonlySet<unknown> = new Set<Order['kind']>([
  'serve',
  'replace-tls-pair',
  'change-log-level',
  'report-metrics',
  'drain',
]);
const REPORTS: ReadonlySet<unknown> = new Set<Report['kind']>([
  'standing-by',
  'listening',
  'metrics',
  'failed',
]);

/** Tells an order from anything else that comes over the channel; only our own primary writes to it. */
export function isOrder(message: unknown): message is Order {
  return ORDERS.has(kindOf(message));
}

/** Tells a report from anything else that comes over the channel; only our own workers write to it. */
export function isReport(message: unknown): message is Report {
  return REPORTS.has(kindOf(message));
}

function kindOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'kind' in message ? message.kind : undefined;
}

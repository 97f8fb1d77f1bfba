import type { Logger } from 'pino';
import type { Configuration } from '../config.ts';
import type { Answer } from '../pipeline.ts';
import type { UnreadyReason } from '../readiness.ts';
import type { HttpRefusal } from '../telemetry/http-refusals.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';

/** A service that a process has opened. */
export interface HostedService {
  readonly answer: Answer;
  /** Why the service cannot answer now; `undefined` when it can. */
  unreadyReason(): Promise<UnreadyReason | undefined>;
  /** How far each audit sink is behind; none where there is none. */
  auditSinkLags(): Promise<readonly object[]>;
  /** PEM; `undefined` when nothing is recorded. */
  readonly auditPublicKey: string | undefined;
  /** Counts what HTTP refuses before it reaches `answer`. */
  noteRefusal(cause: HttpRefusal, sourceAddress: string | undefined): void;
  /** The figures of this process; `undefined` where nobody wants any. */
  metrics(): Promise<MetricsSnapshot> | undefined;
  close(): Promise<void>;
}

/** The service that a node hosts, as functions: the process model knows nothing else about it. */
export interface ServiceModule {
  /** Done once for a node, before any of its processes opens the service. */
  prepareService(configuration: Configuration): Promise<{ readonly notices: readonly string[] }>;
  /** @param options.scheduler whether this process also does what is due by time; one process of a node does */
  openService(
    configuration: Configuration,
    options: { readonly logger: Logger; readonly scheduler: boolean },
  ): Promise<HostedService>;
}

/** What a node runs with. */
export interface Host {
  readonly configuration: Configuration;
  readonly service: ServiceModule;
  readonly logger: Logger;
  /** Shows the operator one line, apart from the log. */
  announce(line: string): void;
}

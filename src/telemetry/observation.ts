import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from 'pino';
import type { AuditedDecision } from '../audit/index.ts';
import type { ServiceError } from '../errors.ts';
import type { Operation } from '../operations/index.ts';
import type { RequestMetrics } from './request-metrics.ts';
import type { Tracing } from './tracing.ts';

/** Those who want to know what becomes of requests. */
export interface Observers {
  readonly metrics: RequestMetrics | undefined;
  readonly tracing: Tracing | undefined;
  /** Is told of each request while it is at the level `debug`. */
  readonly logger: Logger;
}

/** What is said of a request before it is known what it is for. */
export interface ObservedRequest {
  readonly id: string;
  readonly sourceAddress: string;
  readonly secureTransport: boolean;
  readonly headers: IncomingHttpHeaders;
}

/** The parts of the walk that are told apart. */
export type Stage = 'fence' | 'authenticate' | 'authorize' | 'handler';

/** When a part of the walk began, in milliseconds of `performance.now`. */
export interface StageMark {
  readonly stage: Stage;
  readonly began: number;
}

/** Watches over a request on its walk; `undefined` when nobody wants to know. */
export function observe(observers: Observers, request: ObservedRequest): Observation | undefined {
  const { metrics, tracing, logger } = observers;
  if (metrics === undefined && tracing === undefined && !logger.isLevelEnabled('debug')) return undefined;
  return new Observation(observers, request);
}

/** One request as its observers see it: never what is in it. */
export class Observation {
  readonly #observers: Observers;
  readonly #request: ObservedRequest;
  readonly #began = performance.now();
  readonly #stages: StageMark[] = [];
  #operation: Operation | undefined;
  #decisions: readonly AuditedDecision[] = [];

  constructor(observers: Observers, request: ObservedRequest) {
    this.#observers = observers;
    this.#request = request;
  }

  /** The request is for an operation. */
  named(operation: Operation): void {
    this.#operation = operation;
  }

  /** The request has got to a part of its walk; when it is judged again it gets there again. */
  reached(stage: Stage): void {
    if (this.#observers.tracing !== undefined) this.#stages.push({ stage, began: performance.now() });
  }

  /** The request is being judged; its decisions are going to be in a list. When it is judged again only the last list counts. */
  judged(decisions: readonly AuditedDecision[]): void {
    this.#decisions = decisions;
  }

  /** The request has been answered. */
  ended(refusal: ServiceError | undefined): void {
    const ended = performance.now();
    const milliseconds = ended - this.#began;
    const { metrics, tracing, logger } = this.#observers;
    if (metrics !== undefined) {
      metrics.noteRequest(this.#operation, refusal?.code, milliseconds);
      for (const decision of this.#decisions) metrics.noteDecision(decision);
    }
    tracing?.note({
      request: this.#request,
      operation: this.#operation,
      refusal,
      began: this.#began,
      ended,
      stages: this.#stages,
    });
    if (logger.isLevelEnabled('debug')) this.#log(logger, refusal, milliseconds);
  }

  #log(logger: Logger, refusal: ServiceError | undefined, milliseconds: number): void {
    const { id: requestId, sourceAddress } = this.#request;
    const { service, name: operation } = this.#operation ?? {};
    const line = { requestId, sourceAddress, service, operation, error: refusal?.code, milliseconds };
    logger.debug(line, 'request answered');
  }
}

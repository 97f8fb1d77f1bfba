import type { AuditedDecision } from '../audit/index.ts';
import type { ServiceError } from '../errors.ts';
import type { Operation } from '../operations/index.ts';
import type { RequestMetrics } from './request-metrics.ts';

/** Watches over one request on its walk. */
export class Observation {
  readonly #metrics: RequestMetrics;
  readonly #began = performance.now();
  #operation: Operation | undefined;
  #decisions: readonly AuditedDecision[] = [];

  constructor(metrics: RequestMetrics) {
    this.#metrics = metrics;
  }

  /** The request is for an operation. */
  named(operation: Operation): void {
    this.#operation = operation;
  }

  /** The request is being judged; its decisions are going to be in a list. When it is judged again only the last list counts. */
  judged(decisions: readonly AuditedDecision[]): void {
    this.#decisions = decisions;
  }

  /** The request has been answered. */
  ended(refusal: ServiceError | undefined): void {
    this.#metrics.noteRequest(this.#operation, refusal?.code, performance.now() - this.#began);
    for (const decision of this.#decisions) this.#metrics.noteDecision(decision);
  }
}

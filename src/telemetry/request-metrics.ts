import { Counter, type Registry } from 'prom-client';
import type { AuditedDecision } from '../audit/index.ts';
import type { Operation } from '../operations/index.ts';
import { DurationHistogram, Durations } from './durations.ts';

/** What an operation is called that does not exist, whatever the request calls it: names are not the clients' to make up. */
const UNKNOWN = 'unknown';
const SUCCESS = 'success';

/** The requests for one operation. */
interface OperationFigures {
  readonly labels: { readonly service: string; readonly operation: string };
  readonly durations: Durations;
  readonly outcomes: Map<string, number>;
}

/** What became of requests, and how long they took. */
export class RequestMetrics {
  /** By operation; those for operations that do not exist together. */
  readonly #figures = new Map<Operation | undefined, OperationFigures>();
  /** How often was decided what, by outcome and then layer. */
  readonly #decisions = new Map<string, Map<string, number>>();

  constructor(registry: Registry) {
    const all = () => [...this.#figures.values()];
    const decisions = this.#decisions;
    new Counter({
      name: 'qkms_requests_total',
      help: 'Requests to the AWS API that were answered; the outcome is success or the error code.',
      labelNames: ['service', 'operation', 'outcome'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { labels, outcomes } of all())
          for (const [outcome, count] of outcomes) this.inc({ ...labels, outcome }, count);
      },
    });
    new DurationHistogram(
      registry,
      'qkms_request_duration_seconds',
      'Time from the last byte of a request to its answer, before that is sent.',
      ['service', 'operation'],
      () => all().map(({ labels, durations }) => [labels, durations] as const),
    );
    new Counter({
      name: 'qkms_authorization_decisions_total',
      help: 'Decisions of requests by what allowed or denied them, or lacked a permission.',
      labelNames: ['outcome', 'layer'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [outcome, layers] of decisions)
          for (const [layer, count] of layers) this.inc({ outcome, layer }, count);
      },
    });
  }

  /**
   * @param operation `undefined` when there is none of that name
   * @param errorCode `undefined` of a request that succeeded
   */
  noteRequest(operation: Operation | undefined, errorCode: string | undefined, milliseconds: number): void {
    const { durations, outcomes } = this.#figuresOf(operation);
    durations.note(milliseconds);
    increase(outcomes, errorCode ?? SUCCESS);
  }

  noteDecision({ decision: { outcome, layer } }: AuditedDecision): void {
    let layers = this.#decisions.get(outcome);
    if (layers === undefined) {
      layers = new Map();
      this.#decisions.set(outcome, layers);
    }
    increase(layers, layer);
  }

  #figuresOf(operation: Operation | undefined): OperationFigures {
    let figures = this.#figures.get(operation);
    if (figures === undefined) {
      const { service, name } = operation ?? { service: UNKNOWN, name: UNKNOWN };
      figures = { labels: { service, operation: name }, durations: new Durations(), outcomes: new Map() };
      this.#figures.set(operation, figures);
    }
    return figures;
  }
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

import { randomUUID } from 'node:crypto';
import {
  type Attributes,
  type Context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import type { ServiceName } from '../model/index.ts';
import type { ObservedRequest, StageMark } from './observation.ts';

/** How long spans may hold up the end of a process, in milliseconds. */
const LONGEST_FLUSH = 2_000;
/** How long a collector may take for a batch of spans, in milliseconds. */
const EXPORT_TIMEOUT = 5_000;

/** What AWS calls its services (`aws-api` of the semantic conventions). */
const SERVICE_IDS: Readonly<Record<ServiceName, string>> = {
  cloudtrail: 'CloudTrail',
  iam: 'IAM',
  kms: 'KMS',
  organizations: 'Organizations',
  qkms: 'QKMS',
  sts: 'STS',
};

/** A request that was answered; times are of `performance.now`, in milliseconds. */
export interface AnsweredRequest {
  readonly request: ObservedRequest;
  readonly operation: { readonly service: ServiceName; readonly name: string } | undefined;
  /** Absent of a request that succeeded. */
  readonly refusal: { readonly code: string; readonly status: number } | undefined;
  readonly began: number;
  readonly ended: number;
  /** When the stages of its walk began, in order. */
  readonly stages: readonly StageMark[];
}

/**
 * Sends a span of each request, with one for each stage of its walk, to a collector (OTLP over HTTP). A trace that the
 * client has begun is continued (W3C Trace Context). Spans are made of what is known when a request has been answered,
 * sent some at a time, and dropped when the collector does not keep up: no request waits for it.
 */
export class Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #propagator = new W3CTraceContextPropagator();

  /** @param options.sampleRatio the share of requests that are traced without their client having said whether, 0 to 1 */
  constructor(options: { readonly endpoint: string; readonly sampleRatio: number; readonly logger: Logger }) {
    const { endpoint, sampleRatio, logger } = options;
    const exporter = new OTLPTraceExporter({ url: endpoint, timeoutMillis: EXPORT_TIMEOUT });
    this.#provider = new TracerProvider({
      // What the operator says by the standard variables (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES) comes first.
      resource: resourceFromAttributes({
        'service.name': 'qkms',
        'service.instance.id': randomUUID(),
      }).merge(detectResources({ detectors: [envDetector] })),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
      spanProcessors: [new BatchSpanProcessor({ exporter: new ReportingExporter(exporter, logger) })],
    });
    this.#tracer = this.#provider.getTracer('qkms');
  }

  note(answered: AnsweredRequest): void {
    const { request, operation, refusal, began, ended, stages } = answered;
    const parent = this.#propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter);
    // The clock may have been set since the process began, of which `performance.now` knows nothing.
    const offset = Date.now() - performance.now();
    const method =
      operation === undefined ? undefined : `${SERVICE_IDS[operation.service]}/${operation.name}`;
    const span = this.#tracer.startSpan(
      method ?? 'POST',
      { kind: SpanKind.SERVER, startTime: began + offset, attributes: attributesOf(request, method) },
      parent,
    );
    if (span.isRecording()) {
      noteOutcome(span, refusal);
      this.#noteStages(trace.setSpan(parent, span), stages, ended, offset);
    }
    span.end(ended + offset);
  }

  #noteStages(parent: Context, stages: readonly StageMark[], ended: number, offset: number): void {
    for (const [index, { stage, began }] of stages.entries()) {
      const span = this.#tracer.startSpan(stage, { startTime: began + offset }, parent);
      span.end((stages[index + 1]?.began ?? ended) + offset);
    }
  }

  /** Sends what is left, as far as the collector takes it in time. Never rejects. */
  async close(): Promise<void> {
    const { promise: tooLate, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LONGEST_FLUSH);
    await Promise.race([this.#provider.shutdown().catch(() => {}), tooLate]);
    clearTimeout(timer);
  }
}

/** OpenTelemetry's semantic conventions 1.40 for RPC, HTTP and AWS. Nothing of what is in a request. */
function attributesOf(request: ObservedRequest, method: string | undefined): Attributes {
  const userAgent = request.headers['user-agent'];
  return {
    'aws.request_id': request.id,
    'client.address': request.sourceAddress,
    'http.request.method': 'POST',
    'rpc.system.name': 'aws-api',
    'url.path': '/',
    'url.scheme': request.secureTransport ? 'https' : 'http',
    ...(method === undefined ? {} : { 'rpc.method': method }),
    ...(userAgent === undefined ? {} : { 'user_agent.original': userAgent }),
  };
}

/** A refusal is an error of the server's only with a status of 500 and more. */
function noteOutcome(span: Span, refusal: AnsweredRequest['refusal']): void {
  span.setAttribute('http.response.status_code', refusal?.status ?? 200);
  if (refusal === undefined) return;
  span.setAttributes({ 'error.type': refusal.code, 'rpc.response.status_code': refusal.code });
  if (refusal.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Says in the log when spans cannot be sent any more, and when they can again. */
class ReportingExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #logger: Logger;
  #isFailing = false;

  constructor(exporter: SpanExporter, logger: Logger) {
    this.#exporter = exporter;
    this.#logger = logger;
  }

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    this.#exporter.export(spans, (result) => {
      const fails = result.code === ExportResultCode.FAILED;
      if (fails && !this.#isFailing) this.#logger.warn({ err: result.error }, 'traces cannot be sent');
      if (!fails && this.#isFailing) this.#logger.info('traces can be sent again');
      this.#isFailing = fails;
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }
}

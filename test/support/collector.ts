import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { until } from './until.ts';

/** A span as it is sent (OTLP in JSON), its attributes as an object. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 2 is an error; absent, or 0, when nothing is said. */
  readonly status: number | undefined;
}

/** A collector of traces over HTTP. */
export interface Collector {
  readonly endpoint: string;
  /** All spans so far. */
  readonly spans: readonly CollectedSpan[];
  /** Attributes of where spans come from. */
  readonly resources: readonly Readonly<Record<string, unknown>>[];
  /** All that was sent, as it was sent. */
  readonly bodies: readonly string[];
  /** The span of a request, and those of its stages. */
  untilSpansOf(
    requestId: string,
  ): Promise<{ readonly span: CollectedSpan; readonly stages: readonly CollectedSpan[] }>;
  /** What all are answered from now on. */
  answerWith(status: number): void;
}

export async function startCollector(t: TestContext): Promise<Collector> {
  let status = 200;
  const spans: CollectedSpan[] = [];
  const resources: Readonly<Record<string, unknown>>[] = [];
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (status === 200) {
      bodies.push(body);
      for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
        resources.push(attributesOf(resource));
        for (const scope of scopeSpans) for (const span of scope.spans) spans.push(readSpan(span));
      }
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const find = (requestId: string) =>
    spans.find(({ attributes }) => attributes['aws.request_id'] === requestId);
  return {
    endpoint: `http://127.0.0.1:${port}/v1/traces`,
    spans,
    resources,
    bodies,
    async untilSpansOf(requestId) {
      await until('the span is there', () => find(requestId) !== undefined);
      const span = find(requestId);
      if (span === undefined) throw new Error('no span');
      return { span, stages: spans.filter(({ parentSpanId }) => parentSpanId === span.spanId) };
    },
    answerWith(next) {
      status = next;
    },
  };
}

interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status?: { readonly code?: number };
  readonly attributes: readonly WireAttribute[];
}

interface WireAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

function readSpan(span: WireSpan): CollectedSpan {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    kind: span.kind,
    start: BigInt(span.startTimeUnixNano),
    end: BigInt(span.endTimeUnixNano),
    attributes: attributesOf(span),
    status: span.status?.code,
  };
}

function attributesOf({ attributes }: { readonly attributes: readonly WireAttribute[] }) {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

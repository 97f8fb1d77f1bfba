import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { type Collector, startCollector } from './support/collector.ts';
import { createKey } from './support/keys.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { until } from './support/until.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

async function start(
  t: TestContext,
  options: Parameters<typeof startTestServer>[0] = {},
): Promise<{ collector: Collector; server: TestServer; kms: KMS }> {
  const collector = await startCollector(t);
  const server = await startTestServer({ tracesEndpoint: collector.endpoint, ...options });
  let isClosed = false;
  const close = async () => {
    if (!isClosed) await server.close();
    isClosed = true;
  };
  t.after(close);
  return { collector, server: { ...server, close }, kms: server.client() };
}

/** Makes a client send a header that is not signed. */
function sending(kms: KMS, name: string, value: string): KMS {
  kms.middlewareStack.add(
    (next) => (args) => {
      if (typeof args.request === 'object' && args.request !== null && 'headers' in args.request)
        Object.assign(args.request.headers ?? {}, { [name]: value });
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low', name: `send-${name}` },
  );
  return kms;
}

const nameOf = ({ name }: { readonly name: string }) => name;

describe('the traces of requests', () => {
  it('say what was asked for, and how long each part of the walk took', async (t) => {
    const { collector, server, kms } = await start(t);
    const { keyId } = await createKey(kms);
    const { $metadata } = await kms.encrypt({ KeyId: keyId, Plaintext: Buffer.from('plaintext') });
    await server.close();
    const { span, stages } = await collector.untilSpansOf($metadata.requestId ?? '');
    assert.equal(span.name, 'KMS/Encrypt');
    assert.equal(span.kind, 2);
    assert.equal(span.parentSpanId, undefined);
    const { 'user_agent.original': userAgent, ...attributes } = span.attributes;
    assert.match(String(userAgent), /aws-sdk-js/);
    assert.deepEqual(attributes, {
      'aws.request_id': $metadata.requestId,
      'client.address': '127.0.0.1',
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'rpc.method': 'KMS/Encrypt',
      'rpc.system.name': 'aws-api',
      'url.path': '/',
      'url.scheme': 'http',
    });
    assert.deepEqual(stages.map(nameOf), ['fence', 'authenticate', 'authorize', 'handler']);
    let last = span.start;
    for (const stage of stages) {
      assert.equal(stage.traceId, span.traceId);
      assert.ok(stage.start >= last && stage.end >= stage.start && stage.end <= span.end);
      last = stage.start;
    }
    assert.equal(collector.resources[0]?.['service.name'], 'qkms');
  });

  it('tell the error code of a refusal, which is no error of the server, and end where it was refused', async (t) => {
    const { collector, server, kms } = await start(t);
    // What is read from the store lets a request be judged again.
    await kms.listKeys();
    const refused: unknown = await kms
      .decrypt({ CiphertextBlob: Buffer.from('none') })
      .catch((error: unknown) => error);
    await server.close();
    const { span, stages } = await collector.untilSpansOf(Object(refused).$metadata.requestId);
    assert.equal(span.attributes['error.type'], 'InvalidCiphertextException');
    assert.equal(span.attributes['rpc.response.status_code'], 'InvalidCiphertextException');
    assert.equal(span.attributes['http.response.status_code'], 400);
    assert.notEqual(span.status, 2);
    assert.deepEqual(stages.map(nameOf), ['fence', 'authenticate', 'authorize']);
  });

  it('go on where those of the client have begun, and only if it wants them', async (t) => {
    const { collector, server } = await start(t, { tracesSampleRatio: '0' });
    const sampled = sending(server.client(), 'traceparent', `00-${TRACE}-${PARENT}-01`);
    const { $metadata } = await sampled.listKeys();
    await sending(server.client(), 'traceparent', `00-${TRACE}-${PARENT}-00`).listKeys();
    await server.client().listKeys();
    await server.close();
    const { span } = await collector.untilSpansOf($metadata.requestId ?? '');
    assert.deepEqual([span.traceId, span.parentSpanId], [TRACE, PARENT]);
    assert.equal(collector.spans.filter(({ name }) => name === 'KMS/ListKeys').length, 1);
  });

  it('begin anew where what a client sends is no trace context', async (t) => {
    const { collector, server } = await start(t);
    const wrong = [
      '',
      'none',
      `00-${'0'.repeat(32)}-${PARENT}-01`,
      `ff-${TRACE}-${PARENT}-01`,
      'x'.repeat(9_000),
    ];
    for (const value of wrong) await sending(server.client(), 'traceparent', value).listKeys();
    await server.close();
    const roots = collector.spans.filter(({ name }) => name === 'KMS/ListKeys');
    assert.equal(roots.length, wrong.length);
    for (const { traceId, parentSpanId } of roots) {
      assert.notEqual(traceId, TRACE);
      assert.equal(parentSpanId, undefined);
    }
  });

  it('hold nothing of what is in requests and answers', async (t) => {
    const { collector, server, kms } = await start(t);
    const { keyId } = await createKey(kms, { Description: 'description-of-nobodys-business' });
    const EncryptionContext = { purpose: 'context-of-nobodys-business' };
    const Plaintext = Buffer.from('plaintext-of-nobodys-business');
    const { CiphertextBlob } = await kms.encrypt({ KeyId: keyId, Plaintext, EncryptionContext });
    await kms.decrypt({ CiphertextBlob, EncryptionContext });
    await assert.rejects(
      kms.decrypt({ CiphertextBlob, EncryptionContext: { purpose: 'wrong-nobodys-business' } }),
    );
    await server.close();
    const sent = collector.bodies.join('');
    assert.match(sent, /KMS\/Decrypt/);
    assert.doesNotMatch(sent, /nobodys-business|Credential=/);
    for (const encoding of ['base64', 'hex'] as const)
      assert.ok(!sent.includes(Plaintext.toString(encoding)));
  });

  it('do no harm to requests when nobody takes them, which the log says once', async (t) => {
    const { collector, server, kms } = await start(t);
    collector.answerWith(400);
    await kms.listKeys();
    await until('it is said', () => server.log.some((line) => line.includes('traces cannot be sent')));
    await kms.listKeys();
    await server.close();
    assert.equal(server.log.filter((line) => line.includes('traces cannot be sent')).length, 1);
    assert.deepEqual(collector.spans, []);
  });

  it('do no harm when there is no collector at all', async (t) => {
    const server = await startTestServer({ tracesEndpoint: 'http://127.0.0.1:1/v1/traces' });
    for (let call = 0; call < 10; call += 1) await server.client().listKeys();
    t.after(() => server.close());
  });
});

import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { pino } from 'pino';
import { connectRaw } from '../../test/support/raw-client.ts';
import type { Answer, WireRequest } from '../pipeline.ts';
import type { UnreadyReason } from '../readiness.ts';
import { LIMITS, type Limits } from './limits.ts';
import { openHttpServer } from './server.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const AWS_JSON = 'application/x-amz-json-1.1';

const echo: Answer = async ({ body }) => ({ status: 200, contentType: AWS_JSON, body: body.toString() });

async function serve(
  t: TestContext,
  options: {
    answer?: Answer;
    unreadyReason?: () => Promise<UnreadyReason | undefined>;
    limits?: Partial<Limits>;
  } = {},
) {
  const server = await openHttpServer({
    address: { host: '127.0.0.1', port: 0 },
    tls: undefined,
    answer: options.answer ?? echo,
    unreadyReason: options.unreadyReason ?? (async () => undefined),
    logger: pino({ level: 'silent' }),
    limits: { ...LIMITS, drainTimeout: 0, ...options.limits },
  });
  t.after(() => server.drain());
  return { ...server, url: `http://127.0.0.1:${server.port}` };
}

describe('a request to the AWS API', () => {
  it('reaches the pipeline as it was sent', async (t) => {
    const seen: WireRequest[] = [];
    const { url, port } = await serve(t, {
      answer: async (request) => {
        seen.push(request);
        return { status: 200, contentType: AWS_JSON, body: '{}' };
      },
    });
    const reply = await fetch(`${url}/?Action=ListKeys`, {
      method: 'POST',
      headers: { 'content-type': AWS_JSON, 'X-Amz-Target': 'TrentService.ListKeys' },
      body: '{"Limit":1}',
    });
    const [request] = seen;
    assert.ok(request);
    assert.equal(request.method, 'POST');
    assert.equal(request.url, '/?Action=ListKeys');
    assert.equal(request.body.toString(), '{"Limit":1}');
    assert.equal(request.headers['x-amz-target'], 'TrentService.ListKeys');
    assert.equal(request.headers.host, `127.0.0.1:${port}`);
    assert.ok(request.rawHeaders.includes('X-Amz-Target'), 'header names keep their case');
    assert.equal(request.sourceAddress, '127.0.0.1');
    assert.equal(request.secureTransport, false);
    assert.equal(request.id, reply.headers.get('x-amzn-requestid'));
    assert.match(request.id, UUID);
  });

  it('is answered with the headers of AWS, and nothing may keep the reply', async (t) => {
    const { url } = await serve(t, {
      answer: async () => ({ status: 400, contentType: AWS_JSON, body: '{"message":"schlüssel"}' }),
    });
    const reply = await fetch(url, { method: 'POST', body: '{}' });
    assert.equal(reply.status, 400);
    assert.equal(await reply.text(), '{"message":"schlüssel"}');
    const { date, 'x-amzn-requestid': id, ...headers } = Object.fromEntries(reply.headers);
    assert.match(id ?? '', UUID);
    assert.ok(Math.abs(Date.parse(date ?? '') - Date.now()) < 60_000);
    assert.deepEqual(headers, {
      'cache-control': 'no-cache, no-store, must-revalidate, private',
      connection: 'keep-alive',
      'content-length': '24',
      'content-type': AWS_JSON,
      expires: '0',
      'keep-alive': 'timeout=65',
      pragma: 'no-cache',
      'x-content-type-options': 'nosniff',
    });
  });

  for (const contentType of [
    AWS_JSON,
    'application/x-amz-json-1.0',
    'application/json',
    'application/x-www-form-urlencoded; charset=utf-8',
    'not a content type',
    undefined,
  ]) {
    it(`brings its body whatever its type: ${contentType}`, async (t) => {
      const { port } = await serve(t);
      const client = await connectRaw(port);
      const type = contentType === undefined ? '' : `Content-Type: ${contentType}\r\n`;
      client.send(`POST / HTTP/1.1\r\nHost: x\r\n${type}Content-Length: 5\r\n\r\n{"a":`);
      const reply = await client.reply();
      assert.equal(reply.status, 200);
      assert.equal(reply.body, '{"a":');
      client.socket.destroy();
    });
  }

  it('brings its body unchanged, in however many pieces it comes', async (t) => {
    const { port } = await serve(t, {
      answer: async ({ body }) => ({ status: 200, contentType: AWS_JSON, body: body.toString('hex') }),
    });
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 500 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(pieces, async (chunks) => {
        const body = await new Promise<string>((resolve, reject) => {
          const request = httpRequest({ port, host: '127.0.0.1', method: 'POST' }, async (reply) => {
            resolve((await reply.setEncoding('utf8').toArray()).join(''));
          });
          request.on('error', reject);
          request.flushHeaders();
          for (const chunk of chunks) request.write(chunk);
          request.end();
        });
        assert.equal(body, Buffer.concat(chunks).toString('hex'));
      }),
      { numRuns: 50 },
    );
  });

  it('gets an internal failure, and the server lives on, when the pipeline breaks its word', async (t) => {
    let broken = true;
    const { url } = await serve(t, {
      answer: async (request) => {
        if (broken) throw new Error('secret detail');
        return echo(request);
      },
    });
    const reply = await fetch(url, { method: 'POST', body: '{}' });
    assert.equal(reply.status, 500);
    assert.equal(await reply.text(), '{"__type":"InternalFailure"}');
    broken = false;
    assert.equal((await fetch(url, { method: 'POST', body: '{}' })).status, 200);
  });

  it('is told that its sender is behind IPv4 in dotted form even on an IPv6 socket', async (t) => {
    const addresses: string[] = [];
    const server = await openHttpServer({
      address: { host: '::', port: 0 },
      tls: undefined,
      answer: async (request) => {
        addresses.push(request.sourceAddress);
        return echo(request);
      },
      unreadyReason: async () => undefined,
      logger: pino({ level: 'silent' }),
    });
    t.after(() => server.drain());
    await fetch(`http://127.0.0.1:${server.port}`, { method: 'POST' });
    await fetch(`http://[::1]:${server.port}`, { method: 'POST' });
    assert.deepEqual(addresses, ['127.0.0.1', '::1']);
  });
});

describe('health', () => {
  it('is live and ready while the service is', async (t) => {
    const { url } = await serve(t);
    for (const [path, body] of [
      ['/health/live', { status: 'live' }],
      ['/health/ready', { status: 'ready' }],
    ] as const) {
      const reply = await fetch(url + path);
      assert.equal(reply.status, 200);
      assert.equal(reply.headers.get('content-type'), 'application/json');
      assert.deepEqual(await reply.json(), body);
    }
  });

  it('says why it is not ready, and is live all the same', async (t) => {
    const { url } = await serve(t, {
      unreadyReason: async () => ({ causes: ['store'], reason: 'the store cannot be read' }),
    });
    const reply = await fetch(`${url}/health/ready`);
    assert.equal(reply.status, 503);
    assert.deepEqual(await reply.json(), {
      status: 'unready',
      causes: ['store'],
      reason: 'the store cannot be read',
    });
    assert.equal((await fetch(`${url}/health/live`)).status, 200);
  });

  it('answers HEAD, as load balancers ask', async (t) => {
    const { url } = await serve(t);
    const reply = await fetch(`${url}/health/ready`, { method: 'HEAD' });
    assert.equal(reply.status, 200);
    assert.equal(await reply.text(), '');
  });
});

describe('what is not served', () => {
  const refusals: readonly [method: string, path: string, status: number, type: string, allow?: string][] = [
    ['POST', '/keys', 400, 'UnknownOperationException'],
    ['POST', '/health/live', 400, 'UnknownOperationException'],
    ['POST', '//', 400, 'UnknownOperationException'],
    ['POST', '/%ZZ', 400, 'MalformedHttpRequestException'],
    ['GET', '/', 405, 'MethodNotAllowedException', 'POST'],
    ['PUT', '/?a=b', 405, 'MethodNotAllowedException', 'POST'],
    ['OPTIONS', '/', 405, 'MethodNotAllowedException', 'POST'],
    ['PROPFIND', '/', 405, 'MethodNotAllowedException', 'POST'],
    ['DELETE', '/health/ready', 405, 'MethodNotAllowedException', 'GET, HEAD'],
    ['GET', '/favicon.ico', 404, 'ResourceNotFoundException'],
  ];
  for (const [method, path, status, type, allow] of refusals) {
    it(`${method} ${path} is refused with ${status} ${type}`, async (t) => {
      const { port } = await serve(t);
      const client = await connectRaw(port);
      client.send(
        `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ;;\r\nContent-Length: 3\r\n\r\n{x}`,
      );
      const reply = await client.reply();
      client.socket.destroy();
      assert.equal(reply.status, status);
      assert.equal(JSON.parse(reply.body).__type, type);
      assert.equal(reply.headers['content-type'], AWS_JSON);
      assert.equal(reply.headers['allow'], allow);
      assert.match(reply.headers['x-amzn-requestid'] ?? '', UUID);
    });
  }
});

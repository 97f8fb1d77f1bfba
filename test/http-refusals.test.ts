import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connectRaw } from './support/raw-client.ts';
import { startTestServer, type TestServer } from './support/server.ts';

/* What HTTP refuses by itself is counted, and in the log, without being able to fill it. */

let server: TestServer;

before(async () => {
  server = await startTestServer({ metrics: true });
});
after(() => server.close());

const REQUESTS: readonly (readonly [cause: string, status: number, request: string])[] = [
  ['malformed', 400, 'POST / HTTP/9.9\r\n\r\n'],
  [
    'body-too-large',
    413,
    'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n',
  ],
  ['expectation', 417, 'POST / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 2\r\n\r\n'],
  ['headers-too-large', 431, `POST / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
];

async function provoke(status: number, request: string): Promise<void> {
  const client = await connectRaw(Number(new URL(server.endpoint).port));
  client.send(request);
  assert.equal((await client.reply()).status, status);
  await client.closed();
}

const logged = (cause: string) =>
  server.log.map((line) => JSON.parse(line)).filter((line: { cause?: string }) => line.cause === cause);

describe('what HTTP refuses by itself', () => {
  it('is counted by its cause, apart from requests, and in the log with its source', async () => {
    const before = await server.metrics();
    for (const [, status, request] of REQUESTS) await provoke(status, request);
    const metrics = await server.metrics();
    for (const [cause] of REQUESTS) {
      assert.equal(before.value('qkms_http_refusals_total', { cause }), 0);
      assert.equal(metrics.value('qkms_http_refusals_total', { cause }), 1);
      const [line, ...more] = logged(cause);
      assert.deepEqual([line.level, line.sourceAddress, more.length], [20, '127.0.0.1', 0]);
    }
    assert.equal(metrics.sum('qkms_requests_total'), 0);
  });

  it('cannot fill the log', async () => {
    const [[cause, status, request] = ['', 0, '']] = REQUESTS;
    server.clock.advance(10_000);
    const before = logged(cause).length;
    for (let round = 0; round < 30; round += 1) await provoke(status, request);
    assert.equal(logged(cause).length - before, 10);
    server.clock.advance(10_000);
    await provoke(status, request);
    assert.equal(logged(cause).at(-1).similarNotLogged, 20);
    assert.equal((await server.metrics()).value('qkms_http_refusals_total', { cause }), 32);
  });
});

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { pino } from 'pino';
import { connectRaw } from '../../test/support/raw-client.ts';
import { LIMITS, type Limits } from './limits.ts';
import { openHttpServer } from './server.ts';

/** A server whose answers wait until they are released. */
async function serveSlowly(t: TestContext, limits: Partial<Limits> = {}) {
  const release = Promise.withResolvers<void>();
  let inFlight = 0;
  let wake = () => {};
  const server = await openHttpServer({
    address: { host: '127.0.0.1', port: 0 },
    tls: undefined,
    answer: async ({ body }) => {
      inFlight += 1;
      wake();
      if (body.toString() === 'slow') await release.promise;
      return { status: 200, contentType: 'text/plain', body: 'done' };
    },
    unreadyReason: async () => undefined,
    logger: pino({ level: 'silent' }),
    limits: { ...LIMITS, ...limits },
  });
  t.after(async () => {
    release.resolve();
    await server.drain();
  });
  return {
    ...server,
    release: release.resolve,
    async requestsInFlight(count: number) {
      while (inFlight < count) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

const request = (body: string) =>
  `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe('a draining server', () => {
  it('finishes the requests in flight, says that their connections close, and then has ended', async (t) => {
    const server = await serveSlowly(t);
    const client = await connectRaw(server.port);
    client.send(request('slow'));
    await server.requestsInFlight(1);
    let ended = false;
    const drained = server.drain().then(() => {
      ended = true;
    });
    await assert.rejects(connectRaw(server.port), { code: 'ECONNREFUSED' });
    assert.equal(ended, false);
    server.release();
    const reply = await client.reply();
    assert.equal(reply.status, 200);
    assert.equal(reply.body, 'done');
    assert.equal(reply.headers['connection'], 'close');
    assert.equal(await client.closed(), '');
    await drained;
  });

  it('closes idle connections at once', async (t) => {
    const server = await serveSlowly(t);
    const client = await connectRaw(server.port);
    client.send(request('quick'));
    assert.equal((await client.reply()).headers['connection'], 'keep-alive');
    await server.drain();
    assert.equal(await client.closed(), '');
  });

  it('is not ready any more to whoever is still connected', async (t) => {
    const server = await serveSlowly(t);
    const client = await connectRaw(server.port);
    client.send(`${request('quick')}GET /health/ready HTTP/1.1\r\nHo`);
    assert.equal((await client.reply()).status, 200);
    const drained = server.drain();
    client.send('st: x\r\n\r\n');
    const reply = await client.reply();
    assert.equal(reply.status, 503);
    assert.deepEqual(JSON.parse(reply.body), {
      status: 'unready',
      causes: ['draining'],
      reason: 'draining',
    });
    assert.equal(reply.headers['connection'], 'close');
    await drained;
  });

  it('does not wait for connections that say nothing', async (t) => {
    const server = await serveSlowly(t, { drainTimeout: 60_000 });
    const client = await connectRaw(server.port);
    await server.drain();
    assert.equal(await client.closed(), '');
  });

  it('cuts off what is not finished in time', async (t) => {
    const server = await serveSlowly(t, { drainTimeout: 20 });
    const client = await connectRaw(server.port);
    client.send(request('slow'));
    await server.requestsInFlight(1);
    await server.drain();
    assert.equal(await client.closed(), '');
  });
});

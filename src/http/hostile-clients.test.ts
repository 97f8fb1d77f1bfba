import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { pino } from 'pino';
import { connectRaw, type RawReply } from '../../test/support/raw-client.ts';
import type { Answer } from '../pipeline.ts';
import type { HttpRefusal } from '../telemetry/http-refusals.ts';
import { LIMITS, type Limits } from './limits.ts';
import { openHttpServer } from './server.ts';

/** Limits that strike soon, so that no test waits for the real ones, but not before a busy machine has its turn. */
const IMPATIENT: Partial<Limits> = {
  headersTimeout: 200,
  requestTimeout: 250,
  keepAliveTimeout: 50,
  timeoutCheckInterval: 10,
};

async function serve(t: TestContext, options: { answer?: Answer; limits?: Partial<Limits> } = {}) {
  const answered: string[] = [];
  const refused: string[] = [];
  const server = await openHttpServer({
    address: { host: '127.0.0.1', port: 0 },
    tls: undefined,
    answer: async (request) => {
      answered.push(request.body.toString());
      return (
        options.answer?.(request) ?? { status: 200, contentType: 'application/x-amz-json-1.1', body: '{}' }
      );
    },
    unreadyReason: async () => undefined,
    noteRefusal: (cause, sourceAddress) => void refused.push(`${cause} ${sourceAddress}`),
    logger: pino({ level: 'silent' }),
    limits: { ...LIMITS, drainTimeout: 0, ...options.limits },
  });
  t.after(() => server.drain());
  return { port: server.port, answered, refused };
}

function assertRefused(reply: RawReply, status: number, type: string): void {
  assert.equal(reply.status, status);
  assert.equal(JSON.parse(reply.body).__type, type);
  assert.equal(reply.headers['content-type'], 'application/x-amz-json-1.1');
  assert.equal(reply.headers['connection'], 'close');
  assert.ok(reply.headers['x-amzn-requestid']);
  assert.ok(reply.headers['date']);
}

async function assertServes(port: number): Promise<void> {
  const client = await connectRaw(port);
  client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}');
  assert.equal((await client.reply()).status, 200);
  client.socket.destroy();
}

/** Why requests are refused, by status. */
const CAUSES: ReadonlyMap<number, HttpRefusal> = new Map([
  [400, 'malformed'],
  [408, 'timeout'],
  [413, 'body-too-large'],
  [417, 'expectation'],
  [431, 'headers-too-large'],
]);

const ENOUGH_HEADERS = Array.from({ length: LIMITS.headerCount - 1 }, (_, at) => `X-${at}: 1\r\n`).join('');

describe('a broken request is refused and its connection closed while others are served', () => {
  const broken: readonly [what: string, request: string, status: number, type: string][] = [
    ['bytes that are not HTTP', '\x16\x03\x01\x02\x00\x01\r\n\r\n', 400, 'MalformedHttpRequestException'],
    ['an unknown version', 'POST / HTTP/9.9\r\n\r\n', 400, 'MalformedHttpRequestException'],
    ['a bad header', 'POST / HTTP/1.1\r\nHost : x\r\n\r\n', 400, 'MalformedHttpRequestException'],
    ['no Host header', 'POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n', 400, 'MalformedHttpRequestException'],
    [
      'a length that is no number',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n',
      400,
      'MalformedHttpRequestException',
    ],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}',
      400,
      'MalformedHttpRequestException',
    ],
    [
      'a length beside chunks, as request smuggling needs',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'MalformedHttpRequestException',
    ],
    [
      'a header too large',
      `POST / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(LIMITS.headerSize)}\r\n\r\n`,
      431,
      'RequestHeaderFieldsTooLargeException',
    ],
    [
      'a target too large',
      `POST /?${'x'.repeat(LIMITS.headerSize)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      431,
      'RequestHeaderFieldsTooLargeException',
    ],
    [
      'one header too many',
      `POST / HTTP/1.1\r\nHost: x\r\nOne: 1\r\n${ENOUGH_HEADERS}\r\n`,
      431,
      'RequestHeaderFieldsTooLargeException',
    ],
    [
      'far too many headers',
      `POST / HTTP/1.1\r\nHost: x\r\n${'A: 1\r\n'.repeat(1000)}\r\n`,
      431,
      'RequestHeaderFieldsTooLargeException',
    ],
    [
      'an expectation that cannot be met',
      'POST / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 2\r\n\r\n',
      417,
      'ExpectationFailedException',
    ],
    [
      'the announcement of a body too large',
      `POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${LIMITS.bodySize + 1}\r\n\r\n`,
      413,
      'RequestEntityTooLargeException',
    ],
  ];
  for (const [what, request, status, type] of broken) {
    it(`${what}: ${status}`, async (t) => {
      const { port, answered, refused } = await serve(t);
      const client = await connectRaw(port);
      client.send(request);
      assertRefused(await client.reply(), status, type);
      assert.equal(await client.closed(), '');
      assert.deepEqual(answered, []);
      assert.deepEqual(refused, [`${CAUSES.get(status)} 127.0.0.1`]);
      await assertServes(port);
    });
  }

  it('exactly as many headers as allowed are fine', async (t) => {
    const { port } = await serve(t);
    const client = await connectRaw(port);
    client.send(`POST / HTTP/1.1\r\nHost: x\r\n${ENOUGH_HEADERS}\r\n`);
    assert.equal((await client.reply()).status, 200);
    client.socket.destroy();
  });

  it('a client that asks before it sends its body is told to go on', async (t) => {
    const { port, answered } = await serve(t);
    const client = await connectRaw(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
    assert.equal((await client.reply()).status, 100);
    client.send('{}');
    assert.equal((await client.reply()).status, 200);
    assert.deepEqual(answered, ['{}']);
    client.socket.destroy();
  });
});

describe('a body', () => {
  it('may be as large as the limit', async (t) => {
    const { port, answered } = await serve(t, { limits: { bodySize: 100_000 } });
    const reply = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: 'x'.repeat(100_000) });
    assert.equal(reply.status, 200);
    assert.equal(answered[0]?.length, 100_000);
  });

  for (const chunked of [false, true]) {
    it(`one byte larger is refused, and its sender reads so (${chunked ? 'chunked' : 'length given'})`, async (t) => {
      const { port, answered, refused } = await serve(t, { limits: { bodySize: 100_000 } });
      const client = await connectRaw(port);
      const body = 'x'.repeat(100_001);
      client.send('POST / HTTP/1.1\r\nHost: x\r\n');
      client.send(
        chunked
          ? `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
          : `Content-Length: ${body.length}\r\n\r\n${body}`,
      );
      assertRefused(await client.reply(), 413, 'RequestEntityTooLargeException');
      assert.equal(await client.closed(), '');
      assert.deepEqual(answered, []);
      assert.deepEqual(refused, ['body-too-large 127.0.0.1']);
    });
  }

  it('far too large is cut off, even if its sender never stops', async (t) => {
    const { port, answered } = await serve(t, { limits: { bodySize: 1_000, discardedBodySize: 10_000 } });
    const client = await connectRaw(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    const send = (error?: Error | null) => {
      if (!error) client.socket.write(`400\r\n${'x'.repeat(0x400)}\r\n`, send);
    };
    send();
    await client.closed();
    assert.deepEqual(answered, []);
    await assertServes(port);
  });

  it('whose chunks are broken is refused', async (t) => {
    const { port, answered } = await serve(t);
    const client = await connectRaw(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nnonsense\r\n');
    assertRefused(await client.reply(), 400, 'MalformedHttpRequestException');
    assert.equal(await client.closed(), '');
    assert.deepEqual(answered, []);
  });

  it('that its sender gives up on is forgotten', async (t) => {
    const { port, answered, refused } = await serve(t);
    const client = await connectRaw(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"half":');
    client.socket.end();
    await client.closed();
    assert.deepEqual([...answered, ...refused], []);
    await assertServes(port);
  });
});

describe('a slow client is cut off while others are served', () => {
  it('one that dribbles its headers: 408', async (t) => {
    const { port, refused } = await serve(t, { limits: IMPATIENT });
    const client = await connectRaw(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\n');
    const dribble = setInterval(() => client.send('A: 1\r\n'), 2);
    t.after(() => clearInterval(dribble));
    assertRefused(await client.reply(), 408, 'RequestTimeoutException');
    await client.closed();
    await assertServes(port);
    assert.deepEqual(refused, ['timeout 127.0.0.1']);
  });

  it('one that dribbles its body: 408', async (t) => {
    const { port, answered } = await serve(t, { limits: IMPATIENT });
    const client = await connectRaw(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n');
    const dribble = setInterval(() => client.send('x'), 2);
    t.after(() => clearInterval(dribble));
    assertRefused(await client.reply(), 408, 'RequestTimeoutException');
    await client.closed();
    assert.deepEqual(answered, []);
    await assertServes(port);
  });

  it('one that connects and says nothing', async (t) => {
    const { port } = await serve(t, { limits: IMPATIENT });
    const client = await connectRaw(port);
    await client.closed();
    await assertServes(port);
  });

  it('one that has said all it had to say', async (t) => {
    const { port } = await serve(t, { limits: IMPATIENT });
    const client = await connectRaw(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}');
    assert.equal((await client.reply()).status, 200);
    assert.equal(await client.closed(), '');
  });
});

describe('connections', () => {
  it('beyond the limit are dropped until another one closes', async (t) => {
    const { port, refused } = await serve(t, { limits: { connections: 1 } });
    const first = await connectRaw(port);
    first.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}');
    assert.equal((await first.reply()).status, 200);
    assert.equal(await (await connectRaw(port)).closed(), '');
    assert.deepEqual(refused, ['connection-limit 127.0.0.1']);
    first.send('POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}');
    assert.equal((await first.reply()).status, 200);
    await first.closed();
    await assertServes(port);
  });

  it('that turn to garbage behind a request in flight end without an answer that could be taken for its', async (t) => {
    const pending = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const { port } = await serve(t, {
      answer: async () => {
        arrived.resolve();
        await pending.promise;
        return { status: 200, contentType: 'application/x-amz-json-1.1', body: '{}' };
      },
    });
    const client = await connectRaw(port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}');
    await arrived.promise;
    client.send('\r\ngarbage garbage\r\n\r\n');
    assert.equal(await client.closed(), '');
    pending.resolve();
    await assertServes(port);
  });

  it('are answered in order when requests are pipelined', async (t) => {
    const first = Promise.withResolvers<void>();
    const { port } = await serve(t, {
      answer: async ({ body }) => {
        if (body.toString() === '1') await first.promise;
        else first.resolve();
        return { status: 200, contentType: 'text/plain', body: body.toString() };
      },
    });
    const client = await connectRaw(port);
    for (const body of ['1', '2'])
      client.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n${body}`);
    assert.equal((await client.reply()).body, '1');
    assert.equal((await client.reply()).body, '2');
    client.socket.destroy();
  });
});

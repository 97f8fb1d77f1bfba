import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { connect } from 'node:tls';
import { issueCertificate, writeTlsFiles } from '../support/certificate.ts';
import { isGone, ROOT, run, type TestProcess, temporaryDirectory } from '../support/qkms-process.ts';
import { connectRaw, type RawReply } from '../support/raw-client.ts';

const request = (body: string) =>
  `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** A node whose service does what a request says. */
function startNode(t: TestContext, settings: Readonly<Record<string, string>>): TestProcess {
  return run(t, process.execPath, [join(ROOT, 'test/support/slow-node.ts')], { QKMS_PORT: '0', ...settings });
}

async function ask(port: number, body: string): Promise<RawReply> {
  const client = await connectRaw(port);
  client.send(request(body));
  try {
    return await client.reply();
  } finally {
    client.socket.destroy();
  }
}

/** The ids of the processes that answer, `count` of them. */
async function workersAt(port: number, count: number): Promise<readonly number[]> {
  const pids = new Set<number>();
  while (pids.size < count) pids.add(Number((await ask(port, 'pid')).body));
  return [...pids];
}

for (const workers of ['1', '2']) {
  describe(`a node of ${workers} serving process(es)`, () => {
    it('shows its notices and then, once, that it is ready', async (t) => {
      const node = startNode(t, { QKMS_WORKERS: workers });
      const port = await node.port();
      assert.equal((await fetch(`http://127.0.0.1:${port}/health/live`)).status, 200);
      assert.equal((await fetch(`http://127.0.0.1:${port}/health/ready`)).status, 200);
      node.child.kill('SIGTERM');
      const { stdout } = await node.ended;
      assert.equal(stdout, `first notice\nsecond notice\nqkms ready on http://127.0.0.1:${port}\n`);
    });

    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`finishes the request in flight on ${signal}, closes the service and ends with 0`, async (t) => {
        const node = startNode(t, { QKMS_WORKERS: workers });
        const client = await connectRaw(await node.port());
        client.send(request('slow'));
        await node.logs(/answering slowly/);
        node.child.kill(signal);
        const reply = await client.reply();
        assert.equal(reply.body, 'done');
        assert.equal(reply.headers['connection'], 'close');
        const { code, stderr } = await node.ended;
        assert.equal(code, 0);
        assert.match(stderr, /^closed scheduler$/m);
        assert.equal(stderr.match(/^closed worker$/gm)?.length ?? 0, workers === '1' ? 0 : 2);
      });
    }

    it('takes a signal that comes twice at once, as Ctrl-C under npm does, for one', async (t) => {
      const node = startNode(t, { QKMS_WORKERS: workers });
      const client = await connectRaw(await node.port());
      client.send(request('slow'));
      await node.logs(/answering slowly/);
      node.child.kill('SIGINT');
      await node.logs(/"draining"/);
      node.child.kill('SIGINT');
      assert.equal((await client.reply()).body, 'done');
      assert.equal((await node.ended).code, 0);
    });

    it('ends at once when it is told again', async (t) => {
      const node = startNode(t, { QKMS_WORKERS: workers });
      const port = await node.port();
      const pids = await workersAt(port, Number(workers));
      const client = await connectRaw(port);
      client.send(request('never'));
      await node.logs(/answering never/);
      const insist = setInterval(() => node.child.kill('SIGTERM'), 100);
      t.after(() => clearInterval(insist));
      assert.equal((await node.ended).code, 128 + 15);
      await Promise.all(pids.map(isGone));
    });

    it('presents a new certificate on SIGHUP, and the old one as long as the new one is no good', async (t) => {
      const directory = temporaryDirectory(t);
      const { certificateFile, keyFile } = writeTlsFiles(directory, await issueCertificate('first'));
      const node = startNode(t, {
        QKMS_WORKERS: workers,
        QKMS_TLS_CERTIFICATE_FILE: certificateFile,
        QKMS_TLS_KEY_FILE: keyFile,
      });
      const port = await node.port();
      assert.equal(await commonNameAt(port), 'first');

      const second = await issueCertificate('second');
      writeTlsFiles(directory, { ...second, key: 'not a key' });
      node.child.kill('SIGHUP');
      await node.logs(/TLS certificate not reloaded/);
      assert.equal(await commonNameAt(port), 'first');

      writeTlsFiles(directory, second);
      node.child.kill('SIGHUP');
      await node.logs(/TLS certificate reloaded/);
      // The workers hear of it a moment after the primary has logged it.
      for (let presented = 0; presented < Number(workers); ) {
        if ((await commonNameAt(port)) === 'second') presented += 1;
      }
      node.child.kill('SIGTERM');
      assert.equal((await node.ended).code, 0);
    });

    it('goes on after SIGHUP when there is nothing to reload, but not in development', async (t) => {
      const node = startNode(t, { QKMS_WORKERS: workers, PRODUCTION: '1' });
      const port = await node.port();
      node.child.kill('SIGHUP');
      await node.logs(/nothing to reload/);
      assert.equal((await ask(port, 'pid')).status, 200);

      const development = startNode(t, { QKMS_WORKERS: workers });
      await development.port();
      development.child.kill('SIGHUP');
      assert.equal((await development.ended).code, 0);
    });

    it('ends with 0 when it is told to before it serves', async (t) => {
      const node = startNode(t, { QKMS_WORKERS: workers, PREPARE_FOREVER: '1' });
      await node.logs(/preparing/);
      node.child.kill('SIGTERM');
      assert.equal((await node.ended).code, 0);
    });
  });
}

describe('workers', () => {
  it('share one port and all of them serve', async (t) => {
    const node = startNode(t, { QKMS_WORKERS: '3' });
    const pids = await workersAt(await node.port(), 3);
    assert.ok(!pids.includes(node.pid), 'the primary itself serves nothing');
  });

  it('that are killed are replaced while the others serve', async (t) => {
    const node = startNode(t, { QKMS_WORKERS: '2' });
    const port = await node.port();
    const [victim = 0, survivor] = await workersAt(port, 2);
    process.kill(victim, 'SIGKILL');
    const [, pid] = await node.logs(/"worker":(\d+),.*"signal":"SIGKILL".*"worker died, starting another"/);
    assert.equal(Number(pid), victim);
    const now = await workersAt(port, 2);
    assert.ok(!now.includes(victim));
    assert.ok(now.includes(Number(survivor)));
  });

  it('that are all killed at once come back on the same port', async (t) => {
    const node = startNode(t, { QKMS_WORKERS: '2' });
    const port = await node.port();
    const before = await workersAt(port, 2);
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await Promise.all(before.map(isGone));
    const after: string[] = [];
    while (after.length === 0) {
      await ask(port, 'pid').then(
        ({ body }) => after.push(body),
        () => {},
      );
    }
    assert.ok(!before.includes(Number(after[0])));
  });

  it('leave signals to the primary', async (t) => {
    const node = startNode(t, { QKMS_WORKERS: '2' });
    const port = await node.port();
    const pids = await workersAt(port, 2);
    for (const pid of pids) for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.kill(pid, signal);
    assert.deepEqual(new Set(await workersAt(port, 2)), new Set(pids));
  });

  it('end when the primary is killed, and a new node can take the same port', async (t) => {
    const node = startNode(t, { QKMS_WORKERS: '2' });
    const port = await node.port();
    const pids = await workersAt(port, 2);
    const client = await connectRaw(port);
    client.send(request('never'));
    await node.logs(/answering never/);
    node.child.kill('SIGKILL');
    await Promise.all(pids.map(isGone));
    const next = startNode(t, { QKMS_WORKERS: '2', QKMS_PORT: String(port) });
    assert.equal(await next.port(), port);
    await workersAt(port, 2);
  });

  it('that cannot start end the node with their reason, and none is left behind', async (t) => {
    const node = startNode(t, { QKMS_WORKERS: '2', REFUSE_WORKERS: '1' });
    const { code, stdout, stderr } = await node.ended;
    assert.equal(code, 1);
    assert.match(stderr, /^refused: the store is locked$/m);
    assert.doesNotMatch(stdout, /ready/);
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`share a private directory if nothing is to be kept, which is gone after ${signal}`, async (t) => {
      const node = startNode(t, { QKMS_WORKERS: '2' });
      const port = await node.port();
      const pids = await workersAt(port, 2);
      const { body: directory } = await ask(port, 'directory');
      assert.ok(existsSync(directory));
      node.child.kill(signal);
      await node.ended;
      await Promise.all(pids.map(isGone));
      assert.equal(existsSync(directory), false);
    });
  }
});

describe('a port that is taken', () => {
  for (const workers of ['1', '2']) {
    it(`is reported before anything is prepared (${workers} workers)`, async (t) => {
      const port = await startNode(t, { QKMS_WORKERS: '1' }).port();
      const { code, stdout, stderr } = await startNode(t, { QKMS_WORKERS: workers, QKMS_PORT: String(port) })
        .ended;
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, /^refused: cannot listen on port \d+ of 127\.0\.0\.1: something else does; /);
    });
  }
});

async function commonNameAt(port: number): Promise<string | undefined> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await new Promise((resolve, reject) => socket.on('secureConnect', resolve).on('error', reject));
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return Array.isArray(subject.CN) ? subject.CN[0] : subject.CN;
}

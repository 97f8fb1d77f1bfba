import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { KMS } from '@aws-sdk/client-kms';
import { ROOT, run, runQkms, temporaryDirectory } from '../support/qkms-process.ts';

const ROOT_CREDENTIALS = {
  QKMS_ROOT_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  QKMS_ROOT_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

/** A stock client, whose every request has a connection of its own: with several workers, each gets some. */
function clientOf(
  t: TestContext,
  port: number,
  accessKeyId = ROOT_CREDENTIALS.QKMS_ROOT_ACCESS_KEY_ID,
  secretAccessKey = ROOT_CREDENTIALS.QKMS_ROOT_SECRET_ACCESS_KEY,
): KMS {
  const client = new KMS({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
    requestHandler: { httpAgent: { keepAlive: false } },
  });
  t.after(() => client.destroy());
  return client;
}

describe('npm start', () => {
  it('serves, drains on SIGTERM to npm, and npm ends with 0', async (t) => {
    const npm = run(t, 'npm', ['start', '--', '--port', '0', '--data-dir', temporaryDirectory(t)]);
    const port = await npm.port();
    for (const path of ['/health/live', '/health/ready']) {
      assert.equal((await fetch(`http://127.0.0.1:${port}${path}`)).status, 200);
    }
    npm.child.kill('SIGTERM');
    const { code, stderr } = await npm.ended;
    assert.equal(code, 0);
    assert.match(stderr, /"draining"/);
    await assert.rejects(fetch(`http://127.0.0.1:${port}/health/live`));
  });

  it('ends with 0 when Ctrl-C reaches npm and the server alike', async (t) => {
    const npm = run(t, 'npm', ['run', 'dev', '--', '--port', '0']);
    await npm.port();
    process.kill(-npm.pid, 'SIGINT');
    assert.equal((await npm.ended).code, 0);
  });

  it('leaves no server behind when npm is killed, so that the next start has the port', async (t) => {
    const args = ['start', '--', '--data-dir', temporaryDirectory(t)];
    const killed = run(t, 'npm', [...args, '--port', '0']);
    const port = await killed.port();
    killed.child.kill('SIGKILL');
    // Resolves when nothing holds its standard output any more, the server included.
    await killed.ended;
    const next = run(t, 'npm', [...args, '--port', String(port)]);
    assert.equal(await next.port(), port);
    next.child.kill('SIGTERM');
    assert.equal((await next.ended).code, 0);
  });
});

describe('qkms start', () => {
  it('shows generated credentials on the first start only, and they work', async (t) => {
    const args = ['start', '--port', '0', '--data-dir', temporaryDirectory(t)];
    const first = runQkms(t, args);
    const port = await first.port();
    const [, accessKeyId] = await first.says(/^ *AWS_ACCESS_KEY_ID=(\S+)$/m);
    const [, secretAccessKey] = await first.says(/^ *AWS_SECRET_ACCESS_KEY=(\S+)$/m);
    await clientOf(t, port, accessKeyId, secretAccessKey).listKeys();
    await assert.rejects(clientOf(t, port, accessKeyId, 'wrong').listKeys());
    first.child.kill('SIGTERM');
    assert.equal((await first.ended).code, 0);

    const second = runQkms(t, args);
    await clientOf(t, await second.port(), accessKeyId, secretAccessKey).listKeys();
    second.child.kill('SIGTERM');
    assert.match((await second.ended).stdout, /^qkms ready on [^\n]+\n$/);
  });

  it('keeps what it has acknowledged when every process is killed, and takes the same port again', async (t) => {
    const args = ['start', '--workers', '2', '--data-dir', temporaryDirectory(t)];
    const first = runQkms(t, [...args, '--port', '0'], ROOT_CREDENTIALS);
    const port = await first.port();
    const { KeyMetadata } = await clientOf(t, port).createKey();
    process.kill(-first.pid, 'SIGKILL');
    await first.ended;

    const second = runQkms(t, [...args, '--port', String(port)], ROOT_CREDENTIALS);
    assert.equal(await second.port(), port);
    const found = await clientOf(t, port).describeKey({ KeyId: KeyMetadata?.KeyId });
    assert.deepEqual(found.KeyMetadata, KeyMetadata);
  });
});

describe('qkms dev', () => {
  it('says what it is, accepts any credentials, and leaves nothing behind', async (t) => {
    const directory = temporaryDirectory(t);
    const dev = runQkms(t, ['dev', '--port', '0'], { TMPDIR: directory });
    const port = await dev.port();
    await clientOf(t, port, '444455556666', 'whatever').createKey();
    dev.child.kill('SIGTERM');
    const { code, stdout } = await dev.ended;
    assert.equal(code, 0);
    assert.match(stdout, /DEVELOPMENT MODE: any credentials are accepted/);
    assert.deepEqual(readdirSync(directory), []);
  });

  it('with several workers serves one and the same account', async (t) => {
    const dev = runQkms(t, ['dev', '--port', '0', '--workers', '2']);
    const client = clientOf(t, await dev.port());
    const { KeyMetadata } = await client.createKey();
    for (let request = 0; request < 10; request += 1) {
      await client.describeKey({ KeyId: KeyMetadata?.KeyId });
    }
  });
});

describe('qkms without TLS beyond loopback', () => {
  it('serves when the operator insists', async (t) => {
    const qkms = runQkms(t, ['dev', '--port', '0', '--host', '0.0.0.0', '--insecure-http']);
    await qkms.says(/^qkms ready on http:\/\/0\.0\.0\.0:\d+$/m);
  });
});

describe('what is wrong is said in one line, and the exit code is 1', () => {
  const wrong: readonly [args: readonly string[], environment: Record<string, string>, line: RegExp][] = [
    [['strat'], {}, /^qkms: unknown command 'strat' \(Did you mean start\?\)$/],
    [['start', '--prot', '1'], {}, /^qkms: unknown option '--prot' \(Did you mean --port\?\)$/],
    [['start', 'now'], {}, /^qkms: too many arguments for 'start'\. Expected 0 arguments but got 1\.$/],
    [['start', '--port'], {}, /^qkms: option '--port <number>' argument missing$/],
    [['start', '--port', 'http'], {}, /^qkms: --port \(QKMS_PORT\): "http" is out of range; give a whole/],
    [['dev'], { QKMS_WORKERS: 'many' }, /^qkms: --workers \(QKMS_WORKERS\): "many" is out of range; give a/],
    [
      ['start', '--host', '0.0.0.0'],
      {},
      /^qkms: --host \(QKMS_HOST\): other machines reach "0\.0\.0\.0", and/,
    ],
    [
      ['start'],
      { QKMS_DATABASE_URL: 'mysql://db' },
      /^qkms: --database-url \(QKMS_DATABASE_URL\): the database engine "mysql" is not supported; /,
    ],
    [
      ['start', '--tls-certificate-file', '/nowhere', '--tls-key-file', '/nowhere'],
      {},
      /^qkms: --tls-certificate-file .*: cannot read \/nowhere \(ENOENT\); give a readable PEM file$/,
    ],
    [['start', '--port', '0', '--data-dir', import.meta.filename], {}, /^qkms: .*qkms\.test\.ts/],
  ];
  for (const [args, environment, line] of wrong) {
    it(`qkms ${args.join(' ')} ${JSON.stringify(environment)}`, async (t) => {
      const { code, stdout, stderr } = await runQkms(t, args, environment).ended;
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, /^[^\n]+\n$/, 'one line');
      assert.match(stderr.trimEnd(), line);
    });
  }

  it('a port that is taken', async (t) => {
    const port = await runQkms(t, ['dev', '--port', '0']).port();
    const { code, stderr } = await runQkms(t, ['dev', '--port', String(port)]).ended;
    assert.equal(code, 1);
    assert.match(stderr, /^qkms: cannot listen on port \d+ of 127\.0\.0\.1: something else does; [^\n]+\n$/);
  });
});

describe('help and version', () => {
  for (const args of [['--help'], ['start', '--help'], ['dev', '--help'], ['help']]) {
    it(`qkms ${args.join(' ')}`, async (t) => {
      const { code, stdout, stderr } = await runQkms(t, args).ended;
      assert.equal(code, 0);
      assert.equal(stderr, '');
      assert.match(stdout, /^Usage: qkms /);
    });
  }

  it('qkms --version', async (t) => {
    const { code, stdout } = await runQkms(t, ['--version']).ended;
    assert.equal(code, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });
});

describe('the launcher', () => {
  const launcher = join(ROOT, 'bin/qkms.cjs');

  it('runs qkms in its own process when that is the right Node', async (t) => {
    const qkms = run(t, process.execPath, [launcher, 'dev', '--port', '0', '--workers', '2']);
    await qkms.port();
    qkms.child.kill('SIGTERM');
    assert.equal((await qkms.ended).code, 0);
  });

  it('of another Node runs the right one, and hands on arguments, signals and exit code', async (t) => {
    const other = otherNode();
    if (other === undefined) return t.skip('this machine has no other Node');
    const qkms = run(t, other, [launcher, 'dev', '--port', '0']);
    await qkms.port();
    qkms.child.kill('SIGTERM');
    assert.equal((await qkms.ended).code, 0);
    const { code, stderr } = await run(t, other, [launcher, 'start', '--port', 'x']).ended;
    assert.equal(code, 1);
    assert.match(stderr, /^qkms: --port [^\n]+\n$/);
  });
});

/** A Node on this machine that is not the one of this process. */
function otherNode(): string | undefined {
  const places = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'node'));
  return places.find(
    (place) =>
      existsSync(place) &&
      execFileSync(place, ['--version'], { encoding: 'utf8' }).trim() !== process.version,
  );
}

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { CreateKeyCommand, DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { isGone, ROOT, run, type TestProcess, temporaryDirectory } from '../support/qkms-process.ts';

/* `npm run cluster`, as someone who tries it would use it. */

const SCRIPT = join(ROOT, 'scripts/cluster.ts');
const PLAINTEXT = new TextEncoder().encode('two apples');

function startCluster(t: TestContext, directory: string, ...args: readonly string[]): TestProcess {
  return run(t, process.execPath, [SCRIPT, '--port', '0', '--directory', directory, ...args]);
}

/** A directory in which the user that PostgreSQL runs as can reach its own. */
function clusterDirectory(t: TestContext): string {
  const path = temporaryDirectory(t);
  chmodSync(path, 0o755);
  return join(path, 'cluster');
}

async function endpointOf({ says }: TestProcess): Promise<string> {
  return (await says(/^qkms cluster ready on (\S+)$/m))[1] ?? '';
}

async function pidOf({ says }: TestProcess, node: number): Promise<number> {
  return Number((await says(new RegExp(`^node ${node} on \\S+, process (\\d+)$`, 'm')))[1]);
}

async function printedCredentials({ says }: TestProcess) {
  const [, accessKeyId = '', secretAccessKey = ''] = await says(
    /^ {2}AWS_ACCESS_KEY_ID=(\S+)\n {2}AWS_SECRET_ACCESS_KEY=(\S+)$/m,
  );
  return { accessKeyId, secretAccessKey };
}

it('runs three nodes that go on when one is killed, and keeps what they did', async (t) => {
  const directory = clusterDirectory(t);
  const cluster = startCluster(t, directory);
  const credentials = await printedCredentials(cluster);
  const settings = { region: 'us-east-1', credentials };
  const kms = new KMSClient({ ...settings, endpoint: await endpointOf(cluster) });
  t.after(() => kms.destroy());

  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const { CiphertextBlob } = await kms.send(
    new EncryptCommand({ KeyId: KeyMetadata?.KeyId, Plaintext: PLAINTEXT }),
  );
  const decrypts = async (client = kms) =>
    assert.deepEqual((await client.send(new DecryptCommand({ CiphertextBlob }))).Plaintext, PLAINTEXT);
  for (const node of [1, 2, 3]) process.kill(await pidOf(cluster, node), 0);

  const killed = await pidOf(cluster, 2);
  process.kill(killed, 'SIGKILL');
  for (let count = 0; count < 20; count++) await decrypts();
  await cluster.says(/^node 2 ended; starting it again\n(?:.*\n)*?node 2 on /m);
  await decrypts();

  const [, database] = /:(\d+),/.exec((await cluster.says(/^PostgreSQL on .*$/m))[0]) ?? [];
  assert.match(readFileSync(join(directory, 'database-url'), 'utf8'), new RegExp(`:${database}/qkms\n$`));
  const [postmaster = ''] = readFileSync(join(directory, 'postgres/data/postmaster.pid'), 'utf8').split('\n');
  process.kill(Number(postmaster), 'SIGKILL');
  await cluster.says(/^PostgreSQL ended; starting it again$/m);
  await untilSuccess(decrypts);

  cluster.child.kill('SIGINT');
  assert.equal((await cluster.ended).code, 0);
  for (const node of [1, 3]) await isGone(await pidOf(cluster, node));
  assert.equal(existsSync(join(directory, 'postgres/data/postmaster.pid')), false);

  const again = startCluster(t, directory, '--nodes', '1');
  const endpoint = await endpointOf(again);
  const other = new KMSClient({ ...settings, endpoint });
  t.after(() => other.destroy());
  await decrypts(other);
  again.child.kill('SIGTERM');
  const { code, stdout } = await again.ended;
  assert.equal(code, 0);
  assert.doesNotMatch(stdout, /AWS_|node 2/);
});

it('leaves nothing behind when it is killed', async (t) => {
  const directory = clusterDirectory(t);
  const cluster = startCluster(t, directory, '--nodes', '2');
  await endpointOf(cluster);
  const [postmaster = ''] = readFileSync(join(directory, 'postgres/data/postmaster.pid'), 'utf8').split('\n');
  cluster.child.kill('SIGKILL');
  for (const pid of [await pidOf(cluster, 1), await pidOf(cluster, 2), Number(postmaster)]) await isGone(pid);
});

it('says what is wrong before it creates anything', async (t) => {
  const directory = clusterDirectory(t);
  const taken = createServer();
  const port = await new Promise<number>((resolve) => {
    taken.listen(0, '127.0.0.1', () => {
      const address = taken.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  t.after(() => taken.close());
  const refusals: readonly (readonly [RegExp, readonly string[]])[] = [
    [
      /^error: option '--nodes <count>' argument '0' is invalid\. It takes a whole number from 1 to 20\.\n$/,
      ['--nodes', '0'],
    ],
    [/^error: option '--port <port>' argument 'x' is invalid\./, ['--port', 'x']],
    [/^error: unknown option '--node'/, ['--node', '2']],
    [/^cluster: listen EADDRINUSE: address already in use 127\.0\.0\.1:\d+\n$/, ['--port', String(port)]],
  ];
  for (const [message, args] of refusals) {
    const { code, stdout, stderr } = await startCluster(t, directory, ...args).ended;
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    assert.match(stderr, message);
  }
  assert.equal(existsSync(directory), false);
});

const notRoot = process.getuid?.() !== 0;
it('tells root which directory the user of PostgreSQL cannot pass', { skip: notRoot }, async (t) => {
  const closed = join(temporaryDirectory(t), 'closed');
  mkdirSync(closed, { mode: 0o700 });
  const { code, stderr } = await startCluster(t, join(closed, 'cluster')).ended;
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^cluster: PostgreSQL does not run as root, and the user nobody, .* since \S+ is closed to others; choose another one\n$/,
  );
});

/** While a database starts, requests are answered with errors that are worth trying again. */
async function untilSuccess(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
    }
  }
}

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { KMS } from '@aws-sdk/client-kms';
import { descendantsOf } from '../support/postgres/process-tree.ts';
import { runQkms, temporaryDirectory } from '../support/qkms-process.ts';
import { REGION } from '../support/server.ts';
import { until } from '../support/until.ts';

/** Something in a request that no log may hold. */
const CONTEXT = 'context-of-nobodys-business';

async function startNode(t: TestContext, ...flags: readonly string[]) {
  const node = runQkms(t, ['dev', '--port', '0', '--data-dir', temporaryDirectory(t), ...flags]);
  const endpoint = `http://127.0.0.1:${await node.port()}`;
  const credentials = { accessKeyId: '111122223333', secretAccessKey: 'secret-of-nobodys-business' };
  const kms = new KMS({ endpoint, region: REGION, credentials, maxAttempts: 1 });
  t.after(() => kms.destroy());
  return { node, kms };
}

/** The request ids of the answers to some calls at once, which reach all workers. */
async function call(kms: KMS): Promise<readonly string[]> {
  const EncryptionContext = { purpose: CONTEXT };
  const outputs = await Promise.all(
    Array.from({ length: 8 }, () =>
      kms
        .generateDataKey({ KeyId: 'alias/aws/s3', KeySpec: 'AES_256', EncryptionContext })
        .catch((error: Error) => error),
    ),
  );
  return outputs.map((output) => String(Object(output).$metadata.requestId));
}

describe('the log level of a node', () => {
  for (const workers of [1, 2]) {
    it(`is debug from one SIGUSR2 to the next, in all processes (${workers} serving)`, async (t) => {
      const { node, kms } = await startNode(t, '--workers', String(workers));
      const processes = workers === 1 ? 1 : workers + 1;
      const changed = (level: string) =>
        node.logs(new RegExp(`(?:"logLevel":"${level}","msg":"log level changed".*){${processes}}`, 's'));

      const before = await call(kms);
      node.child.kill('SIGUSR2');
      await changed('debug');
      const during = await call(kms);
      node.child.kill('SIGUSR2');
      await changed('info');
      const after = await call(kms);
      node.child.kill('SIGTERM');

      const { code, stderr } = await node.ended;
      assert.equal(code, 0);
      const lines = stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      const logged = lines.filter(({ msg }) => msg === 'request answered');
      assert.deepEqual(logged.map(({ requestId }) => requestId).sort(), [...during].sort());
      assert.equal(new Set(logged.map(({ pid }) => pid)).size, workers);
      for (const { level, service, operation, error, sourceAddress, milliseconds } of logged) {
        assert.deepEqual(
          { level, service, operation, error, sourceAddress },
          {
            level: 'debug',
            service: 'kms',
            operation: 'GenerateDataKey',
            error: 'NotFoundException',
            sourceAddress: '127.0.0.1',
          },
        );
        assert.ok(milliseconds > 0);
      }
      for (const id of [...before, ...after]) assert.ok(!stderr.includes(id));
      assert.doesNotMatch(stderr, /nobodys-business/);
    });
  }

  it('is info in between where it is debug from the start', async (t) => {
    const { node, kms } = await startNode(t, '--log-level', 'debug');
    const before = await call(kms);
    node.child.kill('SIGUSR2');
    await node.logs(/"logLevel":"info","msg":"log level changed"/);
    const during = await call(kms);
    node.child.kill('SIGTERM');
    const { stderr } = await node.ended;
    for (const id of before) assert.ok(stderr.includes(id));
    for (const id of during) assert.ok(!stderr.includes(id));
  });

  it('is that of the others at a worker that takes the place of a dead one', async (t) => {
    const { node, kms } = await startNode(t, '--workers', '2', '--log-level', 'error');
    node.child.kill('SIGUSR2');
    await node.logs(/(?:"log level changed".*){3}/s);
    const dead = descendantsOf(node.pid);
    for (const pid of dead) process.kill(pid, 'SIGKILL');
    // A connection that is handed to a worker whose death nobody has noticed yet is lost.
    await node.logs(/(?:"worker died, starting another".*){2}/s);
    await until('new workers serve', () =>
      call(kms).then(
        (ids) => !ids.includes('undefined'),
        () => false,
      ),
    );
    const ids = await call(kms);
    for (const id of ids) await node.logs(new RegExp(`"requestId":"${id}"`));
  });
});

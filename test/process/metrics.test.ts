import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { KMS } from '@aws-sdk/client-kms';
import { issueCertificate, writeTlsFiles } from '../support/certificate.ts';
import { scrape } from '../support/metrics.ts';
import { descendantsOf } from '../support/postgres/process-tree.ts';
import { runQkms, type TestProcess, temporaryDirectory } from '../support/qkms-process.ts';
import { REGION } from '../support/server.ts';
import { until } from '../support/until.ts';

const TOKEN = 'a-token-for-prometheus-0123456789';

/** Starts a node with metrics, and resolves to it and where they are when it serves. */
async function startNode(
  t: TestContext,
  workers: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ node: TestProcess; url: string; kms: KMS }> {
  const flags = ['--port', '0', '--workers', String(workers), '--metrics-listen', '127.0.0.1:0'];
  const node = runQkms(t, ['dev', ...flags], environment);
  const port = await node.port();
  const [, url = ''] = await node.says(/^qkms metrics on (\S+)$/m);
  const credentials = { accessKeyId: '111122223333', secretAccessKey: 'any' };
  const endpoint = `http://127.0.0.1:${port}`;
  const kms = new KMS({ endpoint, region: REGION, credentials, maxAttempts: 1 });
  t.after(() => kms.destroy());
  return { node, url, kms };
}

const LISTED = { service: 'kms', operation: 'ListKeys', outcome: 'success' };

describe('the metrics of a node', () => {
  for (const workers of [1, 3]) {
    it(`are those of all its processes (${workers} serving)`, async (t) => {
      const { url, kms } = await startNode(t, workers);
      // Many connections: a node deals them out to its workers in turn.
      await Promise.all(Array.from({ length: 30 }, () => kms.listKeys()));
      const exposition = await scrape(url);
      assert.equal(exposition.value('qkms_requests_total', LISTED), 30);
      assert.equal(
        exposition.value('qkms_request_duration_seconds_count', { service: 'kms', operation: 'ListKeys' }),
        30,
      );
      // What the store holds, one process says for all of them.
      assert.equal(exposition.value('qkms_unready', { cause: 'store' }), 0);
      const age = Date.now() / 1_000 - (exposition.value('process_start_time_seconds') ?? 0);
      assert.ok(age >= 0 && age < 600, `${age} seconds old`);
    });
  }

  it('do not shrink when a worker dies, which they tell', async (t) => {
    const { node, url, kms } = await startNode(t, 2);
    await Promise.all(Array.from({ length: 20 }, () => kms.listKeys()));
    const earlier = await scrape(url);
    assert.equal(earlier.value('qkms_requests_total', LISTED), 20);
    assert.equal(earlier.value('qkms_worker_deaths_total'), 0);
    for (const pid of descendantsOf(node.pid)) process.kill(pid, 'SIGKILL');
    await until(
      'both deaths are told',
      async () => (await scrape(url)).value('qkms_worker_deaths_total') === 2,
    );
    const later = await scrape(url);
    assert.equal(later.value('qkms_requests_total', LISTED), 20);
    const cpu = (exposition: typeof later) => exposition.value('process_cpu_seconds_total') ?? 0;
    assert.ok(cpu(later) >= cpu(earlier));
    await until('a worker serves', () =>
      kms.listKeys().then(
        () => true,
        () => false,
      ),
    );
    await until(
      'it counts',
      async () => ((await scrape(url)).value('qkms_requests_total', LISTED) ?? 0) > 20,
    );
  });

  it('are for those who show the token, if there is one', async (t) => {
    const { url } = await startNode(t, 1, { QKMS_METRICS_TOKEN: TOKEN });
    for (const authorization of ['', 'Bearer', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN]) {
      const refused = await fetch(url, { headers: { authorization } });
      assert.equal(refused.status, 401);
      assert.equal(refused.headers.get('www-authenticate'), 'Bearer');
      assert.equal(await refused.text(), 'metrics need the bearer token\n');
    }
    await scrape(url, TOKEN);
  });

  it('are at one path, and can only be read', async (t) => {
    const { url } = await startNode(t, 1);
    assert.equal((await fetch(new URL('/', url))).status, 404);
    const posted = await fetch(url, { method: 'POST', body: 'x' });
    assert.equal(posted.status, 405);
    assert.equal(posted.headers.get('allow'), 'GET, HEAD');
    const head = await fetch(url, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(await head.text(), '');
  });

  it('come over TLS where the API does', async (t) => {
    const pair = await issueCertificate('localhost');
    const { certificateFile, keyFile } = writeTlsFiles(temporaryDirectory(t), pair);
    const { url } = await startNode(t, 1, {
      QKMS_TLS_CERTIFICATE_FILE: certificateFile,
      QKMS_TLS_KEY_FILE: keyFile,
    });
    const [response]: IncomingMessage[] = await once(get(url, { ca: pair.certificate }), 'response');
    assert.match(await text(response ?? assert.fail()), /^qkms_unready\{cause="store"\} 0$/m);
  });

  it('keep a node from starting whose address is taken', async (t) => {
    const { url } = await startNode(t, 1);
    const { host } = new URL(url);
    const second = runQkms(t, ['dev', '--port', '0', '--metrics-listen', host]);
    const { code, stderr } = await second.ended;
    assert.equal(code, 1);
    assert.match(stderr, /cannot listen on port \d+ .*another --metrics-listen \(QKMS_METRICS_LISTEN\)/);
  });
});

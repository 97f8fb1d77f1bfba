import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { DAY } from './support/due-work.ts';
import { createImportedKey, importMaterial } from './support/import.ts';
import { tamper } from './support/inside.ts';
import { allow, keyPolicy } from './support/key-policies.ts';
import { createKey, encrypt } from './support/keys.ts';
import type { Exposition } from './support/metrics.ts';
import { startTestServer, type TestServer } from './support/server.ts';

/** How long what a store holds is not counted again, in milliseconds, and a little more. */
const COUNTED_AGAIN = 61_000;

let dataDirectory: string;
let server: TestServer;
let kms: KMS;
before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-metrics-'));
  server = await startTestServer({ dataDirectory, auditDurability: 'strict', metrics: true });
  kms = server.client();
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

/** By how much sums of samples grow with some work. */
async function growth(
  work: () => Promise<unknown>,
  ...series: readonly (readonly [name: string, labels?: Record<string, string>])[]
): Promise<readonly number[]> {
  const sums = (exposition: Exposition) => series.map((each) => exposition.sum(...each));
  const earlier = sums(await server.metrics());
  await work();
  return sums(await server.metrics()).map((sum, index) => sum - (earlier[index] ?? 0));
}

describe('the metrics of requests', () => {
  const requests = (operation: string, outcome: string) =>
    ['qkms_requests_total', { service: 'kms', operation, outcome }] as const;

  it('count them by operation and outcome, each with its duration', async () => {
    const { keyId } = await createKey(kms);
    const ciphertext = await encrypt(kms, keyId);
    const work = async () => {
      for (let call = 0; call < 3; call += 1) await kms.decrypt({ CiphertextBlob: ciphertext });
      await assert.rejects(kms.decrypt({ CiphertextBlob: Buffer.from('none') }));
      await assert.rejects(kms.decrypt({ CiphertextBlob: ciphertext, DryRun: true }));
      await server.iam().listUsers();
    };
    assert.deepEqual(
      await growth(
        work,
        requests('Decrypt', 'success'),
        requests('Decrypt', 'InvalidCiphertextException'),
        requests('Decrypt', 'DryRunOperationException'),
        ['qkms_requests_total', { service: 'iam', operation: 'ListUsers', outcome: 'success' }],
        ['qkms_request_duration_seconds_count', { operation: 'Decrypt' }],
        ['qkms_request_duration_seconds_bucket', { operation: 'Decrypt', le: '+Inf' }],
        ['qkms_requests_total'],
      ),
      [3, 1, 1, 1, 5, 5, 6],
    );
    const exposition = await server.metrics();
    const labels = { service: 'kms', operation: 'Decrypt' };
    const seconds = exposition.value('qkms_request_duration_seconds_sum', labels) ?? 0;
    assert.ok(seconds > 0 && seconds < 60, `${seconds} seconds`);
  });

  it('call all operations that do not exist one name, whatever clients call them', async () => {
    const ask = (target: string) =>
      fetch(server.endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
      });
    const unknown = { service: 'unknown', operation: 'unknown' };
    const work = () =>
      Promise.all(['TrentService.Fly', 'TrentService.Swim', 'Nothing.At.All', 'none'].map(ask));
    assert.deepEqual(
      await growth(
        work,
        ['qkms_requests_total', { ...unknown, outcome: 'UnknownOperationException' }],
        ['qkms_request_duration_seconds_count', unknown],
        ['qkms_requests_total'],
      ),
      [4, 4, 4],
    );
  });

  it('count what was decided, and on what grounds', async () => {
    const closed = keyPolicy(allow({ Action: ['kms:PutKeyPolicy', 'kms:CreateGrant'] }));
    const { keyId } = await createKey(kms);
    await kms.putKeyPolicy({
      KeyId: keyId,
      PolicyName: 'default',
      Policy: closed,
      BypassPolicyLockoutSafetyCheck: true,
    });
    const decisions = (outcome: string, layer: string) =>
      ['qkms_authorization_decisions_total', { outcome, layer }] as const;
    const work = async () => {
      await kms.listKeys();
      await assert.rejects(encrypt(kms, keyId), { name: 'AccessDeniedException' });
      const { arn } = await createKey(kms);
      await encrypt(kms, arn);
      await encrypt(kms, arn);
    };
    assert.deepEqual(
      await growth(
        work,
        decisions('implicit-deny', 'key-policy'),
        decisions('allow', 'key-policy'),
        decisions('allow', 'root-user'),
      ),
      [1, 2, 2],
    );
  });
});

describe('the metrics of the store', () => {
  it('tell what caches had, and what had to be read', async () => {
    const { keyId } = await createKey(kms);
    const keys = (name: string) => [`qkms_entry_cache_${name}`, { kind: 'key' }] as const;
    const work = async () => {
      for (let call = 0; call < 3; call += 1) await encrypt(kms, keyId);
    };
    assert.deepEqual(
      await growth(work, keys('hits_total'), keys('misses_total'), keys('entries')),
      [2, 1, 1],
    );
  });

  it('tell of transactions, of writes that wait, and of looks at the fence', async () => {
    const transactions = (mode: string) =>
      ['qkms_store_transaction_duration_seconds_count', { mode }] as const;
    const [reads, writes, looks] = await growth(
      () => createKey(kms),
      transactions('read'),
      transactions('write'),
      ['qkms_store_fence_look_duration_seconds_count'],
    );
    assert.ok((reads ?? 0) >= 1 && (looks ?? 0) >= 1);
    assert.equal(writes, 1);
    assert.equal((await server.metrics()).value('qkms_store_writes_waiting'), 0);
  });

  it('tell how many keys are in which state', async () => {
    const { keyId } = await createKey(kms);
    server.clock.advance(COUNTED_AGAIN);
    const states = [
      ['qkms_keys', { state: 'Enabled' }],
      ['qkms_keys', { state: 'Disabled' }],
    ] as const;
    const work = async () => {
      await kms.disableKey({ KeyId: keyId });
      server.clock.advance(COUNTED_AGAIN);
    };
    assert.deepEqual(await growth(work, ...states), [-1, 1]);
  });

  it('tell when imported key material expires next, if any does', async () => {
    const name = 'qkms_imported_key_material_next_expiry_timestamp_seconds';
    assert.equal((await server.metrics()).value(name), undefined);
    const { keyId, material } = await createImportedKey(kms);
    const expiry = server.clock.now() + 30 * DAY;
    await importMaterial(kms, keyId, material, { ValidTo: new Date(expiry) });
    server.clock.advance(COUNTED_AGAIN);
    assert.equal((await server.metrics()).value(name), expiry / 1_000);
  });
});

describe('the metrics of health', () => {
  it('tell of the audit log: what it has had, and whether it can be written', async () => {
    server.clock.advance(COUNTED_AGAIN);
    const work = async () => {
      await kms.listKeys();
      await kms.listKeys();
      server.clock.advance(COUNTED_AGAIN);
    };
    assert.deepEqual(await growth(work, ['qkms_audit_log_records_total']), [2]);
    const health = async () => {
      const exposition = await server.metrics();
      return [
        exposition.value('qkms_audit_failing'),
        exposition.value('qkms_audit_records_waiting'),
        exposition.value('qkms_unready', { cause: 'audit' }),
        exposition.value('qkms_unready', { cause: 'store' }),
      ];
    };
    assert.deepEqual(await health(), [0, 0, 0, 0]);
    await tamper(dataDirectory, 'alter table audit_records rename to elsewhere');
    await assert.rejects(kms.listKeys());
    assert.deepEqual(await health(), [1, 0, 1, 0]);
    await tamper(dataDirectory, 'alter table elsewhere rename to audit_records');
    await kms.listKeys();
    assert.deepEqual(await health(), [0, 0, 0, 0]);
  });

  it('tell that the store cannot be read, and then nothing of what it holds', async () => {
    await tamper(dataDirectory, 'alter table meta rename to elsewhere');
    assert.equal((await server.metrics()).value('qkms_unready', { cause: 'store' }), 1);
    await tamper(dataDirectory, 'alter table elsewhere rename to meta');
    await tamper(dataDirectory, 'alter table keys rename to elsewhere');
    server.clock.advance(COUNTED_AGAIN);
    const exposition = await server.metrics();
    assert.equal(exposition.sum('qkms_keys'), 0);
    assert.equal(exposition.value('qkms_audit_log_records_total'), undefined);
    await tamper(dataDirectory, 'alter table elsewhere rename to keys');
    const restored = await server.metrics();
    assert.ok(restored.sum('qkms_keys') > 0);
  });

  it('tell how far sinks of audit records are behind', async (t) => {
    // Nobody listens there.
    const sink = 'http://127.0.0.1:1/';
    const delivering = await startTestServer({ auditDurability: 'strict', auditSinks: sink, metrics: true });
    t.after(() => delivering.close());
    for (let call = 0; call < 3; call += 1) await delivering.client().listKeys();
    delivering.clock.advance(COUNTED_AGAIN);
    const exposition = await delivering.metrics();
    assert.equal(exposition.value('qkms_audit_sink_lag_records', { sink }), 3);
    assert.equal(exposition.value('qkms_audit_sink_lag_seconds', { sink }), COUNTED_AGAIN / 1_000);
  });

  it('tell of the process', async () => {
    const exposition = await server.metrics();
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'process_start_time_seconds',
    ])
      assert.ok((exposition.value(name) ?? 0) > 0, name);
    assert.ok((exposition.value('nodejs_eventloop_lag_max_seconds') ?? -1) >= 0);
  });
});

describe('a server without metrics', () => {
  it('has none', async (t) => {
    const plain = await startTestServer();
    t.after(() => plain.close());
    await plain.client().listKeys();
    assert.deepEqual([...(await plain.metrics()).types.keys()], ['qkms_worker_deaths_total']);
  });
});

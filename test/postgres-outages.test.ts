import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DependencyTimeoutException, type KMS } from '@aws-sdk/client-kms';
import { allow, deny, keyPolicy } from './support/key-policies.ts';
import { assertDecrypts, createAlias, createKey, encrypt } from './support/keys.ts';
import { type NodeProcess, startNode } from './support/node-process.ts';
import {
  type Attempts,
  assertAliases,
  assertUnavailable,
  giveAliases,
  healthOf,
  isUnavailability,
  untilReady,
} from './support/outage.ts';
import { connected, type Database } from './support/postgres/database.ts';
import { type PostgresServer, startPostgres } from './support/postgres.ts';
import { temporaryDirectory } from './support/qkms-process.ts';
import { until } from './support/until.ts';
import { openTcpProxy, type TcpProxy } from './torture/tcp-proxy.ts';

/** Enough for a new server, in bytes. */
const DISK_SIZE = 128 << 20;
/** Fills a disk quickly: random, so that it cannot be compressed. */
const LONG_POLICY = keyPolicy(
  allow(),
  allow({ Condition: { StringEquals: { 'aws:UserAgent': randomBytes(10_000).toString('hex') } } }),
);

let server: PostgresServer;
let database: Database;
let proxy: TcpProxy;
let directory: string;
let node: NodeProcess;
let kms: KMS;
before(async () => {
  server = await startPostgres();
  database = await server.createDatabase();
  proxy = await openTcpProxy(server.port);
  const url = new URL(database.url);
  url.port = String(proxy.port);
  directory = mkdtempSync(join(tmpdir(), 'qkms-test-'));
  node = await startNode({
    dataDirectory: directory,
    workers: 1,
    environment: { QKMS_DATABASE_URL: url.href },
  });
  kms = node.client();
});
after(async () => {
  await node?.kill();
  await proxy?.close();
  await server?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

const OUTAGES: readonly {
  readonly name: string;
  readonly begin: () => unknown;
  readonly end: () => unknown;
}[] = [
  { name: 'stopped', begin: () => server.stop(), end: () => server.start() },
  { name: 'killed', begin: () => server.kill(), end: () => server.start() },
  { name: 'paused', begin: () => server.pause(), end: () => server.resume() },
  { name: 'cut off', begin: () => proxy.freeze('both'), end: () => proxy.heal() },
];

describe('while the database is gone', () => {
  for (const { name, begin, end } of OUTAGES) {
    it(`(${name}) requests are refused in time, and nothing is lost`, async () => {
      const { keyId } = await createKey(kms);
      const alias = await createAlias(kms, keyId);
      const ciphertext = await encrypt(kms, alias);
      await assertDecrypts(kms, ciphertext, 'plaintext');
      await begin();
      try {
        await assertUnavailable(
          kms.decrypt({ CiphertextBlob: ciphertext }),
          kms.encrypt({ KeyId: keyId, Plaintext: Buffer.from('plaintext') }),
          kms.describeKey({ KeyId: alias }),
          kms.listKeys({}),
          kms.disableKey({ KeyId: keyId }),
          kms.createKey({}),
          kms.generateRandom({ NumberOfBytes: 32 }),
        );
        await assertUnavailable(kms.decrypt({ CiphertextBlob: ciphertext }));
        assert.deepEqual(await healthOf(node, 'live'), { status: 200, answer: { status: 'live' } });
        const { status, answer } = await healthOf(node, 'ready');
        assert.equal(status, 503);
        assert.match(
          JSON.stringify(answer),
          /"unready","causes":\["store"(,"audit")?\],"reason":"The store is (unavailable|busy); retry/,
        );
      } finally {
        await end();
      }
      await untilReady(node);
      await until('changes are possible', async () => {
        try {
          await kms.updateKeyDescription({ KeyId: keyId, Description: name });
          return true;
        } catch (error) {
          assert.ok(isUnavailability(error), String(error));
          return false;
        }
      });
      await assertDecrypts(kms, ciphertext, 'plaintext');
      const { KeyMetadata } = await kms.describeKey({ KeyId: alias });
      assert.deepEqual([KeyMetadata?.KeyState, KeyMetadata?.Description], ['Enabled', name]);
    });
  }

  it('in the midst of changes, those that were acknowledged are there afterwards', async () => {
    const attempts: Attempts = { acknowledged: [], refused: [] };
    let isOver = false;
    const writers = ['one', 'two', 'three'].map((prefix) => giveAliases(kms, prefix, attempts, () => isOver));
    const progress = () => {
      const goal = attempts.acknowledged.length + 5;
      return until('changes are acknowledged', () => attempts.acknowledged.length >= goal);
    };
    const terminate = 'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1';
    for (let times = 0; times < 3; times += 1) {
      await progress();
      await server.query(terminate, ['qkms']);
    }
    await progress();
    await server.kill();
    await server.start();
    await progress();
    isOver = true;
    await Promise.all(writers);
    assert.ok(attempts.refused.length > 0);
    await assertAliases(kms, attempts);
  });
});

describe('a database that is', () => {
  it('slow is waited for, and a change holds as ever', async () => {
    const { keyId } = await createKey(kms);
    const ciphertext = await encrypt(kms, keyId);
    proxy.delay(50);
    try {
      const began = performance.now();
      await assertDecrypts(kms, ciphertext, 'plaintext');
      assert.ok(performance.now() - began >= 100, 'there and back');
      const closed = keyPolicy(allow(), deny({ Action: 'kms:Decrypt' }));
      await kms.putKeyPolicy({ KeyId: keyId, Policy: closed });
      await assert.rejects(kms.decrypt({ CiphertextBlob: ciphertext }), { name: 'AccessDeniedException' });
      await kms.putKeyPolicy({ KeyId: keyId, Policy: keyPolicy(allow()) });
      await assertDecrypts(kms, ciphertext, 'plaintext');
    } finally {
      proxy.heal();
    }
  });

  it('locked by somebody else makes changes time out, and what has to be recorded before it is answered', async (t) => {
    const { keyId } = await createKey(kms);
    const ciphertext = await encrypt(kms, keyId);
    const flags = ['--audit-durability', 'none'];
    const environment = { QKMS_DATABASE_URL: database.url };
    const unrecorded = await startNode({ dataDirectory: directory, workers: 1, environment, flags });
    t.after(() => unrecorded.stop());
    await connected(database, async (client) => {
      await client.query('select pg_advisory_lock(1903914355, hashtext(current_schema()))');
      await assert.rejects(kms.disableKey({ KeyId: keyId }), DependencyTimeoutException);
      await assertUnavailable(kms.decrypt({ CiphertextBlob: ciphertext }));
      await assertDecrypts(unrecorded.client(), ciphertext, 'plaintext');
    });
    await kms.disableKey({ KeyId: keyId });
  });

  it('full of connections refuses what needs another one, until there is room', async () => {
    const { keyId } = await createKey(kms);
    const { username } = new URL(database.url);
    await server.query(`alter role ${username} connection limit 1`);
    try {
      // All but the connection that the fence has, which is used to have the others ended.
      await server.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1',
        ['qkms'],
      );
      await until('the fence has a connection', async () => {
        const refusal = await kms
          .getKeyRotationStatus({ KeyId: 'alias/none' })
          .catch((error: unknown) => error);
        return refusal instanceof DependencyTimeoutException;
      });
      await assert.rejects(kms.disableKey({ KeyId: keyId }), DependencyTimeoutException);
    } finally {
      await server.query(`alter role ${username} connection limit -1`);
    }
    await kms.disableKey({ KeyId: keyId });
  });
});

/** A directory on a file system of its own, of so many bytes; `undefined` where none can be mounted. */
function mountSmall(size: number): (Disposable & { readonly path: string }) | undefined {
  const path = mkdtempSync(join(tmpdir(), 'qkms-test-'));
  const remove = () => rmSync(path, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    remove();
    return undefined;
  }
  return {
    path,
    [Symbol.dispose]() {
      execFileSync('umount', ['--lazy', path]);
      remove();
    },
  };
}

describe('a full disk of the database', () => {
  it('makes changes fail, loses nothing, and is over when there is room', async (t) => {
    using mount = mountSmall(DISK_SIZE);
    if (mount === undefined) return t.skip('no file system of limited size can be mounted here');
    const settings = { max_wal_size: '32MB', min_wal_size: '32MB' };
    await using full = await startPostgres({ directory: mount.path, settings });
    const { url } = await full.createDatabase();
    const environment = { QKMS_DATABASE_URL: url };
    const own = await startNode({ dataDirectory: temporaryDirectory(t), workers: 1, environment });
    try {
      const client = own.client();
      const ballast = join(mount.path, 'ballast');
      // Until nothing fits any more.
      await writeFile(ballast, Buffer.alloc(DISK_SIZE)).catch(() => {});
      const kept: string[] = [];
      let refusal: unknown;
      await until('there is no room', async () => {
        try {
          kept.push((await createKey(client, { Policy: LONG_POLICY })).keyId);
        } catch (error) {
          refusal = error;
        }
        return refusal !== undefined;
      });
      assert.ok(isUnavailability(refusal), String(refusal));
      rmSync(ballast);
      // A server that could not write its log has ended, and its operator starts it again.
      await full.restart();
      await untilReady(own);
      for (const keyId of kept) await encrypt(client, keyId);
      await createKey(client);
    } finally {
      await own.kill();
    }
  });
});

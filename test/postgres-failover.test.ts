import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { allow, deny, keyPolicy } from './support/key-policies.ts';
import { createAlias, createKey, encrypt } from './support/keys.ts';
import { type NodeProcess, startNode } from './support/node-process.ts';
import {
  type Attempts,
  assertAliases,
  giveAliases,
  healthOf,
  isUnavailability,
  untilReady,
} from './support/outage.ts';
import { query } from './support/postgres/database.ts';
import { type PostgresServer, startPostgres } from './support/postgres.ts';
import { startStandby } from './support/postgres-standby.ts';
import { temporaryDirectory } from './support/qkms-process.ts';
import { until } from './support/until.ts';

const OPEN = keyPolicy(allow());
const CLOSED = keyPolicy(allow(), deny({ Action: 'kms:Decrypt' }));

/** Starts nodes of one store whose URL names both hosts. */
async function startNodes(
  t: TestContext,
  url: string,
  standby: PostgresServer,
): Promise<readonly NodeProcess[]> {
  const dataDirectory = temporaryDirectory(t);
  const both = url.replace(/(@[^/]*)/, `$1,127.0.0.1:${standby.port}`);
  const options = { dataDirectory, workers: 1, environment: { QKMS_DATABASE_URL: both } };
  const first = await startNode(options);
  t.after(() => first.kill());
  const second = await startNode(options);
  t.after(() => second.kill());
  return [first, second];
}

/** What becomes of a decryption. */
async function decrypt(kms: KMS, CiphertextBlob: Uint8Array): Promise<'allowed' | 'refused' | 'unavailable'> {
  try {
    await kms.decrypt({ CiphertextBlob });
    return 'allowed';
  } catch (error) {
    if (isUnavailability(error)) return 'unavailable';
    assert.ok(error instanceof Error && error.name === 'AccessDeniedException', String(error));
    return 'refused';
  }
}

async function decryptInTheEnd(kms: KMS, ciphertext: Uint8Array): Promise<string> {
  let result = 'unavailable';
  await until('the node answers', async () => {
    result = await decrypt(kms, ciphertext);
    return result !== 'unavailable';
  });
  return result;
}

async function fenceVersion(url: string): Promise<number> {
  const [row] = await query({ url }, 'select version from fence');
  return Number(row?.['version']);
}

describe('a failover to a synchronous standby', () => {
  it('loses nothing that was acknowledged, and revives no permission', async (t) => {
    await using primary = await startPostgres();
    await using standby = await startStandby(primary, { synchronous: true });
    const { url } = await primary.createDatabase();
    const [first, second] = await startNodes(t, url, standby);
    assert.ok(first && second);
    const clients = [first.client(), second.client()] as const;
    const { keyId } = await createKey(clients[0]);
    const ciphertext = await encrypt(clients[0], keyId);

    let isOver = false;
    const attempts: Attempts = { acknowledged: [], refused: [] };
    const writers = clients.map((kms, index) => giveAliases(kms, `node-${index}`, attempts, () => isOver));
    let turns = 0;
    const toggling = (async () => {
      for (; !isOver; turns += 1) {
        const isClosed = turns % 2 === 1;
        const Policy = isClosed ? CLOSED : OPEN;
        const [putting, deciding] = turns % 4 < 2 ? clients : [clients[1], clients[0]];
        try {
          await putting.putKeyPolicy({ KeyId: keyId, Policy });
        } catch (error) {
          assert.ok(isUnavailability(error), String(error));
          continue;
        }
        const result = await decrypt(deciding, ciphertext);
        assert.notEqual(result, isClosed ? 'allowed' : 'refused', `after turn ${turns}`);
      }
    })();
    const progress = async () => {
      const goals = [attempts.acknowledged.length + 6, turns + 4] as const;
      await until(
        'changes are acknowledged',
        () => attempts.acknowledged.length >= goals[0] && turns >= goals[1],
      );
    };

    await progress();
    await primary.kill();
    await standby.promote();
    // It waits for no standby of its own.
    await standby.query("alter system set synchronous_standby_names = ''");
    await standby.query('select pg_reload_conf()');
    await untilReady(first, second);
    await progress();
    isOver = true;
    await Promise.all([...writers, toggling]);
    await assertAliases(clients[0], attempts);
    await assertAliases(clients[1], attempts);
  });

  it('cannot lose a change whose wait for the standby was cancelled, for that is not acknowledged', async (t) => {
    await using primary = await startPostgres();
    await using standby = await startStandby(primary, { synchronous: true });
    const { url } = await primary.createDatabase();
    const node = await startNode({
      dataDirectory: temporaryDirectory(t),
      workers: 1,
      environment: { QKMS_DATABASE_URL: url },
    });
    t.after(() => node.kill());
    const kms = node.client();
    const { keyId } = await createKey(kms);
    standby.pause();
    const change = kms.disableKey({ KeyId: keyId }).then(
      () => 'acknowledged',
      (error: unknown) => error,
    );
    await until('the commit waits for the standby, and is cancelled', async () => {
      const cancelled = await primary.query(
        "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep' and application_name = 'qkms'",
      );
      return cancelled.length > 0;
    });
    const outcome = await change;
    assert.ok(isUnavailability(outcome), String(outcome));
    standby.resume();
  });
});

describe('a failover to a standby that lags behind', () => {
  it('leaves no node with what the new primary does not know', async (t) => {
    await using primary = await startPostgres();
    const { url } = await primary.createDatabase();
    await using standby = await startStandby(primary);
    const [first, second] = await startNodes(t, url, standby);
    assert.ok(first && second);
    const clients = [first.client(), second.client()] as const;
    const [kms, idle] = clients;
    const { keyId: opened } = await createKey(kms);
    const { keyId: closed } = await createKey(kms);
    const ciphertexts = [await encrypt(kms, opened), await encrypt(kms, closed)] as const;
    await kms.putKeyPolicy({ KeyId: opened, Policy: CLOSED });
    await until('the standby knows of it', async () => {
      const [row] = await primary.query(
        'select bool_and(replay_lsn >= pg_current_wal_lsn()) as is_so from pg_stat_replication',
      );
      return row?.['is_so'] === true;
    });

    await standby.stop();
    await kms.putKeyPolicy({ KeyId: opened, Policy: OPEN });
    await kms.putKeyPolicy({ KeyId: closed, Policy: CLOSED });
    await createAlias(kms, opened);
    for (const client of clients) {
      assert.equal(await decrypt(client, ciphertexts[0]), 'allowed');
      assert.equal(await decrypt(client, ciphertexts[1]), 'refused');
    }
    const lost = await fenceVersion(url);
    await primary.kill();
    await standby.start();
    await standby.promote();

    // The other node looks again when as many other transactions have been made as were lost.
    const after = new URL(url);
    after.port = String(standby.port);
    assert.equal(await decryptInTheEnd(kms, ciphertexts[0]), 'refused');
    assert.equal(await decryptInTheEnd(kms, ciphertexts[1]), 'allowed');
    assert.ok((await fenceVersion(after.href)) < lost);
    while ((await fenceVersion(after.href)) < lost) await createAlias(kms, opened);
    assert.equal(await fenceVersion(after.href), lost);
    assert.equal(await decryptInTheEnd(idle, ciphertexts[0]), 'refused');
    assert.equal(await decryptInTheEnd(idle, ciphertexts[1]), 'allowed');
    assert.equal((await healthOf(second, 'ready')).status, 200);
  });
});

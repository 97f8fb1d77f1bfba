import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { KMS } from '@aws-sdk/client-kms';
import { allow, deny, keyPolicy } from './support/key-policies.ts';
import { createAlias, createKey, encrypt } from './support/keys.ts';
import { type NodeProcess, startNode } from './support/node-process.ts';
import { type Attempts, assertAliases, giveAliases, isUnavailability } from './support/outage.ts';
import { type Database, query } from './support/postgres/database.ts';
import { createTestDatabase } from './support/test-database.ts';
import { until } from './support/until.ts';

const OPEN = keyPolicy(allow());
const CLOSED = keyPolicy(allow(), deny({ Action: 'kms:Decrypt' }));
/** Longer than the database keeps a transaction of a silent node, and a node waits for what the fence says. Milliseconds. */
const LONG_PAUSE = 4_000;

let database: Database;
let directory: string;
let paused: NodeProcess;
let other: NodeProcess;
before(async () => {
  database = await createTestDatabase();
  directory = mkdtempSync(join(tmpdir(), 'qkms-test-'));
  const options = {
    dataDirectory: directory,
    workers: 1,
    environment: { QKMS_DATABASE_URL: database.url },
  };
  paused = await startNode(options);
  other = await startNode(options);
});
after(async () => {
  for (const node of [paused, other]) await node?.kill();
  await database?.drop();
  rmSync(directory, { recursive: true, force: true });
});

/** What becomes of a decryption; `undefined` when the node could not tell. */
async function isAllowed(kms: KMS, CiphertextBlob: Uint8Array): Promise<boolean | undefined> {
  try {
    await kms.decrypt({ CiphertextBlob });
    return true;
  } catch (error) {
    if (isUnavailability(error)) return undefined;
    assert.ok(error instanceof Error && error.name === 'AccessDeniedException', String(error));
    return false;
  }
}

describe('a node that was paused', () => {
  it('judges no request by what was changed elsewhere meanwhile', async () => {
    const [kms, elsewhere] = [paused.client(), other.client()];
    const { keyId } = await createKey(kms);
    const ciphertext = await encrypt(kms, keyId);
    for (const pause of [LONG_PAUSE, 100, 50, 20, 0]) {
      await elsewhere.putKeyPolicy({ KeyId: keyId, Policy: OPEN });
      assert.equal(await isAllowed(kms, ciphertext), true);
      // Some of these are judged, some under way when the node is paused.
      const earlier = Array.from({ length: 5 }, () => isAllowed(kms, ciphertext));
      paused.pause();
      await elsewhere.putKeyPolicy({ KeyId: keyId, Policy: CLOSED });
      const later = Array.from({ length: 5 }, () => isAllowed(kms, ciphertext));
      await setTimeout(pause);
      paused.resume();
      for (const allowed of await Promise.all(later)) assert.notEqual(allowed, true);
      await Promise.all(earlier);
      await until('the node can tell again', async () => (await isAllowed(kms, ciphertext)) === false);
    }
  });

  it('in the midst of a change holds up others for some seconds, and its change is not made', async () => {
    const [kms, elsewhere] = [paused.client(), other.client()];
    const { keyId } = await createKey(kms);
    const attempts: Attempts = { acknowledged: [], refused: [] };
    let isOver = false;
    const writers = ['one', 'two'].map((prefix) => giveAliases(kms, prefix, attempts, () => isOver));
    await until('the node is paused in the midst of a change', async () => {
      paused.pause();
      for (let looks = 0; looks < 5; looks += 1) {
        const [row] = await query(
          database,
          `select count(*)::int as count from pg_locks join pg_stat_activity using (pid)
            where locktype = 'advisory' and granted and state = 'idle in transaction' and datname = current_database()`,
        );
        if (row?.['count'] === 1) return true;
      }
      paused.resume();
      return false;
    });
    const acknowledged = [...attempts.acknowledged];
    await createAlias(elsewhere, keyId);
    isOver = true;
    paused.resume();
    await Promise.all(writers);
    assert.ok(attempts.refused.length > 0);
    assert.ok(attempts.acknowledged.length >= acknowledged.length);
    // Of all that was refused nothing was made.
    await assertAliases(elsewhere, { acknowledged: attempts.acknowledged, refused: [] });
    await until('the node makes changes again', async () =>
      createAlias(kms, keyId).then(
        () => true,
        (error: unknown) => {
          assert.ok(isUnavailability(error), String(error));
          return false;
        },
      ),
    );
  });
});

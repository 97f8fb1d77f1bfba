import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { untilDestroyed } from './support/deletion.ts';
import { DAY } from './support/due-work.ts';
import { SKIP_UNLESS_SQLITE } from './support/engine.ts';
import { openDatabase, tamper } from './support/inside.ts';
import { createBesides, describeOperation, KEY_OPERATIONS } from './support/key-operations.ts';
import { rootOf } from './support/key-policies.ts';
import { createAlias, createKey, encrypt, enterState } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

let dataDirectory: string;
let server: TestServer;
let kms: KMS;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-key-deletion-'));
  server = await startTestServer({ dataDirectory });
  kms = server.client();
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

describe('ScheduleKeyDeletion', () => {
  it('has the key wait for 30 days by default', async () => {
    const { keyId, arn } = await createKey(kms);
    const { $metadata, ...answer } = await kms.scheduleKeyDeletion({ KeyId: keyId });
    assert.deepEqual(answer, {
      KeyId: arn,
      DeletionDate: new Date(server.clock.now() + 30 * DAY),
      KeyState: 'PendingDeletion',
      PendingWindowInDays: 30,
    });
  });

  it('has it wait for 7 to 30 days', async () => {
    for (const PendingWindowInDays of [7, 8, 29, 30]) {
      const { keyId } = await createKey(kms);
      const answer = await kms.scheduleKeyDeletion({ KeyId: keyId, PendingWindowInDays });
      assert.equal(answer.PendingWindowInDays, PendingWindowInDays);
      const DeletionDate = new Date(server.clock.now() + PendingWindowInDays * DAY);
      assert.deepEqual(answer.DeletionDate, DeletionDate);
      assert.deepEqual((await kms.describeKey({ KeyId: keyId })).KeyMetadata?.DeletionDate, DeletionDate);
    }
  });

  it('refuses any other waiting period', async () => {
    const { keyId } = await createKey(kms);
    for (const PendingWindowInDays of [1, 6, 31, 365]) {
      await assertRefused(
        kms.scheduleKeyDeletion({ KeyId: keyId, PendingWindowInDays }),
        'ValidationException',
        `PendingWindowInDays is ${PendingWindowInDays}; it must be between 7 and 30.`,
      );
    }
    const outOfRange = `at 'pendingWindowInDays' failed to satisfy constraint: Member must have value`;
    for (const [PendingWindowInDays, bound] of [
      [0, 'greater than or equal to 1'],
      [-7, 'greater than or equal to 1'],
      [366, 'less than or equal to 365'],
    ] as const) {
      await assertRefused(
        kms.scheduleKeyDeletion({ KeyId: keyId, PendingWindowInDays }),
        'ValidationException',
        `1 validation error detected: Value '${PendingWindowInDays}' ${outOfRange} ${bound}`,
      );
    }
    assert.equal((await kms.describeKey({ KeyId: keyId })).KeyMetadata?.KeyState, 'Enabled');
  });

  it('refuses a wrong waiting period before it looks for the key', async () => {
    const KeyId = '1234abcd-12ab-34cd-56ef-1234567890ab';
    await assertRefused(kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 6 }), 'ValidationException');
    await assertRefused(kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 }), 'NotFoundException');
  });

  it('cannot be repeated: neither shortens nor prolongs the waiting', async () => {
    const { keyId, arn } = await createKey(kms);
    const { DeletionDate } = await kms.scheduleKeyDeletion({ KeyId: keyId, PendingWindowInDays: 14 });
    for (const PendingWindowInDays of [7, 30]) {
      await assertRefused(
        kms.scheduleKeyDeletion({ KeyId: keyId, PendingWindowInDays }),
        'KMSInvalidStateException',
        `${arn} is pending deletion.`,
      );
    }
    assert.deepEqual((await kms.describeKey({ KeyId: keyId })).KeyMetadata?.DeletionDate, DeletionDate);
  });
});

describe('CancelKeyDeletion', () => {
  it('leaves the key disabled, as it was otherwise', async () => {
    const { KeyMetadata: created } = await kms.createKey({ Description: 'kept' });
    const KeyId = created?.KeyId ?? '';
    const ciphertext = await encrypt(kms, KeyId);
    await kms.scheduleKeyDeletion({ KeyId });
    const { $metadata, ...answer } = await kms.cancelKeyDeletion({ KeyId });
    assert.deepEqual(answer, { KeyId: created?.Arn });
    const { KeyMetadata } = await kms.describeKey({ KeyId });
    assert.deepEqual(KeyMetadata, { ...created, Enabled: false, KeyState: 'Disabled' });
    await kms.enableKey({ KeyId });
    const { Plaintext } = await kms.decrypt({ CiphertextBlob: ciphertext });
    assert.equal(Buffer.from(Plaintext ?? []).toString(), 'plaintext');
  });

  it('keeps the key for good, however long it would have waited', async () => {
    const { keyId } = await createKey(kms);
    const { keyId: doomed } = await createKey(kms);
    await kms.scheduleKeyDeletion({ KeyId: keyId, PendingWindowInDays: 7 });
    await kms.cancelKeyDeletion({ KeyId: keyId });
    await kms.scheduleKeyDeletion({ KeyId: doomed, PendingWindowInDays: 30 });
    server.clock.advance(30 * DAY);
    await untilDestroyed(server, kms, doomed);
    assert.equal((await kms.describeKey({ KeyId: keyId })).KeyMetadata?.KeyState, 'Disabled');
  });

  it('is followed by a whole waiting period when deletion is scheduled again', async () => {
    const { keyId } = await createKey(kms);
    await kms.scheduleKeyDeletion({ KeyId: keyId, PendingWindowInDays: 7 });
    server.clock.advance(6 * DAY);
    await kms.cancelKeyDeletion({ KeyId: keyId });
    const { DeletionDate } = await kms.scheduleKeyDeletion({ KeyId: keyId, PendingWindowInDays: 7 });
    assert.deepEqual(DeletionDate, new Date(server.clock.now() + 7 * DAY));
  });
});

describe('a key that waits for its deletion', () => {
  it('is there, unusable, until the last moment, and can then still be kept', async () => {
    const { keyId, arn } = await createKey(kms);
    const { keyId: earlier } = await createKey(kms);
    const CiphertextBlob = await encrypt(kms, keyId);
    await kms.scheduleKeyDeletion({ KeyId: earlier, PendingWindowInDays: 7 });
    server.clock.advance(1000);
    await kms.scheduleKeyDeletion({ KeyId: keyId, PendingWindowInDays: 7 });
    server.clock.advance(7 * DAY - 1000);
    // The scheduler has been at work, and would have taken this key too were it due.
    await untilDestroyed(server, kms, earlier);
    assert.equal((await kms.describeKey({ KeyId: keyId })).KeyMetadata?.KeyState, 'PendingDeletion');
    await assertRefused(
      kms.decrypt({ CiphertextBlob }),
      'KMSInvalidStateException',
      `${arn} is pending deletion.`,
    );
    await kms.cancelKeyDeletion({ KeyId: keyId });
    await kms.enableKey({ KeyId: keyId });
    await kms.decrypt({ CiphertextBlob });
  });
});

describe('a key whose waiting period is over', () => {
  async function createDestroyedKey() {
    const key = await createKey(kms);
    const aliasNames = [await createAlias(kms, key.keyId), await createAlias(kms, key.keyId)];
    const ciphertext = await encrypt(kms, key.keyId);
    await kms.scheduleKeyDeletion({ KeyId: key.keyId, PendingWindowInDays: 7 });
    server.clock.advance(7 * DAY);
    await untilDestroyed(server, kms, key.keyId);
    return { ...key, aliasNames, ciphertext };
  }

  it('is not found by any operation', async () => {
    const { keyId, arn, ciphertext } = await createDestroyedKey();
    const besides = { ...(await createBesides(kms)), made: ciphertext };
    for (const operation of KEY_OPERATIONS) {
      for (const name of [keyId, arn]) {
        const refused = assertRefused(
          operation.call(kms, name, besides),
          'NotFoundException',
          `Key '${arn}' does not exist`,
        );
        await assert.doesNotReject(refused, describeOperation(operation));
      }
    }
  });

  it('is in no listing', async () => {
    const { keyId, aliasNames } = await createDestroyedKey();
    const { Keys } = await kms.listKeys({ Limit: 1000 });
    assert.equal(
      Keys?.some(({ KeyId }) => KeyId === keyId),
      false,
    );
    const { Aliases } = await kms.listAliases({ Limit: 100 });
    assert.equal(
      Aliases?.some(({ AliasName }) => aliasNames.includes(AliasName ?? '')),
      false,
    );
  });

  it('leaves its aliases free', async () => {
    const { aliasNames } = await createDestroyedKey();
    const { keyId: heir } = await createKey(kms);
    for (const AliasName of aliasNames) {
      await assertRefused(
        kms.describeKey({ KeyId: AliasName }),
        'NotFoundException',
        /^Alias .* is not found\.$/,
      );
      await kms.createAlias({ AliasName, TargetKeyId: heir });
      assert.equal((await kms.describeKey({ KeyId: AliasName })).KeyMetadata?.KeyId, heir);
    }
  });

  it('leaves ciphertexts that nothing decrypts, refused like those of any key that is not here', async () => {
    const { ciphertext } = await createDestroyedKey();
    await assertRefused(
      kms.decrypt({ CiphertextBlob: ciphertext }),
      'AccessDeniedException',
      `User: ${rootOf(ACCOUNT)} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
    );
  });

  it('is gone from the database: no row is left, and its wrapped material is nowhere in the files', {
    skip: SKIP_UNLESS_SQLITE,
  }, async () => {
    const { keyId } = await createKey(kms, { Description: 'soon gone' });
    await createAlias(kms, keyId);
    const { keyId: kept } = await createKey(kms);
    const wrapped = await wrappedMaterialOf(keyId);
    assert.ok(await isInFiles(wrapped), 'the material is in the files as long as the key exists');

    await enterState(kms, keyId, 'PendingDeletion');
    server.clock.advance(30 * DAY);
    await untilDestroyed(server, kms, keyId);

    assert.deepEqual(await rowsOf(keyId), { keys: 0, key_materials: 0, aliases: 0 });
    assert.equal(await isInFiles(wrapped), false);
    assert.ok(await isInFiles(await wrappedMaterialOf(kept)), 'the material of other keys is still there');
  });

  it('is gone from the files as soon as nobody reads the old state any more', {
    skip: SKIP_UNLESS_SQLITE,
  }, async () => {
    const { keyId } = await createKey(kms);
    const wrapped = await wrappedMaterialOf(keyId);
    await enterState(kms, keyId, 'PendingDeletion');
    {
      using reader = openDatabase(dataDirectory);
      reader.exec('begin; select * from keys');
      server.clock.advance(30 * DAY);
      await untilDestroyed(server, kms, keyId);
      assert.ok(await isInFiles(wrapped), 'a reader holds on to the material');
    }
    for (let looks = 0; looks < 20 && (await isInFiles(wrapped)); looks += 1) {
      server.clock.advance(1_000);
      await kms.listKeys();
    }
    assert.equal(await isInFiles(wrapped), false);
  });
});

async function wrappedMaterialOf(keyId: string): Promise<Buffer> {
  const [row] = await tamper(
    dataDirectory,
    'select wrapped_key_material as wrapped from key_materials where key_id = $1',
    keyId,
  );
  const wrapped = row?.['wrapped'];
  assert.ok(wrapped instanceof Uint8Array && wrapped.length > 32);
  return Buffer.from(wrapped);
}

async function rowsOf(keyId: string): Promise<Record<string, unknown>> {
  const count = async (table: string, column: string) => {
    const query = `select count(*) as rows from ${table} where ${column} = $1`;
    return Number((await tamper(dataDirectory, query, keyId))[0]?.['rows']);
  };
  return {
    keys: await count('keys', 'key_id'),
    key_materials: await count('key_materials', 'key_id'),
    aliases: await count('aliases', 'target_key_id'),
  };
}

/** Whether any file of the data directory holds some bytes. */
async function isInFiles(bytes: Buffer): Promise<boolean> {
  const names = await readdir(dataDirectory);
  const files = await Promise.all(names.map((name) => readFile(join(dataDirectory, name))));
  return files.some((file) => file.includes(bytes));
}

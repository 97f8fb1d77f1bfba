import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { untilDestroyed } from './support/deletion.ts';
import { DAY } from './support/due-work.ts';
import { verifyStore } from './support/inside.ts';
import { assertDecrypts, createKey, encrypt } from './support/keys.ts';
import {
  createFamily,
  createPrimaryKey,
  describeKey,
  keyArnIn,
  OTHER_REGION,
  regionsOf,
  THIRD_REGION,
} from './support/multi-region.ts';
import { assertRefused } from './support/refusal.ts';
import { REGION, startTestServer, type TestServer } from './support/server.ts';

let dataDirectory: string;
let server: TestServer;
let kms: KMS;
let elsewhere: KMS;
let third: KMS;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-multi-region-deletion-'));
  server = await startTestServer({ dataDirectory });
  kms = server.client();
  elsewhere = server.client({ region: OTHER_REGION });
  third = server.client({ region: THIRD_REGION });
});
after(async () => {
  await server.close();
  await verifyStore(dataDirectory);
  await rm(dataDirectory, { recursive: true });
});

/** Schedules the deletion of a replica and waits until it is gone. */
async function deleteReplica(client: KMS, KeyId: string): Promise<void> {
  await client.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
  server.clock.advance(7 * DAY);
  await untilDestroyed(server, client, KeyId);
}

describe('the deletion of a primary key', () => {
  it('without replicas is that of any key', async () => {
    const { keyId, arn } = await createPrimaryKey(kms);
    const { $metadata, ...answer } = await kms.scheduleKeyDeletion({ KeyId: keyId, PendingWindowInDays: 7 });
    assert.deepEqual(answer, {
      KeyId: arn,
      DeletionDate: new Date(server.clock.now() + 7 * DAY),
      KeyState: 'PendingDeletion',
      PendingWindowInDays: 7,
    });
    await assertRefused(
      kms.replicateKey({ KeyId: keyId, ReplicaRegion: OTHER_REGION }),
      'KMSInvalidStateException',
      `${arn} is pending deletion.`,
    );
    server.clock.advance(7 * DAY);
    await untilDestroyed(server, kms, keyId);
  });

  it('with replicas waits for these: there is a waiting period, but no date', async () => {
    const { keyId, arn } = await createFamily(kms, [OTHER_REGION]);
    const { $metadata, ...answer } = await kms.scheduleKeyDeletion({ KeyId: keyId, PendingWindowInDays: 9 });
    assert.deepEqual(answer, { KeyId: arn, KeyState: 'PendingReplicaDeletion', PendingWindowInDays: 9 });
    const metadata = await describeKey(kms, keyId);
    assert.equal(metadata.KeyState, 'PendingReplicaDeletion');
    assert.equal(metadata.Enabled, false);
    assert.equal(metadata.PendingDeletionWindowInDays, 9);
    assert.equal(metadata.DeletionDate, undefined);
    await assertRefused(
      kms.scheduleKeyDeletion({ KeyId: keyId }),
      'KMSInvalidStateException',
      `${arn} is pending replica deletion.`,
    );
  });

  it('does not begin however long the replicas live, which go on working', async () => {
    const { keyId } = await createFamily(kms, [OTHER_REGION]);
    const ciphertext = await encrypt(kms, keyId);
    const { keyId: other } = await createKey(kms);
    await kms.scheduleKeyDeletion({ KeyId: keyId, PendingWindowInDays: 7 });
    await kms.scheduleKeyDeletion({ KeyId: other, PendingWindowInDays: 30 });
    server.clock.advance(30 * DAY);
    await untilDestroyed(server, kms, other);
    assert.equal((await describeKey(kms, keyId)).KeyState, 'PendingReplicaDeletion');
    assert.equal((await describeKey(elsewhere, keyId)).KeyState, 'Enabled');
    await assertDecrypts(elsewhere, ciphertext, 'plaintext');
  });

  it('begins when the last replica is deleted, and takes the whole waiting period from then on', async () => {
    const { keyId } = await createFamily(kms, [OTHER_REGION, THIRD_REGION]);
    await kms.scheduleKeyDeletion({ KeyId: keyId, PendingWindowInDays: 10 });
    await deleteReplica(elsewhere, keyId);
    assert.equal((await describeKey(kms, keyId)).KeyState, 'PendingReplicaDeletion');
    assert.deepEqual(await regionsOf(third, keyId), [REGION, THIRD_REGION]);
    await third.scheduleKeyDeletion({ KeyId: keyId, PendingWindowInDays: 7 });
    const before = server.clock.now();
    server.clock.advance(7 * DAY);
    await untilDestroyed(server, third, keyId);

    const metadata = await describeKey(kms, keyId);
    assert.equal(metadata.KeyState, 'PendingDeletion');
    assert.equal(metadata.PendingDeletionWindowInDays, undefined);
    assert.deepEqual(metadata.MultiRegionConfiguration?.ReplicaKeys, []);
    const deletionDate = metadata.DeletionDate?.getTime() ?? 0;
    assert.ok(deletionDate >= before + 17 * DAY && deletionDate <= server.clock.now() + 10 * DAY);

    server.clock.advance(deletionDate - server.clock.now() - 1);
    assert.equal((await describeKey(kms, keyId)).KeyState, 'PendingDeletion');
    server.clock.advance(1);
    await untilDestroyed(server, kms, keyId);
  });

  it('begins when all replicas are deleted at once, too', async () => {
    const { keyId: KeyId } = await createFamily(kms, [OTHER_REGION, THIRD_REGION]);
    await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
    for (const client of [elsewhere, third])
      await client.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
    server.clock.advance(7 * DAY);
    for (const client of [elsewhere, third]) await untilDestroyed(server, client, KeyId);
    assert.equal((await describeKey(kms, KeyId)).KeyState, 'PendingDeletion');
  });

  it('can be cancelled while it waits for the replicas', async () => {
    const { keyId: KeyId } = await createFamily(kms, [OTHER_REGION]);
    const before = await describeKey(kms, KeyId);
    const ciphertext = await encrypt(kms, KeyId);
    await kms.scheduleKeyDeletion({ KeyId });
    await kms.cancelKeyDeletion({ KeyId });
    assert.deepEqual(await describeKey(kms, KeyId), { ...before, Enabled: false, KeyState: 'Disabled' });
    await deleteReplica(elsewhere, KeyId);
    assert.equal((await describeKey(kms, KeyId)).KeyState, 'Disabled');
    await kms.enableKey({ KeyId });
    await assertDecrypts(kms, ciphertext, 'plaintext');
  });

  it('can be cancelled while it waits for its own date', async () => {
    const { keyId: KeyId } = await createFamily(kms, [OTHER_REGION]);
    await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
    await deleteReplica(elsewhere, KeyId);
    await kms.cancelKeyDeletion({ KeyId });
    const { keyId: other } = await createKey(kms);
    await kms.scheduleKeyDeletion({ KeyId: other, PendingWindowInDays: 7 });
    server.clock.advance(7 * DAY);
    await untilDestroyed(server, kms, other);
    assert.equal((await describeKey(kms, KeyId)).KeyState, 'Disabled');
  });
});

describe('the deletion of a replica', () => {
  it('is that of any key, and leaves its siblings as they are', async () => {
    const { keyId: KeyId } = await createFamily(kms, [OTHER_REGION, THIRD_REGION]);
    const ciphertext = await encrypt(kms, KeyId);
    const { $metadata, ...answer } = await elsewhere.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
    assert.deepEqual(answer, {
      KeyId: keyArnIn(OTHER_REGION, KeyId),
      DeletionDate: new Date(server.clock.now() + 7 * DAY),
      KeyState: 'PendingDeletion',
      PendingWindowInDays: 7,
    });
    assert.deepEqual(await regionsOf(kms, KeyId), [REGION, THIRD_REGION, OTHER_REGION]);
    server.clock.advance(7 * DAY);
    await untilDestroyed(server, elsewhere, KeyId);
    for (const client of [kms, third]) {
      assert.deepEqual(await regionsOf(client, KeyId), [REGION, THIRD_REGION]);
      assert.equal((await describeKey(client, KeyId)).KeyState, 'Enabled');
      await assertDecrypts(client, ciphertext, 'plaintext');
    }
  });

  it('can be cancelled, also when the primary key waits for it, which then goes on waiting', async () => {
    const { keyId: KeyId } = await createFamily(kms, [OTHER_REGION]);
    await kms.scheduleKeyDeletion({ KeyId });
    await elsewhere.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
    await elsewhere.cancelKeyDeletion({ KeyId });
    assert.equal((await describeKey(elsewhere, KeyId)).KeyState, 'Disabled');
    assert.equal((await describeKey(kms, KeyId)).KeyState, 'PendingReplicaDeletion');
  });

  it('lets the Region have a new replica, of the same material', async () => {
    const { keyId: KeyId } = await createFamily(kms, [OTHER_REGION]);
    const ciphertext = await encrypt(elsewhere, KeyId);
    await deleteReplica(elsewhere, KeyId);
    await assertRefused(elsewhere.decrypt({ CiphertextBlob: ciphertext }), 'AccessDeniedException');
    await kms.replicateKey({ KeyId, ReplicaRegion: OTHER_REGION });
    await assertDecrypts(elsewhere, ciphertext, 'plaintext');
  });

  it('of a former primary key leaves the new one', async () => {
    const { keyId: KeyId } = await createFamily(kms, [OTHER_REGION]);
    const ciphertext = await encrypt(kms, KeyId);
    await kms.updatePrimaryRegion({ KeyId, PrimaryRegion: OTHER_REGION });
    await deleteReplica(kms, KeyId);
    assert.deepEqual(await regionsOf(elsewhere, KeyId), [OTHER_REGION]);
    await assertDecrypts(elsewhere, ciphertext, 'plaintext');
  });
});

describe('a primary key that is replicated and scheduled for deletion at once', () => {
  it('waits for the replica, or there is none', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { keyId: KeyId } = await createPrimaryKey(kms);
      const [replication, deletion] = await Promise.allSettled([
        kms.replicateKey({ KeyId, ReplicaRegion: OTHER_REGION }),
        kms.scheduleKeyDeletion({ KeyId }),
      ]);
      assert.equal(deletion.status, 'fulfilled');
      const isReplicated = replication.status === 'fulfilled';
      const { KeyState } = await describeKey(kms, KeyId);
      assert.equal(KeyState, isReplicated ? 'PendingReplicaDeletion' : 'PendingDeletion');
      assert.equal((await regionsOf(kms, KeyId)).length, isReplicated ? 2 : 1);
    }
  });
});

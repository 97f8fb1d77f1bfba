import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { untilDone } from './support/due-work.ts';
import { importMaterial } from './support/import.ts';
import { type Inside, openInside } from './support/inside.ts';
import { assertDecrypts, encrypt } from './support/keys.ts';
import {
  beginPrimaryRegionUpdate,
  beginReplication,
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

/* What is left undone by a process that ends between the two transactions of ReplicateKey and UpdatePrimaryRegion. */

/** How long the scheduler sleeps at most. */
const LONGEST_SLEEP = 60_000;

let dataDirectory: string;
let server: TestServer;
let inside: Inside;
let kms: KMS;
let elsewhere: KMS;

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-synchronization-'));
  await start();
});
afterEach(async () => {
  await stop();
  await rm(dataDirectory, { recursive: true });
});

async function start(): Promise<void> {
  server = await startTestServer({ dataDirectory });
  inside = await openInside(dataDirectory);
  kms = server.client();
  elsewhere = server.client({ region: OTHER_REGION });
}

async function stop(): Promise<void> {
  await inside.close();
  await server.close();
}

/** Waits until the scheduler has brought a key into a state. */
async function untilInState(client: KMS, keyId: string, state: string): Promise<void> {
  server.clock.advance(LONGEST_SLEEP);
  await untilDone(server, async () => (await describeKey(client, keyId)).KeyState === state);
}

function synchronizedKeys(): string[] {
  const events = server.log
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === 'SynchronizeMultiRegionKey');
  return events.map(({ region, keyId }) => keyArnIn(region, keyId));
}

describe('a replica that was not synchronized', () => {
  it('is there, without material, and in the family', async () => {
    const primary = await createPrimaryKey(kms);
    await beginReplication(inside, primary, OTHER_REGION);
    const metadata = await describeKey(elsewhere, primary.keyId);
    assert.equal(metadata.KeyState, 'Creating');
    assert.equal(metadata.Enabled, false);
    assert.equal(metadata.CurrentKeyMaterialId, undefined);
    assert.deepEqual(await regionsOf(kms, primary.keyId), [REGION, OTHER_REGION]);
    await assertRefused(
      kms.replicateKey({ KeyId: primary.keyId, ReplicaRegion: OTHER_REGION }),
      'AlreadyExistsException',
    );
  });

  it('is synchronized by the scheduler of a running server', async () => {
    const primary = await createPrimaryKey(kms);
    const ciphertext = await encrypt(kms, primary.keyId);
    await beginReplication(inside, primary, OTHER_REGION);
    await untilInState(elsewhere, primary.keyId, 'Enabled');
    await assertDecrypts(elsewhere, ciphertext, 'plaintext');
    assert.deepEqual(synchronizedKeys(), [keyArnIn(OTHER_REGION, primary.keyId)]);
  });

  it('is synchronized when the server starts again', async () => {
    const primary = await createPrimaryKey(kms);
    const ciphertext = await encrypt(kms, primary.keyId);
    await beginReplication(inside, primary, OTHER_REGION);
    await stop();
    await start();
    await untilInState(elsewhere, primary.keyId, 'Enabled');
    await assertDecrypts(elsewhere, ciphertext, 'plaintext');
  });

  it('is synchronized along with the next change of its family', async () => {
    const primary = await createPrimaryKey(kms);
    const ciphertext = await encrypt(kms, primary.keyId);
    await beginReplication(inside, primary, OTHER_REGION);
    await kms.replicateKey({ KeyId: primary.keyId, ReplicaRegion: THIRD_REGION });
    await assertDecrypts(elsewhere, ciphertext, 'plaintext');
  });

  it('gets its material from the new primary key, when that has changed', async () => {
    const primary = await createFamily(kms, [THIRD_REGION]);
    const ciphertext = await encrypt(kms, primary.keyId);
    await beginReplication(inside, primary, OTHER_REGION);
    await beginPrimaryRegionUpdate(inside, primary, THIRD_REGION);
    await untilInState(elsewhere, primary.keyId, 'Enabled');
    assert.deepEqual(await regionsOf(elsewhere, primary.keyId), [THIRD_REGION, OTHER_REGION, REGION]);
    await assertDecrypts(elsewhere, ciphertext, 'plaintext');
  });

  it('cannot become the primary key', async () => {
    const primary = await createPrimaryKey(kms);
    await beginReplication(inside, primary, OTHER_REGION);
    await assertRefused(
      kms.updatePrimaryRegion({ KeyId: primary.keyId, PrimaryRegion: OTHER_REGION }),
      'KMSInvalidStateException',
      `${keyArnIn(OTHER_REGION, primary.keyId)} is creating.`,
    );
  });

  it('keeps its scheduled deletion, and is disabled when that is cancelled afterwards', async () => {
    const primary = await createPrimaryKey(kms);
    const { keyId: KeyId } = primary;
    const ciphertext = await encrypt(kms, KeyId);
    await beginReplication(inside, primary, OTHER_REGION);
    const { DeletionDate } = await elsewhere.scheduleKeyDeletion({ KeyId });
    await kms.replicateKey({ KeyId, ReplicaRegion: THIRD_REGION });
    const metadata = await describeKey(elsewhere, KeyId);
    assert.deepEqual([metadata.KeyState, metadata.DeletionDate], ['PendingDeletion', DeletionDate]);
    await elsewhere.cancelKeyDeletion({ KeyId });
    assert.equal((await describeKey(elsewhere, KeyId)).KeyState, 'Disabled');
    await elsewhere.enableKey({ KeyId });
    await assertDecrypts(elsewhere, ciphertext, 'plaintext');
  });

  it('is disabled after its synchronization, when its deletion was scheduled and cancelled before', async () => {
    const primary = await createPrimaryKey(kms);
    const { keyId: KeyId } = primary;
    const ciphertext = await encrypt(kms, KeyId);
    await beginReplication(inside, primary, OTHER_REGION);
    await elsewhere.scheduleKeyDeletion({ KeyId });
    await elsewhere.cancelKeyDeletion({ KeyId });
    assert.equal((await describeKey(elsewhere, KeyId)).KeyState, 'Creating');
    await untilInState(elsewhere, KeyId, 'Disabled');
    await elsewhere.enableKey({ KeyId });
    await assertDecrypts(elsewhere, ciphertext, 'plaintext');
  });
});

describe('a change of the primary Region that was not completed', () => {
  it('has happened, and both keys are being updated, and can be used', async () => {
    const primary = await createFamily(kms, [OTHER_REGION]);
    const { keyId } = primary;
    await beginPrimaryRegionUpdate(inside, primary, OTHER_REGION);
    const ciphertext = await encrypt(kms, keyId);
    await assertDecrypts(elsewhere, ciphertext, 'plaintext');
    for (const client of [kms, elsewhere]) {
      assert.deepEqual(await regionsOf(client, keyId), [OTHER_REGION, REGION]);
      const { KeyState, Enabled } = await describeKey(client, keyId);
      assert.deepEqual([KeyState, Enabled], ['Updating', false]);
    }
  });

  it('is completed by the scheduler', async () => {
    const primary = await createFamily(kms, [OTHER_REGION, THIRD_REGION]);
    const { keyId } = primary;
    await beginPrimaryRegionUpdate(inside, primary, OTHER_REGION);
    await untilInState(kms, keyId, 'Enabled');
    assert.equal((await describeKey(elsewhere, keyId)).KeyState, 'Enabled');
    assert.deepEqual(synchronizedKeys(), [keyArnIn(OTHER_REGION, keyId), keyArnIn(REGION, keyId)]);
  });

  it('does not hide that imported material has expired in the meantime', async () => {
    const primary = await createPrimaryKey(kms, { Origin: 'EXTERNAL' });
    const { keyId: KeyId } = primary;
    const material = randomBytes(32);
    const soon = LONGEST_SLEEP / 2;
    const ValidTo = new Date(server.clock.now() + soon);
    await importMaterial(kms, KeyId, material, { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo });
    await kms.replicateKey({ KeyId, ReplicaRegion: OTHER_REGION });
    await importMaterial(elsewhere, KeyId, material);
    await beginPrimaryRegionUpdate(inside, primary, OTHER_REGION);
    const ciphertext = await encrypt(kms, KeyId);
    server.clock.advance(soon);
    await assertRefused(
      kms.decrypt({ CiphertextBlob: ciphertext }),
      'KMSInvalidStateException',
      `${keyArnIn(REGION, KeyId)} is pending import.`,
    );
    await assertDecrypts(elsewhere, ciphertext, 'plaintext');
    await untilInState(elsewhere, KeyId, 'Enabled');
    assert.equal((await describeKey(kms, KeyId)).KeyState, 'PendingImport');
    await importMaterial(kms, KeyId, material);
    assert.equal((await describeKey(kms, KeyId)).KeyState, 'Enabled');
  });

  it('can be followed by the next one, after which the keys have the states that they had first', async () => {
    const primary = await createFamily(kms, [OTHER_REGION]);
    const { keyId: KeyId } = primary;
    await beginPrimaryRegionUpdate(inside, primary, OTHER_REGION);
    await elsewhere.updatePrimaryRegion({ KeyId, PrimaryRegion: REGION });
    for (const client of [kms, elsewhere]) {
      assert.equal((await describeKey(client, KeyId)).KeyState, 'Enabled');
      assert.deepEqual(await regionsOf(client, KeyId), [REGION, OTHER_REGION]);
    }
  });
});

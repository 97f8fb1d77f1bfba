import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { importMaterial } from './support/import.ts';
import { assertDecrypts, encrypt } from './support/keys.ts';
import {
  createPrimaryKey,
  describeKey,
  keyArnIn,
  OTHER_REGION,
  regionsOf,
  THIRD_REGION,
} from './support/multi-region.ts';
import { assertRefused } from './support/refusal.ts';
import { listMaterial } from './support/rotation.ts';
import { REGION, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let kms: KMS;
let elsewhere: KMS;

/** A primary key with imported material and a replica, into which nothing has been imported yet. */
let KeyId: string;
let material: Buffer;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  elsewhere = server.client({ region: OTHER_REGION });
});
after(() => server.close());
beforeEach(async () => {
  ({ keyId: KeyId } = await createPrimaryKey(kms, { Origin: 'EXTERNAL' }));
  material = randomBytes(32);
  await importMaterial(kms, KeyId, material, { KeyMaterialDescription: 'first' });
  await kms.replicateKey({ KeyId, ReplicaRegion: OTHER_REGION });
});

describe('a replica of a key with imported material', () => {
  it('waits for its own import, and says of which material', async () => {
    const { KeyState, Origin, ExpirationModel } = await describeKey(elsewhere, KeyId);
    assert.deepEqual([KeyState, Origin, ExpirationModel], ['PendingImport', 'EXTERNAL', undefined]);
    const [ofPrimary] = await listMaterial(kms, KeyId);
    assert.deepEqual(await listMaterial(elsewhere, KeyId), [
      {
        KeyId: keyArnIn(OTHER_REGION, KeyId),
        KeyMaterialId: ofPrimary?.KeyMaterialId,
        KeyMaterialState: 'CURRENT',
        ImportState: 'PENDING_IMPORT',
      },
    ]);
    await assertRefused(
      elsewhere.encrypt({ KeyId, Plaintext: Buffer.of(1) }),
      'KMSInvalidStateException',
      `${keyArnIn(OTHER_REGION, KeyId)} is pending import.`,
    );
  });

  it('takes the material of the primary key, then works as that does, and takes no other', async () => {
    const ciphertext = await encrypt(kms, KeyId);
    await assertRefused(importMaterial(elsewhere, KeyId, randomBytes(32)), 'IncorrectKeyMaterialException');
    await importMaterial(elsewhere, KeyId, material);
    assert.equal((await describeKey(elsewhere, KeyId)).KeyState, 'Enabled');
    await assertDecrypts(elsewhere, ciphertext, 'plaintext');
  });

  it('cannot become the primary key before, and keeps the material afterwards, as its sibling does', async () => {
    await assertRefused(
      kms.updatePrimaryRegion({ KeyId, PrimaryRegion: OTHER_REGION }),
      'KMSInvalidStateException',
      `${keyArnIn(OTHER_REGION, KeyId)} is pending import.`,
    );
    await importMaterial(elsewhere, KeyId, material);
    const ciphertext = await encrypt(kms, KeyId);
    await kms.updatePrimaryRegion({ KeyId, PrimaryRegion: OTHER_REGION });
    for (const client of [kms, elsewhere]) {
      assert.equal((await describeKey(client, KeyId)).KeyState, 'Enabled');
      await assertDecrypts(client, ciphertext, 'plaintext');
    }
    await elsewhere.replicateKey({ KeyId, ReplicaRegion: THIRD_REGION });
    assert.deepEqual(await regionsOf(kms, KeyId), [OTHER_REGION, THIRD_REGION, REGION]);
  });

  it('lives and loses its material independently of its siblings', async () => {
    await importMaterial(elsewhere, KeyId, material);
    await kms.deleteImportedKeyMaterial({ KeyId });
    assert.equal((await describeKey(kms, KeyId)).KeyState, 'PendingImport');
    const ciphertext = await encrypt(elsewhere, KeyId);
    await importMaterial(kms, KeyId, material);
    await assertDecrypts(kms, ciphertext, 'plaintext');
  });

  it('can be deleted and kept while it waits for its import', async () => {
    await elsewhere.scheduleKeyDeletion({ KeyId });
    await elsewhere.cancelKeyDeletion({ KeyId });
    assert.equal((await describeKey(elsewhere, KeyId)).KeyState, 'PendingImport');
  });
});

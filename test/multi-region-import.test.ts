import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { CreateKeyCommandInput, KMS } from '@aws-sdk/client-kms';
import { DAY } from './support/due-work.ts';
import { getParameters, importMaterial, importWith } from './support/import.ts';
import { assertDecrypts, createKey, encrypt } from './support/keys.ts';
import { keyArnIn, OTHER_REGION, THIRD_REGION } from './support/multi-region.ts';
import { assertRefused } from './support/refusal.ts';
import { REGION, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let kms: KMS;
let replica: KMS;
before(async () => {
  server = await startTestServer();
  kms = server.client();
  replica = server.client({ region: OTHER_REGION });
});
after(() => server.close());

const NEW = { ImportType: 'NEW_KEY_MATERIAL' } as const;

async function createPrimary(request: CreateKeyCommandInput = {}) {
  const { keyId } = await createKey(kms, { ...request, Origin: 'EXTERNAL', MultiRegion: true });
  const material = randomBytes(32);
  const materialId = await importMaterial(kms, keyId, material);
  return { keyId, material, materialId };
}

async function createFamily(request: CreateKeyCommandInput = {}) {
  const primary = await createPrimary(request);
  await kms.replicateKey({ KeyId: primary.keyId, ReplicaRegion: OTHER_REGION });
  return primary;
}

async function stateOf(client: KMS, KeyId: string): Promise<string | undefined> {
  return (await client.describeKey({ KeyId })).KeyMetadata?.KeyState;
}

/** What a key tells of its material: of each how it stands, and whether it is there. */
async function materialsOf(client: KMS, KeyId: string): Promise<readonly string[]> {
  const { Rotations } = await client.listKeyRotations({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' });
  return (Rotations ?? []).map((entry) => `${entry.KeyMaterialState} ${entry.ImportState}`);
}

describe('a replica of a key with imported material', () => {
  it('is without material until that of the primary key is imported, whatever is said of it', async () => {
    for (const facts of [{}, { ImportType: 'EXISTING_KEY_MATERIAL' } as const]) {
      const { keyId, material, materialId } = await createFamily();
      assert.equal(await stateOf(replica, keyId), 'PendingImport');
      assert.equal(await importMaterial(replica, keyId, material, facts), materialId);
      assert.equal(await stateOf(replica, keyId), 'Enabled');
      await assertDecrypts(replica, await encrypt(kms, keyId, 'text'), 'text');
    }
  });

  it('takes no other material', async () => {
    for (const request of [{}, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }] as const) {
      const { keyId, material } = await createFamily(request);
      const parameters = await getParameters(replica, keyId);
      await assertRefused(
        importWith(replica, keyId, parameters, randomBytes(32)),
        'IncorrectKeyMaterialException',
      );
      assert.equal(await stateOf(replica, keyId), 'PendingImport');
      await importWith(replica, keyId, parameters, material);
      assert.equal(await stateOf(replica, keyId), 'Enabled');
    }
  });

  it('takes no new material', async () => {
    const { keyId, material } = await createFamily();
    const parameters = await getParameters(replica, keyId);
    for (const one of [material, randomBytes(32)])
      await assertRefused(
        importWith(replica, keyId, parameters, one, NEW),
        'UnsupportedOperationException',
        `${keyArnIn(OTHER_REGION, keyId)} is not a multi-region primary key.`,
      );
  });

  it('does not take an import token of the primary key', async () => {
    const { keyId, material } = await createFamily();
    const parameters = await getParameters(kms, keyId);
    await assertRefused(importWith(replica, keyId, parameters, material), 'InvalidImportTokenException');
  });

  it('cannot become the primary key before, and keeps the material afterwards, as its sibling does', async () => {
    const { keyId: KeyId, material } = await createFamily();
    await assertRefused(
      kms.updatePrimaryRegion({ KeyId, PrimaryRegion: OTHER_REGION }),
      'KMSInvalidStateException',
      `${keyArnIn(OTHER_REGION, KeyId)} is pending import.`,
    );
    await importMaterial(replica, KeyId, material);
    const ciphertext = await encrypt(kms, KeyId);
    await kms.updatePrimaryRegion({ KeyId, PrimaryRegion: OTHER_REGION });
    for (const client of [kms, replica]) {
      assert.equal(await stateOf(client, KeyId), 'Enabled');
      await assertDecrypts(client, ciphertext, 'plaintext');
    }
  });

  it('waits for its material again when its deletion is cancelled', async () => {
    const { keyId: KeyId } = await createFamily();
    await replica.scheduleKeyDeletion({ KeyId });
    await replica.cancelKeyDeletion({ KeyId });
    assert.equal(await stateOf(replica, KeyId), 'PendingImport');
  });

  it('loses its material, or sees it expire, by itself', async () => {
    const { keyId, material } = await createFamily();
    await importMaterial(replica, keyId, material, { ValidTo: new Date(server.clock.now() + DAY) });
    server.clock.advance(DAY);
    assert.deepEqual(
      [await stateOf(kms, keyId), await stateOf(replica, keyId)],
      ['Enabled', 'PendingImport'],
    );
    await importMaterial(replica, keyId, material);
    await kms.deleteImportedKeyMaterial({ KeyId: keyId });
    assert.deepEqual(
      [await stateOf(kms, keyId), await stateOf(replica, keyId)],
      ['PendingImport', 'Enabled'],
    );
  });
});

describe('new material of a multi-Region key', () => {
  const PENDING = ['CURRENT IMPORTED', 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION IMPORTED'];
  const WAITED_FOR = ['CURRENT IMPORTED', 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION PENDING_IMPORT'];
  const READY = ['CURRENT IMPORTED', 'PENDING_ROTATION IMPORTED'];
  const ROTATED = ['NON_CURRENT IMPORTED', 'CURRENT IMPORTED'];

  /** A key in two Regions, with material of which one more has been imported into the primary key. */
  async function createPending() {
    const { keyId, material } = await createFamily();
    await importMaterial(replica, keyId, material);
    const next = randomBytes(32);
    const nextId = await importMaterial(kms, keyId, next, NEW);
    return { keyId, material, next, nextId };
  }

  it('waits until it has been imported in all Regions, and then for the rotation', async () => {
    const { keyId, next, nextId } = await createPending();
    assert.deepEqual(await materialsOf(kms, keyId), PENDING);
    assert.deepEqual(await materialsOf(replica, keyId), WAITED_FOR);
    const old = await encrypt(replica, keyId, 'old');
    await assertRefused(
      kms.rotateKeyOnDemand({ KeyId: keyId }),
      'KMSInvalidStateException',
      `No available key material pending rotation for the key: ${keyArnIn(REGION, keyId)}.`,
    );
    assert.equal(await importMaterial(replica, keyId, next), nextId);
    for (const client of [kms, replica]) assert.deepEqual(await materialsOf(client, keyId), READY);
    await kms.rotateKeyOnDemand({ KeyId: keyId });
    for (const client of [kms, replica]) {
      assert.deepEqual(await materialsOf(client, keyId), ROTATED);
      assert.equal(await stateOf(client, keyId), 'Enabled');
      await assertDecrypts(client, old, 'old');
      await assertDecrypts(client, await encrypt(kms, keyId, 'new'), 'new');
    }
  });

  it('is one at a time, wherever it is missing', async () => {
    const { keyId, nextId } = await createPending();
    await assertRefused(
      importMaterial(kms, keyId, randomBytes(32), NEW),
      'KMSInvalidStateException',
      new RegExp(`because another key material \\(id: ${nextId}\\) is pending rotation`),
    );
  });

  it('is forgotten everywhere when the primary key loses it, and replaced by other material', async () => {
    const { keyId, next, nextId } = await createPending();
    await importMaterial(replica, keyId, next);
    await kms.deleteImportedKeyMaterial({ KeyId: keyId, KeyMaterialId: nextId });
    for (const client of [kms, replica]) {
      assert.deepEqual(await materialsOf(client, keyId), ['CURRENT IMPORTED']);
      assert.equal(await stateOf(client, keyId), 'Enabled');
    }
    await assertRefused(importMaterial(replica, keyId, next), 'IncorrectKeyMaterialException');
    await importMaterial(kms, keyId, randomBytes(32), NEW);
    assert.deepEqual(await materialsOf(replica, keyId), WAITED_FOR);
  });

  it('stays with the others when a replica loses it', async () => {
    const { keyId, next, nextId } = await createPending();
    await importMaterial(replica, keyId, next);
    await replica.deleteImportedKeyMaterial({ KeyId: keyId, KeyMaterialId: nextId });
    assert.deepEqual(await materialsOf(kms, keyId), READY);
    assert.equal(await stateOf(replica, keyId), 'Enabled');
    await assertRefused(kms.rotateKeyOnDemand({ KeyId: keyId }), 'KMSInvalidStateException');
    await importMaterial(replica, keyId, next);
    await kms.rotateKeyOnDemand({ KeyId: keyId });
  });

  it('has to be imported into replicas that are made in the meantime', async () => {
    const { keyId, material, materialId } = await createPrimary();
    const next = randomBytes(32);
    await importMaterial(kms, keyId, next, NEW);
    assert.deepEqual(await materialsOf(kms, keyId), READY);
    await kms.replicateKey({ KeyId: keyId, ReplicaRegion: OTHER_REGION });
    assert.deepEqual(await materialsOf(kms, keyId), PENDING);
    assert.equal(await importMaterial(replica, keyId, material), materialId);
    assert.equal(await stateOf(replica, keyId), 'Enabled');
    assert.deepEqual(await materialsOf(replica, keyId), WAITED_FOR);
    await importMaterial(replica, keyId, next);
    await kms.rotateKeyOnDemand({ KeyId: keyId });
    for (const client of [kms, replica]) assert.deepEqual(await materialsOf(client, keyId), ROTATED);
  });

  it('does not wait for replicas that are gone', async () => {
    const { keyId, next } = await createPending();
    await importMaterial(replica, keyId, next);
    await kms.replicateKey({ KeyId: keyId, ReplicaRegion: THIRD_REGION });
    assert.deepEqual(await materialsOf(kms, keyId), PENDING);
    const third = server.client({ region: THIRD_REGION });
    await third.scheduleKeyDeletion({ KeyId: keyId, PendingWindowInDays: 7 });
    server.clock.advance(7 * DAY);
    for (let looks = 0; looks < 1_000; looks += 1) {
      if ((await materialsOf(kms, keyId)).join() === READY.join()) break;
      server.clock.advance(1);
    }
    assert.deepEqual(await materialsOf(kms, keyId), READY);
    await kms.rotateKeyOnDemand({ KeyId: keyId });
  });
});

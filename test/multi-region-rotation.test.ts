import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { assertDecrypts, currentMaterialOf, encrypt } from './support/keys.ts';
import { createFamily, keyArnIn, OTHER_REGION, THIRD_REGION } from './support/multi-region.ts';
import { assertRefused } from './support/refusal.ts';
import { listMaterial, rotationStatus, untilRotated } from './support/rotation.ts';
import { REGION, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let kms: KMS;
let elsewhere: KMS;
let KeyId: string;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  elsewhere = server.client({ region: OTHER_REGION });
});
after(() => server.close());
beforeEach(async () => {
  ({ keyId: KeyId } = await createFamily(kms, [OTHER_REGION]));
});

/** What a key tells of its material and its rotation, apart from its own ARN. */
async function rotationOf(client: KMS): Promise<object> {
  const { KeyId: arn, ...status } = await rotationStatus(client, KeyId);
  const material = (await listMaterial(client, KeyId)).map((entry) => ({ ...entry, KeyId: '' }));
  return { status, material, current: await currentMaterialOf(client, KeyId) };
}

async function assertInStep(...others: readonly KMS[]): Promise<void> {
  const expected = await rotationOf(kms);
  for (const client of others) assert.deepEqual(await rotationOf(client), expected);
}

describe('the rotation of a multi-Region key', () => {
  it('on demand reaches its replicas before it is answered', async () => {
    const old = await encrypt(elsewhere, KeyId);
    const material = await currentMaterialOf(kms, KeyId);
    await kms.rotateKeyOnDemand({ KeyId });
    assert.notEqual(await currentMaterialOf(elsewhere, KeyId), material);
    await assertInStep(elsewhere);
    const fresh = await encrypt(elsewhere, KeyId);
    for (const client of [kms, elsewhere])
      for (const ciphertext of [old, fresh]) await assertDecrypts(client, ciphertext, 'plaintext');
  });

  it('automatically is that of the family, when it is due', async () => {
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
    await assertInStep(elsewhere);
    const old = await encrypt(kms, KeyId);
    const { NextRotationDate } = await rotationStatus(elsewhere, KeyId);
    assert.ok(NextRotationDate !== undefined);
    await untilRotated(server, elsewhere, KeyId, NextRotationDate);
    assert.equal((await listMaterial(kms, KeyId)).length, 2);
    await assertInStep(elsewhere);
    await assertDecrypts(elsewhere, old, 'plaintext');
    await kms.disableKeyRotation({ KeyId });
    await assertInStep(elsewhere);
  });

  it('that is past is there in a new replica: its material, its schedule, in the same order', async () => {
    const ciphertexts = [await encrypt(kms, KeyId)];
    for (let rotation = 0; rotation < 3; rotation += 1) {
      await kms.rotateKeyOnDemand({ KeyId });
      ciphertexts.push(await encrypt(kms, KeyId));
    }
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 100 });
    await kms.replicateKey({ KeyId, ReplicaRegion: THIRD_REGION });
    const third = server.client({ region: THIRD_REGION });
    await assertInStep(elsewhere, third);
    for (const ciphertext of ciphertexts) await assertDecrypts(third, ciphertext, 'plaintext');
  });

  it('is a matter of the primary key, whichever that is', async () => {
    const refusal = (region: string) => `${keyArnIn(region, KeyId)} is not a multi-region primary key.`;
    const change = (client: KMS) => [
      () => client.enableKeyRotation({ KeyId }),
      () => client.disableKeyRotation({ KeyId }),
      () => client.rotateKeyOnDemand({ KeyId }),
    ];
    for (const call of change(elsewhere))
      await assertRefused(call(), 'UnsupportedOperationException', refusal(OTHER_REGION));
    await kms.updatePrimaryRegion({ KeyId, PrimaryRegion: OTHER_REGION });
    for (const call of change(kms))
      await assertRefused(call(), 'UnsupportedOperationException', refusal(REGION));
    for (const call of change(elsewhere)) await call();
    await assertInStep(elsewhere);
  });

  it('goes on after the primary Region has changed', async () => {
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
    await kms.updatePrimaryRegion({ KeyId, PrimaryRegion: OTHER_REGION });
    const { NextRotationDate } = await rotationStatus(kms, KeyId);
    assert.ok(NextRotationDate !== undefined);
    await untilRotated(server, kms, KeyId, NextRotationDate);
    await assertInStep(elsewhere);
  });

  it('reaches replicas that are disabled or wait for their deletion', async () => {
    await elsewhere.disableKey({ KeyId });
    await kms.rotateKeyOnDemand({ KeyId });
    await elsewhere.scheduleKeyDeletion({ KeyId });
    await kms.rotateKeyOnDemand({ KeyId });
    const ciphertext = await encrypt(kms, KeyId);
    await elsewhere.cancelKeyDeletion({ KeyId });
    await elsewhere.enableKey({ KeyId });
    await assertDecrypts(elsewhere, ciphertext, 'plaintext');
    await assertInStep(elsewhere);
  });

  it('at the same time as a replication loses nothing', async () => {
    for (let round = 0; round < 5; round += 1) {
      const key = await createFamily(kms, []);
      KeyId = key.keyId;
      await Promise.all([
        kms.replicateKey({ KeyId, ReplicaRegion: OTHER_REGION }),
        kms.rotateKeyOnDemand({ KeyId }),
      ]);
      await assertInStep(elsewhere);
      await assertDecrypts(elsewhere, await encrypt(kms, KeyId), 'plaintext');
    }
  });
});

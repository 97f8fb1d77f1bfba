import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { assertDecrypts, createKey, encrypt, enterState } from './support/keys.ts';
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

let server: TestServer;
let kms: KMS;
let elsewhere: KMS;
let third: KMS;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  elsewhere = server.client({ region: OTHER_REGION });
  third = server.client({ region: THIRD_REGION });
});
after(() => server.close());

function update(KeyId: string, PrimaryRegion = OTHER_REGION) {
  return kms.updatePrimaryRegion({ KeyId, PrimaryRegion });
}

describe('UpdatePrimaryRegion', () => {
  it('makes the replica the primary key and the primary key a replica, as every sibling tells at once', async () => {
    const { keyId } = await createFamily(kms, [OTHER_REGION, THIRD_REGION]);
    const { $metadata, ...answer } = await update(keyId);
    assert.deepEqual(answer, {});
    for (const client of [kms, elsewhere, third]) {
      const { MultiRegionConfiguration, KeyState } = await describeKey(client, keyId);
      assert.equal(KeyState, 'Enabled');
      const { PrimaryKey, ReplicaKeys } = MultiRegionConfiguration ?? {};
      assert.deepEqual(PrimaryKey, { Arn: keyArnIn(OTHER_REGION, keyId), Region: OTHER_REGION });
      assert.deepEqual(ReplicaKeys, [
        { Arn: keyArnIn(THIRD_REGION, keyId), Region: THIRD_REGION },
        { Arn: keyArnIn(REGION, keyId), Region: REGION },
      ]);
    }
    const typeOf = async (client: KMS) =>
      (await describeKey(client, keyId)).MultiRegionConfiguration?.MultiRegionKeyType;
    assert.deepEqual(
      [await typeOf(kms), await typeOf(elsewhere), await typeOf(third)],
      ['REPLICA', 'PRIMARY', 'REPLICA'],
    );
  });

  it('lets the new primary key be replicated, and the old one no longer', async () => {
    const { keyId: KeyId } = await createFamily(kms, [OTHER_REGION]);
    const ciphertext = await encrypt(kms, KeyId);
    await update(KeyId);
    await assertRefused(
      kms.replicateKey({ KeyId, ReplicaRegion: THIRD_REGION }),
      'UnsupportedOperationException',
      `${keyArnIn(REGION, KeyId)} is not a multi-region primary key.`,
    );
    await elsewhere.replicateKey({ KeyId, ReplicaRegion: THIRD_REGION });
    await assertDecrypts(third, ciphertext, 'plaintext');
  });

  it('changes nothing else of either key', async () => {
    const { keyId: KeyId, arn } = await createFamily(kms, [OTHER_REGION], { Description: 'primary' });
    const own = async (client: KMS) => {
      const { MultiRegionConfiguration, ...metadata } = await describeKey(client, KeyId);
      const { Policy } = await client.getKeyPolicy({ KeyId });
      return { metadata, Policy };
    };
    const before = [await own(kms), await own(elsewhere)];
    await update(arn);
    assert.deepEqual([await own(kms), await own(elsewhere)], before);
  });

  it('can be undone, from the Region of the new primary key', async () => {
    const { keyId: KeyId } = await createFamily(kms, [OTHER_REGION]);
    await update(KeyId);
    await elsewhere.updatePrimaryRegion({ KeyId, PrimaryRegion: REGION });
    assert.deepEqual(await regionsOf(kms, KeyId), [REGION, OTHER_REGION]);
  });

  it('refuses a Region in which the key has no replica', async () => {
    const { keyId } = await createFamily(kms, [OTHER_REGION]);
    await assertRefused(
      update(keyId, THIRD_REGION),
      'NotFoundException',
      `Key '${keyArnIn(THIRD_REGION, keyId)}' does not exist`,
    );
  });

  it('refuses the Region that the primary key is in already', async () => {
    const { keyId } = await createFamily(kms, [OTHER_REGION]);
    await assertRefused(
      update(keyId, REGION),
      'UnsupportedOperationException',
      `${REGION} already contains the primary.`,
    );
  });

  it('refuses what is not the name of a Region', async () => {
    const { keyId } = await createPrimaryKey(kms);
    await assertRefused(update(keyId, 'Frankfurt'), 'ValidationException', /at 'primaryRegion'/);
  });

  it('refuses a replica', async () => {
    const { keyId: KeyId } = await createFamily(kms, [OTHER_REGION, THIRD_REGION]);
    for (const PrimaryRegion of [REGION, OTHER_REGION, THIRD_REGION, 'sa-east-1']) {
      await assertRefused(
        elsewhere.updatePrimaryRegion({ KeyId, PrimaryRegion }),
        'UnsupportedOperationException',
        `${keyArnIn(OTHER_REGION, KeyId)} is not a multi-region primary key.`,
      );
    }
  });

  it('refuses a key of one Region', async () => {
    const { keyId, arn } = await createKey(kms);
    await assertRefused(update(keyId), 'UnsupportedOperationException', `${arn} is not a multi-region key.`);
  });

  it('refuses a primary key that waits for its deletion, without replicas', async () => {
    const { keyId, arn } = await createPrimaryKey(kms);
    await enterState(kms, keyId, 'PendingDeletion');
    await assertRefused(update(keyId), 'KMSInvalidStateException', `${arn} is pending deletion.`);
  });

  it('refuses a replica as the primary key that is disabled or waits for its deletion', async () => {
    const { keyId } = await createFamily(kms, [OTHER_REGION]);
    const replicaArn = keyArnIn(OTHER_REGION, keyId);
    await enterState(elsewhere, keyId, 'Disabled');
    await assertRefused(update(keyId), 'DisabledException', `${replicaArn} is disabled.`);
    await enterState(elsewhere, keyId, 'PendingDeletion');
    await assertRefused(update(keyId), 'KMSInvalidStateException', `${replicaArn} is pending deletion.`);
    assert.deepEqual(await regionsOf(kms, keyId), [REGION, OTHER_REGION]);
  });

  it('asked for two Regions at once makes one of them the primary Region', async () => {
    const { keyId } = await createFamily(kms, [OTHER_REGION, THIRD_REGION]);
    const outcomes = await Promise.allSettled([update(keyId, OTHER_REGION), update(keyId, THIRD_REGION)]);
    const [winner] = [OTHER_REGION, THIRD_REGION].filter((_, at) => outcomes[at]?.status === 'fulfilled');
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    assert.equal(refused?.reason.name, 'UnsupportedOperationException');
    for (const client of [kms, elsewhere, third]) {
      assert.equal((await regionsOf(client, keyId))[0], winner);
      assert.equal((await describeKey(client, keyId)).KeyState, 'Enabled');
    }
  });

  it('and the deletion of the replica, asked for at once, leave no primary key that is deleted before its replicas', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { keyId: KeyId } = await createFamily(kms, [OTHER_REGION]);
      const [updated, scheduled] = await Promise.allSettled([
        update(KeyId),
        elsewhere.scheduleKeyDeletion({ KeyId }),
      ]);
      const { KeyState } = await describeKey(elsewhere, KeyId);
      const isPrimary = updated.status === 'fulfilled';
      assert.deepEqual(
        await regionsOf(kms, KeyId),
        isPrimary ? [OTHER_REGION, REGION] : [REGION, OTHER_REGION],
      );
      const ifScheduled = isPrimary ? 'PendingReplicaDeletion' : 'PendingDeletion';
      assert.equal(KeyState, scheduled.status === 'fulfilled' ? ifScheduled : 'Enabled');
    }
  });

  it('meets other changes of the keys without undoing them, nor being undone', async () => {
    const { keyId: KeyId } = await createFamily(kms, [OTHER_REGION]);
    const outcomes = await Promise.allSettled([
      update(KeyId),
      kms.updateKeyDescription({ KeyId, Description: 'here' }),
      elsewhere.updateKeyDescription({ KeyId, Description: 'there' }),
      elsewhere.tagResource({ KeyId, Tags: [{ TagKey: 'team', TagValue: 'orders' }] }),
    ]);
    assert.ok(outcomes.every(({ status }) => status === 'fulfilled'));
    assert.deepEqual(await regionsOf(kms, KeyId), [OTHER_REGION, REGION]);
    assert.equal((await describeKey(kms, KeyId)).Description, 'here');
    assert.equal((await describeKey(elsewhere, KeyId)).Description, 'there');
    assert.equal((await elsewhere.listResourceTags({ KeyId })).Tags?.length, 1);
  });
});

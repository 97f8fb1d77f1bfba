import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CreateKeyCommandInput, KMS, ReplicateKeyCommandInput } from '@aws-sdk/client-kms';
import { allow, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey, enterState } from './support/keys.ts';
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
import { ACCOUNT, OTHER_ACCOUNT, REGION, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let kms: KMS;
let elsewhere: KMS;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  elsewhere = server.client({ region: OTHER_REGION });
});
after(() => server.close());

function replicate(KeyId: string, request: Partial<ReplicateKeyCommandInput> = {}) {
  return kms.replicateKey({ KeyId, ReplicaRegion: OTHER_REGION, ...request });
}

describe('CreateKey with MultiRegion', () => {
  it('creates a primary key, whose id says what it is, without replicas', async () => {
    const { keyId, arn } = await createPrimaryKey(kms);
    assert.match(keyId, /^mrk-[0-9a-f]{32}$/);
    const { MultiRegion, MultiRegionConfiguration, KeyState } = await describeKey(kms, keyId);
    assert.deepEqual([MultiRegion, KeyState], [true, 'Enabled']);
    assert.deepEqual(MultiRegionConfiguration, {
      MultiRegionKeyType: 'PRIMARY',
      PrimaryKey: { Arn: arn, Region: REGION },
      ReplicaKeys: [],
    });
  });
});

describe('ReplicateKey', () => {
  it('answers with the replica as it comes into being, its policy and its tags', async () => {
    const { keyId, arn } = await createPrimaryKey(kms, { Description: 'primary' });
    const { $metadata, ...answer } = await replicate(keyId);
    const replicaArn = keyArnIn(OTHER_REGION, keyId);
    assert.deepEqual(answer.ReplicaKeyMetadata, {
      AWSAccountId: ACCOUNT,
      KeyId: keyId,
      Arn: replicaArn,
      CreationDate: new Date(server.clock.now()),
      Enabled: false,
      Description: '',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: 'Creating',
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      KeySpec: 'SYMMETRIC_DEFAULT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      MultiRegion: true,
      MultiRegionConfiguration: {
        MultiRegionKeyType: 'REPLICA',
        PrimaryKey: { Arn: arn, Region: REGION },
        ReplicaKeys: [{ Arn: replicaArn, Region: OTHER_REGION }],
      },
    });
    assert.deepEqual(answer.ReplicaTags, []);
    assert.equal(answer.ReplicaPolicy, (await elsewhere.getKeyPolicy({ KeyId: keyId })).Policy);
  });

  it('has made a replica that can be used when it answers', async () => {
    const { keyId } = await createPrimaryKey(kms);
    const { ReplicaKeyMetadata } = await replicate(keyId);
    const { CurrentKeyMaterialId } = await describeKey(kms, keyId);
    assert.match(CurrentKeyMaterialId ?? '', /^[0-9a-f]{64}$/);
    assert.deepEqual(await describeKey(elsewhere, keyId), {
      ...ReplicaKeyMetadata,
      Enabled: true,
      KeyState: 'Enabled',
      CurrentKeyMaterialId,
    });
    await elsewhere.encrypt({ KeyId: keyId, Plaintext: Buffer.of(1) });
  });

  it('is answered in the Region of the primary key, and seen in those of all siblings', async () => {
    const { keyId } = await createFamily(kms, [THIRD_REGION, OTHER_REGION]);
    const third = server.client({ region: THIRD_REGION });
    for (const client of [kms, elsewhere, third])
      assert.deepEqual(await regionsOf(client, keyId), [REGION, THIRD_REGION, OTHER_REGION]);
    const types = [kms, elsewhere, third].map(async (client) => {
      const { MultiRegionConfiguration } = await describeKey(client, keyId);
      return MultiRegionConfiguration?.MultiRegionKeyType;
    });
    assert.deepEqual(await Promise.all(types), ['PRIMARY', 'REPLICA', 'REPLICA']);
    const { Keys } = await elsewhere.listKeys({ Limit: 1000 });
    assert.ok(Keys?.some(({ KeyArn }) => KeyArn === keyArnIn(OTHER_REGION, keyId)));
  });

  it('gives the replica a description, tags and a policy of its own', async () => {
    const ofPrimary = {
      Description: 'primary',
      Tags: [{ TagKey: 'team', TagValue: 'orders' }],
      Policy: keyPolicy(allow({ Sid: 'primary' })),
    };
    const { keyId: KeyId } = await createPrimaryKey(kms, ofPrimary);
    const ofReplica = {
      Description: 'replica',
      Tags: [
        { TagKey: 'stage', TagValue: '' },
        { TagKey: 'team', TagValue: 'shipping' },
      ],
      Policy: keyPolicy(allow({ Sid: 'replica' })),
    };
    const { ReplicaKeyMetadata, ReplicaPolicy, ReplicaTags } = await replicate(KeyId, ofReplica);
    assert.equal(ReplicaKeyMetadata?.Description, 'replica');
    assert.equal(ReplicaPolicy, ofReplica.Policy);
    assert.deepEqual(ReplicaTags, ofReplica.Tags);
    for (const [client, own] of [
      [kms, ofPrimary],
      [elsewhere, ofReplica],
    ] as const) {
      assert.equal((await describeKey(client, KeyId)).Description, own.Description);
      assert.deepEqual((await client.listResourceTags({ KeyId })).Tags, own.Tags);
      assert.equal((await client.getKeyPolicy({ KeyId })).Policy, own.Policy);
    }
  });

  it('gives it the default policy and no description and tags, whatever the primary key has', async () => {
    const { keyId: KeyId } = await createPrimaryKey(kms, {
      Description: 'primary',
      Tags: [{ TagKey: 'team', TagValue: 'orders' }],
      Policy: keyPolicy(allow({ Sid: 'primary' })),
    });
    await replicate(KeyId);
    assert.equal((await describeKey(elsewhere, KeyId)).Description, '');
    assert.deepEqual((await elsewhere.listResourceTags({ KeyId })).Tags, []);
    const { Policy = '' } = await elsewhere.getKeyPolicy({ KeyId });
    assert.equal(JSON.parse(Policy).Id, 'key-default-1');
  });

  for (const kind of [
    { KeySpec: 'HMAC_384', KeyUsage: 'GENERATE_VERIFY_MAC' },
    { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
    { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' },
    { KeySpec: 'ML_DSA_44', KeyUsage: 'SIGN_VERIFY' },
  ] satisfies readonly CreateKeyCommandInput[]) {
    it(`replicates a key with KeySpec ${kind.KeySpec}`, async () => {
      const { keyId: KeyId } = await createPrimaryKey(kms, kind);
      const { ReplicaKeyMetadata } = await replicate(KeyId);
      const { KeySpec, KeyUsage, CurrentKeyMaterialId } = ReplicaKeyMetadata ?? {};
      assert.deepEqual([KeySpec, KeyUsage, CurrentKeyMaterialId], [kind.KeySpec, kind.KeyUsage, undefined]);
      const made = async (client: KMS) =>
        kind.KeyUsage === 'GENERATE_VERIFY_MAC'
          ? (await client.generateMac({ KeyId, Message: Buffer.of(1), MacAlgorithm: 'HMAC_SHA_384' })).Mac
          : (await client.getPublicKey({ KeyId })).PublicKey;
      assert.deepEqual(await made(elsewhere), await made(kms));
    });
  }

  it('can be repeated for other Regions only', async () => {
    const { keyId } = await createFamily(kms, [OTHER_REGION]);
    const refusal = `The replica key ${keyArnIn(OTHER_REGION, keyId)} already exists.`;
    await assertRefused(replicate(keyId), 'AlreadyExistsException', refusal);
    await elsewhere.disableKey({ KeyId: keyId });
    await assertRefused(replicate(keyId), 'AlreadyExistsException', refusal);
    await elsewhere.scheduleKeyDeletion({ KeyId: keyId });
    await assertRefused(replicate(keyId), 'AlreadyExistsException', refusal);
    await replicate(keyId, { ReplicaRegion: THIRD_REGION });
  });

  it('refuses the Region of the primary key', async () => {
    const { keyId } = await createPrimaryKey(kms);
    await assertRefused(
      replicate(keyId, { ReplicaRegion: REGION }),
      'UnsupportedOperationException',
      `${REGION} cannot have a replica because it contains the primary.`,
    );
  });

  it('refuses Regions of other partitions', async () => {
    const { keyId } = await createPrimaryKey(kms);
    for (const ReplicaRegion of [
      'cn-north-1',
      'us-gov-west-1',
      'us-iso-east-1',
      'us-isob-east-1',
      'eusc-de-east-1',
    ]) {
      await assertRefused(
        replicate(keyId, { ReplicaRegion }),
        'UnsupportedOperationException',
        'The replica key Region must be in the same AWS partition as the primary key Region.',
      );
    }
    const inChina = server.client({ region: 'cn-north-1' });
    const { keyId: KeyId } = await createPrimaryKey(inChina);
    await assertRefused(
      inChina.replicateKey({ KeyId, ReplicaRegion: REGION }),
      'UnsupportedOperationException',
    );
    await inChina.replicateKey({ KeyId, ReplicaRegion: 'cn-northwest-1' });
  });

  it('refuses what is not the name of a Region', async () => {
    const { keyId } = await createPrimaryKey(kms);
    for (const ReplicaRegion of ['nowhere', 'US-EAST-1', 'us-east-1a', 'eu-west-1 ', '*']) {
      await assertRefused(
        replicate(keyId, { ReplicaRegion }),
        'ValidationException',
        `1 validation error detected: Value '${ReplicaRegion}' at 'replicaRegion' failed to satisfy constraint: Member must satisfy regular expression pattern: ^([a-z]+-){2,3}\\d+$`,
      );
    }
    await assertRefused(replicate(keyId, { ReplicaRegion: '' }), 'ValidationException');
    await assertRefused(
      replicate(keyId, { ReplicaRegion: `${'a-'.repeat(2)}${'1'.repeat(30)}` }),
      'ValidationException',
    );
  });

  it('refuses a replica, in its own Region and by its id', async () => {
    const { keyId } = await createFamily(kms, [OTHER_REGION]);
    await assertRefused(
      elsewhere.replicateKey({ KeyId: keyId, ReplicaRegion: THIRD_REGION }),
      'UnsupportedOperationException',
      `${keyArnIn(OTHER_REGION, keyId)} is not a multi-region primary key.`,
    );
  });

  it('refuses a key of one Region, in whichever state', async () => {
    const { keyId, arn } = await createKey(kms);
    const refusal = `${arn} is not a multi-region key.`;
    await assertRefused(replicate(keyId), 'UnsupportedOperationException', refusal);
    await enterState(kms, keyId, 'Disabled');
    await assertRefused(replicate(keyId), 'UnsupportedOperationException', refusal);
  });

  it('refuses a key that is in another Region, by its id and by its ARN', async () => {
    const { keyId, arn } = await createPrimaryKey(elsewhere);
    await assertRefused(
      replicate(keyId, { ReplicaRegion: THIRD_REGION }),
      'NotFoundException',
      `Key '${keyArnIn(REGION, keyId)}' does not exist`,
    );
    await assertRefused(
      replicate(arn, { ReplicaRegion: THIRD_REGION }),
      'NotFoundException',
      `Invalid arn ${OTHER_REGION}`,
    );
  });

  it('refuses a key of another account', async () => {
    const policy = keyPolicy(allow(), allow({ Principal: { AWS: rootOf(OTHER_ACCOUNT) } }));
    const { arn } = await createPrimaryKey(kms, { Policy: policy });
    await assertRefused(
      server.client({ account: OTHER_ACCOUNT }).replicateKey({ KeyId: arn, ReplicaRegion: OTHER_REGION }),
      'AccessDeniedException',
    );
  });

  it('refuses policies and tags as CreateKey does, and then makes no replica', async () => {
    const { keyId } = await createPrimaryKey(kms);
    const stranger = keyPolicy(allow({ Principal: { AWS: rootOf(OTHER_ACCOUNT) } }));
    await assertRefused(
      replicate(keyId, { Policy: stranger }),
      'MalformedPolicyDocumentException',
      'The new key policy will not allow you to update the key policy in the future.',
    );
    await assertRefused(replicate(keyId, { Policy: '{}' }), 'MalformedPolicyDocumentException');
    const large = keyPolicy(allow({ Sid: 'x'.repeat(32_768) }));
    await assertRefused(replicate(keyId, { Policy: large }), 'LimitExceededException');
    const tag = { TagKey: 'team', TagValue: 'orders' };
    await assertRefused(replicate(keyId, { Tags: [tag, tag] }), 'TagException', 'Duplicate tag keys');
    await assertRefused(
      replicate(keyId, { Tags: [{ TagKey: 'aws:team', TagValue: '' }] }),
      'TagException',
      'Tags beginning with aws: are reserved',
    );
    assert.deepEqual(await regionsOf(kms, keyId), [REGION]);

    await replicate(keyId, { Policy: stranger, BypassPolicyLockoutSafetyCheck: true });
    await assertRefused(elsewhere.describeKey({ KeyId: keyId }), 'AccessDeniedException');
  });

  it('asks of a policy whether the caller could put the next one in the Region of the replica', async () => {
    const { keyId } = await createPrimaryKey(kms);
    const onlyIn = (region: string) =>
      keyPolicy(allow({ Condition: { StringEquals: { 'aws:RequestedRegion': region } } }));
    await assertRefused(replicate(keyId, { Policy: onlyIn(REGION) }), 'MalformedPolicyDocumentException');
    await replicate(keyId, { Policy: onlyIn(OTHER_REGION) });
    const onlyReplicas = keyPolicy(
      allow({ Condition: { StringEquals: { 'kms:MultiRegionKeyType': 'REPLICA' } } }),
    );
    await replicate(keyId, { ReplicaRegion: THIRD_REGION, Policy: onlyReplicas });
    await server.client({ region: THIRD_REGION }).putKeyPolicy({ KeyId: keyId, Policy: onlyReplicas });
  });

  it('refuses a key whose material is still to be imported', async () => {
    const { keyId } = await createPrimaryKey(kms, { Origin: 'EXTERNAL' });
    await assertRefused(
      replicate(keyId),
      'KMSInvalidStateException',
      `${keyArnIn(REGION, keyId)} is pending import.`,
    );
  });
});

describe('of two requests at once', () => {
  it('to replicate a key to one Region, one makes the replica', async () => {
    const { keyId } = await createPrimaryKey(kms);
    const calls = Array.from({ length: 8 }, (_, at) => replicate(keyId, { Description: String(at) }));
    const outcomes = (await Promise.allSettled(calls)).map((outcome) =>
      outcome.status === 'fulfilled' ? 'made' : outcome.reason.name,
    );
    assert.deepEqual(outcomes.toSorted(), [...Array(7).fill('AlreadyExistsException'), 'made']);
    const winner = outcomes.indexOf('made');
    assert.equal((await describeKey(elsewhere, keyId)).Description, String(winner));
  });

  it('to replicate a key to several Regions, each makes its replica', async () => {
    const { keyId } = await createPrimaryKey(kms);
    const regions = ['ap-south-1', 'ca-central-1', 'eu-west-1', 'sa-east-1', 'us-west-2'];
    await Promise.all(regions.map((ReplicaRegion) => replicate(keyId, { ReplicaRegion })));
    assert.deepEqual(await regionsOf(kms, keyId), [REGION, ...regions]);
    for (const region of regions) {
      const client = server.client({ region });
      assert.equal((await describeKey(client, keyId)).KeyState, 'Enabled');
      assert.deepEqual(await regionsOf(client, keyId), [REGION, ...regions]);
    }
  });
});

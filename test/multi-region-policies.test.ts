import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { createUserWithKey, identityPolicy } from './support/identities.ts';
import { allow, deny, keyPolicy, type Statement } from './support/key-policies.ts';
import { encrypt } from './support/keys.ts';
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
import { ACCOUNT, REGION, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let kms: KMS;
let elsewhere: KMS;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  elsewhere = server.client({ region: OTHER_REGION });
});
after(() => server.close());

type Allowance = Readonly<Record<string, unknown>>;

/** A client in REGION of a new user whose only policy consists of statements. */
async function userWith(...statements: readonly Allowance[]): Promise<{ name: string; client: KMS }> {
  const name = randomUUID();
  const all = statements.map((statement) => ({ Effect: 'Allow', Resource: '*', ...statement }));
  const { credentials } = await createUserWithKey(server.iam(), name, { only: identityPolicy(...all) });
  return { name, client: server.client({ credentials }) };
}

function refusal(
  name: string,
  action: string,
  resource: string,
  reason = 'because no identity-based policy allows',
): string {
  return `User: arn:aws:iam::${ACCOUNT}:user/${name} is not authorized to perform: ${action} on resource: ${resource} ${reason} the ${action} action`;
}

describe('ReplicateKey', () => {
  const REPLICATE = { Action: 'kms:ReplicateKey' };
  const CREATE = { Action: 'kms:CreateKey' };
  const TAG = { Action: 'kms:TagResource' };
  const Tags = [{ TagKey: 'team', TagValue: 'orders' }];

  it('needs kms:ReplicateKey on the primary key and kms:CreateKey', async () => {
    const { keyId: KeyId, arn } = await createPrimaryKey(kms);
    const request = { KeyId, ReplicaRegion: OTHER_REGION };
    const replicator = await userWith(REPLICATE);
    await assertRefused(
      replicator.client.replicateKey(request),
      'AccessDeniedException',
      refusal(replicator.name, 'kms:CreateKey', '*'),
    );
    const creator = await userWith(CREATE);
    await assertRefused(
      creator.client.replicateKey(request),
      'AccessDeniedException',
      refusal(creator.name, 'kms:ReplicateKey', arn),
    );
    assert.deepEqual(await regionsOf(kms, KeyId), [REGION]);
    const both = await userWith(REPLICATE, CREATE);
    await both.client.replicateKey(request);
  });

  it('needs kms:TagResource for tags, too', async () => {
    const { keyId: KeyId } = await createPrimaryKey(kms);
    const request = { KeyId, ReplicaRegion: OTHER_REGION, Tags };
    const untagging = await userWith(REPLICATE, CREATE);
    await assertRefused(
      untagging.client.replicateKey(request),
      'AccessDeniedException',
      refusal(untagging.name, 'kms:TagResource', '*'),
    );
    const tagging = await userWith(REPLICATE, CREATE, TAG);
    await tagging.client.replicateKey(request);
  });

  it('needs the key policy of the primary key to allow it, of the replica only what its caller puts', async () => {
    const Policy = keyPolicy(allow(), deny({ Action: 'kms:ReplicateKey' }));
    const { keyId: KeyId } = await createPrimaryKey(kms, { Policy });
    await assertRefused(
      kms.replicateKey({ KeyId, ReplicaRegion: OTHER_REGION }),
      'AccessDeniedException',
      /kms:ReplicateKey .* with an explicit deny in a resource-based policy$/,
    );
  });

  /** Statements of a user that may otherwise replicate, and the Regions to which it then may. */
  const CONDITIONS: readonly (readonly [title: string, replicate: Allowance, create: Allowance])[] = [
    [
      'kms:ReplicaRegion is the Region of the replica',
      { Condition: { StringEquals: { 'kms:ReplicaRegion': THIRD_REGION } } },
      {},
    ],
    [
      'the key is created in the Region of the replica',
      {},
      { Condition: { StringEquals: { 'aws:RequestedRegion': THIRD_REGION } } },
    ],
  ];
  for (const [title, replicate, create] of CONDITIONS) {
    it(`${title}`, async () => {
      const { keyId: KeyId } = await createPrimaryKey(kms);
      const { client } = await userWith({ ...REPLICATE, ...replicate }, { ...CREATE, ...create });
      await assertRefused(
        client.replicateKey({ KeyId, ReplicaRegion: OTHER_REGION }),
        'AccessDeniedException',
      );
      await client.replicateKey({ KeyId, ReplicaRegion: THIRD_REGION });
    });
  }

  it('is judged on the primary key in the Region of the request', async () => {
    const here = { StringEquals: { 'aws:RequestedRegion': REGION } };
    const { keyId: KeyId } = await createPrimaryKey(kms);
    const { client } = await userWith({ ...REPLICATE, Condition: here }, CREATE);
    await client.replicateKey({ KeyId, ReplicaRegion: OTHER_REGION });
  });

  const met: readonly (readonly [key: string, value: string])[] = [
    ['kms:KeySpec', 'HMAC_256'],
    ['kms:KeyUsage', 'GENERATE_VERIFY_MAC'],
    ['kms:KeyOrigin', 'AWS_KMS'],
    ['kms:MultiRegion', 'true'],
    ['kms:MultiRegionKeyType', 'REPLICA'],
    ['kms:BypassPolicyLockoutSafetyCheck', 'true'],
    ['kms:CallerAccount', ACCOUNT],
    ['aws:RequestTag/team', 'orders'],
  ];
  for (const [key, value] of met) {
    it(`has kms:CreateKey carry ${key} ${value}`, async () => {
      const { keyId: KeyId } = await createPrimaryKey(kms, {
        KeySpec: 'HMAC_256',
        KeyUsage: 'GENERATE_VERIFY_MAC',
        Tags: [{ TagKey: 'team', TagValue: 'primary' }],
      });
      const request = { KeyId, ReplicaRegion: OTHER_REGION, Tags, BypassPolicyLockoutSafetyCheck: true };
      const other = await userWith(REPLICATE, TAG, {
        ...CREATE,
        Condition: { StringNotEquals: { [key]: value } },
      });
      await assertRefused(
        other.client.replicateKey(request),
        'AccessDeniedException',
        /kms:CreateKey on resource: \*/,
      );
      const same = await userWith(REPLICATE, TAG, {
        ...CREATE,
        Condition: { StringEquals: { [key]: value } },
      });
      await same.client.replicateKey(request);
    });
  }

  it('has kms:CreateKey carry no tags of the primary key', async () => {
    const { keyId: KeyId } = await createPrimaryKey(kms, { Tags });
    const Condition = { StringEquals: { 'aws:ResourceTag/team': 'orders' } };
    const { client } = await userWith(REPLICATE, { ...CREATE, Condition });
    await assertRefused(client.replicateKey({ KeyId, ReplicaRegion: OTHER_REGION }), 'AccessDeniedException');
  });
});

describe('CreateKey', () => {
  it('carries kms:MultiRegionKeyType PRIMARY for a multi-Region key, which replicas do not need', async () => {
    const Condition = { StringEquals: { 'kms:MultiRegionKeyType': 'PRIMARY' } };
    const { client } = await userWith({ Action: 'kms:ReplicateKey' }, { Action: 'kms:CreateKey', Condition });
    const { keyId: KeyId } = await createPrimaryKey(client);
    await assertRefused(client.replicateKey({ KeyId, ReplicaRegion: OTHER_REGION }), 'AccessDeniedException');
    await assertRefused(client.createKey({}), 'AccessDeniedException');
  });
});

describe('UpdatePrimaryRegion', () => {
  const UPDATE = 'kms:UpdatePrimaryRegion';

  /** Puts a policy on the key of each Region. */
  async function familyUnder(ofPrimary: Statement, ofReplica: Statement): Promise<string> {
    const { keyId: KeyId } = await createPrimaryKey(kms, { Policy: keyPolicy(allow(), deny(ofPrimary)) });
    const Policy = keyPolicy(allow(), deny(ofReplica));
    await kms.replicateKey({ KeyId, ReplicaRegion: OTHER_REGION, Policy });
    return KeyId;
  }
  const nothing = { Action: 'kms:GetPublicKey' };
  const update = (KeyId: string) => kms.updatePrimaryRegion({ KeyId, PrimaryRegion: OTHER_REGION });

  for (const [region, ofPrimary, ofReplica] of [
    [REGION, { Action: UPDATE }, nothing],
    [OTHER_REGION, nothing, { Action: UPDATE }],
  ] as const) {
    it(`needs ${UPDATE} on the key in ${region}`, async () => {
      const KeyId = await familyUnder(ofPrimary, ofReplica);
      const resource = keyArnIn(region, KeyId).replaceAll('/', '\\/');
      await assertRefused(
        update(KeyId),
        'AccessDeniedException',
        new RegExp(`${UPDATE} on resource: ${resource} with an explicit deny in a resource-based policy$`),
      );
      assert.equal((await describeKey(kms, KeyId)).KeyState, 'Enabled');
      assert.deepEqual(await regionsOf(kms, KeyId), [REGION, OTHER_REGION]);
    });
  }

  it('may be allowed to a user by the ARNs of both keys', async () => {
    const { keyId: KeyId, arn } = await createFamily(kms, [OTHER_REGION]);
    const replicaArn = keyArnIn(OTHER_REGION, KeyId);
    const request = { KeyId, PrimaryRegion: OTHER_REGION };
    for (const [mine, missing] of [
      [arn, replicaArn],
      [replicaArn, arn],
    ] as const) {
      const { name, client } = await userWith({ Action: UPDATE, Resource: mine });
      await assertRefused(
        client.updatePrimaryRegion(request),
        'AccessDeniedException',
        refusal(name, UPDATE, missing),
      );
    }
    const { client } = await userWith({ Action: UPDATE, Resource: `arn:aws:kms:*:${ACCOUNT}:key/${KeyId}` });
    await client.updatePrimaryRegion(request);
  });

  for (const [title, ofPrimary, ofReplica] of [
    [
      'kms:PrimaryRegion is the new one, for both keys',
      { StringNotEquals: { 'kms:PrimaryRegion': OTHER_REGION } },
      { StringNotEquals: { 'kms:PrimaryRegion': OTHER_REGION } },
    ],
    [
      'kms:MultiRegionKeyType is what each key was before',
      { StringNotEquals: { 'kms:MultiRegionKeyType': 'PRIMARY' } },
      { StringNotEquals: { 'kms:MultiRegionKeyType': 'REPLICA' } },
    ],
    [
      'aws:RequestedRegion is the Region of each key',
      { StringNotEquals: { 'aws:RequestedRegion': REGION } },
      { StringNotEquals: { 'aws:RequestedRegion': OTHER_REGION } },
    ],
  ] as const) {
    it(title, async () => {
      const KeyId = await familyUnder(
        { Action: UPDATE, Condition: ofPrimary },
        { Action: UPDATE, Condition: ofReplica },
      );
      await update(KeyId);
      assert.deepEqual(await regionsOf(kms, KeyId), [OTHER_REGION, REGION]);
    });
  }

  it('does not tell whoever may not update it whether there is a replica', async () => {
    const { keyId: KeyId } = await createPrimaryKey(kms);
    const { name, client } = await userWith({ Action: 'kms:DescribeKey' });
    await assertRefused(
      client.updatePrimaryRegion({ KeyId, PrimaryRegion: OTHER_REGION }),
      'AccessDeniedException',
      refusal(name, UPDATE, keyArnIn(REGION, KeyId)),
    );
  });
});

describe('the policy of each Region', () => {
  it('alone decides about the use of the key there', async () => {
    const { keyId: KeyId } = await createPrimaryKey(kms);
    const CiphertextBlob = await encrypt(kms, KeyId);
    const Policy = keyPolicy(allow(), deny({ Action: 'kms:Decrypt' }));
    await kms.replicateKey({ KeyId, ReplicaRegion: OTHER_REGION, Policy });
    await kms.decrypt({ CiphertextBlob });
    await assertRefused(elsewhere.decrypt({ CiphertextBlob }), 'AccessDeniedException');
    await elsewhere.putKeyPolicy({ KeyId, Policy: keyPolicy(allow()) });
    await kms.putKeyPolicy({ KeyId, Policy });
    await elsewhere.decrypt({ CiphertextBlob });
    await assertRefused(kms.decrypt({ CiphertextBlob }), 'AccessDeniedException');
  });

  it('knows whether the key is a multi-Region key, and which', async () => {
    const { keyId: KeyId } = await createFamily(kms, [OTHER_REGION]);
    const CiphertextBlob = await encrypt(kms, KeyId);
    const Condition = { StringEquals: { 'kms:MultiRegionKeyType': 'REPLICA', 'kms:MultiRegion': 'true' } };
    const { client } = await userWith({ Action: 'kms:Decrypt', Condition });
    await assertRefused(client.decrypt({ CiphertextBlob }), 'AccessDeniedException');
    await kms.updatePrimaryRegion({ KeyId, PrimaryRegion: OTHER_REGION });
    await client.decrypt({ CiphertextBlob });
  });
});

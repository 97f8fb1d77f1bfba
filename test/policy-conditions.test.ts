import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { allow, deny, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { createKeyUnder, type KeyUnderPolicy, putPolicy } from './support/keys-under-policy.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, REGION, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let kms: KMS;
let otherKeyId: string;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  otherKeyId = (await createKey(kms)).keyId;
});
after(() => server.close());

/** A condition, and calls that meet it and that do not. The statement is about all actions. */
interface ConditionCase {
  readonly title: string;
  readonly condition: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly met?: readonly ((key: KeyUnderPolicy) => Promise<unknown>)[];
  readonly unmet?: readonly ((key: KeyUnderPolicy) => Promise<unknown>)[];
}

const encryption = (EncryptionContext?: Record<string, string>) => (key: KeyUnderPolicy) =>
  kms.encrypt({ KeyId: key.keyId, Plaintext: Buffer.of(1), EncryptionContext });
const description = (key: KeyUnderPolicy) => kms.describeKey({ KeyId: key.keyId });
const byAlias = (key: KeyUnderPolicy) => kms.describeKey({ KeyId: key.aliasName });
const byAliasArn = (key: KeyUnderPolicy) =>
  kms.describeKey({ KeyId: `arn:aws:kms:${REGION}:${ACCOUNT}:${key.aliasName}` });
const schedule = (PendingWindowInDays?: number) => (key: KeyUnderPolicy) =>
  kms.scheduleKeyDeletion({ KeyId: key.keyId, PendingWindowInDays });
const rotation = (RotationPeriodInDays?: number) => (key: KeyUnderPolicy) =>
  kms.enableKeyRotation({ KeyId: key.keyId, RotationPeriodInDays });
const tagging =
  (...tags: readonly [string, string][]) =>
  (key: KeyUnderPolicy) =>
    kms.tagResource({ KeyId: key.keyId, Tags: tags.map(([TagKey, TagValue]) => ({ TagKey, TagValue })) });
const onSameKey = (key: KeyUnderPolicy) =>
  kms.reEncrypt({ CiphertextBlob: key.ciphertext, DestinationKeyId: key.keyId });
const toOtherKey = (key: KeyUnderPolicy) =>
  kms.reEncrypt({ CiphertextBlob: key.ciphertext, DestinationKeyId: otherKeyId });

const CONDITIONS: readonly ConditionCase[] = [
  {
    title: 'kms:EncryptionContext:… is the value of one pair, whatever other pairs there are',
    condition: { StringEquals: { 'kms:EncryptionContext:tenant': 'acme' } },
    met: [encryption({ tenant: 'acme' }), encryption({ tenant: 'acme', more: 'pairs' })],
    unmet: [encryption(), encryption({ tenant: 'other' }), encryption({ tenan: 'acme' }), description],
  },
  {
    title: 'kms:EncryptionContext:… ignores the case of the key, not of the value',
    condition: { StringEquals: { 'kms:encryptioncontext:TENANT': 'acme' } },
    met: [encryption({ tenant: 'acme' }), encryption({ Tenant: 'acme' })],
    unmet: [encryption({ tenant: 'Acme' })],
  },
  {
    title: 'kms:EncryptionContextKeys are all keys of the context',
    condition: { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['tenant', 'purpose'] } },
    met: [encryption({ tenant: 'x' }), encryption({ tenant: 'x', purpose: 'y' }), encryption()],
    unmet: [encryption({ tenant: 'x', more: 'y' }), encryption({ Tenant: 'x' })],
  },
  {
    title: 'kms:EncryptionContextKeys are missing without a context',
    condition: { Null: { 'kms:EncryptionContextKeys': 'false' } },
    met: [encryption({ any: 'context' })],
    unmet: [encryption(), encryption({})],
  },
  {
    title: 'kms:EncryptionAlgorithm is SYMMETRIC_DEFAULT unless the request says otherwise',
    condition: { StringEquals: { 'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT' } },
    met: [encryption(), (key) => kms.generateDataKey({ KeyId: key.keyId, KeySpec: 'AES_256' }), toOtherKey],
    unmet: [
      description,
      (key) =>
        kms.encrypt({
          KeyId: key.keyId,
          Plaintext: Buffer.of(1),
          EncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
        }),
    ],
  },
  {
    title: 'kms:RequestAlias is the alias name by which the request names the key, if it does',
    condition: { StringLike: { 'kms:RequestAlias': 'alias/*' } },
    met: [byAlias, byAliasArn],
    unmet: [description, (key) => kms.describeKey({ KeyId: key.arn })],
  },
  {
    title: 'kms:CallerAccount is the account of the caller',
    condition: { StringEquals: { 'kms:CallerAccount': ACCOUNT } },
    met: [description, encryption()],
  },
  {
    title: 'the caller and the key are in the organization of the deployment',
    condition: {
      StringEquals: { 'aws:PrincipalOrgID': `o-${ACCOUNT}`, 'aws:ResourceOrgID': `o-${ACCOUNT}` },
      'ForAnyValue:StringLike': {
        'aws:PrincipalOrgPaths': `o-${ACCOUNT}/*`,
        'aws:ResourceOrgPaths': `o-${ACCOUNT}/r-${ACCOUNT}/`,
      },
      Null: { 'aws:SourceOrgID': 'true' },
    },
    met: [description, encryption()],
  },
  {
    title: 'the caller is in no other organization',
    condition: { StringEquals: { 'aws:PrincipalOrgID': `o-${OTHER_ACCOUNT}` } },
    unmet: [description, encryption()],
  },
  {
    title: 'kms:CallerAccount is no other account',
    condition: { StringEquals: { 'kms:CallerAccount': OTHER_ACCOUNT } },
    unmet: [description, encryption()],
  },
  {
    title: 'kms:KeySpec, kms:KeyUsage, kms:KeyOrigin and kms:MultiRegion are those of the key',
    condition: {
      StringEquals: {
        'kms:KeySpec': 'SYMMETRIC_DEFAULT',
        'kms:CustomerMasterKeySpec': 'SYMMETRIC_DEFAULT',
        'kms:KeyUsage': 'ENCRYPT_DECRYPT',
        'kms:CustomerMasterKeyUsage': 'ENCRYPT_DECRYPT',
        'kms:KeyOrigin': 'AWS_KMS',
      },
      Bool: { 'kms:MultiRegion': 'false' },
      Null: { 'kms:MultiRegionKeyType': 'true' },
    },
    met: [description, encryption()],
  },
  {
    title: 'kms:ScheduleKeyDeletionPendingWindowInDays is the waiting period, 30 by default',
    condition: { NumericGreaterThanEquals: { 'kms:ScheduleKeyDeletionPendingWindowInDays': '14' } },
    met: [schedule(14), schedule(30), schedule()],
    unmet: [schedule(7), schedule(13), description],
  },
  {
    title: 'kms:RotationPeriodInDays is the rotation period, 365 by default',
    condition: { NumericLessThanEquals: { 'kms:RotationPeriodInDays': '365' } },
    met: [rotation(90), rotation(365), rotation()],
    unmet: [rotation(366), (key) => kms.disableKeyRotation({ KeyId: key.keyId }), description],
  },
  {
    title: 'kms:BypassPolicyLockoutSafetyCheck is what the request says, and missing when it says nothing',
    condition: { Bool: { 'kms:BypassPolicyLockoutSafetyCheck': 'true' } },
    met: [(key) => putPolicy(kms, key, keyPolicy(allow()))],
    unmet: [
      (key) => kms.putKeyPolicy({ KeyId: key.keyId, Policy: keyPolicy(allow()) }),
      (key) =>
        kms.putKeyPolicy({
          KeyId: key.keyId,
          Policy: keyPolicy(allow()),
          BypassPolicyLockoutSafetyCheck: false,
        }),
    ],
  },
  {
    title: 'kms:ReEncryptOnSameKey tells whether source and destination are one key',
    condition: { Bool: { 'kms:ReEncryptOnSameKey': 'true' } },
    met: [onSameKey],
    unmet: [toOtherKey, description],
  },
  {
    title: 'kms:ViaService is missing: no service calls for anybody',
    condition: { Null: { 'kms:ViaService': 'true' } },
    met: [description, encryption()],
  },
  {
    title: 'aws:TagKeys are the keys of the tags in the request',
    condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'stage'] } },
    met: [
      tagging(['team', 'x'], ['stage', 'y']),
      (key) => kms.untagResource({ KeyId: key.keyId, TagKeys: ['team'] }),
    ],
    unmet: [
      tagging(['team', 'x'], ['other', 'y']),
      (key) => kms.untagResource({ KeyId: key.keyId, TagKeys: ['other'] }),
    ],
  },
  {
    title: 'aws:RequestTag/… is the value of a tag in the request',
    condition: { StringEquals: { 'aws:RequestTag/team': ['orders', 'billing'] } },
    met: [tagging(['team', 'orders']), tagging(['other', 'x'], ['team', 'billing'])],
    unmet: [tagging(['team', 'other']), tagging(['other', 'orders']), description],
  },
  {
    title: 'aws:SourceIp is the address that the request comes from',
    condition: { IpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '127.0.0.0/8'] } },
    met: [description, encryption()],
  },
  {
    title: 'aws:SourceIp is no other address',
    condition: { IpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '::1'] } },
    unmet: [description, encryption()],
  },
  {
    title: 'aws:RequestedRegion is the Region of the request',
    condition: { StringEquals: { 'aws:RequestedRegion': REGION } },
    met: [description, encryption()],
  },
  {
    title: 'aws:RequestedRegion is no other Region',
    condition: { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } },
    unmet: [description, encryption()],
  },
  {
    title: 'aws:SecureTransport is false without TLS',
    condition: { Bool: { 'aws:SecureTransport': 'true' } },
    unmet: [description, encryption()],
  },
  {
    title: 'aws:PrincipalArn, aws:PrincipalAccount and aws:PrincipalType are of the root user',
    condition: {
      ArnEquals: { 'aws:PrincipalArn': rootOf(ACCOUNT) },
      StringEquals: {
        'aws:PrincipalAccount': ACCOUNT,
        'aws:PrincipalType': 'Account',
        'aws:ResourceAccount': ACCOUNT,
      },
      Bool: { 'aws:PrincipalIsAWSService': 'false', 'aws:ViaAWSService': 'false' },
      Null: { 'aws:username': 'true', 'aws:MultiFactorAuthPresent': 'true' },
    },
    met: [description, encryption()],
  },
  {
    title: 'aws:UserAgent is what the client calls itself',
    condition: { StringLike: { 'aws:UserAgent': 'aws-sdk-js/*' } },
    met: [description, encryption()],
  },
];

describe('a condition: an Allow holds only where it is met, a Deny only there', () => {
  for (const { title, condition, met = [], unmet = [] } of CONDITIONS) {
    it(title, async () => {
      const allowing = keyPolicy(allow({ Condition: condition }));
      const denying = keyPolicy(allow(), deny({ Condition: condition }));
      for (const call of met) {
        await assertNotDenied(call(await createKeyUnder(kms, allowing)));
        await assertRefused(
          call(await createKeyUnder(kms, denying)),
          'AccessDeniedException',
          /explicit deny/,
        );
      }
      for (const call of unmet) {
        await assertRefused(
          call(await createKeyUnder(kms, allowing)),
          'AccessDeniedException',
          /because no resource-based policy allows/,
        );
        await assertNotDenied(call(await createKeyUnder(kms, denying)));
      }
    });
  }

  it('a name that occurs twice, in upper and in lower case, can be meant neither way: the request is refused', async () => {
    const context = [
      { tenant: 'acme', Tenant: 'other' },
      { Tenant: 'other', tenant: 'acme' },
    ];
    const ofContext = { StringEquals: { 'kms:EncryptionContext:tenant': 'acme' } };
    const tags: [string, string][] = [
      ['team', 'orders'],
      ['TEAM', 'other'],
    ];
    const ofTags = { StringEquals: { 'aws:RequestTag/team': 'orders' } };
    const calls = [
      ...context.map((pairs) => ({ Condition: ofContext, call: encryption(pairs) })),
      { Condition: ofTags, call: tagging(...tags) },
      { Condition: ofTags, call: tagging(...tags.toReversed()) },
    ];
    for (const { Condition, call } of calls) {
      for (const policy of [keyPolicy(allow({ Condition })), keyPolicy(allow(), deny({ Condition }))]) {
        await assertRefused(call(await createKeyUnder(kms, policy)), 'AccessDeniedException');
      }
    }
    const ofKey = { StringEquals: { 'aws:ResourceTag/team': 'orders' } };
    for (const policy of [
      keyPolicy(allow({ Condition: ofKey })),
      keyPolicy(allow(), deny({ Condition: ofKey })),
    ]) {
      const key = await createKey(kms, {
        Tags: tags.map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
      });
      await putPolicy(kms, key, policy);
      await assertRefused(kms.describeKey({ KeyId: key.keyId }), 'AccessDeniedException');
    }
  });

  it('aws:ResourceTag/… is the value of a tag of the key, at once when it changes', async () => {
    const Condition = { StringEquals: { 'aws:ResourceTag/Team': 'orders' } };
    const key = await createKeyUnder(
      kms,
      keyPolicy(allow({ Condition }), allow({ Action: 'kms:*Resource' })),
    );
    for (let round = 0; round < 5; round += 1) {
      await assertRefused(description(key), 'AccessDeniedException');
      await tagging(['team', 'orders'])(key);
      await description(key);
      if (round % 2 === 0) await tagging(['team', 'other'])(key);
      else await kms.untagResource({ KeyId: key.keyId, TagKeys: ['team'] });
    }
  });

  it('kms:ResourceAliases are the aliases of the key, at once when they change', async () => {
    const Condition = { 'ForAnyValue:StringLike': { 'kms:ResourceAliases': 'alias/orders-*' } };
    const key = await createKeyUnder(kms, keyPolicy(allow({ Condition }), allow({ Action: 'kms:*Alias' })));
    for (let round = 0; round < 5; round += 1) {
      const AliasName = `alias/orders-${round}`;
      await assertRefused(description(key), 'AccessDeniedException');
      await kms.createAlias({ AliasName, TargetKeyId: key.keyId });
      await description(key);
      if (round % 2 === 0) await kms.deleteAlias({ AliasName });
      else await kms.updateAlias({ AliasName, TargetKeyId: otherKeyId });
    }
  });

  it('several conditions have to be met together', async () => {
    const key = await createKeyUnder(
      kms,
      keyPolicy(
        allow({
          Condition: {
            StringEquals: { 'kms:EncryptionContext:tenant': 'acme', 'kms:CallerAccount': ACCOUNT },
            Null: { 'kms:EncryptionContext:purpose': 'false' },
          },
        }),
      ),
    );
    await encryption({ tenant: 'acme', purpose: 'x' })(key);
    for (const context of [{ tenant: 'acme' }, { purpose: 'x' }, undefined]) {
      await assertRefused(encryption(context)(key), 'AccessDeniedException');
    }
  });

  it('each side of ReEncrypt is judged by its own encryption context', async () => {
    const key = await createKeyUnder(
      kms,
      keyPolicy(
        allow({
          Action: 'kms:ReEncryptFrom',
          Condition: { StringEquals: { 'kms:EncryptionContext:side': 'source' } },
        }),
        allow({
          Action: 'kms:ReEncryptTo',
          Condition: { StringEquals: { 'kms:EncryptionContext:side': 'destination' } },
        }),
        allow({ Action: 'kms:Encrypt' }),
      ),
    );
    const { CiphertextBlob } = await encryption({ side: 'source' })(key);
    const move = (source: string, destination: string) =>
      kms.reEncrypt({
        CiphertextBlob,
        DestinationKeyId: key.keyId,
        SourceEncryptionContext: { side: source },
        DestinationEncryptionContext: { side: destination },
      });
    await move('source', 'destination');
    await assertRefused(move('source', 'source'), 'AccessDeniedException', /kms:ReEncryptTo/);
    await assertRefused(move('destination', 'destination'), 'AccessDeniedException', /kms:ReEncryptFrom/);
  });

  it('a time holds by the clock of the service', async () => {
    const until = new Date(server.clock.now() + 60_000).toISOString();
    const key = await createKeyUnder(
      kms,
      keyPolicy(allow({ Condition: { DateLessThan: { 'aws:CurrentTime': until } } })),
    );
    await description(key);
    server.clock.advance(60_000);
    await assertRefused(description(key), 'AccessDeniedException');
  });
});

/** Whatever else may be wrong with a call, it was not refused for want of permission. */
async function assertNotDenied(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof Error);
    assert.notEqual(error.name, 'AccessDeniedException', error.message);
  }
}

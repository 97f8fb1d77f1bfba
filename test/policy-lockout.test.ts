import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { allow, deny, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

/* Whether a caller may put a policy under which it could not put the next one (policies.md section 2). */

const LOCKOUT = 'The new key policy will not allow you to update the key policy in the future.';

let server: TestServer;
let kms: KMS;
let KeyId: string;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  await server.iam().createUser({ UserName: 'alice' });
  ({ keyId: KeyId } = await createKey(kms));
});
after(() => server.close());

function put(Policy: string, BypassPolicyLockoutSafetyCheck?: boolean) {
  return kms.putKeyPolicy({ KeyId, Policy, BypassPolicyLockoutSafetyCheck });
}

describe('the policy lockout safety check', () => {
  const user = `arn:aws:iam::${ACCOUNT}:user/alice`;
  const delegating = keyPolicy(allow());

  for (const [title, policy] of [
    ['names only somebody else', keyPolicy(allow({ Principal: { AWS: user } }))],
    ['names only another account', keyPolicy(allow({ Principal: { AWS: rootOf(OTHER_ACCOUNT) } }))],
    ['allows other actions only', keyPolicy(allow({ Action: ['kms:Encrypt', 'kms:GetKeyPolicy'] }))],
    [
      'leaves out kms:PutKeyPolicy',
      `{"Statement":{"Effect":"Allow","Principal":"*","NotAction":"kms:Put*","Resource":"*"}}`,
    ],
    ['denies the caller what it allows', keyPolicy(allow(), deny({ Action: 'kms:PutKeyPolicy' }))],
    ['denies everybody', keyPolicy(allow(), deny({ Principal: '*' }))],
    ['denies all but somebody else', keyPolicy(allow(), deny({ NotPrincipal: { AWS: user } }))],
    [
      'allows another key',
      `{"Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"arn:aws:kms:us-east-1:${ACCOUNT}:key/0987dcba-09fe-87dc-65ba-ab0987654321"}}`,
    ],
    [
      'allows the caller under a condition that the request does not meet',
      keyPolicy(allow({ Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } })),
    ],
    [
      'denies under a condition that the request meets',
      keyPolicy(allow(), deny({ Condition: { Bool: { 'aws:SecureTransport': false } } })),
    ],
  ] as const) {
    it(`refuses a policy that ${title}, unless it is bypassed`, async () => {
      await assertRefused(put(policy), 'MalformedPolicyDocumentException', LOCKOUT);
      await assertRefused(put(policy, false), 'MalformedPolicyDocumentException', LOCKOUT);
      await assertRefused(kms.createKey({ Policy: policy }), 'MalformedPolicyDocumentException', LOCKOUT);
      const { keyId } = await createKey(kms, { Policy: policy, BypassPolicyLockoutSafetyCheck: true });
      await assertRefused(kms.putKeyPolicy({ KeyId: keyId, Policy: delegating }), 'AccessDeniedException');
    });
  }

  for (const [title, policy] of [
    ['allows the account root user', delegating],
    ['allows everybody', keyPolicy(allow({ Principal: '*' }))],
    ['allows the caller kms:PutKeyPolicy alone', keyPolicy(allow({ Action: 'kms:PutKeyPolicy' }))],
    ['denies others', keyPolicy(allow(), deny({ Principal: { AWS: user } }))],
    [
      'allows under a condition that the request meets',
      keyPolicy(allow({ Condition: { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } } })),
    ],
    [
      'allows under a condition on the key that it is put on',
      keyPolicy(
        allow({
          Condition: {
            StringEquals: {
              'kms:KeySpec': 'SYMMETRIC_DEFAULT',
              'kms:KeyUsage': 'ENCRYPT_DECRYPT',
              'kms:KeyOrigin': 'AWS_KMS',
            },
            Bool: { 'kms:MultiRegion': 'false' },
          },
        }),
      ),
    ],
    [
      'denies under a condition on the key that does not hold',
      keyPolicy(allow(), deny({ Condition: { StringNotEquals: { 'kms:KeySpec': 'SYMMETRIC_DEFAULT' } } })),
    ],
  ] as const) {
    it(`accepts a policy that ${title}`, async () => {
      const { keyId } = await createKey(kms, { Policy: policy });
      await kms.putKeyPolicy({ KeyId: keyId, Policy: policy });
      await kms.putKeyPolicy({ KeyId: keyId, Policy: delegating });
    });
  }

  it('conditions on the request that puts the policy count', async () => {
    const asksNoBypass = keyPolicy(
      allow({ Condition: { BoolIfExists: { 'kms:BypassPolicyLockoutSafetyCheck': false } } }),
    );
    await put(asksNoBypass);
    await put(asksNoBypass, false);
    await put(delegating);
    const asksForTheMember = keyPolicy(
      allow({ Condition: { Bool: { 'kms:BypassPolicyLockoutSafetyCheck': false } } }),
    );
    await assertRefused(put(asksForTheMember), 'MalformedPolicyDocumentException', LOCKOUT);
    await put(asksForTheMember, false);
    await put(delegating, false);
  });

  it('conditions on tags of the key count', async () => {
    const policy = keyPolicy(allow({ Condition: { StringEquals: { 'aws:ResourceTag/team': 'orders' } } }));
    const { keyId } = await createKey(kms);
    await assertRefused(
      kms.putKeyPolicy({ KeyId: keyId, Policy: policy }),
      'MalformedPolicyDocumentException',
      LOCKOUT,
    );
    await kms.tagResource({ KeyId: keyId, Tags: [{ TagKey: 'team', TagValue: 'orders' }] });
    await kms.putKeyPolicy({ KeyId: keyId, Policy: policy });
    await kms.putKeyPolicy({ KeyId: keyId, Policy: delegating });
  });

  it('a key that is created without a policy gets the default one', async () => {
    const { keyId } = await createKey(kms);
    const { Policy = '' } = await kms.getKeyPolicy({ KeyId: keyId });
    assert.deepEqual(JSON.parse(Policy), {
      Version: '2012-10-17',
      Id: 'key-default-1',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: rootOf(ACCOUNT) },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    });
    assert.match(Policy, /"Version" : "2012-10-17"/);
  });
});

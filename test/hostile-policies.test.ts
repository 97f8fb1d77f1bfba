import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import type { KMS } from '@aws-sdk/client-kms';
import { type HostilePolicy, hostilePolicies } from '../src/policy/hostile.test-support.ts';
import { createUserWithKey, trustPolicy } from './support/identities.ts';
import { allow, deny, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { requestOwn } from './support/own-operations.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

/* Policies made to be expensive: each is refused with the right error, or taken and judged by, wherever policies are put. */

let server: TestServer;
let kms: KMS;
let iam: IAM;
/** A key that has nothing to do with hostile policies. */
let otherKey: string;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  iam = server.iam();
  otherKey = (await createKey(kms)).keyId;
});
after(() => server.close());

const Plaintext = Buffer.from('hello');
/** What is refused is told in few words, but for trust policies, whose messages quote the principal. */
const LONGEST_MESSAGE = 10_000;

/** Puts a hostile policy, which is refused or not as it says of itself. */
async function put(
  { refusal, text }: HostilePolicy,
  call: (text: string) => Promise<unknown>,
): Promise<void> {
  if (refusal === undefined) {
    await call(text);
    return;
  }
  const { message } = await assertRefused(call(text), 'MalformedPolicyDocumentException');
  assert.ok(message.startsWith(refusal), message);
  assert.ok(message.length < LONGEST_MESSAGE, `${message.length} characters`);
}

describe('a hostile key policy', () => {
  for (const policy of hostilePolicies('key-policy')) {
    it(`of ${policy.title}`, async () => {
      const { keyId: KeyId } = await createKey(kms);
      const before = (await kms.getKeyPolicy({ KeyId })).Policy;
      await put(policy, (Policy) => kms.putKeyPolicy({ KeyId, Policy }));
      await put(policy, (Policy) => kms.createKey({ Policy }));
      await put(policy, (Policy) => requestOwn(server, 'ComparePolicies', { KeyId: otherKey, Policy }));
      const { Policy } = await kms.getKeyPolicy({ KeyId });
      assert.equal(Policy, policy.refusal === undefined ? policy.text : before);
      // Its first statement, or what was there before, allows the account everything.
      await kms.encrypt({ KeyId, Plaintext, EncryptionContext: { k: 'a'.repeat(8_000) } });
      await kms.encrypt({ KeyId: otherKey, Plaintext });
    });
  }

  for (const [title, character, code] of [
    ['NUL', '\0', 'ValidationException'],
    ['half of a surrogate pair', '\ud83d', 'SerializationException'],
    ['the other half', '\udd11', 'SerializationException'],
  ] as const) {
    it(`with ${title} as it is, not as an escape`, async () => {
      const Policy = keyPolicy(allow({ Sid: character }));
      const raw = Policy.replace(/\\u[0-9a-f]{4}/, character);
      await assertRefused(kms.createKey({ Policy: raw }), code);
      await assertRefused(kms.putKeyPolicy({ KeyId: otherKey, Policy: raw }), code);
    });
  }

  it('is judged by as far as that takes no more than its share of work, and fails closed behind that', async () => {
    const key = 'kms:EncryptionContext:k';
    const patterns = Array.from({ length: 2_000 }, (_, index) => `*?n${index + 1_000}?*`);
    const Condition = { StringLike: { [key]: patterns } };
    const user = await createUserWithKey(iam, 'hostile');
    const Principal = { AWS: user.arn };
    const encrypt = (KeyId: string, k: string) =>
      server
        .client({ credentials: user.credentials })
        .encrypt({ KeyId, Plaintext, EncryptionContext: { k } });
    const denying = await createKey(kms, {
      Policy: keyPolicy(allow(), allow({ Principal }), deny({ Principal, Condition })),
    });
    await encrypt(denying.keyId, 'x'.repeat(100));
    await assertRefused(encrypt(denying.keyId, 'xn2000x'), 'AccessDeniedException', /explicit deny/);
    await assertRefused(encrypt(denying.keyId, 'x'.repeat(8_000)), 'AccessDeniedException', /explicit deny/);
    const allowing = await createKey(kms, { Policy: keyPolicy(allow(), allow({ Principal, Condition })) });
    await encrypt(allowing.keyId, 'xn2000x');
    await assertRefused(
      encrypt(allowing.keyId, `${'x'.repeat(8_000)}n2000x`),
      'AccessDeniedException',
      /because no identity-based policy allows the kms:Encrypt action$/,
    );
    await encrypt(allowing.keyId, 'xn2999x');
  });
});

describe('a hostile policy of an identity', () => {
  const UserName = 'holder';
  const GroupName = 'holders';
  const RoleName = 'holding';
  const PolicyName = 'hostile';
  const trust = trustPolicy({
    Effect: 'Allow',
    Principal: { AWS: rootOf(ACCOUNT) },
    Action: 'sts:AssumeRole',
  });
  let counter = 0;

  before(async () => {
    await iam.createUser({ UserName });
    await iam.createGroup({ GroupName });
    await iam.createRole({ RoleName, AssumeRolePolicyDocument: trust });
  });

  const calls: readonly (readonly [title: string, quota: number, put: (text: string) => Promise<unknown>])[] =
    [
      [
        'PutUserPolicy',
        2_048,
        (PolicyDocument) => iam.putUserPolicy({ UserName, PolicyName, PolicyDocument }),
      ],
      [
        'PutGroupPolicy',
        5_120,
        (PolicyDocument) => iam.putGroupPolicy({ GroupName, PolicyName, PolicyDocument }),
      ],
      [
        'PutRolePolicy',
        10_240,
        (PolicyDocument) => iam.putRolePolicy({ RoleName, PolicyName, PolicyDocument }),
      ],
      [
        'CreatePolicy',
        6_144,
        (PolicyDocument) => {
          counter += 1;
          return iam.createPolicy({ PolicyName: `hostile-${counter}`, PolicyDocument });
        },
      ],
    ];
  for (const [title, quota, call] of calls) {
    it(`for ${title}`, async () => {
      for (const policy of hostilePolicies('identity-policy', quota)) await put(policy, call);
      for (const { text } of hostilePolicies('identity-policy', quota + 100)) {
        // White space does not count.
        if (text.trimStart().length > quota) await assertRefused(call(text), 'LimitExceededException');
      }
      await kms.encrypt({ KeyId: otherKey, Plaintext });
    });
  }

  it('for CreateRole and UpdateAssumeRolePolicy', async () => {
    const create = (AssumeRolePolicyDocument: string) => {
      counter += 1;
      return iam.createRole({ RoleName: `hostile-${counter}`, AssumeRolePolicyDocument });
    };
    const update = (PolicyDocument: string) => iam.updateAssumeRolePolicy({ RoleName, PolicyDocument });
    for (const policy of hostilePolicies('trust-policy', 2_048)) {
      await put(policy, create);
      await put(policy, update);
    }
    for (const { text } of hostilePolicies('trust-policy', 3_000)) {
      if (text.trimStart().length <= 2_048) continue;
      await assertRefused(create(text), 'LimitExceededException');
      await assertRefused(update(text), 'LimitExceededException');
    }
  });

  it('of the greatest length that a request can have', async () => {
    for (const { text } of hostilePolicies('identity-policy', 131_072)) {
      if (text.trimStart().length <= 10_240) continue;
      await assertRefused(
        iam.putRolePolicy({ RoleName, PolicyName, PolicyDocument: text }),
        'LimitExceededException',
      );
    }
  });

  it('of a session', async () => {
    const user = await createUserWithKey(iam, 'federator', {
      p: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
    });
    const sts = server.sts({ credentials: user.credentials });
    for (const policy of hostilePolicies('identity-policy', 2_048))
      await put(policy, (Policy) => sts.getFederationToken({ Name: 'guest', Policy }));
    for (const { text } of hostilePolicies('identity-policy', 3_000))
      await assertRefused(sts.getFederationToken({ Name: 'guest', Policy: text }), 'ValidationError');
  });
});

import assert from 'node:assert/strict';
import { StatementSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import type { KMS } from '@aws-sdk/client-kms';
import { SKIP_UNLESS_SQLITE } from './support/engine.ts';
import { createUserWithKey, identityPolicy, trustPolicy } from './support/identities.ts';
import { allow, deny, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

/* Users and roles that key policies name: bound to their unique ids when the policy is saved (policies.md section 1). */

let server: TestServer;
let iam: IAM;
let kms: KMS;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
  kms = server.client();
});
after(() => server.close());

async function removeUser(UserName: string): Promise<void> {
  const { AccessKeyMetadata = [] } = await iam.listAccessKeys({ UserName });
  for (const { AccessKeyId } of AccessKeyMetadata) await iam.deleteAccessKey({ UserName, AccessKeyId });
  await iam.deleteUser({ UserName });
}

async function policyOf(KeyId: string): Promise<string | undefined> {
  return (await kms.getKeyPolicy({ KeyId })).Policy;
}

describe('a user whom a key policy names', () => {
  it('has access at once, and a new user of the name has none', async () => {
    const first = await createUserWithKey(iam, 'ada');
    const policy = keyPolicy(allow(), allow({ Principal: { AWS: [first.arn] }, Action: 'kms:DescribeKey' }));
    const { keyId: KeyId } = await createKey(kms, { Policy: policy });
    await server.client({ credentials: first.credentials }).describeKey({ KeyId });
    assert.equal(await policyOf(KeyId), policy);

    await removeUser('ada');
    assert.equal(await policyOf(KeyId), policy.replace(first.arn, first.uniqueId));
    const second = await createUserWithKey(iam, 'ada');
    assert.equal(second.arn, first.arn);
    await assertRefused(
      server.client({ credentials: second.credentials }).describeKey({ KeyId }),
      'AccessDeniedException',
      /because no identity-based policy allows the kms:DescribeKey action$/,
    );
    assert.equal(await policyOf(KeyId), policy.replace(first.arn, first.uniqueId));

    await kms.putKeyPolicy({ KeyId, Policy: policy });
    await server.client({ credentials: second.credentials }).describeKey({ KeyId });
  });

  it('keeps access, and the policy shows the new ARN, when the user is renamed', async () => {
    const user = await createUserWithKey(iam, 'grace');
    const policy = keyPolicy(allow(), allow({ Principal: { AWS: user.arn }, Action: 'kms:DescribeKey' }));
    const { keyId: KeyId } = await createKey(kms, { Policy: policy });
    await iam.updateUser({ UserName: 'grace', NewUserName: 'hopper', NewPath: '/navy/' });
    await server.client({ credentials: user.credentials }).describeKey({ KeyId });
    const renamed = `arn:aws:iam::${ACCOUNT}:user/navy/hopper`;
    assert.equal(await policyOf(KeyId), policy.replace(user.arn, renamed));
    await kms.putKeyPolicy({ KeyId, Policy: (await policyOf(KeyId)) ?? '' });
  });

  it('is shown in the place where it was given, the rest as it was written', async () => {
    const user = await createUserWithKey(iam, 'joan');
    const text = (name: string) => `{
  "Version" : "2012-10-17",
  "Statement" : [
    { "Sid" : "${user.arn}", "Effect" : "Allow", "Principal" : { "AWS" : [ "${rootOf(ACCOUNT)}", "${name}",  "${OTHER_ACCOUNT}" ] },
      "Action" : "kms:*", "Resource" : "*" } ]
}`;
    const { keyId: KeyId } = await createKey(kms, { Policy: text(user.arn) });
    await removeUser('joan');
    assert.equal(await policyOf(KeyId), text(user.uniqueId));
  });

  it('is spared, or not, by a Deny for all others', async () => {
    const user = await createUserWithKey(iam, 'spared');
    const other = await createUserWithKey(iam, 'other');
    const everybody = allow({ Principal: '*' });
    const denyOthers = deny({
      NotPrincipal: { AWS: [user.arn, rootOf(ACCOUNT)] },
      Action: 'kms:DescribeKey',
    });
    const denyOne = deny({ Principal: { AWS: other.arn }, Action: 'kms:DescribeKey' });
    for (const statement of [denyOthers, denyOne]) {
      const { keyId: KeyId } = await createKey(kms, { Policy: keyPolicy(everybody, statement) });
      await server.client({ credentials: user.credentials }).describeKey({ KeyId });
      const refused = server.client({ credentials: other.credentials }).describeKey({ KeyId });
      if (statement === denyOne) await assertRefused(refused, 'AccessDeniedException');
    }
  });
});

describe('a role that a key policy names', () => {
  it('gives access to its sessions, and a new role of the name has none', async () => {
    const user = await createUserWithKey(iam, 'operator');
    const trust = trustPolicy({ Effect: 'Allow', Principal: { AWS: user.arn }, Action: 'sts:AssumeRole' });
    const { Role } = await iam.createRole({
      RoleName: 'backup',
      Path: '/jobs/',
      AssumeRolePolicyDocument: trust,
    });
    const arn = Role?.Arn ?? '';
    const policy = keyPolicy(allow(), allow({ Principal: { AWS: arn }, Action: 'kms:DescribeKey' }));
    const { keyId: KeyId } = await createKey(kms, { Policy: policy });
    const describe = async () => {
      const sts = server.sts({ credentials: user.credentials });
      const { Credentials } = await sts.assumeRole({ RoleArn: arn, RoleSessionName: 'nightly' });
      const credentials = {
        accessKeyId: Credentials?.AccessKeyId ?? '',
        secretAccessKey: Credentials?.SecretAccessKey ?? '',
        sessionToken: Credentials?.SessionToken ?? '',
      };
      await server.client({ credentials }).describeKey({ KeyId });
    };
    await describe();
    await iam.deleteRole({ RoleName: 'backup' });
    await iam.createRole({ RoleName: 'backup', Path: '/jobs/', AssumeRolePolicyDocument: trust });
    await assertRefused(describe(), 'AccessDeniedException');
    assert.equal(await policyOf(KeyId), policy.replace(arn, Role?.RoleId ?? ''));
  });
});

describe('a key policy is refused that names', () => {
  const INVALID = 'Policy contains a statement with one or more invalid principals.';
  for (const [title, principal] of [
    ['a user that does not exist', `arn:aws:iam::${ACCOUNT}:user/nobody`],
    ['a user under another path than its own', `arn:aws:iam::${ACCOUNT}:user/path/present`],
    ['a user in another case', `arn:aws:iam::${ACCOUNT}:user/Present`],
    ['a role that does not exist', `arn:aws:iam::${ACCOUNT}:role/nothing`],
    ['a group', `arn:aws:iam::${ACCOUNT}:group/present`],
    ['a session of a role that does not exist', `arn:aws:sts::${ACCOUNT}:assumed-role/nothing/session`],
    ['a session of a user', `arn:aws:sts::${ACCOUNT}:assumed-role/present/session`],
    ['a session of a role in another case', `arn:aws:sts::${ACCOUNT}:assumed-role/Acting/session`],
    ['a session of a role of another account', `arn:aws:sts::${OTHER_ACCOUNT}:assumed-role/acting/session`],
    ['a role under the name of a user', `arn:aws:iam::${ACCOUNT}:role/present`],
    ['a unique id that is nobody’s', 'AIDACKCEVSQ6C2EXAMPLE'],
    [
      'a user of another account of the deployment that does not exist',
      `arn:aws:iam::${OTHER_ACCOUNT}:user/present`,
    ],
    ['a user of an account outside', 'arn:aws:iam::999988887777:user/present'],
    ['a federated user of an account outside', 'arn:aws:sts::999988887777:federated-user/guest'],
    ['a pattern', `arn:aws:iam::${ACCOUNT}:user/*`],
  ] as const) {
    it(title, async () => {
      if (title === 'a group') await iam.createGroup({ GroupName: 'present' });
      await iam.createUser({ UserName: 'present' }).catch(() => {});
      const trust = trustPolicy({ Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' });
      await iam.createRole({ RoleName: 'acting', AssumeRolePolicyDocument: trust }).catch(() => {});
      const Policy = keyPolicy(allow(), allow({ Principal: { AWS: principal } }));
      const error = await assertRefused(kms.createKey({ Policy }), 'MalformedPolicyDocumentException');
      assert.ok(error.message.startsWith(INVALID), error.message);
      assert.ok(error.message.includes(principal));
      const { keyId: KeyId } = await createKey(kms);
      await assertRefused(kms.putKeyPolicy({ KeyId, Policy }), 'MalformedPolicyDocumentException');
    });
  }

  it('somebody who is gone, by the unique id that the policy shows', async () => {
    const user = await createUserWithKey(iam, 'leaver');
    const { keyId: KeyId } = await createKey(kms, {
      Policy: keyPolicy(allow(), allow({ Principal: { AWS: user.arn } })),
    });
    await removeUser('leaver');
    const Policy = (await policyOf(KeyId)) ?? '';
    assert.ok(Policy.includes(user.uniqueId));
    await assertRefused(kms.putKeyPolicy({ KeyId, Policy }), 'MalformedPolicyDocumentException');
  });
});

describe('a key policy is accepted that names', () => {
  it('accounts outside the deployment, users of accounts inside, and the unique id of a user, shown as its ARN', async () => {
    const other = server.iam({ account: OTHER_ACCOUNT });
    const foreign = await createUserWithKey(other, 'foreigner', {
      p: identityPolicy({ Effect: 'Allow', Action: 'kms:DescribeKey', Resource: '*' }),
    });
    const own = await createUserWithKey(iam, 'by-id');
    const policy = (id: string) =>
      keyPolicy(allow(), allow({ Principal: { AWS: ['999988887777', foreign.arn, id] } }));
    const { keyId: KeyId, arn } = await createKey(kms, { Policy: policy(own.uniqueId) });
    assert.equal(await policyOf(KeyId), policy(own.arn));
    await server.client({ credentials: foreign.credentials }).describeKey({ KeyId: arn });
    await server.client({ credentials: own.credentials }).describeKey({ KeyId: arn });
  });
});

describe('a key policy that names hundreds of principals', () => {
  const COUNT = 150;
  const users: { readonly arn: string; readonly uniqueId: string }[] = [];

  before(async () => {
    for (let index = 0; index < COUNT; index += 1) {
      const { User } = await iam.createUser({ UserName: `one-of-many-${index}`, Path: '/many/' });
      users.push({ arn: User?.Arn ?? '', uniqueId: User?.UserId ?? '' });
    }
  });

  it('is refused for those who do not exist, each named in its place', async () => {
    const names = users.flatMap(({ arn }, index) => (index % 75 === 74 ? [arn, `${arn}-x`] : arn));
    const Policy = keyPolicy(allow(), allow({ Principal: { AWS: names } }));
    const { message } = await assertRefused(kms.createKey({ Policy }), 'MalformedPolicyDocumentException');
    assert.deepEqual(
      [...message.matchAll(/"(\S+)" does not exist/g)].map(([, arn]) => arn),
      [`${users[74]?.arn}-x`, `${users[149]?.arn}-x`],
    );
  });

  it('binds each of them, and shows each by its present name', async () => {
    const policy = (names: readonly string[]) => keyPolicy(allow(), allow({ Principal: { AWS: names } }));
    const { keyId: KeyId } = await createKey(kms, { Policy: policy(users.map(({ arn }) => arn)) });
    await iam.deleteUser({ UserName: 'one-of-many-7' });
    await iam.updateUser({ UserName: 'one-of-many-8', NewUserName: 'somebody', NewPath: '/' });
    const shown = users.map(({ arn, uniqueId }, index) => {
      if (index === 7) return uniqueId;
      return index === 8 ? `arn:aws:iam::${ACCOUNT}:user/somebody` : arn;
    });
    assert.equal(await policyOf(KeyId), policy(shown));
  });

  it('takes no more looks into the database than one that names two', {
    skip: SKIP_UNLESS_SQLITE,
  }, async (t) => {
    const looks = t.mock.method(StatementSync.prototype, 'all');
    const { keyId: KeyId } = await createKey(kms);
    const count = async (call: () => Promise<unknown>): Promise<number> => {
      // Once before, so that what is cached is cached.
      await call();
      const before = looks.mock.callCount();
      await call();
      return looks.mock.callCount() - before;
    };
    const named = (names: readonly string[]) => keyPolicy(allow(), allow({ Principal: { AWS: names } }));
    const [put, get] = [[] as number[], [] as number[]];
    for (const length of [2, 100]) {
      const principals = users
        .slice(20, 20 + length)
        .flatMap(({ arn, uniqueId }, index) => [
          index % 2 === 0 ? arn : uniqueId,
          `arn:aws:sts::${ACCOUNT}:federated-user/guest-${index}`,
        ]);
      put.push(await count(() => kms.putKeyPolicy({ KeyId, Policy: named(principals) })));
      get.push(await count(() => policyOf(KeyId)));
    }
    assert.ok((put[0] ?? 0) > 0 && (get[0] ?? 0) > 0);
    assert.equal(put[1], put[0]);
    assert.equal(get[1], get[0]);
  });
});

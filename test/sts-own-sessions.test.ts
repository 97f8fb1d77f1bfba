import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import { createUserWithKey, identityPolicy, trustPolicy, type UserWithKey } from './support/identities.ts';
import { allow, keyPolicy } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { credentialsOf } from './support/role-sessions.ts';
import {
  ACCOUNT,
  type Credentials,
  OTHER_ACCOUNT,
  startTestServer,
  type TestServer,
} from './support/server.ts';

const MFA = { SerialNumber: `arn:aws:iam::${ACCOUNT}:mfa/ada`, TokenCode: '123456' };

let server: TestServer;
let iam: IAM;
let ada: UserWithKey;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
  ada = await createUserWithKey(iam, 'ada', {
    p: identityPolicy({ Effect: 'Allow', Action: ['kms:*', 'iam:*', 'sts:*'], Resource: '*' }),
  });
});
after(() => server.close());

async function federate(Name: string, policy?: object, by = ada.credentials): Promise<Credentials> {
  const sts = server.sts({ credentials: by });
  const { Credentials } = await sts.getFederationToken({ Name, Policy: policy && JSON.stringify(policy) });
  return credentialsOf(Credentials);
}

describe('GetSessionToken', () => {
  it('gives temporary credentials of the same user', async () => {
    const { Credentials } = await server.sts({ credentials: ada.credentials }).getSessionToken();
    assert.equal(
      Credentials?.Expiration?.getTime(),
      Math.floor(server.clock.now() / 1000) * 1000 + 43_200_000,
    );
    const credentials = credentialsOf(Credentials);
    const { Arn, UserId } = await server.sts({ credentials }).getCallerIdentity();
    assert.deepEqual([Arn, UserId], [ada.arn, ada.uniqueId]);
    await server.client({ credentials }).listKeys();
  });

  it('gives the root user an hour and no more', async () => {
    const sts = server.sts();
    const credentials = credentialsOf((await sts.getSessionToken()).Credentials);
    assert.equal((await server.sts({ credentials }).getCallerIdentity()).Arn, `arn:aws:iam::${ACCOUNT}:root`);
    await assertRefused(sts.getSessionToken({ DurationSeconds: 3_601 }), 'ValidationError');
  });

  it('gives credentials that can assume roles, and neither manage identities nor make other sessions', async () => {
    const credentials = credentialsOf(
      (await server.sts({ credentials: ada.credentials }).getSessionToken()).Credentials,
    );
    const sts = server.sts({ credentials });
    await assertRefused(
      server.iam({ credentials }).listUsers(),
      'AccessDenied',
      /^Cannot call ListUsers with session credentials/,
    );
    await assertRefused(sts.getSessionToken(), 'AccessDenied', /^Cannot call GetSessionToken/);
    await assertRefused(
      sts.getFederationToken({ Name: 'guest' }),
      'AccessDenied',
      /^Cannot call GetFederationToken/,
    );
    await iam.createRole({
      RoleName: 'assumable',
      AssumeRolePolicyDocument: trustPolicy({
        Effect: 'Allow',
        Principal: { AWS: ada.arn },
        Action: 'sts:AssumeRole',
      }),
    });
    await sts.assumeRole({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/assumable`, RoleSessionName: 'session' });
  });

  it('makes the conditions of temporary credentials true', async () => {
    const { keyId: KeyId } = await createKey(server.client(), {
      Policy: keyPolicy(
        allow(),
        allow({
          Principal: { AWS: ada.arn },
          Action: 'kms:Encrypt',
          Condition: { Null: { 'aws:TokenIssueTime': false }, Bool: { 'aws:MultiFactorAuthPresent': false } },
        }),
      ),
    });
    await iam.putUserPolicy({
      UserName: 'ada',
      PolicyName: 'deny-long-term',
      PolicyDocument: JSON.stringify(
        identityPolicy({
          Effect: 'Deny',
          Action: 'kms:Encrypt',
          Resource: '*',
          Condition: { Null: { 'aws:TokenIssueTime': true } },
        }),
      ),
    });
    const Plaintext = Buffer.of(1);
    const credentials = credentialsOf(
      (await server.sts({ credentials: ada.credentials }).getSessionToken()).Credentials,
    );
    await server.client({ credentials }).encrypt({ KeyId, Plaintext });
    await assertRefused(
      server.client({ credentials: ada.credentials }).encrypt({ KeyId, Plaintext }),
      'AccessDeniedException',
    );
  });

  it('ends when the user is deleted', async () => {
    const user = await createUserWithKey(iam, 'leaver');
    const credentials = credentialsOf(
      (await server.sts({ credentials: user.credentials }).getSessionToken()).Credentials,
    );
    const sts = server.sts({ credentials });
    await sts.getCallerIdentity();
    await iam.deleteAccessKey({ UserName: 'leaver', AccessKeyId: user.credentials.accessKeyId });
    await sts.getCallerIdentity();
    await iam.deleteUser({ UserName: 'leaver' });
    await assertRefused(sts.getCallerIdentity(), 'InvalidClientTokenId');
  });

  it('can have a token as long as wanted', async () => {
    const sts = server.sts({ credentials: ada.credentials });
    for (const MinimumSessionTokenSize of [1_000, 4_096]) {
      const { Credentials } = await sts.getSessionToken({ MinimumSessionTokenSize });
      const size = Credentials?.SessionToken?.length ?? 0;
      assert.ok(size >= MinimumSessionTokenSize && size < MinimumSessionTokenSize + 100);
      await server.client({ credentials: credentialsOf(Credentials) }).listKeys();
    }
    await assertRefused(sts.getSessionToken({ MinimumSessionTokenSize: 4_097 }), 'ValidationError');
  });

  it('knows no second factors', async () => {
    await assertRefused(server.sts({ credentials: ada.credentials }).getSessionToken(MFA), 'AccessDenied');
  });
});

describe('GetFederationToken', () => {
  const onlyList = identityPolicy({ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' });

  it('gives what both the user and the session policy allow', async () => {
    const credentials = await federate('guest', onlyList);
    const { Arn, UserId } = await server.sts({ credentials }).getCallerIdentity();
    assert.deepEqual([Arn, UserId], [`arn:aws:sts::${ACCOUNT}:federated-user/guest`, `${ACCOUNT}:guest`]);
    await server.client({ credentials }).listKeys();
    await assertRefused(
      server.client({ credentials }).listAliases(),
      'AccessDeniedException',
      /no session policy allows/,
    );
    const weak = await createUserWithKey(iam, 'weak', {
      p: identityPolicy({ Effect: 'Allow', Action: 'sts:GetFederationToken', Resource: '*' }),
    });
    const limited = await federate('guest', onlyList, weak.credentials);
    await assertRefused(
      server.client({ credentials: limited }).listKeys(),
      'AccessDeniedException',
      /no identity-based policy allows/,
    );
  });

  it('gives nothing without a session policy but what a key policy gives to the federated user by name', async () => {
    const credentials = await federate('named');
    const { keyId: KeyId } = await createKey(server.client(), {
      Policy: keyPolicy(
        allow(),
        allow({
          Principal: { AWS: `arn:aws:sts::${ACCOUNT}:federated-user/named` },
          Action: 'kms:DescribeKey',
        }),
      ),
    });
    const kms = server.client({ credentials });
    await assertRefused(kms.listKeys(), 'AccessDeniedException');
    await kms.describeKey({ KeyId });
    await assertRefused(
      server.client({ credentials: await federate('other') }).describeKey({ KeyId }),
      'AccessDeniedException',
    );
  });

  it('gives the root user’s permissions within the session policy', async () => {
    const { Credentials } = await server
      .sts()
      .getFederationToken({ Name: 'guest', Policy: JSON.stringify(onlyList) });
    const kms = server.client({ credentials: credentialsOf(Credentials) });
    await kms.listKeys();
    await assertRefused(kms.listAliases(), 'AccessDeniedException', /no session policy allows/);
  });

  it('takes sts:GetFederationToken on the federated user, and sts:TagSession for tags', async () => {
    const user = await createUserWithKey(iam, 'broker', {
      p: identityPolicy({
        Effect: 'Allow',
        Action: 'sts:GetFederationToken',
        Resource: `arn:aws:sts::${ACCOUNT}:federated-user/g*`,
      }),
    });
    await federate('guest', undefined, user.credentials);
    await assertRefused(
      federate('other', undefined, user.credentials),
      'AccessDenied',
      `User: ${user.arn} is not authorized to perform: sts:GetFederationToken on resource: arn:aws:sts::${ACCOUNT}:federated-user/other`,
    );
    await assertRefused(
      server
        .sts({ credentials: user.credentials })
        .getFederationToken({ Name: 'guest', Tags: [{ Key: 'a', Value: 'b' }] }),
      'AccessDenied',
      /sts:TagSession/,
    );
  });

  it('gives credentials that can call neither IAM nor STS', async () => {
    const credentials = await federate(
      'guest',
      identityPolicy({ Effect: 'Allow', Action: '*', Resource: '*' }),
    );
    await assertRefused(
      server.iam({ credentials }).listUsers(),
      'AccessDenied',
      /^Cannot call ListUsers with federation credentials/,
    );
    await assertRefused(server.sts({ credentials }).getSessionToken(), 'AccessDenied');
    await assertRefused(
      server
        .sts({ credentials })
        .assumeRole({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/assumable`, RoleSessionName: 'session' }),
      'AccessDenied',
    );
  });
});

describe('GetAccessKeyInfo', () => {
  it('tells the account of an access key, long-term or temporary', async () => {
    const other = await createUserWithKey(server.iam({ account: OTHER_ACCOUNT }), 'other');
    const sts = server.sts();
    assert.equal(
      (await sts.getAccessKeyInfo({ AccessKeyId: other.credentials.accessKeyId })).Account,
      OTHER_ACCOUNT,
    );
    const { accessKeyId } = await federate('guest');
    assert.equal((await sts.getAccessKeyInfo({ AccessKeyId: accessKeyId })).Account, ACCOUNT);
    await assertRefused(sts.getAccessKeyInfo({ AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' }), 'ValidationError');
  });
});

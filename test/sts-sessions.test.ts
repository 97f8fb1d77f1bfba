import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import { createUserWithKey, identityPolicy, type UserWithKey } from './support/identities.ts';
import { allow, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { byAccount, credentialsOf, RoleSessions } from './support/role-sessions.ts';
import { ACCOUNT, OTHER_ACCOUNT, type TestServer } from './support/server.ts';

const MINUTE = 60_000;

let sessions: RoleSessions;
let server: TestServer;
let iam: IAM;
let ada: UserWithKey;

before(async () => {
  sessions = await RoleSessions.open();
  ({ server, iam, ada } = sessions);
});
after(() => server.close());

const createRole: RoleSessions['createRole'] = (...how) => sessions.createRole(...how);
const assume: RoleSessions['assume'] = (...how) => sessions.assume(...how);
const byAda = () => sessions.byAda();

function refusedText(principal: string, action: string, resource: string): string {
  return `User: ${principal} is not authorized to perform: ${action} on resource: ${resource}`;
}

describe('AssumeRole', () => {
  it('gives credentials that are those of the session', async () => {
    const role = await createRole(byAda());
    const sts = server.sts({ credentials: ada.credentials });
    const { AssumedRoleUser, Credentials } = await sts.assumeRole({
      RoleArn: role.arn,
      RoleSessionName: 'nightly',
    });
    const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/${role.name}/nightly`;
    assert.deepEqual(AssumedRoleUser, { Arn: arn, AssumedRoleId: `${role.id}:nightly` });
    assert.equal(
      Credentials?.Expiration?.getTime(),
      Math.floor(server.clock.now() / 1000) * 1000 + 60 * MINUTE,
    );
    const credentials = credentialsOf(Credentials);
    assert.match(credentials.accessKeyId, /^ASIA[A-Z2-7]{16}$/);
    const { $metadata: _, ...identity } = await server.sts({ credentials }).getCallerIdentity();
    assert.deepEqual(identity, { Arn: arn, UserId: `${role.id}:nightly`, Account: ACCOUNT });
    await server.client({ credentials }).listKeys();
  });

  it('is refused unless the trust policy names the caller, or its account and an identity policy allows it', async () => {
    const plain = await createUserWithKey(iam, 'plain');
    const named = await createRole({
      Effect: 'Allow',
      Principal: { AWS: plain.arn },
      Action: 'sts:AssumeRole',
    });
    const delegated = await createRole(byAccount);
    await assume(named.arn, {}, plain.credentials);
    await assertRefused(
      assume(delegated.arn, {}, plain.credentials),
      'AccessDenied',
      refusedText(plain.arn, 'sts:AssumeRole', delegated.arn),
    );
    await assertRefused(
      assume(named.arn, {}, ada.credentials),
      'AccessDenied',
      refusedText(ada.arn, 'sts:AssumeRole', named.arn),
    );
    await iam.putUserPolicy({
      UserName: 'plain',
      PolicyName: 'assume',
      PolicyDocument: JSON.stringify(
        identityPolicy({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: delegated.arn }),
      ),
    });
    await assume(delegated.arn, {}, plain.credentials);
  });

  it('does not tell whether a role exists', async () => {
    for (const account of [ACCOUNT, OTHER_ACCOUNT, '999988887777']) {
      const arn = `arn:aws:iam::${account}:role/nothing`;
      await assertRefused(assume(arn), 'AccessDenied', refusedText(ada.arn, 'sts:AssumeRole', arn));
    }
    await assertRefused(assume(`arn:aws:iam::${ACCOUNT}:user/ada`), 'AccessDenied');
  });

  it('is not for the root user', async () => {
    const role = await createRole({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' });
    await assertRefused(
      server.sts().assumeRole({ RoleArn: role.arn, RoleSessionName: 'session' }),
      'AccessDenied',
      'Roles may not be assumed by root accounts.',
    );
  });

  it('reaches into another account when both sides allow it', async () => {
    const role = await createRole(
      { Effect: 'Allow', Principal: { AWS: rootOf(ACCOUNT) }, Action: 'sts:AssumeRole' },
      { by: server.iam({ account: OTHER_ACCOUNT }) },
    );
    const credentials = await assume(role.arn);
    assert.equal((await server.sts({ credentials }).getCallerIdentity()).Account, OTHER_ACCOUNT);
    const plain = await createUserWithKey(iam, 'no-identity-policy');
    await assertRefused(assume(role.arn, {}, plain.credentials), 'AccessDenied');
  });

  it('asks for the external id that the trust policy asks for', async () => {
    const role = await createRole({
      ...byAda(),
      Condition: { StringEquals: { 'sts:ExternalId': 'secret' } },
    });
    await assertRefused(assume(role.arn), 'AccessDenied');
    await assertRefused(assume(role.arn, { ExternalId: 'Secret' }), 'AccessDenied');
    await assume(role.arn, { ExternalId: 'secret' });
  });

  it('keeps the session name that the trust policy asks for', async () => {
    const role = await createRole({
      ...byAda(),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
      Condition: { StringLike: { 'sts:RoleSessionName': '${aws:username}' } },
    });
    await assertRefused(assume(role.arn), 'AccessDenied');
    await assume(role.arn, { RoleSessionName: 'ada' });
  });

  it('lasts as long as asked for, and no longer than the role allows', async () => {
    const role = await createRole(byAda(), { maxSessionDuration: 7_200 });
    await assertRefused(
      assume(role.arn, { DurationSeconds: 7_201 }),
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
    await assertRefused(assume(role.arn, { DurationSeconds: 899 }), 'ValidationError');
    const credentials = await assume(role.arn, { DurationSeconds: 7_200 });
    const kms = server.client({ credentials });
    server.clock.advance(7_199_000);
    await kms.listKeys();
    server.clock.advance(1_000);
    const error = await assertRefused(
      kms.listKeys(),
      'ExpiredTokenException',
      'The security token included in the request is expired',
    );
    assert.equal(error.$metadata.httpStatusCode, 400);
    const inXml = await assertRefused(server.sts({ credentials }).getCallerIdentity(), 'ExpiredToken');
    assert.equal(inXml.$metadata.httpStatusCode, 403);
  });

  it('lasts an hour at most when the session of another role assumes it', async () => {
    const first = await createRole(byAda());
    const second = await createRole(byAccount, { maxSessionDuration: 43_200 });
    const by = await assume(first.arn);
    await assertRefused(
      assume(second.arn, { DurationSeconds: 3_601 }, by),
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
    const credentials = await assume(second.arn, { DurationSeconds: 3_600, RoleSessionName: 'chained' }, by);
    assert.equal(
      (await server.sts({ credentials }).getCallerIdentity()).Arn,
      `arn:aws:sts::${ACCOUNT}:assumed-role/${second.name}/chained`,
    );
  });

  it('has no second factors and no context providers', async () => {
    const role = await createRole(byAda());
    await assertRefused(
      assume(role.arn, { SerialNumber: `arn:aws:iam::${ACCOUNT}:mfa/ada`, TokenCode: '123456' }),
      'AccessDenied',
      /^MultiFactorAuthentication failed/,
    );
    await assertRefused(
      assume(role.arn, {
        ProvidedContexts: [{ ProviderArn: 'arn:aws:iam::aws:contextProvider/x', ContextAssertion: 'xxxx' }],
      }),
      'InvalidParameterValue',
    );
  });
});

describe('session policies', () => {
  const onlyList = JSON.stringify(identityPolicy({ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }));

  it('limit a session to what they allow', async () => {
    const role = await createRole(byAda());
    const kms = server.client({ credentials: await assume(role.arn, { Policy: onlyList }) });
    await kms.listKeys();
    await assertRefused(
      kms.listAliases(),
      'AccessDeniedException',
      `User: arn:aws:sts::${ACCOUNT}:assumed-role/${role.name}/session is not authorized to perform: kms:ListAliases on resource: * because no session policy allows the kms:ListAliases action`,
    );
  });

  it('limit what a key policy gives the role', async () => {
    const role = await createRole(byAda());
    const { keyId } = await createKey(server.client(), {
      Policy: keyPolicy(allow(), allow({ Principal: { AWS: role.arn } })),
    });
    const free = server.client({ credentials: await assume(role.arn) });
    await free.describeKey({ KeyId: keyId });
    const limited = server.client({ credentials: await assume(role.arn, { Policy: onlyList }) });
    await assertRefused(
      limited.describeKey({ KeyId: keyId }),
      'AccessDeniedException',
      /no session policy allows/,
    );
  });

  it('can be managed policies, in the version that is the default at the time of a request', async () => {
    const role = await createRole(byAda());
    const { Policy } = await iam.createPolicy({ PolicyName: 'session', PolicyDocument: onlyList });
    const arn = Policy?.Arn ?? '';
    const kms = server.client({ credentials: await assume(role.arn, { PolicyArns: [{ arn }] }) });
    await kms.listKeys();
    await assertRefused(kms.listAliases(), 'AccessDeniedException');
    await iam.createPolicyVersion({
      PolicyArn: arn,
      PolicyDocument: onlyList.replace('ListKeys', 'ListAliases'),
      SetAsDefault: true,
    });
    await kms.listAliases();
    await assertRefused(kms.listKeys(), 'AccessDeniedException');
    await iam.deletePolicyVersion({ PolicyArn: arn, VersionId: 'v1' });
    await iam.deletePolicy({ PolicyArn: arn });
    await assertRefused(kms.listAliases(), 'AccessDeniedException');
  });

  it('have to be well-formed, to exist and to fit', async () => {
    const role = await createRole(byAda());
    await assertRefused(assume(role.arn, { Policy: '{}' }), 'MalformedPolicyDocumentException');
    await assertRefused(
      assume(role.arn, {
        Policy: JSON.stringify(
          identityPolicy({ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }),
        ),
      }),
      'MalformedPolicyDocumentException',
    );
    await assertRefused(
      assume(role.arn, { PolicyArns: [{ arn: `arn:aws:iam::${ACCOUNT}:policy/nothing` }] }),
      'NoSuchEntity',
    );
    await assertRefused(assume(role.arn, { Policy: ' '.repeat(2_049) }), 'ValidationError');
    const Tags = Array.from({ length: 50 }, (_, index) => ({
      Key: `k${index}`,
      Value: Array.from({ length: 32 }, () => Math.random().toString(36).slice(2, 10))
        .join('')
        .slice(0, 256),
    }));
    await assertRefused(assume(role.arn, { Tags }), 'PackedPolicyTooLargeException');
  });
});

describe('session tags', () => {
  it('are principal tags, in place of those of the role', async () => {
    const role = await createRole(byAda(), {
      policy: identityPolicy({
        Effect: 'Allow',
        Action: 'kms:ListKeys',
        Resource: '*',
        Condition: { StringEquals: { 'aws:PrincipalTag/team': 'orders' } },
      }),
    });
    const list = async (Tags: AssumeRoleCommandInput['Tags']) =>
      server.client({ credentials: await assume(role.arn, { Tags }) }).listKeys();
    await assertRefused(list([]), 'AccessDeniedException');
    await iam.tagRole({ RoleName: role.name, Tags: [{ Key: 'team', Value: 'orders' }] });
    await list([]);
    await list([{ Key: 'Team', Value: 'orders' }]);
    await assertRefused(list([{ Key: 'Team', Value: 'sales' }]), 'AccessDeniedException');
  });

  it('take sts:TagSession, and the tags that the trust policy asks for', async () => {
    const plain = await createRole({
      Effect: 'Allow',
      Principal: { AWS: ada.arn },
      Action: 'sts:AssumeRole',
    });
    const Tags = [{ Key: 'team', Value: 'orders' }];
    await assume(plain.arn);
    await assertRefused(
      assume(plain.arn, { Tags }),
      'AccessDenied',
      refusedText(ada.arn, 'sts:TagSession', plain.arn),
    );
    const strict = await createRole({
      ...byAda(),
      Condition: {
        StringEquals: { 'aws:RequestTag/team': 'orders' },
        'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] },
      },
    });
    await assume(strict.arn, { Tags });
    await assertRefused(assume(strict.arn), 'AccessDenied');
    await assertRefused(assume(strict.arn, { Tags: [...Tags, { Key: 'x', Value: 'y' }] }), 'AccessDenied');
  });

  it('go with roles that are assumed from the session, if they are transitive', async () => {
    const first = await createRole(byAda());
    const second = await createRole(byAccount, {
      policy: identityPolicy({
        Effect: 'Allow',
        Action: 'kms:ListKeys',
        Resource: '*',
        Condition: { StringEquals: { 'aws:PrincipalTag/team': 'orders' } },
      }),
    });
    const Tags = [{ Key: 'team', Value: 'orders' }];
    const listThrough = async (input: Partial<AssumeRoleCommandInput>) => {
      const credentials = await assume(second.arn, {}, await assume(first.arn, input));
      await server.client({ credentials }).listKeys();
    };
    await listThrough({ Tags, TransitiveTagKeys: ['team'] });
    await assertRefused(listThrough({ Tags }), 'AccessDeniedException');
    const by = await assume(first.arn, { Tags, TransitiveTagKeys: ['TEAM'] });
    await assertRefused(
      assume(second.arn, { Tags: [{ Key: 'Team', Value: 'sales' }] }, by),
      'InvalidParameterValue',
      /conflicts with a transitive tag key from the calling session/,
    );
  });

  it('have keys that differ in more than case, and transitive keys are keys of tags', async () => {
    const role = await createRole(byAda());
    const Tags = [
      { Key: 'team', Value: 'a' },
      { Key: 'TEAM', Value: 'b' },
    ];
    await assertRefused(assume(role.arn, { Tags }), 'InvalidParameterValue', /^Duplicate tag keys found/);
    const reserved = [{ Key: 'AWS:team', Value: 'a' }];
    await assertRefused(
      assume(role.arn, { Tags: reserved }),
      'InvalidParameterValue',
      /reserved for system use/,
    );
    await assertRefused(
      iam.tagRole({ RoleName: role.name, Tags: reserved }),
      'InvalidInputException',
      /reserved/,
    );
    await assertRefused(assume(role.arn, { TransitiveTagKeys: ['team'] }), 'InvalidParameterValue');
  });
});

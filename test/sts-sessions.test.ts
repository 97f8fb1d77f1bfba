import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import type { AssumeRoleCommandInput, Credentials as StsCredentials } from '@aws-sdk/client-sts';
import { createUserWithKey, identityPolicy, trustPolicy, type UserWithKey } from './support/identities.ts';
import { allow, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import {
  ACCOUNT,
  type Credentials,
  OTHER_ACCOUNT,
  startTestServer,
  type TestServer,
} from './support/server.ts';

const MINUTE = 60_000;
const EVERYTHING = identityPolicy({ Effect: 'Allow', Action: '*', Resource: '*' });

let server: TestServer;
let iam: IAM;
let ada: UserWithKey;
let counter = 0;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
  ada = await createUserWithKey(iam, 'ada', { everything: EVERYTHING });
});
after(() => server.close());

function credentialsOf(credentials: StsCredentials | undefined): Credentials {
  assert.ok(credentials?.AccessKeyId && credentials.SecretAccessKey && credentials.SessionToken);
  return {
    accessKeyId: credentials.AccessKeyId,
    secretAccessKey: credentials.SecretAccessKey,
    sessionToken: credentials.SessionToken,
  };
}

/** A role that a statement lets assume, with everything allowed; its name and ARN. */
async function createRole(
  statement: object,
  options: { readonly maxSessionDuration?: number; readonly by?: IAM; readonly policy?: object } = {},
): Promise<{ readonly name: string; readonly arn: string; readonly id: string }> {
  const { by = iam, policy = EVERYTHING } = options;
  counter += 1;
  const RoleName = `role-${counter}`;
  const { Role } = await by.createRole({
    RoleName,
    AssumeRolePolicyDocument: trustPolicy(statement),
    MaxSessionDuration: options.maxSessionDuration,
  });
  await by.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: JSON.stringify(policy) });
  assert.ok(Role?.Arn && Role.RoleId);
  return { name: RoleName, arn: Role.Arn, id: Role.RoleId };
}

async function assume(
  RoleArn: string,
  input: Partial<AssumeRoleCommandInput> = {},
  by: Credentials = ada.credentials,
): Promise<Credentials> {
  const sts = server.sts({ credentials: by });
  const { Credentials } = await sts.assumeRole({ RoleArn, RoleSessionName: 'session', ...input });
  return credentialsOf(Credentials);
}

function refusedText(principal: string, action: string, resource: string): string {
  return `User: ${principal} is not authorized to perform: ${action} on resource: ${resource}`;
}

const ASSUME = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];
const byAda = () => ({ Effect: 'Allow', Principal: { AWS: ada.arn }, Action: ASSUME });
const byAccount = { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: ASSUME };

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

describe('a source identity', () => {
  it('is a condition key of the session, takes sts:SetSourceIdentity, and stays', async () => {
    const first = await createRole(byAda());
    const second = await createRole(byAccount, {
      policy: identityPolicy({
        Effect: 'Allow',
        Action: 'kms:ListKeys',
        Resource: '*',
        Condition: { StringEquals: { 'aws:SourceIdentity': 'ada@example.com' } },
      }),
    });
    const by = await assume(first.arn, { SourceIdentity: 'ada@example.com' });
    await server.client({ credentials: await assume(second.arn, {}, by) }).listKeys();
    await assertRefused(
      assume(second.arn, { SourceIdentity: 'grace' }, by),
      'AccessDenied',
      'The source identity of the calling session cannot be changed.',
    );
    const plain = await createRole({
      Effect: 'Allow',
      Principal: { AWS: ada.arn },
      Action: 'sts:AssumeRole',
    });
    await assertRefused(
      assume(plain.arn, { SourceIdentity: 'ada' }),
      'AccessDenied',
      refusedText(ada.arn, 'sts:SetSourceIdentity', plain.arn),
    );
  });
});

describe('a session', () => {
  it('ends for all requests when its role is deleted, and a new role of the name does not revive it', async () => {
    const role = await createRole(byAda());
    const kms = server.client({ credentials: await assume(role.arn) });
    await kms.listKeys();
    await iam.deleteRolePolicy({ RoleName: role.name, PolicyName: 'p' });
    await iam.deleteRole({ RoleName: role.name });
    await assertRefused(kms.listKeys(), 'UnrecognizedClientException');
    await iam.createRole({ RoleName: role.name, AssumeRolePolicyDocument: trustPolicy(byAda()) });
    await assertRefused(kms.listKeys(), 'UnrecognizedClientException');
  });

  it('is revoked by a policy that denies what was issued before', async () => {
    const role = await createRole(byAda());
    const old = server.client({ credentials: await assume(role.arn) });
    server.clock.advance(MINUTE);
    await iam.putRolePolicy({
      RoleName: role.name,
      PolicyName: 'AWSRevokeOlderSessions',
      PolicyDocument: JSON.stringify(
        identityPolicy({
          Effect: 'Deny',
          Action: '*',
          Resource: '*',
          Condition: { DateLessThan: { 'aws:TokenIssueTime': new Date(server.clock.now()).toISOString() } },
        }),
      ),
    });
    await assertRefused(old.listKeys(), 'AccessDeniedException', /explicit deny in an identity-based policy/);
    await server.client({ credentials: await assume(role.arn) }).listKeys();
  });

  it('follows the policies of its role at once', async () => {
    const role = await createRole(byAda());
    const kms = server.client({ credentials: await assume(role.arn) });
    await kms.listKeys();
    await iam.deleteRolePolicy({ RoleName: role.name, PolicyName: 'p' });
    await assertRefused(kms.listKeys(), 'AccessDeniedException', /no identity-based policy allows/);
  });
});

describe('a session token', () => {
  let good: Credentials & { readonly sessionToken?: string };
  let token: Buffer;

  beforeEach(async () => {
    good = await assume((await createRole(byAda())).arn);
    token = Buffer.from(good.sessionToken ?? '', 'base64');
  });

  // Development mode takes credentials that it does not know for those of a root user: production refuses them.
  async function assertInvalid(credentials: Credentials): Promise<void> {
    const { Arn } = await server.sts({ credentials }).getCallerIdentity();
    assert.equal(Arn, rootOf(ACCOUNT));
  }

  it('opens with its own access key id only', async () => {
    await assertInvalid({
      ...good,
      accessKeyId: good.accessKeyId.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    });
  });

  it('is worth nothing with any bit changed, cut or longer', async () => {
    for (const place of [0, 1, 20, 30, token.length - 1]) {
      const changed = Buffer.from(token);
      changed[place] = (changed[place] ?? 0) ^ 1;
      await assertInvalid({ ...good, sessionToken: changed.toString('base64') });
    }
    await assertInvalid({ ...good, sessionToken: token.subarray(0, -1).toString('base64') });
    await assertInvalid({ ...good, sessionToken: Buffer.concat([token, Buffer.of(0)]).toString('base64') });
    await assertInvalid({ ...good, sessionToken: `${good.sessionToken}A` });
    await assertInvalid({ ...good, sessionToken: 'x' });
  });

  it('needs the secret that goes with it', async () => {
    const credentials = { ...good, secretAccessKey: 'x'.repeat(40) };
    await assertRefused(server.client({ credentials }).listKeys(), 'InvalidSignatureException');
  });

  it('does not hold its contents in the open', () => {
    for (const text of ['AROA', 'session', good.secretAccessKey, ACCOUNT])
      assert.equal(token.includes(Buffer.from(text)), false);
  });
});

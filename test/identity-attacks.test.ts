import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import type { KMS } from '@aws-sdk/client-kms';
import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import { createUserWithKey, identityPolicy, trustPolicy, type UserWithKey } from './support/identities.ts';
import { allow, keyPolicy, rootOf } from './support/key-policies.ts';
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

/*
 * What somebody with some credentials does to get at more than these are for. Every test begins where the attacker has
 * all that the attack takes, shows that as far as it is not obvious, and ends with a refusal.
 */

const EVERYTHING = identityPolicy({ Effect: 'Allow', Action: '*', Resource: '*' });
const BECOMING = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];
const ADMINISTRATOR_ACCESS = 'arn:aws:iam::aws:policy/AdministratorAccess';

let server: TestServer;
/** As the root user of ACCOUNT. */
let iam: IAM;
let kms: KMS;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
  kms = server.client();
});
after(() => server.close());

/** A name that nothing else has. */
function fresh(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}

function may(Action: string | readonly string[], more: object = {}): object {
  return { Effect: 'Allow', Action, Resource: '*', ...more };
}

function mayNot(Action: string | readonly string[], more: object = {}): object {
  return { Effect: 'Deny', Action, Resource: '*', ...more };
}

/** A user with a key and one inline policy of statements. */
function createUser(...statements: readonly object[]): Promise<UserWithKey & { readonly name: string }> {
  return createNamedUser(fresh('user'), ...statements);
}

async function createNamedUser(name: string, ...statements: readonly object[]) {
  const policies = statements.length === 0 ? {} : { p: identityPolicy(...statements) };
  return { name, ...(await createUserWithKey(iam, name, policies)) };
}

/** A role that a principal may assume, with a policy, by default one that allows everything. */
async function createRole(
  Principal: object | string,
  { RoleName = fresh('role'), policy = EVERYTHING, statement = {}, by = iam } = {},
): Promise<{ readonly name: string; readonly arn: string; readonly id: string }> {
  const { Role } = await by.createRole({
    RoleName,
    AssumeRolePolicyDocument: trustPolicy({ Effect: 'Allow', Principal, Action: BECOMING, ...statement }),
  });
  await by.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: JSON.stringify(policy) });
  assert.ok(Role?.Arn && Role.RoleId);
  return { name: RoleName, arn: Role.Arn, id: Role.RoleId };
}

async function createPolicy(
  policy: object,
  { PolicyName = fresh('policy'), by = iam } = {},
): Promise<string> {
  const { Policy } = await by.createPolicy({ PolicyName, PolicyDocument: JSON.stringify(policy) });
  return Policy?.Arn ?? '';
}

async function assume(
  { credentials }: { readonly credentials: Credentials },
  { arn: RoleArn }: { readonly arn: string },
  input: Partial<AssumeRoleCommandInput> = {},
): Promise<{ readonly credentials: Credentials }> {
  const sts = server.sts({ credentials });
  const { Credentials } = await sts.assumeRole({ RoleArn, RoleSessionName: 'session', ...input });
  return { credentials: credentialsOf(Credentials) };
}

function asKms({ credentials }: { readonly credentials: Credentials }): KMS {
  return server.client({ credentials });
}

function asIam({ credentials }: { readonly credentials: Credentials }): IAM {
  return server.iam({ credentials });
}

async function denied(call: Promise<unknown>, message?: string | RegExp): Promise<string> {
  const { message: text } = await assertRefused(
    call.catch((error: Error) => {
      // The two protocols call it differently.
      error.name = error.name.replace(/Exception$/, '');
      throw error;
    }),
    'AccessDenied',
    message,
  );
  return text;
}

describe('taking the name of somebody who is gone', () => {
  it('does not give a user the roles that trusted the user before', async () => {
    const name = fresh('ada');
    const role = await createRole({ AWS: (await createNamedUser(name)).arn });
    await removeUser(name);
    const successor = await createNamedUser(name);
    await denied(assume(successor, role));
  });

  it('does not give it to a user who is renamed to it either', async () => {
    const name = fresh('ada');
    const role = await createRole({ AWS: (await createNamedUser(name)).arn });
    await removeUser(name);
    const other = await createUser();
    await iam.updateUser({ UserName: other.name, NewUserName: name });
    await denied(assume(other, role));
  });

  it('does not give a role what trusts and keys gave to the role before', async () => {
    const user = await createUser();
    const first = await createRole({ AWS: user.arn });
    const next = await createRole({ AWS: first.arn });
    const { arn: KeyId } = await createKey(kms, {
      Policy: keyPolicy(allow(), allow({ Principal: { AWS: first.arn } })),
    });
    await removeRole(first.name);
    const second = await createRole(
      { AWS: user.arn },
      { RoleName: first.name, policy: identityPolicy(may('kms:ListKeys')) },
    );
    assert.equal(second.arn, first.arn);
    const session = await assume(user, second);
    await denied(assume(session, next));
    await denied(asKms(session).describeKey({ KeyId }));
  });

  it('does not let a managed policy limit less than the session policy whose ARN it has', async () => {
    const user = await createUser();
    const role = await createRole({ AWS: user.arn });
    const PolicyName = fresh('limit');
    const arn = await createPolicy(identityPolicy(may('kms:ListKeys')), { PolicyName });
    const session = await assume(user, role, { PolicyArns: [{ arn }] });
    await asKms(session).listKeys();
    await iam.deletePolicy({ PolicyArn: arn });
    assert.equal(await createPolicy(EVERYTHING, { PolicyName }), arn);
    await denied(asKms(session).listKeys());
  });
});

describe('naming what belongs to another account', () => {
  it('attaches none of its policies: to users, as a boundary, to sessions', async () => {
    const PolicyArn = await createPolicy(EVERYTHING, { by: server.iam({ account: OTHER_ACCOUNT }) });
    const user = await createUser(may('sts:GetFederationToken'));
    const role = await createRole({ AWS: user.arn });
    await assertRefused(iam.attachUserPolicy({ UserName: user.name, PolicyArn }), 'NoSuchEntityException');
    await assertRefused(
      iam.putUserPermissionsBoundary({ UserName: user.name, PermissionsBoundary: PolicyArn }),
      'NoSuchEntityException',
    );
    const PolicyArns = [{ arn: PolicyArn }];
    await assertRefused(assume(user, role, { PolicyArns }), 'NoSuchEntity');
    await assertRefused(server.sts(user).getFederationToken({ Name: 'guest', PolicyArns }), 'NoSuchEntity');
  });

  it('changes and shows none of its policies and providers, even to its own root user', async () => {
    const others = server.iam({ account: OTHER_ACCOUNT });
    const PolicyArn = await createPolicy(EVERYTHING, { by: others });
    const { OpenIDConnectProviderArn } = await others.createOpenIDConnectProvider({
      Url: `https://${fresh('issuer')}.example.com`,
    });
    for (const call of [
      () => iam.getPolicy({ PolicyArn }),
      () => iam.getPolicyVersion({ PolicyArn, VersionId: 'v1' }),
      () =>
        iam.createPolicyVersion({
          PolicyArn,
          PolicyDocument: JSON.stringify(EVERYTHING),
          SetAsDefault: true,
        }),
      () => iam.deletePolicy({ PolicyArn }),
      () => iam.tagPolicy({ PolicyArn, Tags: [{ Key: 'a', Value: 'b' }] }),
      () => iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn }),
      () => iam.addClientIDToOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID: 'mine' }),
    ])
      await assertRefused(call(), 'NoSuchEntityException');
    await iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn });
    await others.getOpenIDConnectProvider({ OpenIDConnectProviderArn });
  });

  it('becomes no role there on the word of one account alone', async () => {
    const user = await createUser(may('sts:AssumeRole'));
    const others = server.iam({ account: OTHER_ACCOUNT });
    await denied(assume(user, await createRole({ AWS: OTHER_ACCOUNT }, { by: others })));
    const nobody = await createUser();
    await denied(assume(nobody, await createRole('*', { by: others })));
    await denied(assume(nobody, await createRole({ AWS: nobody.arn }, { by: others })));
  });
});

describe('another spelling', () => {
  it('of the ARN of a role finds no role', async () => {
    const user = await createUser(may('sts:AssumeRole'));
    const RoleName = fresh('Spelled');
    const { Role } = await iam.createRole({
      RoleName,
      Path: '/a/b/',
      AssumeRolePolicyDocument: trustPolicy({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }),
    });
    const arn = Role?.Arn ?? '';
    await assume(user, { arn });
    for (const other of [
      arn.replace('/a/b/', '/'),
      arn.replace('/a/b/', '/a/'),
      arn.replace('/a/b/', '//a/b/'),
      arn.replace('Spelled', 'spelled'),
      arn.replace('arn:aws:', 'arn:aws-cn:'),
      arn.replace(ACCOUNT, 'aws'),
      arn.replace('/a/b/', '/*/'),
      `${arn}\n`,
    ])
      await denied(assume(user, { arn: other }));
  });

  it('of a name does not reach past a Deny on the ARN', async () => {
    const attacker = await createUser(
      may('iam:*'),
      mayNot('iam:*', { Resource: 'arn:aws:iam::*:user/*/Protected-*' }),
    );
    const UserName = fresh('Protected');
    await iam.createUser({ UserName, Path: '/safe/' });
    await denied(asIam(attacker).createAccessKey({ UserName }));
    await assertRefused(
      asIam(attacker).createAccessKey({ UserName: UserName.toLowerCase() }),
      'NoSuchEntityException',
    );
    const safe = await createUser();
    await denied(
      asIam(attacker).updateUser({ UserName: safe.name, NewUserName: fresh('Protected'), NewPath: '/x/' }),
    );
  });

  it('of a tag key does not take a tag away that must stay', async () => {
    const attacker = await createUser(
      may(['iam:TagUser', 'iam:UntagUser']),
      mayNot('iam:*', { Condition: { 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['Team'] } } }),
    );
    const UserName = fresh('tagged');
    await iam.createUser({ UserName, Tags: [{ Key: 'Team', Value: 'red' }] });
    const by = asIam(attacker);
    await denied(by.untagUser({ UserName, TagKeys: ['Team'] }));
    await denied(by.untagUser({ UserName, TagKeys: ['TEAM'] }));
    await denied(by.tagUser({ UserName, Tags: [{ Key: 'team', Value: 'blue' }] }));
    await by.tagUser({ UserName, Tags: [{ Key: 'Job', Value: 'x' }] });
    const { Tags } = await iam.listUserTags({ UserName });
    assert.deepEqual(
      Tags?.find(({ Key }) => Key === 'Team'),
      { Key: 'Team', Value: 'red' },
    );
  });

  it('of a session tag does not stand beside the tag of the role, nor under the name of another condition key', async () => {
    const user = await createUser();
    const condition = {
      StringEquals: {
        'aws:PrincipalTag/Team': 'red',
        'aws:SourceIp': '10.0.0.1',
        'aws:PrincipalTag/aws:SourceIp': '10.0.0.1',
      },
    };
    const role = await createRole(
      { AWS: user.arn },
      { policy: identityPolicy(may('kms:ListKeys', { Condition: condition })) },
    );
    await iam.tagRole({ RoleName: role.name, Tags: [{ Key: 'Team', Value: 'red' }] });
    const Tags = [{ Key: 'aws:SourceIp', Value: '10.0.0.1' }];
    await assert.rejects(assume(user, role, { Tags }), { name: 'InvalidParameterValue' });
    const byTeam = identityPolicy(
      may('kms:ListKeys', { Condition: { StringEquals: { 'aws:PrincipalTag/Team': 'red' } } }),
    );
    await iam.putRolePolicy({ RoleName: role.name, PolicyName: 'p', PolicyDocument: JSON.stringify(byTeam) });
    await asKms(await assume(user, role)).listKeys();
    await denied(asKms(await assume(user, role, { Tags: [{ Key: 'TEAM', Value: 'blue' }] })).listKeys());
  });
});

describe('temporary credentials', () => {
  it('are good for none but their own account, user and access key', async () => {
    const user = await createUser();
    const role = await createRole({ AWS: user.arn });
    const one = await assume(user, role);
    const other = await assume(user, role);
    // A development server takes who is unknown for the root user, so that a test of refusals looks at who it is.
    for (const credentials of [
      { ...one.credentials, sessionToken: other.credentials.sessionToken ?? '' },
      { ...one.credentials, accessKeyId: other.credentials.accessKeyId },
      { ...user.credentials, sessionToken: one.credentials.sessionToken ?? '' },
    ])
      await server
        .sts({ credentials })
        .getCallerIdentity()
        .then(
          ({ Arn }) => assert.equal(Arn, rootOf(ACCOUNT)),
          (error: Error) => assert.equal(error.name, 'SignatureDoesNotMatch'),
        );
  });

  it('end with the very millisecond at which they are told to end', async () => {
    const user = await createUser();
    const session = await assume(user, await createRole({ AWS: user.arn }), { DurationSeconds: 900 });
    const end = (Math.floor(server.clock.now() / 1000) + 900) * 1000;
    server.clock.advance(end - server.clock.now() - 1);
    await asKms(session).listKeys();
    server.clock.advance(1);
    await assertRefused(asKms(session).listKeys(), 'ExpiredTokenException');
  });

  it('of a limited session do not become unlimited by assuming the same role again', async () => {
    const user = await createUser();
    const role = await createRole({ AWS: ACCOUNT });
    await iam.putUserPolicy({
      UserName: user.name,
      PolicyName: 'p',
      PolicyDocument: JSON.stringify(EVERYTHING),
    });
    const Policy = JSON.stringify(identityPolicy(may('kms:ListKeys')));
    await denied(assume(await assume(user, role, { Policy }), role));
  });

  it('do not get longer by passing from role to role, and keep who began', async () => {
    const user = await createUser();
    const role = await createRole({ AWS: ACCOUNT });
    await iam.putUserPolicy({
      UserName: user.name,
      PolicyName: 'p',
      PolicyDocument: JSON.stringify(EVERYTHING),
    });
    await iam.updateRole({ RoleName: role.name, MaxSessionDuration: 43_200 });
    const Tags = [{ Key: 'Job', Value: 'x' }];
    const session = await assume(user, role, { SourceIdentity: 'ada', Tags, TransitiveTagKeys: ['job'] });
    await assertRefused(assume(session, role, { DurationSeconds: 3601 }), 'ValidationError');
    await denied(assume(session, role, { SourceIdentity: 'eve' }));
    await assertRefused(
      assume(session, role, { Tags: [{ Key: 'JOB', Value: 'y' }] }),
      'InvalidParameterValue',
    );
  });

  it('do not leave the permissions boundary behind, of whichever kind they are', async () => {
    const boundary = await createPolicy(identityPolicy(may(['kms:ListKeys', 'sts:*'])));
    const user = await createUser(may('*'));
    const role = await createRole({ AWS: user.arn });
    await iam.putUserPermissionsBoundary({ UserName: user.name, PermissionsBoundary: boundary });
    await iam.putRolePermissionsBoundary({ RoleName: role.name, PermissionsBoundary: boundary });
    const sts = server.sts(user);
    const Policy = JSON.stringify(EVERYTHING);
    for (const session of [
      await assume(user, role, { Policy }),
      { credentials: credentialsOf((await sts.getSessionToken()).Credentials) },
      { credentials: credentialsOf((await sts.getFederationToken({ Name: 'guest', Policy })).Credentials) },
    ]) {
      await asKms(session).listKeys();
      await denied(asKms(session).listAliases(), /no permissions boundary allows/);
    }
  });

  it('of a federated user do not shed the tags of the user behind it', async () => {
    const onlyRed = { Condition: { StringNotEquals: { 'aws:PrincipalTag/Team': 'red' } } };
    const suspended = { Condition: { StringEquals: { 'aws:PrincipalTag/Status': 'suspended' } } };
    const user = await createUser(
      may(['kms:*', 'sts:GetFederationToken']),
      mayNot('kms:*', onlyRed),
      mayNot('kms:*', suspended),
    );
    const federated = async () => {
      const Policy = JSON.stringify(EVERYTHING);
      const { Credentials } = await server.sts(user).getFederationToken({ Name: 'guest', Policy });
      return { credentials: credentialsOf(Credentials) };
    };
    await iam.tagUser({ UserName: user.name, Tags: [{ Key: 'Team', Value: 'red' }] });
    await asKms(user).listKeys();
    await asKms(await federated()).listKeys();
    await iam.tagUser({ UserName: user.name, Tags: [{ Key: 'Status', Value: 'suspended' }] });
    await denied(asKms(user).listKeys());
    await denied(asKms(await federated()).listKeys());
  });

  it('of a session with a session policy do not put a key policy on a new key under which only the role could manage it', async () => {
    const user = await createUser();
    const role = await createRole({ AWS: user.arn });
    const session = await assume(user, role, {
      Policy: JSON.stringify(identityPolicy(may('kms:CreateKey'))),
    });
    await assertRefused(
      asKms(session).createKey({ Policy: keyPolicy(allow({ Principal: { AWS: role.arn } })) }),
      'MalformedPolicyDocumentException',
      /will not allow you to update the key policy/,
    );
  });
});

describe('a delegated administrator', () => {
  it('creates and changes nobody without the boundary that is asked for', async () => {
    const boundary = await createPolicy(identityPolicy(may('kms:ListKeys')));
    const wide = await createPolicy(EVERYTHING);
    const attacker = await createUser(
      may(['iam:CreateUser', 'iam:AttachUserPolicy', 'iam:PutUserPermissionsBoundary'], {
        Condition: { StringEquals: { 'iam:PermissionsBoundary': boundary } },
      }),
    );
    const by = asIam(attacker);
    await denied(by.createUser({ UserName: fresh('x') }));
    await denied(by.createUser({ UserName: fresh('x'), PermissionsBoundary: wide }));
    await denied(by.attachUserPolicy({ UserName: attacker.name, PolicyArn: ADMINISTRATOR_ACCESS }));
    const UserName = fresh('x');
    await by.createUser({ UserName, PermissionsBoundary: boundary });
    await by.attachUserPolicy({ UserName, PolicyArn: ADMINISTRATOR_ACCESS });
    await denied(by.putUserPermissionsBoundary({ UserName, PermissionsBoundary: wide }));
    await denied(by.deleteUserPermissionsBoundary({ UserName }));
  });

  it('of some policies attaches no others, and puts none into effect that it may not change', async () => {
    const harmless = await createPolicy(identityPolicy(may('kms:ListKeys')));
    const attacker = await createUser(
      may('iam:AttachUserPolicy', { Condition: { ArnEquals: { 'iam:PolicyARN': harmless } } }),
    );
    const by = asIam(attacker);
    await by.attachUserPolicy({ UserName: attacker.name, PolicyArn: harmless });
    await denied(by.attachUserPolicy({ UserName: attacker.name, PolicyArn: ADMINISTRATOR_ACCESS }));
    const PolicyDocument = JSON.stringify(EVERYTHING);
    await denied(by.createPolicyVersion({ PolicyArn: harmless, PolicyDocument, SetAsDefault: true }));
    await denied(by.setDefaultPolicyVersion({ PolicyArn: harmless, VersionId: 'v1' }));
  });

  it('of a path acts on nobody outside of it, and moves nobody out or in', async () => {
    const attacker = await createUser(may('iam:*', { Resource: 'arn:aws:iam::*:user/dev/*' }));
    const by = asIam(attacker);
    const admin = await createUser();
    const UserName = fresh('dev');
    await by.createUser({ UserName, Path: '/dev/' });
    await denied(by.createUser({ UserName: fresh('x'), Path: '/dev' + 's/' }));
    await denied(by.updateUser({ UserName, NewPath: '/' }));
    await denied(by.updateUser({ UserName: admin.name, NewPath: '/dev/' }));
    await denied(by.createAccessKey({ UserName: admin.name }));
    await denied(by.listUsers({ PathPrefix: '/' }));
    await denied(by.listUsers({ PathPrefix: '/de' }));
  });

  it('learns no secret and changes no access key of somebody else by its id', async () => {
    const itself = 'arn:aws:iam::*:user/$' + '{aws:username}';
    const attacker = await createUser(may('iam:*', { Resource: itself }));
    const victim = await createUser();
    const AccessKeyId = victim.credentials.accessKeyId;
    const by = asIam(attacker);
    await assertRefused(by.deleteAccessKey({ AccessKeyId }), 'NoSuchEntityException');
    await assertRefused(by.updateAccessKey({ AccessKeyId, Status: 'Inactive' }), 'NoSuchEntityException');
    await denied(by.deleteAccessKey({ AccessKeyId, UserName: victim.name }));
    await server.sts(victim).getCallerIdentity();
  });
});

async function removeUser(UserName: string): Promise<void> {
  for (const { AccessKeyId } of (await iam.listAccessKeys({ UserName })).AccessKeyMetadata ?? [])
    await iam.deleteAccessKey({ UserName, AccessKeyId });
  await iam.deleteUser({ UserName });
}

async function removeRole(RoleName: string): Promise<void> {
  await iam.deleteRolePolicy({ RoleName, PolicyName: 'p' });
  await iam.deleteRole({ RoleName });
}

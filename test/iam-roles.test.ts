import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import { createUserWithKey, identityPolicy, trustPolicy } from './support/identities.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let iam: IAM;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
});
after(() => server.close());

const trusting = (...arns: readonly string[]) =>
  trustPolicy({ Effect: 'Allow', Principal: { AWS: arns }, Action: 'sts:AssumeRole' });
const TRUSTS_ACCOUNT = trusting(`arn:aws:iam::${ACCOUNT}:root`);
const LISTS_KEYS = identityPolicy({ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' });
const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;

async function shownTrustPolicy(RoleName: string): Promise<string> {
  const { Role } = await iam.getRole({ RoleName });
  return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
}

async function createBoundary(PolicyName: string, ...Action: readonly string[]): Promise<string> {
  const { Policy } = await iam.createPolicy({
    PolicyName,
    PolicyDocument: JSON.stringify(identityPolicy({ Effect: 'Allow', Action, Resource: '*' })),
  });
  assert.ok(Policy?.Arn);
  return Policy.Arn;
}

describe('a role', () => {
  it('is created, described, listed, changed and deleted', async () => {
    const { Role } = await iam.createRole({
      RoleName: 'orders',
      Path: '/service/',
      AssumeRolePolicyDocument: TRUSTS_ACCOUNT,
      Description: 'Encrypts orders.',
      MaxSessionDuration: 7200,
      Tags: [{ Key: 'team', Value: 'orders' }],
    });
    assert.match(Role?.RoleId ?? '', /^AROA[A-Z2-7]{17}$/);
    assert.equal(Role?.Arn, roleArn('service/orders'));
    assert.equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), TRUSTS_ACCOUNT);
    assert.doesNotMatch(Role?.AssumeRolePolicyDocument ?? '', /[{}" ]/);
    assert.equal(Role?.Description, 'Encrypts orders.');
    assert.equal(Role?.MaxSessionDuration, 7200);
    assert.deepEqual(Role?.Tags, [{ Key: 'team', Value: 'orders' }]);
    assert.deepEqual((await iam.getRole({ RoleName: 'orders' })).Role, Role);

    const { Tags: _, ...listed } = Role ?? {};
    assert.deepEqual((await iam.listRoles({ PathPrefix: '/service/' })).Roles, [listed]);
    assert.deepEqual((await iam.listRoles({ PathPrefix: '/other/' })).Roles, []);

    await iam.updateRole({ RoleName: 'orders', MaxSessionDuration: 43_200 });
    await iam.updateRole({ RoleName: 'orders', Description: 'Decrypts orders.' });
    const changed = (await iam.getRole({ RoleName: 'orders' })).Role;
    assert.equal(changed?.MaxSessionDuration, 43_200);
    assert.equal(changed?.Description, 'Decrypts orders.');
    const described = await iam.updateRoleDescription({ RoleName: 'orders', Description: '' });
    assert.deepEqual(described.Role, (await iam.getRole({ RoleName: 'orders' })).Role);
    assert.equal(described.Role?.Description, undefined);
    assert.equal(described.Role?.MaxSessionDuration, 43_200);

    await iam.deleteRole({ RoleName: 'orders' });
    await assertRefused(
      iam.getRole({ RoleName: 'orders' }),
      'NoSuchEntityException',
      'The role with name orders cannot be found.',
    );
  });

  it('lasts an hour and has no description unless it is told otherwise', async () => {
    const { Role } = await iam.createRole({ RoleName: 'plain', AssumeRolePolicyDocument: TRUSTS_ACCOUNT });
    assert.equal(Role?.MaxSessionDuration, 3600);
    assert.equal(Role?.Description, undefined);
    assert.equal(Role?.PermissionsBoundary, undefined);
  });

  it('has a name that no other role of its account has, in whichever case', async () => {
    await iam.createRole({ RoleName: 'unique', AssumeRolePolicyDocument: TRUSTS_ACCOUNT });
    const refused = await assertRefused(
      iam.createRole({ RoleName: 'Unique', AssumeRolePolicyDocument: TRUSTS_ACCOUNT }),
      'EntityAlreadyExistsException',
      'Role with name Unique already exists.',
    );
    assert.equal(refused.$metadata.httpStatusCode, 409);
    await server
      .iam({ account: OTHER_ACCOUNT })
      .createRole({ RoleName: 'Unique', AssumeRolePolicyDocument: TRUSTS_ACCOUNT });
  });

  it('is listed by name, in pages', async () => {
    for (const letter of ['c', 'a', 'b'])
      await iam.createRole({
        RoleName: `paged-${letter}`,
        Path: '/paged/',
        AssumeRolePolicyDocument: TRUSTS_ACCOUNT,
      });
    const first = await iam.listRoles({ PathPrefix: '/paged/', MaxItems: 2 });
    assert.deepEqual(
      first.Roles?.map(({ RoleName }) => RoleName),
      ['paged-a', 'paged-b'],
    );
    assert.equal(first.IsTruncated, true);
    const second = await iam.listRoles({ PathPrefix: '/paged/', Marker: first.Marker });
    assert.deepEqual(
      second.Roles?.map(({ RoleName }) => RoleName),
      ['paged-c'],
    );
    assert.equal(second.IsTruncated, false);
    await assertRefused(iam.listRoles({ Marker: first.Marker }), 'ValidationError', /^Invalid Marker/);
  });

  it('stays while it has policies', async () => {
    const RoleName = 'carrier';
    await iam.createRole({ RoleName, AssumeRolePolicyDocument: TRUSTS_ACCOUNT });
    const PolicyDocument = JSON.stringify(LISTS_KEYS);
    await iam.putRolePolicy({ RoleName, PolicyName: 'inline', PolicyDocument });
    const refused = await assertRefused(
      iam.deleteRole({ RoleName }),
      'DeleteConflictException',
      'Cannot delete entity, must delete policies first.',
    );
    assert.equal(refused.$metadata.httpStatusCode, 409);
    await iam.deleteRolePolicy({ RoleName, PolicyName: 'inline' });
    const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
    await iam.attachRolePolicy({ RoleName, PolicyArn });
    await assertRefused(
      iam.deleteRole({ RoleName }),
      'DeleteConflictException',
      'Cannot delete entity, must detach all policies first.',
    );
    await iam.detachRolePolicy({ RoleName, PolicyArn });
    await iam.deleteRole({ RoleName });
  });

  const UNSUITABLE: readonly [string, Parameters<IAM['createRole']>[0]][] = [
    ['sessions of less than an hour', { ...named('x'), MaxSessionDuration: 3599 }],
    ['sessions of more than twelve hours', { ...named('x'), MaxSessionDuration: 43_201 }],
    ['a description of 1,001 characters', { ...named('x'), Description: 'd'.repeat(1001) }],
    ['a name of 65 characters', named('n'.repeat(65))],
    ['a path that does not end in a slash', { ...named('x'), Path: '/service' }],
  ];
  for (const [what, request] of UNSUITABLE) {
    it(`is refused ${what}`, async () => {
      await assertRefused(iam.createRole(request), 'ValidationError', /failed to satisfy constraint/);
    });
  }

  it('has no tag twice', async () => {
    await assertRefused(
      iam.createRole({
        ...named('twice'),
        Tags: [
          { Key: 'team', Value: 'a' },
          { Key: 'Team', Value: 'b' },
        ],
      }),
      'InvalidInputException',
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    );
  });

  function named(RoleName: string) {
    return { RoleName, AssumeRolePolicyDocument: TRUSTS_ACCOUNT };
  }
});

describe('a trust policy', () => {
  it('names users and roles that exist', async () => {
    for (const arn of [roleArn('nobody'), `arn:aws:iam::${ACCOUNT}:user/nobody`, roleArn('itself')]) {
      const refused = await assertRefused(
        iam.createRole({ RoleName: 'itself', AssumeRolePolicyDocument: trusting(arn) }),
        'MalformedPolicyDocumentException',
      );
      assert.ok(refused.message.startsWith(`Invalid principal in policy: "AWS":"${arn}"`), refused.message);
    }
  });

  it('is a policy, about assuming, without resource and not too large', async () => {
    const refuse = (document: string, code: string, message: RegExp) =>
      assertRefused(iam.createRole({ RoleName: 'bad', AssumeRolePolicyDocument: document }), code, message);
    await refuse('{', 'MalformedPolicyDocumentException', /not valid JSON/);
    const allowed = { Effect: 'Allow', Principal: { AWS: ACCOUNT } };
    await refuse(
      trustPolicy({ ...allowed, Action: 'kms:Decrypt' }),
      'MalformedPolicyDocumentException',
      /^AssumeRole policy may only specify STS AssumeRole actions\./,
    );
    await refuse(
      trustPolicy({ ...allowed, Action: 'sts:AssumeRole', Resource: '*' }),
      'MalformedPolicyDocumentException',
      /^Has prohibited field Resource/,
    );
    const Condition = { StringEquals: { 'sts:ExternalId': 'x'.repeat(2048) } };
    await refuse(
      trustPolicy({ ...allowed, Action: 'sts:AssumeRole', Condition }),
      'LimitExceededException',
      /^Cannot exceed quota for ACLSizePerRole: 2048$/,
    );
  });

  it('follows the users it names, and shows the unique id of one who is gone', async () => {
    const { User } = await iam.createUser({ UserName: 'walker' });
    assert.ok(User?.Arn && User.UserId);
    await iam.createRole({ RoleName: 'followed', AssumeRolePolicyDocument: trusting(User.Arn) });
    await iam.updateUser({ UserName: 'walker', NewUserName: 'runner', NewPath: '/fast/' });
    assert.equal(await shownTrustPolicy('followed'), trusting(`arn:aws:iam::${ACCOUNT}:user/fast/runner`));
    await iam.deleteUser({ UserName: 'runner' });
    assert.equal(await shownTrustPolicy('followed'), trusting(User.UserId));
  });

  it('decides from the next request on who may assume the role', async () => {
    const ada = await createUserWithKey(iam, 'assuming-ada');
    const bob = await createUserWithKey(iam, 'assuming-bob');
    await iam.createRole({ RoleName: 'assumed', AssumeRolePolicyDocument: trusting(ada.arn) });
    const assume = (credentials: typeof ada.credentials) =>
      server.sts({ credentials }).assumeRole({ RoleArn: roleArn('assumed'), RoleSessionName: 'test' });
    await assume(ada.credentials);
    await assertRefused(assume(bob.credentials), 'AccessDenied');
    await iam.updateAssumeRolePolicy({ RoleName: 'assumed', PolicyDocument: trusting(bob.arn) });
    await assume(bob.credentials);
    await assertRefused(assume(ada.credentials), 'AccessDenied');
    assert.equal(await shownTrustPolicy('assumed'), trusting(bob.arn));
  });

  it('is replaced only by one that could be there from the start', async () => {
    await iam.createRole({ RoleName: 'kept', AssumeRolePolicyDocument: TRUSTS_ACCOUNT });
    await assertRefused(
      iam.updateAssumeRolePolicy({ RoleName: 'kept', PolicyDocument: trusting(roleArn('nobody')) }),
      'MalformedPolicyDocumentException',
      /^Invalid principal in policy/,
    );
    assert.equal(await shownTrustPolicy('kept'), TRUSTS_ACCOUNT);
    await iam.updateAssumeRolePolicy({ RoleName: 'kept', PolicyDocument: trusting(roleArn('kept')) });
  });
});

describe('a permissions boundary', () => {
  it('limits a user from the next request on, until it is gone', async () => {
    const { credentials } = await createUserWithKey(iam, 'limited', { keys: LISTS_KEYS });
    const kms = server.client({ credentials });
    await kms.listKeys();
    const boundary = await createBoundary('aliases-only', 'kms:ListAliases');
    await iam.putUserPermissionsBoundary({ UserName: 'limited', PermissionsBoundary: boundary });
    assert.deepEqual((await iam.getUser({ UserName: 'limited' })).User?.PermissionsBoundary, {
      PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
      PermissionsBoundaryArn: boundary,
    });
    await assertRefused(
      kms.listKeys(),
      'AccessDeniedException',
      /because no permissions boundary allows the kms:ListKeys action$/,
    );
    await iam.deleteUserPermissionsBoundary({ UserName: 'limited' });
    await kms.listKeys();
    await assertRefused(
      iam.deleteUserPermissionsBoundary({ UserName: 'limited' }),
      'NoSuchEntityException',
      'The user limited does not have a permissions boundary.',
    );
  });

  it('limits a role, set at its creation, later, or not any more', async () => {
    const RoleName = 'limited-role';
    const { credentials } = await createUserWithKey(iam, 'limits-roles', {
      assume: identityPolicy({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }),
    });
    const aliases = await createBoundary('role-aliases-only', 'kms:ListAliases');
    const keys = await createBoundary('role-keys-only', 'kms:ListKeys');
    const { Role } = await iam.createRole({
      RoleName,
      AssumeRolePolicyDocument: TRUSTS_ACCOUNT,
      PermissionsBoundary: aliases,
    });
    assert.equal(Role?.PermissionsBoundary?.PermissionsBoundaryArn, aliases);
    await iam.putRolePolicy({
      RoleName,
      PolicyName: 'keys',
      PolicyDocument: JSON.stringify(LISTS_KEYS),
    });
    const { Credentials } = await server
      .sts({ credentials })
      .assumeRole({ RoleArn: roleArn(RoleName), RoleSessionName: 'test' });
    assert.ok(Credentials?.AccessKeyId && Credentials.SecretAccessKey && Credentials.SessionToken);
    const kms = server.client({
      credentials: {
        accessKeyId: Credentials.AccessKeyId,
        secretAccessKey: Credentials.SecretAccessKey,
        sessionToken: Credentials.SessionToken,
      },
    });
    await assertRefused(kms.listKeys(), 'AccessDeniedException', /no permissions boundary allows/);
    await iam.putRolePermissionsBoundary({ RoleName, PermissionsBoundary: keys });
    await kms.listKeys();
    await iam.putRolePermissionsBoundary({ RoleName, PermissionsBoundary: aliases });
    await assertRefused(kms.listKeys(), 'AccessDeniedException', /no permissions boundary allows/);
    await iam.deleteRolePermissionsBoundary({ RoleName });
    await kms.listKeys();
    await assertRefused(
      iam.deleteRolePermissionsBoundary({ RoleName }),
      'NoSuchEntityException',
      `The role ${RoleName} does not have a permissions boundary.`,
    );
  });

  it('is a managed policy that exists', async () => {
    const missing = `arn:aws:iam::${ACCOUNT}:policy/missing`;
    await iam.createUser({ UserName: 'boundless' });
    await iam.createRole({ RoleName: 'boundless', AssumeRolePolicyDocument: TRUSTS_ACCOUNT });
    for (const call of [
      () => iam.putUserPermissionsBoundary({ UserName: 'boundless', PermissionsBoundary: missing }),
      () => iam.putRolePermissionsBoundary({ RoleName: 'boundless', PermissionsBoundary: missing }),
      () =>
        iam.createRole({
          RoleName: 'another',
          AssumeRolePolicyDocument: TRUSTS_ACCOUNT,
          PermissionsBoundary: missing,
        }),
    ])
      await assertRefused(
        call(),
        'NoSuchEntityException',
        `Policy ${missing} does not exist or is not attachable.`,
      );
  });
});

describe('who may manage roles', () => {
  it('is decided by identity policies, with the ARN of the role', async () => {
    const { arn, credentials } = await createUserWithKey(iam, 'role-manager', {
      own: identityPolicy({
        Effect: 'Allow',
        Action: 'iam:*Role*',
        Resource: `arn:aws:iam::${ACCOUNT}:role/managed/*`,
      }),
    });
    const manager = server.iam({ credentials });
    const RoleName = 'managed-role';
    await manager.createRole({ RoleName, Path: '/managed/', AssumeRolePolicyDocument: TRUSTS_ACCOUNT });
    await manager.getRole({ RoleName });
    await manager.listRoles({ PathPrefix: '/managed/' });
    await manager.updateRole({ RoleName, Description: 'mine' });
    await manager.updateAssumeRolePolicy({ RoleName, PolicyDocument: TRUSTS_ACCOUNT });
    await manager.deleteRole({ RoleName });

    await iam.createRole({ RoleName: 'foreign', AssumeRolePolicyDocument: TRUSTS_ACCOUNT });
    const refusals: readonly [string, string, () => Promise<unknown>][] = [
      [
        'CreateRole',
        roleArn('new'),
        () => manager.createRole({ RoleName: 'new', AssumeRolePolicyDocument: '{}' }),
      ],
      ['GetRole', roleArn('foreign'), () => manager.getRole({ RoleName: 'foreign' })],
      ['GetRole', roleArn('missing'), () => manager.getRole({ RoleName: 'missing' })],
      ['ListRoles', roleArn(''), () => manager.listRoles()],
      ['UpdateRole', roleArn('foreign'), () => manager.updateRole({ RoleName: 'foreign' })],
      [
        'UpdateRoleDescription',
        roleArn('foreign'),
        () => manager.updateRoleDescription({ RoleName: 'foreign', Description: '' }),
      ],
      [
        'UpdateAssumeRolePolicy',
        roleArn('foreign'),
        () => manager.updateAssumeRolePolicy({ RoleName: 'foreign', PolicyDocument: '{}' }),
      ],
      ['DeleteRole', roleArn('foreign'), () => manager.deleteRole({ RoleName: 'foreign' })],
      [
        'PutRolePermissionsBoundary',
        roleArn('foreign'),
        () =>
          manager.putRolePermissionsBoundary({
            RoleName: 'foreign',
            PermissionsBoundary: 'arn:aws:iam::aws:policy/ReadOnlyAccess',
          }),
      ],
      [
        'DeleteRolePermissionsBoundary',
        roleArn('foreign'),
        () => manager.deleteRolePermissionsBoundary({ RoleName: 'foreign' }),
      ],
    ];
    for (const [action, resource, call] of refusals)
      await assertRefused(
        call(),
        'AccessDenied',
        `User: ${arn} is not authorized to perform: iam:${action} on resource: ${resource} because no identity-based policy allows the iam:${action} action`,
      );
  });

  it('may depend on the boundary that the request sets, or that the role has', async () => {
    const boundary = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
    const { credentials } = await createUserWithKey(iam, 'bounded-manager', {
      bounded: identityPolicy({
        Effect: 'Allow',
        Action: ['iam:CreateRole', 'iam:PutRolePermissionsBoundary', 'iam:PutRolePolicy', 'iam:DeleteRole'],
        Resource: '*',
        Condition: { StringEquals: { 'iam:PermissionsBoundary': boundary } },
      }),
    });
    const manager = server.iam({ credentials });
    const request = { RoleName: 'bounded', AssumeRolePolicyDocument: TRUSTS_ACCOUNT };
    await assertRefused(manager.createRole(request), 'AccessDenied');
    await manager.createRole({ ...request, PermissionsBoundary: boundary });
    await assertRefused(
      manager.putRolePermissionsBoundary({
        RoleName: 'bounded',
        PermissionsBoundary: 'arn:aws:iam::aws:policy/AdministratorAccess',
      }),
      'AccessDenied',
    );
    await manager.putRolePermissionsBoundary({ RoleName: 'bounded', PermissionsBoundary: boundary });
    await manager.deleteRole({ RoleName: 'bounded' });
  });

  it('may depend on tags of the request and of the role', async () => {
    const { credentials } = await createUserWithKey(iam, 'tag-manager', {
      tagged: identityPolicy(
        {
          Effect: 'Allow',
          Action: ['iam:CreateRole', 'iam:TagRole'],
          Resource: '*',
          Condition: { StringEquals: { 'aws:RequestTag/team': 'keys' } },
        },
        {
          Effect: 'Allow',
          Action: 'iam:DeleteRole',
          Resource: '*',
          Condition: { StringEquals: { 'aws:ResourceTag/team': 'keys' } },
        },
      ),
    });
    const manager = server.iam({ credentials });
    const request = { RoleName: 'tagged', AssumeRolePolicyDocument: TRUSTS_ACCOUNT };
    await assertRefused(manager.createRole(request), 'AccessDenied', /iam:CreateRole/);
    await manager.createRole({ ...request, Tags: [{ Key: 'team', Value: 'keys' }] });
    await manager.deleteRole({ RoleName: 'tagged' });
    await iam.createRole({ ...request, Tags: [{ Key: 'team', Value: 'sales' }] });
    await assertRefused(manager.deleteRole({ RoleName: 'tagged' }), 'AccessDenied', /iam:DeleteRole/);
  });
});

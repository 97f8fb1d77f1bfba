import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { IAM, Policy } from '@aws-sdk/client-iam';
import { createUserWithKey, trustPolicy } from './support/identities.ts';
import { AWS_MANAGED, allowing, allowOnly, createPolicy, LISTS_KEYS } from './support/managed-policies.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let iam: IAM;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
});
after(() => server.close());

const policyArn = (name: string) => `arn:aws:iam::${ACCOUNT}:policy/${name}`;
const ABSENT = policyArn('absent');
const TRUSTS_ACCOUNT = trustPolicy({
  Effect: 'Allow',
  Principal: { AWS: ACCOUNT },
  Action: 'sts:AssumeRole',
});

const LISTS_ALIASES = allowing('kms:ListAliases');

async function describePolicy(PolicyArn: string): Promise<Policy> {
  const { Policy } = await iam.getPolicy({ PolicyArn });
  assert.ok(Policy);
  return Policy;
}

/** The document of a version of a policy, decoded. */
async function documentOf(PolicyArn: string, VersionId: string): Promise<string> {
  const { PolicyVersion } = await iam.getPolicyVersion({ PolicyArn, VersionId });
  return decodeURIComponent(PolicyVersion?.Document ?? '');
}

function namesOf(policies: readonly { readonly PolicyName?: string | undefined }[] | undefined) {
  return policies?.map(({ PolicyName }) => PolicyName);
}

describe('a managed policy', () => {
  it('is created, described, listed and deleted', async () => {
    const { Policy } = await iam.createPolicy({
      PolicyName: 'list-keys',
      Path: '/team/',
      PolicyDocument: LISTS_KEYS,
      Description: 'Lists keys.',
      Tags: [{ Key: 'team', Value: 'keys' }],
    });
    const now = new Date(Math.floor(server.clock.now() / 1000) * 1000);
    assert.match(Policy?.PolicyId ?? '', /^ANPA[A-Z2-7]{17}$/);
    const PolicyArn = policyArn('team/list-keys');
    const listed = {
      PolicyName: 'list-keys',
      PolicyId: Policy?.PolicyId,
      Arn: PolicyArn,
      Path: '/team/',
      DefaultVersionId: 'v1',
      AttachmentCount: 0,
      PermissionsBoundaryUsageCount: 0,
      IsAttachable: true,
      CreateDate: now,
      UpdateDate: now,
    };
    const described = { ...listed, Description: 'Lists keys.', Tags: [{ Key: 'team', Value: 'keys' }] };
    assert.deepEqual(Policy, described);
    assert.deepEqual(await describePolicy(PolicyArn), described);
    assert.equal(await documentOf(PolicyArn, 'v1'), LISTS_KEYS);
    const { Policies } = await iam.listPolicies({ PathPrefix: '/team/' });
    assert.deepEqual(Policies, [listed]);
    await iam.deletePolicy({ PolicyArn });
    await assertRefused(iam.getPolicy({ PolicyArn }), 'NoSuchEntityException');
    assert.deepEqual((await iam.listPolicies({ Scope: 'Local' })).Policies, []);
  });

  it('has a name that no other policy of its account has, in whichever case and under whichever path', async () => {
    await createPolicy(iam, 'unique');
    const refused = await assertRefused(
      iam.createPolicy({ PolicyName: 'Unique', Path: '/elsewhere/', PolicyDocument: LISTS_KEYS }),
      'EntityAlreadyExistsException',
      'A policy called Unique already exists. Duplicate names are not allowed.',
    );
    assert.equal(refused.$metadata.httpStatusCode, 409);
    await server
      .iam({ account: OTHER_ACCOUNT })
      .createPolicy({ PolicyName: 'unique', PolicyDocument: LISTS_KEYS });
  });

  it('has an identity policy of at most 6,144 characters, white space apart, as its document', async () => {
    for (const PolicyDocument of ['{', trustPolicy({ Effect: 'Allow', Action: 'sts:AssumeRole' })])
      await assertRefused(
        iam.createPolicy({ PolicyName: 'malformed', PolicyDocument }),
        'MalformedPolicyDocumentException',
      );
    const ofSize = (size: number) => {
      const policy = (id: string) => JSON.stringify({ Id: id, ...JSON.parse(LISTS_KEYS) });
      return policy('x'.repeat(size - policy('').length));
    };
    const PolicyArn = await createPolicy(iam, 'large', ofSize(6144).replaceAll(',', ', \n'));
    const message = 'Cannot exceed quota for PolicySize: 6144';
    await assertRefused(
      iam.createPolicy({ PolicyName: 'larger', PolicyDocument: ofSize(6145) }),
      'LimitExceededException',
      message,
    );
    await assertRefused(
      iam.createPolicyVersion({ PolicyArn, PolicyDocument: ofSize(6145) }),
      'LimitExceededException',
      message,
    );
    await assertRefused(
      iam.createPolicyVersion({ PolicyArn, PolicyDocument: '{' }),
      'MalformedPolicyDocumentException',
    );
  });

  it('has no asterisk in its path, and no tag key twice', async () => {
    const policy = { PolicyName: 'odd', PolicyDocument: LISTS_KEYS };
    await assertRefused(iam.createPolicy({ ...policy, Path: '/te*m/' }), 'ValidationError');
    const Tags = [
      { Key: 'team', Value: 'keys' },
      { Key: 'Team', Value: 'orders' },
    ];
    await assertRefused(
      iam.createPolicy({ ...policy, Tags }),
      'InvalidInputException',
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    );
  });

  it('is named by its whole ARN', async () => {
    await createPolicy(iam, 'with-path', LISTS_KEYS, '/some/');
    const foreign = `arn:aws:iam::${OTHER_ACCOUNT}:policy/unique`;
    for (const PolicyArn of [policyArn('with-path'), policyArn('some/With-path'), foreign, ABSENT]) {
      const refused = await assertRefused(
        iam.getPolicy({ PolicyArn }),
        'NoSuchEntityException',
        `Policy ${PolicyArn} does not exist or is not attachable.`,
      );
      assert.equal(refused.$metadata.httpStatusCode, 404);
    }
    const PolicyArn = `arn:aws:iam::${ACCOUNT}:role/orders`;
    const VersionId = 'v1';
    await iam.createUser({ UserName: 'arns' });
    await Promise.all(
      [
        iam.getPolicy({ PolicyArn }),
        iam.deletePolicy({ PolicyArn }),
        iam.createPolicyVersion({ PolicyArn, PolicyDocument: LISTS_KEYS }),
        iam.getPolicyVersion({ PolicyArn, VersionId }),
        iam.listPolicyVersions({ PolicyArn }),
        iam.setDefaultPolicyVersion({ PolicyArn, VersionId }),
        iam.deletePolicyVersion({ PolicyArn, VersionId }),
        iam.listEntitiesForPolicy({ PolicyArn }),
        iam.attachUserPolicy({ PolicyArn, UserName: 'arns' }),
        iam.detachUserPolicy({ PolicyArn, UserName: 'arns' }),
      ].map((call) => assertRefused(call, 'InvalidInputException', `ARN ${PolicyArn} is not valid.`)),
    );
  });

  it('stays while something uses it, or while it has other versions than the default', async () => {
    const PolicyArn = await createPolicy(iam, 'used');
    await iam.createUser({ UserName: 'attached' });
    await iam.attachUserPolicy({ UserName: 'attached', PolicyArn });
    const inUse = 'Cannot delete a policy attached to entities.';
    const refused = await assertRefused(iam.deletePolicy({ PolicyArn }), 'DeleteConflictException', inUse);
    assert.equal(refused.$metadata.httpStatusCode, 409);
    await iam.detachUserPolicy({ UserName: 'attached', PolicyArn });
    await iam.createUser({ UserName: 'bounded', PermissionsBoundary: PolicyArn });
    await assertRefused(iam.deletePolicy({ PolicyArn }), 'DeleteConflictException', inUse);
    await iam.deleteUser({ UserName: 'bounded' });
    await iam.createPolicyVersion({ PolicyArn, PolicyDocument: LISTS_ALIASES });
    await assertRefused(
      iam.deletePolicy({ PolicyArn }),
      'DeleteConflictException',
      "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
    );
    await iam.deletePolicyVersion({ PolicyArn, VersionId: 'v2' });
    await iam.deletePolicy({ PolicyArn });
  });
});

describe('a policy that AWS manages', () => {
  it('is there to be read, listed and attached', async () => {
    const policy = await describePolicy(AWS_MANAGED);
    assert.equal(policy.PolicyName, 'IAMReadOnlyAccess');
    assert.equal(policy.Description, 'Reads identities.');
    assert.match(await documentOf(AWS_MANAGED, 'v1'), /iam:Get\*/);
    assert.equal((await iam.listPolicyVersions({ PolicyArn: AWS_MANAGED })).Versions?.length, 1);
    const { credentials } = await createUserWithKey(iam, 'auditor');
    const auditor = server.iam({ credentials });
    await assertRefused(auditor.listUsers({}), 'AccessDenied');
    await iam.attachUserPolicy({ UserName: 'auditor', PolicyArn: AWS_MANAGED });
    await auditor.listUsers({});
    assert.equal((await describePolicy(AWS_MANAGED)).AttachmentCount, 1);
    const elsewhere = await server.iam({ account: OTHER_ACCOUNT }).getPolicy({ PolicyArn: AWS_MANAGED });
    assert.equal(elsewhere.Policy?.AttachmentCount, 0);
    await iam.detachUserPolicy({ UserName: 'auditor', PolicyArn: AWS_MANAGED });
    await assertRefused(auditor.listUsers({}), 'AccessDenied');
  });

  it('cannot be changed, even by the root user', async () => {
    const PolicyArn = AWS_MANAGED;
    const calls = {
      CreatePolicyVersion: () => iam.createPolicyVersion({ PolicyArn, PolicyDocument: LISTS_KEYS }),
      SetDefaultPolicyVersion: () => iam.setDefaultPolicyVersion({ PolicyArn, VersionId: 'v1' }),
      DeletePolicyVersion: () => iam.deletePolicyVersion({ PolicyArn, VersionId: 'v1' }),
      DeletePolicy: () => iam.deletePolicy({ PolicyArn }),
    };
    for (const [action, call] of Object.entries(calls)) {
      const refused = await assertRefused(
        call(),
        'AccessDenied',
        `User: arn:aws:iam::${ACCOUNT}:root is not authorized to perform: iam:${action} on resource: ${PolicyArn} because it is an AWS managed policy`,
      );
      assert.equal(refused.$metadata.httpStatusCode, 403);
    }
  });
});

describe('the list of policies', () => {
  const account = '777788889999';
  let client: IAM;

  before(async () => {
    client = server.iam({ account });
    for (const [PolicyName, Path] of [
      ['b-attached', '/'],
      ['Z-boundary', '/'],
      ['a-unused', '/team/'],
    ])
      await client.createPolicy({ PolicyName, Path, PolicyDocument: LISTS_KEYS });
    const arn = (name: string) => `arn:aws:iam::${account}:policy/${name}`;
    await client.createUser({ UserName: 'ada', PermissionsBoundary: arn('Z-boundary') });
    await client.attachUserPolicy({ UserName: 'ada', PolicyArn: arn('b-attached') });
    await client.attachUserPolicy({ UserName: 'ada', PolicyArn: AWS_MANAGED });
  });

  it('holds those of the account by name, then those of AWS', async () => {
    const local = ['a-unused', 'b-attached', 'Z-boundary'];
    assert.deepEqual(namesOf((await client.listPolicies({ Scope: 'Local' })).Policies), local);
    const ofAws = namesOf((await client.listPolicies({ Scope: 'AWS' })).Policies);
    assert.ok(ofAws?.includes('AdministratorAccess'));
    assert.deepEqual(ofAws, ofAws?.toSorted());
    assert.deepEqual(namesOf((await client.listPolicies({})).Policies), [...local, ...(ofAws ?? [])]);
    assert.deepEqual(namesOf((await client.listPolicies({ Scope: 'All' })).Policies), [
      ...local,
      ...(ofAws ?? []),
    ]);
  });

  it('is cut into pages, across both kinds', async () => {
    const all = namesOf((await client.listPolicies({})).Policies);
    const seen: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const page = await client.listPolicies({ MaxItems: 2, Marker });
      assert.ok((page.Policies?.length ?? 0) <= 2);
      assert.equal(page.IsTruncated, page.Marker !== undefined);
      seen.push(...(namesOf(page.Policies) ?? []));
      Marker = page.Marker;
    } while (Marker !== undefined);
    assert.deepEqual(seen, all);
  });

  it('can be limited to a path', async () => {
    assert.deepEqual(namesOf((await client.listPolicies({ PathPrefix: '/team/' })).Policies), ['a-unused']);
  });

  it('can be limited to those in use, by how they are used', async () => {
    const attached = ['b-attached', 'IAMReadOnlyAccess'];
    assert.deepEqual(namesOf((await client.listPolicies({ OnlyAttached: true })).Policies), attached);
    assert.deepEqual(
      namesOf((await client.listPolicies({ PolicyUsageFilter: 'PermissionsPolicy' })).Policies),
      attached,
    );
    const boundaries = await client.listPolicies({ PolicyUsageFilter: 'PermissionsBoundary' });
    assert.deepEqual(namesOf(boundaries.Policies), ['Z-boundary']);
    assert.equal(boundaries.Policies?.[0]?.PermissionsBoundaryUsageCount, 1);
    assert.equal(boundaries.Policies?.[0]?.AttachmentCount, 0);
    const both = { OnlyAttached: true, PolicyUsageFilter: 'PermissionsBoundary' } as const;
    assert.deepEqual((await client.listPolicies(both)).Policies, []);
    assert.deepEqual(namesOf((await client.listPolicies({ OnlyAttached: true, Scope: 'AWS' })).Policies), [
      'IAMReadOnlyAccess',
    ]);
  });
});

describe('what uses a policy', () => {
  let PolicyArn: string;
  const ids: Record<string, string | undefined> = {};

  before(async () => {
    PolicyArn = await createPolicy(iam, 'popular');
    ids['group'] = (await iam.createGroup({ GroupName: 'using', Path: '/team/' })).Group?.GroupId;
    ids['user'] = (await iam.createUser({ UserName: 'using', PermissionsBoundary: PolicyArn })).User?.UserId;
    ids['bounded'] = (
      await iam.createUser({ UserName: 'only-bounded', PermissionsBoundary: PolicyArn })
    ).User?.UserId;
    ids['role'] = (
      await iam.createRole({ RoleName: 'using', Path: '/team/', AssumeRolePolicyDocument: TRUSTS_ACCOUNT })
    ).Role?.RoleId;
    await iam.attachGroupPolicy({ GroupName: 'using', PolicyArn });
    await iam.attachUserPolicy({ UserName: 'using', PolicyArn });
    await iam.attachRolePolicy({ RoleName: 'using', PolicyArn });
  });

  const listed = async (filter: Omit<Parameters<IAM['listEntitiesForPolicy']>[0], 'PolicyArn'>) => {
    const { PolicyGroups, PolicyUsers, PolicyRoles } = await iam.listEntitiesForPolicy({
      PolicyArn,
      ...filter,
    });
    return [
      PolicyGroups?.map(({ GroupName }) => GroupName),
      PolicyUsers?.map(({ UserName }) => UserName).sort(),
      PolicyRoles?.map(({ RoleName }) => RoleName),
    ];
  };

  it('is listed and counted', async () => {
    const { $metadata: _, ...entities } = await iam.listEntitiesForPolicy({ PolicyArn });
    const byName = (one: { UserName?: string | undefined }, other: { UserName?: string | undefined }) =>
      String(one.UserName).localeCompare(String(other.UserName));
    assert.deepEqual(
      { ...entities, PolicyUsers: entities.PolicyUsers?.toSorted(byName) },
      {
        PolicyGroups: [{ GroupName: 'using', GroupId: ids['group'] }],
        PolicyUsers: [
          { UserName: 'only-bounded', UserId: ids['bounded'] },
          { UserName: 'using', UserId: ids['user'] },
        ],
        PolicyRoles: [{ RoleName: 'using', RoleId: ids['role'] }],
        IsTruncated: false,
      },
    );
    const policy = await describePolicy(PolicyArn);
    assert.equal(policy.AttachmentCount, 3);
    assert.equal(policy.PermissionsBoundaryUsageCount, 2);
  });

  it('can be limited by kind, path and usage', async () => {
    assert.deepEqual(await listed({ EntityFilter: 'User' }), [[], ['only-bounded', 'using'], []]);
    assert.deepEqual(await listed({ EntityFilter: 'Group' }), [['using'], [], []]);
    assert.deepEqual(await listed({ EntityFilter: 'Role' }), [[], [], ['using']]);
    for (const EntityFilter of ['LocalManagedPolicy', 'AWSManagedPolicy'] as const)
      assert.deepEqual(await listed({ EntityFilter }), [[], [], []]);
    assert.deepEqual(await listed({ PathPrefix: '/team/' }), [['using'], [], ['using']]);
    assert.deepEqual(await listed({ PolicyUsageFilter: 'PermissionsPolicy' }), [
      ['using'],
      ['using'],
      ['using'],
    ]);
    assert.deepEqual(await listed({ PolicyUsageFilter: 'PermissionsBoundary' }), [
      [],
      ['only-bounded', 'using'],
      [],
    ]);
  });

  it('is listed in pages, each once', async () => {
    const seen: (string | undefined)[] = [];
    let Marker: string | undefined;
    let pages = 0;
    do {
      const page = await iam.listEntitiesForPolicy({ PolicyArn, MaxItems: 1, Marker });
      seen.push(...(page.PolicyGroups ?? []).map(({ GroupId }) => GroupId));
      seen.push(...(page.PolicyUsers ?? []).map(({ UserId }) => UserId));
      seen.push(...(page.PolicyRoles ?? []).map(({ RoleId }) => RoleId));
      pages += 1;
      Marker = page.Marker;
    } while (Marker !== undefined);
    assert.equal(pages, 4);
    assert.deepEqual(seen.sort(), Object.values(ids).sort());
  });
});

describe('a user who manages policies', () => {
  it('needs a permission for the policy, by its ARN', async () => {
    const UserName = 'policy-manager';
    const { credentials, arn } = await createUserWithKey(iam, UserName);
    const manager = server.iam({ credentials });
    const PolicyArn = await createPolicy(iam, 'guarded', LISTS_KEYS, '/team/');
    const PolicyDocument = LISTS_KEYS;
    const calls: readonly (readonly [action: string, resource: string, call: () => Promise<unknown>])[] = [
      [
        'CreatePolicy',
        policyArn('team/new'),
        () => manager.createPolicy({ PolicyName: 'new', Path: '/team/', PolicyDocument }),
      ],
      ['ListPolicies', '*', () => manager.listPolicies({})],
      ['GetPolicy', PolicyArn, () => manager.getPolicy({ PolicyArn })],
      ['CreatePolicyVersion', PolicyArn, () => manager.createPolicyVersion({ PolicyArn, PolicyDocument })],
      ['GetPolicyVersion', PolicyArn, () => manager.getPolicyVersion({ PolicyArn, VersionId: 'v1' })],
      ['ListPolicyVersions', PolicyArn, () => manager.listPolicyVersions({ PolicyArn })],
      [
        'SetDefaultPolicyVersion',
        PolicyArn,
        () => manager.setDefaultPolicyVersion({ PolicyArn, VersionId: 'v2' }),
      ],
      ['DeletePolicyVersion', PolicyArn, () => manager.deletePolicyVersion({ PolicyArn, VersionId: 'v1' })],
      ['ListEntitiesForPolicy', PolicyArn, () => manager.listEntitiesForPolicy({ PolicyArn })],
      ['DeletePolicy', PolicyArn, () => manager.deletePolicy({ PolicyArn })],
    ];
    for (const [action, Resource, call] of calls) {
      await assertRefused(
        call(),
        'AccessDenied',
        `User: ${arn} is not authorized to perform: iam:${action} on resource: ${Resource} because no identity-based policy allows the iam:${action} action`,
      );
      await allowOnly(iam, UserName, { Action: `iam:${action}`, Resource });
      await call();
    }
  });

  it('needs iam:TagPolicy too to create one with tags, and can be held to certain tags', async () => {
    const { credentials } = await createUserWithKey(iam, 'tagger');
    const tagger = server.iam({ credentials });
    const tagged = (PolicyName: string, Value: string) =>
      tagger.createPolicy({ PolicyName, PolicyDocument: LISTS_KEYS, Tags: [{ Key: 'team', Value }] });
    await allowOnly(iam, 'tagger', { Action: 'iam:CreatePolicy', Resource: '*' });
    await assertRefused(tagged('tagged', 'keys'), 'AccessDenied', /perform: iam:TagPolicy on resource/);
    await allowOnly(iam, 'tagger', {
      Action: ['iam:CreatePolicy', 'iam:TagPolicy'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestTag/team': 'keys' } },
    });
    await assertRefused(tagged('tagged', 'orders'), 'AccessDenied', /perform: iam:CreatePolicy on resource/);
    await tagged('tagged', 'keys');
  });

  it('can be held to policies with certain tags', async () => {
    const { credentials } = await createUserWithKey(iam, 'by-tag');
    await allowOnly(iam, 'by-tag', {
      Action: 'iam:GetPolicy',
      Resource: '*',
      Condition: { StringEquals: { 'aws:ResourceTag/team': 'keys' } },
    });
    const client = server.iam({ credentials });
    const { Policy } = await iam.createPolicy({
      PolicyName: 'of-keys',
      PolicyDocument: LISTS_KEYS,
      Tags: [{ Key: 'team', Value: 'keys' }],
    });
    await client.getPolicy({ PolicyArn: Policy?.Arn });
    await assertRefused(
      client.getPolicy({ PolicyArn: await createPolicy(iam, 'of-nobody') }),
      'AccessDenied',
    );
  });
});

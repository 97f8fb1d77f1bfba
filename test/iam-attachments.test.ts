import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { IAM, Policy } from '@aws-sdk/client-iam';
import { createUserWithKey, trustPolicy } from './support/identities.ts';
import { AWS_MANAGED, allowOnly, createPolicy, LISTS_KEYS } from './support/managed-policies.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let iam: IAM;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
});
after(() => server.close());

const policyArn = (name: string) => `arn:aws:iam::${ACCOUNT}:policy/${name}`;
const ABSENT = policyArn('absent');
const NOT_THERE = `Policy ${ABSENT} does not exist or is not attachable.`;
const TRUSTS_ACCOUNT = trustPolicy({
  Effect: 'Allow',
  Principal: { AWS: ACCOUNT },
  Action: 'sts:AssumeRole',
});

async function describePolicy(PolicyArn: string): Promise<Policy> {
  const { Policy } = await iam.getPolicy({ PolicyArn });
  assert.ok(Policy);
  return Policy;
}

function namesOf(policies: readonly { readonly PolicyName?: string | undefined }[] | undefined) {
  return policies?.map(({ PolicyName }) => PolicyName);
}

/** The operations on the policies that are attached to an identity. */
interface Attachments {
  attach(PolicyArn: string): Promise<unknown>;
  detach(PolicyArn: string): Promise<unknown>;
  list(page?: { PathPrefix?: string; MaxItems?: number; Marker?: string | undefined }): Promise<{
    AttachedPolicies?: { PolicyName?: string | undefined; PolicyArn?: string | undefined }[] | undefined;
    IsTruncated?: boolean | undefined;
    Marker?: string | undefined;
  }>;
}

interface Carrier {
  readonly noun: 'user' | 'group' | 'role';
  /** How the names of the operations call it. */
  readonly title: string;
  create(name: string): Promise<unknown>;
  of(client: IAM, name: string): Attachments;
}

const CARRIERS: readonly Carrier[] = [
  {
    noun: 'user',
    title: 'User',
    create: (UserName) => iam.createUser({ UserName }),
    of: (client, UserName) => ({
      attach: (PolicyArn) => client.attachUserPolicy({ UserName, PolicyArn }),
      detach: (PolicyArn) => client.detachUserPolicy({ UserName, PolicyArn }),
      list: (page) => client.listAttachedUserPolicies({ UserName, ...page }),
    }),
  },
  {
    noun: 'group',
    title: 'Group',
    create: (GroupName) => iam.createGroup({ GroupName }),
    of: (client, GroupName) => ({
      attach: (PolicyArn) => client.attachGroupPolicy({ GroupName, PolicyArn }),
      detach: (PolicyArn) => client.detachGroupPolicy({ GroupName, PolicyArn }),
      list: (page) => client.listAttachedGroupPolicies({ GroupName, ...page }),
    }),
  },
  {
    noun: 'role',
    title: 'Role',
    create: (RoleName) => iam.createRole({ RoleName, AssumeRolePolicyDocument: TRUSTS_ACCOUNT }),
    of: (client, RoleName) => ({
      attach: (PolicyArn) => client.attachRolePolicy({ RoleName, PolicyArn }),
      detach: (PolicyArn) => client.detachRolePolicy({ RoleName, PolicyArn }),
      list: (page) => client.listAttachedRolePolicies({ RoleName, ...page }),
    }),
  },
];

for (const { noun, title, create, of } of CARRIERS) {
  describe(`a policy attached to a ${noun}`, () => {
    it('is listed by name until it is detached; attaching it again changes nothing', async () => {
      await create('carrier');
      const carrier = of(iam, 'carrier');
      const second = await createPolicy(iam, `${noun}-second`);
      const first = await createPolicy(iam, `${noun}-first`, LISTS_KEYS, '/team/');
      for (const arn of [second, AWS_MANAGED, first, second]) await carrier.attach(arn);
      const { $metadata: _, ...page } = { $metadata: undefined, ...(await carrier.list()) };
      assert.deepEqual(page, {
        AttachedPolicies: [
          { PolicyName: 'IAMReadOnlyAccess', PolicyArn: AWS_MANAGED },
          { PolicyName: `${noun}-first`, PolicyArn: first },
          { PolicyName: `${noun}-second`, PolicyArn: second },
        ],
        IsTruncated: false,
      });
      assert.deepEqual(namesOf((await carrier.list({ PathPrefix: '/team/' })).AttachedPolicies), [
        `${noun}-first`,
      ]);
      const beginning = await carrier.list({ MaxItems: 2 });
      const rest = await carrier.list({ Marker: beginning.Marker });
      assert.equal(beginning.IsTruncated, true);
      assert.deepEqual(namesOf(beginning.AttachedPolicies), ['IAMReadOnlyAccess', `${noun}-first`]);
      assert.deepEqual(namesOf(rest.AttachedPolicies), [`${noun}-second`]);
      assert.equal((await describePolicy(second)).AttachmentCount, 1);
      await carrier.detach(second);
      assert.equal((await describePolicy(second)).AttachmentCount, 0);
      await carrier.detach(AWS_MANAGED);
      await carrier.detach(first);
      assert.deepEqual((await carrier.list()).AttachedPolicies, []);
    });

    it('has to exist, and to be attached to be detached', async () => {
      await create('bare');
      const bare = of(iam, 'bare');
      const arn = await createPolicy(iam, `${noun}-unattached`);
      const refused = await assertRefused(
        bare.detach(arn),
        'NoSuchEntityException',
        `Policy ${arn} was not found.`,
      );
      assert.equal(refused.$metadata.httpStatusCode, 404);
      await assertRefused(bare.attach(ABSENT), 'NoSuchEntityException', NOT_THERE);
      await assertRefused(bare.detach(ABSENT), 'NoSuchEntityException', NOT_THERE);
      const nobody = of(iam, 'nobody');
      await Promise.all(
        [nobody.attach(arn), nobody.detach(arn), nobody.list()].map((call) =>
          assertRefused(call, 'NoSuchEntityException', `The ${noun} with name nobody cannot be found.`),
        ),
      );
    });

    it('is one of ten at most', async () => {
      await create('full');
      const full = of(iam, 'full');
      const arns: string[] = [];
      for (let count = 1; count <= 11; count += 1)
        arns.push(await createPolicy(iam, `${noun}-full-${count}`));
      for (const arn of arns.slice(0, 10)) await full.attach(arn);
      const refused = await assertRefused(
        full.attach(arns[10] ?? ''),
        'LimitExceededException',
        `Cannot exceed quota for PoliciesPer${title}: 10`,
      );
      assert.equal(refused.$metadata.httpStatusCode, 409);
      await full.attach(arns[0] ?? '');
      await full.detach(arns[0] ?? '');
      await full.attach(arns[10] ?? '');
    });

    it(`is managed with permissions for the ${noun}, which can depend on the policy`, async () => {
      await create('guarded');
      const allowed = await createPolicy(iam, `${noun}-allowed`);
      const other = await createPolicy(iam, `${noun}-other`);
      const UserName = `manager-of-${noun}`;
      const { credentials, arn } = await createUserWithKey(iam, UserName);
      const guarded = of(server.iam({ credentials }), 'guarded');
      const Resource = `arn:aws:iam::${ACCOUNT}:${noun}/guarded`;
      const denied = (action: string) =>
        `User: ${arn} is not authorized to perform: iam:${action} on resource: ${Resource} because no identity-based policy allows the iam:${action} action`;
      const Condition = { ArnEquals: { 'iam:PolicyARN': allowed } };
      const calls: readonly (readonly [action: string, call: (arn: string) => Promise<unknown>])[] = [
        [`Attach${title}Policy`, guarded.attach],
        [`Detach${title}Policy`, guarded.detach],
      ];
      for (const [action, call] of calls) {
        await assertRefused(call(allowed), 'AccessDenied', denied(action));
        await allowOnly(iam, UserName, { Action: `iam:${action}`, Resource, Condition });
        await assertRefused(call(other), 'AccessDenied', denied(action));
        await call(allowed);
      }
      const action = `ListAttached${title}Policies`;
      await assertRefused(guarded.list(), 'AccessDenied', denied(action));
      await allowOnly(iam, UserName, { Action: `iam:${action}`, Resource });
      await guarded.list();
    });
  });
}

describe('a policy attached to a group', () => {
  it('counts for its members with the very next request', async () => {
    const GroupName = 'listers';
    const { credentials } = await createUserWithKey(iam, 'joan');
    const kms = server.client({ credentials });
    const PolicyArn = await createPolicy(iam, 'list-for-members');
    await iam.createGroup({ GroupName });
    await iam.addUserToGroup({ GroupName, UserName: 'joan' });
    await assertRefused(kms.listKeys({}), 'AccessDeniedException');
    await iam.attachGroupPolicy({ GroupName, PolicyArn });
    await kms.listKeys({});
    await iam.detachGroupPolicy({ GroupName, PolicyArn });
    await assertRefused(kms.listKeys({}), 'AccessDeniedException');
  });
});

describe('a policy that is deleted', () => {
  it('is never attached at the same moment', async () => {
    const UserName = 'racer';
    await iam.createUser({ UserName });
    for (let round = 0; round < 20; round += 1) {
      const PolicyArn = await createPolicy(iam, `raced-${round}`);
      const [attached, deleted] = await Promise.allSettled([
        iam.attachUserPolicy({ UserName, PolicyArn }),
        iam.deletePolicy({ PolicyArn }),
      ]);
      assert.notEqual(attached.status, deleted.status);
      if (attached.status === 'fulfilled') await iam.detachUserPolicy({ UserName, PolicyArn });
    }
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import { createUserWithKey, identityPolicy, trustPolicy } from './support/identities.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let iam: IAM;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
});
after(() => server.close());

const LISTS_KEYS = JSON.stringify(
  identityPolicy({ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }),
  undefined,
  2,
);

/** A policy of a size in characters that are not white space. */
function policyOfSize(size: number): string {
  const policy = (id: string) =>
    JSON.stringify({ Id: id, ...identityPolicy({ Effect: 'Deny', Action: '*', Resource: '*' }) });
  return policy('x'.repeat(size - policy('').length));
}

/** The operations on the inline policies of an identity. */
interface Operations {
  put(PolicyName: string, PolicyDocument: string): Promise<unknown>;
  /** The document, URL-encoded, with everything else that was answered. */
  get(PolicyName: string): Promise<{ PolicyDocument?: string | undefined }>;
  list(page?: { MaxItems?: number; Marker?: string | undefined }): Promise<{
    PolicyNames: string[] | undefined;
    IsTruncated?: boolean | undefined;
    Marker?: string | undefined;
  }>;
  remove(PolicyName: string): Promise<unknown>;
}

interface Kind {
  readonly noun: 'user' | 'group' | 'role';
  /** How the names of the operations call it. */
  readonly title: string;
  /** Characters that all inline policies together may have. */
  readonly quota: number;
  create(client: IAM, name: string): Promise<unknown>;
  of(client: IAM, name: string): Operations;
}

const KINDS: readonly Kind[] = [
  {
    noun: 'user',
    title: 'User',
    quota: 2048,
    create: (client, UserName) => client.createUser({ UserName }),
    of: (client, UserName) => ({
      put: (PolicyName, PolicyDocument) => client.putUserPolicy({ UserName, PolicyName, PolicyDocument }),
      get: (PolicyName) => client.getUserPolicy({ UserName, PolicyName }),
      list: (page) => client.listUserPolicies({ UserName, ...page }),
      remove: (PolicyName) => client.deleteUserPolicy({ UserName, PolicyName }),
    }),
  },
  {
    noun: 'group',
    title: 'Group',
    quota: 5120,
    create: (client, GroupName) => client.createGroup({ GroupName }),
    of: (client, GroupName) => ({
      put: (PolicyName, PolicyDocument) => client.putGroupPolicy({ GroupName, PolicyName, PolicyDocument }),
      get: (PolicyName) => client.getGroupPolicy({ GroupName, PolicyName }),
      list: (page) => client.listGroupPolicies({ GroupName, ...page }),
      remove: (PolicyName) => client.deleteGroupPolicy({ GroupName, PolicyName }),
    }),
  },
  {
    noun: 'role',
    title: 'Role',
    quota: 10_240,
    create: (client, RoleName) =>
      client.createRole({
        RoleName,
        AssumeRolePolicyDocument: trustPolicy({
          Effect: 'Allow',
          Principal: { AWS: ACCOUNT },
          Action: 'sts:AssumeRole',
        }),
      }),
    of: (client, RoleName) => ({
      put: (PolicyName, PolicyDocument) => client.putRolePolicy({ RoleName, PolicyName, PolicyDocument }),
      get: (PolicyName) => client.getRolePolicy({ RoleName, PolicyName }),
      list: (page) => client.listRolePolicies({ RoleName, ...page }),
      remove: (PolicyName) => client.deleteRolePolicy({ RoleName, PolicyName }),
    }),
  },
];

for (const { noun, title, quota, create, of } of KINDS) {
  describe(`an inline policy of a ${noun}`, () => {
    it('is put, read, listed, replaced and deleted', async () => {
      await create(iam, 'carrier');
      const carrier = of(iam, 'carrier');
      assert.deepEqual((await carrier.list()).PolicyNames, []);
      await carrier.put('list-keys', LISTS_KEYS);
      await carrier.put('all', policyOfSize(200));
      const { $metadata: _, ...read } = { $metadata: undefined, ...(await carrier.get('list-keys')) };
      assert.deepEqual(read, {
        [`${title}Name`]: 'carrier',
        PolicyName: 'list-keys',
        PolicyDocument: encodeURIComponent(LISTS_KEYS),
      });
      assert.deepEqual((await carrier.list()).PolicyNames, ['all', 'list-keys']);
      await carrier.put('list-keys', policyOfSize(300));
      const replaced = await carrier.get('list-keys');
      assert.equal(decodeURIComponent(replaced.PolicyDocument ?? ''), policyOfSize(300));
      assert.deepEqual((await carrier.list()).PolicyNames, ['all', 'list-keys']);
      await carrier.remove('list-keys');
      await carrier.remove('all');
      assert.deepEqual((await carrier.list()).PolicyNames, []);
    });

    it('is listed by name, in pages', async () => {
      await create(iam, 'paged');
      const paged = of(iam, 'paged');
      for (const name of ['c', 'a', 'b']) await paged.put(name, policyOfSize(100));
      const first = await paged.list({ MaxItems: 2 });
      assert.deepEqual(first.PolicyNames, ['a', 'b']);
      assert.equal(first.IsTruncated, true);
      const second = await paged.list({ Marker: first.Marker });
      assert.deepEqual(second.PolicyNames, ['c']);
      assert.equal(second.IsTruncated, false);
      await create(iam, 'other');
      await assertRefused(of(iam, 'other').list({ Marker: first.Marker }), 'ValidationError');
    });

    it('has to exist to be read or deleted, as has the one who carries it', async () => {
      await create(iam, 'bare');
      const message = `The ${noun} policy with name absent cannot be found.`;
      const bare = of(iam, 'bare');
      const refused = await assertRefused(bare.get('absent'), 'NoSuchEntityException', message);
      assert.equal(refused.$metadata.httpStatusCode, 404);
      await assertRefused(bare.remove('absent'), 'NoSuchEntityException', message);
      const nobody = of(iam, 'nobody');
      await Promise.all(
        [nobody.put('absent', LISTS_KEYS), nobody.get('absent'), nobody.list(), nobody.remove('absent')].map(
          (call) =>
            assertRefused(call, 'NoSuchEntityException', `The ${noun} with name nobody cannot be found.`),
        ),
      );
    });

    it('has to be an identity policy', async () => {
      await create(iam, 'careless');
      const careless = of(iam, 'careless');
      const withPrincipal = identityPolicy({
        Effect: 'Allow',
        Principal: '*',
        Action: 'kms:ListKeys',
        Resource: '*',
      });
      for (const document of ['{', '{}', JSON.stringify(withPrincipal)]) {
        const refused = await assertRefused(
          careless.put('malformed', document),
          'MalformedPolicyDocumentException',
        );
        assert.equal(refused.$metadata.httpStatusCode, 400);
      }
      assert.deepEqual((await careless.list()).PolicyNames, []);
    });

    it(`shares ${quota} characters with the others of the same ${noun}, white space apart`, async () => {
      await create(iam, 'full');
      const full = of(iam, 'full');
      await full.put('first', policyOfSize(quota - 200));
      await full.put('second', policyOfSize(200).replaceAll(',', ',\n\t '));
      const message = `Maximum policy size of ${quota} bytes exceeded for ${noun} full`;
      const refused = await assertRefused(
        full.put('second', policyOfSize(201)),
        'LimitExceededException',
        message,
      );
      assert.equal(refused.$metadata.httpStatusCode, 409);
      await assertRefused(full.put('third', LISTS_KEYS), 'LimitExceededException', message);
      await full.remove('second');
      await full.put('third', LISTS_KEYS);
    });

    it(`is managed with permissions for the ${noun}, by its ARN`, async () => {
      await create(iam, 'guarded');
      const { credentials, arn } = await createUserWithKey(iam, `manager-of-${noun}`);
      const guarded = of(server.iam({ credentials }), 'guarded');
      const resource = `arn:aws:iam::${ACCOUNT}:${noun}/guarded`;
      const calls: readonly (readonly [action: string, call: () => Promise<unknown>])[] = [
        [`Put${title}Policy`, () => guarded.put('list-keys', LISTS_KEYS)],
        [`Get${title}Policy`, () => guarded.get('list-keys')],
        [`List${title}Policies`, () => guarded.list()],
        [`Delete${title}Policy`, () => guarded.remove('list-keys')],
      ];
      for (const [action, call] of calls) {
        await assertRefused(
          call(),
          'AccessDenied',
          `User: ${arn} is not authorized to perform: iam:${action} on resource: ${resource} because no identity-based policy allows the iam:${action} action`,
        );
        await iam.putUserPolicy({
          UserName: `manager-of-${noun}`,
          PolicyName: 'one',
          PolicyDocument: JSON.stringify(
            identityPolicy({ Effect: 'Allow', Action: `iam:${action}`, Resource: resource }),
          ),
        });
        await call();
      }
    });
  });
}

describe('inline policies', () => {
  it('count with the very next request', async () => {
    const { credentials } = await createUserWithKey(iam, 'joan');
    const kms = server.client({ credentials });
    const joan = { UserName: 'joan', PolicyName: 'list-keys' };
    await assertRefused(kms.listKeys({}), 'AccessDeniedException');
    await iam.putUserPolicy({ ...joan, PolicyDocument: LISTS_KEYS });
    await kms.listKeys({});
    await iam.putUserPolicy({ ...joan, PolicyDocument: policyOfSize(100) });
    await assertRefused(
      kms.listKeys({}),
      'AccessDeniedException',
      /explicit deny in an identity-based policy/,
    );
    await iam.putUserPolicy({ ...joan, PolicyDocument: LISTS_KEYS });
    await kms.listKeys({});
    await iam.deleteUserPolicy(joan);
    await assertRefused(kms.listKeys({}), 'AccessDeniedException');
  });

  it('count for the sessions of a role', async () => {
    const { credentials, arn } = await createUserWithKey(iam, 'assumer');
    const RoleName = 'lister';
    const { Role } = await iam.createRole({
      RoleName,
      AssumeRolePolicyDocument: trustPolicy({
        Effect: 'Allow',
        Principal: { AWS: arn },
        Action: 'sts:AssumeRole',
      }),
    });
    const { Credentials: session } = await server
      .sts({ credentials })
      .assumeRole({ RoleArn: Role?.Arn, RoleSessionName: 'test' });
    assert.ok(session?.AccessKeyId && session.SecretAccessKey && session.SessionToken);
    const kms = server.client({
      credentials: {
        accessKeyId: session.AccessKeyId,
        secretAccessKey: session.SecretAccessKey,
        sessionToken: session.SessionToken,
      },
    });
    await assertRefused(kms.listKeys({}), 'AccessDeniedException');
    await iam.putRolePolicy({ RoleName, PolicyName: 'list-keys', PolicyDocument: LISTS_KEYS });
    await kms.listKeys({});
    await iam.deleteRolePolicy({ RoleName, PolicyName: 'list-keys' });
    await assertRefused(kms.listKeys({}), 'AccessDeniedException');
  });
});

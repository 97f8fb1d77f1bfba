import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import { createUserWithKey } from './support/identities.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let iam: IAM;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
});
after(() => server.close());

describe('a user', () => {
  it('is created, described, listed, renamed and deleted', async () => {
    const { User } = await iam.createUser({
      UserName: 'ada',
      Path: '/engineering/',
      Tags: [{ Key: 'team', Value: 'keys' }],
    });
    assert.match(User?.UserId ?? '', /^AIDA[A-Z2-7]{17}$/);
    assert.equal(User?.Arn, `arn:aws:iam::${ACCOUNT}:user/engineering/ada`);
    assert.deepEqual(User?.Tags, [{ Key: 'team', Value: 'keys' }]);
    assert.deepEqual((await iam.getUser({ UserName: 'ada' })).User, User);
    const { Users } = await iam.listUsers({ PathPrefix: '/engineering/' });
    assert.deepEqual(
      Users?.map(({ UserName }) => UserName),
      ['ada'],
    );
    assert.deepEqual((await iam.listUsers({ PathPrefix: '/sales/' })).Users, []);
    await iam.updateUser({ UserName: 'ada', NewUserName: 'lovelace', NewPath: '/' });
    await assertRefused(
      iam.getUser({ UserName: 'ada' }),
      'NoSuchEntityException',
      'The user with name ada cannot be found.',
    );
    const renamed = (await iam.getUser({ UserName: 'lovelace' })).User;
    assert.equal(renamed?.UserId, User?.UserId);
    assert.equal(renamed?.Arn, `arn:aws:iam::${ACCOUNT}:user/lovelace`);
    await iam.deleteUser({ UserName: 'lovelace' });
    assert.deepEqual((await iam.listUsers()).Users, []);
  });

  it('has a name that no other user of its account has, in whichever case', async () => {
    await iam.createUser({ UserName: 'grace' });
    await assertRefused(
      iam.createUser({ UserName: 'Grace' }),
      'EntityAlreadyExistsException',
      'User with name Grace already exists.',
    );
    await server.iam({ account: OTHER_ACCOUNT }).createUser({ UserName: 'Grace' });
  });

  it('signs with its access key, and is told who it is', async () => {
    const { credentials, arn, uniqueId } = await createUserWithKey(iam, 'joan');
    const { $metadata: _, ...identity } = await server.sts({ credentials }).getCallerIdentity();
    assert.deepEqual(identity, { Arn: arn, UserId: uniqueId, Account: ACCOUNT });
  });
});

describe('a name and a path', () => {
  const LONGEST_PATH = `/${'p'.repeat(510)}/`;

  for (const [title, input] of [
    ['a name of one character', { UserName: 'x' }],
    ['a name of 64 characters', { UserName: 'n'.repeat(64) }],
    ['a name of all characters that there are', { UserName: 'aZ09_+=,.@-' }],
    ['the name of a member of every object', { UserName: '__proto__' }],
    ['a path of 512 characters', { UserName: 'long-path', Path: LONGEST_PATH }],
    ['a path of unusual characters', { UserName: 'odd-path', Path: '/a*b?c"<&>/$%~/' }],
  ] as const) {
    it(`can be ${title}`, async () => {
      const { User } = await iam.createUser(input);
      assert.equal(User?.UserName, input.UserName);
      assert.deepEqual((await iam.getUser({ UserName: input.UserName })).User, User);
      const { credentials } = await createKeyFor(input.UserName);
      assert.equal((await server.sts({ credentials }).getCallerIdentity()).Arn, User?.Arn);
    });
  }

  for (const [title, input, constraint] of [
    ['a name of no character', { UserName: '' }, 'Member must have length greater than or equal to 1'],
    [
      'a name of 65 characters',
      { UserName: 'n'.repeat(65) },
      'Member must have length less than or equal to 64',
    ],
    ['a name with a slash', { UserName: 'a/b' }, 'Member must satisfy regular expression pattern'],
    ['a name of letters beyond ASCII', { UserName: 'Åsa' }, 'Member must satisfy regular expression pattern'],
    ['a name with markup', { UserName: '<a>&b' }, 'Member must satisfy regular expression pattern'],
    ['a name with a line break', { UserName: 'a\n' }, 'Member must satisfy regular expression pattern'],
    [
      'a path of 513 characters',
      { UserName: 'x1', Path: `${LONGEST_PATH}/` },
      'Member must have length less than or equal to 512',
    ],
    [
      'a path that does not end in a slash',
      { UserName: 'x1', Path: '/a' },
      'Member must satisfy regular expression pattern',
    ],
    [
      'a path that does not begin with one',
      { UserName: 'x1', Path: 'a/' },
      'Member must satisfy regular expression pattern',
    ],
    [
      'a path with a blank',
      { UserName: 'x1', Path: '/a b/' },
      'Member must satisfy regular expression pattern',
    ],
  ] as const) {
    it(`cannot be ${title}`, async () => {
      const error = await assertRefused(iam.createUser(input), 'ValidationError');
      assert.ok(error.message.includes(constraint), error.message);
      assert.equal(error.$metadata.httpStatusCode, 400);
    });
  }
});

async function createKeyFor(UserName: string) {
  const { AccessKey } = await iam.createAccessKey({ UserName });
  return {
    credentials: {
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    },
  };
}

describe('what nobody has here', () => {
  it('is listed as empty, for those who look before they delete', async () => {
    const UserName = 'looked-at';
    const { arn, credentials } = await createUserWithKey(iam, UserName);
    assert.deepEqual((await iam.listMFADevices({ UserName })).MFADevices, []);
    assert.deepEqual((await iam.listVirtualMFADevices({})).VirtualMFADevices, []);
    assert.deepEqual((await iam.listSSHPublicKeys({ UserName })).SSHPublicKeys, []);
    assert.deepEqual((await iam.listSigningCertificates({ UserName })).Certificates, []);
    const { ServiceSpecificCredentials } = await iam.listServiceSpecificCredentials({ UserName });
    assert.deepEqual(ServiceSpecificCredentials, []);
    for (const call of [() => iam.getLoginProfile({ UserName }), () => iam.deleteLoginProfile({ UserName })])
      await assertRefused(
        call(),
        'NoSuchEntityException',
        `Login Profile for User ${UserName} cannot be found.`,
      );
    await assertRefused(iam.listMFADevices({ UserName: 'nobody' }), 'NoSuchEntityException');
    await assertRefused(iam.listInstanceProfilesForRole({ RoleName: 'nothing' }), 'NoSuchEntityException');
    await assertRefused(
      server.iam({ credentials }).listMFADevices(),
      'AccessDenied',
      `User: ${arn} is not authorized to perform: iam:ListMFADevices on resource: ${arn} because no identity-based policy allows the iam:ListMFADevices action`,
    );
  });
});

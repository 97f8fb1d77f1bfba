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
    for (const call of [iam.getLoginProfile({ UserName }), iam.deleteLoginProfile({ UserName })])
      await assertRefused(
        call,
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

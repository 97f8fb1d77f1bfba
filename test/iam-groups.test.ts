import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import { createUserWithKey, identityPolicy } from './support/identities.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let iam: IAM;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
});
after(() => server.close());

const groupArn = (name: string) => `arn:aws:iam::${ACCOUNT}:group/${name}`;
const LISTS_KEYS = JSON.stringify(identityPolicy({ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }));
const NO_GROUP = 'The group with name nobody cannot be found.';

/** Creates groups of these names, the user in each of them. */
async function createGroupsOf(UserName: string, names: readonly string[]): Promise<void> {
  for (const GroupName of names) {
    await iam.createGroup({ GroupName });
    await iam.addUserToGroup({ GroupName, UserName });
  }
}

describe('a group', () => {
  it('is created, described, listed, moved and deleted', async () => {
    const { Group } = await iam.createGroup({ GroupName: 'encrypters', Path: '/engineering/' });
    assert.match(Group?.GroupId ?? '', /^AGPA[A-Z2-7]{17}$/);
    assert.equal(Group?.GroupName, 'encrypters');
    assert.equal(Group?.Path, '/engineering/');
    assert.equal(Group?.Arn, groupArn('engineering/encrypters'));
    assert.equal(Group?.CreateDate?.getTime(), Math.floor(server.clock.now() / 1000) * 1000);
    const { $metadata: _, ...described } = await iam.getGroup({ GroupName: 'encrypters' });
    assert.deepEqual(described, { Group, Users: [], IsTruncated: false });
    assert.deepEqual((await iam.listGroups({ PathPrefix: '/engineering/' })).Groups, [Group]);
    assert.deepEqual((await iam.listGroups({ PathPrefix: '/sales/' })).Groups, []);

    await iam.updateGroup({ GroupName: 'encrypters', NewGroupName: 'cryptographers' });
    const renamed = (await iam.getGroup({ GroupName: 'cryptographers' })).Group;
    assert.deepEqual(renamed, {
      ...Group,
      GroupName: 'cryptographers',
      Arn: groupArn('engineering/cryptographers'),
    });
    await iam.updateGroup({ GroupName: 'cryptographers', NewPath: '/' });
    const moved = (await iam.getGroup({ GroupName: 'cryptographers' })).Group;
    assert.equal(moved?.Arn, groupArn('cryptographers'));
    await iam.updateGroup({ GroupName: 'cryptographers' });
    assert.deepEqual((await iam.getGroup({ GroupName: 'cryptographers' })).Group, moved);

    await iam.deleteGroup({ GroupName: 'cryptographers' });
    assert.deepEqual((await iam.listGroups({})).Groups, []);
  });

  it('has a name that no other group of its account has, in whichever case', async () => {
    await iam.createGroup({ GroupName: 'unique' });
    await iam.createGroup({ GroupName: 'other' });
    const refused = await assertRefused(
      iam.createGroup({ GroupName: 'Unique' }),
      'EntityAlreadyExistsException',
      'Group with name Unique already exists.',
    );
    assert.equal(refused.$metadata.httpStatusCode, 409);
    await assertRefused(
      iam.updateGroup({ GroupName: 'other', NewGroupName: 'UNIQUE' }),
      'EntityAlreadyExistsException',
      'Group with name UNIQUE already exists.',
    );
    await iam.updateGroup({ GroupName: 'unique', NewGroupName: 'Unique' });
    await assertRefused(iam.getGroup({ GroupName: 'unique' }), 'NoSuchEntityException');
    await server.iam({ account: OTHER_ACCOUNT }).createGroup({ GroupName: 'unique' });
    await iam.createUser({ UserName: 'unique' });
  });

  it('is listed by name, in pages', async () => {
    for (const letter of ['c', 'B', 'a'])
      await iam.createGroup({ GroupName: `paged-${letter}`, Path: '/paged/' });
    const first = await iam.listGroups({ PathPrefix: '/paged/', MaxItems: 2 });
    assert.deepEqual(
      first.Groups?.map(({ GroupName }) => GroupName),
      ['paged-a', 'paged-B'],
    );
    assert.equal(first.IsTruncated, true);
    const second = await iam.listGroups({ PathPrefix: '/paged/', Marker: first.Marker });
    assert.deepEqual(
      second.Groups?.map(({ GroupName }) => GroupName),
      ['paged-c'],
    );
    assert.equal(second.IsTruncated, false);
    assert.equal(second.Marker, undefined);
    await assertRefused(iam.listGroups({ Marker: first.Marker }), 'ValidationError');
  });

  it('stays while somebody or some policy is in it', async () => {
    const GroupName = 'occupied';
    await iam.createGroup({ GroupName });
    await iam.createUser({ UserName: 'occupant' });
    await iam.addUserToGroup({ GroupName, UserName: 'occupant' });
    await iam.putGroupPolicy({ GroupName, PolicyName: 'inline', PolicyDocument: LISTS_KEYS });
    const PolicyArn = 'arn:aws:iam::aws:policy/IAMReadOnlyAccess';
    await iam.attachGroupPolicy({ GroupName, PolicyArn });
    const refused = await assertRefused(
      iam.deleteGroup({ GroupName }),
      'DeleteConflictException',
      'Cannot delete entity, must remove users from group first.',
    );
    assert.equal(refused.$metadata.httpStatusCode, 409);
    await iam.removeUserFromGroup({ GroupName, UserName: 'occupant' });
    await assertRefused(
      iam.deleteGroup({ GroupName }),
      'DeleteConflictException',
      'Cannot delete entity, must delete policies first.',
    );
    await iam.deleteGroupPolicy({ GroupName, PolicyName: 'inline' });
    await assertRefused(
      iam.deleteGroup({ GroupName }),
      'DeleteConflictException',
      'Cannot delete entity, must detach all policies first.',
    );
    await iam.detachGroupPolicy({ GroupName, PolicyArn });
    await iam.deleteGroup({ GroupName });
  });

  it('has to exist', async () => {
    await iam.createUser({ UserName: 'somebody' });
    const GroupName = 'nobody';
    const refused = await assertRefused(iam.getGroup({ GroupName }), 'NoSuchEntityException', NO_GROUP);
    assert.equal(refused.$metadata.httpStatusCode, 404);
    const UserName = 'somebody';
    await Promise.all(
      [
        iam.deleteGroup({ GroupName }),
        iam.updateGroup({ GroupName, NewPath: '/' }),
        iam.addUserToGroup({ GroupName, UserName }),
        iam.removeUserFromGroup({ GroupName, UserName }),
      ].map((call) => assertRefused(call, 'NoSuchEntityException', NO_GROUP)),
    );
  });
});

describe('membership', () => {
  it('is shown from both sides', async () => {
    const { User } = await iam.createUser({ UserName: 'ada', Path: '/engineering/' });
    await createGroupsOf('ada', ['readers', 'auditors']);
    const { Users } = await iam.getGroup({ GroupName: 'readers' });
    const { Tags: _, ...listed } = User ?? {};
    assert.deepEqual(Users, [listed]);
    const { Groups } = await iam.listGroupsForUser({ UserName: 'ada' });
    assert.deepEqual(
      Groups?.map(({ GroupName }) => GroupName),
      ['auditors', 'readers'],
    );
    assert.deepEqual(Groups?.[1], (await iam.getGroup({ GroupName: 'readers' })).Group);
  });

  it('outlasts new names of the group and of the user', async () => {
    await iam.createUser({ UserName: 'mary' });
    await createGroupsOf('mary', ['before']);
    await iam.updateGroup({ GroupName: 'before', NewGroupName: 'after', NewPath: '/moved/' });
    await iam.updateUser({ UserName: 'mary', NewUserName: 'mary-ann' });
    assert.equal((await iam.listGroupsForUser({ UserName: 'mary-ann' })).Groups?.[0]?.GroupName, 'after');
    assert.equal((await iam.getGroup({ GroupName: 'after' })).Users?.[0]?.UserName, 'mary-ann');
  });

  it('may be given and taken twice', async () => {
    await iam.createUser({ UserName: 'grace' });
    await createGroupsOf('grace', ['twice']);
    await iam.addUserToGroup({ GroupName: 'twice', UserName: 'grace' });
    assert.equal((await iam.getGroup({ GroupName: 'twice' })).Users?.length, 1);
    await iam.removeUserFromGroup({ GroupName: 'twice', UserName: 'grace' });
    await iam.removeUserFromGroup({ GroupName: 'twice', UserName: 'grace' });
    assert.deepEqual((await iam.getGroup({ GroupName: 'twice' })).Users, []);
    assert.deepEqual((await iam.listGroupsForUser({ UserName: 'grace' })).Groups, []);
  });

  it('is listed in pages from both sides', async () => {
    await iam.createUser({ UserName: 'hopper' });
    await createGroupsOf('hopper', ['page-1', 'page-2', 'page-3']);
    const groups = await iam.listGroupsForUser({ UserName: 'hopper', MaxItems: 2 });
    assert.deepEqual(
      groups.Groups?.map(({ GroupName }) => GroupName),
      ['page-1', 'page-2'],
    );
    const rest = await iam.listGroupsForUser({ UserName: 'hopper', Marker: groups.Marker });
    assert.deepEqual(
      rest.Groups?.map(({ GroupName }) => GroupName),
      ['page-3'],
    );
    const names = ['member-1', 'member-2', 'member-3'];
    for (const UserName of names) {
      await iam.createUser({ UserName });
      await iam.addUserToGroup({ GroupName: 'page-1', UserName });
    }
    const seen: (string | undefined)[] = [];
    let Marker: string | undefined;
    let pages = 0;
    do {
      const page = await iam.getGroup({ GroupName: 'page-1', MaxItems: 3, Marker });
      seen.push(...(page.Users ?? []).map(({ UserName }) => UserName));
      pages += 1;
      Marker = page.Marker;
    } while (Marker !== undefined);
    assert.deepEqual(seen.sort(), ['hopper', ...names]);
    assert.equal(pages, 2);
  });

  it('is for users that exist', async () => {
    await iam.createGroup({ GroupName: 'empty' });
    const message = 'The user with name ghost cannot be found.';
    const who = { GroupName: 'empty', UserName: 'ghost' };
    await assertRefused(iam.addUserToGroup(who), 'NoSuchEntityException', message);
    await assertRefused(iam.removeUserFromGroup(who), 'NoSuchEntityException', message);
    await assertRefused(iam.listGroupsForUser({ UserName: 'ghost' }), 'NoSuchEntityException', message);
    const elsewhere = server.iam({ account: OTHER_ACCOUNT });
    await elsewhere.createUser({ UserName: 'ghost' });
    await assertRefused(iam.addUserToGroup(who), 'NoSuchEntityException', message);
  });

  it('is for ten groups at most', async () => {
    await iam.createUser({ UserName: 'busy' });
    await createGroupsOf(
      'busy',
      Array.from({ length: 10 }, (_, index) => `busy-${index}`),
    );
    await iam.createGroup({ GroupName: 'eleventh' });
    const refused = await assertRefused(
      iam.addUserToGroup({ GroupName: 'eleventh', UserName: 'busy' }),
      'LimitExceededException',
      'Cannot exceed quota for GroupsPerUser: 10',
    );
    assert.equal(refused.$metadata.httpStatusCode, 409);
    await iam.addUserToGroup({ GroupName: 'busy-0', UserName: 'busy' });
  });

  it('is never in a group that is deleted at the same moment', async () => {
    const UserName = 'racer';
    await iam.createUser({ UserName });
    for (let round = 0; round < 20; round += 1) {
      const GroupName = `raced-${round}`;
      await iam.createGroup({ GroupName });
      const deleting = round % 2 === 0 ? iam.deleteGroup({ GroupName }) : undefined;
      const [added, deleted] = await Promise.allSettled([
        iam.addUserToGroup({ GroupName, UserName }),
        deleting ?? iam.deleteGroup({ GroupName }),
      ]);
      assert.notEqual(added.status, deleted.status);
      if (added.status === 'fulfilled') await iam.removeUserFromGroup({ GroupName, UserName });
    }
  });

  it('keeps a user from being deleted', async () => {
    await iam.createUser({ UserName: 'leaving' });
    await createGroupsOf('leaving', ['to-leave']);
    await assertRefused(
      iam.deleteUser({ UserName: 'leaving' }),
      'DeleteConflictException',
      'Cannot delete entity, must remove users from group first.',
    );
    await iam.removeUserFromGroup({ GroupName: 'to-leave', UserName: 'leaving' });
    await iam.deleteUser({ UserName: 'leaving' });
  });

  it('lets the policies of the group count with the very next request', async () => {
    const GroupName = 'listers';
    await iam.createGroup({ GroupName });
    await iam.putGroupPolicy({ GroupName, PolicyName: 'list', PolicyDocument: LISTS_KEYS });
    const { credentials } = await createUserWithKey(iam, 'joan');
    const kms = server.client({ credentials });
    await assertRefused(kms.listKeys({}), 'AccessDeniedException');
    await iam.addUserToGroup({ GroupName, UserName: 'joan' });
    await kms.listKeys({});
    await iam.deleteGroupPolicy({ GroupName, PolicyName: 'list' });
    await assertRefused(kms.listKeys({}), 'AccessDeniedException');
    await iam.putGroupPolicy({ GroupName, PolicyName: 'list', PolicyDocument: LISTS_KEYS });
    await kms.listKeys({});
    await iam.removeUserFromGroup({ GroupName, UserName: 'joan' });
    await assertRefused(kms.listKeys({}), 'AccessDeniedException');
  });
});

describe('a user who manages groups', () => {
  it('needs a permission for the group, by its ARN', async () => {
    await iam.createGroup({ GroupName: 'guarded', Path: '/team/' });
    await iam.createUser({ UserName: 'member' });
    const { credentials, arn } = await createUserWithKey(iam, 'manager');
    const manager = server.iam({ credentials });
    const guarded = groupArn('team/guarded');
    const group = { GroupName: 'guarded' };
    const calls: readonly (readonly [action: string, resource: string, call: () => Promise<unknown>])[] = [
      ['CreateGroup', groupArn('team/new'), () => manager.createGroup({ GroupName: 'new', Path: '/team/' })],
      ['ListGroups', groupArn('team/'), () => manager.listGroups({ PathPrefix: '/team/' })],
      ['GetGroup', guarded, () => manager.getGroup(group)],
      ['UpdateGroup', guarded, () => manager.updateGroup({ ...group, NewPath: '/team/' })],
      ['AddUserToGroup', guarded, () => manager.addUserToGroup({ ...group, UserName: 'member' })],
      ['RemoveUserFromGroup', guarded, () => manager.removeUserFromGroup({ ...group, UserName: 'member' })],
      [
        'ListGroupsForUser',
        `arn:aws:iam::${ACCOUNT}:user/member`,
        () => manager.listGroupsForUser({ UserName: 'member' }),
      ],
      ['DeleteGroup', guarded, () => manager.deleteGroup(group)],
    ];
    for (const [action, resource, call] of calls) {
      const refused = await assertRefused(
        call(),
        'AccessDenied',
        `User: ${arn} is not authorized to perform: iam:${action} on resource: ${resource} because no identity-based policy allows the iam:${action} action`,
      );
      assert.equal(refused.$metadata.httpStatusCode, 403);
      await iam.putUserPolicy({
        UserName: 'manager',
        PolicyName: 'one',
        PolicyDocument: JSON.stringify(
          identityPolicy({ Effect: 'Allow', Action: `iam:${action}`, Resource: resource }),
        ),
      });
      await call();
    }
  });

  it('needs a permission for the new place too, which keeps the path where only the name changes', async () => {
    await iam.createGroup({ GroupName: 'old', Path: '/team/' });
    const allowing = (...Resource: readonly string[]) =>
      identityPolicy({ Effect: 'Allow', Action: 'iam:UpdateGroup', Resource });
    const { credentials } = await createUserWithKey(iam, 'mover', {
      move: allowing(groupArn('team/old'), groupArn('newer')),
    });
    const mover = server.iam({ credentials });
    await assertRefused(
      mover.updateGroup({ GroupName: 'old', NewGroupName: 'newer' }),
      'AccessDenied',
      /on resource: arn:aws:iam::111122223333:group\/team\/newer because/,
    );
    await mover.updateGroup({ GroupName: 'old', NewGroupName: 'newer', NewPath: '/' });
  });
});

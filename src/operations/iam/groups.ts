import {
  changeIdentity,
  countReferrers,
  createIdentity,
  decodeIdentity,
  findIdentityById,
  findNamedIdentity,
  type Iam,
  type Identity,
  identityNotFound,
  isOfKind,
  limitExceeded,
  listReferrers,
  quotas,
  type Reader,
  removeIdentity,
} from '../../iam/index.ts';
import { list, optional, required, structure } from '../../model/index.ts';
import { listOfKind, requireRoom } from './common.ts';
import { group, showGroup, showUser, user } from './descriptions.ts';
import { iamOperation } from './iam-operation.ts';
import { iamPage, pageOfAll } from './pages.ts';
import { named, onNamed } from './policy-carriers.ts';
import * as refusals from './refusals.ts';
import * as shapes from './shapes.ts';

export const createGroup = iamOperation({
  name: 'CreateGroup',
  summary: 'Creates a group, whose policies count for all users in it. There is nobody in it yet.',
  input: structure({
    Path: optional(shapes.path, 'The path of the group, such as /division/team/; / by default.'),
    GroupName: required(
      shapes.groupName,
      'The name of the group. Names that differ only in case are the same.',
    ),
  }),
  output: structure({ Group: required(group, 'The group.') }),
  targets: {
    group: {
      kind: 'new-identity',
      identity: 'group',
      permission: 'iam:CreateGroup',
      place: ({ Path, GroupName }) => ({ path: Path, name: GroupName }),
    },
  },
  errors: ['EntityAlreadyExists', 'LimitExceeded'],
  readOnly: false,
  audit: { response: ['Group'] },
  examples: [
    {
      title: 'Create a group',
      request: { GroupName: 'encrypters', Path: '/engineering/' },
    },
  ],
  async handler({ targets: { group: place }, iam }) {
    const created = await iam.store.write(async (writer) => {
      await requireRoom(writer, place.accountId, 'group');
      return createIdentity(iam, writer, 'group', place, { inlinePolicies: [], attachedPolicies: [] });
    });
    return { Group: showGroup(created) };
  },
});

export const getGroup = iamOperation({
  name: 'GetGroup',
  summary: 'Describes a group and lists the users in it.',
  input: structure({ ...named.group, ...shapes.pageRequest }),
  output: structure({
    Group: required(group, 'The group.'),
    Users: required(list(user), 'The users in the group, without boundary and tags.'),
    ...shapes.pageAnswer,
  }),
  targets: { group: onNamed('group', 'iam:GetGroup') },
  errors: ['NoSuchEntity'],
  readOnly: true,
  examples: [
    {
      title: 'See who is in a group',
      request: { GroupName: 'encrypters' },
    },
  ],
  async handler(call) {
    const { targets, iam } = call;
    const { items, page } = await iamPage(
      call,
      [targets.group.uniqueId],
      (after, limit) => membersOf(iam, targets.group, after, limit),
      ({ uniqueId }) => uniqueId,
    );
    return { Group: showGroup(targets.group), Users: items.map(showUser), ...page };
  },
});

/** Users in a group by unique id, after one (`''`: from the beginning), at most so many. */
async function membersOf(
  { store, partition }: Iam,
  { accountId, uniqueId: target }: Identity<'group'>,
  after: string,
  limit: number,
): Promise<readonly Identity<'user'>[]> {
  const records = await store.read((reader) =>
    listReferrers(reader, accountId, { target, relation: 'member' }, after, limit),
  );
  return records
    .map((record) => decodeIdentity(partition, record))
    .filter((identity) => isOfKind(identity, 'user'));
}

export const listGroups = iamOperation({
  name: 'ListGroups',
  summary: 'Lists the groups of the account, by name.',
  input: structure({
    PathPrefix: optional(shapes.pathPrefix, 'What the paths of the groups begin with; / by default.'),
    ...shapes.pageRequest,
  }),
  output: structure({ Groups: required(list(group), 'The groups.'), ...shapes.pageAnswer }),
  targets: {
    groups: {
      kind: 'account',
      permission: 'iam:ListGroups',
      resource: ({ PathPrefix = '/' }) => `group${PathPrefix}`,
    },
  },
  errors: [],
  readOnly: true,
  examples: [
    {
      title: 'List the groups of a division',
      request: { PathPrefix: '/engineering/' },
    },
  ],
  async handler(call) {
    const { input, caller, iam } = call;
    const { items, page } = await iamPage(
      call,
      [input.PathPrefix ?? '/'],
      (after, limit) => listOfKind(iam, 'group', caller.account, input.PathPrefix, after, limit),
      ({ name }) => name,
    );
    return { Groups: items.map(showGroup), ...page };
  },
});

export const listGroupsForUser = iamOperation({
  name: 'ListGroupsForUser',
  summary: 'Lists the groups that a user is in, by name.',
  input: structure({ ...named.user, ...shapes.pageRequest }),
  output: structure({ Groups: required(list(group), 'The groups.'), ...shapes.pageAnswer }),
  targets: { user: onNamed('user', 'iam:ListGroupsForUser') },
  errors: ['NoSuchEntity'],
  readOnly: true,
  examples: [
    {
      title: 'List the groups of a user',
      request: { UserName: 'ada' },
    },
  ],
  async handler(call) {
    const { targets, iam } = call;
    const groups = await groupsOf(iam, targets.user);
    const positionOf = ({ name }: Identity<'group'>) => name;
    const { items, page } = await iamPage(
      call,
      [targets.user.uniqueId],
      pageOfAll(groups, positionOf),
      positionOf,
    );
    return { Groups: items.map(showGroup), ...page };
  },
});

async function groupsOf(
  { identities }: Iam,
  { details }: Identity<'user'>,
): Promise<readonly Identity<'group'>[]> {
  const entries = await Promise.all(details.groups.map((uniqueId) => identities.get(uniqueId)));
  return entries
    .map((entry) => entry?.identity)
    .filter((identity) => identity !== undefined && isOfKind(identity, 'group'));
}

export const updateGroup = iamOperation({
  name: 'UpdateGroup',
  summary: 'Changes the name or the path of a group, and with it the ARN. Its users and policies stay.',
  input: structure({
    ...named.group,
    NewPath: optional(shapes.path, 'The new path.'),
    NewGroupName: optional(shapes.groupName, 'The new name.'),
  }),
  output: shapes.empty,
  targets: {
    group: onNamed('group', 'iam:UpdateGroup'),
    moved: {
      kind: 'new-identity',
      identity: 'group',
      permission: 'iam:UpdateGroup',
      when: ({ NewPath, NewGroupName }) => NewPath !== undefined || NewGroupName !== undefined,
      moves: 'group',
      place: ({ GroupName, NewPath, NewGroupName = GroupName }) => ({ path: NewPath, name: NewGroupName }),
    },
  },
  errors: ['EntityAlreadyExists', 'NoSuchEntity'],
  readOnly: false,
  examples: [
    {
      title: 'Rename a group',
      request: { GroupName: 'encrypters', NewGroupName: 'cryptographers' },
    },
  ],
  async handler({ input: { NewPath, NewGroupName }, targets, iam }) {
    await changeIdentity(iam, 'group', targets.group, () => ({ path: NewPath, name: NewGroupName }));
    return {};
  },
});

export const deleteGroup = iamOperation({
  name: 'DeleteGroup',
  summary: 'Deletes a group in which there are no users and no policies any more.',
  input: structure(named.group),
  output: shapes.empty,
  targets: { group: onNamed('group', 'iam:DeleteGroup') },
  errors: ['DeleteConflict', 'NoSuchEntity'],
  readOnly: false,
  examples: [{ title: 'Delete a group', request: { GroupName: 'encrypters' } }],
  async handler({ targets, iam }) {
    await removeIdentity(iam, 'group', targets.group, requireNothingLeft);
    return {};
  },
});

/** @throws ServiceError `DeleteConflict` */
async function requireNothingLeft(
  { accountId, uniqueId: target, details }: Identity<'group'>,
  reader: Reader,
): Promise<void> {
  if ((await countReferrers(reader, accountId, { target, relation: 'member' })) > 0)
    throw refusals.mustLeaveGroupsFirst();
  if (details.inlinePolicies.length > 0) throw refusals.mustDeletePoliciesFirst();
  if (details.attachedPolicies.length > 0) throw refusals.mustDetachPoliciesFirst();
}

export const addUserToGroup = iamOperation({
  name: 'AddUserToGroup',
  summary:
    'Puts a user into a group, if the user is not in it yet. The very next request of the user is judged by the policies of the group too.',
  input: structure({ ...named.group, ...named.user }),
  output: shapes.empty,
  targets: { group: onNamed('group', 'iam:AddUserToGroup') },
  errors: ['LimitExceeded', 'NoSuchEntity'],
  readOnly: false,
  examples: [
    {
      title: 'Put a user into a group',
      request: { GroupName: 'encrypters', UserName: 'ada' },
    },
  ],
  async handler({ input: { UserName }, targets: { group }, iam }) {
    await changeIdentity(iam, 'user', await findUser(iam, group, UserName), async ({ details }, writer) => {
      if ((await findIdentityById(writer, group.uniqueId)) === undefined)
        throw identityNotFound('group', group.name);
      const { groups } = details;
      if (groups.includes(group.uniqueId)) return {};
      if (groups.length >= quotas.GROUPS_PER_USER)
        throw limitExceeded(`Cannot exceed quota for GroupsPerUser: ${quotas.GROUPS_PER_USER}`);
      return { details: { ...details, groups: [...groups, group.uniqueId] } };
    });
    return {};
  },
});

export const removeUserFromGroup = iamOperation({
  name: 'RemoveUserFromGroup',
  summary: 'Takes a user out of a group, if the user is in it.',
  input: structure({ ...named.group, ...named.user }),
  output: shapes.empty,
  targets: { group: onNamed('group', 'iam:RemoveUserFromGroup') },
  errors: ['NoSuchEntity'],
  readOnly: false,
  examples: [
    {
      title: 'Take a user out of a group',
      request: { GroupName: 'encrypters', UserName: 'ada' },
    },
  ],
  async handler({ input: { UserName }, targets: { group }, iam }) {
    await changeIdentity(iam, 'user', await findUser(iam, group, UserName), ({ details }) => ({
      details: { ...details, groups: details.groups.filter((uniqueId) => uniqueId !== group.uniqueId) },
    }));
    return {};
  },
});

/**
 * The user of a group's account that has a name.
 *
 * @throws ServiceError `NoSuchEntity`
 */
async function findUser(
  { store, partition }: Iam,
  { accountId }: Identity<'group'>,
  name: string,
): Promise<Identity<'user'>> {
  const found = await store.read((reader) => findNamedIdentity(reader, partition, accountId, 'user', name));
  if (found === undefined) throw identityNotFound('user', name);
  return found;
}

import type { Reader } from '../../iam/index.ts';
import {
  changeIdentity,
  createIdentity,
  type Identity,
  listAccessKeys,
  removeIdentity,
} from '../../iam/index.ts';
import { list, optional, required, structure } from '../../model/index.ts';
import { addTags, findBoundary, listOfKind, requestTagConditions, requireRoom } from './common.ts';
import { describeUser, showUser, user } from './descriptions.ts';
import { iamOperation } from './iam-operation.ts';
import { iamPage } from './pages.ts';
import * as refusals from './refusals.ts';
import * as shapes from './shapes.ts';

const existingUser = required(shapes.userName, 'The name of the user.');

export const createUser = iamOperation({
  name: 'CreateUser',
  summary:
    'Creates a user in the account. The user can do nothing until policies allow it, and has no access key.',
  input: structure({
    Path: optional(shapes.path, 'The path of the user, such as /division/team/; / by default.'),
    UserName: required(
      shapes.newUserName,
      'The name of the user. Names that differ only in case are the same.',
    ),
    PermissionsBoundary: optional(
      shapes.arn,
      'The ARN of a managed policy that is to be the permissions boundary.',
    ),
    Tags: optional(shapes.tags, 'Tags for the user; at most 50.'),
  }),
  output: structure({ User: optional(user, 'The user.') }),
  targets: {
    user: {
      kind: 'new-identity',
      identity: 'user',
      permission: 'iam:CreateUser',
      place: ({ Path = '/', UserName }) => ({ path: Path, name: UserName }),
      conditions: ({ PermissionsBoundary, Tags }) => ({
        'iam:PermissionsBoundary': PermissionsBoundary,
        ...requestTagConditions(Tags),
      }),
    },
    tagging: {
      kind: 'new-identity',
      identity: 'user',
      permission: 'iam:TagUser',
      when: ({ Tags = [] }) => Tags.length > 0,
      place: ({ Path = '/', UserName }) => ({ path: Path, name: UserName }),
      conditions: ({ Tags }) => requestTagConditions(Tags),
    },
  },
  errors: ['EntityAlreadyExists', 'InvalidInput', 'LimitExceeded', 'NoSuchEntity'],
  readOnly: false,
  audit: { response: ['User'] },
  examples: [
    {
      title: 'Create a user',
      request: { UserName: 'ada', Path: '/engineering/' },
    },
    {
      title: 'Create a user with a permissions boundary and a tag',
      request: {
        UserName: 'ada',
        PermissionsBoundary: 'arn:aws:iam::111122223333:policy/use-keys',
        Tags: [{ Key: 'team', Value: 'orders' }],
      },
    },
  ],
  async handler({ input: { PermissionsBoundary, Tags }, targets: { user: place }, iam }) {
    const tags = addTags([], Tags ?? []);
    const created = await iam.store.write(async (writer) => {
      await requireRoom(writer, place.accountId, 'user');
      const permissionsBoundary =
        PermissionsBoundary && (await findBoundary(writer, iam, place.accountId, PermissionsBoundary));
      return createIdentity(iam, writer, 'user', place, {
        inlinePolicies: [],
        attachedPolicies: [],
        groups: [],
        permissionsBoundary,
        tags,
      });
    });
    return { User: await describeUser(iam, created) };
  },
});

export const getUser = iamOperation({
  name: 'GetUser',
  summary: 'Describes a user; without a name, the caller.',
  input: structure({
    UserName: optional(shapes.userName, 'The name of the user; the caller, when absent.'),
  }),
  output: structure({
    User: required(user, 'The user. The root user is called <root_account>, and its id is the account.'),
  }),
  targets: {
    user: {
      kind: 'identity',
      identity: 'user',
      member: 'UserName',
      orCaller: true,
      permission: 'iam:GetUser',
    },
  },
  errors: ['NoSuchEntity'],
  readOnly: true,
  examples: [{ title: 'Describe a user', request: { UserName: 'ada' } }],
  async handler({ targets, caller, iam }) {
    if (targets.user !== undefined) return { User: await describeUser(iam, targets.user) };
    const { account, principal } = caller;
    const creationDate = (await iam.accounts.get(account))?.creationDate ?? 0;
    return {
      User: {
        Path: '/',
        UserName: '<root_account>',
        UserId: account,
        Arn: principal.arn,
        CreateDate: new Date(creationDate),
      },
    };
  },
});

export const listUsers = iamOperation({
  name: 'ListUsers',
  summary: 'Lists the users of the account, by name.',
  input: structure({
    PathPrefix: optional(shapes.pathPrefix, 'What the paths of the users begin with; / by default.'),
    ...shapes.pageRequest,
  }),
  output: structure({
    Users: required(list(user), 'The users, without boundary and tags.'),
    ...shapes.pageAnswer,
  }),
  targets: {
    users: {
      kind: 'account',
      permission: 'iam:ListUsers',
      resource: ({ PathPrefix = '/' }) => `user${PathPrefix}`,
    },
  },
  errors: [],
  readOnly: true,
  examples: [
    {
      title: 'List the users of a division',
      request: { PathPrefix: '/engineering/' },
    },
  ],
  async handler(call) {
    const { input, caller, iam } = call;
    const { items, page } = await iamPage(
      call,
      [input.PathPrefix ?? '/'],
      (after, limit) => listOfKind(iam, 'user', caller.account, input.PathPrefix, after, limit),
      ({ name }) => name,
    );
    return { Users: items.map(showUser), ...page };
  },
});

export const updateUser = iamOperation({
  name: 'UpdateUser',
  summary: 'Changes the name or the path of a user, and with it the ARN; policies that name the user follow.',
  input: structure({
    UserName: existingUser,
    NewPath: optional(shapes.path, 'The new path.'),
    NewUserName: optional(shapes.newUserName, 'The new name.'),
  }),
  output: shapes.empty,
  targets: {
    user: { kind: 'identity', identity: 'user', member: 'UserName', permission: 'iam:UpdateUser' },
    moved: {
      kind: 'new-identity',
      identity: 'user',
      permission: 'iam:UpdateUser',
      when: ({ NewPath, NewUserName }) => NewPath !== undefined || NewUserName !== undefined,
      moves: 'user',
      place: ({ UserName, NewPath, NewUserName = UserName }) => ({ path: NewPath, name: NewUserName }),
    },
  },
  errors: ['EntityAlreadyExists', 'NoSuchEntity'],
  readOnly: false,
  examples: [{ title: 'Rename a user', request: { UserName: 'ada', NewUserName: 'lovelace' } }],
  async handler({ input: { NewPath, NewUserName }, targets, iam }) {
    await changeIdentity(iam, 'user', targets.user, () => ({ path: NewPath, name: NewUserName }));
    return {};
  },
});

export const deleteUser = iamOperation({
  name: 'DeleteUser',
  summary:
    'Deletes a user who has no access keys, no policies and no groups any more. Key policies show the unique id from then on, and a new user of the same name does not inherit anything.',
  input: structure({ UserName: existingUser }),
  output: shapes.empty,
  targets: {
    user: { kind: 'identity', identity: 'user', member: 'UserName', permission: 'iam:DeleteUser' },
  },
  errors: ['DeleteConflict', 'NoSuchEntity'],
  readOnly: false,
  examples: [{ title: 'Delete a user', request: { UserName: 'ada' } }],
  async handler({ targets, iam }) {
    await removeIdentity(iam, 'user', targets.user, requireNothingLeft);
    return {};
  },
});

/** @throws ServiceError `DeleteConflict` */
async function requireNothingLeft({ details, uniqueId }: Identity<'user'>, reader: Reader): Promise<void> {
  if ((await listAccessKeys(reader, uniqueId)).length > 0) throw refusals.mustDeleteAccessKeysFirst();
  if (details.inlinePolicies.length > 0) throw refusals.mustDeletePoliciesFirst();
  if (details.attachedPolicies.length > 0) throw refusals.mustDetachPoliciesFirst();
  if (details.groups.length > 0) throw refusals.mustLeaveGroupsFirst();
}

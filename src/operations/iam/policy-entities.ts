import { listReferrers, type Reader, type ReferrerFilter } from '../../iam/index.ts';
import { enumeration, list, optional, structure } from '../../model/index.ts';
import * as examples from './example-values.ts';
import { iamOperation } from './iam-operation.ts';
import { iamPage } from './pages.ts';
import {
  namedPolicy,
  onPolicy,
  type PolicyUsage,
  policyUsage,
  RELATIONS,
  requirePolicyArn,
} from './policies.ts';
import * as shapes from './shapes.ts';

/** The kinds that a listing can be limited to. Nothing is ever attached to a policy. */
const KINDS = {
  User: 'user',
  Group: 'group',
  Role: 'role',
  LocalManagedPolicy: 'policy',
  AWSManagedPolicy: 'policy',
} as const;

export const listEntitiesForPolicy = iamOperation({
  name: 'ListEntitiesForPolicy',
  summary:
    'Lists the users, groups and roles of the account that a managed policy is attached to, or that it is the permissions boundary of.',
  input: structure({
    ...namedPolicy,
    EntityFilter: optional(
      enumeration('User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy'),
      'Only users, roles or groups. No policy is attached to policies.',
    ),
    PathPrefix: optional(shapes.path, 'What the paths of the users, groups and roles begin with.'),
    PolicyUsageFilter: optional(
      policyUsage,
      'Only those that it is attached to (PermissionsPolicy), or those that it is the boundary of (PermissionsBoundary).',
    ),
    ...shapes.pageRequest,
  }),
  output: structure({
    PolicyGroups: optional(
      list(
        structure({
          GroupName: optional(shapes.groupName, 'The name of the group.'),
          GroupId: optional(shapes.uniqueId, 'The unique id of the group.'),
        }),
      ),
      'The groups.',
    ),
    PolicyUsers: optional(
      list(
        structure({
          UserName: optional(shapes.userName, 'The name of the user.'),
          UserId: optional(shapes.uniqueId, 'The unique id of the user.'),
        }),
      ),
      'The users.',
    ),
    PolicyRoles: optional(
      list(
        structure({
          RoleName: optional(shapes.roleName, 'The name of the role.'),
          RoleId: optional(shapes.uniqueId, 'The unique id of the role.'),
        }),
      ),
      'The roles.',
    ),
    ...shapes.pageAnswer,
  }),
  targets: { policy: onPolicy('iam:ListEntitiesForPolicy') },
  errors: ['InvalidInput', 'NoSuchEntity'],
  readOnly: true,
  validate: requirePolicyArn,
  examples: [
    {
      title: 'See what a policy is attached to',
      request: { PolicyArn: examples.POLICY_ARN },
    },
  ],
  async handler(call) {
    const { input, targets, caller, iam } = call;
    const { EntityFilter, PathPrefix = '/', PolicyUsageFilter } = input;
    const { uniqueId: target } = targets.policy;
    const filter = { target, kind: EntityFilter && KINDS[EntityFilter], pathPrefix: PathPrefix };
    const relations = PolicyUsageFilter ? [RELATIONS[PolicyUsageFilter]] : Object.values(RELATIONS);
    const { items, page } = await iamPage(
      call,
      [target, EntityFilter ?? '', PathPrefix, PolicyUsageFilter ?? ''],
      (after, limit) =>
        iam.store.read((reader) => listUsing(reader, caller.account, filter, relations, after, limit)),
      ({ uniqueId }) => uniqueId,
    );
    const ofKind = (wanted: string) => items.filter((item) => item.kind === wanted);
    return {
      PolicyGroups: ofKind('group').map(({ name, uniqueId }) => ({ GroupName: name, GroupId: uniqueId })),
      PolicyUsers: ofKind('user').map(({ name, uniqueId }) => ({ UserName: name, UserId: uniqueId })),
      PolicyRoles: ofKind('role').map(({ name, uniqueId }) => ({ RoleName: name, RoleId: uniqueId })),
      ...page,
    };
  },
});

/** What uses a policy in any of some ways, by unique id, after one (`''`: from the beginning), at most so many. */
async function listUsing(
  reader: Reader,
  accountId: string,
  filter: Omit<ReferrerFilter, 'relation'>,
  relations: readonly PolicyUsage[],
  after: string,
  limit: number,
) {
  const found = [];
  for (const relation of relations)
    found.push(...(await listReferrers(reader, accountId, { ...filter, relation }, after, limit)));
  return [...new Map(found.map((each) => [each.uniqueId, each])).values()]
    .sort((one, other) => (one.uniqueId < other.uniqueId ? -1 : 1))
    .slice(0, limit);
}

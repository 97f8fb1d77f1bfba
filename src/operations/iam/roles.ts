import {
  changeIdentity,
  constraints,
  createIdentity,
  type Identity,
  readTrustPolicy,
  removeIdentity,
} from '../../iam/index.ts';
import { integer, list, optional, required, string, structure } from '../../model/index.ts';
import { addTags, findBoundary, listOfKind, requestTagConditions, requireRoom } from './common.ts';
import { describeRole, role, showRole } from './descriptions.ts';
import * as examples from './example-values.ts';
import { iamOperation } from './iam-operation.ts';
import { iamPage } from './pages.ts';
import * as refusals from './refusals.ts';
import * as shapes from './shapes.ts';

const existingRole = required(shapes.roleName, 'The name of the role.');
const description = string(constraints.ROLE_DESCRIPTION);
const sessionDuration = integer(constraints.SESSION_DURATION);

function ofRole<const P extends `iam:${string}`>(permission: P) {
  return { kind: 'identity', identity: 'role', member: 'RoleName', permission } as const;
}

export const createRole = iamOperation({
  name: 'CreateRole',
  summary:
    'Creates a role, which those whom its trust policy names may assume. The role can do nothing until policies allow it.',
  input: structure({
    Path: optional(shapes.path, 'The path of the role, such as /division/team/; / by default.'),
    RoleName: required(shapes.roleName, 'The name of the role. Names that differ only in case are the same.'),
    AssumeRolePolicyDocument: required(
      shapes.policyDocument,
      'The trust policy: who may assume the role. Users, roles and providers that it names must exist.',
    ),
    Description: optional(description, 'What the role is for.'),
    MaxSessionDuration: optional(
      sessionDuration,
      'The most seconds that a session may last; 3600 by default.',
    ),
    PermissionsBoundary: optional(
      shapes.arn,
      'The ARN of a managed policy that is to be the permissions boundary.',
    ),
    Tags: optional(shapes.tags, 'Tags for the role; at most 50.'),
  }),
  output: structure({ Role: required(role, 'The role.') }),
  targets: {
    role: {
      kind: 'new-identity',
      identity: 'role',
      permission: 'iam:CreateRole',
      place: ({ Path = '/', RoleName }) => ({ path: Path, name: RoleName }),
      conditions: ({ PermissionsBoundary, Tags }) => ({
        'iam:PermissionsBoundary': PermissionsBoundary,
        ...requestTagConditions(Tags),
      }),
    },
    tagging: {
      kind: 'new-identity',
      identity: 'role',
      permission: 'iam:TagRole',
      when: ({ Tags = [] }) => Tags.length > 0,
      place: ({ Path = '/', RoleName }) => ({ path: Path, name: RoleName }),
      conditions: ({ Tags }) => requestTagConditions(Tags),
    },
  },
  errors: ['EntityAlreadyExists', 'InvalidInput', 'LimitExceeded', 'MalformedPolicyDocument', 'NoSuchEntity'],
  readOnly: false,
  audit: { response: ['Role'] },
  examples: [
    {
      title: 'Create a role that a user may assume',
      request: { RoleName: 'orders', AssumeRolePolicyDocument: examples.TRUST_POLICY },
    },
    {
      title: 'Create a role for workloads that an OpenID Connect provider vouches for',
      request: {
        RoleName: 'orders',
        AssumeRolePolicyDocument: examples.WEB_IDENTITY_TRUST_POLICY,
        MaxSessionDuration: 7200,
      },
    },
  ],
  async handler({ input, targets: { role: place }, iam }) {
    const { PermissionsBoundary, Tags = [] } = input;
    const tags = addTags([], Tags);
    const created = await iam.store.write(async (writer) => {
      await requireRoom(writer, place.accountId, 'role');
      const permissionsBoundary =
        PermissionsBoundary && (await findBoundary(writer, iam, place.accountId, PermissionsBoundary));
      return createIdentity(iam, writer, 'role', place, {
        ...(await readTrustPolicy(writer, iam.partition, input.AssumeRolePolicyDocument)),
        inlinePolicies: [],
        attachedPolicies: [],
        description: input.Description ?? '',
        maxSessionDuration: input.MaxSessionDuration ?? constraints.DEFAULT_SESSION_DURATION,
        permissionsBoundary,
        tags,
      });
    });
    return { Role: await describeRole(iam, created) };
  },
});

export const getRole = iamOperation({
  name: 'GetRole',
  summary: 'Describes a role.',
  input: structure({ RoleName: existingRole }),
  output: structure({ Role: required(role, 'The role.') }),
  targets: { role: ofRole('iam:GetRole') },
  errors: ['NoSuchEntity'],
  readOnly: true,
  examples: [{ title: 'Describe a role', request: { RoleName: 'orders' } }],
  async handler({ targets, iam }) {
    return { Role: await describeRole(iam, targets.role) };
  },
});

export const listRoles = iamOperation({
  name: 'ListRoles',
  summary: 'Lists the roles of the account, by name.',
  input: structure({
    PathPrefix: optional(shapes.pathPrefix, 'What the paths of the roles begin with; / by default.'),
    ...shapes.pageRequest,
  }),
  output: structure({
    Roles: required(list(role), 'The roles, without boundary and tags.'),
    ...shapes.pageAnswer,
  }),
  targets: {
    roles: {
      kind: 'account',
      permission: 'iam:ListRoles',
      resource: ({ PathPrefix = '/' }) => `role${PathPrefix}`,
    },
  },
  errors: [],
  readOnly: true,
  examples: [{ title: 'List the roles', request: {} }],
  async handler(call) {
    const { input, caller, iam } = call;
    const { items, page } = await iamPage(
      call,
      [input.PathPrefix ?? '/'],
      (after, limit) => listOfKind(iam, 'role', caller.account, input.PathPrefix, after, limit),
      ({ name }) => name,
    );
    return { Roles: await Promise.all(items.map((each) => showRole(iam, each))), ...page };
  },
});

export const updateRole = iamOperation({
  name: 'UpdateRole',
  summary: 'Changes the description of a role and how long its sessions may last; what is left out stays.',
  input: structure({
    RoleName: existingRole,
    Description: optional(description, 'What the role is for.'),
    MaxSessionDuration: optional(sessionDuration, 'The most seconds that a session may last.'),
  }),
  output: shapes.empty,
  targets: { role: ofRole('iam:UpdateRole') },
  errors: ['NoSuchEntity'],
  readOnly: false,
  examples: [
    {
      title: 'Let sessions last for twelve hours',
      request: { RoleName: 'orders', MaxSessionDuration: 43_200 },
    },
  ],
  async handler({ input, targets, iam }) {
    await changeIdentity(iam, 'role', targets.role, ({ details }) => ({
      details: {
        ...details,
        description: input.Description ?? details.description,
        maxSessionDuration: input.MaxSessionDuration ?? details.maxSessionDuration,
      },
    }));
    return {};
  },
});

export const updateRoleDescription = iamOperation({
  name: 'UpdateRoleDescription',
  summary: 'Changes the description of a role, as UpdateRole does, and shows the role.',
  input: structure({
    RoleName: existingRole,
    Description: required(description, 'What the role is for.'),
  }),
  output: structure({ Role: optional(role, 'The role.') }),
  targets: { role: ofRole('iam:UpdateRoleDescription') },
  errors: ['NoSuchEntity'],
  readOnly: false,
  audit: { response: ['Role'] },
  examples: [
    {
      title: 'Describe a role in other words',
      request: { RoleName: 'orders', Description: 'Encrypts orders.' },
    },
  ],
  async handler({ input, targets, iam }) {
    const changed = await changeIdentity(iam, 'role', targets.role, ({ details }) => ({
      details: { ...details, description: input.Description },
    }));
    return { Role: await describeRole(iam, changed) };
  },
});

export const updateAssumeRolePolicy = iamOperation({
  name: 'UpdateAssumeRolePolicy',
  summary: 'Replaces the trust policy of a role: who may assume it. Sessions that there are stay.',
  input: structure({
    RoleName: existingRole,
    PolicyDocument: required(
      shapes.policyDocument,
      'The trust policy. Users, roles and providers that it names must exist.',
    ),
  }),
  output: shapes.empty,
  targets: { role: ofRole('iam:UpdateAssumeRolePolicy') },
  errors: ['LimitExceeded', 'MalformedPolicyDocument', 'NoSuchEntity'],
  readOnly: false,
  examples: [
    {
      title: 'Let another user assume a role',
      request: { RoleName: 'orders', PolicyDocument: examples.TRUST_POLICY },
    },
  ],
  async handler({ input, targets, iam }) {
    await changeIdentity(iam, 'role', targets.role, async ({ details }, writer) => ({
      details: { ...details, ...(await readTrustPolicy(writer, iam.partition, input.PolicyDocument)) },
    }));
    return {};
  },
});

export const deleteRole = iamOperation({
  name: 'DeleteRole',
  summary:
    'Deletes a role that has no policies any more. Its sessions end; policies that name it show its unique id from then on.',
  input: structure({ RoleName: existingRole }),
  output: shapes.empty,
  targets: { role: ofRole('iam:DeleteRole') },
  errors: ['DeleteConflict', 'NoSuchEntity'],
  readOnly: false,
  examples: [{ title: 'Delete a role', request: { RoleName: 'orders' } }],
  async handler({ targets, iam }) {
    await removeIdentity(iam, 'role', targets.role, requireNoPolicies);
    return {};
  },
});

/** @throws ServiceError `DeleteConflict` */
function requireNoPolicies({ details }: Identity<'role'>): void {
  if (details.inlinePolicies.length > 0) throw refusals.mustDeletePoliciesFirst();
  if (details.attachedPolicies.length > 0) throw refusals.mustDetachPoliciesFirst();
}

import { boundaryNotFound, changeIdentity, type Iam, type Identity } from '../../iam/index.ts';
import { required, structure } from '../../model/index.ts';
import { findBoundary } from './common.ts';
import * as examples from './example-values.ts';
import { iamOperation } from './iam-operation.ts';
import * as shapes from './shapes.ts';

const userName = required(shapes.userName, 'The name of the user.');
const roleName = required(shapes.roleName, 'The name of the role.');
const boundary = required(shapes.arn, 'The ARN of the managed policy.');

async function putBoundary<K extends 'user' | 'role'>(
  iam: Iam,
  kind: K,
  identity: Identity<K>,
  arn: string,
): Promise<void> {
  await changeIdentity(iam, kind, identity, async ({ accountId, details }, writer) => ({
    details: { ...details, permissionsBoundary: await findBoundary(writer, iam, accountId, arn) },
  }));
}

/** @throws ServiceError `NoSuchEntity` when there is none */
async function deleteBoundary<K extends 'user' | 'role'>(
  iam: Iam,
  kind: K,
  identity: Identity<K>,
): Promise<void> {
  await changeIdentity(iam, kind, identity, ({ name, details }) => {
    if (details.permissionsBoundary === undefined) throw boundaryNotFound(kind, name);
    return { details: { ...details, permissionsBoundary: undefined } };
  });
}

export const putUserPermissionsBoundary = iamOperation({
  name: 'PutUserPermissionsBoundary',
  summary:
    'Makes a managed policy the permissions boundary of a user: what the policies of the user allow counts only as far as the boundary allows it too.',
  input: structure({ UserName: userName, PermissionsBoundary: boundary }),
  output: shapes.empty,
  targets: {
    user: {
      kind: 'identity',
      identity: 'user',
      member: 'UserName',
      permission: 'iam:PutUserPermissionsBoundary',
      conditions: ({ PermissionsBoundary }) => ({ 'iam:PermissionsBoundary': PermissionsBoundary }),
    },
  },
  errors: ['NoSuchEntity'],
  readOnly: false,
  examples: [
    {
      title: 'Set the permissions boundary of a user',
      request: { UserName: 'ada', PermissionsBoundary: examples.POLICY_ARN },
      response: {},
    },
  ],
  async handler({ input, targets, iam }) {
    await putBoundary(iam, 'user', targets.user, input.PermissionsBoundary);
    return {};
  },
});

export const deleteUserPermissionsBoundary = iamOperation({
  name: 'DeleteUserPermissionsBoundary',
  summary: 'Takes the permissions boundary of a user away: all that the policies of the user allow counts.',
  input: structure({ UserName: userName }),
  output: shapes.empty,
  targets: {
    user: {
      kind: 'identity',
      identity: 'user',
      member: 'UserName',
      permission: 'iam:DeleteUserPermissionsBoundary',
    },
  },
  errors: ['NoSuchEntity'],
  readOnly: false,
  examples: [
    { title: 'Remove the permissions boundary of a user', request: { UserName: 'ada' }, response: {} },
  ],
  async handler({ targets, iam }) {
    await deleteBoundary(iam, 'user', targets.user);
    return {};
  },
});

export const putRolePermissionsBoundary = iamOperation({
  name: 'PutRolePermissionsBoundary',
  summary:
    'Makes a managed policy the permissions boundary of a role: what the policies of the role allow counts only as far as the boundary allows it too.',
  input: structure({ RoleName: roleName, PermissionsBoundary: boundary }),
  output: shapes.empty,
  targets: {
    role: {
      kind: 'identity',
      identity: 'role',
      member: 'RoleName',
      permission: 'iam:PutRolePermissionsBoundary',
      conditions: ({ PermissionsBoundary }) => ({ 'iam:PermissionsBoundary': PermissionsBoundary }),
    },
  },
  errors: ['NoSuchEntity'],
  readOnly: false,
  examples: [
    {
      title: 'Set the permissions boundary of a role',
      request: { RoleName: 'orders', PermissionsBoundary: examples.POLICY_ARN },
      response: {},
    },
  ],
  async handler({ input, targets, iam }) {
    await putBoundary(iam, 'role', targets.role, input.PermissionsBoundary);
    return {};
  },
});

export const deleteRolePermissionsBoundary = iamOperation({
  name: 'DeleteRolePermissionsBoundary',
  summary: 'Takes the permissions boundary of a role away: all that the policies of the role allow counts.',
  input: structure({ RoleName: roleName }),
  output: shapes.empty,
  targets: {
    role: {
      kind: 'identity',
      identity: 'role',
      member: 'RoleName',
      permission: 'iam:DeleteRolePermissionsBoundary',
    },
  },
  errors: ['NoSuchEntity'],
  readOnly: false,
  examples: [
    { title: 'Remove the permissions boundary of a role', request: { RoleName: 'orders' }, response: {} },
  ],
  async handler({ targets, iam }) {
    await deleteBoundary(iam, 'role', targets.role);
    return {};
  },
});

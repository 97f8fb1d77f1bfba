import { boundaryNotFound, changeIdentity, type Iam, type Identity } from '../../iam/index.ts';
import { required, structure } from '../../model/index.ts';
import type { Conditions } from '../operation.ts';
import { findBoundary } from './common.ts';
import * as examples from './example-values.ts';
import { iamOperation } from './iam-operation.ts';
import { NAMED_EXAMPLE, named, onNamed } from './policy-carriers.ts';
import * as shapes from './shapes.ts';

/* Permissions boundaries of users and roles. What the operations on both kinds share is said once for each verb. */

type BoundedKind = 'user' | 'role';

const givenBoundary = { PermissionsBoundary: required(shapes.arn, 'The ARN of the managed policy.') };

interface GivenBoundary {
  readonly PermissionsBoundary: string;
}

function conditions({ PermissionsBoundary }: GivenBoundary): Conditions {
  return { 'iam:PermissionsBoundary': PermissionsBoundary };
}

function putting(kind: BoundedKind) {
  return {
    summary: `Makes a managed policy the permissions boundary of a ${kind}: what the policies of the ${kind} allow counts only as far as the boundary allows it too.`,
    output: shapes.empty,
    errors: ['NoSuchEntity'],
    readOnly: false,
    examples: [
      {
        title: `Set the permissions boundary of a ${kind}`,
        request: { ...NAMED_EXAMPLE[kind], PermissionsBoundary: examples.POLICY_ARN },
      },
    ],
  };
}

async function putBoundary<K extends BoundedKind>(
  iam: Iam,
  kind: K,
  identity: Identity<K>,
  { PermissionsBoundary: arn }: GivenBoundary,
): Promise<Record<never, never>> {
  await changeIdentity(iam, kind, identity, async ({ accountId, details }, writer) => ({
    details: { ...details, permissionsBoundary: await findBoundary(writer, iam, accountId, arn) },
  }));
  return {};
}

export const putUserPermissionsBoundary = iamOperation({
  name: 'PutUserPermissionsBoundary',
  ...putting('user'),
  input: structure({ ...named.user, ...givenBoundary }),
  targets: { user: { ...onNamed('user', 'iam:PutUserPermissionsBoundary'), conditions } },
  handler: ({ input, targets, iam }) => putBoundary(iam, 'user', targets.user, input),
});

export const putRolePermissionsBoundary = iamOperation({
  name: 'PutRolePermissionsBoundary',
  ...putting('role'),
  input: structure({ ...named.role, ...givenBoundary }),
  targets: { role: { ...onNamed('role', 'iam:PutRolePermissionsBoundary'), conditions } },
  handler: ({ input, targets, iam }) => putBoundary(iam, 'role', targets.role, input),
});

function deleting(kind: BoundedKind) {
  return {
    summary: `Takes the permissions boundary of a ${kind} away: all that the policies of the ${kind} allow counts.`,
    output: shapes.empty,
    errors: ['NoSuchEntity'],
    readOnly: false,
    examples: [
      {
        title: `Remove the permissions boundary of a ${kind}`,
        request: NAMED_EXAMPLE[kind],
      },
    ],
  };
}

/** @throws ServiceError `NoSuchEntity` when there is none */
async function deleteBoundary<K extends BoundedKind>(
  iam: Iam,
  kind: K,
  identity: Identity<K>,
): Promise<Record<never, never>> {
  await changeIdentity(iam, kind, identity, ({ name, details }) => {
    if (details.permissionsBoundary === undefined) throw boundaryNotFound(kind, name);
    return { details: { ...details, permissionsBoundary: undefined } };
  });
  return {};
}

export const deleteUserPermissionsBoundary = iamOperation({
  name: 'DeleteUserPermissionsBoundary',
  ...deleting('user'),
  input: structure(named.user),
  targets: { user: onNamed('user', 'iam:DeleteUserPermissionsBoundary') },
  handler: ({ targets, iam }) => deleteBoundary(iam, 'user', targets.user),
});

export const deleteRolePermissionsBoundary = iamOperation({
  name: 'DeleteRolePermissionsBoundary',
  ...deleting('role'),
  input: structure(named.role),
  targets: { role: onNamed('role', 'iam:DeleteRolePermissionsBoundary') },
  handler: ({ targets, iam }) => deleteBoundary(iam, 'role', targets.role),
});

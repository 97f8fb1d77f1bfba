import {
  countReferrers,
  findIdentityById,
  type Iam,
  type Identity,
  type IdentityTag,
  identityArn,
  type ManagedPolicyDetails,
  type PolicyVersion,
  type Reader,
  renderBoundPolicy,
} from '../../iam/index.ts';
import { boolean, integer, optional, required, string, structure, timestamp } from '../../model/index.ts';
import * as shapes from './shapes.ts';

/* How identities are shown: their shapes, and what becomes of an identity in them. */

export const user = structure({
  Path: required(shapes.path, 'The path of the user.'),
  UserName: required(shapes.userName, 'The name of the user.'),
  UserId: required(shapes.uniqueId, 'The unique id of the user, which is never given twice.'),
  Arn: required(shapes.arn, 'The ARN of the user.'),
  CreateDate: shapes.requiredCreateDate,
  PermissionsBoundary: optional(shapes.permissionsBoundary, 'The permissions boundary of the user.'),
  Tags: optional(shapes.tags, 'The tags of the user.'),
});

/** How a user is shown in lists. */
export function showUser({ path, name, uniqueId, arn, creationDate }: Identity<'user'>) {
  return { Path: path, UserName: name, UserId: uniqueId, Arn: arn, CreateDate: new Date(creationDate) };
}

/** How a user is shown by itself: with boundary and tags. */
export async function describeUser(iam: Iam, identity: Identity<'user'>) {
  return {
    ...showUser(identity),
    PermissionsBoundary: await showBoundary(iam, identity),
    Tags: showAnyTags(identity.details.tags),
  };
}

/** How the tags of what is described are shown: left out when there are none. */
export function showAnyTags(tags: readonly IdentityTag[]) {
  return tags.length === 0 ? undefined : showTags(tags);
}

/** How tags are shown. */
export function showTags(
  tags: readonly IdentityTag[],
): readonly { readonly Key: string; readonly Value: string }[] {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }));
}

/** How a permissions boundary is shown; `undefined` when there is none. */
export async function showBoundary(
  iam: Iam,
  { details: { permissionsBoundary } }: Identity<'user' | 'role'>,
): Promise<
  | { readonly PermissionsBoundaryType: 'PermissionsBoundaryPolicy'; readonly PermissionsBoundaryArn: string }
  | undefined
> {
  if (permissionsBoundary === undefined) return undefined;
  // Not from a cache: a request that is about to change something reads within its transaction.
  const policy = await iam.store.read((reader) => findIdentityById(reader, permissionsBoundary));
  return {
    PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
    PermissionsBoundaryArn: policy === undefined ? permissionsBoundary : identityArn(iam.partition, policy),
  };
}

export const role = structure({
  Path: required(shapes.path, 'The path of the role.'),
  RoleName: required(shapes.roleName, 'The name of the role.'),
  RoleId: required(shapes.uniqueId, 'The unique id of the role, which is never given twice.'),
  Arn: required(shapes.arn, 'The ARN of the role.'),
  CreateDate: shapes.requiredCreateDate,
  AssumeRolePolicyDocument: optional(
    string(),
    'The trust policy, URL-encoded (RFC 3986). Users and roles in it have their present ARNs; who is gone has the unique id.',
  ),
  Description: optional(string(), 'What the role is for.'),
  MaxSessionDuration: optional(integer(), 'The most seconds that a session may last.'),
  PermissionsBoundary: optional(shapes.permissionsBoundary, 'The permissions boundary of the role.'),
  Tags: optional(shapes.tags, 'The tags of the role.'),
});

/** How a role is shown in lists. */
export async function showRole({ store, partition }: Iam, identity: Identity<'role'>) {
  const { path, name, uniqueId, arn, creationDate, details } = identity;
  const { assumeRolePolicy, assumeRolePrincipals, description, maxSessionDuration } = details;
  const trustPolicy = await store.read((reader) =>
    renderBoundPolicy(reader, partition, assumeRolePolicy, new Map(assumeRolePrincipals)),
  );
  return {
    Path: path,
    RoleName: name,
    RoleId: uniqueId,
    Arn: arn,
    CreateDate: new Date(creationDate),
    AssumeRolePolicyDocument: encodeURIComponent(trustPolicy),
    Description: description === '' ? undefined : description,
    MaxSessionDuration: maxSessionDuration,
  };
}

/** How a role is shown by itself: with boundary and tags. */
export async function describeRole(iam: Iam, identity: Identity<'role'>) {
  return {
    ...(await showRole(iam, identity)),
    PermissionsBoundary: await showBoundary(iam, identity),
    Tags: showAnyTags(identity.details.tags),
  };
}

export const group = structure({
  Path: required(shapes.path, 'The path of the group.'),
  GroupName: required(shapes.groupName, 'The name of the group.'),
  GroupId: required(shapes.uniqueId, 'The unique id of the group, which is never given twice.'),
  Arn: required(shapes.arn, 'The ARN of the group.'),
  CreateDate: shapes.requiredCreateDate,
});

/** How a group is shown. */
export function showGroup({ path, name, uniqueId, arn, creationDate }: Identity<'group'>) {
  return { Path: path, GroupName: name, GroupId: uniqueId, Arn: arn, CreateDate: new Date(creationDate) };
}

export const policy = structure({
  PolicyName: optional(shapes.policyName, 'The name of the policy.'),
  PolicyId: optional(shapes.uniqueId, 'The unique id of the policy, which is never given twice.'),
  Arn: optional(shapes.arn, 'The ARN of the policy.'),
  Path: optional(shapes.policyPath, 'The path of the policy.'),
  DefaultVersionId: optional(shapes.policyVersionId, 'The version that is in effect.'),
  AttachmentCount: optional(integer(), 'How many users, groups and roles it is attached to.'),
  PermissionsBoundaryUsageCount: optional(integer(), 'How many users and roles it is the boundary of.'),
  IsAttachable: optional(boolean, 'Whether it can be attached to users, groups and roles.'),
  Description: optional(string(), 'What the policy is for.'),
  CreateDate: shapes.createDate,
  UpdateDate: optional(timestamp, 'When its newest version was created.'),
  Tags: optional(shapes.tags, 'The tags of the policy.'),
});

/** How a managed policy is shown in lists of an account: with its uses there. */
export async function showPolicy(reader: Reader, accountId: string, identity: Identity<'policy'>) {
  const { path, name, uniqueId: target, arn, creationDate, details } = identity;
  return {
    PolicyName: name,
    PolicyId: target,
    Arn: arn,
    Path: path,
    DefaultVersionId: details.defaultVersionId,
    AttachmentCount: await countReferrers(reader, accountId, { target, relation: 'attachment' }),
    PermissionsBoundaryUsageCount: await countReferrers(reader, accountId, { target, relation: 'boundary' }),
    IsAttachable: true,
    CreateDate: new Date(creationDate),
    UpdateDate: new Date(details.updateDate),
  };
}

/** How a managed policy is shown by itself: with description and tags. */
export async function describePolicy(reader: Reader, accountId: string, identity: Identity<'policy'>) {
  const { description, tags } = identity.details;
  return {
    ...(await showPolicy(reader, accountId, identity)),
    Description: description === '' ? undefined : description,
    Tags: showAnyTags(tags),
  };
}

export const policyVersion = structure({
  Document: optional(string(), 'The policy document, URL-encoded (RFC 3986); in lists left out.'),
  VersionId: optional(shapes.policyVersionId, 'The version: v1, v2, …'),
  IsDefaultVersion: optional(boolean, 'Whether it is the one in effect.'),
  CreateDate: shapes.createDate,
});

/** How a version of a managed policy is shown in lists. */
export function showVersion(
  { defaultVersionId }: ManagedPolicyDetails,
  { versionId, creationDate }: PolicyVersion,
) {
  return {
    VersionId: versionId,
    IsDefaultVersion: versionId === defaultVersionId,
    CreateDate: new Date(creationDate),
  };
}

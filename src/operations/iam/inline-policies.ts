import { type Iam, type Identity, inlinePolicyNotFound, putInlinePolicy } from '../../iam/index.ts';
import { list, required, structure } from '../../model/index.ts';
import type { Call } from '../operation.ts';
import * as examples from './example-values.ts';
import { iamOperation } from './iam-operation.ts';
import { iamPage, type PageRequest, pageOfAll } from './pages.ts';
import { type CarrierKind, changePolicies, NAMED_EXAMPLE, named, onNamed } from './policy-carriers.ts';
import * as shapes from './shapes.ts';

/*
 * Policies that are part of the user, group or role that carries them. What the operations on the three kinds have in
 * common is said once for each verb.
 */

const policyName = required(shapes.policyName, 'The name of the policy.');
const EXAMPLE_NAME = 'encrypt-orders';

interface NamedPolicy {
  readonly PolicyName: string;
  readonly PolicyDocument: string;
}

function putting(kind: CarrierKind) {
  return {
    summary: `Puts an inline policy into a ${kind}, in place of the one that has its name.`,
    output: shapes.empty,
    errors: ['LimitExceeded', 'MalformedPolicyDocument', 'NoSuchEntity'],
    readOnly: false,
    examples: [
      {
        title: `Give a ${kind} an inline policy`,
        request: {
          ...NAMED_EXAMPLE[kind],
          PolicyName: EXAMPLE_NAME,
          PolicyDocument: examples.IDENTITY_POLICY,
        },
      },
    ],
  };
}

const putMembers = {
  PolicyName: policyName,
  PolicyDocument: required(shapes.policyDocument, 'The policy: an identity policy, in JSON.'),
};

async function put<K extends CarrierKind>(
  iam: Iam,
  kind: K,
  identity: Identity<K>,
  { PolicyName, PolicyDocument }: NamedPolicy,
): Promise<Record<never, never>> {
  await changePolicies(iam, kind, identity, ({ inlinePolicies }) => ({
    inlinePolicies: putInlinePolicy(kind, identity.name, inlinePolicies, {
      name: PolicyName,
      document: PolicyDocument,
    }),
  }));
  return {};
}

export const putUserPolicy = iamOperation({
  name: 'PutUserPolicy',
  ...putting('user'),
  input: structure({ ...named.user, ...putMembers }),
  targets: { user: onNamed('user', 'iam:PutUserPolicy') },
  handler: ({ input, targets, iam }) => put(iam, 'user', targets.user, input),
});

export const putGroupPolicy = iamOperation({
  name: 'PutGroupPolicy',
  ...putting('group'),
  input: structure({ ...named.group, ...putMembers }),
  targets: { group: onNamed('group', 'iam:PutGroupPolicy') },
  handler: ({ input, targets, iam }) => put(iam, 'group', targets.group, input),
});

export const putRolePolicy = iamOperation({
  name: 'PutRolePolicy',
  ...putting('role'),
  input: structure({ ...named.role, ...putMembers }),
  targets: { role: onNamed('role', 'iam:PutRolePolicy') },
  handler: ({ input, targets, iam }) => put(iam, 'role', targets.role, input),
});

function getting(kind: CarrierKind) {
  const request = { ...NAMED_EXAMPLE[kind], PolicyName: EXAMPLE_NAME };
  return {
    summary: `Shows an inline policy of a ${kind}.`,
    errors: ['NoSuchEntity'],
    readOnly: true,
    examples: [
      {
        title: `Read an inline policy of a ${kind}`,
        request,
      },
    ],
  };
}

const shownMembers = {
  PolicyName: policyName,
  PolicyDocument: required(shapes.policyDocument, 'The policy as it was put, URL-encoded (RFC 3986).'),
};

function show({ kind, details }: Identity<CarrierKind>, policyName: string): NamedPolicy {
  const policy = details.inlinePolicies.find(({ name }) => name === policyName);
  if (policy === undefined) throw inlinePolicyNotFound(kind, policyName);
  return { PolicyName: policyName, PolicyDocument: encodeURIComponent(policy.document) };
}

export const getUserPolicy = iamOperation({
  name: 'GetUserPolicy',
  ...getting('user'),
  input: structure({ ...named.user, PolicyName: policyName }),
  output: structure({ ...named.user, ...shownMembers }),
  targets: { user: onNamed('user', 'iam:GetUserPolicy') },
  handler: ({ input, targets: { user } }) => ({ UserName: user.name, ...show(user, input.PolicyName) }),
});

export const getGroupPolicy = iamOperation({
  name: 'GetGroupPolicy',
  ...getting('group'),
  input: structure({ ...named.group, PolicyName: policyName }),
  output: structure({ ...named.group, ...shownMembers }),
  targets: { group: onNamed('group', 'iam:GetGroupPolicy') },
  handler: ({ input, targets: { group } }) => ({ GroupName: group.name, ...show(group, input.PolicyName) }),
});

export const getRolePolicy = iamOperation({
  name: 'GetRolePolicy',
  ...getting('role'),
  input: structure({ ...named.role, PolicyName: policyName }),
  output: structure({ ...named.role, ...shownMembers }),
  targets: { role: onNamed('role', 'iam:GetRolePolicy') },
  handler: ({ input, targets: { role } }) => ({ RoleName: role.name, ...show(role, input.PolicyName) }),
});

function listing(kind: CarrierKind) {
  return {
    summary: `Lists the names of the inline policies of a ${kind}.`,
    output: structure({
      PolicyNames: required(list(shapes.policyName), 'The names of the policies.'),
      ...shapes.pageAnswer,
    }),
    errors: ['NoSuchEntity'],
    readOnly: true,
    examples: [
      {
        title: `List the inline policies of a ${kind}`,
        request: NAMED_EXAMPLE[kind],
      },
    ],
  };
}

async function listNames(
  call: Call<PageRequest, unknown>,
  { uniqueId, details }: Identity<CarrierKind>,
): Promise<{ PolicyNames: readonly string[]; IsTruncated: boolean; Marker?: string }> {
  const names = details.inlinePolicies.map(({ name }) => name);
  const positionOf = (name: string) => name;
  const { items, page } = await iamPage(call, [uniqueId], pageOfAll(names, positionOf), positionOf);
  return { PolicyNames: items, ...page };
}

export const listUserPolicies = iamOperation({
  name: 'ListUserPolicies',
  ...listing('user'),
  input: structure({ ...named.user, ...shapes.pageRequest }),
  targets: { user: onNamed('user', 'iam:ListUserPolicies') },
  handler: (call) => listNames(call, call.targets.user),
});

export const listGroupPolicies = iamOperation({
  name: 'ListGroupPolicies',
  ...listing('group'),
  input: structure({ ...named.group, ...shapes.pageRequest }),
  targets: { group: onNamed('group', 'iam:ListGroupPolicies') },
  handler: (call) => listNames(call, call.targets.group),
});

export const listRolePolicies = iamOperation({
  name: 'ListRolePolicies',
  ...listing('role'),
  input: structure({ ...named.role, ...shapes.pageRequest }),
  targets: { role: onNamed('role', 'iam:ListRolePolicies') },
  handler: (call) => listNames(call, call.targets.role),
});

function deleting(kind: CarrierKind) {
  return {
    summary: `Deletes an inline policy of a ${kind}.`,
    output: shapes.empty,
    errors: ['NoSuchEntity'],
    readOnly: false,
    examples: [
      {
        title: `Take an inline policy from a ${kind}`,
        request: { ...NAMED_EXAMPLE[kind], PolicyName: EXAMPLE_NAME },
      },
    ],
  };
}

async function remove<K extends CarrierKind>(
  iam: Iam,
  kind: K,
  identity: Identity<K>,
  policyName: string,
): Promise<Record<never, never>> {
  await changePolicies(iam, kind, identity, ({ inlinePolicies }) => {
    const others = inlinePolicies.filter(({ name }) => name !== policyName);
    if (others.length === inlinePolicies.length) throw inlinePolicyNotFound(kind, policyName);
    return { inlinePolicies: others };
  });
  return {};
}

export const deleteUserPolicy = iamOperation({
  name: 'DeleteUserPolicy',
  ...deleting('user'),
  input: structure({ ...named.user, PolicyName: policyName }),
  targets: { user: onNamed('user', 'iam:DeleteUserPolicy') },
  handler: ({ input, targets, iam }) => remove(iam, 'user', targets.user, input.PolicyName),
});

export const deleteGroupPolicy = iamOperation({
  name: 'DeleteGroupPolicy',
  ...deleting('group'),
  input: structure({ ...named.group, PolicyName: policyName }),
  targets: { group: onNamed('group', 'iam:DeleteGroupPolicy') },
  handler: ({ input, targets, iam }) => remove(iam, 'group', targets.group, input.PolicyName),
});

export const deleteRolePolicy = iamOperation({
  name: 'DeleteRolePolicy',
  ...deleting('role'),
  input: structure({ ...named.role, PolicyName: policyName }),
  targets: { role: onNamed('role', 'iam:DeleteRolePolicy') },
  handler: ({ input, targets, iam }) => remove(iam, 'role', targets.role, input.PolicyName),
});

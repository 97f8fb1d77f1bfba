import {
  findManagedPolicy,
  type Iam,
  type Identity,
  isOfKind,
  limitExceeded,
  policyNotAttached,
  quotas,
} from '../../iam/index.ts';
import { list, optional, string, structure } from '../../model/index.ts';
import type { Call, Conditions } from '../operation.ts';
import * as examples from './example-values.ts';
import { iamOperation } from './iam-operation.ts';
import { iamPage, type PageRequest, pageOfAll } from './pages.ts';
import { namedPolicy, requirePolicyArn } from './policies.ts';
import { type CarrierKind, changePolicies, NAMED_EXAMPLE, named, onNamed } from './policy-carriers.ts';
import * as shapes from './shapes.ts';

/* Managed policies on users, groups and roles. What the operations on the three kinds share is said once for each verb. */

interface NamedPolicy {
  readonly PolicyArn: string;
}

/** How messages call the quota of each kind. */
const QUOTAS = { user: 'PoliciesPerUser', group: 'PoliciesPerGroup', role: 'PoliciesPerRole' } as const;

/** The target of an operation that attaches or detaches. */
function onCarrier<const K extends CarrierKind, const P extends `iam:${string}`>(kind: K, permission: P) {
  return { ...onNamed(kind, permission), conditions } as const;
}

function conditions({ PolicyArn }: NamedPolicy): Conditions {
  return { 'iam:PolicyARN': PolicyArn };
}

function attaching(kind: CarrierKind) {
  return {
    summary: `Attaches a managed policy to a ${kind}, which may have ${quotas.ATTACHED_POLICIES}. Attaching one that is attached changes nothing.`,
    output: shapes.empty,
    errors: ['InvalidInput', 'LimitExceeded', 'NoSuchEntity'],
    readOnly: false,
    validate: requirePolicyArn,
    examples: [
      {
        title: `Attach a policy to a ${kind}`,
        request: { ...NAMED_EXAMPLE[kind], PolicyArn: examples.POLICY_ARN },
      },
    ],
  };
}

async function attach<K extends CarrierKind>(
  iam: Iam,
  kind: K,
  identity: Identity<K>,
  { PolicyArn }: NamedPolicy,
): Promise<Record<never, never>> {
  await changePolicies(iam, kind, identity, async ({ attachedPolicies }, writer) => {
    const { uniqueId } = await findManagedPolicy(writer, iam.partition, identity.accountId, PolicyArn);
    if (attachedPolicies.includes(uniqueId)) return {};
    if (attachedPolicies.length >= quotas.ATTACHED_POLICIES)
      throw limitExceeded(`Cannot exceed quota for ${QUOTAS[kind]}: ${quotas.ATTACHED_POLICIES}`);
    return { attachedPolicies: [...attachedPolicies, uniqueId] };
  });
  return {};
}

export const attachUserPolicy = iamOperation({
  name: 'AttachUserPolicy',
  ...attaching('user'),
  input: structure({ ...named.user, ...namedPolicy }),
  targets: { user: onCarrier('user', 'iam:AttachUserPolicy') },
  handler: ({ input, targets, iam }) => attach(iam, 'user', targets.user, input),
});

export const attachGroupPolicy = iamOperation({
  name: 'AttachGroupPolicy',
  ...attaching('group'),
  input: structure({ ...named.group, ...namedPolicy }),
  targets: { group: onCarrier('group', 'iam:AttachGroupPolicy') },
  handler: ({ input, targets, iam }) => attach(iam, 'group', targets.group, input),
});

export const attachRolePolicy = iamOperation({
  name: 'AttachRolePolicy',
  ...attaching('role'),
  input: structure({ ...named.role, ...namedPolicy }),
  targets: { role: onCarrier('role', 'iam:AttachRolePolicy') },
  handler: ({ input, targets, iam }) => attach(iam, 'role', targets.role, input),
});

function detaching(kind: CarrierKind) {
  return {
    summary: `Detaches a managed policy from a ${kind}.`,
    output: shapes.empty,
    errors: ['InvalidInput', 'NoSuchEntity'],
    readOnly: false,
    validate: requirePolicyArn,
    examples: [
      {
        title: `Detach a policy from a ${kind}`,
        request: { ...NAMED_EXAMPLE[kind], PolicyArn: examples.POLICY_ARN },
      },
    ],
  };
}

async function detach<K extends CarrierKind>(
  iam: Iam,
  kind: K,
  identity: Identity<K>,
  { PolicyArn }: NamedPolicy,
): Promise<Record<never, never>> {
  await changePolicies(iam, kind, identity, async ({ attachedPolicies }, writer) => {
    const policy = await findManagedPolicy(writer, iam.partition, identity.accountId, PolicyArn);
    if (!attachedPolicies.includes(policy.uniqueId)) throw policyNotAttached(PolicyArn);
    return { attachedPolicies: attachedPolicies.filter((uniqueId) => uniqueId !== policy.uniqueId) };
  });
  return {};
}

export const detachUserPolicy = iamOperation({
  name: 'DetachUserPolicy',
  ...detaching('user'),
  input: structure({ ...named.user, ...namedPolicy }),
  targets: { user: onCarrier('user', 'iam:DetachUserPolicy') },
  handler: ({ input, targets, iam }) => detach(iam, 'user', targets.user, input),
});

export const detachGroupPolicy = iamOperation({
  name: 'DetachGroupPolicy',
  ...detaching('group'),
  input: structure({ ...named.group, ...namedPolicy }),
  targets: { group: onCarrier('group', 'iam:DetachGroupPolicy') },
  handler: ({ input, targets, iam }) => detach(iam, 'group', targets.group, input),
});

export const detachRolePolicy = iamOperation({
  name: 'DetachRolePolicy',
  ...detaching('role'),
  input: structure({ ...named.role, ...namedPolicy }),
  targets: { role: onCarrier('role', 'iam:DetachRolePolicy') },
  handler: ({ input, targets, iam }) => detach(iam, 'role', targets.role, input),
});

const listMembers = {
  PathPrefix: optional(shapes.policyPath, 'What the paths of the policies begin with; / by default.'),
  ...shapes.pageRequest,
};

function listing(kind: CarrierKind) {
  return {
    summary: `Lists the managed policies that are attached to a ${kind}, by name.`,
    output: structure({
      AttachedPolicies: optional(
        list(
          structure({
            PolicyName: optional(string(), 'The name of the policy.'),
            PolicyArn: optional(shapes.arn, 'The ARN of the policy.'),
          }),
        ),
        'The policies.',
      ),
      ...shapes.pageAnswer,
    }),
    errors: ['NoSuchEntity'],
    readOnly: true,
    examples: [
      {
        title: `List the policies of a ${kind}`,
        request: NAMED_EXAMPLE[kind],
      },
    ],
  };
}

async function listAttached(
  call: Call<PageRequest & { readonly PathPrefix?: string | undefined }, unknown>,
  { uniqueId, details }: Identity<CarrierKind>,
) {
  const { PathPrefix = '/' } = call.input;
  const entries = await Promise.all(details.attachedPolicies.map((id) => call.iam.identities.get(id)));
  const policies = entries
    .map((entry) => entry?.identity)
    .filter((identity) => identity !== undefined && isOfKind(identity, 'policy'))
    .filter(({ path }) => path.startsWith(PathPrefix));
  // A policy of the account may have the name of one that AWS manages.
  const positionOf = ({ name, arn }: Identity<'policy'>) => `${name} ${arn}`;
  const { items, page } = await iamPage(
    call,
    [uniqueId, PathPrefix],
    pageOfAll(policies, positionOf),
    positionOf,
  );
  return { AttachedPolicies: items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })), ...page };
}

export const listAttachedUserPolicies = iamOperation({
  name: 'ListAttachedUserPolicies',
  ...listing('user'),
  input: structure({ ...named.user, ...listMembers }),
  targets: { user: onNamed('user', 'iam:ListAttachedUserPolicies') },
  handler: (call) => listAttached(call, call.targets.user),
});

export const listAttachedGroupPolicies = iamOperation({
  name: 'ListAttachedGroupPolicies',
  ...listing('group'),
  input: structure({ ...named.group, ...listMembers }),
  targets: { group: onNamed('group', 'iam:ListAttachedGroupPolicies') },
  handler: (call) => listAttached(call, call.targets.group),
});

export const listAttachedRolePolicies = iamOperation({
  name: 'ListAttachedRolePolicies',
  ...listing('role'),
  input: structure({ ...named.role, ...listMembers }),
  targets: { role: onNamed('role', 'iam:ListAttachedRolePolicies') },
  handler: (call) => listAttached(call, call.targets.role),
});

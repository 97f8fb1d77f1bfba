import { changeIdentity, type Iam, type Identity, type IdentityTag } from '../../iam/index.ts';
import { list, required, structure } from '../../model/index.ts';
import type { Call, Conditions } from '../operation.ts';
import { addTags, requestTagConditions, type TagMember } from './common.ts';
import { showTags } from './descriptions.ts';
import * as examples from './example-values.ts';
import { iamOperation } from './iam-operation.ts';
import { iamPage, type PageRequest, pageOfAll } from './pages.ts';
import { namedPolicy, requireCustomerManaged, requirePolicyArn } from './policies.ts';
import { NAMED_EXAMPLE, named } from './policy-carriers.ts';
import * as shapes from './shapes.ts';

/* Tags of users, roles, policies and providers. What the operations on the four kinds share is said once for each verb. */

type TaggedKind = 'user' | 'role' | 'policy' | 'oidc-provider';

const namedProvider = { OpenIDConnectProviderArn: required(shapes.arn, 'The ARN of the provider.') };

/** How texts call each kind, what names one in examples, and the error when that cannot be a name at all. */
const KINDS = {
  user: { called: 'a user', member: 'UserName', example: NAMED_EXAMPLE.user, errors: [] },
  role: { called: 'a role', member: 'RoleName', example: NAMED_EXAMPLE.role, errors: [] },
  policy: {
    called: 'a managed policy',
    member: 'PolicyArn',
    example: { PolicyArn: examples.POLICY_ARN },
    errors: ['InvalidInput'],
  },
  'oidc-provider': {
    called: 'an OpenID Connect provider',
    member: 'OpenIDConnectProviderArn',
    example: { OpenIDConnectProviderArn: examples.PROVIDER_ARN },
    errors: [],
  },
} as const;

const EXAMPLE_TAG = { Key: 'team', Value: 'orders' };

/** The target of an operation on the tags of an identity that a request names. */
function onTagged<const K extends TaggedKind, const P extends `iam:${string}`>(kind: K, permission: P) {
  return { kind: 'identity', identity: kind, member: KINDS[kind].member, permission } as const;
}

const givenTags = {
  Tags: required(
    shapes.tags,
    'The tags. One whose key is there already, in whichever case, takes its place.',
  ),
};

interface GivenTags {
  readonly Tags: readonly TagMember[];
}

function tagging(kind: TaggedKind) {
  const { called, example } = KINDS[kind];
  return {
    summary: `Adds tags to ${called}, or gives tags that are there new values. Policies may depend on them at once.`,
    output: shapes.empty,
    errors: ['InvalidInput', 'LimitExceeded', 'NoSuchEntity'],
    readOnly: false,
    examples: [{ title: `Tag ${called}`, request: { ...example, Tags: [EXAMPLE_TAG] } }],
  };
}

/** The target of an operation that tags. */
function onTagging<const K extends TaggedKind, const P extends `iam:${string}`>(kind: K, permission: P) {
  const conditions = ({ Tags }: GivenTags) => requestTagConditions(Tags);
  return { ...onTagged(kind, permission), conditions } as const;
}

/** @throws ServiceError `InvalidInput` when a key is given twice; `LimitExceeded` over 50 tags */
async function putTags<K extends TaggedKind>(
  iam: Iam,
  kind: K,
  identity: Identity<K>,
  { Tags }: GivenTags,
): Promise<Record<never, never>> {
  await changeTags(iam, kind, identity, (tags) => addTags(tags, Tags));
  return {};
}

async function changeTags<K extends TaggedKind>(
  iam: Iam,
  kind: K,
  identity: Identity<K>,
  change: (tags: readonly IdentityTag[]) => readonly IdentityTag[],
): Promise<void> {
  await changeIdentity(iam, kind, identity, ({ details }) => ({
    details: { ...details, tags: change(details.tags) },
  }));
}

export const tagUser = iamOperation({
  name: 'TagUser',
  ...tagging('user'),
  input: structure({ ...named.user, ...givenTags }),
  targets: { user: onTagging('user', 'iam:TagUser') },
  handler: ({ input, targets, iam }) => putTags(iam, 'user', targets.user, input),
});

export const tagRole = iamOperation({
  name: 'TagRole',
  ...tagging('role'),
  input: structure({ ...named.role, ...givenTags }),
  targets: { role: onTagging('role', 'iam:TagRole') },
  handler: ({ input, targets, iam }) => putTags(iam, 'role', targets.role, input),
});

export const tagPolicy = iamOperation({
  name: 'TagPolicy',
  ...tagging('policy'),
  input: structure({ ...namedPolicy, ...givenTags }),
  targets: { policy: onTagging('policy', 'iam:TagPolicy') },
  validate: requirePolicyArn,
  check: (call) => requireCustomerManaged(call),
  handler: ({ input, targets, iam }) => putTags(iam, 'policy', targets.policy, input),
});

export const tagOpenIDConnectProvider = iamOperation({
  name: 'TagOpenIDConnectProvider',
  ...tagging('oidc-provider'),
  input: structure({ ...namedProvider, ...givenTags }),
  targets: { provider: onTagging('oidc-provider', 'iam:TagOpenIDConnectProvider') },
  handler: ({ input, targets, iam }) => putTags(iam, 'oidc-provider', targets.provider, input),
});

const givenTagKeys = {
  TagKeys: required(
    shapes.tagKeys,
    'The keys of the tags, in whichever case. Keys that are not there are passed over.',
  ),
};

interface GivenTagKeys {
  readonly TagKeys: readonly string[];
}

function untagging(kind: TaggedKind) {
  const { called, example, errors } = KINDS[kind];
  return {
    summary: `Takes tags away from ${called}.`,
    output: shapes.empty,
    errors: [...errors, 'NoSuchEntity'],
    readOnly: false,
    examples: [{ title: `Untag ${called}`, request: { ...example, TagKeys: [EXAMPLE_TAG.Key] } }],
  };
}

/** The target of an operation that untags. */
function onUntagging<const K extends TaggedKind, const P extends `iam:${string}`>(kind: K, permission: P) {
  const conditions = ({ TagKeys }: GivenTagKeys): Conditions => ({ 'aws:TagKeys': TagKeys });
  return { ...onTagged(kind, permission), conditions } as const;
}

/** Takes away the tags that have the keys, in whichever case. */
async function removeTags<K extends TaggedKind>(
  iam: Iam,
  kind: K,
  identity: Identity<K>,
  { TagKeys }: GivenTagKeys,
): Promise<Record<never, never>> {
  const removed = new Set(TagKeys.map((key) => key.toLowerCase()));
  await changeTags(iam, kind, identity, (tags) => tags.filter(({ key }) => !removed.has(key.toLowerCase())));
  return {};
}

export const untagUser = iamOperation({
  name: 'UntagUser',
  ...untagging('user'),
  input: structure({ ...named.user, ...givenTagKeys }),
  targets: { user: onUntagging('user', 'iam:UntagUser') },
  handler: ({ input, targets, iam }) => removeTags(iam, 'user', targets.user, input),
});

export const untagRole = iamOperation({
  name: 'UntagRole',
  ...untagging('role'),
  input: structure({ ...named.role, ...givenTagKeys }),
  targets: { role: onUntagging('role', 'iam:UntagRole') },
  handler: ({ input, targets, iam }) => removeTags(iam, 'role', targets.role, input),
});

export const untagPolicy = iamOperation({
  name: 'UntagPolicy',
  ...untagging('policy'),
  input: structure({ ...namedPolicy, ...givenTagKeys }),
  targets: { policy: onUntagging('policy', 'iam:UntagPolicy') },
  validate: requirePolicyArn,
  check: (call) => requireCustomerManaged(call),
  handler: ({ input, targets, iam }) => removeTags(iam, 'policy', targets.policy, input),
});

export const untagOpenIDConnectProvider = iamOperation({
  name: 'UntagOpenIDConnectProvider',
  ...untagging('oidc-provider'),
  input: structure({ ...namedProvider, ...givenTagKeys }),
  targets: { provider: onUntagging('oidc-provider', 'iam:UntagOpenIDConnectProvider') },
  handler: ({ input, targets, iam }) => removeTags(iam, 'oidc-provider', targets.provider, input),
});

function listing(kind: TaggedKind) {
  const { called, example, errors } = KINDS[kind];
  return {
    summary: `Lists the tags of ${called}, by key.`,
    output: structure({
      Tags: required(list(shapes.tag), 'The tags, by key.'),
      ...shapes.pageAnswer,
    }),
    errors: [...errors, 'NoSuchEntity'],
    readOnly: true,
    examples: [
      {
        title: `List the tags of ${called}`,
        request: example,
      },
    ],
  };
}

async function pageOfTags(call: Call<PageRequest, unknown>, { uniqueId, details }: Identity<TaggedKind>) {
  const positionOf = ({ key }: IdentityTag) => key;
  const { items, page } = await iamPage(call, [uniqueId], pageOfAll(details.tags, positionOf), positionOf);
  return { Tags: showTags(items), ...page };
}

export const listUserTags = iamOperation({
  name: 'ListUserTags',
  ...listing('user'),
  input: structure({ ...named.user, ...shapes.pageRequest }),
  targets: { user: onTagged('user', 'iam:ListUserTags') },
  handler: (call) => pageOfTags(call, call.targets.user),
});

export const listRoleTags = iamOperation({
  name: 'ListRoleTags',
  ...listing('role'),
  input: structure({ ...named.role, ...shapes.pageRequest }),
  targets: { role: onTagged('role', 'iam:ListRoleTags') },
  handler: (call) => pageOfTags(call, call.targets.role),
});

export const listPolicyTags = iamOperation({
  name: 'ListPolicyTags',
  ...listing('policy'),
  input: structure({ ...namedPolicy, ...shapes.pageRequest }),
  targets: { policy: onTagged('policy', 'iam:ListPolicyTags') },
  validate: requirePolicyArn,
  handler: (call) => pageOfTags(call, call.targets.policy),
});

export const listOpenIDConnectProviderTags = iamOperation({
  name: 'ListOpenIDConnectProviderTags',
  ...listing('oidc-provider'),
  input: structure({ ...namedProvider, ...shapes.pageRequest }),
  targets: { provider: onTagged('oidc-provider', 'iam:ListOpenIDConnectProviderTags') },
  handler: (call) => pageOfTags(call, call.targets.provider),
});

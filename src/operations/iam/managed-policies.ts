import {
  awsManagedPolicies,
  constraints,
  countReferrers,
  createIdentity,
  decodeIdentity,
  type Iam,
  type Identity,
  isOfKind,
  listIdentities,
  newPolicyDetails,
  type Reader,
  removeIdentity,
} from '../../iam/index.ts';
import { boolean, enumeration, list, optional, required, string, structure } from '../../model/index.ts';
import { addTags, requestTagConditions, requireRoom } from './common.ts';
import { describePolicy, policy, showPolicy } from './descriptions.ts';
import * as examples from './example-values.ts';
import { iamOperation } from './iam-operation.ts';
import { iamPage } from './pages.ts';
import {
  namedPolicy,
  onPolicy,
  type PolicyUsage,
  policyUsage,
  RELATIONS,
  requireCustomerManaged,
  requirePolicyArn,
} from './policies.ts';
import * as refusals from './refusals.ts';
import * as shapes from './shapes.ts';

export const createPolicy = iamOperation({
  name: 'CreatePolicy',
  summary: 'Creates a managed policy, with its document as version v1. It is attached to nothing yet.',
  input: structure({
    PolicyName: required(
      shapes.policyName,
      'The name of the policy. Names that differ only in case are the same.',
    ),
    Path: optional(shapes.policyPath, 'The path of the policy, such as /division/team/; / by default.'),
    PolicyDocument: required(
      shapes.policyDocument,
      'The policy: an identity policy, in JSON; at most 6,144 characters without white space.',
    ),
    Description: optional(
      string(constraints.POLICY_DESCRIPTION),
      'What the policy is for; it stays as it is.',
    ),
    Tags: optional(shapes.tags, 'Tags for the policy; at most 50.'),
  }),
  output: structure({ Policy: optional(policy, 'The policy.') }),
  targets: {
    policy: {
      kind: 'new-identity',
      identity: 'policy',
      permission: 'iam:CreatePolicy',
      place: ({ Path, PolicyName }) => ({ path: Path, name: PolicyName }),
      conditions: ({ Tags }) => requestTagConditions(Tags),
    },
    tagging: {
      kind: 'new-identity',
      identity: 'policy',
      permission: 'iam:TagPolicy',
      when: ({ Tags = [] }) => Tags.length > 0,
      place: ({ Path, PolicyName }) => ({ path: Path, name: PolicyName }),
      conditions: ({ Tags }) => requestTagConditions(Tags),
    },
  },
  errors: ['EntityAlreadyExists', 'InvalidInput', 'LimitExceeded', 'MalformedPolicyDocument'],
  readOnly: false,
  audit: { response: ['Policy'] },
  examples: [
    {
      title: 'Create a policy',
      request: { PolicyName: 'use-keys', PolicyDocument: examples.IDENTITY_POLICY },
    },
  ],
  async handler({ input, targets: { policy: place }, iam }) {
    const { PolicyDocument, Description = '', Tags = [] } = input;
    const tags = addTags([], Tags);
    const details = newPolicyDetails(PolicyDocument, {
      description: Description,
      creationDate: iam.clock.now(),
      tags,
    });
    const Policy = await iam.store.write(async (writer) => {
      await requireRoom(writer, place.accountId, 'policy');
      const created = await createIdentity(iam, writer, 'policy', place, details);
      return describePolicy(writer, place.accountId, created);
    });
    return { Policy };
  },
});

export const getPolicy = iamOperation({
  name: 'GetPolicy',
  summary:
    'Describes a managed policy, of the account or of AWS, and how often it is used in the account. GetPolicyVersion shows its document.',
  input: structure(namedPolicy),
  output: structure({ Policy: optional(policy, 'The policy.') }),
  targets: { policy: onPolicy('iam:GetPolicy') },
  errors: ['InvalidInput', 'NoSuchEntity'],
  readOnly: true,
  validate: requirePolicyArn,
  examples: [
    {
      title: 'Describe a policy',
      request: { PolicyArn: examples.POLICY_ARN },
    },
  ],
  async handler({ targets, caller, iam }) {
    const Policy = await iam.store.read((reader) => describePolicy(reader, caller.account, targets.policy));
    return { Policy };
  },
});

export const listPolicies = iamOperation({
  name: 'ListPolicies',
  summary: 'Lists managed policies: those of the account by name, then those of AWS.',
  input: structure({
    Scope: optional(
      enumeration('All', 'AWS', 'Local'),
      'Whose policies: All, by default; those of AWS; or those of the account (Local).',
    ),
    OnlyAttached: optional(
      boolean,
      'Only policies that are attached to a user, group or role of the account.',
    ),
    PathPrefix: optional(shapes.policyPath, 'What the paths of the policies begin with; / by default.'),
    PolicyUsageFilter: optional(
      policyUsage,
      'Only policies that are attached to something in the account (PermissionsPolicy), or that are the permissions boundary of something (PermissionsBoundary).',
    ),
    ...shapes.pageRequest,
  }),
  output: structure({
    Policies: optional(list(policy), 'The policies, without description and tags.'),
    ...shapes.pageAnswer,
  }),
  targets: { account: { kind: 'account', permission: 'iam:ListPolicies' } },
  errors: [],
  readOnly: true,
  examples: [
    {
      title: 'List the policies of the account',
      request: { Scope: 'Local' },
    },
  ],
  async handler(call) {
    const { input, caller, iam } = call;
    const { Scope = 'All', OnlyAttached = false, PathPrefix = '/', PolicyUsageFilter } = input;
    const filter = {
      scope: Scope,
      accountId: caller.account,
      pathPrefix: PathPrefix,
      referredAs: [
        ...(OnlyAttached ? [RELATIONS.PermissionsPolicy] : []),
        ...(PolicyUsageFilter ? [RELATIONS[PolicyUsageFilter]] : []),
      ],
    };
    const { items, page } = await iamPage(
      call,
      [Scope, String(OnlyAttached), PathPrefix, PolicyUsageFilter ?? ''],
      (after, limit) => listPage(iam, filter, after, limit),
      ({ position }) => position,
    );
    return { Policies: items.map(({ shown }) => shown), ...page };
  },
});

interface PolicyFilter {
  readonly scope: 'All' | 'AWS' | 'Local';
  readonly accountId: string;
  readonly pathPrefix: string;
  /** Only policies that are used in each of these ways. */
  readonly referredAs: readonly PolicyUsage[];
}

/** What the positions of the policies begin with: those of the account come first. */
const LOCAL = 'account/';
const AWS = 'aws/';

/** Managed policies with their positions, after one (`''`: from the beginning), at most so many. */
function listPage({ store, partition }: Iam, filter: PolicyFilter, after: string, limit: number) {
  const { scope, accountId } = filter;
  return store.read(async (reader) => {
    const listsLocal = scope !== 'AWS' && !after.startsWith(AWS);
    const records = listsLocal
      ? await listIdentities(reader, { ...filter, kind: 'policy' }, after.slice(LOCAL.length), limit)
      : [];
    const builtIn = scope === 'Local' ? [] : await listBuiltIn(reader, partition, filter, after);
    const found = [...records.map((record) => decodeIdentity(partition, record)), ...builtIn]
      .filter((identity) => isOfKind(identity, 'policy'))
      .slice(0, limit);
    const page = [];
    for (const each of found)
      page.push({ position: positionOf(each), shown: await showPolicy(reader, accountId, each) });
    return page;
  });
}

function positionOf({ accountId, name }: Identity<'policy'>): string {
  return (accountId === 'aws' ? AWS : LOCAL) + name;
}

/** The policies of AWS after a position, by name. */
async function listBuiltIn(
  reader: Reader,
  partition: string,
  { accountId, pathPrefix, referredAs }: PolicyFilter,
  after: string,
): Promise<readonly Identity<'policy'>[]> {
  const found: Identity<'policy'>[] = [];
  for (const each of awsManagedPolicies(partition).values()) {
    if (!each.path.startsWith(pathPrefix) || positionOf(each) <= after) continue;
    const uses = referredAs.map((relation) =>
      countReferrers(reader, accountId, { target: each.uniqueId, relation }),
    );
    if ((await Promise.all(uses)).every((count) => count > 0)) found.push(each);
  }
  return found.sort((one, other) => (one.name < other.name ? -1 : 1));
}

export const deletePolicy = iamOperation({
  name: 'DeletePolicy',
  summary: 'Deletes a managed policy that nothing uses any more and that has only its default version.',
  input: structure(namedPolicy),
  output: shapes.empty,
  targets: { policy: onPolicy('iam:DeletePolicy') },
  errors: ['DeleteConflict', 'InvalidInput', 'NoSuchEntity'],
  readOnly: false,
  validate: requirePolicyArn,
  check: requireCustomerManaged,
  examples: [{ title: 'Delete a policy', request: { PolicyArn: examples.POLICY_ARN } }],
  async handler({ targets, iam }) {
    await removeIdentity(iam, 'policy', targets.policy, requireUnused);
    return {};
  },
});

/** @throws ServiceError `DeleteConflict` */
async function requireUnused(
  { accountId, uniqueId: target, details }: Identity<'policy'>,
  reader: Reader,
): Promise<void> {
  for (const relation of Object.values(RELATIONS)) {
    if ((await countReferrers(reader, accountId, { target, relation })) > 0) throw refusals.policyInUse();
  }
  if (details.versions.length > 1) throw refusals.policyHasVersions();
}

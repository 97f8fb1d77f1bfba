import {
  type Iam,
  type Identity,
  identityNotFound,
  type PolicyFilter,
  parseIdentityArn,
  policiesOfIdentity,
  type SourcedPolicy,
} from '../../iam/index.ts';
import { list, optional, required, structure, type ValueOf } from '../../model/index.ts';
import * as examples from './example-values.ts';
import { iamOperation } from './iam-operation.ts';
import * as refusals from './refusals.ts';
import * as shapes from './shapes.ts';
import {
  findSource,
  readBoundary,
  readIdentityPolicies,
  readSimulation,
  type SourceKind,
} from './simulation-requests.ts';
import { pageOfResults } from './simulation-results.ts';
import {
  contextKeysAnswer,
  policyIdentifier,
  policyList,
  simulationAnswer,
  simulationRequest,
} from './simulation-shapes.ts';

const policySource = required(shapes.arn, 'The ARN of a user, group or role of the account.');
const EXAMPLE_POLICY =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:ListKeys","Resource":"*"}]}';
const _EXAMPLE_RESULT = { EvalActionName: 'kms:ListKeys', EvalResourceName: '*', EvalDecision: 'allowed' };

/** What a policy source is called in the ARN of the resource of a permission. */
function resourceOf({ PolicySourceArn }: { readonly PolicySourceArn: string }): string {
  return PolicySourceArn.split(':').slice(5).join(':');
}

/** @throws ServiceError `InvalidInput` */
function requireSourceArn({ PolicySourceArn: arn }: { readonly PolicySourceArn: string }): void {
  const kind = parseIdentityArn(arn)?.kind;
  if (kind !== 'user' && kind !== 'group' && kind !== 'role') throw refusals.invalidPolicySource(arn);
}

/** @throws ServiceError `NoSuchEntity` */
async function requireSource(iam: Iam, account: string, arn: string): Promise<Identity<SourceKind>> {
  const source = await findSource(iam, account, arn);
  const name = parseIdentityArn(arn);
  if (source === undefined) throw identityNotFound(name?.kind ?? 'user', name?.name ?? arn);
  return source;
}

/** @throws ServiceError `InvalidInput` */
function readExclusion(identifier: ValueOf<typeof policyIdentifier>): PolicyFilter {
  const { PolicyType: type, PolicyArn: arn, InlinePolicyIdentifier: inline } = identifier;
  const given = [type, arn, inline].filter((each) => each !== undefined);
  const wildcards = (arn ?? inline?.AttachmentName ?? '').split('*').length - 1;
  const isNamed = arn === undefined || /^arn:[^:*?]+:iam::[^:*?]+:policy\/.+$/.test(arn);
  if (given.length !== 1 || wildcards > 1 || !isNamed) throw refusals.invalidPolicyIdentifier();
  return {
    type,
    arn,
    inline: inline && {
      policyName: inline.PolicyName,
      carrierKind: inline.AttachmentType,
      carrierName: inline.AttachmentName,
    },
  };
}

function contextKeysIn(policies: readonly SourcedPolicy[]): readonly string[] {
  const keys = policies
    .flatMap(({ contextKeys }) => contextKeys)
    .map((key) => [key.toLowerCase(), key] as const);
  return [...new Map(keys).values()].sort();
}

export const simulateCustomPolicy = iamOperation({
  name: 'SimulateCustomPolicy',
  summary:
    'Tells what policies that the request brings along would decide, as the engine that judges real requests decides.',
  input: structure({
    PolicyInputList: required(policyList, 'The identity policies of the caller.'),
    ...simulationRequest,
    OrderedOrganizationPolicyInputList: optional(
      list(structure({ ServiceControlPolicyInputList: optional(policyList, 'The policies of a level.') })),
      'Service control policies. There are no organizations here: a request that brings any is refused.',
    ),
  }),
  output: simulationAnswer,
  targets: { account: { kind: 'account', permission: 'iam:SimulateCustomPolicy' } },
  errors: ['InvalidInput'],
  readOnly: true,
  examples: [
    {
      title: 'Try a policy out',
      request: { PolicyInputList: [EXAMPLE_POLICY], ActionNames: ['kms:ListKeys'] },
    },
    {
      title: 'Try out what a policy says under a condition',
      request: {
        PolicyInputList: [
          '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:EncryptionContext:department":"sales"}}}]}',
        ],
        ActionNames: ['kms:Decrypt'],
        ContextEntries: [
          {
            ContextKeyName: 'kms:EncryptionContext:department',
            ContextKeyValues: ['returns'],
            ContextKeyType: 'string',
          },
        ],
      },
    },
  ],
  validate({ OrderedOrganizationPolicyInputList: levels = [] }) {
    if (levels.length > 0) throw refusals.noOrganizations();
  },
  async handler(call) {
    const { input, caller, iam } = call;
    const simulation = readSimulation(iam, caller.account, input, undefined, {
      identityPolicies: readIdentityPolicies('PolicyInputList', input.PolicyInputList),
      permissionsBoundary: readBoundary(input.PermissionsBoundaryPolicyInputList ?? []),
    });
    return pageOfResults(call, simulation);
  },
});

export const simulatePrincipalPolicy = iamOperation({
  name: 'SimulatePrincipalPolicy',
  summary:
    'Tells what the policies that a user, group or role has would decide, those of a user’s groups and the permissions boundary included, as the engine that judges real requests decides.',
  input: structure({
    PolicySourceArn: policySource,
    PolicyInputList: optional(policyList, 'Identity policies that the source is taken to have besides.'),
    PolicyExclusionList: optional(
      list(policyIdentifier),
      'Policies that the source is taken not to have. What it does not have anyway is passed over.',
    ),
    ...simulationRequest,
  }),
  output: simulationAnswer,
  targets: {
    source: { kind: 'account', permission: 'iam:SimulatePrincipalPolicy', resource: resourceOf },
  },
  errors: ['InvalidInput', 'NoSuchEntity'],
  readOnly: true,
  examples: [
    {
      title: 'See what a user may do',
      request: { PolicySourceArn: examples.USER_ARN, ActionNames: ['kms:ListKeys'] },
    },
  ],
  validate: requireSourceArn,
  async handler(call) {
    const { input, caller, iam } = call;
    const source = await requireSource(iam, caller.account, input.PolicySourceArn);
    const own = await policiesOfIdentity(iam, source, (input.PolicyExclusionList ?? []).map(readExclusion));
    const simulation = readSimulation(iam, caller.account, input, source, {
      identityPolicies: [
        ...own.identityPolicies,
        ...readIdentityPolicies('PolicyInputList', input.PolicyInputList ?? []),
      ],
      permissionsBoundary:
        readBoundary(input.PermissionsBoundaryPolicyInputList ?? []) ?? own.permissionsBoundary,
    });
    return pageOfResults(call, simulation);
  },
});

export const getContextKeysForCustomPolicy = iamOperation({
  name: 'GetContextKeysForCustomPolicy',
  summary: 'Lists the condition keys and policy variables that policies of the request use.',
  input: structure({ PolicyInputList: required(policyList, 'The policies.') }),
  output: contextKeysAnswer,
  targets: { account: { kind: 'account', permission: 'iam:GetContextKeysForCustomPolicy' } },
  errors: ['InvalidInput'],
  readOnly: true,
  examples: [
    {
      title: 'See what a policy depends on',
      request: {
        PolicyInputList: [
          '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}}',
        ],
      },
    },
  ],
  handler({ input }) {
    return {
      ContextKeyNames: contextKeysIn(readIdentityPolicies('PolicyInputList', input.PolicyInputList)),
    };
  },
});

export const getContextKeysForPrincipalPolicy = iamOperation({
  name: 'GetContextKeysForPrincipalPolicy',
  summary:
    'Lists the condition keys and policy variables that the policies of a user, group or role use, those of a user’s groups included.',
  input: structure({
    PolicySourceArn: policySource,
    PolicyInputList: optional(policyList, 'Policies to be looked at besides.'),
  }),
  output: contextKeysAnswer,
  targets: {
    source: { kind: 'account', permission: 'iam:GetContextKeysForPrincipalPolicy', resource: resourceOf },
  },
  errors: ['InvalidInput', 'NoSuchEntity'],
  readOnly: true,
  examples: [
    {
      title: 'See what the policies of a user depend on',
      request: { PolicySourceArn: examples.USER_ARN },
    },
  ],
  validate: requireSourceArn,
  async handler({ input, caller, iam }) {
    const source = await requireSource(iam, caller.account, input.PolicySourceArn);
    const { identityPolicies } = await policiesOfIdentity(iam, source, []);
    const given = readIdentityPolicies('PolicyInputList', input.PolicyInputList ?? []);
    return { ContextKeyNames: contextKeysIn([...identityPolicies, ...given]) };
  },
});

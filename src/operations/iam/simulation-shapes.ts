import {
  boolean,
  enumeration,
  integer,
  list,
  map,
  optional,
  required,
  string,
  structure,
} from '../../model/index.ts';
import * as shapes from './shapes.ts';

/* Shapes of the operations that simulate requests. */

export const policyList = list(shapes.policyDocument);

export const actionName = string({ min: 3, max: 128 });
const keyName = string({ min: 5, max: 256 });

export const contextEntry = structure({
  ContextKeyName: optional(keyName, 'The condition key, such as aws:SourceIp.'),
  ContextKeyValues: optional(list(string()), 'Its value; several, if the type is a list.'),
  ContextKeyType: optional(
    enumeration(
      'string',
      'stringList',
      'numeric',
      'numericList',
      'boolean',
      'booleanList',
      'ip',
      'ipList',
      'binary',
      'binaryList',
      'date',
      'dateList',
    ),
    'What the values are.',
  ),
});

/** Members that both kinds of simulation take. */
export const simulationRequest = {
  PermissionsBoundaryPolicyInputList: optional(
    policyList,
    'The permissions boundary, at most one; in place of the one that there is.',
  ),
  ActionNames: required(
    list(actionName),
    'The actions, such as kms:Encrypt, without wildcards. Each is tried on each resource.',
  ),
  ResourceArns: optional(
    list(string({ min: 1, max: 2048 })),
    'The ARNs of the resources, which need not exist; * by default. Their own policies are not looked up.',
  ),
  ResourcePolicy: optional(
    shapes.policyDocument,
    'A key policy, or the trust policy of a role, that each resource is taken to have. Without one identity policies decide alone.',
  ),
  ResourceOwner: optional(
    string({ min: 1, max: 2048 }),
    'The account, by id or as arn:aws:iam::111122223333:root, that owns resources whose ARN names none; that of the caller by default.',
  ),
  CallerArn: optional(
    string({ min: 1, max: 2048 }),
    'The ARN of the user or role that makes the requests. With a resource policy it has to be a user.',
  ),
  ContextEntries: optional(list(contextEntry), 'Condition keys of the requests.'),
  ResourceHandlingOption: optional(
    string({ min: 1, max: 64 }),
    'Scenarios of Amazon EC2, which is not here: a request that names one is refused.',
  ),
  ...shapes.pageRequest,
};

const decision = enumeration('allowed', 'explicitDeny', 'implicitDeny');

const position = structure({
  Line: optional(integer(), 'The line, from 1.'),
  Column: optional(integer(), 'The column, from 1.'),
});

const matchedStatements = optional(
  list(
    structure({
      SourcePolicyId: optional(
        string(),
        'Which policy: PolicyInputList.1, the name of a managed policy, user_ada_name for an inline one.',
      ),
      SourcePolicyType: optional(
        enumeration('user', 'group', 'role', 'aws-managed', 'user-managed', 'resource', 'none'),
        'Where the policy comes from; none, if the request brought it.',
      ),
      StartPosition: optional(position, 'Where in the policy the statement begins.'),
    }),
  ),
  'The statements that decide: all that allow or, if any denies, all that deny. Those of a permissions boundary are not listed.',
);
const missingContextValues = optional(
  list(keyName),
  'Condition keys that a policy asked for and the request did not give.',
);
const decisionDetails = optional(
  map(decision),
  'When the resource belongs to another account: what each kind of policy says by itself.',
);
const boundaryDetail = optional(
  structure({
    AllowedByPermissionsBoundary: optional(boolean, 'Whether the permissions boundary allows the action.'),
  }),
  'What the permissions boundary says, when there is one.',
);

export const simulationAnswer = structure({
  EvaluationResults: optional(
    list(
      structure({
        EvalActionName: required(actionName, 'The action.'),
        EvalResourceName: optional(string(), '*; the resources are in ResourceSpecificResults.'),
        EvalDecision: required(decision, 'The most restrictive of the decisions on all resources.'),
        MatchedStatements: matchedStatements,
        MissingContextValues: missingContextValues,
        PermissionsBoundaryDecisionDetail: boundaryDetail,
        EvalDecisionDetails: decisionDetails,
        ResourceSpecificResults: optional(
          list(
            structure({
              EvalResourceName: required(string(), 'The resource.'),
              EvalResourceDecision: required(decision, 'The decision.'),
              MatchedStatements: matchedStatements,
              MissingContextValues: missingContextValues,
              EvalDecisionDetails: decisionDetails,
              PermissionsBoundaryDecisionDetail: boundaryDetail,
            }),
          ),
          'The decision on each resource, when the request names resources.',
        ),
      }),
    ),
    'The results, an action each.',
  ),
  ...shapes.pageAnswer,
});

export const policyIdentifier = structure({
  PolicyType: optional(
    enumeration('aws-managed', 'inline', 'permission-boundary', 'rcp', 'scp', 'user-managed'),
    'All policies of a type.',
  ),
  PolicyArn: optional(
    string({ min: 20, max: 2048 }),
    'The ARN of a managed policy; * and ? may stand in its name.',
  ),
  InlinePolicyIdentifier: optional(
    structure({
      PolicyName: required(shapes.policyName, 'The name of the inline policy.'),
      AttachmentType: required(enumeration('group', 'role', 'user'), 'What has the policy.'),
      AttachmentName: required(
        string({ min: 1, max: 128 }),
        'The name of what has the policy; * and ? may stand in it.',
      ),
    }),
    'An inline policy.',
  ),
});

export const contextKeysAnswer = structure({
  ContextKeyNames: optional(list(keyName), 'The condition keys and policy variables.'),
});

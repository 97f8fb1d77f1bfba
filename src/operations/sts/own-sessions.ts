import type { Caller } from '../../caller.ts';
import { issueSession, NO_SESSION_POLICIES, readSessionPolicies, sessionArn } from '../../iam/index.ts';
import { optional, required, string, structure } from '../../model/index.ts';
import { operation } from '../operation.ts';
import * as refusals from './refusals.ts';
import { readSessionTags, sessionTagConditions, showCredentials } from './sessions.ts';
import * as shapes from './shapes.ts';

/* Sessions that a user or the root user makes of itself. */

const LONGEST = 129_600;
const DEFAULT_DURATION = 43_200;
const ROOT_USER_LIMIT = 3_600;

const duration = shapes.durationSeconds(
  LONGEST,
  'How long the credentials are good for, in seconds: 43,200 by default; for the root user 3,600, and no longer.',
);

/** The unique id of the user who calls; of the root user the account. */
function requireUser({ principal }: Caller, operation: string): string {
  if (principal.kind === 'root') return principal.account;
  if (principal.kind === 'user') return principal.uniqueId;
  throw refusals.userRequired(operation);
}

function readOwnDuration(requested: number | undefined, { principal }: Caller): number {
  const longest = principal.kind === 'root' ? ROOT_USER_LIMIT : LONGEST;
  const duration = requested ?? Math.min(DEFAULT_DURATION, longest);
  if (duration > longest) throw refusals.longerThanRootUserMay();
  return duration;
}

export const getSessionToken = operation({
  name: 'GetSessionToken',
  service: 'sts',
  summary:
    'Returns temporary credentials of the caller, a user or the root user, who may do with them what the caller may, but call neither IAM nor, apart from AssumeRole and GetCallerIdentity, STS.',
  input: structure({
    DurationSeconds: duration,
    ...shapes.secondFactor,
    MinimumSessionTokenSize: shapes.minimumSessionTokenSize,
  }),
  output: structure({ Credentials: shapes.credentials }),
  targets: {},
  refusesSessions: ['AssumeRole', 'AssumeRoleWithWebIdentity', 'GetFederationToken', 'GetSessionToken'],
  errors: [],
  readOnly: true,
  audit: { response: ['Credentials'] },
  examples: [
    {
      title: 'Get temporary credentials for an hour',
      request: { DurationSeconds: 3600 },
    },
  ],
  validate({ SerialNumber, TokenCode }) {
    if (SerialNumber !== undefined || TokenCode !== undefined) throw refusals.secondFactorFailed();
  },
  handler({ input, caller, iam, operation: { name } }) {
    const { credentials } = issueSession(iam, {
      minimumTokenSize: input.MinimumSessionTokenSize,
      source: 'GetSessionToken',
      accountId: caller.account,
      principalId: requireUser(caller, name),
      duration: readOwnDuration(input.DurationSeconds, caller),
      ...NO_SESSION_POLICIES,
      tags: [],
      transitiveTagKeys: [],
    });
    return { Credentials: showCredentials(credentials) };
  },
});

export const getFederationToken = operation({
  name: 'GetFederationToken',
  service: 'sts',
  summary:
    'Returns temporary credentials for someone on whose behalf the caller, a user or the root user, acts. They allow what both the caller and the session policies are allowed; without session policies only what key policies and grants give to the session by its name.',
  input: structure({
    Name: required(
      string({ min: 2, max: 32, pattern: '[\\w+=,.@-]*' }),
      'The name of the federated user. It becomes part of the ARN.',
    ),
    Policy: shapes.sessionPolicy,
    PolicyArns: shapes.sessionPolicyArns,
    DurationSeconds: duration,
    Tags: shapes.tags,
    MinimumSessionTokenSize: shapes.minimumSessionTokenSize,
  }),
  output: structure({
    Credentials: shapes.credentials,
    FederatedUser: optional(
      structure({
        FederatedUserId: required(string(), 'The account, and the name of the federated user.'),
        Arn: required(string({ min: 20, max: 2048 }), 'The ARN of the federated user.'),
      }),
      'Who requests with these credentials are from.',
    ),
    PackedPolicySize: shapes.packedPolicySize,
  }),
  targets: {
    federation: {
      kind: 'account',
      permission: 'sts:GetFederationToken',
      resource: ({ Name }) => `federated-user/${Name}`,
      conditions: ({ Tags }) => sessionTagConditions(Tags),
    },
    tagging: {
      kind: 'account',
      permission: 'sts:TagSession',
      resource: ({ Name }) => `federated-user/${Name}`,
      when: ({ Tags = [] }) => Tags.length > 0,
      conditions: ({ Tags }) => sessionTagConditions(Tags),
    },
  },
  refusesSessions: ['AssumeRole', 'AssumeRoleWithWebIdentity', 'GetFederationToken', 'GetSessionToken'],
  errors: ['MalformedPolicyDocument', 'NoSuchEntity', 'PackedPolicyTooLarge'],
  readOnly: true,
  audit: { response: ['Credentials', 'FederatedUser', 'PackedPolicySize'] },
  examples: [
    {
      title: 'Get credentials for a federated user who may decrypt',
      request: {
        Name: 'guest',
        Policy:
          '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}}',
      },
    },
  ],
  async handler({ input, caller, iam, operation: { name } }) {
    const { Name, Policy, PolicyArns = [], DurationSeconds, Tags = [] } = input;
    const { account } = caller;
    const arns = PolicyArns.map(({ arn = '' }) => arn);
    const { credentials, packedPolicySize } = issueSession(iam, {
      minimumTokenSize: input.MinimumSessionTokenSize,
      source: 'GetFederationToken',
      accountId: account,
      principalId: requireUser(caller, name),
      sessionName: Name,
      duration: readOwnDuration(DurationSeconds, caller),
      ...(await readSessionPolicies(iam, account, Policy, arns)),
      ...readSessionTags(Tags, [], []),
    });
    return {
      Credentials: showCredentials(credentials),
      FederatedUser: {
        FederatedUserId: `${account}:${Name}`,
        Arn: sessionArn(iam.partition, account, 'federated-user', Name),
      },
      PackedPolicySize: packedPolicySize,
    };
  },
});

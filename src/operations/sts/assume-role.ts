import { issueSession, readSessionPolicies } from '../../iam/index.ts';
import { list, optional, string, structure } from '../../model/index.ts';
import { operation } from '../operation.ts';
import * as examples from './example-values.ts';
import * as refusals from './refusals.ts';
import {
  readDuration,
  readSessionTags,
  sessionTagConditions,
  showAssumedRole,
  showCredentials,
} from './sessions.ts';
import * as shapes from './shapes.ts';

export const assumeRole = operation({
  name: 'AssumeRole',
  service: 'sts',
  summary:
    'Returns temporary credentials of a role, whose trust policy has to allow it. The root user cannot assume roles.',
  notes: ['How users, roles and sessions come about: [identities](identities.md).'],
  input: structure({
    RoleArn: shapes.roleArn,
    RoleSessionName: shapes.roleSessionName,
    PolicyArns: shapes.sessionPolicyArns,
    Policy: shapes.sessionPolicy,
    DurationSeconds: shapes.durationSeconds(
      43_200,
      'How long the credentials are good for, in seconds: 3,600 by default; at most what the role allows, and an hour when a session of another role assumes this one.',
    ),
    Tags: shapes.tags,
    TransitiveTagKeys: shapes.transitiveTagKeys,
    ExternalId: optional(
      string({ min: 2, max: 1224, pattern: '[\\w+=,.@:\\/-]*' }),
      'What the trust policy may ask for as sts:ExternalId.',
    ),
    ...shapes.secondFactor,
    MinimumSessionTokenSize: shapes.minimumSessionTokenSize,
    SourceIdentity: optional(
      shapes.sourceIdentity,
      'Who is behind the session. It stays for as long as roles are assumed from this session.',
    ),
    ProvidedContexts: optional(
      list(
        structure({
          ProviderArn: optional(string({ min: 20, max: 2048 }), 'The ARN of the provider.'),
          ContextAssertion: optional(string({ min: 4, max: 2048 }), 'What the provider asserts.'),
        }),
        { max: 5 },
      ),
      'Contexts of trusted providers. There are none here: a request that brings one is refused.',
    ),
  }),
  output: structure({
    Credentials: shapes.credentials,
    AssumedRoleUser: shapes.assumedRoleUser,
    PackedPolicySize: shapes.packedPolicySize,
    SourceIdentity: optional(shapes.sourceIdentity, 'The source identity of the session.'),
  }),
  targets: {
    role: {
      kind: 'role',
      member: 'RoleArn',
      permissions: ({ Tags = [], SourceIdentity }, { session }) => [
        'sts:AssumeRole',
        ...(Tags.length + (session?.transitiveTags.length ?? 0) > 0 ? (['sts:TagSession'] as const) : []),
        ...((SourceIdentity ?? session?.sourceIdentity) !== undefined
          ? (['sts:SetSourceIdentity'] as const)
          : []),
      ],
      sessionConditions: (input, { session }) => ({
        'sts:ExternalId': input.ExternalId,
        'sts:RoleSessionName': input.RoleSessionName,
        'sts:SourceIdentity': input.SourceIdentity ?? session?.sourceIdentity,
        'sts:TransitiveTagKeys': input.TransitiveTagKeys,
        ...sessionTagConditions(input.Tags),
      }),
    },
  },
  refusesSessions: ['GetFederationToken'],
  errors: ['MalformedPolicyDocument', 'NoSuchEntity', 'PackedPolicyTooLarge'],
  readOnly: true,
  audit: { response: ['Credentials', 'AssumedRoleUser', 'PackedPolicySize', 'SourceIdentity'] },
  examples: [
    {
      title: 'Assume a role',
      request: { RoleArn: examples.ROLE_ARN, RoleSessionName: 'nightly' },
    },
    {
      title: 'Assume a role with a session policy, a tag and a source identity',
      request: {
        RoleArn: examples.ROLE_ARN,
        RoleSessionName: 'nightly',
        Policy:
          '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}}',
        Tags: [{ Key: 'job', Value: 'orders' }],
        SourceIdentity: 'ada',
      },
    },
  ],
  validate({ SerialNumber, TokenCode, ProvidedContexts = [] }) {
    if (SerialNumber !== undefined || TokenCode !== undefined) throw refusals.secondFactorFailed();
    if (ProvidedContexts.length > 0) throw refusals.providedContextsUnsupported();
  },
  async handler({ input, targets: { role }, caller, iam }) {
    const { session } = caller;
    const { RoleSessionName, PolicyArns = [], Policy, Tags = [], TransitiveTagKeys = [] } = input;
    const inherited = session?.sourceIdentity;
    if (inherited !== undefined && inherited !== (input.SourceIdentity ?? inherited))
      throw refusals.sourceIdentityIsSet();
    const sourceIdentity = input.SourceIdentity ?? inherited;
    const duration = readDuration(input.DurationSeconds, role, caller);
    const tags = readSessionTags(Tags, TransitiveTagKeys, session?.transitiveTags ?? []);
    const arns = PolicyArns.map(({ arn = '' }) => arn);
    const { credentials, packedPolicySize } = issueSession(iam, {
      minimumTokenSize: input.MinimumSessionTokenSize,
      source: 'AssumeRole',
      accountId: role.accountId,
      principalId: role.uniqueId,
      sessionName: RoleSessionName,
      duration,
      ...(await readSessionPolicies(iam, role.accountId, Policy, arns)),
      ...tags,
      sourceIdentity,
    });
    return {
      Credentials: showCredentials(credentials),
      AssumedRoleUser: showAssumedRole(iam.partition, role, RoleSessionName),
      PackedPolicySize: packedPolicySize,
      SourceIdentity: sourceIdentity,
    };
  },
});

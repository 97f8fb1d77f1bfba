import { issueSession, readSessionPolicies } from '../../iam/index.ts';
import { optional, required, string, structure } from '../../model/index.ts';
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

export const assumeRoleWithWebIdentity = operation({
  name: 'AssumeRoleWithWebIdentity',
  service: 'sts',
  summary:
    'Returns temporary credentials of a role to the bearer of an OpenID Connect token. The request is not signed; the token proves who sends it, and the trust policy of the role has to name the provider and may ask for audience and subject.',
  unsigned: true,
  input: structure({
    RoleArn: shapes.roleArn,
    RoleSessionName: shapes.roleSessionName,
    WebIdentityToken: required(
      string({ min: 4, max: 20_000, sensitive: true }),
      'The ID token, signed by a provider that the account of the role has registered (CreateOpenIDConnectProvider).',
    ),
    ProviderId: optional(
      string({ min: 4, max: 2048 }),
      'For OAuth 2.0 access tokens, which are not accepted; leave it out.',
    ),
    PolicyArns: shapes.sessionPolicyArns,
    Policy: shapes.sessionPolicy,
    MinimumSessionTokenSize: shapes.minimumSessionTokenSize,
    DurationSeconds: shapes.durationSeconds(
      43_200,
      'How long the credentials are good for, in seconds: 3,600 by default, at most what the role allows.',
    ),
  }),
  output: structure({
    Credentials: shapes.credentials,
    SubjectFromWebIdentityToken: optional(
      string({ min: 6, max: 255 }),
      'Whom the provider knows as the bearer of the token.',
    ),
    AssumedRoleUser: shapes.assumedRoleUser,
    PackedPolicySize: shapes.packedPolicySize,
    Provider: optional(string(), 'The issuer of the token.'),
    Audience: optional(string(), 'Whom the token was issued for.'),
    SourceIdentity: optional(shapes.sourceIdentity, 'The source identity that the token has.'),
  }),
  targets: {
    role: {
      kind: 'role',
      member: 'RoleArn',
      permissions: (_, { webIdentity }) => [
        'sts:AssumeRoleWithWebIdentity',
        ...((webIdentity?.tags.length ?? 0) > 0 ? (['sts:TagSession'] as const) : []),
        ...(webIdentity?.sourceIdentity !== undefined ? (['sts:SetSourceIdentity'] as const) : []),
      ],
      sessionConditions: (input, { webIdentity }) => ({
        'sts:RoleSessionName': input.RoleSessionName,
        'sts:SourceIdentity': webIdentity?.sourceIdentity,
        'sts:TransitiveTagKeys': webIdentity?.transitiveTagKeys,
        ...sessionTagConditions(webIdentity?.tags.map(({ key, value }) => ({ Key: key, Value: value }))),
      }),
    },
  },
  errors: [
    'ExpiredTokenException',
    'IDPCommunicationError',
    'IDPRejectedClaim',
    'InvalidIdentityToken',
    'MalformedPolicyDocument',
    'NoSuchEntity',
    'PackedPolicyTooLarge',
  ],
  readOnly: true,
  audit: {
    response: [
      'Credentials',
      'SubjectFromWebIdentityToken',
      'AssumedRoleUser',
      'Provider',
      'Audience',
      'SourceIdentity',
    ],
  },
  examples: [
    {
      title: 'Assume a role with the token of a workload',
      request: {
        RoleArn: examples.WORKLOAD_ROLE_ARN,
        RoleSessionName: 'nightly',
        WebIdentityToken: examples.WEB_IDENTITY_TOKEN,
      },
    },
  ],
  validate({ ProviderId }) {
    if (ProviderId !== undefined) throw refusals.providerIdUnsupported();
  },
  async handler({ input, targets: { role }, caller, iam }) {
    const { webIdentity } = caller;
    if (webIdentity === undefined) throw new Error('the caller of an unsigned request has no web identity');
    const { RoleSessionName, PolicyArns = [], Policy } = input;
    const passed = webIdentity.tags.map(({ key, value }) => ({ Key: key, Value: value }));
    const arns = PolicyArns.map(({ arn = '' }) => arn);
    const { credentials, packedPolicySize } = issueSession(iam, {
      minimumTokenSize: input.MinimumSessionTokenSize,
      source: 'AssumeRoleWithWebIdentity',
      accountId: role.accountId,
      principalId: role.uniqueId,
      sessionName: RoleSessionName,
      duration: readDuration(input.DurationSeconds, role, caller),
      ...(await readSessionPolicies(iam, role.accountId, Policy, arns)),
      ...readSessionTags(passed, webIdentity.transitiveTagKeys, []),
      sourceIdentity: webIdentity.sourceIdentity,
      federatedProvider: webIdentity.provider.arn,
    });
    return {
      Credentials: showCredentials(credentials),
      SubjectFromWebIdentityToken: webIdentity.subject,
      AssumedRoleUser: showAssumedRole(iam.partition, role, RoleSessionName),
      PackedPolicySize: packedPolicySize,
      Provider: webIdentity.issuer,
      Audience: webIdentity.audience,
      SourceIdentity: webIdentity.sourceIdentity,
    };
  },
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import fc from 'fast-check';
import type { AuthorizationPolicies } from './authorize.ts';
import { type CompiledPolicy, compilePolicy } from './compile.ts';
import {
  ACCOUNT,
  contextOf,
  federatedOf,
  KEY_ARN,
  OTHER_ACCOUNT,
  OTHER_KEY_ARN,
  rootOf,
  serviceOf,
  sessionOf,
  userOf,
  webIdentityOf,
} from './fixtures.test-support.ts';
import type { RawPolicies, RawPolicy, RawPrincipal, RawStatement } from './naive.test-support.ts';
import { parsePolicy } from './parse.ts';
import type { AuthorizationRequest, ConditionValue, Grant, Principal } from './request.ts';

/* Requests and policies for properties. */

/** How many requests a set of policies is used for. */
export const REQUESTS_A_SET = 25;

// The vocabulary is small, so that what policies say and what requests ask often meet.

const PRINCIPALS: readonly Principal[] = [
  rootOf(ACCOUNT),
  userOf(ACCOUNT),
  userOf(ACCOUNT, 'team/Bob'),
  sessionOf(ACCOUNT),
  sessionOf(ACCOUNT, 'path/Admin', 'session-2'),
  federatedOf(ACCOUNT),
  { ...federatedOf(ACCOUNT, 'Visitor'), userArn: rootOf(ACCOUNT).arn, userUniqueId: ACCOUNT },
  serviceOf(),
  userOf(OTHER_ACCOUNT),
  sessionOf(OTHER_ACCOUNT),
  rootOf(OTHER_ACCOUNT),
  webIdentityOf(ACCOUNT),
  webIdentityOf(OTHER_ACCOUNT),
];

const PROVIDERS = [webIdentityOf(ACCOUNT).arn, webIdentityOf(OTHER_ACCOUNT).arn];

const AWS_PRINCIPALS = [
  '*',
  ACCOUNT,
  OTHER_ACCOUNT,
  rootOf(ACCOUNT).arn,
  rootOf(OTHER_ACCOUNT).arn,
  ...PRINCIPALS.filter(({ kind }) => kind !== 'service').map(({ arn }) => arn),
  ...PRINCIPALS.flatMap((principal) => ('uniqueId' in principal ? principal.uniqueId : [])),
  `arn:aws:iam::${ACCOUNT}:role/Admin`,
  `arn:aws:iam::${ACCOUNT}:role/path/Admin`,
  `arn:aws-cn:iam::${ACCOUNT}:root`,
  `arn:aws:iam::${ACCOUNT}:group/Admins`,
];

export const oneOrMore = <Item>(items: readonly Item[], maxLength = 3): fc.Arbitrary<Item | Item[]> =>
  fc.oneof(fc.constantFrom(...items), fc.array(fc.constantFrom(...items), { minLength: 1, maxLength }));

export const principalElement: fc.Arbitrary<RawPrincipal> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('*' as const) },
  { weight: 8, arbitrary: oneOrMore(AWS_PRINCIPALS).map((AWS) => ({ AWS })) },
  { weight: 1, arbitrary: fc.constant({ Service: 's3.amazonaws.com' }) },
  {
    weight: 1,
    arbitrary: oneOrMore(AWS_PRINCIPALS).map((AWS) => ({
      AWS,
      Service: ['ec2.amazonaws.com', 's3.amazonaws.com'],
    })),
  },
  { weight: 1, arbitrary: oneOrMore(PROVIDERS).map((Federated) => ({ Federated })) },
  {
    weight: 1,
    arbitrary: oneOrMore(AWS_PRINCIPALS).map((AWS) => ({ AWS, Federated: webIdentityOf(ACCOUNT).arn })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ Federated: 's3.amazonaws.com' }, { CanonicalUser: 'x' }, { AWS: [] }),
  },
);

const ACTIONS = ['kms:Encrypt', 'kms:Decrypt', 'kms:CreateGrant', 'kms:DescribeKey', 'kms:CreateAlias'];
export const ACTION_PATTERNS = [
  ...['*', 'kms:*', 'kms:*', 'kms:Encrypt', 'KMS:decrypt', 'kms:*crypt', 'kms:?ecrypt', 'kms:Create*', '*:*'],
  ...['s3:*', ' kms:Encrypt', 'kms:Encrypt,kms:Decrypt', 'k*', 'Encrypt', 'kms:D*r*'],
];

const ALIAS_ARN = `arn:aws:kms:us-east-1:${ACCOUNT}:alias/x:${ACCOUNT}:key/y`;
const RESOURCES: readonly Pick<AuthorizationRequest, 'resource' | 'resourceAccount'>[] = [
  ...new Array(6).fill({ resource: KEY_ARN, resourceAccount: ACCOUNT }),
  { resource: '*' },
  { resource: ALIAS_ARN },
  { resource: `arn:aws:kms:us-east-1:${ACCOUNT}:alias/aws/s3` },
];
export const RESOURCE_PATTERNS = [
  ...['*', '*', '*', '**', KEY_ARN, OTHER_KEY_ARN, ALIAS_ARN],
  ...['arn:aws:kms:*', 'arn:*', `arn:aws:kms:*:${ACCOUNT}:key/*`, 'arn:aws:kms:us-east-?:*:key/1234*'],
  ...[
    'arn:aws:kms:*:*:${kms:Type}/*',
    "arn:aws:kms:*:*:${aws:none, 'key'}/*",
    'arn:aws:kms:*:*:${aws:none}/*',
  ],
  ...['arn:aws:kms:*:*:key/${*}', 'not an ARN', 'arn:aws:kms', `arn:\${aws:none}*`],
];

const VALUES = [
  ...[
    'x',
    'X',
    'xy',
    'x*',
    '*',
    '',
    '1',
    '1.0',
    '2',
    '-3',
    'true',
    'False',
    '2030-01-01',
    '1893456000',
    'YQ==',
  ],
  ...['2029-12-31T23:30:00-01:00', '10.0.0.1', '10.0.0.0/8', '11.0.0.1', '2001:db8::1', '2001:db8::/32'],
  ...['arn:aws:s3:::b', 'arn:aws:s3:::*', 'arn:aws:s3:::b:c', 'arn:*:s3:*:*:b'],
];
const POLICY_VALUES = [
  ...VALUES,
  ...[
    '${a:One}',
    "${a:Two, 'x'}",
    '${a:Many}',
    '${aws:none}',
    'arn:aws:s3:::${a:One}',
    '${*}',
    'x${?}',
    '${a:One',
  ],
];
const KEYS = ['a:One', 'A:TWO', 'a:many', 'kms:EncryptionContext:Team', 'a:Absent'];
const COMPARISONS = [
  ...['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', 'StringLike'],
  ...['StringNotLike', 'NumericEquals', 'NumericNotEquals', 'NumericLessThan', 'NumericLessThanEquals'],
  ...['NumericGreaterThan', 'NumericGreaterThanEquals', 'DateEquals', 'DateNotEquals', 'DateLessThan'],
  ...['DateLessThanEquals', 'DateGreaterThan', 'DateGreaterThanEquals', 'Bool', 'BinaryEquals', 'IpAddress'],
  ...['NotIpAddress', 'ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike', 'Nonsense'],
];
const OPERATORS = [
  ...COMPARISONS.flatMap((name) =>
    ['', 'ForAllValues:', 'ForAnyValue:'].flatMap((set) => [set + name, `${set}${name}IfExists`]),
  ),
  ...new Array(12).fill('Null'),
];

export const condition: fc.Arbitrary<NonNullable<RawStatement['Condition']>> = fc
  .array(
    fc
      .tuple(
        fc.constantFrom(...OPERATORS),
        fc.constantFrom(...KEYS),
        fc.oneof(oneOrMore<string | number | boolean>(POLICY_VALUES), fc.constantFrom(true, false, 1, 2)),
      )
      // Null is told what it wants to hear most of the time.
      .map(
        ([operator, key, values]) =>
          [operator, { [key]: operator === 'Null' && values !== 'x' ? 'true' : values }] as const,
      ),
    { minLength: 1, maxLength: 2 },
  )
  .map((entries) => Object.fromEntries(entries));

const isMostly = (often: number): fc.Arbitrary<boolean> => fc.nat({ max: often }).map((number) => number > 0);

/** A statement; those of key policies name principals. Now and then an element is missing. */
export function statement(hasPrincipal: boolean): fc.Arbitrary<RawStatement> {
  return fc
    .record({
      effect: isMostly(5),
      principal: principalElement,
      isPrincipal: hasPrincipal ? isMostly(7) : fc.constant(true),
      isNamed: hasPrincipal ? isMostly(20) : isMostly(20).map((mostly) => !mostly),
      actions: oneOrMore(ACTION_PATTERNS),
      isAction: isMostly(7),
      resources: oneOrMore(RESOURCE_PATTERNS, 2),
      isResource: isMostly(7),
      isComplete: isMostly(40),
      condition: fc.option(condition, { nil: undefined, freq: 2 }),
    })
    .map((choice) => ({
      Effect: choice.effect ? 'Allow' : 'Deny',
      ...(choice.isNamed ? { [choice.isPrincipal ? 'Principal' : 'NotPrincipal']: choice.principal } : {}),
      [choice.isAction ? 'Action' : 'NotAction']: choice.actions,
      ...(choice.isComplete ? { [choice.isResource ? 'Resource' : 'NotResource']: choice.resources } : {}),
      ...(choice.condition === undefined ? {} : { Condition: choice.condition }),
    }));
}

function policy(hasPrincipal: boolean): fc.Arbitrary<RawPolicy> {
  return fc.record({
    Version: fc.constantFrom('2012-10-17', '2012-10-17', '2008-10-17'),
    Statement: fc.array(statement(hasPrincipal), { minLength: 1, maxLength: 4 }),
  });
}

const pairs = fc.constantFrom<Record<string, string>>(
  {},
  { Team: 'x' },
  { team: 'x' },
  { Team: 'y' },
  { Team: 'x', More: '1' },
);
const grant: fc.Arbitrary<Grant> = fc
  .record({
    grantId: fc.constantFrom('g-1', 'g-2'),
    grantee: fc.constantFrom(...AWS_PRINCIPALS, 's3.amazonaws.com'),
    operations: fc.uniqueArray(fc.constantFrom('Encrypt', 'Decrypt', 'CreateGrant', 'DescribeKey'), {
      minLength: 1,
    }),
    kind: fc.nat({ max: 5 }),
    pairs,
  })
  .map(({ grantId, grantee, operations, kind, pairs }) => {
    const constraints = [
      { encryptionContextEquals: pairs },
      { encryptionContextSubset: pairs },
      { sourceArn: 'arn:aws:s3:::b' },
    ][kind];
    const named = grantee.endsWith('amazonaws.com')
      ? { granteeServicePrincipal: grantee }
      : { granteePrincipal: grantee };
    return { grantId, ...named, operations, ...(constraints && { constraints }) };
  });

const optional = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

/** Policies of all kinds and grants, any of which may be missing. */
export const policySet: fc.Arbitrary<RawPolicies> = fc
  .record({
    keyPolicy: fc.option(policy(true), { nil: undefined, freq: 10 }),
    identityPolicies: fc.array(policy(false), { maxLength: 2 }),
    permissionsBoundary: optional(policy(false)),
    sessionPolicies: optional(fc.array(policy(false), { maxLength: 2 })),
    grants: fc.array(grant, { maxLength: 2 }),
  })
  .map(({ keyPolicy, permissionsBoundary, sessionPolicies, ...rest }) => ({
    ...rest,
    ...(keyPolicy && { keyPolicy }),
    ...(permissionsBoundary && { permissionsBoundary }),
    ...(sessionPolicies && { sessionPolicies }),
  }));

/** A statement that never applies. */
export const INERT: RawStatement = { Effect: 'Deny', Action: 'none:none', Resource: '*' };

const value = fc.constantFrom(...VALUES);
const request: fc.Arbitrary<AuthorizationRequest> = fc
  .record({
    principal: fc.constantFrom(...PRINCIPALS),
    action: fc.constantFrom(...ACTIONS),
    resource: fc.constantFrom(...RESOURCES),
    one: optional(value),
    two: optional(value),
    many: optional(fc.array(value, { maxLength: 3 })),
    pairs,
    child: fc.constantFrom(['Decrypt'], ['Decrypt', 'Encrypt'], []),
    type: fc.constantFrom('EncryptionContextEquals', 'EncryptionContextSubset', undefined),
    isAmbiguous: isMostly(9).map((mostly) => !mostly),
  })
  .map(({ principal, action, resource, one, two, many, pairs, child, type, isAmbiguous }) => {
    const values: Record<string, ConditionValue | undefined> = {
      'a:one': one,
      'a:two': two,
      'a:many': many,
      'kms:Type': 'key',
      'aws:SourceArn': one,
      'kms:GrantConstraintSourceArn': one,
      'kms:EncryptionContextKeys': Object.keys(pairs),
      ...Object.fromEntries(
        Object.entries(pairs).map(([key, text]) => [`kms:EncryptionContext:${key}`, text]),
      ),
      ...(isAmbiguous ? { 'kms:EncryptionContext:Team': ['x', 'y'] } : {}),
      'kms:GrantOperations': child,
      'kms:GrantConstraintType': type,
    };
    const present = Object.entries(values).filter(
      (entry): entry is [string, ConditionValue] => entry[1] !== undefined,
    );
    return { principal, action, ...resource, context: contextOf(Object.fromEntries(present)) };
  });

export const requests = fc.array(request, { minLength: REQUESTS_A_SET, maxLength: REQUESTS_A_SET });

function compiled(raw: RawPolicy): CompiledPolicy {
  return compilePolicy(parsePolicy(JSON.stringify(raw)));
}

export function compiledSet({
  keyPolicy,
  identityPolicies,
  permissionsBoundary,
  sessionPolicies,
  grants,
}: RawPolicies): AuthorizationPolicies {
  return {
    identityPolicies: identityPolicies.map(compiled),
    ...(keyPolicy && { keyPolicy: compiled(keyPolicy) }),
    ...(permissionsBoundary && { permissionsBoundary: compiled(permissionsBoundary) }),
    ...(sessionPolicies && { sessionPolicies: sessionPolicies.map(compiled) }),
    ...(grants && { grants }),
  };
}

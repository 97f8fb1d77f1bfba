// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type AuthorizationPolicies, authorize } from './authorize.ts';
import { type CompiledPolicy, compilePolicy } from './compile.ts';
import type { Decision } from './decision.ts';
import { explain } from './explain.ts';
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
import {
  naiveDecision,
  type RawPolicies,
  type RawPolicy,
  type RawPrincipal,
  type RawStatement,
} from './naive.test-support.ts';
import { parsePolicy } from './parse.ts';
import type { AuthorizationRequest, ConditionValue, Grant, Principal } from './request.ts';

/** How many requests are judged by both evaluators; a set of policies is used for `REQUESTS_A_SET` of them. */
const CASES = Number(process.env['QKMS_PROPERTY_RUNS'] ?? 100_000);
const REQUESTS_A_SET = 25;

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

const oneOrMore = <Item>(items: readonly Item[], maxLength = 3): fc.Arbitrary<Item | Item[]> =>
  fc.oneof(fc.constantFrom(...items), fc.array(fc.constantFrom(...items), { minLength: 1, maxLength }));

const principalElement: fc.Arbitrary<RawPrincipal> = fc.oneof(
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
const ACTION_PATTERNS = [
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
const RESOURCE_PATTERNS = [
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

const condition: fc.Arbitrary<NonNullable<RawStatement['Condition']>> = fc
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
function statement(hasPrincipal: boolean): fc.Arbitrary<RawStatement> {
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

const policySet: fc.Arbitrary<RawPolicies> = fc
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
const INERT: RawStatement = { Effect: 'Deny', Action: 'none:none', Resource: '*' };

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

const requests = fc.array(request, { minLength: REQUESTS_A_SET, maxLength: REQUESTS_A_SET });

function compiled(raw: RawPolicy): CompiledPolicy {
  return compilePolicy(parsePolicy(JSON.stringify(raw)));
}

function compiledSet({
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

function outcome({ outcome: answer, layer, grantId }: Decision): string {
  return `${answer} by ${layer}${grantId === undefined ? '' : ` ${grantId}`}`;
}

/** Some requests against some policies, with as many sets as the number of cases asks for. */
function check(
  cases: number,
  predicate: (policies: RawPolicies, asked: readonly AuthorizationRequest[]) => void,
): void {
  fc.assert(fc.property(policySet, requests, predicate), { numRuns: Math.ceil(cases / REQUESTS_A_SET) });
}

/** Every policy of the set, changed. */
function mapPolicies(policies: RawPolicies, change: (policy: RawPolicy) => RawPolicy): RawPolicies {
  const { keyPolicy, identityPolicies, permissionsBoundary, sessionPolicies } = policies;
  return {
    ...policies,
    identityPolicies: identityPolicies.map(change),
    ...(keyPolicy && { keyPolicy: change(keyPolicy) }),
    ...(permissionsBoundary && { permissionsBoundary: change(permissionsBoundary) }),
    ...(sessionPolicies && { sessionPolicies: sessionPolicies.map(change) }),
  };
}

describe('the engine and the naive evaluator', () => {
  it(`agree on ${CASES.toLocaleString('en')} requests: outcome, layer and grant`, () => {
    const seen = new Map<string, number>();
    let count = 0;
    check(CASES, (raw, asked) => {
      const policies = compiledSet(raw);
      for (const question of asked) {
        const expected = naiveDecision(question, raw);
        assert.equal(outcome(authorize(question, policies)), expected);
        seen.set(expected, (seen.get(expected) ?? 0) + 1);
        count += 1;
      }
    });
    // The comparison is worth something only if every answer is common enough.
    const answers = [
      ...['allow by key-policy', 'allow by identity-policy', 'allow by root-user', 'allow by grant g-1'],
      ...['identity-policy', 'permissions-boundary', 'session-policy', 'key-policy'].flatMap((layer) => [
        `explicit-deny by ${layer}`,
        `implicit-deny by ${layer}`,
      ]),
    ];
    for (const answer of answers) {
      assert.ok((seen.get(answer) ?? 0) > count / 2_000, `${answer}: ${seen.get(answer)} of ${count}`);
    }
  });
});

describe('the engine and the naive evaluator, on one element at a time', () => {
  const everything: RawStatement = { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' };
  /** Whether a statement with the given elements applies, by both evaluators. */
  function compare(elements: fc.Arbitrary<Partial<RawStatement>>): void {
    const effect = fc.constantFrom('Allow' as const, 'Deny' as const);
    const version = fc.constantFrom('2012-10-17', '2008-10-17');
    const property = fc.property(effect, elements, version, requests, (Effect, members, Version, asked) => {
      const { Resource, Action, Principal, ...rest } = { ...everything, ...members, Effect };
      const target: RawStatement = {
        ...rest,
        ...(members.NotResource === undefined && Resource !== undefined && { Resource }),
        ...(members.NotAction === undefined && Action !== undefined && { Action }),
        ...(members.NotPrincipal === undefined && Principal !== undefined && { Principal }),
      };
      const Statement = Effect === 'Allow' ? [target] : [everything, target];
      const raw: RawPolicies = {
        keyPolicy: { Version, Statement },
        identityPolicies: [{ Statement: [INERT] }],
      };
      const policies = compiledSet(raw);
      for (const question of asked) {
        assert.equal(outcome(authorize(question, policies)), naiveDecision(question, raw));
      }
    });
    fc.assert(property, { numRuns: CASES / REQUESTS_A_SET / 8 });
  }

  it('agree on conditions', () => compare(condition.map((Condition) => ({ Condition }))));
  it('agree on principals', () => compare(principalElement.map((Principal) => ({ Principal }))));
  it('agree on excluded principals', () =>
    compare(principalElement.map((NotPrincipal) => ({ NotPrincipal }))));
  it('agree on actions', () => compare(oneOrMore(ACTION_PATTERNS).map((Action) => ({ Action }))));
  it('agree on excluded actions', () =>
    compare(oneOrMore(ACTION_PATTERNS).map((NotAction) => ({ NotAction }))));
  it('agree on resources', () => compare(oneOrMore(RESOURCE_PATTERNS).map((Resource) => ({ Resource }))));
  it('agree on excluded resources', () =>
    compare(oneOrMore(RESOURCE_PATTERNS).map((NotResource) => ({ NotResource }))));
});

describe('laws', () => {
  const LAW_CASES = Math.ceil(CASES / 5);

  it('adding a Deny, to any policy, never allows what was not allowed', () => {
    const added = fc.tuple(statement(true), fc.boolean());
    const property = fc.property(policySet, requests, added, (raw, asked, [extra, isFirst]) => {
      const denial: RawStatement = { ...extra, Effect: 'Deny' };
      const before = compiledSet(raw);
      const after = compiledSet(
        mapPolicies(raw, (policy) => ({
          ...policy,
          Statement: isFirst ? [denial, ...policy.Statement] : [...policy.Statement, denial],
        })),
      );
      for (const question of asked) {
        if (authorize(question, after).allowed) assert.ok(authorize(question, before).allowed);
      }
    });
    fc.assert(property, { numRuns: LAW_CASES / REQUESTS_A_SET });
  });

  it('removing an Allow, from any policy, never allows what was not allowed', () => {
    const property = fc.property(policySet, requests, fc.nat({ max: 3 }), (raw, asked, victim) => {
      const before = compiledSet(raw);
      const after = compiledSet(
        mapPolicies(raw, (policy) => ({
          ...policy,
          // A policy cannot be empty: something that never applies takes the place.
          Statement: policy.Statement.map((each, index) =>
            each.Effect === 'Allow' && index === victim ? INERT : each,
          ),
        })),
      );
      for (const question of asked) {
        if (authorize(question, after).allowed) assert.ok(authorize(question, before).allowed);
      }
    });
    fc.assert(property, { numRuns: LAW_CASES / REQUESTS_A_SET });
  });

  it('order and repetition of statements do not matter', () => {
    check(LAW_CASES, (raw, asked) => {
      const one = compiledSet(raw);
      const other = compiledSet(
        mapPolicies(raw, (policy) => ({
          ...policy,
          Statement: [...policy.Statement].reverse().concat(policy.Statement),
        })),
      );
      for (const question of asked) {
        assert.equal(outcome(authorize(question, other)), outcome(authorize(question, one)));
      }
    });
  });

  it('the decision that is explained is the decision', () => {
    check(LAW_CASES, (raw, asked) => {
      const policies = compiledSet(raw);
      for (const question of asked) {
        assert.deepEqual(explain(question, policies).decision, authorize(question, policies));
      }
    });
  });

  it('nothing is allowed without an Allow, a grant or the root user, and nothing with an applying Deny', () => {
    check(LAW_CASES, (raw, asked) => {
      const policies = compiledSet(raw);
      for (const question of asked) {
        const { decision, statements } = explain(question, policies);
        const applying = statements.filter(({ applies }) => applies);
        const isDenied = applying.some(({ effect }) => effect === 'Deny');
        assert.equal(decision.outcome === 'explicit-deny', isDenied);
        if (decision.allowed && decision.layer !== 'root-user' && decision.layer !== 'grant') {
          assert.ok(applying.some(({ effect }) => effect === 'Allow'));
        }
        for (const { layer, policyIndex, statementIndex } of decision.statements) {
          assert.ok(
            applying.some(
              (each) =>
                each.layer === layer &&
                each.policyIndex === policyIndex &&
                each.statementIndex === statementIndex,
            ),
            'a cited statement applies',
          );
        }
      }
    });
  });
});

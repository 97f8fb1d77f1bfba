// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { authorize } from './authorize.ts';
import { callersOf } from './callers.ts';
import { ALICE, compare, ROLE } from './compare.test-support.ts';
import type { ComparisonOptions, PolicyComparison } from './compare.ts';
import { ANY_OTHER_ACTION } from './compare-requests.ts';
import { compilePolicy } from './compile.ts';
import type { PolicyDocument } from './document.ts';
import { findClosestAllow, findDeny, prepareQuestion } from './evaluate.ts';
import {
  ACCOUNT,
  ALLOW,
  contextOf,
  federatedOf,
  KEY_ARN,
  OTHER_ACCOUNT,
  OTHER_KEY_ARN,
  policyOf,
  policyText,
  requestOf,
  rootOf,
  serviceOf,
  sessionOf,
  userOf,
} from './fixtures.test-support.ts';
import { parsePolicy } from './parse.ts';
import type { Principal } from './request.ts';

// The vocabulary of the laws: small, so that policies often say the same in different words.

/** Pairs of policies; the first law asks of each pair as many requests as `requests` makes. */
const RUNS = Number(process.env['QKMS_PROPERTY_RUNS'] ?? 400);

const CALLERS = [
  rootOf(ACCOUNT),
  userOf(ACCOUNT),
  userOf(ACCOUNT, 'Bob'),
  userOf(OTHER_ACCOUNT, 'Eve'),
  sessionOf(ACCOUNT),
  sessionOf(ACCOUNT, 'Admin', 'session-2'),
  sessionOf(ACCOUNT, 'Other'),
  federatedOf(ACCOUNT),
  federatedOf(ACCOUNT, 'Visitor'),
  serviceOf(),
  serviceOf('ec2.amazonaws.com'),
  userOf('555566667777', 'Mallory'),
];
const NAMED = ['*', ACCOUNT, OTHER_ACCOUNT, ALICE, ROLE, sessionOf(ACCOUNT).arn, federatedOf(ACCOUNT).arn];
const TEXTS = ['x', 'X', 'xy', 'z'];
const CARRIED: Readonly<Record<string, readonly (string | readonly string[] | undefined)[]>> = {
  'kms:ViaService': [undefined, ...TEXTS],
  'a:Unknown': [undefined, 'x', 'z', ['x'], ['x', 'z'], ['z']],
  'kms:GrantOperations': [undefined, ['x'], ['X', 'z'], ['x', 'xy'], ['z', 'z']],
  'kms:RotationPeriodInDays': [undefined, '1', '1.5', '2', '3', '7'],
  'aws:SourceIp': [undefined, '10.0.0.1', '10.200.0.1', '11.0.0.1', '2001:db8::1'],
  'aws:CurrentTime': ['2030-01-01', '2030-01-01T00:00:01Z', '1', '2040-06-01T12:30:00.500Z'],
  'kms:MultiRegion': [undefined, 'true', 'false'],
};
/** What a request carries because of who makes it. */
function carriedBy(principal: Principal): Readonly<Record<string, string>> {
  if (principal.kind === 'service' || principal.kind === 'web-identity') return {};
  const { account, arn } = principal;
  return {
    'kms:CallerAccount': account,
    'aws:PrincipalAccount': account,
    'aws:PrincipalArn': principal.kind === 'assumed-role' ? principal.roleArn : arn,
  };
}
const RESOURCES = [
  ...['*', '*', '*', '*', KEY_ARN, OTHER_KEY_ARN, 'arn:aws:kms:*:*:key/*', 'arn:aws:kms:us-*'],
  ...['arn:aws:kms:*:*:key/f*', 'arn:aws:kms:*:*:key/${a:Unknown}*'],
];
const some = <Item>(...items: readonly Item[]) => fc.subarray([...items], { minLength: 1, maxLength: 2 });
const on = (keys: readonly string[], operators: readonly string[], values: fc.Arbitrary<unknown>) =>
  fc
    .tuple(fc.constantFrom(...keys), fc.constantFrom(...operators), values)
    .map(([key, operator, value]) => ({ [operator]: { [key]: value } }));
const condition = fc.oneof(
  on(
    ['kms:ViaService', 'a:Unknown', 'kms:GrantOperations'],
    [
      'StringEquals',
      'StringNotEquals',
      'StringLike',
      'ForAnyValue:StringEquals',
      'ForAllValues:StringLike',
      'ForAllValues:StringNotEquals',
      'StringEqualsIfExists',
      'StringEqualsIgnoreCase',
    ],
    some('x', 'x*', '*', 'xy'),
  ),
  on(
    ['kms:RotationPeriodInDays'],
    ['NumericEquals', 'NumericLessThan', 'NumericGreaterThanEquals', 'NumericNotEquals'],
    some('1', '2', '2.0', '5'),
  ),
  on(
    ['aws:SourceIp'],
    ['IpAddress', 'NotIpAddress'],
    some('10.0.0.0/8', '10.128.0.0/9', '0.0.0.0/0', '2001:db8::/32'),
  ),
  on(
    ['aws:CurrentTime'],
    ['DateLessThan', 'DateGreaterThan', 'DateEquals'],
    some('2030-01-01', '1893456001', '2030-01-02'),
  ),
  on(['kms:MultiRegion'], ['Bool', 'BoolIfExists'], some('true', 'false')),
  on(
    ['kms:CallerAccount', 'aws:PrincipalAccount'],
    ['StringEquals', 'StringNotEquals', 'StringLike'],
    some(ACCOUNT, OTHER_ACCOUNT, '4*'),
  ),
  on(
    ['aws:PrincipalArn'],
    ['ArnLike', 'ArnNotLike', 'StringEquals', 'StringNotEquals'],
    some(ALICE, ROLE, userOf(ACCOUNT, 'Bob').arn, 'arn:aws:iam::*:role/*'),
  ),
  on(
    ['kms:ViaService'],
    ['StringEquals', 'StringNotEquals', 'StringLike'],
    some('${a:Unknown}', "${a:Unknown, 'x'}", '${kms:MultiRegion}*'),
  ),
  on(Object.keys(CARRIED), ['Null'], some('true', 'false')),
);
const statement = fc
  .record({
    Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
    principal: fc.constantFrom('Principal', 'Principal', 'Principal', 'NotPrincipal'),
    names: fc.oneof(
      some(...NAMED).map((AWS) => ({ AWS })),
      fc.constant({ Service: 's3.amazonaws.com' }),
    ),
    action: fc.constantFrom('Action', 'Action', 'NotAction'),
    actions: some('kms:*', 'kms:Decrypt', 'kms:*crypt', 'kms:New'),
    Resource: fc.constantFrom(...RESOURCES),
    Condition: fc.option(condition, { nil: {} }),
  })
  .map(({ principal, names, action, actions, ...rest }) => ({
    ...rest,
    [principal]: names,
    [action]: actions,
  }));
const statements = fc.array(statement, { minLength: 1, maxLength: 3 });
/** Two policies that are often the same, in other words or but for a small part. */
const pair = statements.chain((before) =>
  fc.tuple(
    fc.constant(before),
    fc.oneof(
      statements,
      fc.constant([...before].reverse().concat(before)),
      fc.constant(
        before.map((each) => (each.Resource === '*' ? { ...each, Resource: 'arn:aws:kms:*' } : each)),
      ),
      statement.map((extra) => [...before, extra]),
      statement.map((extra) => [...before.slice(1), extra]),
    ),
  ),
);
const requests = fc.array(
  fc
    .record({
      principal: fc.constantFrom(...CALLERS),
      action: fc.constantFrom('kms:Decrypt', 'kms:Encrypt', 'kms:New', 'kms:Sign', 'kms:Other'),
      resource: fc.constantFrom(KEY_ARN, OTHER_KEY_ARN),
      carried: fc.record(
        Object.fromEntries(Object.entries(CARRIED).map(([key, values]) => [key, fc.constantFrom(...values)])),
      ),
    })
    .map(({ principal, action, resource, carried }) => {
      const present = Object.entries(carried).filter(([, value]) => value !== undefined);
      const context = contextOf({
        ...Object.fromEntries(present.map(([key, value]) => [key, value ?? []])),
        ...carriedBy(principal),
      });
      return requestOf(principal, { action, resource, context });
    }),
  { minLength: 40, maxLength: 40 },
);
const everything = policyOf(ALLOW);
const limits = fc.constantFrom<ComparisonOptions>(
  {},
  { steps: 100_000 },
  { steps: 20_000 },
  { characters: 900 },
);

function everyCaller(documents: readonly PolicyDocument[]) {
  const { named, others } = callersOf(documents);
  return [...named, ...others];
}

describe('laws of comparePolicies', () => {
  it('what is called unchanged is decided alike, whatever the identity policies and boundaries are', () => {
    const seen = { unchanged: 0, changed: 0, differing: 0 };
    const property = fc.property(
      pair,
      requests,
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom(undefined, KEY_ARN),
      ([before, after], asked, isBound, isIdle, key) => {
        const { unchanged, complete } = compare(before, after, key === undefined ? {} : { key });
        seen[unchanged ? 'unchanged' : 'changed'] += 1;
        const policies = {
          identityPolicies: isIdle ? [] : [everything],
          ...(isBound && { permissionsBoundary: policyOf({ ...ALLOW, Action: 'kms:Sign' }) }),
        };
        const compiled = [before, after].map((each) => policyOf(...each));
        for (const request of asked.filter(({ resource }) => resource === (key ?? resource))) {
          const [one, other] = compiled.map((keyPolicy) => authorize(request, { ...policies, keyPolicy }));
          if (one?.outcome === other?.outcome) continue;
          seen.differing += 1;
          assert.ok(
            !(unchanged && complete),
            `${request.principal.arn} ${request.action}: ${one?.outcome}, ${other?.outcome}`,
          );
        }
      },
    );
    fc.assert(property, { numRuns: RUNS });
    // Worth something only if both answers are common.
    const { unchanged, changed, differing } = seen;
    assert.ok(unchanged > RUNS / 8 && changed > RUNS / 8 && differing > RUNS / 2, JSON.stringify(seen));
  });

  it('every change is felt by each of its principals, with the values that it gives as examples', () => {
    const property = fc.property(pair, limits, ([before, after], some) => {
      const documents = [before, after].map((each) => parsePolicy(policyText(each)));
      const callers = new Map(everyCaller(documents).map((caller) => [caller.label, caller]));
      for (const { principals, actions, resources, conditions, ...change } of compare(before, after, some)
        .changes) {
        const examples = conditions.map(({ key, examples: [first] }) => [key, first ?? []] as const);
        const action = (actions[0] ?? '').replace(ANY_OTHER_ACTION, 'kms:Other');
        const resource = (resources[0] ?? OTHER_KEY_ARN).replace('any other key', 'arn:aws:kms:x:1:key/y');
        for (const label of principals) {
          const { principal, hasBoundary } = callers.get(label) ?? assert.fail(label);
          const context = contextOf({ ...carriedBy(principal), ...Object.fromEntries(examples) });
          const question = prepareQuestion(requestOf(principal, { action, resource, context }), hasBoundary);
          const [one, other] = documents.map((each) => {
            const policy = compilePolicy(each);
            if (findDeny(policy, question, 'resource') !== undefined) return 'denies';
            const naming = findClosestAllow(policy, question)?.naming ?? 'not-at-all';
            return {
              'not-at-all': 'nothing',
              account: 'delegates',
              broadly: 'allows-within-boundary',
              itself: 'allows',
            }[naming];
          });
          assert.deepEqual([one, other], [change.before, change.after], `${label} ${action} ${resource}`);
        }
      }
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it('comparing the other way around swaps gains and losses', () => {
    const property = fc.property(pair, ([before, after]) => {
      const count = ({ changes }: PolicyComparison, wanted: string) =>
        changes.filter(({ direction }) => direction === wanted).length;
      const there = compare(before, after);
      const back = compare(after, before);
      assert.equal(count(there, 'gains') > 0, count(back, 'loses') > 0);
      assert.equal(count(there, 'loses') > 0, count(back, 'gains') > 0);
      assert.equal(there.complete, back.complete);
    });
    fc.assert(property, { numRuns: RUNS / 4 });
  });

  it('what is complete within limits is the same without them', () => {
    const seen = { complete: 0, cut: 0 };
    const property = fc.property(pair, fc.constantFrom(15_000, 25_000, 100_000), ([before, after], steps) => {
      const within = compare(before, after, { steps });
      seen[within.complete ? 'complete' : 'cut'] += 1;
      if (within.complete) assert.deepEqual(within, compare(before, after));
      else assert.ok(within.omitted.length > 0);
    });
    fc.assert(property, { numRuns: RUNS / 2 });
    assert.ok(seen.complete > RUNS / 16 && seen.cut > RUNS / 16, JSON.stringify(seen));
  });
});

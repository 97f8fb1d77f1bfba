// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { authorize } from './authorize.ts';
import { callersOf } from './callers.ts';
import { comparePolicies, type PolicyComparison } from './compare.ts';
import { ANY_OTHER_ACTION } from './compare-requests.ts';
import { renderComparison } from './compare-text.ts';
import { compilePolicy } from './compile.ts';
import type { PolicyVersion } from './document.ts';
import { findClosestAllow, findDeny, prepareQuestion } from './evaluate.ts';
import {
  ACCOUNT,
  ALLOW,
  contextOf,
  DENY,
  federatedOf,
  KEY_ARN,
  OTHER_ACCOUNT,
  OTHER_KEY_ARN,
  policyOf,
  policyText,
  type RawStatement,
  requestOf,
  rootOf,
  serviceOf,
  sessionOf,
  userOf,
} from './fixtures.test-support.ts';
import { parsePolicy } from './parse.ts';
import { KMS_KEY_ACTIONS } from './vocabulary.ts';

const ROOT = { ...ALLOW, Principal: { AWS: ACCOUNT } };
const ALICE = userOf(ACCOUNT).arn;
const ROLE = sessionOf(ACCOUNT).roleArn;
const OTHERS = ['user', 'role', 'federated user'].map((kind) => `any other ${kind} of ${ACCOUNT}`);

function compare(
  before: readonly RawStatement[],
  after: readonly RawStatement[],
  version: PolicyVersion = '2012-10-17',
  limit?: number,
): PolicyComparison {
  return comparePolicies(
    parsePolicy(policyText(before, version)),
    parsePolicy(policyText(after, version)),
    limit === undefined ? {} : { limit },
  );
}

/** What an added statement changes for one principal: `gains kms:Decrypt when …: nothing > allows`. */
function added(
  statement: RawStatement,
  principal: string,
  base: readonly RawStatement[] = [],
): readonly string[] {
  const inert = { ...DENY, Principal: '*', Action: 'none:none' };
  const comparison = compare([inert, ...base], [inert, ...base, statement]);
  assert.ok(comparison.complete);
  return comparison.changes
    .filter(({ principals }) => principals.includes(principal))
    .map(({ direction, actions, resources, conditions, before, after }) => {
      const on = resources.length === 0 ? '' : ` on ${resources.join('+')}`;
      const when = conditions.length === 0 ? '' : ` when ${conditions.map(({ text }) => text).join(' and ')}`;
      return `${direction} ${actions.join('+')}${on}${when}: ${before} > ${after}`;
    });
}

const decryptFor = (AWS: string, rest: RawStatement = {}) => ({
  ...ALLOW,
  Principal: { AWS },
  Action: 'kms:Decrypt',
  ...rest,
});
const when = (operator: string, key: string, value: unknown): RawStatement =>
  decryptFor(ALICE, { Condition: { [operator]: { [key]: value } } });

describe('comparePolicies: who', () => {
  it('finds nothing where nothing changed, and says that it looked at everything', () => {
    const comparison = compare([ROOT, decryptFor(ALICE)], [decryptFor(ALICE), ROOT, ROOT]);
    assert.deepEqual([comparison.unchanged, comparison.complete], [true, true]);
    assert.deepEqual([comparison.changes, comparison.omitted], [[], []]);
  });

  it('names the user that gains a permission, and what decided before and after', () => {
    const { changes, unchanged } = compare([ROOT], [ROOT, { Sid: 'use', ...decryptFor(ALICE) }]);
    assert.equal(unchanged, false);
    assert.equal(changes.length, 1);
    const { statementsBefore, statementsAfter, ...change } = changes[0] ?? assert.fail();
    assert.deepEqual(change, {
      direction: 'gains',
      principals: [ALICE, `federated users of ${ALICE}`],
      actions: ['kms:Decrypt'],
      resources: [],
      conditions: [],
      before: 'delegates',
      after: 'allows',
    });
    assert.deepEqual(
      [statementsBefore, statementsAfter].map(([statement]) => [
        statement?.index,
        statement?.sid,
        statement?.line,
      ]),
      [
        [0, undefined, 1],
        [1, 'use', 1],
      ],
    );
  });

  it('tells the root user of an account, which is allowed, from the others, to whom it is delegated', () => {
    assert.deepEqual(added(decryptFor(ACCOUNT), `the root user of ${ACCOUNT}`), [
      'gains kms:Decrypt: nothing > allows',
    ]);
    for (const other of OTHERS) {
      assert.deepEqual(added(decryptFor(ACCOUNT), other), ['gains kms:Decrypt: nothing > delegates']);
    }
    assert.deepEqual(added(decryptFor(ACCOUNT), 'anyone else'), []);
  });

  it('tells a role, which a permissions boundary limits, from its session, which it does not', () => {
    const session = sessionOf(ACCOUNT).arn;
    assert.deepEqual(added(decryptFor(ROLE), ROLE), ['gains kms:Decrypt: nothing > allows-within-boundary']);
    assert.deepEqual(added(decryptFor(session), session), ['gains kms:Decrypt: nothing > allows']);
    assert.deepEqual(added(decryptFor(session), session, [decryptFor(ROLE)]), [
      'gains kms:Decrypt: allows-within-boundary > allows',
    ]);
  });

  it('knows services, federated sessions, providers and unique ids', () => {
    const service = { ...ALLOW, Principal: { Service: 's3.amazonaws.com' }, Action: 'kms:Decrypt' };
    assert.deepEqual(added(service, 's3.amazonaws.com'), ['gains kms:Decrypt: nothing > allows']);
    assert.deepEqual(added(service, 'any other AWS service'), []);
    const guest = federatedOf(ACCOUNT).arn;
    assert.deepEqual(added(decryptFor(guest), guest), ['gains kms:Decrypt: nothing > allows']);
    assert.equal(
      added({ ...DENY, Principal: { AWS: ALICE }, Action: 'kms:Decrypt' }, `${guest}, started by ${ALICE}`, [
        decryptFor(guest),
      ]).length,
      1,
    );
    const provider = `arn:aws:iam::${ACCOUNT}:oidc-provider/issuer.example.com`;
    const federated = { ...ALLOW, Principal: { Federated: provider }, Action: 'kms:Decrypt' };
    assert.equal(added(federated, `bearers of tokens of ${provider}`).length, 1);
    assert.equal(added(decryptFor('AIDA1234'), 'AIDA1234 of another account').length, 1);
    assert.deepEqual(added(decryptFor('AROA1234'), `AROA1234 of ${ACCOUNT}`, [ROOT]), [
      'gains kms:Decrypt: delegates > allows-within-boundary',
    ]);
  });

  it('counts everybody: those of a named account and anyone else', () => {
    for (const principal of [`the root user of ${OTHER_ACCOUNT}`, 'anyone else']) {
      assert.deepEqual(
        added(decryptFor('*'), principal, [decryptFor(OTHER_ACCOUNT, { Action: 'kms:Encrypt' })]),
        ['gains kms:Decrypt: nothing > allows'],
      );
    }
    assert.deepEqual(added(decryptFor('*'), 'any other AWS service'), []);
    const denial = { ...DENY, Principal: '*', Action: 'kms:Decrypt' };
    assert.deepEqual(added(denial, 'any other AWS service'), ['loses kms:Decrypt: nothing > denies']);
  });

  it('tells callers with a permissions boundary apart where NotPrincipal in a Deny does', () => {
    const denial = { ...DENY, NotPrincipal: { AWS: ALICE }, Action: 'kms:Decrypt' };
    assert.deepEqual(added(denial, ALICE, [decryptFor(ALICE)]), []);
    assert.deepEqual(added(denial, `${ALICE}, with a permissions boundary`, [decryptFor(ALICE)]), [
      'loses kms:Decrypt: allows > denies',
    ]);
  });
});

describe('comparePolicies: what', () => {
  it('knows all actions that can be asked of a key, and one that nobody knows', () => {
    const { changes, vocabulary } = compare([ROOT], [{ ...ROOT, Action: 'kms:D*' }]);
    assert.deepEqual(vocabulary.actions.toSorted(), [...KMS_KEY_ACTIONS, ANY_OTHER_ACTION].toSorted());
    const lost = new Set(changes.flatMap(({ actions }) => actions));
    const kept = KMS_KEY_ACTIONS.filter((action) => action.startsWith('kms:D'));
    assert.deepEqual(
      [...lost].toSorted(),
      vocabulary.actions.filter((action) => !kept.includes(action)).toSorted(),
    );
  });

  it('knows actions that only the policies name', () => {
    assert.deepEqual(added(decryptFor(ALICE, { Action: 'kms:NewThing' }), ALICE), [
      'gains kms:newthing: nothing > allows',
    ]);
  });

  it('tells keys apart that a Resource names', () => {
    const except = { Principal: { AWS: ALICE }, Action: 'kms:Decrypt' };
    assert.deepEqual(added(decryptFor(ALICE, { Resource: OTHER_KEY_ARN }), ALICE), [
      `gains kms:Decrypt on ${OTHER_KEY_ARN}: nothing > allows`,
    ]);
    assert.deepEqual(added({ ...except, Effect: 'Allow', NotResource: OTHER_KEY_ARN }, ALICE), [
      'gains kms:Decrypt on any other key: nothing > allows',
    ]);
  });
});

describe('comparePolicies: under which conditions', () => {
  for (const [operator, key, value] of [
    ['StringEquals', 'kms:ViaService', 's3.us-east-1.amazonaws.com'],
    ['StringNotEquals', 'kms:ViaService', 's3.us-east-1.amazonaws.com'],
    ['StringLike', 'kms:EncryptionContext:Team', 'a*'],
    ['StringEqualsIgnoreCase', 'kms:EncryptionContext:Team', 'a'],
    ['NumericLessThan', 'kms:RotationPeriodInDays', '90'],
    ['DateGreaterThanEquals', 'aws:CurrentTime', '2030-01-01'],
    ['IpAddress', 'aws:SourceIp', '10.0.0.0/8'],
    ['IpAddress', 'aws:SourceIp', '2001:db8::/32'],
    ['NotIpAddress', 'aws:SourceIp', '10.0.0.1'],
    ['Bool', 'kms:GrantIsForAWSResource', 'true'],
    ['Null', 'kms:ViaService', 'false'],
    ['ArnLike', 'aws:SourceArn', 'arn:aws:s3:::bucket-*'],
    ['ForAllValues:StringEquals', 'kms:GrantOperations', 'Decrypt'],
    ['ForAnyValue:StringLike', 'kms:GrantOperations', 'Generate*'],
    ['StringEqualsIfExists', 'aws:SourceVpce', 'vpce-1'],
    ['BinaryEquals', 'a:Binary', 'YQ=='],
    ['ForAnyValue:StringEquals', 'a:Unknown', 'x'],
  ] as const) {
    it(`${operator} ${key}`, () => {
      assert.deepEqual(added(when(operator, key, value), ALICE), [
        `gains kms:Decrypt when ${operator} ${key} "${value}": nothing > allows`,
      ]);
      assert.deepEqual(added({ ...when(operator, key, value), Effect: 'Deny' }, ALICE, [decryptFor(ALICE)]), [
        `loses kms:Decrypt when ${operator} ${key} "${value}": allows > denies`,
      ]);
    });
  }

  const change = (before: RawStatement, after: RawStatement) =>
    compare([before], [after])
      .changes.filter(({ principals }) => principals.includes(ALICE))
      .map(
        ({ direction, conditions }) => `${direction}: ${conditions.map(({ text }) => text).join(' and ')}`,
      );

  it('shows the stretch between two numbers', () => {
    const days = 'kms:RotationPeriodInDays';
    const { changes } = compare(
      [when('NumericLessThan', days, '90')],
      [when('NumericLessThan', days, '180')],
    );
    assert.deepEqual(changes[0]?.conditions[0]?.examples, ['90']);
    assert.equal(changes[0]?.direction, 'gains');
  });

  it('sees a gap that is one second wide', () => {
    const after = (value: string) => when('DateGreaterThan', 'aws:CurrentTime', value);
    assert.deepEqual(change(after('2030-01-01T00:00:00Z'), after('2030-01-01T00:00:01Z')).length, 1);
  });

  it('sees the half of a network that is left out', () => {
    const inside = (value: string) => when('IpAddress', 'aws:SourceIp', value);
    const { changes } = compare([inside('10.0.0.0/8')], [inside('10.0.0.0/9')]);
    assert.deepEqual(changes[0]?.conditions[0]?.examples, ['10.128.0.0']);
  });

  it('sees what two patterns have in common', () => {
    const like = (...values: readonly string[]) => ({
      ...decryptFor(ALICE),
      Condition: { StringLike: { 'a:Text': values[0] }, StringLikeIfExists: { 'a:Text': values[1] } },
    });
    assert.deepEqual(change(like('a*', '*b'), like('a*', '*c')).length, 2);
  });

  it('sees that only all of several conditions make the difference', () => {
    const both = { ...when('StringEquals', 'kms:ViaService', 'x'), Action: 'kms:Decrypt' };
    const Condition = { StringEquals: { 'kms:ViaService': 'x', 'a:Two': 'y' }, Bool: { 'a:Three': 'true' } };
    assert.deepEqual(change({ ...both, Condition: {} }, { ...both, Condition }).length, 3);
    assert.deepEqual(
      change({ ...both, Action: 'kms:Encrypt' }, { ...both, Condition }).filter((line) =>
        line.startsWith('gains'),
      ),
      ['gains: StringEquals kms:ViaService "x" and StringEquals a:Two "y" and Bool a:Three "true"'],
    );
  });

  it('leaves out what makes no difference', () => {
    const some = when('StringEquals', 'kms:ViaService', 'x');
    const { changes } = compare([decryptFor(ALICE), some], [decryptFor(ALICE, { Effect: 'Deny' }), some]);
    assert.deepEqual(
      changes.map(({ conditions }) => conditions),
      [[]],
    );
  });

  it('tells whether case counts', () => {
    const team = (operator: string) => when(operator, 'kms:EncryptionContext:Team', 'a');
    assert.deepEqual(change(team('StringEquals'), team('StringEqualsIgnoreCase')), [
      'gains: kms:EncryptionContext:Team is "A"',
    ]);
  });

  it('reads policy variables in values, but not in the old version', () => {
    const own = when('StringEquals', 'kms:EncryptionContext:Owner', '${aws:username}');
    const none = { ...own, Action: 'kms:Encrypt' };
    const keys = (version?: PolicyVersion) =>
      compare([own], [none], version).changes.map(({ conditions }) => conditions.map(({ key }) => key));
    const both = ['kms:EncryptionContext:Owner', 'aws:username'];
    assert.deepEqual(keys(), [both, both]);
    assert.deepEqual(keys('2008-10-17'), [['kms:EncryptionContext:Owner'], ['kms:EncryptionContext:Owner']]);
  });

  it('reads policy variables in resources', () => {
    const tagged = decryptFor(ALICE, { Resource: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/key}' });
    const { changes } = compare([tagged], [{ ...tagged, Action: 'kms:Encrypt' }]);
    assert.equal(changes.length, 2);
    for (const { resources } of changes)
      assert.ok(!resources.includes('any other key') && resources.length > 0);
  });

  it('leaves out what the caller cannot carry: another account, the ARN of somebody else', () => {
    const own = decryptFor(ACCOUNT, { Condition: { StringEquals: { 'kms:CallerAccount': OTHER_ACCOUNT } } });
    assert.ok(compare([ROOT], [ROOT, { ...own, Effect: 'Deny' }]).unchanged);
    const other = { ArnEquals: { 'aws:PrincipalArn': userOf(ACCOUNT, 'Bob').arn } };
    assert.ok(
      compare(
        [decryptFor(ALICE)],
        [decryptFor(ALICE), decryptFor(ALICE, { Effect: 'Deny', Condition: other })],
      ).unchanged === false,
    );
    assert.deepEqual(added({ ...decryptFor(ALICE), Effect: 'Deny', Condition: other }, ALICE), []);
  });
});

describe('comparePolicies: what was left out', () => {
  const many = (value: string) => {
    const keys = Array.from({ length: 8 }, (_, index) => [`a:Key${index}`, value] as const);
    return decryptFor(ALICE, { Condition: { StringEquals: Object.fromEntries(keys) } });
  };

  it('says so when there are too many combinations, and still finds what single statements do', () => {
    const comparison = compare([many('x')], [many('y')], '2012-10-17', 100);
    assert.equal(comparison.complete, false);
    assert.match(comparison.omitted[0] ?? '', /^\d+ of 6561 combinations of a:Key0, .*a:Key7 were tried$/);
    const directions = new Set(comparison.changes.map(({ direction }) => direction));
    assert.deepEqual([...directions], ['loses', 'gains']);
    assert.match(renderComparison(comparison).join('\n'), /not complete for what the policies name/);
  });

  it('says so when there are too many lists of values', () => {
    const statements = ['a', 'b', 'c', 'd', 'e', 'f'].map((value) =>
      when('ForAnyValue:StringEquals', 'aws:TagKeys', value),
    );
    const comparison = compare(statements, statements.slice(1));
    assert.equal(comparison.complete, false);
    assert.match(comparison.omitted[0] ?? '', /of the lists of values of aws:TagKeys only some were tried/);
    assert.equal(comparison.unchanged, false);
  });
});

describe('renderComparison', () => {
  it('writes a paragraph for each change, and what the answer is worth', () => {
    assert.deepEqual(
      renderComparison(compare([ROOT], [ROOT, when('Bool', 'kms:GrantIsForAWSResource', true)])),
      [
        `${ALICE}, federated users of ${ALICE} gain kms:Decrypt`,
        '  when Bool kms:GrantIsForAWSResource "true"',
        "  before: left to the account's identity policies by statement 1, line 1",
        '  after: allowed by statement 2, line 1',
        'complete for what the policies name: 8 principals, 46 actions and 1 condition key',
      ],
    );
  });

  it('says that nothing changed', () => {
    assert.deepEqual(renderComparison(compare([ROOT], [ROOT])), [
      'nobody gains or loses anything',
      'complete for what the policies name: 6 principals, 46 actions and 0 condition keys',
    ]);
  });

  it('is short where almost every action is meant', () => {
    const [line] = renderComparison(
      compare([ROOT], [{ ...ROOT, NotAction: 'kms:Decrypt', Action: undefined }]),
    );
    assert.match(line ?? '', /loses kms:Decrypt$/);
    const [other] = renderComparison(compare([ROOT], [{ ...ROOT, Action: 'kms:Decrypt' }]));
    assert.match(other ?? '', / every action but kms:Decrypt$/);
  });
});

// The vocabulary of the law: small, so that policies often say the same in different words.

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
    Resource: fc.constantFrom('*', '*', '*', KEY_ARN, 'arn:aws:kms:*:*:key/*', OTHER_KEY_ARN),
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
      const context = contextOf(Object.fromEntries(present.map(([key, value]) => [key, value ?? []])));
      return requestOf(principal, { action, resource, context });
    }),
  { minLength: 40, maxLength: 40 },
);
const everything = policyOf(ALLOW);

describe('law', () => {
  it('what is called unchanged is decided alike, whatever the identity policies and boundaries are', () => {
    const seen = { unchanged: 0, changed: 0, differing: 0 };
    const property = fc.property(
      pair,
      requests,
      fc.boolean(),
      fc.boolean(),
      ([before, after], asked, isBound, isIdle) => {
        const { unchanged, complete } = compare(before, after);
        seen[unchanged ? 'unchanged' : 'changed'] += 1;
        const rest = {
          identityPolicies: isIdle ? [] : [everything],
          ...(isBound ? { permissionsBoundary: policyOf(DENY) } : {}),
        };
        const bound = isBound ? { permissionsBoundary: policyOf({ ...ALLOW, Action: 'kms:Sign' }) } : {};
        const policies = { ...rest, ...bound };
        for (const request of asked) {
          const [one, other] = [before, after].map((each) =>
            authorize(request, { ...policies, keyPolicy: compilePolicy(parsePolicy(policyText(each))) }),
          );
          if (one?.outcome === other?.outcome) continue;
          seen.differing += 1;
          assert.ok(
            !(unchanged && complete),
            `${request.principal.arn} ${request.action}: ${one?.outcome}, ${other?.outcome}`,
          );
        }
      },
    );
    fc.assert(property, { numRuns: 400 });
    // Worth something only if both answers are common.
    assert.ok(seen.unchanged > 60 && seen.changed > 60 && seen.differing > 200, JSON.stringify(seen));
  });

  it('every change is felt by each of its principals, with the values that it gives as examples', () => {
    const property = fc.property(pair, ([before, after]) => {
      const documents = [before, after].map((each) => parsePolicy(policyText(each)));
      const callers = new Map(callersOf(documents).map((caller) => [caller.label, caller]));
      for (const { principals, actions, resources, conditions, ...change } of compare(before, after)
        .changes) {
        const examples = conditions.map(({ key, examples: [first] }) => [key, first ?? []] as const);
        const action = (actions[0] ?? '').replace(ANY_OTHER_ACTION, 'kms:Other');
        const resource = (resources[0] ?? OTHER_KEY_ARN).replace('any other key', 'arn:aws:kms:x:1:key/y');
        for (const label of principals) {
          const { principal, hasBoundary } = callers.get(label) ?? assert.fail(label);
          const context = contextOf(Object.fromEntries(examples));
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
    fc.assert(property, { numRuns: 300 });
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
    fc.assert(property, { numRuns: 100 });
  });
});

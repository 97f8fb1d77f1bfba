// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileCondition } from './condition.ts';
import type { Effect, PolicyVersion } from './document.ts';
import { conditionOf, contextOf } from './fixtures.test-support.ts';
import type { ConditionValue } from './request.ts';

const KEY = 'test:Key';

interface Setting {
  readonly effect?: Effect;
  readonly version?: PolicyVersion;
  readonly key?: string;
  /** Other keys of the request. */
  readonly context?: Readonly<Record<string, ConditionValue>>;
}

/** Whether a condition on `test:Key` holds for a request that carries `value` under it. */
function holds(
  operator: string,
  policyValues: string | readonly string[],
  value: ConditionValue | undefined,
  { effect = 'Allow', version = '2012-10-17', key = KEY, context = {} }: Setting = {},
): boolean {
  const values = typeof policyValues === 'string' ? [policyValues] : policyValues;
  const condition = compileCondition(conditionOf(operator, key, ...values), effect, version);
  return condition.holds(contextOf(value === undefined ? context : { ...context, [key]: value }));
}

type Row = readonly [operator: string, policyValue: string, value: string, expected: boolean];

function rows(cases: readonly Row[]): void {
  for (const [operator, policyValue, value, expected] of cases) {
    it(`${operator} ${JSON.stringify(policyValue)} ${expected ? 'holds' : 'does not hold'} for ${JSON.stringify(value)}`, () => {
      assert.equal(holds(operator, policyValue, value), expected);
    });
  }
}

/** What a missing key means, for an operator and its IfExists form. */
function whenMissing(operator: string, policyValue: string, expected: boolean): void {
  it(`${operator}: a missing key is ${expected}; with IfExists it is true`, () => {
    for (const missing of [undefined, []]) {
      assert.equal(holds(operator, policyValue, missing), expected);
      assert.equal(holds(operator, policyValue, missing, { effect: 'Deny' }), expected);
      assert.equal(holds(`${operator}IfExists`, policyValue, missing), true);
    }
  });
}

describe('StringEquals and StringNotEquals', () => {
  rows([
    ['StringEquals', 'abc', 'abc', true],
    ['StringEquals', 'abc', 'ABC', false],
    ['StringEquals', 'a*', 'abc', false],
    ['StringEquals', 'a*', 'a*', true],
    ['StringEquals', '${aws:username}', 'alice', false],
    ['StringEquals', '', '', true],
    ['StringNotEquals', 'abc', 'abc', false],
    ['StringNotEquals', 'abc', 'ABC', true],
    ['StringNotEquals', 'a*', 'abc', true],
  ]);
  whenMissing('StringEquals', 'abc', false);
  whenMissing('StringNotEquals', 'abc', true);
});

describe('StringEqualsIgnoreCase and StringNotEqualsIgnoreCase', () => {
  rows([
    ['StringEqualsIgnoreCase', 'aBc', 'AbC', true],
    ['StringEqualsIgnoreCase', 'aBc', 'abcd', false],
    ['StringEqualsIgnoreCase', 'A*', 'abc', false],
    ['StringEqualsIgnoreCase', 'É', 'é', true],
    ['StringNotEqualsIgnoreCase', 'aBc', 'AbC', false],
    ['StringNotEqualsIgnoreCase', 'aBc', 'x', true],
  ]);
  whenMissing('StringEqualsIgnoreCase', 'abc', false);
  whenMissing('StringNotEqualsIgnoreCase', 'abc', true);
});

describe('StringLike and StringNotLike', () => {
  rows([
    ['StringLike', 'a*c', 'abbc', true],
    ['StringLike', 'a*c', 'ac', true],
    ['StringLike', 'a*c', 'ABC', false],
    ['StringLike', 'a?c', 'abc', true],
    ['StringLike', 'a?c', 'ac', false],
    ['StringLike', 'b', 'abc', false],
    ['StringLike', '${*}', '*', true],
    ['StringLike', '${*}', 'x', false],
    ['StringLike', '${?}', '?', true],
    ['StringLike', '${?}', 'x', false],
    ['StringLike', '${$}', '$', true],
    ['StringNotLike', 'a*c', 'abbc', false],
    ['StringNotLike', 'a*c', 'abd', true],
  ]);
  whenMissing('StringLike', 'abc', false);
  whenMissing('StringNotLike', 'abc', true);
});

describe('Numeric…', () => {
  rows([
    ['NumericEquals', '10', '10', true],
    ['NumericEquals', '10', '10.0', true],
    ['NumericEquals', '1e1', '10', true],
    ['NumericEquals', '-0.5', '-.5', false],
    ['NumericEquals', '-0.5', '-0.5', true],
    ['NumericEquals', '10', '11', false],
    ['NumericNotEquals', '10', '11', true],
    ['NumericNotEquals', '10', '10', false],
    ['NumericLessThan', '10', '9.9', true],
    ['NumericLessThan', '10', '10', false],
    ['NumericLessThan', '10', '9', true],
    ['NumericLessThanEquals', '10', '10', true],
    ['NumericLessThanEquals', '10', '10.1', false],
    ['NumericGreaterThan', '10', '10.1', true],
    ['NumericGreaterThan', '10', '10', false],
    ['NumericGreaterThan', '9', '10', true],
    ['NumericGreaterThanEquals', '10', '10', true],
    ['NumericGreaterThanEquals', '10', '9', false],
    ['NumericEquals', '10', 'ten', false],
    ['NumericLessThan', '10', '', false],
    ['NumericLessThan', '10', '0x1', false],
    ['NumericLessThan', '10', ' 1', false],
    ['NumericLessThan', '10', '-Infinity', false],
    ['NumericLessThan', '1e9999', '1', false],
    ['NumericNotEquals', '10', 'ten', false],
    ['NumericEquals', '*', '10', false],
    ['NumericNotEquals', '${aws:x}', '10', false],
  ]);
  for (const ordering of ['Equals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals']) {
    whenMissing(`Numeric${ordering}`, '10', false);
  }
  whenMissing('NumericNotEquals', '10', true);
});

describe('Date…', () => {
  rows([
    ['DateEquals', '2030-01-01T00:00:00Z', '2030-01-01T00:00:00Z', true],
    ['DateEquals', '2030-01-01T00:00:00Z', '2030-01-01T01:00:00+01:00', true],
    ['DateEquals', '2030-01-01', '1893456000', true],
    ['DateEquals', '1893456000', '2030-01-01T00:00:00.000Z', true],
    ['DateEquals', '2030-01-01', '2030-01-02', false],
    ['DateNotEquals', '2030-01-01', '2030-01-02', true],
    ['DateNotEquals', '2030-01-01', '1893456000', false],
    ['DateLessThan', '2030-01-01', '2029-12-31T23:59:59.999Z', true],
    ['DateLessThan', '2030-01-01', '2030-01-01', false],
    ['DateLessThanEquals', '2030-01-01', '2030-01-01', true],
    ['DateLessThanEquals', '2030-01-01', '2030-01-02', false],
    ['DateGreaterThan', '2030-01-01', '2030-01-01T00:00:00.001Z', true],
    ['DateGreaterThan', '2030-01-01', '2030-01-01', false],
    ['DateGreaterThanEquals', '2030-01-01', '2030-01-01', true],
    ['DateGreaterThanEquals', '2030-01-01', '2029-01-01', false],
    ['DateLessThan', '2030-01-01', 'yesterday', false],
    ['DateNotEquals', '2030-01-01', 'yesterday', false],
    ['DateLessThan', 'tomorrow', '2020-01-01', false],
  ]);
  for (const ordering of ['Equals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals']) {
    whenMissing(`Date${ordering}`, '2030-01-01', false);
  }
  whenMissing('DateNotEquals', '2030-01-01', true);
});

describe('Bool', () => {
  rows([
    ['Bool', 'true', 'true', true],
    ['Bool', 'true', 'TRUE', true],
    ['Bool', 'False', 'false', true],
    ['Bool', 'true', 'false', false],
    ['Bool', 'true', 'yes', false],
    ['Bool', 'yes', 'yes', false],
    ['Bool', 't*', 'true', false],
  ]);
  whenMissing('Bool', 'true', false);

  it('resolves variables', () => {
    assert.equal(
      holds('Bool', '${aws:SecureTransport}', 'true', { context: { 'aws:SecureTransport': 'True' } }),
      true,
    );
    assert.equal(holds('Bool', '${aws:SecureTransport}', 'true'), false);
  });
});

describe('BinaryEquals', () => {
  rows([
    ['BinaryEquals', 'QmluYXJ5', 'QmluYXJ5', true],
    ['BinaryEquals', 'QmluYXJ5', 'QmluYXJ6', false],
    ['BinaryEquals', 'QmluYXJ5', 'qmluyxj5', false],
    ['BinaryEquals', 'YQ==', 'YQ==', true],
    ['BinaryEquals', 'not base64', 'not base64', false],
  ]);
  whenMissing('BinaryEquals', 'QmluYXJ5', false);
});

describe('IpAddress and NotIpAddress', () => {
  rows([
    ['IpAddress', '203.0.113.0/24', '203.0.113.9', true],
    ['IpAddress', '203.0.113.0/24', '203.0.114.9', false],
    ['IpAddress', '203.0.113.9', '203.0.113.9', true],
    ['IpAddress', '203.0.113.9', '203.0.113.8', false],
    ['IpAddress', '2001:db8::/32', '2001:db8:1::1', true],
    ['IpAddress', '2001:db8::1', '2001:db8::1', true],
    ['IpAddress', '2001:db8::1', '2001:db8::2', false],
    ['IpAddress', '::/0', '203.0.113.9', false],
    ['IpAddress', '0.0.0.0/0', '2001:db8::1', false],
    ['IpAddress', '203.0.113.0/24', 'localhost', false],
    ['IpAddress', '203.0.113.*', '203.0.113.9', false],
    ['NotIpAddress', '203.0.113.0/24', '203.0.114.9', true],
    ['NotIpAddress', '203.0.113.0/24', '203.0.113.9', false],
    ['NotIpAddress', '::/0', '203.0.113.9', true],
    ['NotIpAddress', '203.0.113.0/24', 'localhost', false],
  ]);
  whenMissing('IpAddress', '203.0.113.0/24', false);
  whenMissing('NotIpAddress', '203.0.113.0/24', true);
});

describe('ArnEquals, ArnLike and their negations', () => {
  const bucket = 'arn:aws:s3:::bucket';
  rows([
    ['ArnEquals', bucket, bucket, true],
    ['ArnEquals', 'arn:aws:s3:::b*', bucket, true],
    ['ArnLike', 'arn:aws:s3:::b?cket', bucket, true],
    ['ArnLike', 'arn:*:*:*:*:*', bucket, true],
    ['ArnLike', 'arn:aws:s3:::BUCKET', bucket, false],
    ['ArnLike', 'arn:aws:*:bucket', bucket, false],
    ['ArnLike', 'arn:aws:sns:*:111122223333:a*c', 'arn:aws:sns:us-east-1:111122223333:a:b:c', true],
    ['ArnLike', '*', bucket, false],
    ['ArnLike', 'arn:aws:s3:::*', 'bucket', false],
    ['ArnLike', 'bucket', 'bucket', false],
    ['ArnNotEquals', bucket, bucket, false],
    ['ArnNotLike', 'arn:aws:s3:::b*', bucket, false],
    ['ArnNotLike', 'arn:aws:s3:::x*', bucket, true],
    ['ArnNotLike', 'arn:aws:s3:::x*', 'bucket', false],
  ]);
  whenMissing('ArnEquals', bucket, false);
  whenMissing('ArnLike', bucket, false);
  whenMissing('ArnNotEquals', bucket, true);
  whenMissing('ArnNotLike', bucket, true);

  it('resolve variables', () => {
    const context = { 'aws:username': 'alice' };
    assert.equal(
      holds('ArnLike', 'arn:aws:iam::1:user/${aws:username}', 'arn:aws:iam::1:user/alice', { context }),
      true,
    );
    assert.equal(holds('ArnLike', 'arn:aws:iam::1:user/${aws:username}', 'arn:aws:iam::1:user/alice'), false);
  });
});

describe('Null', () => {
  for (const [policyValue, value, expected] of [
    ['true', undefined, true],
    ['true', [], true],
    ['true', 'x', false],
    ['true', '', false],
    ['true', ['x'], false],
    ['false', 'x', true],
    ['false', ['x', 'y'], true],
    ['false', undefined, false],
    ['false', [], false],
    ['TRUE', undefined, true],
    ['perhaps', 'x', false],
  ] as const) {
    it(`${JSON.stringify(policyValue)} ${expected ? 'holds' : 'does not hold'} for ${JSON.stringify(value) ?? 'a missing key'}`, () => {
      assert.equal(holds('Null', policyValue, value), expected);
    });
  }

  it('of both values, one always holds', () => {
    assert.equal(holds('Null', ['true', 'false'], undefined), true);
    assert.equal(holds('Null', ['true', 'false'], 'x'), true);
  });

  it('has neither IfExists nor set operators', () => {
    for (const operator of ['NullIfExists', 'ForAnyValue:Null', 'ForAllValues:Null']) {
      assert.equal(holds(operator, 'true', undefined), false);
    }
  });
});

describe('several policy values', () => {
  it('are alternatives of a positive operator', () => {
    assert.equal(holds('StringEquals', ['a', 'b'], 'b'), true);
    assert.equal(holds('StringEquals', ['a', 'b'], 'c'), false);
    assert.equal(holds('NumericLessThan', ['ten', '10'], '9'), true);
  });

  it('are all excluded by a negated operator', () => {
    assert.equal(holds('StringNotEquals', ['a', 'b'], 'b'), false);
    assert.equal(holds('StringNotEquals', ['a', 'b'], 'c'), true);
    assert.equal(holds('ArnNotLike', ['arn:aws:s3:::a*', 'arn:aws:s3:::b*'], 'arn:aws:s3:::bucket'), false);
  });
});

describe('ForAllValues', () => {
  const operator = 'ForAllValues:StringEquals';
  it('holds when each value of the request is among those of the policy', () => {
    assert.equal(holds(operator, ['a', 'b'], ['a']), true);
    assert.equal(holds(operator, ['a', 'b'], ['b', 'a', 'a']), true);
    assert.equal(holds(operator, ['a', 'b'], ['a', 'c']), false);
  });

  it('holds when the key is missing or empty', () => {
    assert.equal(holds(operator, 'a', undefined), true);
    assert.equal(holds(operator, 'a', []), true);
    assert.equal(holds('ForAllValues:StringNotEquals', 'a', undefined), true);
    assert.equal(holds(`${operator}IfExists`, 'a', undefined), true);
  });

  it('takes a single value as a set of one', () => {
    assert.equal(holds(operator, ['a', 'b'], 'a'), true);
    assert.equal(holds(operator, ['a', 'b'], 'c'), false);
  });

  it('negated: no value of the request is among those of the policy', () => {
    assert.equal(holds('ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'd']), true);
    assert.equal(holds('ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'a']), false);
  });

  it('combines with every comparison', () => {
    assert.equal(holds('ForAllValues:StringLikeIfExists', 'a*', ['ab', 'ac']), true);
    assert.equal(holds('ForAllValues:NumericLessThan', '10', ['9', '11']), false);
    assert.equal(holds('ForAllValues:IpAddress', '10.0.0.0/8', ['10.1.1.1', '10.2.2.2']), true);
  });
});

describe('ForAnyValue', () => {
  const operator = 'ForAnyValue:StringEquals';
  it('holds when one value of the request is among those of the policy', () => {
    assert.equal(holds(operator, ['a', 'b'], ['c', 'b']), true);
    assert.equal(holds(operator, ['a', 'b'], ['c', 'd']), false);
  });

  it('does not hold when the key is missing or empty; with IfExists it does', () => {
    assert.equal(holds(operator, 'a', undefined), false);
    assert.equal(holds(operator, 'a', []), false);
    assert.equal(holds('ForAnyValue:StringNotEquals', 'a', undefined), false);
    assert.equal(holds(`${operator}IfExists`, 'a', undefined), true);
  });

  it('takes a single value as a set of one', () => {
    assert.equal(holds(operator, ['a', 'b'], 'b'), true);
    assert.equal(holds(operator, ['a', 'b'], 'c'), false);
  });

  it('negated: some value of the request is not among those of the policy', () => {
    assert.equal(holds('ForAnyValue:StringNotEquals', ['a', 'b'], ['a', 'c']), true);
    assert.equal(holds('ForAnyValue:StringNotEquals', ['a', 'b'], ['a', 'b']), false);
  });

  it('combines with IfExists: ForAnyValue:StringLikeIfExists', () => {
    assert.equal(holds('ForAnyValue:StringLikeIfExists', 'a*', ['x', 'ab']), true);
    assert.equal(holds('ForAnyValue:StringLikeIfExists', 'a*', ['x']), false);
  });
});

describe('a multi-valued key without a set operator', () => {
  for (const effect of ['Allow', 'Deny'] as const) {
    it(`never matches in ${effect === 'Allow' ? 'an Allow' : 'a Deny'}, positive or negated, also with one value`, () => {
      for (const operator of ['StringEquals', 'StringNotEquals', 'StringEqualsIfExists', 'StringNotLike']) {
        assert.equal(holds(operator, 'a', ['a', 'b'], { effect }), false);
        assert.equal(holds(operator, 'a', ['a'], { effect }), false);
        assert.equal(holds(operator, 'x', ['a'], { effect }), false);
      }
    });
  }
});

describe('policy variables in conditions', () => {
  const context = { 'aws:username': 'alice', 'aws:TagKeys': ['a', 'b'] };

  it('are resolved in values of String and Arn operators', () => {
    assert.equal(holds('StringEquals', '${aws:username}', 'alice', { context }), true);
    assert.equal(holds('StringEqualsIgnoreCase', '${aws:username}', 'ALICE', { context }), true);
    assert.equal(holds('StringLike', '*-${aws:username}', 'team-alice', { context }), true);
    assert.equal(holds('StringNotEquals', '${aws:username}', 'bob', { context }), true);
  });

  it('take the default when the key is missing', () => {
    assert.equal(holds('StringEquals', "${aws:username, 'nobody'}", 'nobody'), true);
    assert.equal(holds('StringEquals', "${aws:username, 'nobody'}", 'alice', { context }), true);
  });

  for (const effect of ['Allow', 'Deny'] as const) {
    it(`without a value never match, positive or negated (${effect})`, () => {
      for (const variable of ['${aws:missing}', '${aws:TagKeys}']) {
        assert.equal(holds('StringEquals', variable, 'x', { context, effect }), false);
        assert.equal(holds('StringNotEquals', variable, 'x', { context, effect }), false);
        assert.equal(holds('StringLike', variable, 'x', { context, effect }), false);
        assert.equal(holds('StringNotLike', [variable, 'y'], 'x', { context, effect }), false);
        assert.equal(
          holds('ArnNotLike', `arn:aws:iam::1:user/${variable}`, 'arn:aws:iam::1:x', { context, effect }),
          false,
        );
      }
    });
  }

  it('without a value leave the other values of a positive operator alone', () => {
    assert.equal(holds('StringEquals', ['${aws:missing}', 'x'], 'x'), true);
  });

  it('are text in the version 2008-10-17', () => {
    const version = '2008-10-17';
    assert.equal(holds('StringEquals', '${aws:username}', 'alice', { context, version }), false);
    assert.equal(holds('StringEquals', '${aws:username}', '${aws:username}', { context, version }), true);
  });
});

describe('what cannot be judged fails closed', () => {
  const unjudgeable: readonly (readonly [
    what: string,
    operator: string,
    policyValue: string,
    value: ConditionValue,
  ])[] = [
    ['an unknown operator', 'StringMatches', 'x', 'x'],
    ['a request value that is not a number', 'NumericLessThan', '10', 'ten'],
    ['a request value that is not a number, negated', 'NumericNotEquals', '10', 'ten'],
    ['a policy value that is not a number', 'NumericLessThan', 'ten', '10'],
    ['a request value that is not a date', 'DateGreaterThan', '2030-01-01', 'soon'],
    ['a request value that is not an address', 'IpAddress', '10.0.0.0/8', 'localhost'],
    ['a request value that is not an address, negated', 'NotIpAddress', '10.0.0.0/8', 'localhost'],
    ['a request value that is not an ARN', 'ArnLike', 'arn:aws:s3:::x', 'x'],
    ['a request value that is not an ARN, negated', 'ArnNotLike', 'arn:aws:s3:::x', 'x'],
    ['a request value that is not a boolean', 'Bool', 'true', 'maybe'],
    ['a policy value that is not base64', 'BinaryEquals', '$', 'YQ=='],
    ['a Null that is neither true nor false', 'Null', 'maybe', 'x'],
    ['one bad value in a set', 'ForAllValues:NumericLessThan', '10', ['ten']],
  ];
  for (const [what, operator, policyValue, value] of unjudgeable) {
    it(`${what}: an Allow does not match, a Deny does`, () => {
      assert.equal(holds(operator, policyValue, value, { effect: 'Allow' }), false);
      assert.equal(holds(operator, policyValue, value, { effect: 'Deny' }), true);
    });
  }

  for (const key of [
    'kms:EncryptionContext:Team',
    'aws:RequestTag/Team',
    'aws:ResourceTag/Team',
    'aws:PrincipalTag/team',
  ]) {
    it(`two values of ${key}, whose names differ in case: an Allow does not match, a Deny does`, () => {
      for (const operator of [
        'StringEquals',
        'StringNotEquals',
        'ForAnyValue:StringEquals',
        'ForAllValues:StringNotEquals',
      ]) {
        assert.equal(holds(operator, 'a', ['a', 'b'], { key, effect: 'Allow' }), false);
        assert.equal(holds(operator, 'a', ['a', 'b'], { key, effect: 'Deny' }), true);
      }
      assert.equal(holds('Null', 'false', ['a', 'b'], { key }), true);
    });
  }
});

describe('condition keys', () => {
  for (const key of ['aws:SourceIp', 'kms:EncryptionContext:Department', 'aws:RequestTag/Cost Center']) {
    it(`${key} is looked up in lower case`, () => {
      const asked: string[] = [];
      const context = {
        get(name: string) {
          asked.push(name);
          return undefined;
        },
      };
      compileCondition(conditionOf('StringEquals', key, 'x'), 'Allow', '2012-10-17').holds(context);
      assert.deepEqual(asked, [key.toLowerCase()]);
    });
  }

  it('are not looked up before a request comes', () => {
    const context = { get: () => assert.fail('looked up') };
    compileCondition(conditionOf('StringEquals', 'k', 'x'), 'Allow', '2012-10-17');
    assert.equal(
      compileCondition(conditionOf('NoSuchOperator', 'k', 'x'), 'Allow', '2012-10-17').holds(context),
      false,
    );
  });
});

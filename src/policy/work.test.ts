// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { authorize } from './authorize.ts';
import { compileCondition } from './condition.ts';
import {
  ACCOUNT,
  ALLOW,
  conditionOf,
  contextOf,
  DENY,
  keyPolicyFor,
  NO_POLICIES,
  outcome,
  policyOf,
  requestOf,
  userOf,
} from './fixtures.test-support.ts';
import type { ConditionValue } from './request.ts';
import { newWork } from './work.ts';

const KEY = 'kms:EncryptionContext:k';
/** A little over the longest encryption context (operations.md section 3). */
const LONG = 'a'.repeat(8_192);

/** Values of a condition that fill a key policy, none of which matches `LONG`. */
function hostile(pattern: (index: number) => string): readonly string[] {
  const values: string[] = [];
  for (let length = 0; length < 32_000; length += (values.at(-1) ?? '').length + 3)
    values.push(pattern(values.length));
  return values;
}

const HOSTILE: readonly (readonly [
  title: string,
  operator: string,
  values: readonly string[],
  carried: ConditionValue,
])[] = [
  ['thousands of short patterns', 'StringLike', hostile((index) => `*?${index}?*`), LONG],
  ['patterns made to backtrack', 'StringLike', hostile(() => `*${'a?'.repeat(2_000)}b*`), LONG],
  ['patterns of ARNs', 'ArnLike', hostile((index) => `arn:*:*:*:*:*?${index}?*`), `arn:aws:s3:::${LONG}`],
  [
    'thousands of variables, each a long text',
    'StringLike',
    hostile((index) => `?\${${KEY}2}*${index}?`),
    LONG,
  ],
  [
    'thousands of patterns for hundreds of values',
    'ForAnyValue:StringLike',
    hostile((index) => `*?${index}?*`),
    Array.from({ length: 800 }, (_, index) => 'a'.repeat(8 + (index % 2))),
  ],
];

describe('the work of a condition', () => {
  for (const [title, operator, values, carried] of HOSTILE) {
    it(`has a bound, and what is not judged then fails closed: ${title}`, () => {
      const context = contextOf({ [KEY]: carried, [`${KEY}2`]: LONG.slice(0, 4_000), 'test:Key': carried });
      for (const effect of ['Allow', 'Deny'] as const) {
        const condition = compileCondition(
          conditionOf(operator, 'test:Key', ...values),
          effect,
          '2012-10-17',
        );
        const work = newWork();
        assert.equal(condition.holds(context, work), effect === 'Deny');
        // What is begun is finished.
        assert.ok(work.steps > 1_000_000 && work.steps < 2_500_000, `${work.steps} steps`);
        const { steps } = work;
        assert.equal(condition.holds(context, work), effect === 'Deny');
        assert.ok(work.steps - steps < 10_000, 'goes on');
      }
    });
  }

  it('does not keep honest policies from being judged', () => {
    const patterns = Array.from({ length: 100 }, (_, index) => `*team?${index}/*-orders`);
    for (const effect of ['Allow', 'Deny'] as const) {
      const condition = compileCondition(conditionOf('StringLike', KEY, ...patterns), effect, '2012-10-17');
      const work = newWork();
      const told = (value: string): boolean => condition.holds(contextOf({ [KEY]: value }), work);
      assert.equal(told(LONG), false);
      assert.ok(work.steps < 1_000_000, `${work.steps} steps`);
      work.steps = 0;
      assert.equal(told(`team-99/${LONG.slice(100)}-orders`), true);
    }
  });

  it('of equality does not grow with the number of values', () => {
    for (const operator of ['StringEquals', 'StringEqualsIgnoreCase']) {
      const values = hostile((index) => `value-${index}`);
      const condition = compileCondition(conditionOf(operator, KEY, ...values), 'Allow', '2012-10-17');
      const work = newWork();
      assert.equal(condition.holds(contextOf({ [KEY]: 'value-1000' }), work), true);
      assert.equal(condition.holds(contextOf({ [KEY]: 'value-x' }), work), false);
      assert.ok(work.steps < 100, `${work.steps} steps`);
    }
  });
});

describe('a decision that takes too much work', () => {
  const alice = userOf(ACCOUNT);
  const condition = { StringLike: { [KEY]: hostile((index) => `*?${index}?*`) } };
  const ask = (value: string, ...statements: readonly object[]): string => {
    const keyPolicy = policyOf(...statements.map((each) => ({ Principal: { AWS: alice.arn }, ...each })));
    const request = requestOf(alice, { context: contextOf({ [KEY]: value }) });
    return outcome(authorize(request, { ...NO_POLICIES, keyPolicy }));
  };

  it('denies what a Deny might deny', () => {
    assert.equal(ask('b', ALLOW, { ...DENY, Condition: condition }), 'allow by key-policy');
    assert.equal(ask(LONG, ALLOW, { ...DENY, Condition: condition }), 'explicit-deny by key-policy');
  });

  it('allows only what takes no work to allow', () => {
    const useless = { ...ALLOW, Condition: condition };
    assert.equal(ask(LONG, useless), 'implicit-deny by key-policy');
    assert.equal(ask(LONG, useless, ALLOW), 'allow by key-policy');
    const simple = { ...ALLOW, Condition: { StringLike: { 'aws:userid': '*' } } };
    assert.equal(
      ask('b', useless, { ...simple, Condition: { StringLike: { [KEY]: 'b?*' } } }),
      'implicit-deny by key-policy',
    );
    assert.equal(
      ask('bb', useless, { ...ALLOW, Condition: { StringLike: { [KEY]: 'b?*' } } }),
      'allow by key-policy',
    );
    assert.equal(
      ask(LONG, useless, { ...ALLOW, Condition: { StringLike: { [KEY]: 'a?*' } } }),
      'implicit-deny by key-policy',
    );
  });

  it('matches no resource by a pattern any more', () => {
    const exhausting = { ...ALLOW, Condition: condition };
    const byPattern = { ...ALLOW, Resource: 'arn:aws:kms:*:*:key/*' };
    assert.equal(ask('b', exhausting, byPattern), 'allow by key-policy');
    assert.equal(ask(LONG, exhausting, byPattern), 'implicit-deny by key-policy');
  });

  it('leaves the next question alone', () => {
    assert.equal(ask(LONG, { ...ALLOW, Condition: condition }), 'implicit-deny by key-policy');
    const policies = { ...NO_POLICIES, keyPolicy: keyPolicyFor(alice.arn) };
    assert.equal(outcome(authorize(requestOf(alice), policies)), 'allow by key-policy');
  });
});

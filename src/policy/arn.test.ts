// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileArnPattern, splitArn, withoutRolePath } from './arn.ts';
import { contextOf } from './fixtures.test-support.ts';
import { parseTemplate } from './variables.ts';

const CONTEXT = contextOf({ 'aws:PrincipalAccount': '111122223333', 'aws:username': 'a:b' });

/** Undefined when the pattern is not an ARN; `unresolved` when a variable has no value. */
function matches(pattern: string, arn: string, complete = false): boolean | 'unresolved' | undefined {
  const matcher = compileArnPattern(parseTemplate(pattern, '2012-10-17'), complete);
  if (matcher === undefined) return undefined;
  const fields = splitArn(arn);
  assert.ok(fields);
  return matcher(fields, CONTEXT) ?? 'unresolved';
}

describe('splitArn', () => {
  it('cuts at the first five colons', () => {
    assert.deepEqual(splitArn('arn:aws:logs:us-east-1:1:log-group:a:b'), [
      'arn',
      'aws',
      'logs',
      'us-east-1',
      '1',
      'log-group:a:b',
    ]);
    assert.deepEqual(splitArn('arn:::::'), ['arn', '', '', '', '', '']);
  });

  for (const text of ['', '*', 'arn', 'arn:aws:iam::1', 'ARN:aws:iam::1:root', 'xarn:aws:iam::1:root']) {
    it(`${JSON.stringify(text)} is not an ARN`, () => assert.equal(splitArn(text), undefined));
  }
});

describe('compileArnPattern', () => {
  const cases: readonly (readonly [
    pattern: string,
    arn: string,
    expected: boolean | 'unresolved' | undefined,
  ])[] = [
    ['arn:aws:iam::1:role/a', 'arn:aws:iam::1:role/a', true],
    ['arn:aws:iam::1:role/a', 'arn:aws:iam::1:role/A', false],
    ['arn:*:iam::*:role/*', 'arn:aws:iam::1:role/a/b', true],
    ['arn:aws:?am::1:role/a', 'arn:aws:iam::1:role/a', true],
    ['arn:aws:*:role/a', 'arn:aws:iam::1:role/a', undefined],
    ['arn:aws:kms:*:*:key/*', 'arn:aws:kms:us-east-1:1:key/x', true],
    ['arn:aws:logs:*:*:group:*', 'arn:aws:logs:us-east-1:1:group:a:b', true],
    ['arn:aws:*:*:1:key/x', 'arn:aws:kms:a:b:1:key/x', false],
    ['*', 'arn:aws:iam::1:role/a', undefined],
    ['*:aws:iam::1:role/a', 'arn:aws:iam::1:role/a', undefined],
    ['arn${aws:username}:aws:iam::1:role/a', 'arn:aws:iam::1:role/a', undefined],
    ['${*}arn:aws:iam::1:role/a', 'arn:aws:iam::1:role/a', undefined],
    ['a*:aws:iam::1:role/a', 'arn:aws:iam::1:role/a', undefined],
    ['arn:aws:iam::${aws:PrincipalAccount}:role/a', 'arn:aws:iam::111122223333:role/a', true],
    ['arn:aws:iam::1:user/${aws:username}', 'arn:aws:iam::1:user/a:b', true],
    ['arn:aws:iam::${aws:username}:x', 'arn:aws:iam::a:b:x', false],
    ['arn:aws:iam::2:user/${aws:missing}', 'arn:aws:iam::1:user/x', 'unresolved'],
    ['arn:aws:iam::1:user/${*}', 'arn:aws:iam::1:user/x', false],
  ];
  for (const [pattern, arn, expected] of cases) {
    it(`${pattern} against ${arn}: ${expected ?? 'not a pattern'}`, () =>
      assert.equal(matches(pattern, arn), expected));
  }

  it('completes a pattern that a star cuts off, when asked to', () => {
    assert.equal(matches('arn:aws:kms:*', 'arn:aws:kms:us-east-1:1:key/x', true), true);
    assert.equal(matches('arn:aws:k*', 'arn:aws:kms:us-east-1:1:key/x', true), true);
    assert.equal(matches('arn:*', 'arn:aws:s3:::x', true), true);
    assert.equal(matches('arn:aws:kms', 'arn:aws:kms:us-east-1:1:key/x', true), undefined);
    assert.equal(matches('arn:aws:kms:*', 'arn:aws:kms:us-east-1:1:key/x'), undefined);
    assert.equal(matches('arn:aws:kms:us-*', 'arn:aws:kms:eu-west-1:1:key/x', true), false);
  });
});

describe('withoutRolePath', () => {
  for (const [arn, expected] of [
    ['arn:aws:iam::1:role/Name', 'arn:aws:iam::1:role/Name'],
    ['arn:aws:iam::1:role/a/b/Name', 'arn:aws:iam::1:role/Name'],
    ['arn:aws:iam::1:user/a/Name', 'arn:aws:iam::1:user/a/Name'],
    ['arn:aws:iam::1:role/role/Name', 'arn:aws:iam::1:role/Name'],
  ] as const) {
    it(`${arn} becomes ${expected}`, () => assert.equal(withoutRolePath(arn), expected));
  }
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Effect } from './document.ts';
import { compileActions, compileResources } from './element.ts';
import { contextOf, KEY_ARN, OTHER_KEY_ARN } from './fixtures.test-support.ts';

const POSITION = { line: 1, column: 1 };
const list = (values: readonly string[], negated = false) => ({ negated, values, position: POSITION });

describe('Action and NotAction', () => {
  const matches = (action: string, ...values: readonly string[]) =>
    compileActions(list(values))(action.toLowerCase());
  const excludes = (action: string, ...values: readonly string[]) =>
    compileActions(list(values, true))(action.toLowerCase());

  const cases: readonly (readonly [pattern: string, action: string, expected: boolean])[] = [
    ['*', 'kms:Encrypt', true],
    ['**', 'kms:Encrypt', true],
    ['kms:*', 'kms:Encrypt', true],
    ['kms:*', 's3:GetObject', false],
    ['kms:Encrypt', 'kms:Encrypt', true],
    ['KMS:eNCRYPT', 'kms:Encrypt', true],
    ['kms:Encrypt', 'kms:Decrypt', false],
    ['kms:ReEncrypt*', 'kms:ReEncryptFrom', true],
    ['kms:?ncrypt', 'kms:Encrypt', true],
    ['kms:?crypt', 'kms:Encrypt', false],
    ['kms:*crypt*', 'kms:ReEncryptTo', true],
    ['*:Encrypt', 'kms:Encrypt', true],
    ['k*:Encrypt', 'kms:Encrypt', false],
    ['k*', 'kms:Encrypt', false],
    ['Encrypt', 'kms:Encrypt', false],
    [' kms:Encrypt', 'kms:Encrypt', false],
    ['kms:Encrypt ', 'kms:Encrypt', false],
    ['kms:* ', 'kms:Encrypt', false],
    ['kms:Encrypt,kms:Decrypt', 'kms:Encrypt', false],
    ['kms:Encrypt,*', 'kms:Encrypt', false],
    ['', 'kms:Encrypt', false],
  ];
  for (const [pattern, action, expected] of cases) {
    it(`${JSON.stringify(pattern)} ${expected ? 'matches' : 'does not match'} ${action}, and the other way around in NotAction`, () => {
      assert.equal(matches(action, pattern), expected);
      assert.equal(excludes(action, pattern), !expected);
    });
  }

  it('one of several is enough', () => {
    assert.ok(matches('kms:Decrypt', 'kms:Encrypt', 'kms:Dec*', 'kms:Sign'));
    assert.ok(!excludes('kms:Decrypt', 'kms:Encrypt', 'kms:Dec*', 'kms:Sign'));
  });

  it('absent or empty, neither form matches', () => {
    assert.equal(compileActions(undefined)('kms:encrypt'), false);
    assert.equal(compileActions(list([]))('kms:encrypt'), false);
    assert.equal(compileActions(list([], true))('kms:encrypt'), false);
  });
});

describe('Resource and NotResource', () => {
  const context = contextOf({ 'aws:PrincipalAccount': '111122223333' });
  const matches = (effect: Effect, resource: string, values: readonly string[], negated = false) =>
    compileResources(list(values, negated), effect, '2012-10-17')(resource, context);

  const cases: readonly (readonly [pattern: string, resource: string, expected: boolean])[] = [
    ['*', KEY_ARN, true],
    ['*', '*', true],
    [KEY_ARN, KEY_ARN, true],
    [OTHER_KEY_ARN, KEY_ARN, false],
    [KEY_ARN, '*', false],
    ['arn:aws:kms:*:111122223333:key/*', KEY_ARN, true],
    ['arn:aws:kms:*:444455556666:key/*', KEY_ARN, false],
    ['arn:aws:kms:*:111122223333:alias/*', KEY_ARN, false],
    ['arn:aws:kms:us-east-1:111122223333:KEY/*', KEY_ARN, false],
    ['arn:aws:kms:*', KEY_ARN, true],
    ['arn:aws:kms:us-east-1:${aws:PrincipalAccount}:key/*', KEY_ARN, true],
    ['arn:aws:kms:us-east-1:${aws:PrincipalOrgID}:key/*', KEY_ARN, false],
  ];
  for (const [pattern, resource, expected] of cases) {
    it(`${pattern} ${expected ? 'matches' : 'does not match'} ${resource}`, () => {
      assert.equal(matches('Allow', resource, [pattern]), expected);
      assert.equal(matches('Deny', resource, [pattern]), expected);
    });
    if (pattern.includes('OrgID')) continue;
    it(`NotResource ${pattern} ${expected ? 'excludes' : 'does not exclude'} ${resource}`, () => {
      assert.equal(matches('Allow', resource, [pattern], true), !expected);
      assert.equal(matches('Deny', resource, [pattern], true), !expected);
    });
  }

  it('a star that would have to cross a colon counts only where that is the safer reading', () => {
    const alias = 'arn:aws:kms:us-east-1:111122223333:alias/x:111122223333:alias/team/y';
    const pattern = 'arn:aws:kms:*:111122223333:alias/team/*';
    assert.equal(matches('Allow', alias, [pattern]), false);
    assert.equal(matches('Deny', alias, [pattern]), true);
    assert.equal(matches('Allow', alias, [pattern], true), false);
    assert.equal(matches('Deny', alias, [pattern], true), true);
  });

  it('NotResource with a variable that has no value: an Allow does not match, a Deny does', () => {
    const pattern = 'arn:aws:kms:us-east-1:${aws:PrincipalOrgID}:key/*';
    assert.equal(matches('Allow', KEY_ARN, [pattern], true), false);
    assert.equal(matches('Deny', KEY_ARN, [pattern], true), true);
    assert.equal(matches('Deny', KEY_ARN, [pattern, KEY_ARN], true), false);
  });

  it('a pattern that is neither * nor an ARN: an Allow does not match, a Deny does', () => {
    for (const negated of [false, true]) {
      assert.equal(matches('Allow', KEY_ARN, ['key/1', KEY_ARN], negated), false);
      assert.equal(matches('Deny', KEY_ARN, ['key/1', OTHER_KEY_ARN], negated), true);
    }
  });

  it('absent or empty, neither form matches', () => {
    assert.equal(compileResources(undefined, 'Deny', '2012-10-17')(KEY_ARN, context), false);
    assert.equal(matches('Deny', KEY_ARN, []), false);
    assert.equal(matches('Allow', KEY_ARN, [], true), false);
  });

  it('${…} is text in the version 2008-10-17', () => {
    const element = list(['arn:aws:kms:us-east-1:${aws:PrincipalAccount}:key/*']);
    assert.equal(compileResources(element, 'Allow', '2008-10-17')(KEY_ARN, context), false);
  });
});

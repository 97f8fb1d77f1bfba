// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf } from './fixtures.test-support.ts';
import { compileTemplate, parseTemplate, resolveTemplate, splitTemplate, textOf } from './variables.ts';

const CONTEXT = contextOf({
  'aws:username': 'alice',
  'aws:PrincipalTag/team': 'a*b',
  'aws:TagKeys': ['x', 'y'],
  'kms:ResourceAliases': [],
  'aws:empty': '',
});

/** The text that a value stands for, or undefined when it has none. */
function resolve(value: string, version: '2012-10-17' | '2008-10-17' = '2012-10-17'): string | undefined {
  const parts = resolveTemplate(parseTemplate(value, version), CONTEXT);
  return parts && textOf(parts);
}

describe('policy variables', () => {
  const cases: readonly (readonly [value: string, expected: string | undefined, what: string])[] = [
    ['plain', 'plain', 'no variable'],
    ['', '', 'nothing'],
    ['${aws:username}', 'alice', 'a variable'],
    ['${AWS:UserName}', 'alice', 'a variable in other case'],
    ['home/${aws:username}/*', 'home/alice/*', 'a variable inside a text'],
    ['${aws:username}${aws:username}', 'alicealice', 'two variables'],
    ['${ aws:username }', 'alice', 'a variable with space around it'],
    ["${aws:username, 'nobody'}", 'alice', 'a default that is not needed'],
    ["${aws:missing, 'nobody'}", 'nobody', 'a default that is needed'],
    ["${aws:missing,'nobody'}", 'nobody', 'a default without a space'],
    ["${aws:missing, ''}", '', 'an empty default'],
    ["${kms:ResourceAliases, 'none'}", 'none', 'a default for an empty list, which is missing'],
    ['${aws:empty}', '', 'an empty value'],
    ['${aws:missing}', undefined, 'a missing key without a default'],
    ['${aws:TagKeys}', undefined, 'a multi-valued key'],
    ["${aws:TagKeys, 'x'}", undefined, 'a multi-valued key with a default'],
    ['${*}${?}${$}', '*?$', 'the escapes'],
    ['$${aws:username}', '$alice', 'a dollar sign before a variable'],
    ['${aws:username', undefined, 'a variable that is not closed'],
    ['${}', undefined, 'a variable without a name'],
    ['${aws:missing, nobody}', undefined, 'a default without quotes'],
    ["${aws:missing, '}", undefined, 'a default with half its quotes'],
    ['{aws:username}', '{aws:username}', 'braces without a dollar sign'],
  ];
  for (const [value, expected, what] of cases) {
    it(`${what}: ${value} is ${expected === undefined ? 'without value' : JSON.stringify(expected)}`, () => {
      assert.equal(resolve(value), expected);
    });
  }

  it('are text in the version 2008-10-17', () => {
    assert.equal(resolve('${aws:username}', '2008-10-17'), '${aws:username}');
    assert.equal(resolve('${*}', '2008-10-17'), '${*}');
  });

  it('put literal text in: wildcards in a value, and escaped ones, stand for themselves', () => {
    const matches = (value: string, text: string) =>
      compileTemplate(parseTemplate(value, '2012-10-17'))(text, CONTEXT);
    assert.equal(matches('${aws:PrincipalTag/team}', 'a*b'), true);
    assert.equal(matches('${aws:PrincipalTag/team}', 'axb'), false);
    assert.equal(matches('${aws:PrincipalTag/team}*', 'a*bc'), true);
    assert.equal(matches('${*}*', '*abc'), true);
    assert.equal(matches('${*}*', 'abc'), false);
    assert.equal(matches("${aws:missing, '*'}", 'abc'), false);
    assert.equal(matches('${aws:missing}', 'abc'), undefined);
  });

  it('are looked up at each match, not before', () => {
    const asked: string[] = [];
    const matches = compileTemplate(parseTemplate('${aws:UserName}', '2012-10-17'));
    const context = { get: (name: string) => String(asked.push(name)) };
    assert.deepEqual(asked, []);
    assert.equal(matches('1', context), true);
    assert.equal(matches('1', context), false);
    assert.deepEqual(asked, ['aws:username', 'aws:username']);
  });

  it('cost no more than their length: many of them, none closed', () => {
    const template = parseTemplate('${'.repeat(16_000), '2012-10-17');
    assert.equal(template.length, 1);
  });
});

describe('splitTemplate', () => {
  const split = (value: string, limit: number) =>
    splitTemplate(parseTemplate(value, '2012-10-17'), ':', limit).map((field) => {
      const parts = resolveTemplate(field, CONTEXT);
      return parts && textOf(parts);
    });

  it('cuts at the first separators of the text itself', () => {
    assert.deepEqual(split('a:b:c:d', 3), ['a', 'b', 'c:d']);
    assert.deepEqual(split('a::', 6), ['a', '', '']);
  });

  it('does not cut inside variables and their values', () => {
    assert.deepEqual(split("x${aws:username}:${aws:missing, 'y:z'}:w", 6), ['xalice', 'y:z', 'w']);
  });
});

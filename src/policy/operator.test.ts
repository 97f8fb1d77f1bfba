import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OPERATOR_NAMES, readOperator } from './operator.ts';

describe('readOperator', () => {
  const names = [
    ...[
      'StringEquals',
      'StringNotEquals',
      'StringEqualsIgnoreCase',
      'StringNotEqualsIgnoreCase',
      'StringLike',
    ],
    ...['StringNotLike', 'NumericEquals', 'NumericNotEquals', 'NumericLessThan', 'NumericLessThanEquals'],
    ...['NumericGreaterThan', 'NumericGreaterThanEquals', 'DateEquals', 'DateNotEquals', 'DateLessThan'],
    ...[
      'DateLessThanEquals',
      'DateGreaterThan',
      'DateGreaterThanEquals',
      'Bool',
      'BinaryEquals',
      'IpAddress',
    ],
    ...['NotIpAddress', 'ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike', 'Null'],
  ];

  it('knows all operators of policies.md, section 5, and no others', () => {
    assert.deepEqual([...OPERATOR_NAMES].sort(), names.sort());
  });

  for (const name of names) {
    it(`reads ${name}, in any case`, () => {
      const operator = readOperator(name);
      assert.equal(operator?.negated, name.includes('Not'));
      assert.deepEqual([operator?.quantifier, operator?.ifExists], ['one', false]);
      assert.deepEqual(readOperator(name.toUpperCase()), operator);
    });
    if (name === 'Null') continue;
    it(`reads ${name} with set operators and IfExists`, () => {
      const all = readOperator(`ForAllValues:${name}`);
      const any = readOperator(`ForAnyValue:${name}IfExists`);
      assert.deepEqual(
        [all?.quantifier, all?.ifExists, all?.comparison],
        ['all', false, readOperator(name)?.comparison],
      );
      assert.deepEqual([any?.quantifier, any?.ifExists, any?.negated], ['any', true, name.includes('Not')]);
    });
  }

  for (const name of [
    '',
    'String',
    'Equals',
    'BoolNotEquals',
    'NotBool',
    'ForAllValues:',
    'ForAnyValue:ForAllValues:Bool',
    'IfExistsBool',
    'NumericNotLessThan',
    'constructor',
    '__proto__',
  ]) {
    it(`does not know ${JSON.stringify(name)}`, () => assert.equal(readOperator(name), undefined));
  }
});

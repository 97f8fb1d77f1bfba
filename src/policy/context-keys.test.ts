import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ContextValueType, contextKeysOf, isContextValue, parsePolicy } from './index.ts';

function keysOf(Version: string, ...Statement: readonly object[]): readonly string[] {
  return contextKeysOf(parsePolicy(JSON.stringify({ Version, Statement })));
}

describe('the context keys of a policy', () => {
  const conditional = {
    Effect: 'Allow',
    Action: '*',
    Resource: [`arn:aws:iam::*:user/\${aws:username}`, `arn:aws:s3:::\${aws:PrincipalTag/Team, 'none'}\${*}`],
    Condition: {
      StringEquals: { 'kms:ViaService': 'x', 'aws:PrincipalTag/team': `\${aws:userid}\${$}` },
      Bool: { 'aws:SecureTransport': 'true' },
    },
  };

  it('are its condition keys and variables, once each whatever their case', () => {
    assert.deepEqual(keysOf('2012-10-17', conditional, conditional), [
      'aws:username',
      'aws:PrincipalTag/Team',
      'kms:ViaService',
      'aws:userid',
      'aws:SecureTransport',
    ]);
  });

  it('are condition keys only in the version that has no variables', () => {
    assert.deepEqual(keysOf('2008-10-17', conditional), [
      'kms:ViaService',
      'aws:PrincipalTag/team',
      'aws:SecureTransport',
    ]);
  });

  it('are none where there are no conditions', () => {
    assert.deepEqual(keysOf('2012-10-17', { Effect: 'Allow', Action: '*', Resource: '*' }), []);
  });
});

describe('a context value', () => {
  const READABLE: readonly [ContextValueType, string, string][] = [
    ['numeric', '-1.5', 'one'],
    ['boolean', 'TRUE', 'yes'],
    ['ip', '10.0.0.1', '10.0.0.0/8'],
    ['ip', '::1', 'localhost'],
    ['date', '2026-11-23T12:00:00Z', 'tomorrow'],
    ['date', '1700000000', '2026-13-01'],
    ['binary', 'AQID', 'A'],
  ];
  for (const [type, good, bad] of READABLE) {
    it(`of type ${type} may be ${good} and not ${bad}`, () => {
      assert.equal(isContextValue(type, good), true);
      assert.equal(isContextValue(type, bad), false);
    });
  }

  it('of type string may be any text', () => {
    assert.equal(isContextValue('string', 'anything'), true);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ACCOUNT, ALLOW, KEY_ARN } from './fixtures.test-support.ts';
import { ALICE, codes, message, USE } from './lint.test-support.ts';

describe('lintPolicy: what', () => {
  for (const [Action, expected, hint] of [
    ['kms:Decrpyt', 'error unknown-action', 'did you mean "kms:Decrypt"?'],
    ['kms:GenrateDataKey*', 'error unknown-action', 'did you mean "kms:GenerateDataKey*"?'],
    ['km:Decrypt', 'error unknown-action', 'did you mean "kms:Decrypt"?'],
    ['kms:ReEncrypt', 'error unknown-action', 'did you mean "kms:ReEncrypt*"?'],
    ['kms:Frobnicate', 'error unknown-action', 'see the list'],
    [' kms:Decrypt', 'error unknown-action', 'space or a comma'],
    ['kms:Decrypt,kms:Encrypt', 'error unknown-action', 'space or a comma'],
    ['kms:CreateKey', 'warning action-not-for-keys', 'identity policies'],
    ['s3:GetObject', 'warning foreign-action', 'another service'],
  ] as const) {
    it(`${expected}: ${JSON.stringify(Action)}`, () => {
      assert.deepEqual(codes({ ...USE, Action }), [expected]);
      assert.ok(message({ ...USE, Action }).includes(hint), message({ ...USE, Action }));
    });
  }

  it('takes actions in any case and as patterns', () => {
    assert.deepEqual(codes({ ...USE, Action: ['KMS:decrypt', 'kms:*crypt', 'k*:Sign', 'kms:?erify'] }), []);
  });

  it('knows in identity policies only what belongs to KMS, in trust policies only what makes sessions', () => {
    const identity = (Action: string) => codes({ ...ALLOW, Action }, 'identity-policy');
    assert.deepEqual(identity('s3:GetObject'), []);
    assert.deepEqual(identity('kms:CreateKey'), []);
    assert.deepEqual(identity('kms:Creatkey'), ['error unknown-action']);
    const trust = (Action: string) => codes({ Effect: 'Allow', Principal: ALICE, Action }, 'trust-policy');
    assert.deepEqual(trust('sts:TagSession'), []);
    assert.deepEqual(trust('sts:AsumeRole'), ['error unknown-action']);
  });

  it('not-action-allow', () => {
    const { Action, ...rest } = USE;
    assert.deepEqual(codes({ ...rest, NotAction: Action }), ['warning not-action-allow']);
    assert.deepEqual(codes({ ...rest, Effect: 'Deny', NotAction: 'kms:*' }), []);
  });

  it('foreign-resource and resource-not-star', () => {
    for (const Resource of [
      'arn:aws:s3:::bucket',
      'arn:aws:s3:us-east-1:111122223333:key/x',
      'arn:aws:s3:::*',
    ]) {
      assert.deepEqual(codes({ ...USE, Resource }), ['error foreign-resource']);
    }
    assert.deepEqual(codes({ ...USE, Resource: `arn:aws:kms:us-east-1:${ACCOUNT}:alias/x` }), [
      'error foreign-resource',
    ]);
    for (const Resource of [KEY_ARN, 'arn:aws:kms:*', 'arn:aws:kms:*:*:key/*', 'arn:aws:kms:*:*:*']) {
      assert.deepEqual(codes({ ...USE, Resource }), ['note resource-not-star'], Resource);
    }
  });

  it('alias-as-resource and action-without-resource', () => {
    const identity = (Action: unknown, Resource: string) =>
      codes({ Effect: 'Allow', Action, Resource }, 'identity-policy');
    const alias = `arn:aws:kms:us-east-1:${ACCOUNT}:alias/x`;
    assert.deepEqual(identity('kms:Decrypt', alias), ['error alias-as-resource']);
    assert.deepEqual(identity(['kms:CreateAlias', 'kms:DeleteAlias'], alias), []);
    assert.deepEqual(identity('kms:ListKeys', KEY_ARN), ['error action-without-resource']);
    assert.deepEqual(identity('kms:ListKeys', '*'), []);
    assert.deepEqual(identity('kms:Decrypt', KEY_ARN), []);
  });
});

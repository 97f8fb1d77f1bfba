// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ACCOUNT, ALLOW, DENY } from './fixtures.test-support.ts';
import { ALICE, codes, conditioned, message } from './lint.test-support.ts';

describe('lintPolicy: under which conditions', () => {
  for (const [Condition, ...expected] of [
    [
      { StringEquals: { 'kms:ViaServce': 'x' } },
      'error unknown-condition-key',
      'did you mean "kms:ViaService"?',
    ],
    [{ StringEquals: { 'kms:Nonsense': 'x' } }, 'error unknown-condition-key', 'see the list'],
    [{ StringEquals: { 'aws:Nonsense': 'x' } }, 'warning unknown-condition-key', 'see the list'],
    [
      { StringEquals: { 'aws:RequestTag:team': 'x' } },
      'error unknown-condition-key',
      '"aws:RequestTag/team"',
    ],
    [
      { StringEquals: { 'kms:EncryptionContext': 'x' } },
      'error encryption-context-key',
      '"kms:EncryptionContext:name"',
    ],
    [
      { StringEquals: { 'kms:EncryptionContext/a': 'x' } },
      'error encryption-context-key',
      '"kms:EncryptionContext:a"',
    ],
    [
      { StringEquals: { 'aws:EncryptionContext:a': 'x' } },
      'error encryption-context-key',
      '"kms:EncryptionContext:a"',
    ],
    [
      { StringEquals: { 'EncryptionContext:a': 'x' } },
      'error encryption-context-key',
      '"kms:EncryptionContext:a"',
    ],
    [{ StringEquals: { 'aws:SourceIp': '10.0.0.0' } }, 'error operator-for-other-type', 'use IpAddress'],
    [{ NumericEquals: { 'kms:KeySpec': '1' } }, 'error operator-for-other-type', 'use StringEquals'],
    [
      { StringEquals: { 'aws:TagKeys': 'a' } },
      'error missing-set-operator',
      'never holds; write ForAnyValue:StringEquals',
    ],
    [
      { StringNotEquals: { 'aws:TagKeys': 'a' } },
      'error missing-set-operator',
      'only where the key is absent',
    ],
    [
      { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } },
      'warning for-all-values',
      'add "Null": {"aws:TagKeys": "false"}',
    ],
    [
      { 'ForAllValues:StringEquals': { 'kms:ViaService': 'a' } },
      'warning for-all-values',
      'leave ForAllValues away',
    ],
    [{ StringEquals: { 'kms:ViaService': 's3.*' } }, 'warning wildcard-taken-literally', 'use StringLike'],
    [{ StringLike: { 'kms:ViaService': 's3' } }, 'note string-like-without-wildcard', 'is StringEquals'],
    [{ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/x' } }, 'warning wildcard-account', 'fifth field'],
    [
      { StringLike: { 'kms:ViaService': '*' }, Null: { 'kms:ViaService': true } },
      'error contradictory-conditions',
      'never applies',
    ],
    [
      {
        NumericLessThan: { 'kms:RotationPeriodInDays': 90 },
        NumericGreaterThan: { 'kms:RotationPeriodInDays': 90 },
      },
      'error contradictory-conditions',
      'kms:RotationPeriodInDays',
    ],
    [
      { StringLikeIfExists: { 'kms:ViaService': '*' } },
      'warning condition-without-effect',
      'restricts nothing',
    ],
  ] as const) {
    it(`${expected[0]}: ${JSON.stringify(Condition)}`, () => {
      assert.deepEqual(codes(conditioned(Condition)), [expected[0]]);
      const text = message(conditioned(Condition));
      assert.ok(text.includes(expected[1]), text);
    });
  }

  for (const Condition of [
    {
      StringEquals: {
        'KMS:viaservice': 'x',
        'kms:EncryptionContext:Team': 'a',
        'aws:PrincipalTag/team': 'a',
      },
    },
    { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' }, Null: { 'aws:TagKeys': 'false' } },
    { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' }, 'ForAnyValue:StringLike': { 'aws:TagKeys': '*' } },
    { StringLike: { 'kms:EncryptionContext:Team': ['a', 'b*'] } },
    { ArnLike: { 'aws:SourceArn': `arn:aws:s3:*:${ACCOUNT}:*` } },
    { StringEquals: { 'cognito-identity.amazonaws.com:sub': 'x' } },
    {
      NumericLessThan: { 'kms:RotationPeriodInDays': 90 },
      NumericGreaterThan: { 'kms:RotationPeriodInDays': 89 },
    },
    { DateLessThan: { 'aws:CurrentTime': '2030-01-01' }, Bool: { 'aws:SecureTransport': 'true' } },
    { StringEquals: { 'kms:EncryptionContext:Owner': '${aws:username}' } },
    { StringEquals: { 'kms:RecipientAttestation:PCR0': 'aa', 'kms:RecipientAttestation:ImageSha384': 'aa' } },
  ]) {
    it(`nothing: ${JSON.stringify(Condition)}`, () => assert.deepEqual(codes(conditioned(Condition)), []));
  }

  it('a Deny may use wide patterns, and is told of ForAllValues as a note', () => {
    const deny = (Condition: unknown) => codes({ ...DENY, Principal: ALICE, Action: 'kms:Sign', Condition });
    assert.deepEqual(deny({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/x' } }), []);
    assert.deepEqual(deny({ 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } }), ['note for-all-values']);
  });

  it('knows in identity policies only condition keys of KMS and those of all services', () => {
    const identity = (key: string) =>
      codes({ ...ALLOW, Condition: { StringEquals: { [key]: 'x' } } }, 'identity-policy');
    assert.deepEqual(identity('s3:prefix'), []);
    assert.deepEqual(identity('kms:Nonsense'), ['error unknown-condition-key']);
  });

  it('variable-in-old-version', () => {
    const owner = conditioned({ StringEquals: { 'kms:EncryptionContext:Owner': '${aws:username}' } });
    assert.deepEqual(codes(owner, 'key-policy', '2008-10-17'), ['warning variable-in-old-version']);
    const own = { ...ALLOW, Action: 'kms:Sign', Resource: 'arn:aws:kms:*:*:key/${aws:username}' };
    assert.deepEqual(codes(own, 'identity-policy', '2008-10-17'), ['warning variable-in-old-version']);
    assert.deepEqual(codes(own, 'identity-policy'), []);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ACCOUNT, ALLOW, DENY, type RawStatement, sessionOf } from './fixtures.test-support.ts';
import { ALICE, lint, NETWORK, ROOT, USE } from './lint.test-support.ts';
import type { PolicyKind } from './lint.ts';

describe('lintPolicy: statements together', () => {
  const overlaps = (statements: readonly RawStatement[], kind?: PolicyKind) =>
    lint([...(kind === undefined ? [ROOT] : []), ...statements], kind).map(
      ({ code, statement, message: text }) => `${statement} ${code}: ${/statement [0-9]+/.exec(text)?.[0]}`,
    );

  it('allow-covered-by-deny', () => {
    const denial = { ...DENY, Principal: '*', Action: 'kms:*crypt' };
    assert.deepEqual(overlaps([USE, denial]), ['statement 2 allow-covered-by-deny: statement 3']);
    assert.deepEqual(
      overlaps([
        { ...USE, Condition: NETWORK },
        { ...denial, Condition: NETWORK },
      ]),
      ['statement 2 allow-covered-by-deny: statement 3'],
    );
    assert.deepEqual(overlaps([USE, { ...denial, Condition: NETWORK }]), []);
    assert.deepEqual(overlaps([{ ...USE, Action: ['kms:Decrypt', 'kms:Sign'] }, denial]), []);
    assert.deepEqual(overlaps([USE, { ...denial, Principal: { AWS: ACCOUNT } }]), [
      'statement 2 allow-covered-by-deny: statement 3',
    ]);
    assert.deepEqual(overlaps([USE, { ...denial, Principal: { AWS: sessionOf(ACCOUNT).roleArn } }]), []);
  });

  it('redundant-statement', () => {
    assert.deepEqual(overlaps([USE, USE]), ['statement 3 redundant-statement: statement 2']);
    assert.deepEqual(overlaps([USE, { ...USE, Action: ['kms:Decrypt', 'kms:Sign'] }]), [
      'statement 2 redundant-statement: statement 3',
    ]);
    const team = (value: string) => ({
      ...USE,
      Condition: { StringLike: { 'kms:EncryptionContext:Team': value } },
    });
    assert.deepEqual(overlaps([team('a*'), team('ab*')]), ['statement 3 redundant-statement: statement 2']);
    assert.deepEqual(overlaps([team('a*'), team('b*')]), []);
    assert.deepEqual(
      overlaps([
        { ...DENY, Principal: '*', Action: 'kms:Sign', Condition: NETWORK },
        { ...DENY, Principal: ALICE, Action: 'kms:Sign', Condition: NETWORK },
      ]),
      ['statement 3 redundant-statement: statement 2'],
    );
  });

  it('an Allow to the account does not cover one to its users: the one delegates, the other allows', () => {
    assert.deepEqual(overlaps([{ ...USE, Principal: ALICE }]), []);
    assert.deepEqual(overlaps([{ ...USE, Principal: { AWS: ACCOUNT } }]), [
      'statement 2 redundant-statement: statement 1',
    ]);
  });

  it('identity policies too, as far as they speak of KMS', () => {
    const one = { ...ALLOW, Action: 'kms:ListKeys' };
    assert.deepEqual(overlaps([one, { ...ALLOW, Action: 'kms:List*' }], 'identity-policy'), [
      'statement 1 redundant-statement: statement 2',
    ]);
    assert.deepEqual(overlaps([one, { ...ALLOW, Action: 'kms:Decrypt' }], 'identity-policy'), []);
    assert.deepEqual(
      overlaps(
        [
          { ...one, Action: ['kms:Sign', 's3:*'] },
          { ...ALLOW, Action: 'kms:*' },
        ],
        'identity-policy',
      ),
      [],
    );
    assert.deepEqual(overlaps([one, { ...one, Resource: 'arn:aws:kms:*:*:*' }], 'identity-policy').length, 2);
  });

  it('lockout', () => {
    const whole = (statements: readonly RawStatement[]) =>
      lint(statements).flatMap(({ severity, code, statement, message: text }) =>
        /lockout|account-statement/.test(code) ? `${severity} ${code} of ${statement}: ${text}` : [],
      );
    assert.deepEqual(whole([USE]), [
      'error lockout of the policy: nobody can call kms:PutKeyPolicy, so the key can never be managed again; allow kms:* to the account',
    ]);
    assert.match(
      whole([ROOT, { ...DENY, Principal: '*', Action: 'kms:Put*' }])[0] ?? '',
      /statement 2 denies it, also/,
    );
    assert.match(
      whole([{ ...USE, Principal: { Service: 's3.amazonaws.com' }, Action: 'kms:*' }])[0] ?? '',
      /^error lockout/,
    );
    assert.match(
      whole([{ ...USE, Action: 'kms:Put*' }])[0] ?? '',
      /^warning no-account-statement of the policy/,
    );
    assert.deepEqual(whole([ROOT]), []);
    assert.deepEqual(whole([ROOT, { ...DENY, Principal: '*', Action: 'kms:Put*', Condition: NETWORK }]), []);
  });
});

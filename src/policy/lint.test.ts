// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ACCOUNT, ALLOW, KEY_ARN, sessionOf } from './fixtures.test-support.ts';
import { ALICE, codes, conditioned, lint, ROOT } from './lint.test-support.ts';
import { lintPolicy, type PolicyKind } from './lint.ts';
import { parsePolicy } from './parse.ts';

describe('lintPolicy', () => {
  it('has nothing to say of what AWS itself writes', () => {
    const role = { AWS: sessionOf(ACCOUNT).roleArn };
    const console = [
      ROOT,
      {
        ...ALLOW,
        Principal: role,
        Action: ['kms:Create*', 'kms:Describe*', 'kms:TagResource', 'kms:Delete*'],
      },
      { ...ALLOW, Principal: ALICE, Action: ['kms:Encrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'] },
      {
        ...ALLOW,
        Principal: ALICE,
        Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
        Condition: { Bool: { 'kms:GrantIsForAWSResource': true } },
      },
    ];
    assert.deepEqual(lint(console), []);
    assert.deepEqual(codes({ ...ALLOW, Action: '*' }, 'identity-policy'), []);
    const trust = { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' };
    assert.deepEqual(codes(trust, 'trust-policy'), []);
  });

  it('says where, in the order of the text, and is frozen', () => {
    const text = `{"Statement":[\n${JSON.stringify(ROOT)},\n{"Sid":"all","Effect":"Allow","Principal":"*",\n"Action":"kms:Decrpyt","Resource":"*"}]}`;
    const warnings = lintPolicy(parsePolicy(text), 'key-policy');
    assert.deepEqual(
      warnings.map(({ code, statement, line, column }) => [code, statement, line, column]),
      [
        ['public-access', 'statement 2 ("all")', 3, 43],
        ['unknown-action', 'statement 2 ("all")', 4, 1],
      ],
    );
    assert.ok(Object.isFrozen(warnings) && Object.isFrozen(warnings[0]));
  });

  it('does not hold everything against everything in a policy that names more than 1,000 things, and says so', () => {
    /** With the account's statement four principals and actions, and conditions on so many values. */
    const contradictory = (values: number) =>
      conditioned({
        StringEquals: { 'aws:userid': new Array(values - 1).fill('x') },
        StringNotEquals: { 'aws:userid': 'x' },
      });
    assert.deepEqual(codes(contradictory(996)), ['error contradictory-conditions']);
    assert.deepEqual(codes(contradictory(997)), ['note too-large']);
    const variables = { StringEquals: { 'aws:userid': '${aws:username}'.repeat(1_000) } };
    assert.deepEqual(codes({ ...ALLOW, Condition: variables }, 'identity-policy'), ['note too-large']);
  });

  it('never throws, whatever a policy holds', () => {
    const text = fc.constantFrom('*', 'kms:*', '', 'a', KEY_ARN, '${x}', 'arn:*', 'true', '10.0.0.0/8', '2');
    const property = fc.property(
      fc.record({
        Effect: fc.constantFrom('Allow', 'Deny'),
        Principal: fc.oneof(fc.constant('*'), fc.record({ AWS: text })),
        Action: fc.array(text),
        Resource: text,
        Condition: fc.dictionary(
          fc.constantFrom(
            'StringLike',
            'Bool',
            'IpAddress',
            'ForAllValues:ArnLike',
            'NumericLessThan',
            'Null',
            'X',
          ),
          fc.dictionary(
            fc.constantFrom('kms:ViaService', 'x', 'aws:TagKeys'),
            fc.array(text, { minLength: 1 }),
          ),
        ),
      }),
      fc.constantFrom<PolicyKind>('key-policy', 'identity-policy', 'trust-policy'),
      (statement, kind) => {
        for (const warning of lint([statement, statement], kind)) assert.match(warning.code, /^[a-z-]+$/);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});

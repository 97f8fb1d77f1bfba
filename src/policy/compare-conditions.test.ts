// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ALICE, added, compare, decryptFor, ROLE, ROOT, when } from './compare.test-support.ts';
import type { PolicyVersion } from './document.ts';
import {
  ACCOUNT,
  DENY,
  OTHER_ACCOUNT,
  type RawStatement,
  sessionOf,
  userOf,
} from './fixtures.test-support.ts';

describe('comparePolicies: under which conditions', () => {
  for (const [operator, key, value] of [
    ['StringEquals', 'kms:ViaService', 's3.us-east-1.amazonaws.com'],
    ['StringNotEquals', 'kms:ViaService', 's3.us-east-1.amazonaws.com'],
    ['StringLike', 'kms:EncryptionContext:Team', 'a*'],
    ['StringEqualsIgnoreCase', 'kms:EncryptionContext:Team', 'a'],
    ['NumericLessThan', 'kms:RotationPeriodInDays', '90'],
    ['DateGreaterThanEquals', 'aws:CurrentTime', '2030-01-01'],
    ['IpAddress', 'aws:SourceIp', '10.0.0.0/8'],
    ['IpAddress', 'aws:SourceIp', '2001:db8::/32'],
    ['NotIpAddress', 'aws:SourceIp', '10.0.0.1'],
    ['Bool', 'kms:GrantIsForAWSResource', 'true'],
    ['Null', 'kms:ViaService', 'false'],
    ['ArnLike', 'aws:SourceArn', 'arn:aws:s3:::bucket-*'],
    ['ForAllValues:StringEquals', 'kms:GrantOperations', 'Decrypt'],
    ['ForAnyValue:StringLike', 'kms:GrantOperations', 'Generate*'],
    ['StringEqualsIfExists', 'aws:SourceVpce', 'vpce-1'],
    ['BinaryEquals', 'a:Binary', 'YQ=='],
    ['ForAnyValue:StringEquals', 'a:Unknown', 'x'],
  ] as const) {
    it(`${operator} ${key}`, () => {
      assert.deepEqual(added(when(operator, key, value), ALICE), [
        `gains kms:Decrypt when ${operator} ${key} "${value}": nothing > allows`,
      ]);
      assert.deepEqual(added({ ...when(operator, key, value), Effect: 'Deny' }, ALICE, [decryptFor(ALICE)]), [
        `loses kms:Decrypt when ${operator} ${key} "${value}": allows > denies`,
      ]);
    });
  }

  const change = (before: RawStatement, after: RawStatement) =>
    compare([before], [after])
      .changes.filter(({ principals }) => principals.includes(ALICE))
      .map(
        ({ direction, conditions }) => `${direction}: ${conditions.map(({ text }) => text).join(' and ')}`,
      );

  it('shows the stretch between two numbers', () => {
    const days = 'kms:RotationPeriodInDays';
    const { changes } = compare(
      [when('NumericLessThan', days, '90')],
      [when('NumericLessThan', days, '180')],
    );
    assert.deepEqual(changes[0]?.conditions[0]?.examples, ['90']);
    assert.equal(changes[0]?.direction, 'gains');
  });

  it('sees a gap that is one second wide', () => {
    const after = (value: string) => when('DateGreaterThan', 'aws:CurrentTime', value);
    assert.deepEqual(change(after('2030-01-01T00:00:00Z'), after('2030-01-01T00:00:01Z')).length, 1);
  });

  it('sees the half of a network that is left out', () => {
    const inside = (value: string) => when('IpAddress', 'aws:SourceIp', value);
    const { changes } = compare([inside('10.0.0.0/8')], [inside('10.0.0.0/9')]);
    assert.deepEqual(changes[0]?.conditions[0]?.examples, ['10.128.0.0']);
  });

  it('sees what two patterns have in common', () => {
    const like = (...values: readonly string[]) => ({
      ...decryptFor(ALICE),
      Condition: { StringLike: { 'a:Text': values[0] }, StringLikeIfExists: { 'a:Text': values[1] } },
    });
    assert.deepEqual(change(like('a*', '*b'), like('a*', '*c')).length, 2);
  });

  it('sees that only all of several conditions make the difference', () => {
    const both = { ...when('StringEquals', 'kms:ViaService', 'x'), Action: 'kms:Decrypt' };
    const Condition = { StringEquals: { 'kms:ViaService': 'x', 'a:Two': 'y' }, Bool: { 'a:Three': 'true' } };
    assert.deepEqual(change({ ...both, Condition: {} }, { ...both, Condition }).length, 3);
    assert.deepEqual(
      change({ ...both, Action: 'kms:Encrypt' }, { ...both, Condition }).filter((line) =>
        line.startsWith('gains'),
      ),
      ['gains: StringEquals kms:ViaService "x" and StringEquals a:Two "y" and Bool a:Three "true"'],
    );
  });

  it('leaves out what makes no difference', () => {
    const some = when('StringEquals', 'kms:ViaService', 'x');
    const { changes } = compare([decryptFor(ALICE), some], [decryptFor(ALICE, { Effect: 'Deny' }), some]);
    assert.deepEqual(
      changes.map(({ conditions }) => conditions),
      [[]],
    );
  });

  it('tells whether case counts', () => {
    const team = (operator: string) => when(operator, 'kms:EncryptionContext:Team', 'a');
    assert.deepEqual(change(team('StringEquals'), team('StringEqualsIgnoreCase')), [
      'gains: kms:EncryptionContext:Team is "A"',
    ]);
  });

  it('reads policy variables in values, but not in the old version', () => {
    const own = when('StringEquals', 'kms:EncryptionContext:Owner', '${aws:username}');
    const none = { ...own, Action: 'kms:Encrypt' };
    const keys = (version?: PolicyVersion) =>
      compare([own], [none], {}, version).changes.map(({ conditions }) => conditions.map(({ key }) => key));
    const both = ['kms:EncryptionContext:Owner', 'aws:username'];
    assert.deepEqual(keys(), [both, both]);
    assert.deepEqual(keys('2008-10-17'), [['kms:EncryptionContext:Owner'], ['kms:EncryptionContext:Owner']]);
  });

  it('reads policy variables in resources', () => {
    const tagged = decryptFor(ALICE, { Resource: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/key}' });
    const { changes } = compare([tagged], [{ ...tagged, Action: 'kms:Encrypt' }]);
    assert.equal(changes.length, 2);
    for (const { resources } of changes)
      assert.ok(!resources.includes('any other key') && resources.length > 0);
  });

  it('leaves out what the caller cannot carry: another account, the ARN of somebody else', () => {
    const own = decryptFor(ACCOUNT, { Condition: { StringEquals: { 'kms:CallerAccount': OTHER_ACCOUNT } } });
    assert.ok(compare([ROOT], [ROOT, { ...own, Effect: 'Deny' }]).unchanged);
    const other = { ArnEquals: { 'aws:PrincipalArn': userOf(ACCOUNT, 'Bob').arn } };
    assert.ok(
      compare(
        [decryptFor(ALICE)],
        [decryptFor(ALICE), decryptFor(ALICE, { Effect: 'Deny', Condition: other })],
      ).unchanged === false,
    );
    assert.deepEqual(added({ ...decryptFor(ALICE), Effect: 'Deny', Condition: other }, ALICE), []);
  });

  it('knows that the session of a role carries the ARN of the role, also where both are named', () => {
    const session = sessionOf(ACCOUNT).arn;
    const denial = { ...DENY, Action: 'kms:Decrypt', Condition: { ArnEquals: { 'aws:PrincipalArn': ROLE } } };
    assert.equal(
      added({ ...denial, Principal: { AWS: session } }, session, [decryptFor(session), decryptFor(ROLE)])
        .length,
      1,
    );
  });

  it('knows that a service may carry no account, and that everybody else does', () => {
    const denial = { ...DENY, Principal: '*', Action: 'kms:Decrypt' };
    const none = { ...denial, Condition: { Null: { 'kms:CallerAccount': 'true' } } };
    assert.equal(added(none, 'any other AWS service').length, 1);
    assert.deepEqual(added(none, 'anyone else'), []);
  });
});

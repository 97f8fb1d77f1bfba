import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { ContextKeyTypeEnum, SimulateCustomPolicyCommandInput } from '@aws-sdk/client-iam';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT } from './support/server.ts';
import { allow, keyArn, keyPolicy, policy, startSimulationScene, userArn } from './support/simulations.ts';

/* SimulateCustomPolicy: what a simulation is told of the requests, and what it refuses. */

const { decide, simulate, server } = await startSimulationScene();
after(() => server.close());

describe('the condition keys of a simulation', () => {
  const CASES: readonly [ContextKeyTypeEnum, object, string, string[]][] = [
    ['string', { StringEquals: { 'kms:ViaService': 'x' } }, 'kms:ViaService', ['x']],
    ['stringList', { 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'x' } }, 'aws:TagKeys', ['y', 'x']],
    [
      'numeric',
      { NumericLessThan: { 'kms:RotationPeriodInDays': '100' } },
      'kms:RotationPeriodInDays',
      ['99'],
    ],
    ['numericList', { 'ForAllValues:NumericLessThan': { 'test:Sizes': '100' } }, 'test:Sizes', ['1', '2']],
    ['boolean', { Bool: { 'aws:SecureTransport': 'true' } }, 'aws:SecureTransport', ['true']],
    ['booleanList', { 'ForAnyValue:Bool': { 'test:Flags': 'true' } }, 'test:Flags', ['false', 'true']],
    ['ip', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, 'aws:SourceIp', ['10.1.2.3']],
    [
      'ipList',
      { 'ForAnyValue:IpAddress': { 'test:Addresses': '10.0.0.0/8' } },
      'test:Addresses',
      ['10.1.2.3'],
    ],
    ['binary', { BinaryEquals: { 'test:Digest': 'AQID' } }, 'test:Digest', ['AQID']],
    [
      'binaryList',
      { 'ForAnyValue:BinaryEquals': { 'test:Digests': 'AQID' } },
      'test:Digests',
      ['AAAA', 'AQID'],
    ],
    [
      'date',
      { DateLessThan: { 'aws:CurrentTime': '2030-01-01' } },
      'aws:CurrentTime',
      ['2029-12-31T00:00:00Z'],
    ],
    [
      'dateList',
      { 'ForAnyValue:DateLessThan': { 'test:Dates': '2030-01-01' } },
      'test:Dates',
      ['2029-01-01'],
    ],
  ];
  for (const [ContextKeyType, condition, ContextKeyName, ContextKeyValues] of CASES) {
    it(`may be of type ${ContextKeyType}, and are named when they are missing`, async () => {
      const policies = [policy(allow('kms:*', '*', condition))];
      const isTrueOfNothing = ContextKeyType === 'numericList';
      const without = await simulate(policies);
      assert.equal(without.EvalDecision, isTrueOfNothing ? 'allowed' : 'implicitDeny');
      assert.deepEqual(without.MissingContextValues, [ContextKeyName]);
      const entry = { ContextKeyName: ContextKeyName.toUpperCase(), ContextKeyType, ContextKeyValues };
      const given = await simulate(policies, {
        ContextEntries: [entry],
      });
      assert.equal(given.EvalDecision, 'allowed');
      assert.deepEqual(given.MissingContextValues, []);
    });
  }

  it('are named for each resource for which a policy asks', async () => {
    const tagged = { StringEquals: { 'aws:ResourceTag/Team': 'keys' } };
    const result = await simulate([policy(allow('kms:*', keyArn('a'), tagged))], {
      ResourceArns: [keyArn('a'), keyArn('b')],
    });
    assert.deepEqual(result.MissingContextValues, ['aws:ResourceTag/Team']);
    assert.deepEqual(
      result.ResourceSpecificResults?.map(({ MissingContextValues }) => MissingContextValues),
      [['aws:ResourceTag/Team'], []],
    );
  });

  it('follow from the caller, unless the request says otherwise', async () => {
    const own = [policy(allow('kms:*', '*', { StringEquals: { 'aws:username': 'ada' } }))];
    const CallerArn = userArn('ada');
    assert.equal(await decide(own), 'implicitDeny');
    assert.equal(await decide(own, { CallerArn }), 'allowed');
    assert.equal(
      await decide(own, {
        CallerArn,
        ContextEntries: [
          { ContextKeyName: 'aws:username', ContextKeyType: 'string', ContextKeyValues: ['bob'] },
        ],
      }),
      'implicitDeny',
    );
  });
});

describe('a simulation', () => {
  const entry = (ContextKeyType: 'numeric' | 'ip' | 'boolean', ...ContextKeyValues: string[]) => ({
    ContextEntries: [{ ContextKeyName: 'test:Key', ContextKeyType, ContextKeyValues }],
  });
  const UNSUITABLE: readonly [string, Partial<SimulateCustomPolicyCommandInput>, RegExp][] = [
    [
      'a policy that is not JSON',
      { PolicyInputList: ['{'] },
      /^Invalid policy PolicyInputList\.1: The policy is not valid JSON/,
    ],
    [
      'an identity policy with a principal',
      { PolicyInputList: [policy(allow('*')), keyPolicy(ACCOUNT)] },
      /^Invalid policy PolicyInputList\.2: Policy document should not specify a principal/,
    ],
    [
      'a resource policy without a principal',
      { ResourcePolicy: policy(allow('*')), CallerArn: userArn('ada') },
      /^Invalid policy ResourcePolicy: Policy contains a statement with no principal/,
    ],
    [
      'two permissions boundaries',
      { PermissionsBoundaryPolicyInputList: [policy(allow('*')), policy(allow('*'))] },
      /^PermissionsBoundaryPolicyInputList may hold only one policy/,
    ],
    ['an action with a wildcard', { ActionNames: ['kms:*'] }, /^Invalid action kms:\*/],
    ['an action without a service', { ActionNames: ['Encrypt'] }, /^Invalid action Encrypt/],
    ['a resource that is no ARN', { ResourceArns: ['key/a'] }, /^Invalid resource key\/a/],
    [
      'a caller who is a session',
      { CallerArn: `arn:aws:sts::${ACCOUNT}:assumed-role/a/b` },
      /^Invalid CallerArn/,
    ],
    [
      'a scenario of EC2',
      { ResourceHandlingOption: 'EC2-VPC-EBS' },
      /^Invalid ResourceHandlingOption EC2-VPC-EBS/,
    ],
    ['an owner that is no account', { ResourceOwner: 'ada' }, /^Invalid ResourceOwner ada/],
    [
      'service control policies',
      { OrderedOrganizationPolicyInputList: [{ ServiceControlPolicyInputList: [policy(allow('*'))] }] },
      /^There are no organizations here/,
    ],
    [
      'a number that is none',
      entry('numeric', 'one'),
      /^Invalid context entry test:Key: "one" is not of type numeric/,
    ],
    ['an address that is none', entry('ip', '10.0.0.0/8'), /is not of type ip/],
    ['a boolean that is none', entry('boolean', 'yes'), /is not of type boolean/],
    ['two values of one type', entry('numeric', '1', '2'), /one of type numeric has exactly one value/],
    ['no value', entry('numeric'), /has exactly one value|must have a name, values and a type/],
    [
      'an entry without type',
      { ContextEntries: [{ ContextKeyName: 'test:Key', ContextKeyValues: ['1'] }] },
      /^Invalid context entry test:Key: it must have a name, values and a type/,
    ],
    [
      'an entry twice',
      {
        ContextEntries: ['test:Key', 'TEST:key'].map((ContextKeyName) => ({
          ContextKeyName,
          ContextKeyType: 'string',
          ContextKeyValues: ['x'],
        })),
      },
      /^Invalid context entry TEST:key: there is another of that name/,
    ],
  ];
  for (const [what, request, message] of UNSUITABLE) {
    it(`is refused with ${what}`, async () => {
      await assertRefused(simulate([policy(allow('*'))], request), 'InvalidInputException', message);
    });
  }
});

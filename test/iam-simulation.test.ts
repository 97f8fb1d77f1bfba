import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type {
  ContextKeyTypeEnum,
  EvaluationResult,
  IAM,
  PolicyIdentifier,
  SimulateCustomPolicyCommandInput,
} from '@aws-sdk/client-iam';
import { createUserWithKey, identityPolicy, trustPolicy } from './support/identities.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, REGION, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let iam: IAM;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
});
after(() => server.close());

const keyArn = (id: string, account = ACCOUNT) => `arn:aws:kms:${REGION}:${account}:key/${id}`;
const userArn = (name: string, account = ACCOUNT) => `arn:aws:iam::${account}:user/${name}`;
const policy = (...statements: readonly object[]) => JSON.stringify(identityPolicy(...statements));
const allow = (Action: string, Resource = '*', Condition: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  Condition,
});
const deny = (Action: string, Resource = '*') => ({ Effect: 'Deny', Action, Resource });
const keyPolicy = (...arns: readonly string[]) =>
  policy({ Effect: 'Allow', Principal: { AWS: arns }, Action: 'kms:*', Resource: '*' });

/** The result of simulating one action with one or several policies. */
async function simulate(
  policies: readonly string[],
  request: Partial<SimulateCustomPolicyCommandInput> = {},
): Promise<EvaluationResult> {
  const { EvaluationResults } = await iam.simulateCustomPolicy({
    PolicyInputList: [...policies],
    ActionNames: ['kms:Encrypt'],
    ...request,
  });
  const [result, ...others] = EvaluationResults ?? [];
  assert.ok(result && others.length === 0);
  return result;
}

const decide = async (...parameters: Parameters<typeof simulate>) =>
  (await simulate(...parameters)).EvalDecision;

describe('simulating policies', () => {
  it('tells for each action what they decide, and which statements decide', async () => {
    const { EvaluationResults, IsTruncated } = await iam.simulateCustomPolicy({
      PolicyInputList: [
        policy(allow('kms:*')),
        `{"Version":"2012-10-17",\n "Statement":\n  [${JSON.stringify(deny('kms:Decrypt'))}]}`,
      ],
      ActionNames: ['kms:Encrypt', 'kms:Decrypt', 'iam:CreateUser'],
    });
    assert.equal(IsTruncated, false);
    const common = { EvalResourceName: '*', MissingContextValues: [] };
    assert.deepEqual(EvaluationResults, [
      {
        ...common,
        EvalActionName: 'kms:Encrypt',
        EvalDecision: 'allowed',
        MatchedStatements: [
          {
            SourcePolicyId: 'PolicyInputList.1',
            SourcePolicyType: 'none',
            StartPosition: { Line: 1, Column: 38 },
          },
        ],
      },
      {
        ...common,
        EvalActionName: 'kms:Decrypt',
        EvalDecision: 'explicitDeny',
        MatchedStatements: [
          {
            SourcePolicyId: 'PolicyInputList.2',
            SourcePolicyType: 'none',
            StartPosition: { Line: 3, Column: 4 },
          },
        ],
      },
      { ...common, EvalActionName: 'iam:CreateUser', EvalDecision: 'implicitDeny', MatchedStatements: [] },
    ]);
  });

  it('tells it for each resource, and the most restrictive for all', async () => {
    const result = await simulate([policy(allow('kms:*', keyArn('a')), deny('kms:*', keyArn('b')))], {
      ResourceArns: [keyArn('a'), keyArn('b'), keyArn('c')],
    });
    assert.equal(result.EvalDecision, 'explicitDeny');
    assert.equal(result.EvalResourceName, '*');
    assert.equal(result.MatchedStatements?.length, 1);
    assert.deepEqual(
      result.ResourceSpecificResults?.map((each) => [
        each.EvalResourceName,
        each.EvalResourceDecision,
        each.MatchedStatements?.length,
      ]),
      [
        [keyArn('a'), 'allowed', 1],
        [keyArn('b'), 'explicitDeny', 1],
        [keyArn('c'), 'implicitDeny', 0],
      ],
    );
    const without = await simulate([policy(allow('kms:*', keyArn('a')))], {
      ResourceArns: [keyArn('a'), keyArn('c')],
    });
    assert.equal(without.EvalDecision, 'implicitDeny');
  });

  it('lists every statement that allows', async () => {
    const { MatchedStatements } = await simulate([
      policy(allow('kms:Encrypt'), allow('kms:Decrypt'), allow('kms:E*')),
      policy(allow('*')),
    ]);
    assert.deepEqual(
      MatchedStatements?.map(({ SourcePolicyId }) => SourcePolicyId),
      ['PolicyInputList.1', 'PolicyInputList.1', 'PolicyInputList.2'],
    );
  });

  it('is held to a permissions boundary', async () => {
    const policies = [policy(allow('kms:*'))];
    const allowed = await simulate(policies, {
      PermissionsBoundaryPolicyInputList: [policy(allow('kms:Encrypt'))],
    });
    assert.equal(allowed.EvalDecision, 'allowed');
    assert.deepEqual(allowed.PermissionsBoundaryDecisionDetail, { AllowedByPermissionsBoundary: true });
    const limited = await simulate(policies, {
      PermissionsBoundaryPolicyInputList: [policy(allow('kms:Decrypt'))],
      ResourceArns: [keyArn('a')],
    });
    assert.equal(limited.EvalDecision, 'implicitDeny');
    assert.deepEqual(limited.PermissionsBoundaryDecisionDetail, { AllowedByPermissionsBoundary: false });
    assert.deepEqual(limited.ResourceSpecificResults?.[0]?.PermissionsBoundaryDecisionDetail, {
      AllowedByPermissionsBoundary: false,
    });
    const denied = await simulate(policies, {
      PermissionsBoundaryPolicyInputList: [policy(allow('*'), deny('kms:Encrypt'))],
    });
    assert.equal(denied.EvalDecision, 'explicitDeny');
    assert.deepEqual(denied.MatchedStatements, []);
    assert.deepEqual(denied.PermissionsBoundaryDecisionDetail, { AllowedByPermissionsBoundary: false });
    assert.equal((await simulate(policies)).PermissionsBoundaryDecisionDetail, undefined);
  });

  it('comes in pages', async () => {
    const request = {
      PolicyInputList: [policy(allow('kms:*'))],
      ActionNames: Array.from({ length: 12 }, (_, index) => `kms:Action${index}`),
      MaxItems: 5,
    };
    const names: (string | undefined)[] = [];
    let Marker: string | undefined;
    let pages = 0;
    do {
      const page = await iam.simulateCustomPolicy({ ...request, Marker });
      names.push(...(page.EvaluationResults ?? []).map(({ EvalActionName }) => EvalActionName));
      assert.equal(page.IsTruncated, page.Marker !== undefined);
      ({ Marker } = page);
      pages += 1;
    } while (Marker !== undefined);
    assert.deepEqual(names, request.ActionNames);
    assert.equal(pages, 3);
  });

  it('has fewer results a page when there is much to do, and an end to it', async () => {
    const PolicyInputList = [policy(...Array.from({ length: 500 }, () => allow('kms:ListKeys')))];
    const ActionNames = ['kms:Encrypt', 'kms:Decrypt', 'kms:Sign'];
    const resources = (count: number) => Array.from({ length: count }, (_, index) => keyArn(String(index)));
    const page = await iam.simulateCustomPolicy({
      PolicyInputList,
      ActionNames,
      ResourceArns: resources(120),
    });
    assert.equal(page.EvaluationResults?.length, 2);
    assert.equal(page.IsTruncated, true);
    await assertRefused(
      iam.simulateCustomPolicy({ PolicyInputList, ActionNames, ResourceArns: resources(1000) }),
      'InvalidInputException',
      /^The policies are too large to be held against 1000 resources at once/,
    );
  });
});

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

describe('a simulated resource policy', () => {
  const CallerArn = userArn('ada');
  const ResourceArns = [keyArn('a')];

  it('decides as a key policy does', async () => {
    const ResourcePolicy = keyPolicy(CallerArn);
    assert.equal(
      await decide([policy(allow('iam:*'))], { ResourcePolicy, CallerArn, ResourceArns }),
      'allowed',
    );
    const delegating = { ResourcePolicy: keyPolicy(ACCOUNT), CallerArn, ResourceArns };
    assert.equal(await decide([policy(allow('iam:*'))], delegating), 'implicitDeny');
    const allowed = await simulate([policy(allow('kms:*'))], delegating);
    assert.equal(allowed.EvalDecision, 'allowed');
    assert.deepEqual(
      allowed.MatchedStatements?.map(({ SourcePolicyId, SourcePolicyType }) => [
        SourcePolicyId,
        SourcePolicyType,
      ]),
      [
        ['ResourcePolicy', 'resource'],
        ['PolicyInputList.1', 'none'],
      ],
    );
    assert.deepEqual(allowed.EvalDecisionDetails, {});
    assert.equal(allowed.ResourceSpecificResults?.[0]?.EvalDecisionDetails, undefined);
    const others = { ResourcePolicy: keyPolicy(userArn('bob')), CallerArn, ResourceArns };
    assert.equal(await decide([policy(allow('kms:*'))], others), 'implicitDeny');
  });

  it('decides as the trust policy of a role does', async () => {
    const request = {
      ActionNames: ['sts:AssumeRole'],
      ResourceArns: [`arn:aws:iam::${ACCOUNT}:role/orders`],
      ResourcePolicy: trustPolicy({
        Effect: 'Allow',
        Principal: { AWS: CallerArn },
        Action: 'sts:AssumeRole',
      }),
    };
    assert.equal(await decide([policy(allow('kms:*'))], { ...request, CallerArn }), 'allowed');
    assert.equal(
      await decide([policy(allow('kms:*'))], { ...request, CallerArn: userArn('bob') }),
      'implicitDeny',
    );
  });

  it('has to agree with the identity policies across accounts, and the answer tells who does not', async () => {
    const request = {
      ResourcePolicy: keyPolicy(CallerArn),
      CallerArn,
      ResourceArns: [keyArn('a', OTHER_ACCOUNT)],
    };
    const refused = await simulate([policy(allow('iam:*'))], request);
    assert.equal(refused.EvalDecision, 'implicitDeny');
    const details = { 'IAM Policy': 'implicitDeny', 'Resource Policy': 'allowed' };
    assert.deepEqual(refused.EvalDecisionDetails, details);
    assert.deepEqual(refused.ResourceSpecificResults?.[0]?.EvalDecisionDetails, details);
    assert.equal(await decide([policy(allow('kms:*'))], request), 'allowed');
  });

  it('belongs to the ResourceOwner where the ARN of the resource names no account', async () => {
    const request = { ResourcePolicy: keyPolicy(CallerArn), CallerArn };
    assert.equal(await decide([policy(allow('iam:*'))], request), 'allowed');
    for (const ResourceOwner of [OTHER_ACCOUNT, `arn:aws:iam::${OTHER_ACCOUNT}:root`])
      assert.equal(await decide([policy(allow('iam:*'))], { ...request, ResourceOwner }), 'implicitDeny');
  });

  it('is about a user', async () => {
    const refuse = (request: Partial<SimulateCustomPolicyCommandInput>) =>
      assertRefused(
        simulate([policy(allow('*'))], { ResourcePolicy: keyPolicy(CallerArn), ...request }),
        'InvalidInputException',
        'With a ResourcePolicy, CallerArn must be the ARN of a user.',
      );
    await refuse({});
    await refuse({ CallerArn: `arn:aws:iam::${ACCOUNT}:role/orders` });
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

describe('simulating a principal', () => {
  const simulatePrincipal = async (
    PolicySourceArn: string,
    action: string,
    request: Partial<Parameters<IAM['simulatePrincipalPolicy']>[0]> = {},
  ) => {
    const { EvaluationResults } = await iam.simulatePrincipalPolicy({
      PolicySourceArn,
      ActionNames: [action],
      ...request,
    });
    return EvaluationResults?.[0];
  };
  const sourcesOf = (result: EvaluationResult | undefined) =>
    result?.MatchedStatements?.map(({ SourcePolicyId, SourcePolicyType }) => [
      SourcePolicyId,
      SourcePolicyType,
    ]);

  before(async () => {
    const Path = '/team/';
    await iam.createUser({ UserName: 'ada', Path, Tags: [{ Key: 'team', Value: 'keys' }] });
    await iam.putUserPolicy({
      UserName: 'ada',
      PolicyName: 'inline',
      PolicyDocument: policy(
        allow('kms:Encrypt'),
        allow('kms:Sign', '*', { StringEquals: { 'aws:PrincipalTag/team': 'keys' } }),
      ),
    });
    await iam.createGroup({ GroupName: 'signers' });
    await iam.putGroupPolicy({
      GroupName: 'signers',
      PolicyName: 'inline',
      PolicyDocument: policy(allow('kms:Verify', '*', { Bool: { 'aws:SecureTransport': 'true' } })),
    });
    await iam.addUserToGroup({ UserName: 'ada', GroupName: 'signers' });
    const { Policy } = await iam.createPolicy({
      PolicyName: 'decrypting',
      PolicyDocument: policy(allow('kms:Decrypt')),
    });
    await iam.attachUserPolicy({ UserName: 'ada', PolicyArn: Policy?.Arn });
    await iam.attachUserPolicy({ UserName: 'ada', PolicyArn: 'arn:aws:iam::aws:policy/IAMReadOnlyAccess' });
    await iam.createRole({
      RoleName: 'orders',
      AssumeRolePolicyDocument: trustPolicy({
        Effect: 'Allow',
        Principal: { AWS: ACCOUNT },
        Action: 'sts:AssumeRole',
      }),
    });
    await iam.attachRolePolicy({ RoleName: 'orders', PolicyArn: Policy?.Arn });
  });

  const ADA = userArn('team/ada');

  it('looks at the policies of a user and of its groups', async () => {
    assert.deepEqual(sourcesOf(await simulatePrincipal(ADA, 'kms:Encrypt')), [['user_ada_inline', 'user']]);
    assert.deepEqual(sourcesOf(await simulatePrincipal(ADA, 'kms:Sign')), [['user_ada_inline', 'user']]);
    assert.deepEqual(sourcesOf(await simulatePrincipal(ADA, 'kms:Decrypt')), [
      ['decrypting', 'user-managed'],
    ]);
    assert.deepEqual(sourcesOf(await simulatePrincipal(ADA, 'iam:GetUser')), [
      ['IAMReadOnlyAccess', 'aws-managed'],
    ]);
    const verifying = await simulatePrincipal(ADA, 'kms:Verify');
    assert.equal(verifying?.EvalDecision, 'implicitDeny');
    assert.deepEqual(verifying?.MissingContextValues, ['aws:SecureTransport']);
    const securely = await simulatePrincipal(ADA, 'kms:Verify', {
      ContextEntries: [
        { ContextKeyName: 'aws:SecureTransport', ContextKeyType: 'boolean', ContextKeyValues: ['true'] },
      ],
    });
    assert.deepEqual(sourcesOf(securely), [['group_signers_inline', 'group']]);
  });

  it('looks at the policies of a group or a role', async () => {
    const group = `arn:aws:iam::${ACCOUNT}:group/signers`;
    assert.deepEqual((await simulatePrincipal(group, 'kms:Verify'))?.MissingContextValues, [
      'aws:SecureTransport',
    ]);
    const role = `arn:aws:iam::${ACCOUNT}:role/orders`;
    assert.equal((await simulatePrincipal(role, 'kms:Decrypt'))?.EvalDecision, 'allowed');
    assert.equal((await simulatePrincipal(role, 'kms:Encrypt'))?.EvalDecision, 'implicitDeny');
  });

  it('looks at its permissions boundary, or at another instead', async () => {
    await iam.putUserPermissionsBoundary({
      UserName: 'ada',
      PermissionsBoundary: 'arn:aws:iam::aws:policy/IAMFullAccess',
    });
    const limited = await simulatePrincipal(ADA, 'kms:Encrypt');
    assert.equal(limited?.EvalDecision, 'implicitDeny');
    assert.deepEqual(limited?.PermissionsBoundaryDecisionDetail, { AllowedByPermissionsBoundary: false });
    const widened = await simulatePrincipal(ADA, 'kms:Encrypt', {
      PermissionsBoundaryPolicyInputList: [policy(allow('*'))],
    });
    assert.equal(widened?.EvalDecision, 'allowed');
    const without = await simulatePrincipal(ADA, 'kms:Encrypt', {
      PolicyExclusionList: [{ PolicyType: 'permission-boundary' }],
    });
    assert.equal(without?.EvalDecision, 'allowed');
    await iam.deleteUserPermissionsBoundary({ UserName: 'ada' });
  });

  it('adds policies and leaves policies out', async () => {
    const added = await simulatePrincipal(ADA, 'kms:Encrypt', { PolicyInputList: [policy(deny('kms:*'))] });
    assert.deepEqual(sourcesOf(added), [['PolicyInputList.1', 'none']]);
    assert.equal(added?.EvalDecision, 'explicitDeny');
    const inline = { PolicyName: 'inline', AttachmentType: 'user' } as const;
    const EXCLUSIONS: readonly [string, PolicyIdentifier, string][] = [
      ['kms:Encrypt', { PolicyType: 'inline' }, 'implicitDeny'],
      ['kms:Encrypt', { PolicyType: 'user-managed' }, 'allowed'],
      ['kms:Encrypt', { InlinePolicyIdentifier: { ...inline, AttachmentName: 'a*' } }, 'implicitDeny'],
      ['kms:Encrypt', { InlinePolicyIdentifier: { ...inline, AttachmentName: 'b*' } }, 'allowed'],
      ['kms:Decrypt', { PolicyType: 'user-managed' }, 'implicitDeny'],
      ['kms:Decrypt', { PolicyType: 'aws-managed' }, 'allowed'],
      ['kms:Decrypt', { PolicyArn: `arn:aws:iam::${ACCOUNT}:policy/decrypt*` }, 'implicitDeny'],
      ['kms:Decrypt', { PolicyArn: `arn:aws:iam::${ACCOUNT}:policy/other` }, 'allowed'],
      ['iam:GetUser', { PolicyType: 'aws-managed' }, 'implicitDeny'],
      ['iam:GetUser', { PolicyType: 'scp' }, 'allowed'],
    ];
    for (const [action, exclusion, decision] of EXCLUSIONS) {
      const result = await simulatePrincipal(ADA, action, {
        PolicyExclusionList: [exclusion],
      });
      assert.equal(result?.EvalDecision, decision, `${action} without ${JSON.stringify(exclusion)}`);
    }
    for (const PolicyArn of [ADA, `arn:aws:iam::${ACCOUNT}:policy/*a*`, 'arn:aws:iam::*:policy/decrypting'])
      await assertRefused(
        simulatePrincipal(ADA, 'kms:Encrypt', { PolicyExclusionList: [{ PolicyArn }] }),
        'InvalidInputException',
        /^Invalid PolicyExclusionList/,
      );
  });

  it('says what real requests are told', async () => {
    const { credentials, arn } = await createUserWithKey(iam, 'real', {
      keys: identityPolicy(allow('kms:List*'), deny('kms:ListAliases')),
    });
    const kms = server.client({ credentials });
    const decisionOf = async (action: string) => (await simulatePrincipal(arn, action))?.EvalDecision;
    await kms.listKeys();
    assert.equal(await decisionOf('kms:ListKeys'), 'allowed');
    await assertRefused(kms.listAliases(), 'AccessDeniedException', /with an explicit deny/);
    assert.equal(await decisionOf('kms:ListAliases'), 'explicitDeny');
    await assertRefused(kms.createKey({}), 'AccessDeniedException', /no identity-based policy allows/);
    assert.equal(await decisionOf('kms:CreateKey'), 'implicitDeny');
    await iam.deleteUserPolicy({ UserName: 'real', PolicyName: 'keys' });
    assert.equal(await decisionOf('kms:ListKeys'), 'implicitDeny');
  });

  it('is about a user, group or role of the account', async () => {
    await assertRefused(
      simulatePrincipal(`arn:aws:iam::${ACCOUNT}:policy/decrypting`, 'kms:Encrypt'),
      'InvalidInputException',
      /^Invalid PolicySourceArn/,
    );
    for (const arn of [userArn('missing'), userArn('ada'), userArn('team/ada', OTHER_ACCOUNT)]) {
      const refused = await assertRefused(simulatePrincipal(arn, 'kms:Encrypt'), 'NoSuchEntityException');
      assert.equal(refused.$metadata.httpStatusCode, 404);
    }
  });

  it('as another caller', async () => {
    const result = await simulatePrincipal(ADA, 'kms:Sign', { CallerArn: userArn('bob') });
    assert.equal(result?.EvalDecision, 'implicitDeny');
    assert.deepEqual(result?.MissingContextValues, ['aws:PrincipalTag/team']);
    const delegated = await simulatePrincipal(ADA, 'kms:Encrypt', {
      CallerArn: userArn('bob'),
      ResourcePolicy: keyPolicy(ADA),
    });
    assert.equal(delegated?.EvalDecision, 'implicitDeny');
  });

  it('has condition keys and variables, which can be listed', async () => {
    const variable = policy(allow('iam:*', `arn:aws:iam::*:user/\${aws:username}`));
    assert.deepEqual(
      (await iam.getContextKeysForPrincipalPolicy({ PolicySourceArn: ADA, PolicyInputList: [variable] }))
        .ContextKeyNames,
      ['aws:PrincipalTag/team', 'aws:SecureTransport', 'aws:username'],
    );
    assert.deepEqual(
      (await iam.getContextKeysForCustomPolicy({ PolicyInputList: [variable, policy(allow('*'))] }))
        .ContextKeyNames,
      ['aws:username'],
    );
    await assertRefused(
      iam.getContextKeysForCustomPolicy({ PolicyInputList: ['{}'] }),
      'InvalidInputException',
      /^Invalid policy PolicyInputList\.1/,
    );
  });

  it('takes a permission of its own, on the principal', async () => {
    const { arn, credentials } = await createUserWithKey(iam, 'simulator', {
      own: identityPolicy(allow('iam:SimulatePrincipalPolicy', userArn('team/*'))),
    });
    const simulator = server.iam({ credentials });
    const ActionNames = ['kms:Encrypt'];
    await simulator.simulatePrincipalPolicy({ PolicySourceArn: ADA, ActionNames });
    const denied = (action: string, resource: string) =>
      `User: ${arn} is not authorized to perform: iam:${action} on resource: ${resource} because no identity-based policy allows the iam:${action} action`;
    await assertRefused(
      simulator.simulatePrincipalPolicy({ PolicySourceArn: arn, ActionNames }),
      'AccessDenied',
      denied('SimulatePrincipalPolicy', arn),
    );
    await assertRefused(
      simulator.getContextKeysForPrincipalPolicy({ PolicySourceArn: ADA }),
      'AccessDenied',
      denied('GetContextKeysForPrincipalPolicy', ADA),
    );
    await assertRefused(
      simulator.simulateCustomPolicy({ PolicyInputList: [policy(allow('*'))], ActionNames }),
      'AccessDenied',
      denied('SimulateCustomPolicy', '*'),
    );
    await assertRefused(
      simulator.getContextKeysForCustomPolicy({ PolicyInputList: [policy(allow('*'))] }),
      'AccessDenied',
      denied('GetContextKeysForCustomPolicy', '*'),
    );
  });
});

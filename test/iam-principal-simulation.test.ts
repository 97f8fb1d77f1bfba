import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { EvaluationResult, IAM, PolicyIdentifier } from '@aws-sdk/client-iam';
import { createUserWithKey, identityPolicy, trustPolicy } from './support/identities.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT } from './support/server.ts';
import { allow, deny, keyPolicy, policy, startSimulationScene, userArn } from './support/simulations.ts';

/* SimulatePrincipalPolicy, GetContextKeysForPrincipalPolicy. */

const { iam, server } = await startSimulationScene();
after(() => server.close());

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

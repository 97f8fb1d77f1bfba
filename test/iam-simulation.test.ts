import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { SimulateCustomPolicyCommandInput } from '@aws-sdk/client-iam';
import { trustPolicy } from './support/identities.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT } from './support/server.ts';
import {
  allow,
  deny,
  keyArn,
  keyPolicy,
  policy,
  startSimulationScene,
  userArn,
} from './support/simulations.ts';

/* SimulateCustomPolicy: what policies decide. */

const { decide, iam, simulate, server } = await startSimulationScene();
after(() => server.close());

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

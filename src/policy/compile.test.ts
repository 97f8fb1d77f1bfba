import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { authorize } from './authorize.ts';
import { compilePolicy, compileTrustPolicy } from './compile.ts';
import {
  ACCOUNT,
  ALLOW,
  contextOf,
  keyPolicyFor,
  NO_POLICIES,
  OTHER_ACCOUNT,
  policyOf,
  policyText,
  requestOf,
  rootOf,
  serviceOf,
  userOf,
} from './fixtures.test-support.ts';
import { parsePolicy } from './parse.ts';
import type { Principal } from './request.ts';

describe('compilePolicy', () => {
  it('gives frozen data, however often it is asked', () => {
    const policy = keyPolicyFor(rootOf(ACCOUNT).arn);
    const parts = [policy, policy.statements, policy.allows, policy.denies, ...policy.statements];
    assert.ok(parts.every(Object.isFrozen));
    const request = requestOf(rootOf(ACCOUNT));
    const first = authorize(request, { ...NO_POLICIES, keyPolicy: policy });
    assert.deepEqual(authorize(request, { ...NO_POLICIES, keyPolicy: policy }), first);
  });

  it('never throws, even for what no kind of policy may hold', () => {
    const nonsense = {
      Effect: 'Allow',
      Principal: { Nobody: '?' },
      NotAction: ['', ':', '*?*?'],
      Resource: ['', 'arn:', '${'],
      Condition: { '': { '': '' }, 'ForAllValues:': { k: '${' }, Date: { k: [true, 1] } },
    };
    const policy = compilePolicy(parsePolicy(policyText([nonsense])));
    assert.equal(authorize(requestOf(rootOf(ACCOUNT)), { ...NO_POLICIES, keyPolicy: policy }).allowed, false);
  });

  it('compiles 10,000 statements and finds the one that applies', () => {
    const others = new Array(9_999).fill({ ...ALLOW, Principal: { AWS: OTHER_ACCOUNT } });
    const policy = policyOf(...others, { ...ALLOW, Principal: { AWS: ACCOUNT } });
    const { statements } = authorize(requestOf(rootOf(ACCOUNT)), { ...NO_POLICIES, keyPolicy: policy });
    assert.equal(statements[0]?.statementIndex, 9_999);
  });
});

describe('compileTrustPolicy', () => {
  const trust = compileTrustPolicy(
    parsePolicy(
      policyText([
        {
          Effect: 'Allow',
          Principal: { AWS: OTHER_ACCOUNT, Service: 's3.amazonaws.com' },
          Action: 'sts:AssumeRole',
        },
        { Effect: 'Allow', Principal: { AWS: userOf(ACCOUNT).arn }, Action: 'sts:*' },
      ]),
    ),
  );
  const isTrusted = (principal: Principal, action = 'sts:AssumeRole', hasIdentityPolicy = false) =>
    authorize(
      {
        principal,
        action,
        resource: `arn:aws:iam::${ACCOUNT}:role/Admin`,
        resourceAccount: ACCOUNT,
        context: contextOf(),
      },
      {
        keyPolicy: trust,
        identityPolicies: hasIdentityPolicy ? [policyOf({ ...ALLOW, Action: 'sts:*' })] : [],
      },
    ).allowed;

  it('applies to the role it is attached to, although its statements name no resource', () => {
    assert.ok(isTrusted(serviceOf()));
    assert.ok(isTrusted(userOf(ACCOUNT)));
    assert.ok(!isTrusted(userOf(ACCOUNT, 'Bob'), 'sts:AssumeRole', true));
    assert.ok(!isTrusted(serviceOf(), 'sts:TagSession'));
  });

  it('needs an identity policy from another account, like a key policy', () => {
    assert.ok(!isTrusted(userOf(OTHER_ACCOUNT)));
    assert.ok(isTrusted(userOf(OTHER_ACCOUNT), 'sts:AssumeRole', true));
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { authorize } from './authorize.ts';
import { explain } from './explain.ts';
import {
  ACCOUNT,
  ALLOW,
  DENY,
  OTHER_ACCOUNT,
  OTHER_KEY_ARN,
  policyOf,
  requestOf,
  rootOf,
  sessionOf,
  userOf,
} from './fixtures.test-support.ts';

describe('explain', () => {
  const session = sessionOf(ACCOUNT);
  const Condition = { Bool: { 'aws:SecureTransport': 'true' }, StringEquals: { 'kms:ViaService': 's3' } };
  const policies = {
    keyPolicy: policyOf(
      { ...DENY, Principal: { AWS: OTHER_ACCOUNT }, Sid: 'others' },
      { ...ALLOW, Principal: { AWS: session.roleArn }, Action: 'kms:Encrypt' },
      { ...ALLOW, Principal: { AWS: session.roleArn }, Resource: OTHER_KEY_ARN },
      { ...ALLOW, Principal: { AWS: session.roleArn }, Condition },
      { ...ALLOW, Principal: { AWS: rootOf(ACCOUNT).arn }, Sid: 'delegate' },
    ),
    identityPolicies: [policyOf({ ...ALLOW, Principal: '*' }), policyOf(ALLOW)],
    permissionsBoundary: policyOf({ ...ALLOW, Action: 'kms:List*' }),
    sessionPolicies: [policyOf(ALLOW)],
    grants: [
      { grantId: 'g-1', granteePrincipal: userOf(ACCOUNT).arn, operations: ['DescribeKey'] },
      { grantId: 'g-2', granteePrincipal: session.roleArn, operations: ['Decrypt'] },
      { grantId: 'g-3', granteePrincipal: session.roleArn, operations: ['DescribeKey'] },
    ],
  };
  const request = requestOf(session);
  const { decision, statements, grants } = explain(request, policies);

  it('gives the decision of authorize', () => {
    assert.deepEqual(decision, authorize(request, policies));
    assert.equal(decision.layer, 'permissions-boundary');
  });

  it('tells of every statement whether it applies, or which element does not match', () => {
    assert.deepEqual(
      statements.map(({ layer, policyIndex, statementIndex, sid, applies, mismatch, condition }) => [
        `${layer} ${policyIndex} ${statementIndex}`,
        sid,
        applies ? 'applies' : mismatch,
        condition,
      ]),
      [
        ['key-policy 0 0', 'others', 'Principal', undefined],
        ['key-policy 0 1', undefined, 'Action', undefined],
        ['key-policy 0 2', undefined, 'Resource', undefined],
        [
          'key-policy 0 3',
          undefined,
          'Condition',
          { operator: 'Bool', key: 'aws:SecureTransport', values: ['true'], actual: undefined },
        ],
        ['key-policy 0 4', 'delegate', 'applies', undefined],
        ['identity-policy 0 0', undefined, 'Principal', undefined],
        ['identity-policy 1 0', undefined, 'applies', undefined],
        ['permissions-boundary 0 0', undefined, 'Action', undefined],
        ['session-policy 0 0', undefined, 'applies', undefined],
      ],
    );
  });

  it('tells of every grant whether it permits, or which part does not match', () => {
    assert.deepEqual(grants, [
      { grantId: 'g-1', applies: false, mismatch: 'GranteePrincipal' },
      { grantId: 'g-2', applies: false, mismatch: 'Operations' },
      { grantId: 'g-3', applies: true },
    ]);
  });

  it('leaves out the identity policies of a root user, which are not consulted', () => {
    const layers = explain(requestOf(rootOf(ACCOUNT)), policies).statements.map(({ layer }) => layer);
    assert.ok(!layers.includes('identity-policy'));
  });
});

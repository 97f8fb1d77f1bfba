import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { authorize } from './authorize.ts';
import { prepareQuestion } from './evaluate.ts';
import {
  ACCOUNT,
  ALLOW,
  contextOf,
  federatedOf,
  OTHER_ACCOUNT,
  policyOf,
  requestOf,
  rootOf,
  serviceOf,
  sessionOf,
  userOf,
} from './fixtures.test-support.ts';
import { GRANT_OPERATIONS, grantMismatch } from './grant.ts';
import type { ConditionValue, Grant, GrantConstraints, Principal } from './request.ts';

const user = userOf(ACCOUNT);

/** A context with an encryption context, as an operation would provide it. */
function encryptionContext(
  pairs: Readonly<Record<string, string>>,
  more: Readonly<Record<string, ConditionValue>> = {},
) {
  const named = Object.entries(pairs).map(([key, value]) => [`kms:EncryptionContext:${key}`, value]);
  return contextOf({
    'kms:EncryptionContextKeys': Object.keys(pairs),
    ...Object.fromEntries(named),
    ...more,
  });
}

function mismatch(
  grant: Partial<Grant>,
  action: string,
  context = contextOf(),
  principal: Principal = user,
): string | undefined {
  const request = requestOf(principal, { action, context });
  const whole = { grantId: 'g', granteePrincipal: user.arn, operations: GRANT_OPERATIONS, ...grant };
  return grantMismatch(whole, request, prepareQuestion(request, false));
}

describe('grants: the grantee (grants.md, section 5)', () => {
  const cases: readonly (readonly [what: string, grantee: string, caller: Principal, permits: boolean])[] = [
    ['a user ARN is that user', user.arn, user, true],
    ['a user ARN is no other user', user.arn, userOf(ACCOUNT, 'Bob'), false],
    ['a user ARN is no namesake in another account', user.arn, userOf(OTHER_ACCOUNT), false],
    [
      'a role ARN is every session of the role',
      sessionOf(ACCOUNT).roleArn,
      sessionOf(ACCOUNT, 'Admin', 's-2'),
      true,
    ],
    [
      'a role ARN is no session of another role',
      sessionOf(ACCOUNT).roleArn,
      sessionOf(ACCOUNT, 'Other'),
      false,
    ],
    ['a session ARN is that session', sessionOf(ACCOUNT).arn, sessionOf(ACCOUNT), true],
    ['a session ARN is no other session', sessionOf(ACCOUNT).arn, sessionOf(ACCOUNT, 'Admin', 's-2'), false],
    ['a federated user ARN is that session', federatedOf(ACCOUNT).arn, federatedOf(ACCOUNT), true],
    ['an account root is its root user', rootOf(ACCOUNT).arn, rootOf(ACCOUNT), true],
    ['a unique id is that user', user.uniqueId, user, true],
    ['a unique id is that role', sessionOf(ACCOUNT).uniqueId, sessionOf(ACCOUNT), true],
    ['* is nobody', '*', user, false],
  ];
  for (const [what, granteePrincipal, caller, permits] of cases) {
    it(what, () => {
      assert.equal(
        mismatch({ granteePrincipal }, 'kms:Decrypt', contextOf(), caller),
        permits ? undefined : 'GranteePrincipal',
      );
    });
  }

  it('a grantee service principal is that service', () => {
    const grant: Grant = {
      grantId: 'g',
      granteeServicePrincipal: 's3.amazonaws.com',
      operations: ['Decrypt'],
    };
    const permits = (caller: Principal) =>
      authorize(requestOf(caller, { action: 'kms:Decrypt' }), { identityPolicies: [], grants: [grant] })
        .allowed;
    assert.ok(permits(serviceOf()));
    assert.ok(!permits(serviceOf('ec2.amazonaws.com')));
    assert.ok(!permits(user));
  });

  it('an account root is all principals of the account, if their identity policies allow', () => {
    for (const account of [ACCOUNT, OTHER_ACCOUNT]) {
      const caller = userOf(account);
      const grants = [{ grantId: 'g', granteePrincipal: rootOf(account).arn, operations: ['Decrypt'] }];
      const request = requestOf(caller, { action: 'kms:Decrypt' });
      assert.equal(authorize(request, { identityPolicies: [], grants }).outcome, 'implicit-deny');
      const decision = authorize(request, { identityPolicies: [policyOf(ALLOW)], grants });
      assert.deepEqual([decision.allowed, decision.layer, decision.grantId], [true, 'grant', 'g']);
      assert.equal(decision.statements[0]?.layer, 'identity-policy');
    }
  });

  it('a later grant may permit what an earlier one does not', () => {
    const grants = [
      { grantId: 'g-1', granteePrincipal: rootOf(ACCOUNT).arn, operations: ['Decrypt'] },
      { grantId: 'g-2', granteePrincipal: user.arn, operations: ['Encrypt'] },
      { grantId: 'g-3', granteePrincipal: user.arn, operations: ['Decrypt'] },
    ];
    const decision = authorize(requestOf(user, { action: 'kms:Decrypt' }), { identityPolicies: [], grants });
    assert.equal(decision.grantId, 'g-3');
  });
});

describe('grants: the operations (section 2)', () => {
  for (const operation of GRANT_OPERATIONS) {
    it(`${operation} is permitted if it is listed, and not otherwise`, () => {
      const context = contextOf({ 'kms:GrantOperations': ['Decrypt'] });
      assert.equal(mismatch({ operations: ['Decrypt', operation] }, `kms:${operation}`, context), undefined);
      const others = GRANT_OPERATIONS.filter((other) => other !== operation);
      assert.equal(mismatch({ operations: others }, `kms:${operation}`, context), 'Operations');
    });
  }
  for (const action of [
    'kms:RevokeGrant',
    'kms:PutKeyPolicy',
    'kms:ScheduleKeyDeletion',
    's3:Decrypt',
    'Decrypt',
  ]) {
    it(`${action} is never permitted by a grant`, () => {
      assert.equal(mismatch({ operations: [action.replace('kms:', '')] }, action), 'Operations');
    });
  }
});

describe('grants: the constraints (section 3)', () => {
  const pairs = { Department: 'IT', Purpose: 'Test' };
  const cases: readonly (readonly [
    what: string,
    constraints: GrantConstraints,
    carried: Record<string, string>,
    holds: boolean,
  ])[] = [
    ['Equals: exactly these pairs', { encryptionContextEquals: pairs }, pairs, true],
    ['Equals: in any order', { encryptionContextEquals: pairs }, { Purpose: 'Test', Department: 'IT' }, true],
    ['Equals: one more', { encryptionContextEquals: pairs }, { ...pairs, More: 'x' }, false],
    ['Equals: one less', { encryptionContextEquals: pairs }, { Purpose: 'Test' }, false],
    ['Equals: none', { encryptionContextEquals: pairs }, {}, false],
    ['Equals: another value', { encryptionContextEquals: pairs }, { ...pairs, Purpose: 'Live' }, false],
    [
      'Equals: values are case-sensitive',
      { encryptionContextEquals: pairs },
      { ...pairs, Purpose: 'test' },
      false,
    ],
    ['Equals: keys are not', { encryptionContextEquals: pairs }, { DEPARTMENT: 'IT', purpose: 'Test' }, true],
    ['Equals: no pairs at all', { encryptionContextEquals: {} }, {}, true],
    ['Equals: no pairs, and one carried', { encryptionContextEquals: {} }, { More: 'x' }, false],
    ['Subset: exactly these pairs', { encryptionContextSubset: pairs }, pairs, true],
    ['Subset: one more', { encryptionContextSubset: pairs }, { ...pairs, More: 'x' }, true],
    ['Subset: one less', { encryptionContextSubset: pairs }, { Purpose: 'Test' }, false],
    ['Subset: another value', { encryptionContextSubset: pairs }, { ...pairs, Purpose: 'Live' }, false],
    [
      'Subset: keys are not case-sensitive',
      { encryptionContextSubset: pairs },
      { department: 'IT', PURPOSE: 'Test' },
      true,
    ],
    ['none: any context', {}, pairs, true],
    [
      'both: both have to hold',
      { encryptionContextSubset: { Purpose: 'Live' }, encryptionContextEquals: pairs },
      pairs,
      false,
    ],
  ];
  const actions = [
    'Encrypt',
    'Decrypt',
    'GenerateDataKey',
    'GenerateDataKeyPairWithoutPlaintext',
    'ReEncryptFrom',
    'ReEncryptTo',
  ];
  for (const [what, constraints, carried, holds] of cases) {
    it(`${what}: ${holds ? 'permits' : 'does not permit'}`, () => {
      for (const action of actions) {
        const found = mismatch({ constraints }, `kms:${action}`, encryptionContext(carried));
        assert.equal(found, holds ? undefined : 'Constraints', action);
      }
    });
  }

  it('two keys that differ only in case satisfy no constraint on them', () => {
    const context = contextOf({
      'kms:EncryptionContextKeys': ['Team', 'team'],
      'kms:EncryptionContext:team': ['a', 'b'],
    });
    assert.equal(
      mismatch({ constraints: { encryptionContextSubset: { Team: 'a' } } }, 'kms:Decrypt', context),
      'Constraints',
    );
  });

  it('are ignored for DescribeKey and RetireGrant', () => {
    const constraints = { encryptionContextEquals: pairs, sourceArn: 'arn:aws:s3:::bucket' };
    assert.equal(mismatch({ constraints }, 'kms:DescribeKey'), undefined);
    assert.equal(mismatch({ constraints }, 'kms:RetireGrant'), undefined);
  });

  it('SourceArn: aws:SourceArn of the call equals it', () => {
    const constraints = { sourceArn: 'arn:aws:s3:::bucket' };
    const from = (value: ConditionValue) => contextOf({ 'aws:SourceArn': value });
    assert.equal(mismatch({ constraints }, 'kms:Decrypt', from('arn:aws:s3:::bucket')), undefined);
    assert.equal(mismatch({ constraints }, 'kms:Decrypt', from('arn:aws:s3:::other')), 'Constraints');
    assert.equal(mismatch({ constraints }, 'kms:Decrypt', from(['arn:aws:s3:::bucket'])), 'Constraints');
    assert.equal(mismatch({ constraints }, 'kms:Decrypt'), 'Constraints');
  });
});

describe('grants: CreateGrant through a parent grant (sections 3 and 4)', () => {
  const pairs = { Department: 'IT' };
  const operations = ['CreateGrant', 'Encrypt', 'Decrypt'];
  /** The request for a child with the given operations and constraint. */
  const child = (
    childOperations: ConditionValue,
    type?: 'EncryptionContextEquals' | 'EncryptionContextSubset',
    childPairs: Readonly<Record<string, string>> = {},
    more: Readonly<Record<string, ConditionValue>> = {},
  ) =>
    encryptionContext(childPairs, {
      'kms:GrantOperations': childOperations,
      ...(type === undefined ? {} : { 'kms:GrantConstraintType': type }),
      ...more,
    });
  const permits = (constraints: GrantConstraints | undefined, context: ReturnType<typeof child>) =>
    mismatch({ operations, ...(constraints && { constraints }) }, 'kms:CreateGrant', context) === undefined;

  it('the operations of the child are among those of the parent', () => {
    assert.ok(permits(undefined, child(['Decrypt'])));
    assert.ok(permits(undefined, child(operations)));
    assert.ok(!permits(undefined, child(['Decrypt', 'Sign'])));
    assert.ok(!permits(undefined, child([])));
    assert.ok(!permits(undefined, contextOf()));
  });

  it('a parent without constraints may have a child with any', () => {
    assert.ok(permits(undefined, child(['Decrypt'], 'EncryptionContextSubset', pairs)));
    assert.ok(permits({}, child(['Decrypt'], 'EncryptionContextEquals', pairs)));
  });

  it('Subset may stay, gain pairs or become Equals, and never lose pairs', () => {
    const parent = { encryptionContextSubset: pairs };
    assert.ok(permits(parent, child(['Decrypt'], 'EncryptionContextSubset', pairs)));
    assert.ok(permits(parent, child(['Decrypt'], 'EncryptionContextSubset', { ...pairs, More: 'x' })));
    assert.ok(permits(parent, child(['Decrypt'], 'EncryptionContextEquals', { ...pairs, More: 'x' })));
    assert.ok(!permits(parent, child(['Decrypt'], 'EncryptionContextSubset', { More: 'x' })));
    assert.ok(!permits(parent, child(['Decrypt'])));
    assert.ok(!permits(parent, child(['Decrypt'], undefined, pairs)));
  });

  it('Equals stays as it is, and never becomes Subset', () => {
    const parent = { encryptionContextEquals: pairs };
    assert.ok(permits(parent, child(['Decrypt'], 'EncryptionContextEquals', pairs)));
    assert.ok(!permits(parent, child(['Decrypt'], 'EncryptionContextEquals', { ...pairs, More: 'x' })));
    assert.ok(!permits(parent, child(['Decrypt'], 'EncryptionContextSubset', pairs)));
    assert.ok(!permits(parent, child(['Decrypt'])));
  });

  it('SourceArn of the parent is that of the call and of the child', () => {
    const sourceArn = 'arn:aws:s3:::bucket';
    const both = { 'aws:SourceArn': sourceArn, 'kms:GrantConstraintSourceArn': sourceArn };
    assert.ok(permits({ sourceArn }, child(['Decrypt'], undefined, {}, both)));
    assert.ok(!permits({ sourceArn }, child(['Decrypt'], undefined, {}, { 'aws:SourceArn': sourceArn })));
    assert.ok(
      !permits(
        { sourceArn },
        child(['Decrypt'], undefined, {}, { 'kms:GrantConstraintSourceArn': sourceArn }),
      ),
    );
  });
});

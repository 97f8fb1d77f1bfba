// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AuthorizationPolicies, authorize } from './authorize.ts';
import {
  ACCOUNT,
  ALLOW,
  accountRequestOf,
  ask,
  contextOf,
  DENY,
  KEY_ARN,
  keyPolicyFor,
  NO_POLICIES,
  OTHER_ACCOUNT,
  OTHER_KEY_ARN,
  outcome,
  policyOf,
  requestOf,
  rootOf,
  sessionOf,
  userOf,
} from './fixtures.test-support.ts';
import type { Principal } from './request.ts';

const root = rootOf(ACCOUNT);
const user = userOf(ACCOUNT);
const session = sessionOf(ACCOUNT);
const stranger = userOf(OTHER_ACCOUNT);
const allowAll = policyOf(ALLOW);
const allowNothing = policyOf({ ...ALLOW, Action: 's3:*' });
const delegating = keyPolicyFor(root.arn);

describe('the first missing layer is named', () => {
  const nothing = {
    keyPolicy: delegating,
    identityPolicies: [allowNothing],
    permissionsBoundary: allowNothing,
    sessionPolicies: [allowNothing],
  };
  it('key policy, identity policy, boundary, session policy, in this order', () => {
    assert.equal(
      ask(user, { ...nothing, keyPolicy: keyPolicyFor(OTHER_ACCOUNT) }),
      'implicit-deny by key-policy',
    );
    assert.equal(ask(user, nothing), 'implicit-deny by identity-policy');
    assert.equal(
      ask(user, { ...nothing, identityPolicies: [allowAll] }),
      'implicit-deny by permissions-boundary',
    );
    assert.equal(
      ask(user, { ...nothing, identityPolicies: [allowAll], permissionsBoundary: allowAll }),
      'implicit-deny by session-policy',
    );
  });
});

describe('operations without a key', () => {
  it('are a matter of identity policies only', () => {
    const request = accountRequestOf(user, 'kms:CreateKey');
    assert.equal(outcome(authorize(request, { identityPolicies: [allowAll] })), 'allow by identity-policy');
    assert.equal(outcome(authorize(request, NO_POLICIES)), 'implicit-deny by identity-policy');
    assert.equal(
      outcome(authorize(request, { identityPolicies: [], keyPolicy: keyPolicyFor('*') })),
      'implicit-deny by identity-policy',
    );
  });
  it('have the resource *, which no ARN matches', () => {
    const policies = { identityPolicies: [policyOf({ ...ALLOW, Resource: 'arn:aws:kms:*:*:key/*' })] };
    assert.equal(outcome(authorize(accountRequestOf(user), policies)), 'implicit-deny by identity-policy');
  });
  it('are not permitted by grants', () => {
    const grants = [{ grantId: 'g', granteePrincipal: user.arn, operations: ['DescribeKey'] }];
    const request = accountRequestOf(user, 'kms:DescribeKey');
    assert.equal(
      outcome(authorize(request, { identityPolicies: [], grants })),
      'implicit-deny by identity-policy',
    );
  });

  const alias = (name: string) => `arn:aws:kms:us-east-1:${ACCOUNT}:alias/${name}`;
  it('on an alias need the alias as resource; an alias gives no permission on its key', () => {
    const policies = {
      keyPolicy: delegating,
      identityPolicies: [policyOf({ ...ALLOW, Resource: alias('app') })],
    };
    const request = accountRequestOf(user, 'kms:CreateAlias', alias('app'));
    assert.equal(outcome(authorize(request, policies)), 'allow by identity-policy');
    assert.equal(
      outcome(authorize(requestOf(user, { action: 'kms:CreateAlias' }), policies)),
      'implicit-deny by identity-policy',
    );
  });
  it('never create, update or delete an alias of AWS, not even for the root user', () => {
    for (const action of ['kms:CreateAlias', 'kms:UpdateAlias', 'kms:DeleteAlias']) {
      for (const caller of [user, root]) {
        const request = accountRequestOf(caller, action, alias('aws/s3'));
        assert.equal(
          outcome(authorize(request, { identityPolicies: [allowAll] })),
          'implicit-deny by identity-policy',
        );
      }
    }
    const similar = accountRequestOf(user, 'kms:CreateAlias', alias('awsome'));
    assert.equal(outcome(authorize(similar, { identityPolicies: [allowAll] })), 'allow by identity-policy');
  });
});

describe('the lockout check: may the caller put a policy again under the new one? (section 2)', () => {
  const mayPutAgain = (principal: Principal, policies: Partial<AuthorizationPolicies>) =>
    authorize(requestOf(principal, { action: 'kms:PutKeyPolicy' }), { ...NO_POLICIES, ...policies }).allowed;

  it('an Allow for the account passes only if the caller’s identity policy allows too', () => {
    assert.ok(mayPutAgain(user, { keyPolicy: delegating, identityPolicies: [allowAll] }));
    assert.ok(!mayPutAgain(user, { keyPolicy: delegating }));
    assert.ok(mayPutAgain(root, { keyPolicy: delegating }));
  });
  it('a policy that names only others fails, also for the root user', () => {
    const keyPolicy = keyPolicyFor(userOf(ACCOUNT, 'Bob').arn);
    for (const caller of [user, root])
      assert.ok(!mayPutAgain(caller, { keyPolicy, identityPolicies: [allowAll] }));
  });
  it('a Deny that hits the caller fails', () => {
    const keyPolicy = policyOf(
      { ...ALLOW, Principal: '*' },
      { ...DENY, Principal: { AWS: user.arn }, Action: 'kms:Put*' },
    );
    assert.ok(!mayPutAgain(user, { keyPolicy }));
    assert.ok(mayPutAgain(root, { keyPolicy }));
  });
  it('conditions are judged with the current request', () => {
    const Condition = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } };
    const keyPolicy = policyOf({ ...ALLOW, Principal: '*', Condition });
    assert.ok(!mayPutAgain(user, { keyPolicy }));
    const context = contextOf({ 'aws:MultiFactorAuthPresent': 'true' });
    assert.ok(authorize(requestOf(user, { context }), { ...NO_POLICIES, keyPolicy }).allowed);
  });
});

describe('elements of a statement', () => {
  const keyPolicy = (members: object) => policyOf({ ...ALLOW, Principal: '*', ...members });
  const isAllowed = (members: object, changes: Parameters<typeof requestOf>[1] = {}) =>
    authorize(requestOf(user, changes), { identityPolicies: [], keyPolicy: keyPolicy(members) }).allowed;

  it('actions are compared without regard to case', () => {
    assert.ok(isAllowed({ Action: 'KMS:describekey' }));
    assert.ok(!isAllowed({ Action: 'kms:Encrypt' }));
  });
  it('a resource of a key policy is * or this key', () => {
    assert.ok(isAllowed({ Resource: KEY_ARN }));
    assert.ok(!isAllowed({ Resource: OTHER_KEY_ARN }));
  });
  it('all conditions have to hold: all operators and all keys', () => {
    const condition = { StringEquals: { 'k:a': '1', 'k:b': ['2', '3'] }, Bool: { 'k:c': true } };
    const whole = { 'k:a': '1', 'k:b': '3', 'k:c': 'true' };
    assert.ok(isAllowed({ Condition: condition }, { context: contextOf(whole) }));
    for (const missing of Object.keys(whole)) {
      assert.ok(
        !isAllowed({ Condition: condition }, { context: contextOf({ ...whole, [missing]: 'x' }) }),
        missing,
      );
    }
  });
  it('variables are resolved in resources', () => {
    const identityPolicies = [
      policyOf({ ...ALLOW, Resource: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/key}' }),
    ];
    const context = contextOf({ 'aws:PrincipalTag/Key': '1234abcd-12ab-34cd-56ef-1234567890ab' });
    assert.ok(authorize(requestOf(user, { context }), { keyPolicy: delegating, identityPolicies }).allowed);
    assert.ok(!authorize(requestOf(user), { keyPolicy: delegating, identityPolicies }).allowed);
  });
  it('a statement of an identity policy that names a principal allows nothing, and denies all the same', () => {
    const named = { Principal: { AWS: user.arn } };
    assert.equal(
      ask(user, { keyPolicy: delegating, identityPolicies: [policyOf({ ...ALLOW, ...named })] }),
      'implicit-deny by identity-policy',
    );
    assert.equal(
      ask(user, { keyPolicy: delegating, identityPolicies: [allowAll, policyOf({ ...DENY, ...named })] }),
      'explicit-deny by identity-policy',
    );
  });
});

describe('the context', () => {
  const untouched = { get: (name: string) => assert.fail(`asked for ${name}`) };
  it('is not touched by the default policy', () => {
    assert.ok(
      authorize(requestOf(root, { context: untouched }), { ...NO_POLICIES, keyPolicy: delegating }).allowed,
    );
  });
  it('is not touched by conditions of statements for others, other actions or other resources', () => {
    const Condition = { StringEquals: { 'aws:username': 'x' } };
    const keyPolicy = policyOf(
      { ...ALLOW, Principal: { AWS: user.arn } },
      { ...DENY, Principal: '*', Action: 'kms:Encrypt', Condition },
      { ...DENY, Principal: '*', Resource: OTHER_KEY_ARN, Condition },
      { ...DENY, Principal: { AWS: OTHER_ACCOUNT }, Condition },
    );
    assert.ok(authorize(requestOf(user, { context: untouched }), { ...NO_POLICIES, keyPolicy }).allowed);
  });
});

describe('a decision', () => {
  const keyPolicy = policyOf(
    { ...DENY, Principal: '*', Action: 'kms:Encrypt', Sid: 'No encryption' },
    { ...ALLOW, Principal: { AWS: root.arn }, Sid: 'Delegate' },
  );
  const policies = {
    keyPolicy,
    identityPolicies: [allowNothing, allowAll],
    permissionsBoundary: allowAll,
    sessionPolicies: [allowAll],
  };
  const position = { line: 1, column: 38 };

  it('to allow cites one statement of each layer that had to', () => {
    const { statements, ...rest } = authorize(requestOf(session), policies);
    assert.deepEqual(rest, { allowed: true, outcome: 'allow', layer: 'identity-policy', grantId: undefined });
    const cited = { statementIndex: 0, sid: undefined, effect: 'Allow', ...position };
    assert.deepEqual(statements, [
      {
        layer: 'key-policy',
        policyIndex: 0,
        statementIndex: 1,
        sid: 'Delegate',
        effect: 'Allow',
        line: 1,
        column: 132,
      },
      { layer: 'identity-policy', policyIndex: 1, ...cited },
      { layer: 'permissions-boundary', policyIndex: 0, ...cited },
      { layer: 'session-policy', policyIndex: 0, ...cited },
    ]);
  });

  it('cites the first of several Allows that name the caller alike', () => {
    for (const named of [root.arn, session.roleArn, session.arn]) {
      const alike = policyOf(
        { ...ALLOW, Principal: { AWS: named } },
        { ...ALLOW, Principal: { AWS: named } },
      );
      const [cited] = authorize(requestOf(session), { ...policies, keyPolicy: alike }).statements;
      assert.equal(cited?.statementIndex, 0);
    }
  });

  it('to deny explicitly cites the Deny', () => {
    assert.deepEqual(authorize(requestOf(session, { action: 'kms:Encrypt' }), policies), {
      allowed: false,
      outcome: 'explicit-deny',
      layer: 'key-policy',
      statements: [
        {
          layer: 'key-policy',
          policyIndex: 0,
          statementIndex: 0,
          sid: 'No encryption',
          effect: 'Deny',
          ...position,
        },
      ],
      grantId: undefined,
    });
  });

  it('to deny implicitly cites what did allow', () => {
    const { layer, statements } = authorize(requestOf(session), {
      ...policies,
      permissionsBoundary: allowNothing,
    });
    assert.equal(layer, 'permissions-boundary');
    assert.deepEqual(
      statements.map(({ layer: cited }) => cited),
      ['key-policy', 'identity-policy'],
    );
  });

  it('is frozen through and through', () => {
    for (const request of [
      requestOf(session),
      requestOf(session, { action: 'kms:Encrypt' }),
      requestOf(stranger),
    ]) {
      const decision = authorize(request, policies);
      assert.ok(Object.isFrozen(decision) && Object.isFrozen(decision.statements));
      assert.ok(decision.statements.every(Object.isFrozen));
    }
  });
});

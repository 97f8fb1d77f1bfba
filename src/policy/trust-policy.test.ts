import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AuthorizationPolicies, authorize } from './authorize.ts';
import { type CompiledPolicy, compileTrustPolicy } from './compile.ts';
import {
  ACCOUNT,
  ALLOW,
  accountRequestOf,
  ask,
  contextOf,
  federatedOf,
  NO_POLICIES,
  OTHER_ACCOUNT,
  outcome,
  policyOf,
  policyText,
  type RawStatement,
  requestOf,
  rootOf,
  serviceOf,
  sessionOf,
  userOf,
  webIdentityOf,
} from './fixtures.test-support.ts';
import { parsePolicy } from './parse.ts';
import type { Principal } from './request.ts';
import { type KeyPolicyRules, validateTrustPolicy } from './validate.ts';

const root = rootOf(ACCOUNT);
const user = userOf(ACCOUNT);
const session = sessionOf(ACCOUNT);
const ANYTHING = { ...ALLOW, Action: '*' };

describe('validateTrustPolicy', () => {
  const trust: RawStatement = {
    Effect: 'Allow',
    Principal: { AWS: '111122223333' },
    Action: 'sts:AssumeRole',
  };
  const trustFaults = (statement: RawStatement, rules: KeyPolicyRules = { partition: 'aws' }): string[][] =>
    validateTrustPolicy(parsePolicy(policyText([statement])), rules).map(({ message, detail }) => [
      message,
      detail,
    ]);
  const faults = (statement: RawStatement): (string | undefined)[] =>
    trustFaults(statement).map(([message]) => message);

  it('accepts a policy without resources', () => assert.deepEqual(faults(trust), []));

  it('refuses a Resource', () => {
    assert.deepEqual(faults({ ...trust, Resource: '*' }), ['Has prohibited field Resource']);
  });

  for (const Action of [
    'sts:AssumeRole',
    'STS:AssumeRole',
    'sts:*',
    'sts:Assume*',
    ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'],
  ]) {
    it(`accepts the action ${JSON.stringify(Action)}`, () => {
      assert.deepEqual(faults({ ...trust, Action }), []);
      assert.deepEqual(faults({ Effect: 'Allow', Principal: '*', NotAction: Action }), []);
    });
  }

  for (const action of [
    '*',
    '*:*',
    '*:AssumeRole',
    's*:AssumeRole',
    'kms:Decrypt',
    ' sts:AssumeRole',
    'sts',
    '',
  ]) {
    it(`refuses the action ${JSON.stringify(action)}`, () => {
      assert.deepEqual(trustFaults({ ...trust, Action: ['sts:AssumeRole', action] }), [
        [
          'AssumeRole policy may only specify STS AssumeRole actions.',
          `statement 1: Action ${JSON.stringify(action)} does not begin with "sts:"`,
        ],
      ]);
    });
  }

  it('names the wrong principal, whole and with its type', () => {
    const long = `arn:aws:iam::111122223333:role/${'path/'.repeat(30)}*`;
    const cases: readonly (readonly [type: string, value: string])[] = [
      ['AWS', 'arn:aws:iam::111122223333:group/Admins'],
      ['AWS', 'arn:aws-cn:iam::111122223333:user/x'],
      ['AWS', long],
      ['Service', '*'],
      ['Federated', 'arn:aws:iam::111122223333:user/x'],
      ['CanonicalUser', '79a5'],
    ];
    for (const [type, value] of cases) {
      assert.deepEqual(faults({ ...trust, Principal: { [type]: value } }), [
        `Invalid principal in policy: "${type}":"${value}"`,
      ]);
    }
  });

  it('names a principal that does not exist', () => {
    const rules: KeyPolicyRules = {
      partition: 'aws',
      principalExists: (nameOrId) => nameOrId.endsWith('Alice'),
    };
    const principal = {
      AWS: ['arn:aws:iam::111122223333:user/Alice', 'arn:aws:iam::111122223333:user/x', '111122223333'],
      Federated: 'arn:aws:iam::111122223333:oidc-provider/issuer.example.com',
      Service: 'ec2.amazonaws.com',
    };
    assert.deepEqual(trustFaults({ ...trust, Principal: principal }, rules), [
      [
        'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:user/x"',
        'statement 1: Principal "arn:aws:iam::111122223333:user/x" does not exist',
      ],
      [
        'Invalid principal in policy: "Federated":"arn:aws:iam::111122223333:oidc-provider/issuer.example.com"',
        'statement 1: Principal "arn:aws:iam::111122223333:oidc-provider/issuer.example.com" does not exist',
      ],
    ]);
  });

  it('refuses what a key policy is refused for', () => {
    assert.deepEqual(faults({ Effect: 'Allow' }), [
      'Policy contains a statement with no principal.',
      'Missing required field Action',
    ]);
  });
});

describe('web identities', () => {
  const bearer = webIdentityOf(ACCOUNT);
  const assume = (caller: Principal, keyPolicy: CompiledPolicy, more: Partial<AuthorizationPolicies> = {}) =>
    outcome(
      authorize(
        requestOf(caller, {
          action: 'sts:AssumeRoleWithWebIdentity',
          resource: `arn:aws:iam::${ACCOUNT}:role/Admin`,
          context: contextOf({ 'issuer.example.com:sub': 'alice' }),
        }),
        { ...NO_POLICIES, ...more, keyPolicy },
      ),
    );
  const trust = (...statements: readonly RawStatement[]) =>
    compileTrustPolicy(
      parsePolicy(
        policyText(
          statements.map((statement) => ({
            Effect: 'Allow',
            Action: 'sts:AssumeRoleWithWebIdentity',
            ...statement,
          })),
        ),
      ),
    );
  const named = { Principal: { Federated: bearer.arn } };

  it('are allowed by the ARN of their provider, and by nobody else’s', () => {
    assert.equal(assume(bearer, trust(named)), 'allow by key-policy');
    const other = webIdentityOf(ACCOUNT, 'other.example.com');
    assert.equal(assume(other, trust(named)), 'implicit-deny by key-policy');
  });
  it('are held to conditions, on claims of their token', () => {
    const sub = (value: string) => ({ Condition: { StringEquals: { 'issuer.example.com:sub': value } } });
    assert.equal(assume(bearer, trust({ ...named, ...sub('alice') })), 'allow by key-policy');
    assert.equal(assume(bearer, trust({ ...named, ...sub('bob') })), 'implicit-deny by key-policy');
  });
  it('are not meant by an Allow for *, for the account, or for all but others', () => {
    for (const who of [
      { Principal: '*' },
      { Principal: { AWS: ['*', ACCOUNT, root.arn] } },
      { NotPrincipal: { AWS: user.arn } },
      { NotPrincipal: { Federated: 'accounts.google.com' } },
    ]) {
      assert.equal(
        assume(bearer, trust(who), { identityPolicies: [policyOf(ANYTHING)] }),
        'implicit-deny by key-policy',
      );
    }
  });
  it('are meant by a Deny for *, and for all but others', () => {
    for (const who of [{ Principal: '*' }, { NotPrincipal: { AWS: ['*', ACCOUNT] } }]) {
      assert.equal(assume(bearer, trust(named, { ...who, Effect: 'Deny' })), 'explicit-deny by key-policy');
    }
    const spared = { NotPrincipal: { Federated: bearer.arn }, Effect: 'Deny' };
    assert.equal(assume(bearer, trust(named, spared)), 'allow by key-policy');
  });
  it('are never allowed into another account, whatever policies come along', () => {
    const foreign = webIdentityOf(OTHER_ACCOUNT);
    const keyPolicy = trust({ Principal: { Federated: foreign.arn } });
    for (const identityPolicies of [[], [policyOf(ANYTHING)]]) {
      assert.equal(assume(foreign, keyPolicy, { identityPolicies }), 'implicit-deny by identity-policy');
    }
  });
  it('have no identity policies, and no grants', () => {
    const policies = { identityPolicies: [policyOf(ANYTHING)] };
    assert.equal(outcome(authorize(accountRequestOf(bearer), policies)), 'implicit-deny by identity-policy');
    const grants = [{ grantId: 'g', granteePrincipal: bearer.arn, operations: ['DescribeKey'] }];
    assert.equal(ask(bearer, { grants, ...policies }), 'implicit-deny by key-policy');
  });
  it('are the only ones that a Federated entry names', () => {
    for (const caller of [root, user, session, federatedOf(ACCOUNT), serviceOf()]) {
      assert.equal(assume(caller, trust(named)), 'implicit-deny by key-policy');
    }
  });
});

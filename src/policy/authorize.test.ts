// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AuthorizationPolicies, authorize } from './authorize.ts';
import type { DecisionLayer } from './decision.ts';
import {
  ACCOUNT,
  ALLOW,
  accountRequestOf,
  ask,
  DENY,
  federatedOf,
  keyPolicyFor,
  NO_POLICIES,
  OTHER_ACCOUNT,
  OTHER_KEY_ARN,
  outcome,
  policyOf,
  requestOf,
  rootOf,
  serviceOf,
  sessionOf,
  userOf,
} from './fixtures.test-support.ts';
import type { Principal } from './request.ts';

const root = rootOf(ACCOUNT);
const user = userOf(ACCOUNT);
const session = sessionOf(ACCOUNT);
const stranger = userOf(OTHER_ACCOUNT);
const allowAll = policyOf(ALLOW);
const denyAll = policyOf(DENY);
const allowNothing = policyOf({ ...ALLOW, Action: 's3:*' });
const delegating = keyPolicyFor(root.arn);

describe('test vectors of policies.md, section 3 (kms:DescribeKey)', () => {
  const rootPolicy = (caller: Principal & { account: string }) => keyPolicyFor(rootOf(caller.account).arn);
  const vectors: readonly {
    readonly keyPolicy: string;
    readonly identity: 'none' | 'Allow' | 'Deny';
    readonly same: string;
    readonly cross: string;
    policies(caller: Principal & { account: string }): Partial<AuthorizationPolicies>;
  }[] = [
    {
      keyPolicy: 'none',
      identity: 'Allow',
      same: 'implicit-deny',
      cross: 'implicit-deny',
      policies: () => ({ identityPolicies: [allowAll] }),
    },
    {
      keyPolicy: 'other user',
      identity: 'Allow',
      same: 'implicit-deny',
      cross: 'implicit-deny',
      policies: ({ account }) => ({
        keyPolicy: keyPolicyFor(userOf(account, 'Bob').arn),
        identityPolicies: [allowAll],
      }),
    },
    {
      keyPolicy: 'root of caller account',
      identity: 'none',
      same: 'implicit-deny',
      cross: 'implicit-deny',
      policies: (caller) => ({ keyPolicy: rootPolicy(caller) }),
    },
    {
      keyPolicy: 'root of caller account',
      identity: 'Allow',
      same: 'allow',
      cross: 'allow',
      policies: (caller) => ({ keyPolicy: rootPolicy(caller), identityPolicies: [allowAll] }),
    },
    {
      keyPolicy: 'caller user',
      identity: 'none',
      same: 'allow',
      cross: 'implicit-deny',
      policies: ({ arn }) => ({ keyPolicy: keyPolicyFor(arn) }),
    },
    {
      keyPolicy: 'caller user',
      identity: 'Allow',
      same: 'allow',
      cross: 'allow',
      policies: ({ arn }) => ({ keyPolicy: keyPolicyFor(arn), identityPolicies: [allowAll] }),
    },
    {
      keyPolicy: 'root of caller account',
      identity: 'Deny',
      same: 'explicit-deny',
      cross: 'explicit-deny',
      policies: (caller) => ({ keyPolicy: rootPolicy(caller), identityPolicies: [allowAll, denyAll] }),
    },
    {
      keyPolicy: 'Deny root of caller account',
      identity: 'Allow',
      same: 'explicit-deny',
      cross: 'explicit-deny',
      policies: ({ account, arn }) => ({
        keyPolicy: policyOf(
          { ...ALLOW, Principal: { AWS: arn } },
          { ...DENY, Principal: { AWS: rootOf(account).arn } },
        ),
        identityPolicies: [allowAll],
      }),
    },
    {
      keyPolicy: 'statement without Principal (Allow)',
      identity: 'none',
      same: 'implicit-deny',
      cross: 'implicit-deny',
      policies: () => ({ keyPolicy: policyOf(ALLOW) }),
    },
    {
      keyPolicy: 'statement without Principal (Deny)',
      identity: 'Allow',
      same: 'allow',
      cross: 'allow',
      policies: ({ arn }) => ({
        keyPolicy: policyOf(DENY, { ...ALLOW, Principal: { AWS: arn } }),
        identityPolicies: [allowAll],
      }),
    },
  ];
  for (const { keyPolicy, identity, same, cross, policies } of vectors) {
    it(`key policy: ${keyPolicy}; identity policy: ${identity}; same account: ${same}`, () => {
      assert.equal(authorize(requestOf(user), { ...NO_POLICIES, ...policies(user) }).outcome, same);
    });
    it(`key policy: ${keyPolicy}; identity policy: ${identity}; cross account: ${cross}`, () => {
      assert.equal(authorize(requestOf(stranger), { ...NO_POLICIES, ...policies(stranger) }).outcome, cross);
    });
  }
});

describe('1. an explicit Deny anywhere wins', () => {
  const everything = {
    keyPolicy: keyPolicyFor('*'),
    identityPolicies: [allowAll],
    permissionsBoundary: allowAll,
    sessionPolicies: [allowAll],
    grants: [{ grantId: 'g', granteePrincipal: user.arn, operations: ['DescribeKey'] }],
  };
  const denyFor = (aws: string) =>
    policyOf({ ...ALLOW, Principal: '*' }, { ...DENY, Principal: { AWS: aws } });
  const cases: readonly (readonly [
    where: string,
    layer: DecisionLayer,
    changes: Partial<AuthorizationPolicies>,
  ])[] = [
    ['in an identity policy', 'identity-policy', { identityPolicies: [allowAll, denyAll] }],
    ['in the permissions boundary', 'permissions-boundary', { permissionsBoundary: policyOf(ALLOW, DENY) }],
    ['in a session policy', 'session-policy', { sessionPolicies: [allowAll, denyAll] }],
    ['in the key policy, for the user', 'key-policy', { keyPolicy: denyFor(user.arn) }],
    ['in the key policy, for the account', 'key-policy', { keyPolicy: denyFor(ACCOUNT) }],
    ['in the key policy, for everybody', 'key-policy', { keyPolicy: denyFor('*') }],
  ];
  it('(everything allows without it)', () => assert.equal(ask(user, everything), 'allow by key-policy'));
  for (const [where, layer, changes] of cases) {
    it(where, () => assert.equal(ask(user, { ...everything, ...changes }), `explicit-deny by ${layer}`));
  }

  it('over a grant that permits', () => {
    const grants = [{ grantId: 'g', granteePrincipal: user.arn, operations: ['DescribeKey'] }];
    assert.equal(ask(user, { grants, identityPolicies: [denyAll] }), 'explicit-deny by identity-policy');
  });

  it('for an account denies its root user, its users, its sessions', () => {
    const keyPolicy = denyFor(ACCOUNT);
    for (const caller of [root, user, session, federatedOf(ACCOUNT)]) {
      assert.equal(ask(caller, { keyPolicy }), 'explicit-deny by key-policy');
    }
    assert.equal(ask(stranger, { keyPolicy, identityPolicies: [allowAll] }), 'allow by identity-policy');
  });

  it('that does not match does not count', () => {
    const other = policyOf({ ...DENY, Action: 'kms:Encrypt' }, { ...DENY, Resource: OTHER_KEY_ARN });
    assert.equal(ask(user, { ...everything, identityPolicies: [allowAll, other] }), 'allow by key-policy');
  });

  it('of the caller is found before one of the key policy, so that the answer does not tell that the key exists', () => {
    assert.equal(
      ask(stranger, { keyPolicy: denyFor('*'), identityPolicies: [denyAll] }),
      ask(stranger, { identityPolicies: [denyAll] }),
    );
  });
});

describe('same account: direct, or delegated with an identity policy, or a grant', () => {
  it('direct: the user', () =>
    assert.equal(ask(user, { keyPolicy: keyPolicyFor(user.arn) }), 'allow by key-policy'));

  it('direct: the role, for every session of it', () => {
    assert.equal(ask(session, { keyPolicy: keyPolicyFor(session.roleArn) }), 'allow by key-policy');
  });

  it('direct: the session', () => {
    const keyPolicy = keyPolicyFor(session.arn);
    assert.equal(ask(session, { keyPolicy }), 'allow by key-policy');
    assert.equal(ask(sessionOf(ACCOUNT, 'Admin', 'session-2'), { keyPolicy }), 'implicit-deny by key-policy');
  });

  it('direct: *, without any identity policy', () => {
    assert.equal(ask(user, { keyPolicy: keyPolicyFor('*') }), 'allow by key-policy');
  });

  it('direct: unique ids', () => {
    assert.equal(ask(user, { keyPolicy: keyPolicyFor(user.uniqueId) }), 'allow by key-policy');
    assert.equal(ask(session, { keyPolicy: keyPolicyFor(session.uniqueId) }), 'allow by key-policy');
  });

  it('delegated: the identity policy has to allow', () => {
    assert.equal(ask(user, { keyPolicy: delegating }), 'implicit-deny by identity-policy');
    assert.equal(
      ask(user, { keyPolicy: delegating, identityPolicies: [allowNothing] }),
      'implicit-deny by identity-policy',
    );
    assert.equal(
      ask(user, { keyPolicy: delegating, identityPolicies: [allowNothing, allowAll] }),
      'allow by identity-policy',
    );
  });

  it('delegated: by account number alike', () => {
    assert.equal(
      ask(user, { keyPolicy: keyPolicyFor(ACCOUNT), identityPolicies: [allowAll] }),
      'allow by identity-policy',
    );
  });

  it('neither: the identity policy alone is ineffective', () => {
    assert.equal(
      ask(user, { keyPolicy: keyPolicyFor(OTHER_ACCOUNT), identityPolicies: [allowAll] }),
      'implicit-deny by key-policy',
    );
  });

  it('grant: independent of both', () => {
    const grants = [{ grantId: 'g-1', granteePrincipal: user.arn, operations: ['DescribeKey'] }];
    const decision = authorize(requestOf(user), { identityPolicies: [], grants });
    assert.deepEqual([outcome(decision), decision.grantId], ['allow by grant', 'g-1']);
  });

  it('the closest Allow counts, wherever it stands', () => {
    const keyPolicy = policyOf(
      { ...ALLOW, Principal: { AWS: root.arn } },
      { ...ALLOW, Principal: { AWS: user.arn } },
    );
    assert.equal(ask(user, { keyPolicy }), 'allow by key-policy');
  });
});

describe('cross account', () => {
  it('direct or delegated, and an identity policy', () => {
    for (const keyPolicy of [keyPolicyFor(stranger.arn), keyPolicyFor(OTHER_ACCOUNT), keyPolicyFor('*')]) {
      assert.equal(ask(stranger, { keyPolicy }), 'implicit-deny by identity-policy');
      assert.equal(ask(stranger, { keyPolicy, identityPolicies: [allowAll] }), 'allow by identity-policy');
    }
  });

  it('a key policy that delegates to its own account only', () => {
    assert.equal(
      ask(stranger, { keyPolicy: delegating, identityPolicies: [allowAll] }),
      'implicit-deny by key-policy',
    );
  });

  it('a grant to the caller, without any identity policy', () => {
    const grants = [{ grantId: 'g', granteePrincipal: stranger.arn, operations: ['DescribeKey'] }];
    assert.equal(ask(stranger, { grants }), 'allow by grant');
  });

  it('the root user of the other account holds every permission there', () => {
    const caller = rootOf(OTHER_ACCOUNT);
    assert.equal(ask(caller, { keyPolicy: keyPolicyFor(OTHER_ACCOUNT) }), 'allow by root-user');
    assert.equal(ask(caller, { keyPolicy: delegating }), 'implicit-deny by key-policy');
  });
});

describe('service principals', () => {
  const named = policyOf({ ...ALLOW, Principal: { Service: 's3.amazonaws.com' } });
  it('are allowed by their name', () => {
    assert.equal(ask(serviceOf(), { keyPolicy: named }), 'allow by key-policy');
    assert.equal(ask(serviceOf('ec2.amazonaws.com'), { keyPolicy: named }), 'implicit-deny by key-policy');
  });
  it('are not meant by an Allow for *', () => {
    assert.equal(ask(serviceOf(), { keyPolicy: keyPolicyFor('*') }), 'implicit-deny by key-policy');
  });
  it('are allowed by a grant to them', () => {
    const grants = [
      { grantId: 'g', granteeServicePrincipal: 's3.amazonaws.com', operations: ['DescribeKey'] },
    ];
    assert.equal(ask(serviceOf(), { grants }), 'allow by grant');
    assert.equal(ask(user, { grants }), 'implicit-deny by key-policy');
  });
  it('have no identity policies to be allowed by', () => {
    assert.equal(
      outcome(authorize(accountRequestOf(serviceOf()), NO_POLICIES)),
      'implicit-deny by identity-policy',
    );
  });
});

describe('the root user', () => {
  it('of its own key: if the key policy delegates to the account, or names * or the root user', () => {
    for (const named of [root.arn, ACCOUNT, '*']) {
      assert.equal(ask(root, { keyPolicy: keyPolicyFor(named) }), 'allow by key-policy');
    }
  });
  it('is refused by a key policy that leaves it out', () => {
    assert.equal(ask(root, { keyPolicy: keyPolicyFor(user.arn) }), 'implicit-deny by key-policy');
    assert.equal(ask(root, {}), 'implicit-deny by key-policy');
  });
  it('is refused where the delegation does not cover the action', () => {
    const keyPolicy = policyOf({ ...ALLOW, Principal: { AWS: root.arn }, Action: 'kms:Encrypt' });
    assert.equal(ask(root, { keyPolicy }), 'implicit-deny by key-policy');
  });
  it('is not touched by identity policies', () => {
    assert.equal(ask(root, { keyPolicy: delegating, identityPolicies: [denyAll] }), 'allow by key-policy');
    assert.equal(ask(root, { identityPolicies: [allowAll] }), 'implicit-deny by key-policy');
  });
  it('may do every operation that has no key', () => {
    const policies = { identityPolicies: [denyAll] };
    assert.equal(outcome(authorize(accountRequestOf(root), policies)), 'allow by root-user');
  });
});

describe('5. the permissions boundary', () => {
  const permissionsBoundary = allowNothing;
  it('limits what an identity policy gives', () => {
    const policies = { keyPolicy: delegating, identityPolicies: [allowAll] };
    assert.equal(ask(user, { ...policies, permissionsBoundary }), 'implicit-deny by permissions-boundary');
    assert.equal(ask(user, { ...policies, permissionsBoundary: allowAll }), 'allow by identity-policy');
  });
  it('gives nothing by itself', () => {
    assert.equal(
      ask(user, { keyPolicy: delegating, permissionsBoundary: allowAll }),
      'implicit-deny by identity-policy',
    );
  });
  const federated = federatedOf(ACCOUNT);
  for (const [what, caller, named] of [
    ['the user', user, user.arn],
    ['the session', session, session.arn],
    ['the federated user', federated, federated.arn],
    ['*', user, '*'],
    ['*, for a session', session, '*'],
  ] as const) {
    it(`does not limit a key policy of the same account that names ${what}`, () => {
      assert.equal(
        ask(caller, { keyPolicy: keyPolicyFor(named), permissionsBoundary }),
        'allow by key-policy',
      );
    });
  }
  it('limits a key policy that names the role', () => {
    const keyPolicy = keyPolicyFor(session.roleArn);
    assert.equal(ask(session, { keyPolicy, permissionsBoundary }), 'implicit-deny by permissions-boundary');
    assert.equal(ask(session, { keyPolicy, permissionsBoundary: allowAll }), 'allow by key-policy');
  });
  it('limits a key policy that merely does not exclude the caller', () => {
    const keyPolicy = policyOf({ ...ALLOW, NotPrincipal: { AWS: OTHER_ACCOUNT } });
    assert.equal(ask(user, { keyPolicy }), 'allow by key-policy');
    assert.equal(ask(user, { keyPolicy, permissionsBoundary }), 'implicit-deny by permissions-boundary');
  });
  it('limits whatever comes from another account', () => {
    const policies = { keyPolicy: keyPolicyFor(stranger.arn), identityPolicies: [allowAll] };
    assert.equal(
      ask(stranger, { ...policies, permissionsBoundary }),
      'implicit-deny by permissions-boundary',
    );
    assert.equal(ask(stranger, { ...policies, permissionsBoundary: allowAll }), 'allow by identity-policy');
  });
  it('limits grants', () => {
    const grants = [{ grantId: 'g', granteePrincipal: user.arn, operations: ['DescribeKey'] }];
    assert.equal(ask(user, { grants, permissionsBoundary }), 'implicit-deny by permissions-boundary');
    assert.equal(ask(user, { grants, permissionsBoundary: allowAll }), 'allow by grant');
  });
  it('makes a Deny with NotPrincipal deny, whatever is listed', () => {
    const keyPolicy = policyOf(
      { ...ALLOW, Principal: { AWS: user.arn } },
      { ...DENY, NotPrincipal: { AWS: [user.arn, ACCOUNT] } },
    );
    assert.equal(ask(user, { keyPolicy }), 'allow by key-policy');
    assert.equal(ask(user, { keyPolicy, permissionsBoundary: allowAll }), 'explicit-deny by key-policy');
  });
});

describe('6. session policies', () => {
  const sessionPolicies = [allowNothing];
  it('limit the identity path', () => {
    const policies = { keyPolicy: delegating, identityPolicies: [allowAll] };
    assert.equal(ask(session, { ...policies, sessionPolicies }), 'implicit-deny by session-policy');
    assert.equal(
      ask(session, { ...policies, sessionPolicies: [allowNothing, allowAll] }),
      'allow by identity-policy',
    );
  });
  for (const [what, named] of [
    ['the role', session.roleArn],
    ['the session itself', session.arn],
    ['*', '*'],
  ] as const) {
    it(`limit a key policy that names ${what}`, () => {
      assert.equal(
        ask(session, { keyPolicy: keyPolicyFor(named), sessionPolicies }),
        'implicit-deny by session-policy',
      );
    });
  }
  it('limit grants', () => {
    const grants = [{ grantId: 'g', granteePrincipal: session.roleArn, operations: ['DescribeKey'] }];
    assert.equal(ask(session, { grants }), 'allow by grant');
    assert.equal(ask(session, { grants, sessionPolicies }), 'implicit-deny by session-policy');
  });
  it('limit operations without a key', () => {
    const policies = { identityPolicies: [allowAll], sessionPolicies };
    assert.equal(outcome(authorize(accountRequestOf(session), policies)), 'implicit-deny by session-policy');
  });
  it('an empty list limits nothing', () => {
    assert.equal(
      ask(session, { keyPolicy: keyPolicyFor(session.arn), sessionPolicies: [] }),
      'allow by key-policy',
    );
  });
  it('a federated session without one has only what names it', () => {
    const federated = federatedOf(ACCOUNT);
    const policies = { keyPolicy: delegating, identityPolicies: [allowAll] };
    assert.equal(ask(federated, policies), 'implicit-deny by session-policy');
    assert.equal(ask(federated, { ...policies, sessionPolicies: [] }), 'implicit-deny by session-policy');
    assert.equal(ask(federated, { ...policies, sessionPolicies: [allowAll] }), 'allow by identity-policy');
    assert.equal(ask(federated, { keyPolicy: keyPolicyFor(federated.arn) }), 'allow by key-policy');
    assert.equal(ask(federated, { keyPolicy: keyPolicyFor(user.arn) }), 'allow by key-policy');
  });
});

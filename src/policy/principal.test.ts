import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Effect } from './document.ts';
import {
  ACCOUNT,
  federatedOf,
  OTHER_ACCOUNT,
  rootOf,
  serviceOf,
  sessionOf,
  userOf,
  webIdentityOf,
} from './fixtures.test-support.ts';
import { callerNames, compilePrincipal, granteeNaming, type Naming } from './principal.ts';
import type { Principal } from './request.ts';

const POSITION = { line: 1, column: 1 };
const ROOT_ARN = `arn:aws:iam::${ACCOUNT}:root`;
const USER_ARN = `arn:aws:iam::${ACCOUNT}:user/Alice`;
const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/Admin`;
const SESSION_ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/Admin/session-1`;
const FEDERATED_ARN = `arn:aws:sts::${ACCOUNT}:federated-user/Guest`;

interface Setting {
  readonly effect?: Effect;
  readonly negated?: boolean;
  readonly hasBoundary?: boolean;
}

/** How entries, as `type value`, name a caller. */
function naming(
  caller: Principal,
  entries: readonly string[],
  { effect = 'Allow', negated = false, hasBoundary = false }: Setting = {},
): Naming {
  const parsed = entries.map((entry) => {
    const [type = '', value = ''] = entry.includes(' ') ? entry.split(' ') : ['AWS', entry];
    return { type, value, position: POSITION };
  });
  return compilePrincipal({ negated, entries: parsed, position: POSITION }, effect)(
    callerNames(caller),
    hasBoundary,
  );
}

const root = rootOf(ACCOUNT);
const user = userOf(ACCOUNT);
const session = sessionOf(ACCOUNT);
const federated = federatedOf(ACCOUNT);
const service = serviceOf();
const webIdentity = webIdentityOf(ACCOUNT);

describe('Principal: who is named, and how closely', () => {
  const forms: readonly (readonly [form: string, namings: Readonly<Record<string, Naming>>])[] = [
    ['*', { root: 'itself', user: 'itself', session: 'itself', federated: 'itself', stranger: 'itself' }],
    [ACCOUNT, { root: 'itself', user: 'account', session: 'account', federated: 'account' }],
    [ROOT_ARN, { root: 'itself', user: 'account', session: 'account', federated: 'account' }],
    [USER_ARN, { user: 'itself', federated: 'itself' }],
    [user.uniqueId, { user: 'itself', federated: 'itself' }],
    [ROLE_ARN, { session: 'broadly' }],
    [session.uniqueId, { session: 'broadly' }],
    [SESSION_ARN, { session: 'itself' }],
    [FEDERATED_ARN, { federated: 'itself' }],
    ['Service s3.amazonaws.com', { service: 'itself' }],
    ['Service ec2.amazonaws.com', {}],
    ['Federated cognito-identity.amazonaws.com', {}],
    ['Federated s3.amazonaws.com', {}],
    [`Federated ${webIdentity.arn}`, { webIdentity: 'itself' }],
    [`Federated ${webIdentityOf(ACCOUNT, 'other.example.com').arn}`, {}],
    [`Federated ${webIdentityOf(OTHER_ACCOUNT).arn}`, {}],
    ['Federated issuer.example.com', {}],
    [webIdentity.arn, {}],
    ['CanonicalUser 79a59df900b949e55d96a1e698fb', {}],
    [`arn:aws:iam::${ACCOUNT}:group/Admins`, {}],
    [`arn:aws:iam::${ACCOUNT}:user/*`, {}],
    [`arn:aws:iam::${ACCOUNT}:role/*`, {}],
    [`arn:aws:iam::${ACCOUNT}:*`, {}],
    ['arn:aws:iam::*:root', {}],
    [`arn:aws-cn:iam::${ACCOUNT}:root`, {}],
    [`arn:aws-cn:iam::${ACCOUNT}:role/Admin`, {}],
    [`arn:aws:iam::${ACCOUNT}:user/alice`, {}],
    [`arn:aws:iam::${ACCOUNT}:user/team/Alice`, {}],
    [`arn:aws:iam::${ACCOUNT}:role/Other`, {}],
    [`arn:aws:iam::${OTHER_ACCOUNT}:role/Admin`, { stranger: 'not-at-all' }],
    [`arn:aws:sts::${ACCOUNT}:assumed-role/Admin/session-2`, {}],
    [OTHER_ACCOUNT, { stranger: 'account' }],
    [`arn:aws:iam::${OTHER_ACCOUNT}:root`, { stranger: 'account' }],
    [`arn:aws:iam::${OTHER_ACCOUNT}:user/Alice`, { stranger: 'itself' }],
  ];
  const callers: Readonly<Record<string, Principal>> = {
    root,
    user,
    session,
    federated,
    service,
    webIdentity,
    stranger: userOf(OTHER_ACCOUNT),
  };
  for (const [form, expected] of forms) {
    const listed = Object.entries(expected).map(([name, how]) => `${name} ${how}`);
    it(`${form} names ${listed.length === 0 ? 'nobody' : listed.join(', ')}`, () => {
      for (const [name, caller] of Object.entries(callers)) {
        assert.equal(naming(caller, [form]), expected[name] ?? 'not-at-all', name);
      }
    });
  }

  it('a user with a path is named by its whole ARN', () => {
    const alice = userOf(ACCOUNT, 'division/team/Alice');
    assert.equal(naming(alice, [`arn:aws:iam::${ACCOUNT}:user/division/team/Alice`]), 'itself');
    assert.equal(naming(alice, [USER_ARN]), 'not-at-all');
  });

  it('a role is compared by account, partition and name: sessions know no path', () => {
    const deep = sessionOf(ACCOUNT, 'service-role/deep/Admin');
    assert.equal(naming(deep, [`arn:aws:iam::${ACCOUNT}:role/service-role/deep/Admin`]), 'broadly');
    assert.equal(naming(deep, [ROLE_ARN]), 'broadly');
    assert.equal(naming(deep, [`arn:aws:iam::${ACCOUNT}:role/deep`]), 'not-at-all');
  });

  it('a principal bound to its id does not match a namesake made later', () => {
    const namesake = { ...user, uniqueId: 'AIDASOMEBODYELSE' };
    assert.equal(naming(namesake, [user.uniqueId]), 'not-at-all');
  });

  it('a session that the root user started is not the root user', () => {
    const guest = { ...federated, userArn: ROOT_ARN };
    assert.equal(naming(guest, [ROOT_ARN]), 'account');
  });

  it('the closest of several entries counts', () => {
    assert.equal(naming(session, [ROOT_ARN, ROLE_ARN]), 'broadly');
    assert.equal(naming(session, [ROOT_ARN, ROLE_ARN, SESSION_ARN]), 'itself');
    assert.equal(naming(user, ['Service s3.amazonaws.com', ACCOUNT]), 'account');
  });

  for (const caller of [service, webIdentity]) {
    it(`* in an Allow is no ${caller.kind}, in a Deny it is`, () => {
      assert.equal(naming(caller, ['*']), 'not-at-all');
      assert.equal(naming(caller, ['*'], { effect: 'Deny' }), 'itself');
    });
  }

  it('an account is no web identity of its providers, not even in a Deny', () => {
    for (const entry of [ACCOUNT, ROOT_ARN]) {
      assert.equal(naming(webIdentity, [entry], { effect: 'Deny' }), 'not-at-all');
    }
  });

  it('an empty list names nobody, in either form', () => {
    for (const effect of ['Allow', 'Deny'] as const) {
      assert.equal(naming(user, [], { effect }), 'not-at-all');
      assert.equal(naming(user, [], { effect, negated: true }), 'not-at-all');
    }
  });
});

describe('NotPrincipal in an Allow', () => {
  const excluded = (caller: Principal, ...entries: string[]) =>
    naming(caller, entries, { negated: true }) === 'not-at-all';

  it('names everybody that is not listed, but not as closely as a name would', () => {
    assert.equal(naming(user, [ROLE_ARN], { negated: true }), 'broadly');
    assert.equal(naming(userOf(OTHER_ACCOUNT), [ROOT_ARN], { negated: true }), 'broadly');
  });

  it('root or account, role and session all count as listed', () => {
    assert.ok(excluded(user, USER_ARN));
    assert.ok(excluded(user, ACCOUNT));
    assert.ok(excluded(session, ROOT_ARN));
    assert.ok(excluded(session, ROLE_ARN));
    assert.ok(excluded(session, SESSION_ARN));
    assert.ok(excluded(federated, USER_ARN));
    assert.ok(excluded(root, ACCOUNT));
    assert.ok(excluded(user, '*'));
  });

  it('leaves out a role by its id, as by its ARN', () => {
    assert.ok(excluded(session, session.uniqueId));
    assert.ok(excluded(sessionOf(ACCOUNT, 'Admin', 'session-2'), session.uniqueId));
    assert.ok(!excluded({ ...session, uniqueId: 'AROASOMEBODYELSE' }, session.uniqueId));
  });

  it('leaves out a user by its id, and its federated sessions', () => {
    assert.ok(excluded(user, user.uniqueId));
    assert.ok(excluded(federated, user.uniqueId));
    assert.ok(!excluded({ ...user, uniqueId: 'AIDASOMEBODYELSE' }, user.uniqueId));
  });

  it('never names a web identity', () => {
    assert.ok(excluded(webIdentity, USER_ARN));
    assert.ok(excluded(webIdentity, 'Federated accounts.google.com'));
  });

  it('never names a service, and nobody at all when one of the listed is not a principal', () => {
    assert.ok(excluded(service, USER_ARN));
    assert.ok(excluded(session, USER_ARN, `arn:aws:iam::${ACCOUNT}:role/*`));
  });
});

describe('NotPrincipal in a Deny', () => {
  const spared = (caller: Principal, ...entries: string[]) =>
    naming(caller, entries, { negated: true, effect: 'Deny' }) === 'not-at-all';

  it('denies everybody that is not listed', () => {
    assert.ok(!spared(user, ROLE_ARN));
    assert.ok(!spared(root, USER_ARN));
    assert.ok(!spared(service, ROOT_ARN));
    assert.ok(!spared(userOf(OTHER_ACCOUNT), ROOT_ARN));
  });

  it('spares a user that is listed, or whose account is', () => {
    assert.ok(spared(user, USER_ARN));
    assert.ok(spared(user, user.uniqueId));
    assert.ok(spared(user, ROOT_ARN));
    assert.ok(spared(root, ACCOUNT));
    assert.ok(spared(service, 'Service s3.amazonaws.com'));
    assert.ok(spared(user, '*'));
  });

  it('spares a role session only if account, role and session are listed', () => {
    assert.ok(!spared(session, ROLE_ARN));
    assert.ok(!spared(session, SESSION_ARN));
    assert.ok(!spared(session, ROOT_ARN));
    assert.ok(!spared(session, ROLE_ARN, SESSION_ARN));
    assert.ok(spared(session, ROOT_ARN, ROLE_ARN, SESSION_ARN));
    assert.ok(spared(session, ACCOUNT, session.uniqueId, SESSION_ARN));
  });

  it('spares a federated session only if it and its account are listed', () => {
    assert.ok(!spared(federated, FEDERATED_ARN));
    assert.ok(!spared(federated, ROOT_ARN));
    assert.ok(spared(federated, ROOT_ARN, FEDERATED_ARN));
    assert.ok(spared(federated, ROOT_ARN, USER_ARN));
  });

  it('never spares a caller with a permissions boundary, whatever is listed', () => {
    for (const entry of ['*', USER_ARN, ROOT_ARN]) {
      assert.equal(naming(user, [entry], { negated: true, effect: 'Deny', hasBoundary: true }), 'itself');
    }
  });

  it('a web identity is spared neither by * nor by its account, but by its provider', () => {
    assert.ok(!spared(webIdentity, '*', ROOT_ARN, ACCOUNT));
    assert.ok(spared(webIdentity, `Federated ${webIdentity.arn}`));
    assert.ok(!spared(user, `Federated ${webIdentity.arn}`));
  });

  it('a service is not spared by *, but by its name', () => {
    assert.ok(!spared(service, '*'));
    assert.ok(spared(service, '*', 'Service s3.amazonaws.com'));
  });
});

describe('granteeNaming', () => {
  const cases: readonly (readonly [grantee: string, caller: Principal, expected: Naming])[] = [
    [USER_ARN, user, 'itself'],
    [USER_ARN, federated, 'itself'],
    [user.uniqueId, user, 'itself'],
    [`arn:aws:iam::${ACCOUNT}:role/path/Admin`, session, 'broadly'],
    [session.uniqueId, session, 'broadly'],
    [SESSION_ARN, session, 'itself'],
    [FEDERATED_ARN, federated, 'itself'],
    [ROOT_ARN, root, 'itself'],
    [ROOT_ARN, user, 'account'],
    [ACCOUNT, user, 'account'],
    ['s3.amazonaws.com', service, 'itself'],
    ['s3.amazonaws.com', { ...user, uniqueId: 's3.amazonaws.com' }, 'not-at-all'],
    ['', { ...session, uniqueId: '' }, 'not-at-all'],
    ['*', user, 'not-at-all'],
    ['', user, 'not-at-all'],
    [USER_ARN, userOf(OTHER_ACCOUNT), 'not-at-all'],
    [ROLE_ARN, user, 'not-at-all'],
    [webIdentity.arn, webIdentity, 'not-at-all'],
    [ROOT_ARN, webIdentity, 'not-at-all'],
  ];
  for (const [grantee, caller, expected] of cases) {
    it(`${grantee || 'nothing'} names ${caller.arn}: ${expected}`, () => {
      assert.equal(granteeNaming(grantee, callerNames(caller)), expected);
    });
  }
});

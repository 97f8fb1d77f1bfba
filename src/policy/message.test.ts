import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AuthorizationPolicies, authorize } from './authorize.ts';
import { compileTrustPolicy } from './compile.ts';
import {
  ACCOUNT,
  ALLOW,
  accountRequestOf,
  DENY,
  KEY_ARN,
  keyPolicyFor,
  NO_POLICIES,
  OTHER_ACCOUNT,
  policyOf,
  policyText,
  requestOf,
  rootOf,
  serviceOf,
  sessionOf,
  userOf,
  webIdentityOf,
} from './fixtures.test-support.ts';
import { accessDeniedMessage, keyOutOfReachMessage } from './message.ts';
import { parsePolicy } from './parse.ts';
import type { AuthorizationRequest } from './request.ts';

const user = userOf(ACCOUNT);
const session = sessionOf(ACCOUNT);
const stranger = userOf(OTHER_ACCOUNT);
const allowAll = policyOf(ALLOW);
const denyAll = policyOf(DENY);
const allowNothing = policyOf({ ...ALLOW, Action: 's3:*' });
const delegating = keyPolicyFor(rootOf(ACCOUNT).arn);

function message(
  request: AuthorizationRequest,
  policies: Partial<AuthorizationPolicies>,
  associatedWithCiphertext = false,
): string {
  const decision = authorize(request, { ...NO_POLICIES, ...policies });
  assert.equal(decision.allowed, false);
  return accessDeniedMessage(request, decision, { associatedWithCiphertext });
}

const decrypt = (principal: AuthorizationRequest['principal']) =>
  requestOf(principal, { action: 'kms:Decrypt' });
const FOREIGN =
  'because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access';

describe('accessDeniedMessage (policies.md, section 4)', () => {
  const start = `User: arn:aws:iam::${ACCOUNT}:user/Alice is not authorized to perform: kms:Decrypt on resource: ${KEY_ARN}`;

  it('identity policy lacks Allow', () => {
    assert.equal(
      message(decrypt(user), { keyPolicy: delegating }),
      `${start} because no identity-based policy allows the kms:Decrypt action`,
    );
  });
  it('key policy neither names the caller nor delegates', () => {
    assert.equal(
      message(decrypt(user), { keyPolicy: keyPolicyFor(OTHER_ACCOUNT), identityPolicies: [allowAll] }),
      `${start} because no resource-based policy allows the kms:Decrypt action`,
    );
  });
  it('boundary', () => {
    assert.equal(
      message(decrypt(user), {
        keyPolicy: delegating,
        identityPolicies: [allowAll],
        permissionsBoundary: allowNothing,
      }),
      `${start} because no permissions boundary allows the kms:Decrypt action`,
    );
  });
  it('session policy, for the session ARN', () => {
    assert.equal(
      message(decrypt(session), { keyPolicy: keyPolicyFor(session.arn), sessionPolicies: [allowNothing] }),
      `User: arn:aws:sts::${ACCOUNT}:assumed-role/Admin/session-1 is not authorized to perform: kms:Decrypt on resource: ${KEY_ARN} because no session policy allows the kms:Decrypt action`,
    );
  });

  const explicit: readonly (readonly [where: string, policies: Partial<AuthorizationPolicies>])[] = [
    ['an identity-based policy', { identityPolicies: [denyAll] }],
    ['a resource-based policy', { keyPolicy: policyOf({ ...DENY, Principal: '*' }) }],
    ['a permissions boundary', { permissionsBoundary: denyAll }],
    ['a session policy', { sessionPolicies: [denyAll] }],
  ];
  for (const [where, policies] of explicit) {
    it(`explicit deny in ${where}`, () => {
      assert.equal(message(decrypt(user), policies), `${start} with an explicit deny in ${where}`);
    });
  }

  it('cross account: nothing about the key or its policy', () => {
    const text = `User: arn:aws:iam::${OTHER_ACCOUNT}:user/Alice is not authorized to perform: kms:Decrypt on this resource ${FOREIGN}`;
    assert.equal(message(decrypt(stranger), { identityPolicies: [allowAll] }), text);
    assert.equal(message(decrypt(stranger), { keyPolicy: delegating }), text);
    const denying = policyOf({ ...ALLOW, Principal: '*' }, { ...DENY, Principal: '*' });
    assert.equal(message(decrypt(stranger), { keyPolicy: denying, identityPolicies: [allowAll] }), text);
    assert.equal(keyOutOfReachMessage(decrypt(stranger)), text);
  });
  it('cross account: what the caller’s own account denies is told', () => {
    const foreign = `User: arn:aws:iam::${OTHER_ACCOUNT}:user/Alice is not authorized to perform: kms:Decrypt on resource: ${KEY_ARN}`;
    assert.equal(
      message(decrypt(stranger), { keyPolicy: keyPolicyFor(OTHER_ACCOUNT) }),
      `${foreign} because no identity-based policy allows the kms:Decrypt action`,
    );
    assert.equal(
      message(decrypt(stranger), { identityPolicies: [denyAll] }),
      `${foreign} with an explicit deny in an identity-based policy`,
    );
  });
  it('a service learns as little', () => {
    assert.equal(
      message(decrypt(serviceOf()), { keyPolicy: delegating }),
      `User: s3.amazonaws.com is not authorized to perform: kms:Decrypt on this resource ${FOREIGN}`,
    );
  });

  it('a key taken from the ciphertext is not named', () => {
    const ciphertext =
      'is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext';
    assert.equal(
      message(decrypt(user), { keyPolicy: delegating }, true),
      `User: ${user.arn} ${ciphertext} because no identity-based policy allows the kms:Decrypt action`,
    );
    assert.equal(
      message(decrypt(user), { identityPolicies: [denyAll] }, true),
      `User: ${user.arn} ${ciphertext} with an explicit deny in an identity-based policy`,
    );
    assert.equal(message(decrypt(stranger), {}, true), `User: ${stranger.arn} ${ciphertext} ${FOREIGN}`);
    assert.equal(
      keyOutOfReachMessage(decrypt(stranger), { associatedWithCiphertext: true }),
      message(decrypt(stranger), {}, true),
    );
  });

  it('operations without a resource, and operations on an alias', () => {
    assert.equal(
      message(accountRequestOf(user, 'kms:CreateKey'), {}),
      `User: ${user.arn} is not authorized to perform: kms:CreateKey on resource: * because no identity-based policy allows the kms:CreateKey action`,
    );
    const alias = `arn:aws:kms:us-east-1:${ACCOUNT}:alias/app`;
    assert.equal(
      message(accountRequestOf(user, 'kms:CreateAlias', alias), {}),
      `User: ${user.arn} is not authorized to perform: kms:CreateAlias on resource: ${alias} because no identity-based policy allows the kms:CreateAlias action`,
    );
  });
});

describe('accessDeniedMessage for STS: no reason is given', () => {
  const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/Admin`;
  const assume = (principal: AuthorizationRequest['principal'], action = 'sts:AssumeRole') =>
    requestOf(principal, { action, resource: ROLE_ARN });
  const trust = (Effect: 'Allow' | 'Deny', AWS: string) =>
    compileTrustPolicy(parsePolicy(policyText([{ Effect, Principal: { AWS }, Action: 'sts:*' }])));

  const refusals: readonly (readonly [why: string, policies: Partial<AuthorizationPolicies>])[] = [
    ['no trust policy', {}],
    ['a trust policy that names somebody else', { keyPolicy: trust('Allow', userOf(ACCOUNT, 'Bob').arn) }],
    ['a trust policy that denies', { keyPolicy: trust('Deny', '*') }],
    ['an identity policy that does not allow', { keyPolicy: trust('Allow', ACCOUNT) }],
    ['an identity policy that denies', { identityPolicies: [policyOf({ ...DENY, Action: 'sts:*' })] }],
    ['a boundary that denies', { permissionsBoundary: policyOf({ ...DENY, Action: 'sts:*' }) }],
  ];
  for (const [why, policies] of refusals) {
    it(`${why}, to a user of the role’s account and of another`, () => {
      for (const caller of [user, stranger]) {
        assert.equal(
          message(assume(caller), policies),
          `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${ROLE_ARN}`,
        );
      }
    });
    it(`${why}, to the bearer of a web identity`, () => {
      for (const account of [ACCOUNT, OTHER_ACCOUNT]) {
        assert.equal(
          message(assume(webIdentityOf(account), 'sts:AssumeRoleWithWebIdentity'), policies),
          'Not authorized to perform sts:AssumeRoleWithWebIdentity',
        );
      }
    });
  }
});

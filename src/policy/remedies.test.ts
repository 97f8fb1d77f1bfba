import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuthorizationPolicies } from './authorize.ts';
import {
  ACCOUNT,
  ALLOW,
  DENY,
  policyOf,
  requestOf,
  rootOf,
  sessionOf,
  userOf,
} from './fixtures.test-support.ts';
import { remediesFor } from './remedies.ts';

const user = userOf(ACCOUNT);
const delegation = { ...ALLOW, Principal: { AWS: rootOf(ACCOUNT).arn } };
const nothing = policyOf({ ...ALLOW, Action: 'kms:None' });
const Condition = { StringNotEquals: { 'kms:EncryptionContext:team': 'red' } };

function remedies(policies: Partial<AuthorizationPolicies>, principal = requestOf(user)): readonly string[] {
  return remediesFor(principal, { identityPolicies: [], ...policies }, (layer, index) => `${layer} ${index}`);
}

describe('remediesFor', () => {
  it('has nothing to say of what is allowed', () => {
    const keyPolicy = policyOf(delegation);
    assert.deepEqual(remedies({ keyPolicy, identityPolicies: [policyOf(ALLOW)] }), []);
  });

  it('names every Deny that applies, and how its condition would not hold', () => {
    const keyPolicy = policyOf(delegation, { ...DENY, Sid: 'red only', Principal: '*', Condition });
    const denying = policyOf(ALLOW, { ...DENY, Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    const always = policyOf({ ...ALLOW, Sid: 'a' }, { ...DENY, Resource: '*' });
    assert.deepEqual(remedies({ keyPolicy, identityPolicies: [denying, always] }), [
      'remove or narrow the Deny in statement 2 ("red only") of key-policy 0, or send an encryption context with team=red',
      'remove or narrow the Deny in statement 2 of identity-policy 1',
    ]);
  });

  it('names the layer that is missing, also where a Deny hides that', () => {
    const keyPolicy = policyOf(delegation, { ...DENY, Principal: '*' });
    const [first, second, ...others] = remedies({ keyPolicy });
    assert.match(first ?? '', /^remove or narrow the Deny in statement 2/);
    assert.match(second ?? '', /by an identity policy: the key policy leaves it to the account$/);
    assert.deepEqual(others, []);
    assert.match(remedies({ keyPolicy: nothing })[0] ?? '', /^let the key policy allow \S+ to \S+user/);
    const boundary = { permissionsBoundary: nothing };
    const rest = { keyPolicy: policyOf(delegation), identityPolicies: [policyOf(ALLOW)] };
    assert.match(remedies({ ...rest, ...boundary })[0] ?? '', /^let the permissions boundary of /);
    const sessionPolicies = [nothing];
    const bySession = remedies({ ...rest, sessionPolicies }, requestOf(sessionOf(ACCOUNT)));
    assert.match(bySession[0] ?? '', /^ask for the session with a session policy that allows /);
  });

  it('tells what the Allow that nearly applies wants', () => {
    const nearly = (condition: object) =>
      remedies({ keyPolicy: policyOf({ ...delegation, Condition: condition }) })[0];
    assert.equal(
      nearly({ StringEquals: { 'kms:EncryptionContext:team': 'red' } }),
      'send an encryption context with team=red, for statement 1 of key-policy 0 to allow',
    );
    assert.equal(
      nearly({ StringLike: { 'kms:ViaService': ['s3.*', 'sqs.*'] } }),
      'meet the condition StringLike kms:ViaService ["s3.*","sqs.*"] (it is absent), for statement 1 of key-policy 0 to allow',
    );
  });
});

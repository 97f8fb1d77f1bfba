import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import { identityPolicy, trustPolicy, type UserWithKey } from './support/identities.ts';
import { rootOf } from './support/key-policies.ts';
import { assertRefused } from './support/refusal.ts';
import { byAccount, RoleSessions } from './support/role-sessions.ts';
import { ACCOUNT, type Credentials, type TestServer } from './support/server.ts';

/* What sessions of roles live through, and what their tokens are. */

const MINUTE = 60_000;

let sessions: RoleSessions;
let server: TestServer;
let iam: IAM;
let ada: UserWithKey;

before(async () => {
  sessions = await RoleSessions.open();
  ({ server, iam, ada } = sessions);
});
after(() => server.close());

const createRole: RoleSessions['createRole'] = (...how) => sessions.createRole(...how);
const assume: RoleSessions['assume'] = (...how) => sessions.assume(...how);
const byAda = () => sessions.byAda();

function refusedText(principal: string, action: string, resource: string): string {
  return `User: ${principal} is not authorized to perform: ${action} on resource: ${resource}`;
}

describe('a source identity', () => {
  it('is a condition key of the session, takes sts:SetSourceIdentity, and stays', async () => {
    const first = await createRole(byAda());
    const second = await createRole(byAccount, {
      policy: identityPolicy({
        Effect: 'Allow',
        Action: 'kms:ListKeys',
        Resource: '*',
        Condition: { StringEquals: { 'aws:SourceIdentity': 'ada@example.com' } },
      }),
    });
    const by = await assume(first.arn, { SourceIdentity: 'ada@example.com' });
    await server.client({ credentials: await assume(second.arn, {}, by) }).listKeys();
    await assertRefused(
      assume(second.arn, { SourceIdentity: 'grace' }, by),
      'AccessDenied',
      'The source identity of the calling session cannot be changed.',
    );
    const plain = await createRole({
      Effect: 'Allow',
      Principal: { AWS: ada.arn },
      Action: 'sts:AssumeRole',
    });
    await assertRefused(
      assume(plain.arn, { SourceIdentity: 'ada' }),
      'AccessDenied',
      refusedText(ada.arn, 'sts:SetSourceIdentity', plain.arn),
    );
  });
});

describe('a session', () => {
  it('ends for all requests when its role is deleted, and a new role of the name does not revive it', async () => {
    const role = await createRole(byAda());
    const kms = server.client({ credentials: await assume(role.arn) });
    await kms.listKeys();
    await iam.deleteRolePolicy({ RoleName: role.name, PolicyName: 'p' });
    await iam.deleteRole({ RoleName: role.name });
    await assertRefused(kms.listKeys(), 'UnrecognizedClientException');
    await iam.createRole({ RoleName: role.name, AssumeRolePolicyDocument: trustPolicy(byAda()) });
    await assertRefused(kms.listKeys(), 'UnrecognizedClientException');
  });

  it('is revoked by a policy that denies what was issued before', async () => {
    const role = await createRole(byAda());
    const old = server.client({ credentials: await assume(role.arn) });
    server.clock.advance(MINUTE);
    await iam.putRolePolicy({
      RoleName: role.name,
      PolicyName: 'AWSRevokeOlderSessions',
      PolicyDocument: JSON.stringify(
        identityPolicy({
          Effect: 'Deny',
          Action: '*',
          Resource: '*',
          Condition: { DateLessThan: { 'aws:TokenIssueTime': new Date(server.clock.now()).toISOString() } },
        }),
      ),
    });
    await assertRefused(old.listKeys(), 'AccessDeniedException', /explicit deny in an identity-based policy/);
    await server.client({ credentials: await assume(role.arn) }).listKeys();
  });

  it('follows the policies of its role at once', async () => {
    const role = await createRole(byAda());
    const kms = server.client({ credentials: await assume(role.arn) });
    await kms.listKeys();
    await iam.deleteRolePolicy({ RoleName: role.name, PolicyName: 'p' });
    await assertRefused(kms.listKeys(), 'AccessDeniedException', /no identity-based policy allows/);
  });
});

describe('a session token', () => {
  let good: Credentials & { readonly sessionToken?: string };
  let token: Buffer;

  beforeEach(async () => {
    good = await assume((await createRole(byAda())).arn);
    token = Buffer.from(good.sessionToken ?? '', 'base64');
  });

  // Development mode takes credentials that it does not know for those of a root user: production refuses them.
  async function assertInvalid(credentials: Credentials): Promise<void> {
    const { Arn } = await server.sts({ credentials }).getCallerIdentity();
    assert.equal(Arn, rootOf(ACCOUNT));
  }

  it('opens with its own access key id only', async () => {
    await assertInvalid({
      ...good,
      accessKeyId: good.accessKeyId.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    });
  });

  it('is worth nothing with any bit changed, cut or longer', async () => {
    for (const place of [0, 1, 20, 30, token.length - 1]) {
      const changed = Buffer.from(token);
      changed[place] = (changed[place] ?? 0) ^ 1;
      await assertInvalid({ ...good, sessionToken: changed.toString('base64') });
    }
    await assertInvalid({ ...good, sessionToken: token.subarray(0, -1).toString('base64') });
    await assertInvalid({ ...good, sessionToken: Buffer.concat([token, Buffer.of(0)]).toString('base64') });
    await assertInvalid({ ...good, sessionToken: `${good.sessionToken}A` });
    await assertInvalid({ ...good, sessionToken: 'x' });
  });

  it('needs the secret that goes with it', async () => {
    const credentials = { ...good, secretAccessKey: 'x'.repeat(40) };
    await assertRefused(server.client({ credentials }).listKeys(), 'InvalidSignatureException');
  });

  it('does not hold its contents in the open', () => {
    for (const text of ['AROA', 'session', good.secretAccessKey, ACCOUNT])
      assert.equal(token.includes(Buffer.from(text)), false);
  });
});

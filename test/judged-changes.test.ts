import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createUserWithKey, identityPolicy } from './support/identities.ts';
import { openInside } from './support/inside.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, type Credentials, startTestServer } from './support/server.ts';

/* What a change was judged by holds when the change is made, however long it had to wait for its turn to write. */

const dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-judged-changes-'));
// Reads must not wait for a turn to write: their records follow.
const server = await startTestServer({ dataDirectory, auditDurability: 'soon' });
const inside = await openInside(dataDirectory);
const kms = server.client();
const iam = server.iam();
after(async () => {
  await inside.close();
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

/** Keeps everybody else from writing for as long as the work takes. */
async function whileNobodyWrites<T>(work: () => Promise<T>): Promise<T> {
  const { promise: end, resolve: finish } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const blocking = inside.kms.store.write(async () => {
    begin();
    await end;
  });
  await begun;
  try {
    return await work();
  } finally {
    finish();
    await blocking;
  }
}

/** Has a change judged while another one, sent before it, waits for its turn to write; then both are made. */
async function changeBehind(other: () => Promise<unknown>, change: () => Promise<unknown>): Promise<void> {
  const calls = await whileNobodyWrites(async () => [await judged(other()), await judged(change())]);
  const [othersOutcome, outcome] = await Promise.allSettled(calls.map(({ call }) => call));
  if (othersOutcome?.status === 'rejected') throw othersOutcome.reason;
  if (outcome?.status === 'rejected') throw outcome.reason;
}

/** Gives a call the time to be judged: what is only read takes the same walk, and need not wait for a turn at its end. */
async function judged(call: Promise<unknown>): Promise<{ readonly call: Promise<unknown> }> {
  call.catch(() => {});
  for (let reads = 0; reads < 10; reads += 1) await kms.listKeys({});
  return { call };
}

const EVERYTHING = identityPolicy({ Effect: 'Allow', Action: '*', Resource: '*' });

/** A user who may do everything by an inline policy of the name `own`. */
async function newAdministrator(UserName: string): Promise<Credentials> {
  const { credentials } = await createUserWithKey(iam, UserName, { own: EVERYTHING });
  return credentials;
}

async function keyState(KeyId: string): Promise<string | undefined> {
  return (await kms.describeKey({ KeyId })).KeyMetadata?.KeyState;
}

describe('a change that has been judged and waits for its turn', () => {
  it('is refused when its caller has lost the policy that allowed it', async () => {
    const credentials = await newAdministrator('ada');
    const { keyId: KeyId } = await createKey(kms);
    const changed = changeBehind(
      () => iam.deleteUserPolicy({ UserName: 'ada', PolicyName: 'own' }),
      () => server.client({ credentials }).disableKey({ KeyId }),
    );
    await assertRefused(changed, 'AccessDeniedException');
    assert.equal(await keyState(KeyId), 'Enabled');
  });

  it('is refused when its caller has left the group that allowed it', async () => {
    const { credentials } = await createUserWithKey(iam, 'grace');
    const group = { GroupName: 'administrators' };
    await iam.createGroup(group);
    await iam.putGroupPolicy({ ...group, PolicyName: 'all', PolicyDocument: JSON.stringify(EVERYTHING) });
    await iam.addUserToGroup({ ...group, UserName: 'grace' });
    const { keyId: KeyId } = await createKey(kms);
    const changed = changeBehind(
      () => iam.removeUserFromGroup({ ...group, UserName: 'grace' }),
      () => server.client({ credentials }).scheduleKeyDeletion({ KeyId }),
    );
    await assertRefused(changed, 'AccessDeniedException');
    assert.equal(await keyState(KeyId), 'Enabled');
  });

  it('is refused when a managed policy has a new version that does not allow it', async () => {
    const { credentials } = await createUserWithKey(iam, 'edith');
    const { Policy } = await iam.createPolicy({
      PolicyName: 'everything',
      PolicyDocument: JSON.stringify(EVERYTHING),
    });
    const PolicyArn = Policy?.Arn ?? '';
    await iam.attachUserPolicy({ UserName: 'edith', PolicyArn });
    const { keyId: TargetKeyId } = await createKey(kms);
    const lesser = identityPolicy({ Effect: 'Allow', Action: 'kms:List*', Resource: '*' });
    const changed = changeBehind(
      () =>
        iam.createPolicyVersion({ PolicyArn, PolicyDocument: JSON.stringify(lesser), SetAsDefault: true }),
      () => server.client({ credentials }).createAlias({ AliasName: 'alias/edith', TargetKeyId }),
    );
    await assertRefused(changed, 'AccessDeniedException');
    assert.deepEqual((await kms.listAliases({ KeyId: TargetKeyId })).Aliases, []);
  });

  it('is refused when its access key has been deactivated', async () => {
    const credentials = await newAdministrator('mary');
    const { keyId: KeyId } = await createKey(kms);
    const changed = changeBehind(
      () =>
        iam.updateAccessKey({ UserName: 'mary', AccessKeyId: credentials.accessKeyId, Status: 'Inactive' }),
      () => server.client({ credentials }).disableKey({ KeyId }),
    );
    await assertRefused(changed, 'UnrecognizedClientException');
    assert.equal(await keyState(KeyId), 'Enabled');
  });

  it('is refused when it is about identities, and its caller may not change them any more', async () => {
    const credentials = await newAdministrator('joan');
    const changed = changeBehind(
      () => iam.deleteUserPolicy({ UserName: 'joan', PolicyName: 'own' }),
      () => server.iam({ credentials }).createUser({ UserName: 'nobody' }),
    );
    await assertRefused(changed, 'AccessDenied');
    await assertRefused(iam.getUser({ UserName: 'nobody' }), 'NoSuchEntityException');
  });

  it('is refused when the policy of its key does not allow it any more', async () => {
    const credentials = await newAdministrator('radia');
    const { keyId: KeyId } = await createKey(kms);
    const rootOnly = {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: '*',
        Action: 'kms:*',
        Resource: '*',
        Condition: { ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:root` } },
      },
    };
    const changed = changeBehind(
      () => kms.putKeyPolicy({ KeyId, Policy: JSON.stringify(rootOnly) }),
      () => server.client({ credentials }).disableKey({ KeyId }),
    );
    await assertRefused(changed, 'AccessDeniedException');
    assert.equal(await keyState(KeyId), 'Enabled');
  });

  it('is made when something else has changed', async () => {
    const credentials = await newAdministrator('hedy');
    await newAdministrator('rosalind');
    const { keyId: KeyId } = await createKey(kms);
    await changeBehind(
      () => iam.deleteUserPolicy({ UserName: 'rosalind', PolicyName: 'own' }),
      () => server.client({ credentials }).disableKey({ KeyId }),
    );
    assert.equal(await keyState(KeyId), 'Disabled');
  });
});

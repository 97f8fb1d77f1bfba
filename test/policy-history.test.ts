import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { createUserWithKey } from './support/identities.ts';
import { allow, deny, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { callOwn } from './support/own-operations.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, type Credentials, startTestServer, type TestServer } from './support/server.ts';

/* The policies that a key has had: operations of our own, signed like those of KMS. */

interface Version {
  readonly Version: number;
  readonly Policy: string;
  readonly PutBy: string;
  readonly PutDate: number;
  readonly IsCurrent: boolean;
}

let server: TestServer;
let kms: KMS;

before(async () => {
  server = await startTestServer();
  kms = server.client();
});
after(() => server.close());

async function versions(KeyId: string, page: object = {}): Promise<readonly Version[]> {
  const { status, body } = await callOwn(server, 'ListKeyPolicyVersions', { KeyId, ...page });
  assert.equal(status, 200, JSON.stringify(body));
  return body.Versions;
}

async function restore(KeyId: string, input: object, credentials?: Credentials): Promise<void> {
  const { status, body } = await callOwn(server, 'RestoreKeyPolicyVersion', { KeyId, ...input }, credentials);
  if (status !== 200) throw Object.assign(new Error(body.message ?? body.Message), { name: body.__type });
}

const policies = ['one', 'two', 'three'].map((Sid) => keyPolicy(allow({ Sid })));

async function keyWithHistory(): Promise<string> {
  const { keyId: KeyId } = await createKey(kms, { Policy: policies[0] });
  for (const Policy of policies.slice(1)) {
    server.clock.advance(60_000);
    await kms.putKeyPolicy({ KeyId, Policy });
  }
  return KeyId;
}

describe('ListKeyPolicyVersions', () => {
  it('shows what policies a key had, by whom and when', async () => {
    const ada = await createUserWithKey(server.iam(), 'ada');
    const start = server.clock.now();
    const { keyId: KeyId } = await createKey(kms);
    const byAda = keyPolicy(allow(), allow({ Principal: { AWS: ada.arn } }));
    await kms.putKeyPolicy({ KeyId, Policy: byAda });
    server.clock.advance(60_000);
    await server
      .client({ credentials: ada.credentials })
      .putKeyPolicy({ KeyId, Policy: policies[1], BypassPolicyLockoutSafetyCheck: true });
    const listed = await versions(KeyId);
    assert.deepEqual(
      listed.map(({ Version, Policy, PutBy, IsCurrent }) => [Version, Policy, PutBy, IsCurrent]),
      [
        [3, policies[1], ada.arn, true],
        [2, byAda, rootOf(ACCOUNT), false],
        [1, (await kms.getKeyPolicy({ KeyId: (await createKey(kms)).keyId })).Policy, rootOf(ACCOUNT), false],
      ],
    );
    assert.equal(Math.round((listed[0]?.PutDate ?? 0) * 1000), start + 60_000);
  });

  it('comes in pages, from the newest on', async () => {
    const KeyId = await keyWithHistory();
    const { body } = await callOwn(server, 'ListKeyPolicyVersions', { KeyId, Limit: 2 });
    assert.deepEqual(
      body.Versions.map(({ Version }: Version) => Version),
      [3, 2],
    );
    const rest = await versions(KeyId, { Limit: 2, Marker: body.NextMarker });
    assert.deepEqual(
      rest.map(({ Version }) => Version),
      [1],
    );
  });

  it('remembers the last fifty that were replaced', async () => {
    const { keyId: KeyId } = await createKey(kms);
    for (let index = 0; index < 53; index += 1)
      await kms.putKeyPolicy({ KeyId, Policy: keyPolicy(allow({ Sid: `n${index}` })) });
    const listed = await versions(KeyId, { Limit: 50 });
    assert.deepEqual([listed[0]?.Version, listed.length], [54, 50]);
    await assert.rejects(restore(KeyId, { Version: 3 }), { name: 'NotFoundException' });
    await restore(KeyId, { Version: 4 });
  });

  it('takes kms:GetKeyPolicy', async () => {
    const KeyId = await keyWithHistory();
    await kms.putKeyPolicy({
      KeyId,
      Policy: keyPolicy(allow(), deny({ Principal: '*', Action: 'kms:GetKeyPolicy' })),
    });
    const { status, body } = await callOwn(server, 'ListKeyPolicyVersions', { KeyId });
    assert.equal(status, 400);
    assert.match(body.Message, /not authorized to perform: kms:GetKeyPolicy on .* explicit deny/);
  });
});

describe('RestoreKeyPolicyVersion', () => {
  it('puts an old policy back, as a new version', async () => {
    const KeyId = await keyWithHistory();
    await restore(KeyId, { Version: 1 });
    assert.equal((await kms.getKeyPolicy({ KeyId })).Policy, policies[0]);
    assert.deepEqual(
      (await versions(KeyId)).map(({ Policy }) => Policy),
      [policies[0], policies[2], policies[1], policies[0]],
    );
  });

  it('is held to the lockout safety check, and to kms:PutKeyPolicy', async () => {
    const user = await createUserWithKey(server.iam(), 'lonely');
    const locking = keyPolicy(allow({ Principal: { AWS: user.arn } }));
    const { keyId: KeyId } = await createKey(kms);
    await kms.putKeyPolicy({ KeyId, Policy: locking, BypassPolicyLockoutSafetyCheck: true });
    await server
      .client({ credentials: user.credentials })
      .putKeyPolicy({ KeyId, Policy: keyPolicy(allow(), allow({ Principal: { AWS: user.arn } })) });
    await assert.rejects(restore(KeyId, { Version: 2 }), { name: 'MalformedPolicyDocumentException' });
    const stranger = await createUserWithKey(server.iam(), 'stranger');
    await assert.rejects(restore(KeyId, { Version: 1 }, stranger.credentials), {
      name: 'AccessDeniedException',
    });
    await restore(KeyId, { Version: 2, BypassPolicyLockoutSafetyCheck: true });
    await assertRefused(kms.getKeyPolicy({ KeyId }), 'AccessDeniedException');
  });

  it('refuses a policy that names somebody who is gone, and a version that there is not', async () => {
    const user = await createUserWithKey(server.iam(), 'leaver');
    const { keyId: KeyId } = await createKey(kms, {
      Policy: keyPolicy(allow(), allow({ Principal: { AWS: user.arn } })),
    });
    await kms.putKeyPolicy({ KeyId, Policy: keyPolicy(allow()) });
    await server.iam().deleteAccessKey({ UserName: 'leaver', AccessKeyId: user.credentials.accessKeyId });
    await server.iam().deleteUser({ UserName: 'leaver' });
    const [, old] = await versions(KeyId);
    assert.ok(old?.Policy.includes(user.uniqueId));
    await assert.rejects(restore(KeyId, { Version: 1 }), { name: 'MalformedPolicyDocumentException' });
    await assert.rejects(restore(KeyId, { Version: 9 }), { name: 'NotFoundException' });
    await assert.rejects(restore(KeyId, { Version: 0 }), { name: 'ValidationException' });
    await assert.rejects(restore(KeyId, {}), { name: 'ValidationException' });
  });
});

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { GetKeyLastUsageCommandOutput, KMS } from '@aws-sdk/client-kms';
import { DAY } from './support/due-work.ts';
import { allow, deny, keyPolicy } from './support/key-policies.ts';
import { createKey, encrypt } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let kms: KMS;

before(async () => {
  server = await startTestServer();
  kms = server.client();
});
after(() => server.close());

function usageOf(KeyId: string, by = kms): Promise<GetKeyLastUsageCommandOutput> {
  return by.getKeyLastUsage({ KeyId });
}

describe('GetKeyLastUsage', () => {
  it('answers an empty usage for a key that was never used, and since when it would be known', async () => {
    const { keyId } = await createKey(kms);
    const { KeyMetadata } = await kms.describeKey({ KeyId: keyId });
    const { KeyLastUsage, KeyId, KeyCreationDate, TrackingStartDate } = await usageOf(keyId);
    assert.deepEqual(KeyLastUsage, {});
    assert.equal(KeyId, keyId);
    assert.deepEqual(KeyCreationDate, KeyMetadata?.CreationDate);
    assert.deepEqual(TrackingStartDate, KeyMetadata?.CreationDate);
  });

  it('tells the last operation, its time and its request', async () => {
    const { keyId } = await createKey(kms);
    const CiphertextBlob = await encrypt(kms, keyId);
    assert.equal((await usageOf(keyId)).KeyLastUsage?.Operation, 'Encrypt');
    server.clock.advance(1234);
    const { $metadata } = await kms.decrypt({ CiphertextBlob });
    const { CloudTrailEventId, ...use } = (await usageOf(keyId)).KeyLastUsage ?? {};
    // Whose event it is, the tests of the audit log tell.
    assert.match(CloudTrailEventId ?? '', /^[0-9a-f-]{36}$/);
    assert.deepEqual(use, {
      Operation: 'Decrypt',
      Timestamp: new Date(server.clock.now()),
      KmsRequestId: $metadata.requestId,
    });
  });

  it('counts ReEncrypt for both keys', async () => {
    const [source, destination] = [await createKey(kms), await createKey(kms)];
    const CiphertextBlob = await encrypt(kms, source.keyId);
    await kms.reEncrypt({ CiphertextBlob, DestinationKeyId: destination.keyId });
    for (const { keyId } of [source, destination])
      assert.equal((await usageOf(keyId)).KeyLastUsage?.Operation, 'ReEncrypt');
  });

  it('counts only what succeeded, and only what used the key', async () => {
    const { keyId: KeyId } = await createKey(kms);
    const { keyId: OtherKeyId } = await createKey(kms);
    const CiphertextBlob = await encrypt(kms, OtherKeyId);
    await assertRefused(kms.decrypt({ KeyId, CiphertextBlob }), 'IncorrectKeyException');
    await assertRefused(
      kms.encrypt({ KeyId, Plaintext: Buffer.of(1), DryRun: true }),
      'DryRunOperationException',
    );
    await kms.describeKey({ KeyId });
    await kms.disableKey({ KeyId });
    await assertRefused(kms.encrypt({ KeyId, Plaintext: Buffer.of(1) }), 'DisabledException');
    assert.deepEqual((await usageOf(KeyId)).KeyLastUsage, {});
  });

  it('is remembered over a restart', async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-last-usage-'));
    try {
      const first = await startTestServer({ dataDirectory });
      const { keyId } = await createKey(first.client());
      await encrypt(first.client(), keyId);
      await first.close();
      const second = await startTestServer({ dataDirectory });
      try {
        assert.equal((await usageOf(keyId, second.client())).KeyLastUsage?.Operation, 'Encrypt');
      } finally {
        await second.close();
      }
    } finally {
      await rm(dataDirectory, { recursive: true });
    }
  });
});

describe('the uses that several processes know of', () => {
  it('leave the last of them, whichever is written last', async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-last-usage-'));
    const first = await startTestServer({ dataDirectory });
    const second = await startTestServer({ dataDirectory });
    try {
      const { keyId } = await createKey(first.client());
      const CiphertextBlob = await encrypt(first.client(), keyId);
      second.clock.advance(1000);
      await second.client().decrypt({ CiphertextBlob });
      assert.equal((await usageOf(keyId, second.client())).KeyLastUsage?.Operation, 'Decrypt');
      assert.equal((await usageOf(keyId, first.client())).KeyLastUsage?.Operation, 'Decrypt');
    } finally {
      await first.close();
      await second.close();
      await rm(dataDirectory, { recursive: true });
    }
  });
});

describe('kms:TrailingDaysWithoutKeyUsage', () => {
  const tooSoon = { NumericLessThan: { 'kms:TrailingDaysWithoutKeyUsage': '90' } };
  const Policy = keyPolicy(
    allow(),
    deny({ Action: ['kms:ScheduleKeyDeletion', 'kms:DisableKey'], Condition: tooSoon }),
  );

  /** A key that is out of use, and the days that have to pass before it may be disabled or deleted. */
  async function assertKept(KeyId: string, days: number): Promise<void> {
    server.clock.advance((days - 1) * DAY);
    await assertRefused(kms.scheduleKeyDeletion({ KeyId }), 'AccessDeniedException');
    await assertRefused(kms.disableKey({ KeyId }), 'AccessDeniedException');
    server.clock.advance(DAY);
    await kms.disableKey({ KeyId });
    await kms.scheduleKeyDeletion({ KeyId });
  }

  it('counts from the last use', async () => {
    const { keyId } = await createKey(kms, { Policy });
    server.clock.advance(50 * DAY);
    await encrypt(kms, keyId);
    await usageOf(keyId);
    await assertKept(keyId, 90);
  });

  it('counts from the creation of a key that was never used', async () => {
    const { keyId } = await createKey(kms, { Policy });
    await assertKept(keyId, 90);
  });

  it('is asked of these operations only', async () => {
    const known = { Null: { 'kms:TrailingDaysWithoutKeyUsage': 'false' } };
    const { keyId } = await createKey(kms, { Policy: keyPolicy(allow(), deny({ Condition: known })) });
    await kms.describeKey({ KeyId: keyId });
    await assertRefused(kms.disableKey({ KeyId: keyId }), 'AccessDeniedException');
  });
});

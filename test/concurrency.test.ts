import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type KMS, KMSServiceException } from '@aws-sdk/client-kms';
import { createAlias, createKey, encrypt } from './support/keys.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let dataDirectory: string;
let server: TestServer;
let kms: KMS;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-concurrency-'));
  server = await startTestServer({ dataDirectory });
  kms = server.client();
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

/** Numbers as texts that sort as the numbers do. */
function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, at) => String(at).padStart(3, '0'));
}

/** Makes calls at once. Answers how often each ended how: `ok`, or the code of the refusal. */
async function outcomes(calls: readonly Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const settled of await Promise.allSettled(calls)) {
    const outcome = settled.status === 'fulfilled' ? 'ok' : codeOf(settled.reason);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

function codeOf(error: unknown): string {
  if (!(error instanceof KMSServiceException)) throw error;
  return error.name;
}

async function tagKeysOf(keyId: string): Promise<(string | undefined)[] | undefined> {
  return (await kms.listResourceTags({ KeyId: keyId })).Tags?.map(({ TagKey }) => TagKey);
}

async function aliasNamesOf(keyId: string): Promise<(string | undefined)[] | undefined> {
  return (await kms.listAliases({ KeyId: keyId })).Aliases?.map(({ AliasName }) => AliasName);
}

describe('many changes of one key at once', () => {
  it('40 tags: each is added', async () => {
    const { keyId: KeyId } = await createKey(kms);
    const calls = numbers(40).map((TagKey) =>
      kms.tagResource({ KeyId, Tags: [{ TagKey, TagValue: TagKey }] }),
    );
    assert.deepEqual(await outcomes(calls), { ok: 40 });
    assert.deepEqual(await tagKeysOf(KeyId), numbers(40));
  });

  it('60 tags: 50 are added, the others refused', async () => {
    const { keyId: KeyId } = await createKey(kms);
    const calls = numbers(60).map((TagKey) => kms.tagResource({ KeyId, Tags: [{ TagKey, TagValue: '' }] }));
    assert.deepEqual(await outcomes(calls), { ok: 50, TagException: 10 });
    assert.equal((await tagKeysOf(KeyId))?.length, 50);
  });

  it('tags added and others removed: both are done', async () => {
    const present = numbers(20).map((TagKey) => ({ TagKey, TagValue: '' }));
    const { keyId: KeyId } = await createKey(kms, { Tags: present });
    const calls = numbers(20).flatMap((TagKey) => [
      kms.untagResource({ KeyId, TagKeys: [TagKey] }),
      kms.tagResource({ KeyId, Tags: [{ TagKey: `new ${TagKey}`, TagValue: '' }] }),
    ]);
    assert.deepEqual(await outcomes(calls), { ok: 40 });
    assert.deepEqual(
      await tagKeysOf(KeyId),
      numbers(20).map((number) => `new ${number}`),
    );
  });

  it('60 aliases: 50 are created, the others refused', async () => {
    const { keyId } = await createKey(kms);
    const calls = Array.from({ length: 60 }, () => createAlias(kms, keyId));
    assert.deepEqual(await outcomes(calls), { ok: 50, LimitExceededException: 10 });
    assert.equal((await aliasNamesOf(keyId))?.length, 50);
  });

  it('40 descriptions: all are accepted, one stays', async () => {
    const { keyId: KeyId } = await createKey(kms);
    const calls = numbers(40).map((Description) => kms.updateKeyDescription({ KeyId, Description }));
    assert.deepEqual(await outcomes(calls), { ok: 40 });
    const { KeyMetadata } = await kms.describeKey({ KeyId });
    assert.ok(numbers(40).includes(KeyMetadata?.Description ?? ''));
  });

  it('150 descriptions by several clients: all are accepted', async () => {
    const { keyId: KeyId } = await createKey(kms);
    // A client opens 50 connections at most.
    const clients = [kms, server.client(), server.client()];
    const calls = clients.flatMap((client) =>
      numbers(50).map((Description) => client.updateKeyDescription({ KeyId, Description })),
    );
    assert.deepEqual(await outcomes(calls), { ok: 150 });
  });

  it('changes of all kinds: none undoes another', async () => {
    const { keyId: KeyId } = await createKey(kms);
    const aliasNames = numbers(10).map((number) => `alias/${randomUUID()}-${number}`);
    const { Policy } = await kms.getKeyPolicy({ KeyId });
    const calls = [
      ...numbers(10).map((TagKey) => kms.tagResource({ KeyId, Tags: [{ TagKey, TagValue: '' }] })),
      ...aliasNames.map((AliasName) => kms.createAlias({ AliasName, TargetKeyId: KeyId })),
      ...numbers(5).map(() => kms.updateKeyDescription({ KeyId, Description: 'changed' })),
      ...numbers(5).map(() => kms.putKeyPolicy({ KeyId, Policy: `${Policy} ` })),
      ...numbers(5).map(() => kms.disableKey({ KeyId })),
    ];
    assert.deepEqual(await outcomes(calls), { ok: calls.length });
    assert.deepEqual(await tagKeysOf(KeyId), numbers(10));
    assert.deepEqual(await aliasNamesOf(KeyId), aliasNames.toSorted());
    const { KeyMetadata } = await kms.describeKey({ KeyId });
    assert.deepEqual([KeyMetadata?.Description, KeyMetadata?.KeyState], ['changed', 'Disabled']);
    assert.equal((await kms.getKeyPolicy({ KeyId })).Policy, `${Policy} `);
  });

  it('many requests to schedule its deletion: one is accepted', async () => {
    const { keyId: KeyId } = await createKey(kms);
    const calls = numbers(20).map(() => kms.scheduleKeyDeletion({ KeyId }));
    assert.deepEqual(await outcomes(calls), { ok: 1, KMSInvalidStateException: 19 });
  });
});

describe('many claims to one alias at once', () => {
  it('one key gets it', async () => {
    const AliasName = `alias/${randomUUID()}`;
    const keys = await Promise.all(numbers(20).map(() => createKey(kms)));
    const calls = keys.map(({ keyId: TargetKeyId }) => kms.createAlias({ AliasName, TargetKeyId }));
    assert.deepEqual(await outcomes(calls), { ok: 1, AlreadyExistsException: 19 });
    const owners = await Promise.all(keys.map(async ({ keyId }) => (await aliasNamesOf(keyId))?.length));
    assert.deepEqual(owners.sort(), [...numbers(19).map(() => 0), 1]);
  });

  it('moved to and fro, it ends up at one key, of which everybody says the same', async () => {
    const keys = await Promise.all(numbers(5).map(() => createKey(kms)));
    const AliasName = await createAlias(kms, keys[0]?.keyId ?? '');
    const calls = numbers(8).flatMap(() =>
      keys.map(({ keyId: TargetKeyId }) => kms.updateAlias({ AliasName, TargetKeyId })),
    );
    assert.deepEqual(await outcomes(calls), { ok: 40 });
    const { KeyMetadata } = await kms.describeKey({ KeyId: AliasName });
    for (const { keyId } of keys) {
      assert.deepEqual(await aliasNamesOf(keyId), keyId === KeyMetadata?.KeyId ? [AliasName] : []);
    }
  });

  it('deleted by many, it is deleted once', async () => {
    const { keyId } = await createKey(kms);
    const AliasName = await createAlias(kms, keyId);
    const calls = numbers(20).map(() => kms.deleteAlias({ AliasName }));
    assert.deepEqual(await outcomes(calls), { ok: 1, NotFoundException: 19 });
  });
});

describe('use of a key while it is being changed', () => {
  it('goes on without a failure', async () => {
    const { keyId: KeyId } = await createKey(kms);
    const AliasName = await createAlias(kms, KeyId);
    const CiphertextBlob = await encrypt(kms, KeyId);
    const calls = numbers(40).flatMap((number) => [
      kms.updateKeyDescription({ KeyId, Description: number }),
      kms.decrypt({ CiphertextBlob }),
      kms.encrypt({ KeyId: AliasName, Plaintext: Buffer.from(number) }),
    ]);
    assert.deepEqual(await outcomes(calls), { ok: 120 });
  });

  it('ends with the answer to the change: what begins afterwards is refused', async () => {
    const { keyId: KeyId } = await createKey(kms);
    const CiphertextBlob = await encrypt(kms, KeyId);
    for (let round = 0; round < 5; round += 1) {
      let isDisabled = false;
      const users = numbers(8).map(async () => {
        for (;;) {
          const beganDisabled = isDisabled;
          const [outcome] = Object.keys(await outcomes([kms.decrypt({ CiphertextBlob })]));
          if (beganDisabled) return outcome;
        }
      });
      await kms.disableKey({ KeyId });
      isDisabled = true;
      assert.deepEqual(new Set(await Promise.all(users)), new Set(['DisabledException']));
      await kms.enableKey({ KeyId });
    }
  });
});

it('reads from a store in memory while others write it', async (t) => {
  const development = await startTestServer();
  t.after(() => development.close());
  const kms = development.client();
  const { keyId: KeyId } = await createKey(kms);
  const calls = Array.from({ length: 20 }, () => [
    kms.createKey({}),
    kms.getKeyLastUsage({ KeyId }),
    kms.listAliases({ KeyId }),
    kms.listKeys(),
  ]);
  assert.deepEqual(await outcomes(calls.flat()), { ok: 80 });
});

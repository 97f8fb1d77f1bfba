import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { countKeys } from '../src/store/index.ts';
import { DAY } from './support/due-work.ts';
import { type Inside, openInside } from './support/inside.ts';
import { rootOf } from './support/key-policies.ts';
import { createAlias, createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, startTestServer, type TestServer } from './support/server.ts';
import { until } from './support/until.ts';

/* How many keys an account may have, and how many aliases and grants a key, as the operator says (docs/quotas.md). */

const KEYS = 4;
const QUOTAS = {
  resources: { keys: 0, aliasesPerKey: 2 },
  accounts: { [ACCOUNT]: { resources: { keys: KEYS, grantsPerKey: 1 } } },
};

let dataDirectory: string;
let quotasFile: string;
let server: TestServer;
let inside: Inside;
before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-resource-quotas-'));
  quotasFile = join(dataDirectory, 'quotas.json');
  await writeFile(quotasFile, JSON.stringify(QUOTAS));
  server = await startTestServer({ dataDirectory, quotasFile });
  inside = await openInside(dataDirectory);
});
after(async () => {
  await inside.close();
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

function counted(region: string): Promise<number> {
  return inside.kms.store.read((reader) => countKeys(reader, { accountId: ACCOUNT, region }));
}

async function deleteKey(kms: KMS, KeyId: string): Promise<void> {
  await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
  server.clock.advance(8 * DAY);
  await until('the key is gone', () =>
    kms.describeKey({ KeyId }).then(
      () => false,
      () => true,
    ),
  );
}

describe('the quota of keys', () => {
  const message = (region: string) =>
    `The account already has ${KEYS} KMS keys in ${region}, the most it can have.`;

  it('is of an account in a Region; what is to be deleted counts until it is', async () => {
    const region = 'eu-west-1';
    const kms = server.client({ region });
    const [first] = await Promise.all(Array.from({ length: KEYS }, () => createKey(kms)));
    assert.ok(first);
    const error = await assertRefused(kms.createKey({}), 'LimitExceededException', message(region));
    assert.equal(error.$metadata.httpStatusCode, 400);
    await kms.scheduleKeyDeletion({ KeyId: first.keyId });
    await assertRefused(kms.createKey({}), 'LimitExceededException', message(region));
    await createKey(server.client({ region: 'eu-west-2' }));

    await deleteKey(
      server.client({ region: 'eu-west-2' }),
      (await createKey(server.client({ region: 'eu-west-2' }))).keyId,
    );
    server.clock.advance(30 * DAY);
    await until('the key is gone', async () => (await counted(region)) === KEYS - 1);
    await createKey(kms);
    await assertRefused(kms.createKey({}), 'LimitExceededException', message(region));
  });

  it('is not exceeded by requests that come at the same time', async () => {
    const kms = server.client({ region: 'us-west-1' });
    const outcomes = await Promise.allSettled(Array.from({ length: 3 * KEYS }, () => kms.createKey({})));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, KEYS);
    assert.equal((await kms.listKeys({})).Keys?.length, KEYS);
    assert.equal(await counted('us-west-1'), KEYS);
  });

  it('counts replicas where they are', async () => {
    const region = 'us-west-2';
    const here = server.client({ region });
    const there = server.client({ region: 'us-east-2' });
    for (let number = 0; number < KEYS - 1; number += 1) await createKey(there);
    const [one, other] = [
      await createKey(here, { MultiRegion: true }),
      await createKey(here, { MultiRegion: true }),
    ];
    await here.replicateKey({ KeyId: one.keyId, ReplicaRegion: 'us-east-2' });
    await assertRefused(
      here.replicateKey({ KeyId: other.keyId, ReplicaRegion: 'us-east-2' }),
      'LimitExceededException',
      message('us-east-2'),
    );
    assert.deepEqual([await counted(region), await counted('us-east-2')], [2, KEYS]);
    await deleteKey(there, one.keyId);
    await here.replicateKey({ KeyId: other.keyId, ReplicaRegion: 'us-east-2' });
    assert.equal(await counted('us-east-2'), KEYS);
  });
});

describe('the quotas of a key', () => {
  it('are those that the operator gives', async () => {
    const kms = server.client({ region: 'ap-south-1' });
    const key = await createKey(kms);
    for (let number = 0; number < 2; number += 1) await createAlias(kms, key.keyId);
    await assertRefused(
      createAlias(kms, key.keyId),
      'LimitExceededException',
      `${key.arn} already has 2 aliases, the most a key can have.`,
    );
    const other = await createKey(kms);
    const AliasName = await createAlias(kms, other.keyId);
    await assertRefused(kms.updateAlias({ AliasName, TargetKeyId: key.keyId }), 'LimitExceededException');

    const grant = { KeyId: key.keyId, GranteePrincipal: rootOf(ACCOUNT), Operations: ['Decrypt'] } as const;
    await kms.createGrant({ ...grant, Operations: ['Decrypt'] });
    await assertRefused(
      kms.createGrant({ ...grant, Operations: ['Encrypt'] }),
      'LimitExceededException',
      'The key already has 1 grants, the most a key can have.',
    );
  });

  it('of other accounts are the general ones', async () => {
    const development = await startTestServer({ quotasFile });
    try {
      const other = development.client({ account: OTHER_ACCOUNT });
      await assertRefused(
        other.createKey({}),
        'LimitExceededException',
        /^The account already has 0 KMS keys/,
      );
      await createKey(development.client());
    } finally {
      await development.close();
    }
  });
});

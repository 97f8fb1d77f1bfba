import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { countGrants, listGrants } from '../src/store/index.ts';
import { authenticateRow } from '../src/store/rows.ts';
import { DAY } from './support/due-work.ts';
import { startGrantScene } from './support/grants.ts';
import { openInside } from './support/inside.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { REGION } from './support/server.ts';

/* How many grants a key can have (quotas.md), and that this is known without counting them. */

const dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-grants-'));
const { server, kms, ada, grant, newKey, listed } = await startGrantScene(dataDirectory);
const { kms: inside, close } = await openInside(dataDirectory);
after(async () => {
  await close();
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

/** Makes a key pass for one that has so many grants. */
function pretend(keyId: string, count: number): Promise<unknown> {
  return inside.store.write(({ db, keyring }) =>
    db
      .updateTable('grant_counts')
      .set(authenticateRow(keyring, 'grant_counts', { region: REGION, key_id: keyId, count }))
      .where('key_id', '=', keyId)
      .execute(),
  );
}

/** How many grants a key is said to have, and how many it has. */
function counted(keyId: string): Promise<readonly [said: number, are: number]> {
  return inside.store.read(async (reader) => {
    const grants = await listGrants(reader, { region: REGION, keyId }, '', 1_000);
    return [await countGrants(reader, REGION, keyId), grants.length];
  });
}

describe('the quota of grants', () => {
  it('is 50,000 a key; what is revoked or retired makes room', async () => {
    const KeyId = await newKey();
    const { GrantId } = await grant(KeyId, { Name: 'first' });
    await pretend(KeyId, 49_999);
    const { GrantToken } = await grant(KeyId);
    const message = 'The key already has 50000 grants, the most a key can have.';
    await assertRefused(grant(KeyId), 'LimitExceededException', message);
    await assertRefused(grant(KeyId, { Name: 'second' }), 'LimitExceededException', message);
    // A grant that is there is not created again.
    assert.equal((await grant(KeyId, { Name: 'first' })).GrantId, GrantId);

    await kms.revokeGrant({ KeyId, GrantId });
    await grant(KeyId);
    await assertRefused(grant(KeyId), 'LimitExceededException', message);
    await kms.retireGrant({ GrantToken });
    await grant(KeyId);
    await assertRefused(grant(KeyId), 'LimitExceededException', message);
    await grant(await newKey());
  });

  it('is about the grants that there are, whatever was tried', async () => {
    const KeyId = await newKey();
    assert.deepEqual(await counted(KeyId), [0, 0]);
    const grants = await Promise.all(Array.from({ length: 6 }, () => grant(KeyId)));
    await grant(KeyId, { Name: 'one' });
    await grant(KeyId, { Name: 'one' });
    await assertRefused(grant(KeyId, { DryRun: true }), 'DryRunOperationException');
    await assertRefused(grant(KeyId, { Operations: ['Sign'] }), 'ValidationException');
    assert.deepEqual(await counted(KeyId), [7, 7]);

    const [first, second] = grants;
    const revoked = await Promise.allSettled(
      Array.from({ length: 4 }, () => kms.revokeGrant({ KeyId, GrantId: first?.GrantId })),
    );
    assert.equal(revoked.filter(({ status }) => status === 'fulfilled').length, 1);
    await kms.retireGrant({ GrantToken: second?.GrantToken });
    await assertRefused(kms.retireGrant({ GrantToken: second?.GrantToken }), 'NotFoundException');
    assert.deepEqual(await counted(KeyId), [5, 5]);
    assert.equal((await listed(KeyId)).length, 5);
  });

  it('goes with the key', async () => {
    const { keyId: KeyId } = await createKey(kms);
    await grant(KeyId, { RetiringPrincipal: ada.arn });
    await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
    server.clock.advance(8 * DAY);
    while ((await kms.listKeys({})).Keys?.some((key) => key.KeyId === KeyId));
    assert.deepEqual(await counted(KeyId), [0, 0]);
  });
});

describe('a named grant', () => {
  it('is found again among many of its grantee and name', async () => {
    const KeyId = await newKey();
    const contexts = Array.from({ length: 20 }, (_, index) => ({ volume: `vol-${index}` }));
    const create = (EncryptionContextEquals: Record<string, string>) =>
      grant(KeyId, { Name: 'attach', Constraints: { EncryptionContextEquals } });
    const ids = [];
    for (const context of contexts) ids.push((await create(context)).GrantId);
    assert.equal(new Set(ids).size, contexts.length);
    for (const [index, context] of contexts.entries())
      assert.equal((await create(context)).GrantId, ids[index]);
    const retirable = await grant(KeyId, { Name: 'attach', RetiringPrincipal: ada.arn });
    const plain = await grant(KeyId, { Name: 'attach' });
    assert.notEqual(plain.GrantId, retirable.GrantId);
    assert.equal(
      (await grant(KeyId, { Name: 'attach', RetiringPrincipal: ada.arn })).GrantId,
      retirable.GrantId,
    );
    assert.deepEqual(await counted(KeyId), [22, 22]);
  });
});

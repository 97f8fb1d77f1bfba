import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { insertAccount, RevisionConflict, UnitOfWork } from '../src/store/index.ts';
import { openInside } from './support/inside.ts';
import { startTestServer } from './support/server.ts';

/* A request is judged by one state of the store, though its entries come from a cache or not, and not at one moment. */

const dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-request-views-'));
await (await startTestServer({ dataDirectory })).close();
const [here, elsewhere] = [await openInside(dataDirectory), await openInside(dataDirectory)];
const store = here.kms.store;
after(async () => {
  await here.close();
  await elsewhere.close();
  await rm(dataDirectory, { recursive: true });
});

/** The number of each thing. */
const numbers = new Map<string, number>();
const things = store.cache('thing', 10, async (_reader, name) => ({ number: numbers.get(name) }));

async function numberOf(name: string): Promise<number | undefined> {
  return (await things.get(name))?.number;
}

/** Changes things in one transaction, as another process does. */
async function changeElsewhere(...names: readonly string[]): Promise<void> {
  await elsewhere.kms.store.write(async (writer) => {
    for (const name of names) writer.changed(`thing/${name}`);
  });
  for (const name of names) numbers.set(name, (numbers.get(name) ?? 0) + 1);
}

beforeEach(async () => {
  numbers.clear();
  await changeElsewhere('cached', 'uncached', 'other');
  await store.passFence();
  await numberOf('cached');
  // What was loaded before the last look at the database is no newer than it.
  await store.passFence();
});

describe('the state of the caches', () => {
  it('has not moved as long as all is cached, whatever is changed elsewhere', async () => {
    const begun = store.cacheState();
    await changeElsewhere('cached');
    assert.equal(await numberOf('cached'), 1);
    assert.equal(store.hasMoved(begun), false);
  });

  it('has moved when an entry was loaded, and tells that nothing was changed', async () => {
    const begun = store.cacheState();
    await numberOf('uncached');
    assert.equal(store.hasMoved(begun), true);
    assert.deepEqual(await store.changesSince(begun), []);
  });

  it('tells what was changed when an entry was loaded that may be newer than one of the cache', async () => {
    const begun = store.cacheState();
    await changeElsewhere('cached', 'uncached');
    assert.deepEqual([await numberOf('cached'), await numberOf('uncached')], [1, 2]);
    assert.equal(store.hasMoved(begun), true);
    assert.deepEqual(await store.changesSince(begun), ['thing/cached', 'thing/uncached']);
    assert.deepEqual([await numberOf('cached'), await numberOf('uncached')], [2, 2]);
  });

  it('has moved when another request loaded the newer entry, after the look at the database', async () => {
    await store.passFence();
    await changeElsewhere('cached', 'uncached');
    await numberOf('uncached');
    const begun = store.cacheState();
    assert.equal(store.hasMoved(begun), true);
    assert.deepEqual(await store.changesSince(begun), ['thing/cached', 'thing/uncached']);
  });

  it('has moved when changes were applied meanwhile', async () => {
    const begun = store.cacheState();
    await changeElsewhere('other');
    await store.passFence();
    assert.equal(store.hasMoved(begun), true);
    await changeElsewhere('cached');
    assert.deepEqual(await store.changesSince(begun), ['thing/other', 'thing/cached']);
  });

  it('does not tell of changes that are long past', async () => {
    const begun = store.cacheState();
    for (let changes = 0; changes < 300; changes += 1) {
      await changeElsewhere('other');
      await store.passFence();
    }
    assert.equal(await store.changesSince(begun), undefined);
  });
});

describe('a unit of work', () => {
  function begin(): UnitOfWork {
    return new UnitOfWork(store, store.cacheState());
  }

  const writes: Record<string, (unit: UnitOfWork) => Promise<unknown>> = {
    'is checked before it is judged': (unit) => unit.requireUnchanged(),
    writes: (unit) => unit.write(async () => {}),
  };
  for (const [what, act] of Object.entries(writes)) {
    it(`that ${what} is refused when what it rests on has changed`, async () => {
      const unit = begin();
      await unit.entries(things).get('cached');
      await changeElsewhere('cached');
      await assert.rejects(act(unit), RevisionConflict);
      await unit.abandon();
    });

    it(`that ${what} is refused when what it found missing has come to be`, async () => {
      const missing = store.cache<object>('absence', 10, async () => undefined);
      const unit = begin();
      assert.equal(await unit.entries(missing).get('new'), undefined);
      await elsewhere.kms.store.write(async (writer) => writer.changed('absence/new'));
      await assert.rejects(act(unit), RevisionConflict);
      await unit.abandon();
    });

    it(`that ${what} goes on when only other things have changed`, async () => {
      const unit = begin();
      await unit.entries(things).get('cached');
      await changeElsewhere('uncached', 'other');
      await act(unit);
      await unit.abandon();
    });
  }

  it('sees what it has written itself, and nobody else does before it is committed', async () => {
    const accounts = here.iam.accounts;
    const unit = begin();
    const accountId = '777788889999';
    assert.equal(await unit.entries(accounts).get(accountId), undefined);
    await unit.write((writer) =>
      insertAccount(writer, { accountId, name: 'new', email: 'new@example.com', creationDate: 0 }),
    );
    assert.equal((await unit.entries(accounts).get(accountId))?.accountId, accountId);
    assert.equal(await accounts.get(accountId), undefined);
    assert.equal(await unit.commit(async () => {}), true);
    await store.passFence();
    assert.equal((await accounts.get(accountId))?.accountId, accountId);
  });
});

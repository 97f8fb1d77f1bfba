import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { openDatabase, openDatabaseReader, openKeyring, openPresentStore } from '../src/opening.ts';
import { type CopyObserver, copyStore, type EngineReader, readStoreIdentity } from '../src/store/index.ts';
import { fillStore } from './support/filled-store.ts';
import { rootKeyFileOf, verifyStore } from './support/inside.ts';
import { createKey } from './support/keys.ts';
import {
  assertRefused,
  breakOff,
  contentOf,
  execute,
  hashOf,
  locationOf,
  migrate,
} from './support/migrate-store.ts';
import { temporaryDirectory } from './support/qkms-process.ts';
import { startTestServer } from './support/server.ts';
import { databaseForTest } from './support/test-database.ts';

/** A filled data directory, which no test changes. */
let original: string;
before(async () => {
  original = await mkdtemp(join(tmpdir(), 'qkms-original-'));
  await fillStore(original);
});
after(() => rm(original, { recursive: true }));

/** A copy of the filled data directory that a test may change. */
async function changeable(t: TestContext): Promise<string> {
  const directory = temporaryDirectory(t);
  await cp(original, directory, { recursive: true });
  return directory;
}

describe('qkms migrate-store', () => {
  it('copies every row as it is, to PostgreSQL and back, and leaves the source as it was', async (t) => {
    const database = await databaseForTest(t);
    const back = temporaryDirectory(t);
    const [hash, rows] = [await hashOf(original), await contentOf(original)];
    for (const [table, present] of rows)
      assert.ok(present.length > 0 || table === 'leases', `nothing in ${table} to be copied`);

    const written = await migrate(original, database);
    assert.deepEqual(await contentOf(database), rows);
    assert.equal(await hashOf(original), hash);
    const count = [...rows.values()].flat().length;
    assert.match(written, new RegExp(`^copying the store\n[^]*\ncopied ${count} records, and compared them`));

    await migrate(database, back, { rootKeyFile: rootKeyFileOf(original) });
    assert.deepEqual(await contentOf(back), rows);
    await cp(rootKeyFileOf(original), rootKeyFileOf(back));
    assert.ok((await verifyStore(back)) > 0);
  });

  it('copies from SQLite to SQLite, and from PostgreSQL to PostgreSQL', async (t) => {
    const rootKeyFile = rootKeyFileOf(original);
    const directory = join(temporaryDirectory(t), 'new');
    const databases = [await databaseForTest(t), await databaseForTest(t)] as const;
    await migrate(original, directory);
    await migrate(directory, databases[0], { rootKeyFile });
    await assertRefused(migrate(...databases), /^--root-key-file \(QKMS_ROOT_KEY_FILE\): missing; /);
    await migrate(...databases, { rootKeyFile });
    assert.deepEqual(await contentOf(databases[1]), await contentOf(original));
  });

  it('says for each table how many rows are done', async (t) => {
    const written = await migrate(original, join(temporaryDirectory(t), 'new'));
    const keys = (await contentOf(original)).get('keys')?.length;
    for (const step of ['copying', 'comparing'])
      assert.match(written, new RegExp(`^${step} keys: ${keys} of ${keys}$`, 'm'));
  });

  for (const engine of ['SQLite', 'PostgreSQL'] as const) {
    const targetFor = async (t: TestContext) =>
      engine === 'SQLite' ? join(temporaryDirectory(t), 'new') : databaseForTest(t);

    it(`goes on after it was broken off: ${engine}`, async (t) => {
      const target = await targetFor(t);
      await breakOff(original, target, /^copying grants/m);
      await breakOff(original, target, /^comparing/m);
      const copied = await contentOf(target);
      assert.ok((copied.get('keys')?.length ?? 0) > 0);
      const written = await migrate(original, target);
      assert.match(written, /^going on with the copy that was begun\n/);
      assert.deepEqual(await contentOf(target), await contentOf(original));
    });

    it(`starts over when the source has changed since it was broken off: ${engine}`, async (t) => {
      const source = await changeable(t);
      const target = await targetFor(t);
      await breakOff(source, target, /^comparing/m);
      const server = await startTestServer({ dataDirectory: source });
      await createKey(server.client());
      await server.close();
      assert.match(await migrate(source, target), /^starting over: the store has changed/);
      assert.deepEqual(await contentOf(target), await contentOf(source));
    });

    it(`starts over when somebody has changed the copy: ${engine}`, async (t) => {
      const target = await targetFor(t);
      await breakOff(original, target, /^comparing/m);
      await execute(target, "update aliases set alias_name = 'alias/moved'");
      await assertRefused(
        migrate(original, target),
        /^the record aliases \["111122223333",.*\] is not the same in the store and in the copy: /,
      );
      assert.match(await migrate(original, target), /^starting over: /);
      assert.deepEqual(await contentOf(target), await contentOf(original));
    });

    it(`of a copy that is not whole nobody can start: ${engine}`, async (t) => {
      const target = await targetFor(t);
      await breakOff(original, target, /^comparing change_log/m);
      const rootKeyFile = rootKeyFileOf(original);
      await assertRefused(
        openPresentStore({ ...locationOf(target), rootKeyFile }),
        /^the database holds an unfinished copy of a store; run the same qkms migrate-store again to finish it, or empty the database$/,
      );
      await assertRefused(
        migrate(target, join(temporaryDirectory(t), 'next'), { rootKeyFile }),
        /^--from: the database holds an unfinished copy of a store; /,
      );
      // Nor when the fact is taken away that says so.
      await execute(target, "delete from meta where name = 'unfinished_copy'");
      const { store, keyring } = await openPresentStore({ ...locationOf(target), rootKeyFile });
      await assert.rejects(store.passFence());
      await store.close();
      keyring.destroy();
    });
  }

  it('refuses to finish when the store changes while it is copied', async (t) => {
    const source = await changeable(t);
    const target = join(temporaryDirectory(t), 'new');
    const server = await startTestServer({ dataDirectory: source });
    const interrupted = copyWith(source, target, () => createKey(server.client()));
    await assertRefused(
      interrupted,
      /^the store has changed since the copy began: the copy is of change \d+, the store is at change \d+; stop every QKMS that runs on it, and run qkms migrate-store again, which starts over$/,
    );
    await server.close();
    assert.match(await migrate(source, target), /^starting over/);
  });

  it('notices that a QKMS runs on the store by what is written without a change, too', async (t) => {
    const source = await changeable(t);
    const target = join(temporaryDirectory(t), 'new');
    await breakOff(source, target, /^comparing/m);
    await execute(source, 'delete from key_uses');
    await assertRefused(migrate(source, target), /^the record key_uses \["us-east-1",.*\] is not the same /);
    await migrate(source, target);
    assert.deepEqual(await contentOf(target), await contentOf(source));
  });

  it('lets one process copy at a time: the one that began last', async (t) => {
    const target = await databaseForTest(t);
    const overtaken = copyWith(original, target, () => breakOff(original, target, /^copying grants/m));
    await assertRefused(
      overtaken,
      /^another qkms migrate-store has taken over; leave the target to that one$/,
    );
    await migrate(original, target);
    assert.deepEqual(await contentOf(target), await contentOf(original));
  });

  for (const [change, name] of [
    [
      "update keys set key_state = 'Enabled' where key_state = 'PendingDeletion'",
      /^the record keys \["us-east-1","[0-9a-f-]{36}"\] of the store is not authentic: /,
    ],
    [
      "update accounts set name = 'x'",
      /^the record accounts \["111122223333"\] of the store is not authentic: /,
    ],
    ['update accounts set account_id = char(27, 10)', /^the record accounts \["\\u001b\\n"\] of the store /],
    ['update grants set creation_date = 1e300', /^the record grants \[.*\] of the store is not authentic: /],
    [
      'update grants set creation_date = 9223372036854775807',
      /^cannot read the store: .*; put that right, and run /,
    ],
    [
      "update key_materials set wrapped_key_material = 'x'",
      /^the record key_materials \[.*\] of the store is /,
    ],
    [
      "update change_log set entity = 'x' where version = 2",
      /^the record change_log \[2,0\] of the store is /,
    ],
    ['delete from fence', /^cannot read the store: no result; /],
    [
      'update fence set version = version + 1',
      /^cannot read the store: A stored record of the table 'fence' is /,
    ],
  ] as const) {
    it(`stops at what is not authentic, and names it: ${change}`, async (t) => {
      const source = await changeable(t);
      await execute(source, change);
      const target = join(temporaryDirectory(t), 'new');
      await assertRefused(migrate(source, target), name);
      // Of a store whose fence is not right not even a copy is begun.
      const isBegun = !change.includes('fence');
      const opening = openPresentStore({ dataDirectory: target, rootKeyFile: rootKeyFileOf(original) });
      await assertRefused(opening, isBegun ? /unfinished copy/ : /^there is no store/);
    });
  }
});

/** Copies a store, and does something else in the midst of it. */
async function copyWith(from: string, to: string, interrupt: () => Promise<unknown>): Promise<void> {
  const source = await openDatabaseReader({ dataDirectory: from });
  assert.ok(source !== undefined);
  const identity = await readStoreIdentity(source);
  assert.ok(identity !== undefined);
  const keyring = await openKeyring(locationOf(from), identity.storeId);
  const target = await openDatabase(locationOf(to));
  let isDue = false;
  const interrupted: EngineReader = {
    ...source,
    async read(work) {
      if (isDue) await interrupt();
      isDue = false;
      return source.read(work);
    },
  };
  const progressed: CopyObserver['progressed'] = (step, table, done) => {
    isDue ||= step === 'copying' && table === 'keys' && done > 0;
  };
  try {
    await copyStore(interrupted, target, keyring, identity.storeId, { begun() {}, progressed });
  } finally {
    await source.close();
    await target.close();
    keyring.destroy();
  }
}

import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { createRootKeyFile } from '../src/keyring/index.ts';
import { rootKeyFileOf } from './support/inside.ts';
import { assertRefused, breakOff, contentOf, execute, hashOf, migrate } from './support/migrate-store.ts';
import { query } from './support/postgres/database.ts';
import { temporaryDirectory } from './support/qkms-process.ts';
import { startTestServer } from './support/server.ts';
import { databaseForTest } from './support/test-database.ts';

/* Whatever is refused is left as it was: the source, and the target. */

let source: string;
let another: string;
before(async () => {
  [source = '', another = ''] = await Promise.all(
    ['source', 'another'].map(async (name) => {
      const dataDirectory = await mkdtemp(join(tmpdir(), `qkms-${name}-`));
      await (await startTestServer({ dataDirectory })).close();
      return dataDirectory;
    }),
  );
});
after(() => Promise.all([source, another].map((directory) => rm(directory, { recursive: true }))));

const TARGETS: readonly (readonly [string, (target: string) => Promise<unknown>, RegExp])[] = [
  [
    'the tables of another application',
    (target) => execute(target, 'create table orders (id bigint)'),
    /^--to: the database holds tables of another application \(orders\); choose another one for QKMS$/,
  ],
  [
    'another table of the same name',
    (target) => execute(target, 'create table meta (name text, value text)'),
    /^--to: the database is not a QKMS store, or it is damaged; restore it from a backup$/,
  ],
  [
    'the same store',
    (target) => migrate(source, target),
    /^--to: the target holds this store already; start QKMS on it, or choose an empty target to copy it again$/,
  ],
  [
    'another store',
    (target) => migrate(another, target),
    /^--to: the target holds another store already; choose an empty target$/,
  ],
  [
    'an unfinished copy of another store',
    (target) => breakOff(another, target, /^comparing/),
    /^--to: the target holds an unfinished copy of another store already; choose an empty target$/,
  ],
  [
    'an unfinished copy of a newer version',
    async (target) => {
      await breakOff(source, target, /^comparing/);
      await execute(target, "update meta set value = '99' where name = 'schema_version'");
    },
    /^--to: the target holds an unfinished copy that a version of QKMS with schema 99 began \(this one has \d+\); finish it with that version, or empty the target$/,
  ],
  [
    'an unfinished copy that says it is under another root key',
    async (target) => {
      await breakOff(source, target, /^comparing/);
      await execute(target, "update meta set value = '00' where name = 'root_key_id'");
    },
    /^--to: the root key \(id [0-9a-f]{32}\) is not the one this store was created with \(id 00\); /,
  ],
  [
    'what somebody has made look like an unfinished copy',
    async (target) => {
      await migrate(source, target);
      await execute(target, "update meta set name = 'unfinished_copy' where name = 'root_credentials'");
    },
    /^--to: (?:cannot open the store .*: )?A stored record of the table 'meta' is not authentic/,
  ],
];

describe('qkms migrate-store refuses as target', () => {
  for (const engine of ['SQLite', 'PostgreSQL']) {
    for (const [title, prepare, message] of TARGETS) {
      it(`${title}: ${engine}`, async (t) => {
        const target = engine === 'SQLite' ? temporaryDirectory(t) : await databaseForTest(t);
        await prepare(target);
        const before = [await contentOf(target), await hashOf(source)];
        await assertRefused(migrate(source, target), message);
        assert.deepEqual([await contentOf(target), await hashOf(source)], before);
      });
    }
  }

  it('the database of another application, of which not a byte changes', async (t) => {
    const target = temporaryDirectory(t);
    await execute(target, 'create table orders (id bigint)');
    const before = await hashOf(target);
    await assertRefused(migrate(source, target), /^--to: the database holds tables of another application/);
    assert.equal(await hashOf(target), before);
    assert.deepEqual(await readdir(target), ['qkms.db']);
  });

  it('the source itself', async () => {
    const before = await hashOf(source);
    await assertRefused(migrate(source, source), /^--to: the target holds this store already; /);
    assert.equal(await hashOf(source), before);
  });

  it('a file that is no database', async (t) => {
    const target = temporaryDirectory(t);
    await writeFile(join(target, 'qkms.db'), 'not a database, but longer than its header '.repeat(100));
    const before = await hashOf(target);
    await assertRefused(
      migrate(source, target),
      /^--to: cannot open the store \S+: file is not a database; /,
    );
    assert.equal(await hashOf(target), before);
  });

  it('a directory that cannot be created', async (t) => {
    const file = join(temporaryDirectory(t), 'file');
    await writeFile(file, '');
    await assertRefused(
      migrate(source, join(file, 'data')),
      /^--to: cannot create the data directory \(.*\); /,
    );
  });

  it('a database that can only be read', async (t) => {
    const url = await databaseForTest(t);
    await query({ url }, 'alter role current_user set default_transaction_read_only = on');
    await assertRefused(migrate(source, url), /^--to: the database is read-only; /);
  });

  it('a database whose role may create no tables', async (t) => {
    const url = await databaseForTest(t);
    await query({ url }, 'create schema closed');
    await query({ url }, 'revoke create on schema closed from current_user');
    await query({ url }, 'alter role current_user set search_path = closed');
    await assertRefused(
      migrate(source, url),
      /^cannot write the target: .*: permission denied for schema closed; .*; put that right, and run qkms migrate-store again/,
    );
    assert.deepEqual(await contentOf(url), new Map());
  });

  for (const [url, message] of [
    ['postgres://a:secret@127.0.0.1:1/b', /^--to: cannot use the database at 127\.0\.0\.1:1: .*ECONNREFUSED/],
    [
      'mysql://a:secret@localhost/b',
      /^--to: the database engine "mysql" is not supported; give one such as /,
    ],
    ['postgres://a:secret@localhost/b?sslmode=x', /^--to: sslmode "x" is not one of /],
  ] as const) {
    it(`${url}, without saying the password`, async () => {
      await assertRefused(migrate(source, url), message);
      await assert.rejects(migrate(source, url), ({ message }: Error) => !message.includes('secret'));
    });
  }
});

describe('qkms migrate-store refuses as source', () => {
  const target = (t: TestContext) => join(temporaryDirectory(t), 'target');

  for (const [title, prepare, message] of [
    [
      'a directory that is not there',
      (place) => rm(place, { recursive: true }),
      /^--from: there is no store; /,
    ],
    [
      'an empty directory',
      async () => {},
      /^--from: there is no store; give the place of one that QKMS has run on$/,
    ],
    ['an empty database', (place) => execute(place, 'vacuum'), /^--from: there is no store; /],
    [
      'the tables of another application',
      (place) => execute(place, 'create table orders (id bigint)'),
      /^--from: the database holds tables of another application \(orders\); /,
    ],
    [
      'a store of a newer version',
      async (place) => {
        await migrate(another, place);
        await execute(place, "update meta set value = '99' where name = 'schema_version'");
      },
      /^--from: the store has schema version 99, newer than this program's \d+; start the newer version of QKMS that wrote it$/,
    ],
    [
      'a store of an older version',
      async (place) => {
        await migrate(another, place);
        await execute(place, "update meta set value = '0' where name = 'schema_version'");
      },
      /^--from: the store has schema version 0, older than this program's \d+; start this version of QKMS on it once, which brings it up to date$/,
    ],
    [
      'a store whose root key is not beside it',
      (place) => migrate(another, place),
      /^--from: there is no root key file at \S+root\.key; /,
    ],
    [
      'a store of another root key',
      async (place) => {
        await migrate(another, place);
        await createRootKeyFile(rootKeyFileOf(place));
      },
      /^--from: the root key \(id [0-9a-f]{32}\) is not the one this store was created with \(id [0-9a-f]{32}\); /,
    ],
    [
      'a store whose root key others may read',
      async (place) => {
        await migrate(another, place);
        await createRootKeyFile(rootKeyFileOf(place));
        await chmod(rootKeyFileOf(place), 0o644);
      },
      /^--from: the root key file \S+ is accessible to others than its owner \(mode 0644\); /,
    ],
    [
      'a file that is no database',
      (place) => writeFile(join(place, 'qkms.db'), 'not a database, but longer than its header '.repeat(100)),
      /^--from: cannot open the store \S+: file is not a database; /,
    ],
    [
      'a file that cannot be opened',
      (place) => mkdir(join(place, 'qkms.db')),
      /^--from: cannot open the store \S+: .*; /,
    ],
  ] satisfies readonly (readonly [string, (place: string) => Promise<unknown>, RegExp])[]) {
    it(title, async (t) => {
      const place = join(temporaryDirectory(t), 'source');
      await mkdir(place);
      await prepare(place);
      const to = target(t);
      await assertRefused(migrate(place, to), message);
      await assert.rejects(readdir(to), { code: 'ENOENT' });
    });
  }

  it('a database of PostgreSQL that is empty', async (t) => {
    const rootKeyFile = rootKeyFileOf(source);
    const to = target(t);
    await assertRefused(
      migrate(await databaseForTest(t), to, { rootKeyFile }),
      /^--from: there is no store; /,
    );
    await assert.rejects(readdir(to), { code: 'ENOENT' });
  });
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { sql } from 'kysely';
import { OperatorError, ServiceError } from '../src/errors.ts';
import { createKeyring } from '../src/keyring/index.ts';
import {
  countGrants,
  countKeys,
  deleteKey,
  type Engine,
  findAccessKey,
  findAccessKeyUse,
  findAccount,
  findGrant,
  findIdentity,
  findKey,
  findTokenBucket,
  holdLease,
  insertAccessKey,
  insertAccount,
  insertAlias,
  insertGrant,
  insertIdentity,
  insertKey,
  type KeyRecord,
  type Lease,
  listAliasesOfKey,
  listKeyMaterials,
  listReferrers,
  noteAccessKeyUse,
  type OpenedStore,
  openPostgres,
  openSqlite,
  openStore,
  putKeyMaterial,
  putTokenBucket,
  RevisionConflict,
  readStoreIdentity,
  type Store,
  takeLease,
  updateKey,
  type Writer,
} from '../src/store/index.ts';
import type { Database } from '../src/store/schema.ts';
import { engineFlags, SKIP_UNLESS_SQLITE } from './support/engine.ts';

const rootKey = randomBytes(32);
const storeId = 'store-under-test';
const keyring = createKeyring(rootKey, storeId);

const record: KeyRecord = {
  region: 'us-east-1',
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  accountId: '111122223333',
  revision: 1,
  creationDate: 1_791_100_800_123,
  description: 'a key',
  keySpec: 'SYMMETRIC_DEFAULT',
  keyUsage: 'ENCRYPT_DECRYPT',
  origin: 'AWS_KMS',
  keyManager: 'CUSTOMER',
  keyState: 'Enabled',
  settledKeyState: undefined,
  deletionDate: undefined,
  pendingWindowInDays: undefined,
  primaryRegion: undefined,
  rotationPeriodInDays: undefined,
  nextRotationDate: undefined,
  policy: '{}',
  policyPrincipals: new Map([['arn:aws:iam::111122223333:user/ada', 'AIDAEXAMPLE']]),
  policyVersion: 1,
  policyPutBy: 'arn:aws:iam::111122223333:root',
  policyPutDate: 1_791_100_800_123,
  tags: [{ key: 'team', value: 'orders' }],
  currentKeyMaterialId: 'ab'.repeat(32),
};
const material = {
  region: record.region,
  keyId: record.keyId,
  keyMaterialId: 'ab'.repeat(32),
  creationDate: record.creationDate,
  wrappedKeyMaterial: randomBytes(73),
  pending: undefined,
  rotationType: undefined,
  rotationDate: undefined,
  description: '',
  validTo: undefined,
};

async function insertKeyWithMaterial(writer: Writer): Promise<void> {
  await insertKey(writer, record);
  await putKeyMaterial(writer, material);
}

let directory: string;
let location: string;
const stores: Store[] = [];

async function open(): Promise<Store> {
  const { store } = await openWith(await openEngine(), rootKey);
  stores.push(store);
  return store;
}

/** Another connection to the same database. */
async function openEngine(): Promise<Engine> {
  return SKIP_UNLESS_SQLITE ? openPostgres(location) : openSqlite(location);
}

/** Does something to the database behind the store's back. */
async function directly<T>(work: (db: Database) => Promise<T>): Promise<T> {
  const engine = await openEngine();
  try {
    return await engine.write(work);
  } finally {
    await engine.close();
  }
}

function openWith(engine: Engine, itsRootKey: Uint8Array): Promise<OpenedStore> {
  return openStore(engine, storeId, async (id) => createKeyring(itsRootKey, id));
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'qkms-store-'));
  const { databaseUrl } = await engineFlags(directory);
  location = databaseUrl ?? join(directory, 'qkms.db');
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await rm(directory, { recursive: true });
});
after(() => keyring.destroy());

describe('the store', () => {
  it('returns what was written, from the same database, after it was closed', async () => {
    const first = await open();
    await first.write((writer) => insertKeyWithMaterial(writer));
    await first.close();
    stores.pop();
    const second = await open();
    assert.deepEqual(await second.read((reader) => findKey(reader, record.region, record.keyId)), record);
  });

  it('makes no change when a write fails in the middle', async () => {
    const store = await open();
    await assert.rejects(
      store.write(async (writer) => {
        await insertKeyWithMaterial(writer);
        throw new RevisionConflict();
      }),
      RevisionConflict,
    );
    assert.equal(await store.read((reader) => findKey(reader, record.region, record.keyId)), undefined);
  });

  it('refuses to change a key that has changed since it was read', async () => {
    const store = await open();
    await store.write((writer) => insertKeyWithMaterial(writer));
    await store.write((writer) => updateKey(writer, { ...record, description: 'first' }));
    await assert.rejects(
      store.write((writer) => updateKey(writer, { ...record, description: 'second' })),
      RevisionConflict,
    );
    await assert.rejects(
      store.write((writer) => deleteKey(writer, record)),
      RevisionConflict,
    );
    const found = await store.read((reader) => findKey(reader, record.region, record.keyId));
    assert.equal(found?.description, 'first');
    assert.equal(found?.revision, 2);
  });

  it('refuses a database of another application, and does not change it', async () => {
    await directly((db) => sql`create table customers (name text)`.execute(db));
    await assert.rejects(open(), OperatorError);
    const engine = await openEngine();
    assert.deepEqual(await engine.read((db) => engine.dialect.tableNames(db)), ['customers']);
    await engine.close();
  });

  it('refuses a store of another root key, and does not change it', async () => {
    await open();
    const engine = await openEngine();
    await assert.rejects(openWith(engine, randomBytes(32)), /root key/);
    assert.equal((await readStoreIdentity(engine))?.storeId, storeId);
    await engine.close();
  });

  it('refuses a store of a newer schema', async () => {
    await open();
    const engine = await openEngine();
    const change = (values: { value?: string; mac?: Uint8Array }) =>
      engine.write((db) => db.updateTable('meta').set(values).where('name', '=', 'schema_version').execute());
    await change({ value: '999' });
    // The altered fact is not authentic either; with the right code it must still be refused.
    await assert.rejects(openWith(engine, rootKey), ServiceError);
    const mac = keyring.authenticateRecord('meta', { name: 'schema_version', value: '999' });
    await change({ mac });
    await assert.rejects(openWith(engine, rootKey), /newer/);
    await engine.close();
  });
});

describe('the fence', () => {
  const load = (store: Store) =>
    store.cache('key', 10, (reader, identifiers) => {
      const [region = '', keyId = ''] = identifiers.split('/');
      return findKey(reader, region, keyId);
    });
  const entity = `${record.region}/${record.keyId}`;

  it('shows a change by one connection to every other, at the first look after it', async () => {
    const [writing, reading] = [await open(), await open()];
    const cache = load(reading);
    await writing.write((writer) => insertKeyWithMaterial(writer));
    for (let revision = 1; revision <= 100; revision += 1) {
      await reading.passFence();
      const before = await cache.get(entity);
      assert.equal(before?.revision, revision);
      await writing.write((writer) => updateKey(writer, { ...record, revision }));
    }
  });

  it('keeps what has not changed', async () => {
    const store = await open();
    const cache = load(store);
    await store.write((writer) => insertKeyWithMaterial(writer));
    await store.passFence();
    const entry = await cache.get(entity);
    await store.write((writer) =>
      insertAlias(writer, {
        accountId: record.accountId,
        region: record.region,
        aliasName: 'alias/other',
        targetKeyId: 'other',
        creationDate: 0,
        lastUpdatedDate: 0,
      }),
    );
    await store.passFence();
    assert.equal(cache.get(entity), entry);
  });

  it('remembers that there is no entry, where it is to, until there is one', async () => {
    const [writing, reading] = [await open(), await open()];
    let loads = 0;
    const cache = reading.cache(
      'key',
      10,
      (reader) => {
        loads += 1;
        return findKey(reader, record.region, record.keyId);
      },
      2,
    );
    await reading.passFence();
    for (let round = 0; round < 3; round += 1) assert.equal(await cache.get(entity), undefined);
    assert.equal(loads, 1);
    await writing.write((writer) => insertKeyWithMaterial(writer));
    await reading.passFence();
    assert.equal((await cache.get(entity))?.revision, 1);
    for (const other of ['a', 'b', 'c']) await cache.get(`${record.region}/${other}`);
    await directly((db) => db.deleteFrom('change_log').execute());
    await writing.write((writer) => updateKey(writer, record));
    await directly((db) => db.deleteFrom('change_log').execute());
    await reading.passFence();
    const before = loads;
    await cache.get(`${record.region}/c`);
    assert.equal(loads, before + 1, 'everything was forgotten');
  });

  it('does not keep an entry that changes while it is being loaded', async () => {
    const store = await open();
    const held = Promise.withResolvers<void>();
    let loads = 0;
    const cache = store.cache('key', 10, async (reader) => {
      loads += 1;
      const found = await findKey(reader, record.region, record.keyId);
      if (loads === 1) await held.promise;
      return found;
    });
    await store.write((writer) => insertKeyWithMaterial(writer));
    await store.passFence();
    const early = cache.get(entity);
    const other = await open();
    await other.write((writer) => updateKey(writer, record));
    held.resolve();
    await store.passFence();
    assert.equal((await early)?.revision, 1);
    assert.equal((await cache.get(entity))?.revision, 2);
  });

  it('forgets everything when the change log does not reach back', async () => {
    const [writing, reading] = [await open(), await open()];
    const cache = load(reading);
    await writing.write((writer) => insertKeyWithMaterial(writer));
    await reading.passFence();
    await cache.get(entity);
    await writing.write((writer) => updateKey(writer, record));
    await directly((db) => db.deleteFrom('change_log').execute());
    await reading.passFence();
    assert.equal((await cache.get(entity))?.revision, 2);
  });
});

describe('a stored row', () => {
  /** Everything that reads a row of each table. */
  const reads: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
    meta: async () => {
      const engine = await openEngine();
      try {
        await openWith(engine, rootKey);
      } finally {
        await engine.close();
      }
    },
    keys: (store) => store.read((reader) => findKey(reader, record.region, record.keyId)),
    key_materials: async (store) => {
      return store.read((reader) => listKeyMaterials(reader, record.region, record.keyId));
    },
    aliases: async (store) => {
      return store.read((reader) => listAliasesOfKey(reader, record.region, record.keyId));
    },
    grants: (store) => {
      return store.read((reader) => findGrant(reader, record.region, record.keyId, grant.grantId));
    },
    grant_counts: (store) => {
      return store.read((reader) => countGrants(reader, record.region, record.keyId));
    },
    key_counts: (store) => store.read((reader) => countKeys(reader, record)),
    token_buckets: (store) => store.write((writer) => findTokenBucket(writer, BUCKET)),
    access_keys: async (store) => {
      return store.read((reader) => findAccessKey(reader, 'AKIAEXAMPLE'));
    },
    access_key_uses: async (store) => {
      return store.read((reader) => findAccessKeyUse(reader, 'AKIAEXAMPLE'));
    },
    accounts: (store) => store.read((reader) => findAccount(reader, record.accountId)),
    identities: (store) => {
      return store.read((reader) => findIdentity(reader, record.accountId, 'user', 'Ada'));
    },
    identity_references: (store) => {
      return store.read((reader) => listReferrers(reader, record.accountId, membership, '', 10));
    },
    leases: (store) => store.write((writer) => holdLease(writer, lease, 8, 100)),
    fence: (store) => store.passFence(),
    change_log: async (store) => {
      await store.write(async (writer) => writer.changed('key/another'));
      await store.passFence();
    },
  };

  /** The columns by which rows of some tables are found. */
  const SEARCHED: Readonly<Record<string, readonly string[]>> = {
    grants: ['grant_id'],
    accounts: ['account_id'],
    leases: ['name'],
    key_counts: ['account_id', 'region'],
    token_buckets: ['name'],
    identities: ['account_id', 'kind', 'name_key'],
    identity_references: ['target', 'relation', 'owner'],
  };

  const membership = { relation: 'member', target: 'AGPAEXAMPLE' } as const;
  const grant = {
    region: record.region,
    keyId: record.keyId,
    grantId: 'ab'.repeat(32),
    name: 'orders',
    grantee: 'AIDAEXAMPLE',
    retiringPrincipal: 'AROAEXAMPLE',
    issuingAccount: record.accountId,
    creationDate: 7,
    details: '{"operations":["Decrypt"]}',
  };

  let lease: Lease;
  const BUCKET = '111122223333/eu-west-1/CreateKey';

  async function fill(store: Store): Promise<void> {
    await store.passFence();
    ({ lease } = await store.write((writer) => takeLease(writer, 'due-work', 7, 100)));
    await store.write(async (writer) => {
      await insertKeyWithMaterial(writer);
      await insertAlias(writer, {
        accountId: record.accountId,
        region: record.region,
        aliasName: 'alias/orders',
        targetKeyId: record.keyId,
        creationDate: 1,
        lastUpdatedDate: 2,
      });
      await insertGrant(writer, grant);
      await putTokenBucket(writer, { name: BUCKET, fullDate: 8, takenDate: 9 });
      await insertAccessKey(writer, {
        accessKeyId: 'AKIAEXAMPLE',
        accountId: record.accountId,
        principalId: record.accountId,
        status: 'Active',
        creationDate: 3,
        wrappedSecret: randomBytes(80),
      });
      await noteAccessKeyUse(writer, {
        accessKeyId: 'AKIAEXAMPLE',
        lastUsedDate: 4,
        service: 'kms',
        region: record.region,
      });
      await insertAccount(writer, {
        accountId: record.accountId,
        name: 'orders',
        email: 'a@b',
        creationDate: 5,
      });
      const ada = {
        accountId: record.accountId,
        kind: 'user',
        name: 'Ada',
        path: '/team/',
        uniqueId: 'AIDAEXAMPLE',
        creationDate: 6,
        details: '{"tags":[]}',
      } as const;
      await insertIdentity(writer, ada, [membership]);
    });
  }

  for (const [table, read] of Object.entries(reads)) {
    it(`of ${table} in which any byte of any column was changed is refused when it is read`, async () => {
      const store = await open();
      await fill(store);
      const engine = await openEngine();
      const { rows } = await engine.read((db) =>
        sql<Record<string, unknown>>`select * from ${sql.table(table)} order by mac`.execute(db),
      );
      const [row = {}] = rows;
      /** Rows are told apart by their codes, which may be what is changed. */
      const set = (column: string, value: unknown, mac: unknown) =>
        engine.write((db) =>
          sql`update ${sql.table(table)} set ${sql.ref(column)} = ${value} where mac = ${mac}`.execute(db),
        );
      let changes = 0;
      for (const [column, value] of Object.entries(row)) {
        // The columns by which a row is found cannot be changed unnoticed either, but then it is not found at all.
        const isSearched =
          /^(region|key_id|access_key_id|target_key_id|id)$/.test(column) ||
          SEARCHED[table]?.includes(column) ||
          (column === 'version' && table === 'change_log');
        if (isSearched) continue;
        for (const altered of alterations(value)) {
          await set(column, altered, row['mac']);
          await assert.rejects(
            read(store),
            /not authentic|root key|damaged|schema/,
            `${column} = ${String(altered)}`,
          );
          changes += 1;
          await set(column, value, column === 'mac' ? altered : row['mac']);
        }
      }
      await engine.close();
      assert.ok(changes > 25);
      await read(store);
    });
  }
});

/** A value with each of its bytes changed in turn; another number; nulls set. */
function* alterations(value: unknown): Generator<string | number | Uint8Array | null> {
  if (typeof value === 'number') yield value + 1000;
  else if (value === null) yield 1;
  else if (typeof value === 'string') {
    for (let index = 0; index < value.length; index += 1) {
      const replacement = String.fromCharCode(value.charCodeAt(index) ^ 1);
      yield value.slice(0, index) + replacement + value.slice(index + 1);
    }
    yield `${value} `;
  } else if (value instanceof Uint8Array) {
    for (let index = 0; index < value.length; index += 1) {
      const altered = Uint8Array.from(value);
      altered[index] = (altered[index] ?? 0) ^ 1;
      yield altered;
    }
    yield value.subarray(1);
  }
}

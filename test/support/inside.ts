import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { systemClock } from '../../src/clock.ts';
import { awsManagedPolicies, createIam, referencesOf, type SharedIam } from '../../src/iam/index.ts';
import type { Keyring } from '../../src/keyring/index.ts';
import { createKms, type SharedKms } from '../../src/kms/index.ts';
import { openPresentStore } from '../../src/opening.ts';
import { findFact } from '../../src/store/index.ts';
import { engineFlags, SKIP_UNLESS_SQLITE } from './engine.ts';
import { query } from './postgres/database.ts';
import { ACCOUNT } from './server.ts';

/** A store as QKMS itself sees it, opened beside whatever process serves it. */
export interface Inside {
  readonly kms: SharedKms;
  readonly iam: SharedIam;
  readonly keyring: Keyring;
  readonly storeId: string;
  close(): Promise<void>;
}

/** Opens the store of a data directory, or of a database with the root key in that directory, from the inside. */
export async function openInside(dataDirectory: string, databaseUrl?: string): Promise<Inside> {
  const { store, keyring } = await openPresentStore({
    dataDirectory,
    ...(databaseUrl === undefined ? await engineFlags(dataDirectory) : { databaseUrl }),
  });
  const storeId = (await store.read((reader) => findFact(reader, 'store_id'))) ?? '';
  const parts = { partition: 'aws', store, keyring, clock: systemClock };
  return {
    kms: createKms(parts),
    iam: createIam({ ...parts, operatorAccount: ACCOUNT }),
    keyring,
    storeId,
    async close() {
      await store.close();
      keyring.destroy();
    },
  };
}

/**
 * Checks all that a store holds: the file itself, the authentication code of every row, that every key opens, and that
 * nothing refers to what is not there.
 *
 * @returns the number of keys
 */
export async function verifyStore(dataDirectory: string, databaseUrl?: string): Promise<number> {
  if (databaseUrl === undefined && !SKIP_UNLESS_SQLITE) verifyFile(dataDirectory);
  const inside = await openInside(dataDirectory, databaseUrl);
  const rows = (query: string) => rowsOf(inside, query);
  try {
    const tables = await inside.kms.store.read(({ db, dialect }) => dialect.tableNames(db));
    for (const table of tables)
      for (const row of await rows(`select * from ${table}`)) verifyStoredRow(inside.keyring, table, row);
    const keys = await rows('select region, key_id from keys');
    for (const { region, key_id } of keys) {
      const key = await inside.kms.keys.get(`${region}/${key_id}`);
      assert.ok(key !== undefined);
      for (const { wrappedKeyMaterial, keyMaterialId } of key.materialRecords)
        assert.equal(key.materials.get(keyMaterialId) !== undefined, wrappedKeyMaterial !== undefined);
    }
    const count = async (query: string) => Number((await rows(query))[0]?.['count']);
    for (const [table, column] of [
      ['aliases', 'target_key_id'],
      ['key_materials', 'key_id'],
    ]) {
      const query = `select count(*) as count from ${table} where ${column} not in (select key_id from keys)`;
      assert.equal(await count(query), 0);
    }
    assert.equal(
      await count('select version as count from fence'),
      await count('select max(version) as count from change_log'),
    );
    await verifyIdentities(inside);
    return keys.length;
  } finally {
    await inside.close();
  }
}

function verifyFile(dataDirectory: string): void {
  using database = openDatabase(dataDirectory);
  assert.deepEqual(database.prepare('pragma integrity_check').all(), [
    { __proto__: null, integrity_check: 'ok' },
  ]);
}

/** Checks that every identity and access key opens, and that they refer to each other as they say. */
async function verifyIdentities(inside: Inside): Promise<void> {
  const { iam } = inside;
  const all = (query: string) => rowsOf(inside, query);
  const present = new Set<unknown>();
  const derived: string[] = [];
  for (const { unique_id, name, name_key } of await all('select unique_id, name, name_key from identities')) {
    const uniqueId = String(unique_id);
    assert.equal(name_key, String(name).toLowerCase());
    const entry = await iam.identities.get(uniqueId);
    assert.ok(entry !== undefined, `${uniqueId} does not open`);
    present.add(uniqueId);
    for (const { relation, target } of referencesOf(entry.identity))
      derived.push(`${uniqueId} ${relation} ${target}`);
  }
  const references = await all('select owner, relation, target from identity_references');
  const stored = references.map(({ owner, relation, target }) => `${owner} ${relation} ${target}`);
  assert.deepEqual(stored.sort(), derived.sort(), 'references are not those of the details');
  const builtIn = awsManagedPolicies(iam.partition);
  for (const { target } of references)
    assert.ok(present.has(target) || builtIn.has(String(target)), `${target} is referred to and not there`);

  for (const { account_id } of await all('select account_id from accounts')) present.add(account_id);
  const accessKeys = await all('select access_key_id, principal_id from access_keys');
  for (const { access_key_id, principal_id } of accessKeys) {
    assert.ok(await iam.credentials.get(String(access_key_id)), `${access_key_id} does not open`);
    assert.ok(present.has(principal_id), `${access_key_id} is of ${principal_id}, who is not there`);
  }
  const uses =
    'select * from access_key_uses where access_key_id not in (select access_key_id from access_keys)';
  assert.deepEqual(await all(uses), []);
}

type RawRow = Readonly<Record<string, string | number | null | Uint8Array>>;

async function rowsOf({ kms }: Inside, query: string): Promise<readonly RawRow[]> {
  const { rows } = await kms.store.read(({ db }) => sql.raw<RawRow>(query).execute(db));
  return rows;
}

function verifyStoredRow(keyring: Keyring, table: string, { mac, ...row }: RawRow): void {
  assert.ok(mac instanceof Uint8Array);
  assert.ok(keyring.verifyRecord(table, row, mac), `a row of ${table} is not authentic`);
}

/**
 * Reads or alters what is stored without any key, as someone who can write to the database would: one statement, whose
 * parameters are `$1`, `$2`, …
 */
export async function tamper(
  dataDirectory: string,
  statement: string,
  ...parameters: readonly (string | number | Uint8Array)[]
): Promise<readonly Record<string, unknown>[]> {
  const { databaseUrl } = await engineFlags(dataDirectory);
  if (databaseUrl !== undefined) return query({ url: databaseUrl }, statement, parameters);
  using database = openDatabase(dataDirectory);
  return database.prepare(statement.replaceAll(/\$(\d)/g, '?$1')).all(...parameters);
}

/** Opens the database of a data directory without any key. */
export function openDatabase(dataDirectory: string): DatabaseSync {
  return new DatabaseSync(databaseOf(dataDirectory));
}

export function rootKeyFileOf(dataDirectory: string): string {
  return join(dataDirectory, 'root.key');
}

function databaseOf(dataDirectory: string): string {
  return join(dataDirectory, 'qkms.db');
}

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { systemClock } from '../../src/clock.ts';
import { awsManagedPolicies, createIam, type Iam, referencesOf } from '../../src/iam/index.ts';
import type { Keyring } from '../../src/keyring/index.ts';
import { createKms, type Kms } from '../../src/kms/index.ts';
import { openPresentStore } from '../../src/opening.ts';
import { findFact } from '../../src/store/index.ts';
import { ACCOUNT } from './server.ts';

/** A store as QKMS itself sees it, opened beside whatever process serves it. */
export interface Inside {
  readonly kms: Kms;
  readonly iam: Iam;
  readonly keyring: Keyring;
  readonly storeId: string;
  close(): Promise<void>;
}

/** Opens the store of a data directory, or of a database with the root key in that directory, from the inside. */
export async function openInside(dataDirectory: string, databaseUrl?: string): Promise<Inside> {
  const { store, keyring } = await openPresentStore({
    dataDirectory,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
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
export async function verifyStore(dataDirectory: string): Promise<number> {
  const inside = await openInside(dataDirectory);
  const database = openDatabase(dataDirectory);
  try {
    assert.deepEqual(database.prepare('pragma integrity_check').all(), [
      { __proto__: null, integrity_check: 'ok' },
    ]);
    for (const table of tablesOf(database)) {
      for (const row of database.prepare(`select * from ${table}`).all())
        verifyStoredRow(inside.keyring, table, row);
    }
    const keys = database.prepare('select region, key_id from keys').all();
    for (const { region, key_id } of keys) {
      const key = await inside.kms.keys.get(`${region}/${key_id}`);
      assert.ok(key !== undefined);
      for (const { wrappedKeyMaterial, keyMaterialId } of key.materialRecords)
        assert.equal(key.materials.get(keyMaterialId) !== undefined, wrappedKeyMaterial !== undefined);
    }
    const count = (query: string) => Number(database.prepare(query).get()?.['count']);
    assert.equal(
      count(`select count(*) as count from aliases where target_key_id not in (select key_id from keys)`),
      0,
    );
    assert.equal(
      count(`select count(*) as count from key_materials where key_id not in (select key_id from keys)`),
      0,
    );
    const [fence, log] = [
      count('select version as count from fence'),
      count('select max(version) as count from change_log'),
    ];
    assert.equal(fence, log);
    await verifyIdentities(inside.iam, database);
    return keys.length;
  } finally {
    database.close();
    await inside.close();
  }
}

/** Checks that every identity and access key opens, and that they refer to each other as they say. */
async function verifyIdentities(iam: Iam, database: DatabaseSync): Promise<void> {
  const all = (query: string) => database.prepare(query).all();
  const present = new Set<unknown>();
  const derived: string[] = [];
  for (const { unique_id, name, name_key } of all('select unique_id, name, name_key from identities')) {
    const uniqueId = String(unique_id);
    assert.equal(name_key, String(name).toLowerCase());
    const entry = await iam.identities.get(uniqueId);
    assert.ok(entry !== undefined, `${uniqueId} does not open`);
    present.add(uniqueId);
    for (const { relation, target } of referencesOf(entry.identity))
      derived.push(`${uniqueId} ${relation} ${target}`);
  }
  const references = all('select owner, relation, target from identity_references');
  const stored = references.map(({ owner, relation, target }) => `${owner} ${relation} ${target}`);
  assert.deepEqual(stored.sort(), derived.sort(), 'references are not those of the details');
  const builtIn = awsManagedPolicies(iam.partition);
  for (const { target } of references)
    assert.ok(present.has(target) || builtIn.has(String(target)), `${target} is referred to and not there`);

  for (const { account_id } of all('select account_id from accounts')) present.add(account_id);
  for (const { access_key_id, principal_id } of all('select access_key_id, principal_id from access_keys')) {
    assert.ok(await iam.credentials.get(String(access_key_id)), `${access_key_id} does not open`);
    assert.ok(present.has(principal_id), `${access_key_id} is of ${principal_id}, who is not there`);
  }
  const uses =
    'select * from access_key_uses where access_key_id not in (select access_key_id from access_keys)';
  assert.deepEqual(all(uses), []);
}

function tablesOf(database: DatabaseSync): readonly string[] {
  const query = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'";
  return database
    .prepare(query)
    .all()
    .map(({ name }) => String(name));
}

function verifyStoredRow(
  keyring: Keyring,
  table: string,
  { mac, ...columns }: Record<string, SQLOutputValue>,
): void {
  assert.ok(mac instanceof Uint8Array);
  const row = Object.fromEntries(
    Object.entries(columns).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  );
  assert.ok(keyring.verifyRecord(table, row, mac), `a row of ${table} is not authentic`);
}

/** Opens the database of a data directory without any key, as someone who can write to the file would. */
export function openDatabase(dataDirectory: string): DatabaseSync {
  return new DatabaseSync(databaseOf(dataDirectory));
}

export function rootKeyFileOf(dataDirectory: string): string {
  return join(dataDirectory, 'root.key');
}

function databaseOf(dataDirectory: string): string {
  return join(dataDirectory, 'qkms.db');
}

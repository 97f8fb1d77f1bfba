import { sql } from 'kysely';
import { OperatorError } from '../errors.ts';
import type { Keyring } from '../keyring/index.ts';
import { writeFact } from './facts.ts';
import { authenticateRow, verifyRow } from './rows.ts';
import { type Database, migrations } from './schema.ts';
import type { SqliteEngine } from './sqlite.ts';

/** What a database says about itself before any key can check it. */
export interface StoreIdentity {
  readonly storeId: string;
  readonly schemaVersion: number;
}

/**
 * Reads which store a database holds; `undefined` when the database is empty.
 *
 * @throws OperatorError when the database belongs to another application
 */
export async function readStoreIdentity(db: Database): Promise<StoreIdentity | undefined> {
  const tables = await sql<{ name: string }>`
    select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`.execute(db);
  if (tables.rows.length === 0) return undefined;
  if (!tables.rows.some(({ name }) => name === 'meta')) {
    throw new OperatorError(
      `the database holds tables of another application (${tables.rows[0]?.name}); choose another data directory`,
    );
  }
  const rows = await db.selectFrom('meta').select(['name', 'value']).execute();
  const facts = new Map(rows.map(({ name, value }) => [name, value]));
  const storeId = facts.get('store_id');
  const schemaVersion = Number(facts.get('schema_version'));
  if (storeId === undefined || !Number.isSafeInteger(schemaVersion)) {
    throw new OperatorError('the database is not a QKMS store, or it is damaged; restore it from a backup');
  }
  return { storeId, schemaVersion };
}

/**
 * Creates the tables of a new store, or brings those of an existing one to the newest schema version, in one
 * transaction.
 *
 * @throws OperatorError when the store is newer than this program or belongs to another root key; nothing is changed
 */
export async function migrateStore(engine: SqliteEngine, keyring: Keyring, storeId: string): Promise<void> {
  await engine.writer.transaction().execute(async (db) => {
    const identity = await readStoreIdentity(db);
    if (identity === undefined) {
      await runMigrations(db, 0);
      await writeFact({ db, keyring }, 'store_id', storeId);
      await writeFact({ db, keyring }, 'root_key_id', keyring.rootKeyId);
      await writeFact({ db, keyring }, 'schema_version', String(migrations.length));
      await db
        .insertInto('fence')
        .values(authenticateRow(keyring, 'fence', { id: 1, version: 0 }))
        .execute();
      return;
    }
    await verifyIdentity(db, keyring);
    if (identity.schemaVersion > migrations.length) {
      throw new OperatorError(
        `the store has schema version ${identity.schemaVersion}, newer than this program's ${migrations.length}; ` +
          'start the newer version of QKMS that wrote it',
      );
    }
    if (identity.schemaVersion === migrations.length) return;
    await runMigrations(db, identity.schemaVersion);
    await writeFact({ db, keyring }, 'schema_version', String(migrations.length));
  });
}

async function runMigrations(db: Database, from: number): Promise<void> {
  for (const migrate of migrations.slice(from)) await migrate(db);
}

/**
 * Checks that a store belongs to the root key from which a keyring was derived.
 *
 * @throws OperatorError when it does not, or when the store's facts about itself were altered
 */
export async function verifyIdentity(db: Database, keyring: Keyring): Promise<void> {
  const stored = await db.selectFrom('meta').selectAll().execute();
  const rootKeyId = stored.find(({ name }) => name === 'root_key_id')?.value;
  if (rootKeyId !== keyring.rootKeyId) {
    throw new OperatorError(
      `the root key (id ${keyring.rootKeyId}) is not the one this store was created with (id ${rootKeyId}); ` +
        'put the right root key back, or choose another data directory',
    );
  }
  for (const row of stored) verifyRow(keyring, 'meta', row);
}

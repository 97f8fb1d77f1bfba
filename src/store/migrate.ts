import { OperatorError } from '../errors.ts';
import type { Keyring } from '../keyring/index.ts';
import type { Engine, EngineReader } from './engine.ts';
import { writeFact } from './facts.ts';
import { migrations } from './migrations.ts';
import { authenticateRow, verifyRow } from './rows.ts';
import type { Database } from './schema.ts';
import { Store } from './store.ts';

/** What a database says about itself before any key can check it. */
export interface StoreIdentity {
  readonly storeId: string;
  readonly schemaVersion: number;
}

/** A store with the keyring that protects it. */
export interface OpenedStore {
  readonly store: Store;
  readonly keyring: Keyring;
}

/** A store was created with another root key. */
export class WrongRootKey extends OperatorError {}

/** What a database says about itself that is not empty. */
export interface DatabaseFacts extends StoreIdentity {
  /** Whether it is still on its way to being a store. */
  readonly isUnfinishedCopy: boolean;
}

/** The fact that a copy of a store has for as long as it is not whole; see `copy-target.ts`. */
export const UNFINISHED_COPY = 'unfinished_copy';

const FIRST_POSITION = { id: 1, version: 0, stamp: '' };

/**
 * Reads which store a database holds; `undefined` when the database is empty.
 *
 * @throws OperatorError when the database belongs to another application, or holds a copy that is not whole
 */
export function readStoreIdentity(engine: EngineReader): Promise<StoreIdentity | undefined> {
  return engine.read((db) => readIdentityWithin(engine, db));
}

async function readIdentityWithin(engine: EngineReader, db: Database): Promise<StoreIdentity | undefined> {
  const facts = await readDatabaseFacts(engine, db);
  if (facts?.isUnfinishedCopy !== true) return facts;
  throw new OperatorError(
    'the database holds an unfinished copy of a store; run the same qkms migrate-store again to finish it, or empty the database',
  );
}

/**
 * Reads what a database is, whole or not; `undefined` when it is empty.
 *
 * @throws OperatorError when it belongs to another application
 */
export async function readDatabaseFacts(
  { dialect }: EngineReader,
  db: Database,
): Promise<DatabaseFacts | undefined> {
  const tables = await dialect.tableNames(db);
  if (tables.length === 0) return undefined;
  if (!tables.includes('meta')) {
    throw new OperatorError(
      `the database holds tables of another application (${tables[0]}); choose another one for QKMS`,
    );
  }
  const rows = await db.selectFrom('meta').select(['name', 'value']).execute();
  const facts = new Map(rows.map(({ name, value }) => [name, value]));
  const storeId = facts.get('store_id');
  const schemaVersion = Number(facts.get('schema_version'));
  if (storeId === undefined || !Number.isSafeInteger(schemaVersion)) {
    throw new OperatorError('the database is not a QKMS store, or it is damaged; restore it from a backup');
  }
  return { storeId, schemaVersion, isUnfinishedCopy: facts.has(UNFINISHED_COPY) };
}

/**
 * Opens the store in a database. Creates the tables of a new one, or brings those of an existing one to the newest schema
 * version, in one transaction; of several processes that do so at once one does it, and the others wait.
 *
 * @param newStoreId the id of the store, should it be a new one
 * @param openKeyring opens the keyring of the store of an id
 * @throws OperatorError when the store is newer than this program, belongs to another root key, or is none; nothing is
 *   changed
 */
export async function openStore(
  engine: Engine,
  newStoreId: string,
  openKeyring: (storeId: string, isNew: boolean) => Promise<Keyring>,
): Promise<OpenedStore> {
  let keyring: Keyring | undefined;
  const keyringOf = async (identity: StoreIdentity | undefined): Promise<Keyring> => {
    keyring?.destroy();
    keyring = await openKeyring(identity?.storeId ?? newStoreId, identity === undefined);
    return keyring;
  };
  try {
    const identity = await readStoreIdentity(engine);
    if (identity?.schemaVersion === migrations.length) {
      const opened = await keyringOf(identity);
      await engine.read((db) => verifyIdentity(db, opened));
      return { store: new Store(engine, opened), keyring: opened };
    }
    const opened = await engine.write(async (db) => {
      const present = await readIdentityWithin(engine, db);
      const itsKeyring = await keyringOf(present);
      if (present === undefined) await createStore(engine, db, itsKeyring, newStoreId);
      else await migrateStore(engine, db, itsKeyring, present.schemaVersion);
      return itsKeyring;
    });
    return { store: new Store(engine, opened), keyring: opened };
  } catch (error) {
    keyring?.destroy();
    throw error;
  }
}

/** Creates the tables of a store, empty but for the facts about it. */
export async function createTables(
  { dialect }: EngineReader,
  db: Database,
  keyring: Keyring,
  storeId: string,
): Promise<void> {
  for (const migrate of migrations) await migrate(db, dialect.types);
  await writeFact({ db, keyring }, 'store_id', storeId);
  await writeFact({ db, keyring }, 'root_key_id', keyring.rootKeyId);
  await writeFact({ db, keyring }, 'schema_version', String(migrations.length));
}

/**
 * Opens the keyring of a store that is to be read as it is; `undefined` when the database is empty.
 *
 * @param openKeyring opens the keyring of the store of an id
 * @throws OperatorError when the store is of another schema version, belongs to another root key, or is none
 */
export async function openStoreForReading(
  engine: EngineReader,
  openKeyring: (storeId: string) => Promise<Keyring>,
): Promise<{ readonly storeId: string; readonly keyring: Keyring } | undefined> {
  const identity = await readStoreIdentity(engine);
  if (identity === undefined) return undefined;
  const { storeId, schemaVersion } = identity;
  if (schemaVersion > migrations.length) throw newerSchema(schemaVersion);
  if (schemaVersion < migrations.length) {
    throw new OperatorError(
      `the store has schema version ${schemaVersion}, older than this program's ${migrations.length}; ` +
        'start this version of QKMS on it once, which brings it up to date',
    );
  }
  const keyring = await openKeyring(storeId);
  try {
    await engine.read((db) => verifyIdentity(db, keyring));
    return { storeId, keyring };
  } catch (error) {
    keyring.destroy();
    throw error;
  }
}

async function createStore(engine: Engine, db: Database, keyring: Keyring, storeId: string): Promise<void> {
  await createTables(engine, db, keyring, storeId);
  await db
    .insertInto('fence')
    .values(authenticateRow(keyring, 'fence', FIRST_POSITION))
    .execute();
}

async function migrateStore(
  { dialect }: Engine,
  db: Database,
  keyring: Keyring,
  schemaVersion: number,
): Promise<void> {
  await verifyIdentity(db, keyring);
  if (schemaVersion > migrations.length) throw newerSchema(schemaVersion);
  for (const migrate of migrations.slice(schemaVersion)) await migrate(db, dialect.types);
  await writeFact({ db, keyring }, 'schema_version', String(migrations.length));
}

function newerSchema(schemaVersion: number): OperatorError {
  return new OperatorError(
    `the store has schema version ${schemaVersion}, newer than this program's ${migrations.length}; ` +
      'start the newer version of QKMS that wrote it',
  );
}

/**
 * Checks that a store belongs to the root key from which a keyring was derived.
 *
 * @throws WrongRootKey when it does not
 * @throws ServiceError `KMSInternalException` when the store's facts about itself were altered
 */
export async function verifyIdentity(db: Database, keyring: Keyring): Promise<void> {
  const stored = await db.selectFrom('meta').selectAll().execute();
  const rootKeyId = stored.find(({ name }) => name === 'root_key_id')?.value;
  if (rootKeyId !== keyring.rootKeyId) {
    throw new WrongRootKey(
      `the root key (id ${keyring.rootKeyId}) is not the one this store was created with (id ${rootKeyId}); ` +
        'put the right root key back, or choose another store',
    );
  }
  for (const row of stored) verifyRow(keyring, 'meta', row);
}

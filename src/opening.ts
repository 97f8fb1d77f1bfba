import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Configuration } from './config.ts';
import { OperatorError, ServiceError } from './errors.ts';
import {
  createKeyring,
  createRootKeyFile,
  flushDirectory,
  type Keyring,
  openRootKeyFile,
  SealError,
} from './keyring/index.ts';
import {
  type Engine,
  type EngineReader,
  type OpenedStore,
  openPostgres,
  openSqlite,
  openSqliteReader,
  openStore,
  readStoreIdentity,
} from './store/index.ts';

const DATABASE_FILE = 'qkms.db';
const ROOT_KEY_FILE = 'root.key';

/** Where a store is, and its root key. */
export type StoreLocation = Pick<Configuration, 'dataDirectory' | 'databaseUrl' | 'rootKeyFile'>;

/** Makes an engine one that is watched while it does what it does. */
export type WatchEngine = (engine: Engine) => Engine;

/** Whether the store outlives the processes that use it. */
export function isKept({ dataDirectory, databaseUrl }: StoreLocation): boolean {
  return dataDirectory !== undefined || databaseUrl !== undefined;
}

/** Whether the store is a file, which writes hold up until they are on disk. */
export function isFile({ dataDirectory, databaseUrl }: StoreLocation): boolean {
  return dataDirectory !== undefined && databaseUrl === undefined;
}

/** What messages call a store; never with a password. */
export function nameOfStore({ dataDirectory, databaseUrl }: StoreLocation): string {
  if (databaseUrl !== undefined) return 'the store in PostgreSQL';
  return dataDirectory === undefined ? 'the store in memory' : `the store in ${dataDirectory}`;
}

/**
 * Opens a store that is kept, and creates it, its root key and its directory where they do not exist yet.
 *
 * @throws OperatorError when the database or the root key cannot be used; nothing that exists is overwritten
 */
export async function openKeptStore(
  location: StoreLocation,
  watch: WatchEngine = unwatched,
): Promise<OpenedStore> {
  if (location.dataDirectory !== undefined) await createDirectory(location.dataDirectory);
  return openExisting(location, async (engine) =>
    openStore(watch(engine), randomUUID(), async (storeId, isNew) => {
      // A root key is created only for a store that is: any other would make what is stored unreadable.
      if (isNew) await reachRootKey(location, createRootKeyFile);
      return openKeyring(location, storeId);
    }),
  );
}

/**
 * Opens a store that is there already.
 *
 * @throws OperatorError when there is none, or the database or the root key cannot be used
 */
export async function openPresentStore(location: StoreLocation): Promise<OpenedStore> {
  const { dataDirectory, databaseUrl } = location;
  const absent = () =>
    new OperatorError(
      databaseUrl === undefined
        ? `there is no store in ${dataDirectory ?? 'memory'}; start QKMS once, or give another --data-dir`
        : 'the database is empty; start QKMS once with this --database-url, or give another one',
    );
  if (databaseUrl === undefined && !existsSync(databaseFileOf(location))) throw absent();
  return openExisting(location, async (engine) => {
    if ((await readStoreIdentity(engine)) === undefined) throw absent();
    return openStore(engine, '', (storeId) => openKeyring(location, storeId));
  });
}

const unwatched: WatchEngine = (engine) => engine;

/** Opens a store that lives and dies with this process, under a root key of its own. */
export function openStoreInMemory(watch: WatchEngine = unwatched): Promise<OpenedStore> {
  const engine = watch(openSqlite(`file:/${randomUUID()}?vfs=memdb`));
  return openStore(engine, randomUUID(), async (storeId) => keyringOf(randomBytes(32), storeId));
}

/**
 * Opens the database of a location, whatever it holds, and creates its file and directory where they do not exist yet.
 *
 * @throws OperatorError when it cannot be used
 */
export async function openDatabase(location: StoreLocation): Promise<Engine> {
  if (location.dataDirectory !== undefined) await createDirectory(location.dataDirectory);
  return openExisting(location, async (engine) => engine);
}

/**
 * Opens the database of a location, whatever it holds, to be read only: a file stays as it is. `undefined` when there is
 * none.
 *
 * @throws OperatorError when it cannot be used
 */
export async function openDatabaseReader(location: StoreLocation): Promise<EngineReader | undefined> {
  if (location.databaseUrl !== undefined) return openPostgres(location.databaseUrl);
  const file = databaseFileOf(location);
  return existsSync(file) ? openSqliteReader(file) : undefined;
}

async function openExisting<T>(location: StoreLocation, open: (engine: Engine) => Promise<T>): Promise<T> {
  let engine: Engine | undefined;
  try {
    engine = await openEngine(location);
    return await open(engine);
  } catch (error) {
    await engine?.close();
    const explained = explainDamage(location, error);
    throw engine === undefined ? explained : engine.explain(explained);
  }
}

async function openEngine(location: StoreLocation): Promise<Engine> {
  const { databaseUrl } = location;
  return databaseUrl === undefined ? openSqlite(databaseFileOf(location)) : openPostgres(databaseUrl);
}

function databaseFileOf({ dataDirectory = '' }: StoreLocation): string {
  return join(dataDirectory, DATABASE_FILE);
}

/** Where the root key of a store is. */
export function rootKeyFileOf({ dataDirectory = '', rootKeyFile }: StoreLocation): string {
  return rootKeyFile ?? join(dataDirectory, ROOT_KEY_FILE);
}

/** What an error means to the operator, when the database itself, or a record in it, is not what QKMS wrote. */
export function explainDamage(location: StoreLocation, error: unknown): unknown {
  if (!isDamage(error)) return error;
  const name =
    location.databaseUrl === undefined ? `the store ${databaseFileOf(location)}` : nameOfStore(location);
  return new OperatorError(
    `cannot open ${name}: ${error.message}; if it is damaged, restore it from a backup`,
    { cause: error },
  );
}

function isDamage(error: unknown): error is Error {
  if (error instanceof ServiceError) return true;
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
}

function unseal(rootKeyFile: string): Promise<Uint8Array> {
  return openRootKeyFile(rootKeyFile).unseal();
}

/** @throws OperatorError when the root key file cannot be created or read */
async function reachRootKey<T>(
  location: StoreLocation,
  reach: (rootKeyFile: string) => Promise<T>,
): Promise<T> {
  const rootKeyFile = rootKeyFileOf(location);
  try {
    return await reach(rootKeyFile);
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    const isOfOtherNode = error.reason === 'missing' && location.databaseUrl !== undefined;
    const message = isOfOtherNode
      ? `there is no root key file at ${rootKeyFile}, and the store in the database needs the one that it was created ` +
        'with; put a copy there (from another node, or its backup), or give the path of one as --root-key-file'
      : error.message;
    throw new OperatorError(message, { cause: error });
  }
}

/**
 * Opens the keyring of a store.
 *
 * @throws OperatorError when the root key cannot be read
 */
export async function openKeyring(location: StoreLocation, storeId: string): Promise<Keyring> {
  return keyringOf(await reachRootKey(location, unseal), storeId);
}

/** @param rootKey is wiped */
function keyringOf(rootKey: Uint8Array, storeId: string) {
  const keyring = createKeyring(rootKey, storeId);
  rootKey.fill(0);
  return keyring;
}

/**
 * Creates a directory, and those above it, where they do not exist. Step by step: Node's own recursive mkdir never
 * comes back where nothing can be created, as under /proc.
 *
 * @throws OperatorError when it cannot be created
 */
async function createDirectory(path: string): Promise<void> {
  const above = dirname(path);
  if (above !== path && !existsSync(above)) await createDirectory(above);
  try {
    await mkdir(path, { mode: 0o700 });
    // Otherwise a power cut could take the directory away with all that is safe in it.
    await flushDirectory(above);
  } catch (error) {
    if (existsSync(path)) return;
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`cannot create the data directory (${reason}); choose another --data-dir`, {
      cause: error,
    });
  }
}

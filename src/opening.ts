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
  openRootKeyFile,
  SealError,
} from './keyring/index.ts';
import {
  type Engine,
  type OpenedStore,
  openPostgres,
  openSqlite,
  openStore,
  readStoreIdentity,
} from './store/index.ts';

const DATABASE_FILE = 'qkms.db';
const ROOT_KEY_FILE = 'root.key';

/** Where a store is, and its root key. */
export type StoreLocation = Pick<Configuration, 'dataDirectory' | 'databaseUrl' | 'rootKeyFile'>;

/** Whether the store outlives the processes that use it. */
export function isKept({ dataDirectory, databaseUrl }: StoreLocation): boolean {
  return dataDirectory !== undefined || databaseUrl !== undefined;
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
export async function openKeptStore(location: StoreLocation): Promise<OpenedStore> {
  if (location.dataDirectory !== undefined) await createDirectory(location.dataDirectory);
  return openExisting(location, async (engine) =>
    openStore(engine, randomUUID(), async (storeId, isNew) => {
      // A root key is created only for a store that is: any other would make what is stored unreadable.
      if (isNew) await reachRootKey(location, createRootKeyFile);
      return keyringOf(await reachRootKey(location, unseal), storeId);
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
    return openStore(engine, '', async (storeId) => keyringOf(await reachRootKey(location, unseal), storeId));
  });
}

/** Opens a store that lives and dies with this process, under a root key of its own. */
export function openStoreInMemory(): Promise<OpenedStore> {
  const engine = openSqlite(`file:/${randomUUID()}?vfs=memdb`);
  return openStore(engine, randomUUID(), async (storeId) => keyringOf(randomBytes(32), storeId));
}

async function openExisting(
  location: StoreLocation,
  open: (engine: Engine) => Promise<OpenedStore>,
): Promise<OpenedStore> {
  let engine: Engine | undefined;
  try {
    engine = await openEngine(location);
    return await open(engine);
  } catch (error) {
    await engine?.close();
    if (isDamage(error)) throw damagedStore(location, error);
    throw engine === undefined ? error : engine.explain(error);
  }
}

async function openEngine(location: StoreLocation): Promise<Engine> {
  const { databaseUrl } = location;
  return databaseUrl === undefined ? openSqlite(databaseFileOf(location)) : openPostgres(databaseUrl);
}

function databaseFileOf({ dataDirectory = '' }: StoreLocation): string {
  return join(dataDirectory, DATABASE_FILE);
}

function rootKeyFileOf({ dataDirectory = '', rootKeyFile }: StoreLocation): string {
  return rootKeyFile ?? join(dataDirectory, ROOT_KEY_FILE);
}

/** Whether the database itself, or a record in it, is not what QKMS wrote. */
function isDamage(error: unknown): error is Error {
  if (error instanceof ServiceError) return true;
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
}

function damagedStore(location: StoreLocation, cause: Error): OperatorError {
  const name =
    location.databaseUrl === undefined ? `the store ${databaseFileOf(location)}` : nameOfStore(location);
  return new OperatorError(
    `cannot open ${name}: ${cause.message}; if it is damaged, restore it from a backup`,
    { cause },
  );
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

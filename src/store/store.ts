import { OperatorError, ServiceError } from '../errors.ts';
import type { Keyring } from '../keyring/index.ts';
import { EntryCache } from './entry-cache.ts';
import { RevisionConflict, storeUnavailable } from './refusals.ts';
import { authenticateRow, verifyRow } from './rows.ts';
import type { Database } from './schema.ts';
import type { SqliteEngine } from './sqlite.ts';

/** How many write transactions the change log reaches back; a node that lags further drops its caches. */
const CHANGE_LOG_LENGTH = 65_536;
const PRUNE_INTERVAL = 1_024;

/** What reads need: a consistent view of the database, and the keyring that checks its rows. */
export interface Reader {
  readonly db: Database;
  readonly keyring: Keyring;
}

/** What writes need besides: a way to say what changed. */
export interface Writer extends Reader {
  /** Notes that an entity (`<kind>/<identifiers>`) changes with this transaction. */
  changed(entity: string): void;
}

/**
 * The authenticated, durable state of the service and the caches over it.
 *
 * The promise: when `write` has returned, a request that passes the fence afterwards, on any process that
 * shares the database, no longer sees the old state.
 */
export class Store {
  readonly #engine: SqliteEngine;
  readonly #keyring: Keyring;
  readonly #caches = new Map<string, Pick<EntryCache<object>, 'invalidate' | 'clear'>>();
  /** Data version up to which, and fence version up to which, changes have been applied to the caches. */
  #observedDataVersion = -1;
  #appliedVersion = -1;
  #nextFence: Promise<void> | undefined;

  constructor(engine: SqliteEngine, keyring: Keyring) {
    this.#engine = engine;
    this.#keyring = keyring;
  }

  /**
   * Makes a cache of entries of one kind that follows the change log.
   *
   * @param load reads the entry named by an entity without its kind
   */
  cache<V extends object>(
    kind: string,
    capacity: number,
    load: (reader: Reader, identifiers: string) => Promise<V | undefined>,
  ): EntryCache<V> {
    const cache = new EntryCache<V>(capacity, (identifiers) =>
      this.read((reader) => load(reader, identifiers)),
    );
    this.#caches.set(kind, cache);
    return cache;
  }

  /**
   * Resolves once every change committed before the call, by any process, has been applied to the caches.
   *
   * Calls of one turn of the event loop share one look at the database: a call joins the next look, never
   * one already under way.
   *
   * @throws ServiceError `KMSInternalException` when the database cannot be read.
   */
  passFence(): Promise<void> {
    this.#nextFence ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.#nextFence = undefined;
        this.#applyChanges().then(resolve, (error: unknown) => reject(asServiceError(error)));
      });
    });
    return this.#nextFence;
  }

  /** Runs reads against one consistent view of the database. */
  async read<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    try {
      return await this.#engine.reader.transaction().execute((db) => work({ db, keyring: this.#keyring }));
    } catch (error) {
      throw asServiceError(error);
    }
  }

  /**
   * Runs a write transaction. When this resolves the changes are on disk; when it rejects none was made.
   *
   * @throws RevisionConflict when a row changed since the caller read it
   * @throws ServiceError `DependencyTimeoutException` or `KMSInternalException` when the database is busy or broken
   */
  async write<T>(work: (writer: Writer) => Promise<T>): Promise<T> {
    try {
      return await this.#engine.writer.transaction().execute(async (db) => {
        const entities = new Set<string>();
        const writer: Writer = { db, keyring: this.#keyring, changed: (entity) => entities.add(entity) };
        const result = await work(writer);
        if (entities.size > 0) await appendChanges(writer, [...entities]);
        return result;
      });
    } catch (error) {
      throw asServiceError(error);
    }
  }

  /**
   * Removes what was deleted from the files, not only from the tables.
   *
   * @returns whether it is gone; a process that is reading at the moment can keep it
   */
  forgetDeleted(): boolean {
    return this.#engine.checkpoint();
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  async #applyChanges(): Promise<void> {
    const dataVersion = this.#engine.dataVersion();
    if (dataVersion === this.#observedDataVersion) return;
    const { version, changes } = await this.read((reader) => readChanges(reader, this.#appliedVersion));
    if (changes === undefined) for (const cache of this.#caches.values()) cache.clear();
    else for (const entity of changes) this.#invalidate(entity);
    this.#appliedVersion = Math.max(this.#appliedVersion, version);
    this.#observedDataVersion = dataVersion;
  }

  #invalidate(entity: string): void {
    const slash = entity.indexOf('/');
    this.#caches.get(entity.slice(0, slash))?.invalidate(entity.slice(slash + 1));
  }
}

async function readVersion({ db, keyring }: Reader): Promise<number> {
  const row = await db.selectFrom('fence').selectAll().executeTakeFirstOrThrow();
  return verifyRow(keyring, 'fence', row).version;
}

/** The entities changed after a version; `undefined` when the log does not reach back that far. */
async function readChanges(
  reader: Reader,
  after: number,
): Promise<{ version: number; changes: readonly string[] | undefined }> {
  const version = await readVersion(reader);
  if (after < 0 || version - after > CHANGE_LOG_LENGTH - PRUNE_INTERVAL)
    return { version, changes: undefined };
  const stored = await reader.db
    .selectFrom('change_log')
    .selectAll()
    .where('version', '>', after)
    .orderBy('version')
    .execute();
  const rows = stored.map((row) => verifyRow(reader.keyring, 'change_log', row));
  // A version without rows means that the log was cut: nothing is known of what changed then.
  const complete = new Set(rows.map((row) => row.version)).size === version - after;
  return { version, changes: complete ? rows.map(({ entity }) => entity) : undefined };
}

async function appendChanges(writer: Writer, entities: readonly string[]): Promise<void> {
  const { db, keyring } = writer;
  const version = (await readVersion(writer)) + 1;
  await db
    .updateTable('fence')
    .set(authenticateRow(keyring, 'fence', { id: 1, version }))
    .execute();
  const rows = entities.map((entity, position) =>
    authenticateRow(keyring, 'change_log', { version, position, entity }),
  );
  for (const row of rows) await db.insertInto('change_log').values(row).execute();
  if (version % PRUNE_INTERVAL === 0) {
    await db
      .deleteFrom('change_log')
      .where('version', '<=', version - CHANGE_LOG_LENGTH)
      .execute();
  }
}

function asServiceError(error: unknown): Error {
  const isRefusal = [ServiceError, OperatorError, RevisionConflict].some((kind) => error instanceof kind);
  return error instanceof Error && isRefusal ? error : storeUnavailable(error);
}

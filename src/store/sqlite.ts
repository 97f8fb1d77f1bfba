import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  type SqliteStatement,
  sql,
} from 'kysely';
import { ServiceError } from '../errors.ts';
import type { Dialect, Engine, EngineReader } from './engine.ts';
import { storeBusy, storeUnavailable } from './refusals.ts';
import type { Schema } from './schema.ts';

/** How long a write waits for its turn before the caller is told to retry, in milliseconds. */
const WRITE_WAIT = 5_000;
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 5;

/** SQLite's primary result codes: for a lock held by another connection, and for a disk without space. */
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;

/**
 * Opens a database file, or with a `file:…?vfs=memdb` URI one that lives in this process's memory, through two
 * connections: the reader never waits for a writer, and notices what any other connection of any process commits, the
 * own writer's included. A commit returns only once it is on disk (`synchronous=FULL`); deleted rows are overwritten
 * with zeros.
 */
export function openSqlite(location: string): Engine {
  const readerDatabase = connect(location);
  const writerDatabase = connect(location);
  const reader = new Kysely<Schema>({ dialect: new SqliteDialect({ database: statements(readerDatabase) }) });
  const writer = new Kysely<Schema>({ dialect: new WriterDialect(writerDatabase) });
  const mark = fenceMarks(readerDatabase);
  let checkpointDatabase: DatabaseSync | undefined;
  const isInMemory = location.includes(IN_MEMORY);
  const inTurn = isInMemory ? takingTurns() : atOnce;
  return {
    dialect,
    read: (work) => inTurn(() => reader.transaction().execute(work)),
    write: (work) => inTurn(() => writer.transaction().execute(work)),
    fenceMark: isInMemory ? () => inTurn(async () => String(mark())) : mark,
    now: async () => Date.now(),
    forgetDeleted() {
      // A connection of its own, which is never in the midst of a transaction; one that is reading keeps the log.
      checkpointDatabase ??= connect(location);
      try {
        return checkpointDatabase.prepare('pragma wal_checkpoint(truncate)').get()?.['busy'] === 0;
      } catch (error) {
        if (hasResultCode(error, SQLITE_FULL)) return false;
        throw error;
      }
    },
    refusalOf: (error) => (error instanceof ServiceError ? error : storeUnavailable(error)),
    explain: (error) => error,
    async close() {
      await reader.destroy();
      await writer.destroy();
      // Kysely closes only what it has used; a connection left open would leave the files of the log behind.
      for (const database of [readerDatabase, writerDatabase, checkpointDatabase])
        if (database?.isOpen) database.close();
    },
  };
}

/** A database in memory has no log: whoever reads it would be refused for as long as somebody writes. */
const IN_MEMORY = 'vfs=memdb';

type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

const atOnce: InTurn = (work) => work();

/** Does one thing after the other, in the order in which they come. */
function takingTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}

/**
 * Opens a database file that stays as it is, its log included; only the index of the log (`-shm`), and an empty log where
 * there is none, may be created beside it. Sees what other processes commit.
 */
export function openSqliteReader(location: string): EngineReader {
  const database = new DatabaseSync(location, { readOnly: true, timeout: WRITE_WAIT });
  const reader = new Kysely<Schema>({ dialect: new SqliteDialect({ database: statements(database) }) });
  return {
    dialect,
    read: (work) => reader.transaction().execute(work),
    explain: (error) => error,
    async close() {
      await reader.destroy();
      if (database.isOpen) database.close();
    },
  };
}

/**
 * Looks at the fence only when anything was committed, which `PRAGMA data_version` tells in a microsecond: records of the
 * audit log are committed all the time, and change nothing that caches hold.
 */
function fenceMarks(database: DatabaseSync): () => number {
  const dataVersion = database.prepare('pragma data_version');
  let readFence: StatementSync | undefined;
  let lastDataVersion: unknown;
  let lastFence = '';
  let mark = 0;
  return () => {
    const version = dataVersion.get()?.['data_version'];
    if (version === lastDataVersion) return mark;
    // Not before the first request: a new database has no tables yet.
    readFence ??= database.prepare('select version, stamp from fence');
    const row = readFence.get();
    const fence = `${row?.['version']} ${row?.['stamp']}`;
    if (fence !== lastFence) mark += 1;
    lastFence = fence;
    lastDataVersion = version;
    return mark;
  };
}

const dialect: Dialect = {
  types: { text: 'text', bytes: 'blob' },
  async tableNames(db) {
    const { rows } = await sql<{ name: string }>`
      select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`.execute(db);
    return rows.map(({ name }) => name);
  },
  elementsOf: (texts) => sql<string>`(select value from json_each(${JSON.stringify(texts)}))`,
  triplesOf: (rows) =>
    sql`(select value ->> 0, value ->> 1, value ->> 2 from json_each(${JSON.stringify(rows)}))`,
};

function connect(location: string): DatabaseSync {
  const database = new DatabaseSync(location, { timeout: WRITE_WAIT });
  try {
    // The journal mode is kept in the file: that of another application's stays as it is.
    if (!isOfAnotherApplication(database)) database.exec('pragma journal_mode = wal');
    database.exec(`
      pragma synchronous = full;
      pragma fullfsync = on;
      pragma secure_delete = on;
      pragma trusted_schema = off;
      pragma busy_timeout = 0;
    `);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function isOfAnotherApplication(database: DatabaseSync): boolean {
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all();
  return tables.length > 0 && !tables.some(({ name }) => name === 'meta');
}

/** The part of `node:sqlite` that Kysely's SQLite driver needs, with each statement prepared once. */
function statements(database: DatabaseSync): SqliteDatabase {
  const prepared = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = prepared.get(sql);
      if (known !== undefined) return known;
      const statement = database.prepare(sql);
      const adapted: SqliteStatement = {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...parameters.map(toInputValue)),
        run: (parameters) => statement.run(...parameters.map(toInputValue)),
        iterate: (parameters) => statement.iterate(...parameters.map(toInputValue)),
      };
      prepared.set(sql, adapted);
      return adapted;
    },
  };
}

function toInputValue(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') {
    return value;
  }
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`SQLite cannot store a value of type ${typeof value}`);
}

class WriterDialect extends SqliteDialect {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    super({ database: statements(database) });
    this.#database = database;
  }

  override createDriver(): SqliteDriver {
    return new WriterDriver(this.#database);
  }
}

/**
 * Takes the write lock at the start of a transaction, so that what it reads cannot change before it commits,
 * and waits for the lock without blocking the event loop.
 */
class WriterDriver extends SqliteDriver {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    super({ database: statements(database) });
    this.#database = database;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const deadline = performance.now() + WRITE_WAIT;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        await connection.executeQuery(CompiledQuery.raw('begin immediate'));
        return;
      } catch (error) {
        if (!hasResultCode(error, SQLITE_BUSY)) throw error;
        if (performance.now() > deadline) throw storeBusy(error);
      }
      await delay(pause);
    }
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // On a full disk SQLite has rolled back by itself, and would complain, which would hide what was wrong.
    if (this.#database.isTransaction) await super.rollbackTransaction(connection);
  }
}

function hasResultCode(error: unknown, code: number): boolean {
  return (
    error instanceof Error &&
    'errcode' in error &&
    typeof error.errcode === 'number' &&
    (error.errcode & 0xff) === code
  );
}

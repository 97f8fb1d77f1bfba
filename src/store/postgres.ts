import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import { parseDatabaseUrl } from '../database-url.ts';
import type { Dialect, Engine } from './engine.ts';
import { type ConnectionLimits, PrimaryConnections, PrimaryHost } from './postgres-connections.ts';
import { postgresDialect } from './postgres-driver.ts';
import { explainFailure, isOfDatabase, isRepeatable, refusalOf } from './postgres-errors.ts';
import type { Database, Schema } from './schema.ts';

/** Loading what caches do not hold, and listings. */
const READING: ConnectionLimits = { connections: 4, wait: 3_000, statement: 5_000 };
/** One transaction after the other: more connections would wait for each other in the server. */
const WRITING: ConnectionLimits = { connections: 1, wait: 4_000, statement: 5_000 };
/** One look at the fence after the other; every request waits for one. */
const LOOKING: ConnectionLimits = { connections: 1, wait: 2_000, statement: 2_000 };

const BEGIN_READING = 'start transaction isolation level repeatable read read only';
/**
 * Takes the lock of all write transactions of a store: from then on each statement sees all that was committed, and
 * nothing of that changes before the commit. 'qkms' in ASCII is the first half of the lock's key.
 */
const BEGIN_WRITING = `
  start transaction isolation level read committed;
  select pg_advisory_xact_lock(1903914355, hashtext(current_schema()))`;

const FENCE = { name: 'qkms_fence', text: 'select version, stamp, mac from fence' };

const MOST_ATTEMPTS = 5;
const LONGEST_PAUSE = 50;

/**
 * Opens a PostgreSQL database, version 14 or later. A role that may create tables in the first schema of its search path
 * is enough. A commit returns only once it is as durable as the server makes it with `synchronous_commit = on`.
 *
 * @throws OperatorError when the database cannot be reached, does not let the role in, or cannot hold a store
 */
export async function openPostgres(databaseUrl: string): Promise<Engine> {
  const url = parseDatabaseUrl(databaseUrl);
  const primary = new PrimaryHost(url);
  const fence = new PrimaryConnections(primary, LOOKING);
  const reader = open(primary, READING, BEGIN_READING);
  const writer = open(primary, WRITING, BEGIN_WRITING);
  const close = async () => {
    await Promise.all([fence.close(), reader.destroy(), writer.destroy()]);
  };
  try {
    (await fence.connect()).release();
  } catch (error) {
    await close();
    throw explainFailure(error, url);
  }
  return {
    dialect,
    read: (work) => reader.transaction().execute(work),
    write: (work) => writeRepeatedly(writer, work),
    fenceMark: () => readFence(fence),
    now: () => reader.transaction().execute(readTime),
    forgetDeleted: () => true,
    refusalOf,
    explain: (error) => (isOfDatabase(error) ? explainFailure(error, url) : error),
    close,
  };
}

function open(primary: PrimaryHost, limits: ConnectionLimits, begin: string): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: postgresDialect(new PrimaryConnections(primary, limits), begin) });
}

const dialect: Dialect = {
  types: { text: sql`text collate "C"`, bytes: 'bytea' },
  async tableNames(db) {
    const { rows } = await sql<{ name: string }>`
      select tablename::text as name from pg_tables where schemaname = current_schema()`.execute(db);
    return rows.map(({ name }) => name);
  },
  elementsOf: (texts) => sql<string>`(select json_array_elements_text(${JSON.stringify(texts)}::json))`,
  triplesOf: (rows) =>
    sql`(select value ->> 0, value ->> 1, value ->> 2 from json_array_elements(${JSON.stringify(rows)}::json))`,
};

/** The servers that speak PostgreSQL's protocol may undo a transaction because of another one. */
async function writeRepeatedly<T>(writer: Kysely<Schema>, work: (db: Database) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await writer.transaction().execute(work);
    } catch (error) {
      if (attempt === MOST_ATTEMPTS || !isRepeatable(error)) throw error;
    }
    await delay(Math.random() * LONGEST_PAUSE);
  }
}

async function readTime(db: Database): Promise<number> {
  const { rows } = await sql<{ now: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('the database did not tell the time');
  return row.now;
}

async function readFence(connections: PrimaryConnections): Promise<string> {
  const client = await connections.connect();
  let failure: Error | undefined;
  try {
    const { rows } = await client.query<Schema['fence']>(FENCE);
    return JSON.stringify(rows);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    client.connection.stream.destroy();
    throw error;
  } finally {
    client.release(failure);
  }
}

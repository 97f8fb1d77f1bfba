import { readFileSync } from 'node:fs';
import pg from 'pg';
import type { DatabaseHost, DatabaseUrl } from '../database-url.ts';
import { OperatorError } from '../errors.ts';
import { notPrimary, requireUsableServer, type ServerFacts } from './postgres-errors.ts';

/** How long an unused connection is kept, in milliseconds. */
const IDLE_TIMEOUT = 60_000;
/** A session that stops in the midst of a transaction loses it: its node may be paused, or cut off. Milliseconds. */
const IDLE_IN_TRANSACTION_TIMEOUT = 3_000;
/** Before the operating system asks whether the other side is still there, in milliseconds. */
const KEEP_ALIVE_DELAY = 5_000;
/** How much longer than the server itself allows the answer to a statement is waited for, in milliseconds. */
const ANSWER_DELAY = 1_000;

/** How many connections, and how long things may take, in milliseconds. */
export interface ConnectionLimits {
  readonly connections: number;
  /** Until there is a connection, or a lock. */
  readonly wait: number;
  /** For one statement. */
  readonly statement: number;
}

/** What a session is asked once, and told: commits must be durable whatever the default of the server is. */
const GREETING = `select
  pg_is_in_recovery() as "isStandby",
  current_setting('transaction_read_only') = 'on' as "isReadOnly",
  current_setting('server_version_num')::int as version,
  current_setting('server_encoding') as encoding,
  current_schema() as schema,
  set_config('synchronous_commit',
    case current_setting('synchronous_commit') when 'remote_apply' then 'remote_apply' else 'on' end, false)`;

/** Whole numbers of 64 bits come as numbers: dates and counts are far below the largest safe one. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

/** Connections to the primary of a PostgreSQL database, wherever it is among the hosts of its URL. */
export class PrimaryConnections {
  readonly #pools: readonly pg.Pool[];
  readonly #open = new Set<pg.Client>();
  readonly #wait: number;
  /** The host that was the primary last. */
  #current = 0;

  /** @throws OperatorError when a file that the URL names cannot be read */
  constructor(url: DatabaseUrl, limits: ConnectionLimits) {
    this.#wait = limits.wait;
    this.#pools = url.hosts.map((host) => {
      const pool = new pg.Pool({ ...settingsOf(url, host, limits), onConnect: greet });
      pool.on('connect', (client) => {
        this.#open.add(client);
        // Whoever uses a connection when it breaks hears of it by what he asked.
        client.on('error', () => {});
      });
      pool.on('remove', (client) => this.#open.delete(client));
      // Of a connection that breaks while nobody uses it nobody needs to hear.
      pool.on('error', () => {});
      return pool;
    });
  }

  /**
   * A connection to the primary, to be released.
   *
   * @throws Error when there is none: that of the host that was the primary last
   */
  async connect(): Promise<pg.PoolClient> {
    const failures: unknown[] = [];
    for (let tried = 0; tried < this.#pools.length; tried += 1) {
      const index = (this.#current + tried) % this.#pools.length;
      try {
        const client = await this.#pools[index]?.connect();
        this.#current = index;
        if (client !== undefined) return client;
      } catch (error) {
        failures.push(error);
      }
    }
    throw failures[0];
  }

  /** Closes all connections; those that do not end in time are cut. */
  async close(): Promise<void> {
    const timer = setTimeout(() => {
      for (const { connection } of this.#open) connection.stream.destroy();
    }, this.#wait);
    await Promise.all(this.#pools.map((pool) => pool.end())).finally(() => clearTimeout(timer));
  }
}

/** @throws Error when the server is not the primary, or none that a store can be on */
async function greet(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<ServerFacts>(GREETING);
  const [facts] = rows;
  if (facts === undefined || facts.isStandby || facts.isReadOnly) throw notPrimary(facts?.isStandby ?? false);
  requireUsableServer(facts);
}

function settingsOf(url: DatabaseUrl, { host, port }: DatabaseHost, limits: ConnectionLimits): pg.PoolConfig {
  const { user, password, database } = url;
  return {
    host,
    port,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    ssl: sslOf(url, host),
    enableChannelBinding: true,
    application_name: 'qkms',
    types,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY,
    max: limits.connections,
    idleTimeoutMillis: IDLE_TIMEOUT,
    connectionTimeoutMillis: limits.wait,
    lock_timeout: limits.wait,
    statement_timeout: limits.statement,
    query_timeout: limits.statement + ANSWER_DELAY,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT,
  };
}

function sslOf(url: DatabaseUrl, host: string): pg.PoolConfig['ssl'] {
  const { sslMode, sslRootCertificateFile, sslCertificateFile, sslKeyFile } = url;
  if (sslMode === 'disable') return false;
  // As in libpq, a root certificate makes `require` check who signed the server's.
  const checksAuthority = sslMode !== 'require' || sslRootCertificateFile !== undefined;
  return {
    host,
    rejectUnauthorized: checksAuthority,
    ...(sslRootCertificateFile === undefined ? {} : { ca: readPem(sslRootCertificateFile) }),
    ...(sslCertificateFile === undefined ? {} : { cert: readPem(sslCertificateFile) }),
    ...(sslKeyFile === undefined ? {} : { key: readPem(sslKeyFile) }),
    ...(sslMode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`cannot read a file that the database URL names (${reason}); check its path`, {
      cause: error,
    });
  }
}

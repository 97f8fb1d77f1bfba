import { readFileSync } from 'node:fs';
import pg from 'pg';
import type { DatabaseHost, DatabaseUrl } from '../database-url.ts';
import { OperatorError } from '../errors.ts';
import { isOfStandby, notPrimary, requireUsableServer, type ServerFacts } from './postgres-errors.ts';

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
  /** For one statement; longer than the wait for a lock, lest that is not told from other slow things. */
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

/**
 * Which of the hosts of a URL is the primary, as far as this process knows. All of its connections are to that one: what
 * the fence says of one server holds for no other.
 */
export class PrimaryHost {
  readonly url: DatabaseUrl;
  readonly #users = new Set<PrimaryConnections>();
  #index = 0;

  constructor(url: DatabaseUrl) {
    this.url = url;
  }

  /** Among the hosts of the URL. */
  get index(): number {
    return this.#index;
  }

  add(connections: PrimaryConnections): void {
    this.#users.add(connections);
  }

  /** Has all connections to other hosts cut, whatever they are about. */
  moveTo(index: number): void {
    if (index === this.#index) return;
    this.#index = index;
    for (const connections of this.#users) connections.leaveOtherHosts();
  }
}

/** Connections to the primary of a PostgreSQL database, wherever it is among the hosts of its URL. */
export class PrimaryConnections {
  readonly #primary: PrimaryHost;
  readonly #pools: readonly pg.Pool[];
  /** With the index of their hosts. */
  readonly #open = new Map<pg.Client, number>();
  readonly #wait: number;

  /** @throws OperatorError when a file that the URL names cannot be read */
  constructor(primary: PrimaryHost, limits: ConnectionLimits) {
    this.#primary = primary;
    this.#wait = limits.wait;
    this.#pools = primary.url.hosts.map((host, index) => {
      const pool = new pg.Pool({ ...settingsOf(primary.url, host, limits), onConnect: greet });
      pool.on('connect', (client) => {
        this.#open.set(client, index);
        // Whoever uses a connection when it breaks hears of it by what he asked.
        client.on('error', () => {});
      });
      pool.on('remove', (client) => this.#open.delete(client));
      // Of a connection that breaks while nobody uses it nobody needs to hear.
      pool.on('error', () => {});
      return pool;
    });
    primary.add(this);
  }

  /**
   * A connection to the primary, to be released.
   *
   * @throws Error when there is none: that of the host that was the primary last, unless it is a standby now
   */
  async connect(): Promise<pg.PoolClient> {
    const failures: unknown[] = [];
    const first = this.#primary.index;
    for (let tried = 0; tried < this.#pools.length; tried += 1) {
      const index = (first + tried) % this.#pools.length;
      try {
        const client = await this.#pools[index]?.connect();
        if (client === undefined) continue;
        const present = this.#primary.index;
        if (present === first || present === index) {
          this.#primary.moveTo(index);
          return client;
        }
        // The primary was found elsewhere meanwhile.
        client.release(true);
        return await this.connect();
      } catch (error) {
        failures.push(error);
      }
    }
    throw failures.find((failure) => !isOfStandby(failure)) ?? failures[0];
  }

  /** Cuts the connections to hosts that are not the primary any more. */
  leaveOtherHosts(): void {
    for (const [client, index] of this.#open) if (index !== this.#primary.index) cut(client);
  }

  /** Closes all connections; those that do not end in time are cut. */
  async close(): Promise<void> {
    const timer = setTimeout(() => {
      for (const client of this.#open.keys()) cut(client);
    }, this.#wait);
    await Promise.all(this.#pools.map((pool) => pool.end())).finally(() => clearTimeout(timer));
  }
}

function cut({ connection }: pg.Client): void {
  connection.stream.destroy();
}

/** @throws Error when the server is not the primary, or none that a store can be on */
async function greet(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<ServerFacts>(GREETING);
  const [facts] = rows;
  if (facts === undefined || facts.isStandby || facts.isReadOnly) throw notPrimary(facts?.isStandby ?? false);
  requireUsableServer(facts);
}

function settingsOf(url: DatabaseUrl, { host, port }: DatabaseHost, limits: ConnectionLimits): pg.PoolConfig {
  const { user, password, database, options } = url;
  return {
    host,
    port,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    ...(options === undefined ? {} : { options }),
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

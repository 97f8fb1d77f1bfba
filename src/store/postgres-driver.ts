import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import pg from 'pg';
import type { PrimaryConnections } from './postgres-connections.ts';

/** How many statements a process has prepared on its connections; all of QKMS's are far fewer. */
const MOST_PREPARED = 1_000;
const CHANGES: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE']);

/**
 * Kysely's dialect for PostgreSQL over connections to a primary. Unlike Kysely's own driver it prepares each statement
 * once for a connection, never uses a connection again of which it is not known what the server made of it, and takes a
 * commit that the server turned into a rollback for the failure that it is.
 *
 * @param begin the statements with which a transaction begins
 */
export function postgresDialect(connections: PrimaryConnections, begin: string): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createDriver: () => new PrimaryDriver(connections, begin),
  };
}

class PrimaryDriver implements Driver {
  readonly #connections: PrimaryConnections;
  readonly #begin: string;

  constructor(connections: PrimaryConnections, begin: string) {
    this.#connections = connections;
    this.#begin = begin;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PrimaryConnection> {
    return new PrimaryConnection(await this.#connections.connect());
  }

  async beginTransaction(connection: PrimaryConnection): Promise<void> {
    try {
      await connection.run(this.#begin);
    } catch (error) {
      await this.rollbackTransaction(connection);
      throw error;
    }
  }

  async commitTransaction(connection: PrimaryConnection): Promise<void> {
    const command = await connection.runUnwarned('commit');
    if (command !== 'COMMIT') throw new Error('the database rolled the transaction back');
  }

  async rollbackTransaction(connection: PrimaryConnection): Promise<void> {
    // Whoever asks has an error of his own; if this fails, too, the connection goes, and the transaction with it.
    await connection.run('rollback').catch(() => connection.abandon());
  }

  async releaseConnection(connection: PrimaryConnection): Promise<void> {
    connection.release();
  }

  destroy(): Promise<void> {
    return this.#connections.close();
  }
}

class PrimaryConnection implements DatabaseConnection {
  readonly #client: pg.PoolClient;
  #isAbandoned = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const name = nameOf(sql);
    const query = { text: sql, values: [...parameters], ...(name === undefined ? {} : { name }) };
    const { command, rowCount, rows } = await this.#guard(this.#client.query<R & object>(query));
    return CHANGES.has(command) ? { rows, numAffectedRows: BigInt(rowCount ?? 0) } : { rows };
  }

  // biome-ignore lint/correctness/useYield: nothing of the store is read as a stream
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('reading as a stream is not supported');
  }

  /** Runs statements without parameters and returns the command of the last one, such as `COMMIT`. */
  async run(sql: string): Promise<string> {
    if (this.#isAbandoned) throw new Error('the connection to the database was lost');
    const result: pg.QueryResult | readonly pg.QueryResult[] = await this.#guard(this.#client.query(sql));
    return Array.isArray(result) ? (result.at(-1)?.command ?? '') : result.command;
  }

  /**
   * The same. What the server does with a warning it has not done as it should: a commit whose wait for synchronous standbys
   * was cancelled is on the primary only, and a failover could lose it.
   *
   * @throws Error when the server warns
   */
  async runUnwarned(sql: string): Promise<string> {
    const warnings: string[] = [];
    const listen = ({ message }: { readonly message?: string | undefined }) =>
      void warnings.push(message ?? '');
    this.#client.on('notice', listen);
    try {
      const command = await this.run(sql);
      if (warnings.length > 0) throw new Error(`the database warns: ${warnings.join('; ')}`);
      return command;
    } finally {
      this.#client.removeListener('notice', listen);
    }
  }

  /** Never to be used again. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  release(): void {
    if (this.#isAbandoned) this.#client.connection.stream.destroy();
    this.#client.release(this.#isAbandoned);
  }

  async #guard<T>(query: Promise<T>): Promise<T> {
    try {
      return await query;
    } catch (error) {
      // The server's own errors leave a connection in order; after any other it is not known what it is about.
      if (!(error instanceof pg.DatabaseError)) this.abandon();
      throw error;
    }
  }
}

const names = new Map<string, string>();

/** The name under which a statement is prepared, if it is one of few. */
function nameOf(sql: string): string | undefined {
  const known = names.get(sql);
  if (known !== undefined || names.size >= MOST_PREPARED) return known;
  const name = `qkms_${names.size + 1}`;
  names.set(sql, name);
  return name;
}

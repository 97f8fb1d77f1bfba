import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { escapeLiteral } from 'pg';
import { type PostgresServer, startPostgres } from '../../test/support/postgres.ts';

/** The database of a cluster, and the role that owns it. */
const NAME = 'qkms';

/**
 * Starts the PostgreSQL of a cluster, with its database in it. `database-url` in `directory` tells how to connect, for
 * commands that work on the store.
 */
export async function startDatabase(directory: string): Promise<{ server: PostgresServer; url: string }> {
  const server = await startPostgres({ directory: join(directory, 'postgres'), fsync: true });
  const password = randomBytes(16).toString('hex');
  const [role] = await server.query('SELECT FROM pg_roles WHERE rolname = $1', [NAME]);
  // Each start has a password of its own, so none needs to be kept.
  const change = role === undefined ? 'CREATE' : 'ALTER';
  await server.query(`${change} ROLE ${NAME} LOGIN PASSWORD ${escapeLiteral(password)}`);
  const [database] = await server.query('SELECT FROM pg_database WHERE datname = $1', [NAME]);
  if (database === undefined) await server.query(`CREATE DATABASE ${NAME} OWNER ${NAME}`);
  const url = `postgres://${NAME}:${password}@127.0.0.1:${server.port}/${NAME}`;
  await writeFile(join(directory, 'database-url'), `${url}\n`, { mode: 0o600 });
  return { server, url };
}

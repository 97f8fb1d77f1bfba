import { randomBytes } from 'node:crypto';
import { Client, type ClientConfig, escapeIdentifier, escapeLiteral } from 'pg';

/** A database that nobody else uses. */
export interface Database {
  /** `postgres://…` of the role that owns it, who is not a superuser where that can be had. */
  readonly url: string;
  /** Drops it, ending whatever connections there are. */
  drop(): Promise<void>;
}

/** How a server is reached, and as whom. */
export interface Server {
  readonly url: string;
  readonly ssl?: ClientConfig['ssl'];
}

/** Runs one statement of SQL on a connection of its own, and resolves to the rows. */
export async function query(
  { url, ssl }: Server,
  text: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> {
  return connected({ url, ssl }, async (client) => (await client.query(text, [...values])).rows);
}

/** Lends a connection that is closed afterwards. */
export async function connected<T>({ url, ssl }: Server, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, ...(ssl === undefined ? {} : { ssl }) });
  // A server that ends is told of by the query that fails.
  client.on('error', () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/**
 * Creates an empty database on `server`, owned by a role of its own. A role that may not create roles owns it itself,
 * and one that may not create databases either gets an empty schema, named in the URL as the only one of its path.
 */
export async function createDatabase(server: Server): Promise<Database> {
  const name = `qkms_test_${randomBytes(6).toString('hex')}`;
  const identifier = escapeIdentifier(name);
  const url = new URL(server.url);
  const [rights] = await query(
    server,
    'SELECT rolsuper, rolsuper OR rolcreatedb AS creates FROM pg_roles WHERE rolname = current_user',
  );
  if (rights?.['creates'] !== true) {
    await query(server, `CREATE SCHEMA ${identifier}`);
    url.searchParams.set('options', `-csearch_path=${name}`);
    return { url: url.href, drop: () => run(server, `DROP SCHEMA ${identifier} CASCADE`) };
  }
  url.pathname = name;
  if (rights['rolsuper'] !== true) {
    await query(server, `CREATE DATABASE ${identifier}`);
    return { url: url.href, drop: () => run(server, `DROP DATABASE ${identifier} WITH (FORCE)`) };
  }
  const password = randomBytes(16).toString('hex');
  url.username = name;
  url.password = password;
  await run(
    server,
    `CREATE ROLE ${identifier} LOGIN PASSWORD ${escapeLiteral(password)}`,
    `CREATE DATABASE ${identifier} OWNER ${identifier}`,
  );
  return {
    url: url.href,
    drop: () => run(server, `DROP DATABASE ${identifier} WITH (FORCE)`, `DROP ROLE ${identifier}`),
  };
}

async function run(server: Server, ...statements: readonly string[]): Promise<void> {
  await connected(server, async (client) => {
    for (const statement of statements) await client.query(statement);
  });
}

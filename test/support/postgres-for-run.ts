import { type PostgresServer, startPostgres } from './postgres.ts';
import { TEST_DATABASE_URL } from './test-database.ts';

/* What `node --test --test-global-setup` runs before and after all test files: one PostgreSQL for all of them. */

let server: PostgresServer | undefined;

export async function globalSetup(): Promise<void> {
  if (process.env[TEST_DATABASE_URL]) return;
  server = await startPostgres();
  process.env[TEST_DATABASE_URL] = server.superuser.url;
}

export async function globalTeardown(): Promise<void> {
  await server?.[Symbol.asyncDispose]();
}

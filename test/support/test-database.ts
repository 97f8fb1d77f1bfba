import type { TestContext } from 'node:test';
import { createDatabase, type Database } from './postgres/database.ts';
import { startPostgres } from './postgres.ts';

/** Names a PostgreSQL server that tests shall use, by the URL of a role that may create databases or schemas in it. */
export const TEST_DATABASE_URL = 'QKMS_TEST_DATABASE_URL';

let url: Promise<string> | undefined;

/** Resolves to the URL of an empty PostgreSQL database that is gone after the test. */
export async function databaseForTest(t: TestContext): Promise<string> {
  const database = await createTestDatabase();
  t.after(() => database.drop());
  return database.url;
}

/**
 * Creates an empty PostgreSQL database on the server that all test files of a run share, on the one that
 * QKMS_TEST_DATABASE_URL names, or, when a test file runs by itself, on a server that ends with it.
 */
export async function createTestDatabase(): Promise<Database> {
  const { [TEST_DATABASE_URL]: given } = process.env;
  url ??= given ? Promise.resolve(given) : startPostgres().then(({ superuser }) => superuser.url);
  return createDatabase({ url: await url });
}

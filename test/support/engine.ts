import type { TypedFlags } from '../../src/settings.ts';
import { createTestDatabase } from './test-database.ts';

/**
 * The engine that the stores of a run of tests are on: `sqlite`, or `postgres` with QKMS_TEST_ENGINE. The same tests run
 * on both.
 */
const ENGINE = process.env['QKMS_TEST_ENGINE'] === 'postgres' ? 'postgres' : 'sqlite';

/** For tests that are about SQLite's files and locks. */
export const SKIP_UNLESS_SQLITE = ENGINE === 'sqlite' ? false : 'about SQLite';

const urls = new Map<string, Promise<string>>();

/**
 * What a server with this data directory is configured with besides, so that its store is on the engine of the run: on
 * PostgreSQL a database of its own, which is there as long as the server is that all tests of a run share.
 */
export async function engineFlags(dataDirectory: string): Promise<TypedFlags> {
  if (ENGINE === 'sqlite') return {};
  const url = urls.get(dataDirectory) ?? createTestDatabase().then((database) => database.url);
  urls.set(dataDirectory, url);
  return { databaseUrl: await url };
}

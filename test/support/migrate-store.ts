import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { migrateStore } from '../../src/cli/migrate-store.ts';
import { OperatorError } from '../../src/errors.ts';
import { openDatabaseReader, type StoreLocation } from '../../src/opening.ts';
import { openDatabase } from './inside.ts';
import { query } from './postgres/database.ts';

/** Runs `qkms migrate-store` in this process, and resolves to what it wrote. */
export async function migrate(
  from: string,
  to: string,
  options: { readonly rootKeyFile?: string; readonly write?: (text: string) => void } = {},
): Promise<string> {
  let written = '';
  const output = {
    write(text: string) {
      written += text;
      options.write?.(text);
    },
  };
  await migrateStore(
    { name: '--from', typed: from },
    { name: '--to', typed: to },
    options.rootKeyFile,
    output,
  );
  return written;
}

/** Begins a copy that breaks off as soon as it writes what matches a pattern. */
export async function breakOff(from: string, to: string, pattern: RegExp): Promise<void> {
  const end = new Error('broken off');
  const write = (text: string) => {
    if (pattern.test(text)) throw end;
  };
  await assert.rejects(migrate(from, to, { write }), end);
}

/** Checks that an attempt is refused, with a message for the operator. */
export function assertRefused(attempt: Promise<unknown>, message: RegExp): Promise<void> {
  return assert.rejects(attempt, (error: unknown) => {
    assert.ok(error instanceof OperatorError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

/** Where a store is that a data directory or a `postgres://` URL names. */
export function locationOf(place: string): StoreLocation {
  return place.startsWith('postgres:')
    ? { dataDirectory: undefined, databaseUrl: place }
    : { dataDirectory: place };
}

/** Changes a database behind the back of QKMS. */
export async function execute(place: string, statement: string): Promise<void> {
  if (place.startsWith('postgres:')) {
    await query({ url: place }, statement);
    return;
  }
  const database = openDatabase(place);
  database.exec(statement);
  database.close();
}

/** All rows of all tables, each value with its type, in whatever order. */
export async function contentOf(place: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const reader = await openDatabaseReader(locationOf(place));
  assert.ok(reader !== undefined);
  try {
    return await reader.read(async (db) => {
      const rows = new Map<string, readonly string[]>();
      for (const table of [...(await reader.dialect.tableNames(db))].sort()) {
        const stored = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(db);
        rows.set(table, stored.rows.map(textOf).sort());
      }
      return rows;
    });
  } finally {
    await reader.close();
  }
}

function textOf(row: Record<string, unknown>): string {
  const columns = Object.entries(row).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('hex') } : value,
  ]);
  return JSON.stringify(columns);
}

/** A hash of the database file of a data directory, byte for byte. */
export async function hashOf(dataDirectory: string): Promise<string> {
  const bytes = await readFile(join(dataDirectory, 'qkms.db'));
  return createHash('sha256').update(bytes).digest('hex');
}

import type { Keyring } from '../keyring/index.ts';
import { damagedRecord } from './refusals.ts';
import type { Schema } from './schema.ts';

type Columns = Readonly<Record<string, string | number | null | Uint8Array>>;

/** A row of a table as it is stored, and as it is used once its authentication code has been checked. */
export type StoredRow<T extends keyof Schema> = Readonly<Schema[T]>;
export type Row<T extends keyof Schema> = Omit<StoredRow<T>, 'mac'>;

/** Adds to a row the authentication code over all of its columns and the table's name. */
export function authenticateRow<T extends keyof Schema>(
  keyring: Keyring,
  table: T,
  row: Row<T>,
): Row<T> & { mac: Uint8Array } {
  return { ...row, mac: keyring.authenticateRecord(table, columnsOf(row)) };
}

/**
 * Checks a row's authentication code and takes it off.
 *
 * @throws ServiceError `KMSInternalException` when the row is not authentic.
 */
export function verifyRow<T extends keyof Schema>(keyring: Keyring, table: T, stored: StoredRow<T>): Row<T> {
  const { mac, ...row } = stored;
  if (!keyring.verifyRecord(table, columnsOf(row), mac)) throw damagedRecord(table);
  return row;
}

function columnsOf(row: object): Columns {
  return Object.fromEntries(Object.entries(row));
}

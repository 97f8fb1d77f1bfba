import { createHmac } from 'node:crypto';
import { encodeLengthPrefixed } from '../crypto/index.ts';

/** The columns of a row, by name, as the database driver gives and takes them. */
export type RecordColumns = Readonly<Record<string, string | number | null | Uint8Array>>;

/**
 * HMAC-SHA256 over a table's name and the columns of one of its rows that are not null, in the order of their
 * names: each as name, type and value, all length-prefixed. 32 bytes.
 *
 * A null column is left out, so that a later version can add a nullable column without changing the codes of
 * the rows there are. Text is not bytes and 1 is not '1': the type is part of what is authenticated. Numbers
 * stand in the shortest decimal form that reads back as the same number (ECMA-262, Number::toString).
 */
export function authenticateColumns(key: Uint8Array, table: string, columns: RecordColumns): Buffer {
  const parts: (string | Uint8Array)[] = [table];
  for (const name of Object.keys(columns).sort()) {
    const value = columns[name];
    if (value === null) continue;
    if (typeof value === 'string') parts.push(name, 'text', value);
    else if (typeof value === 'number') parts.push(name, 'number', String(value));
    else if (value instanceof Uint8Array) parts.push(name, 'bytes', value);
    else
      throw new TypeError(
        `column ${table}.${name} is of a type that can't be authenticated: ${typeof value}`,
      );
  }
  return createHmac('sha256', key).update(encodeLengthPrefixed(parts)).digest();
}

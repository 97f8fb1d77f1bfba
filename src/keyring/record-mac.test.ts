import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { documentedVector } from './documented-vectors.test-support.ts';
import { authenticateColumns, type RecordColumns } from './record-mac.ts';

const key = randomBytes(32);
const code = (table: string, columns: RecordColumns) =>
  authenticateColumns(key, table, columns).toString('hex');

// Values that resemble each other across types and lengths.
const value = fc.oneof(
  fc.constantFrom('', '1', 'text', 'a', 'b', '\u0001'),
  fc.constantFrom(0, 1, -1, 1.5, Number.MAX_SAFE_INTEGER),
  fc.constant(null),
  fc.constantFrom('', '1', 'a').map((text) => Uint8Array.from(Buffer.from(text))),
);
const columns = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'text', '__proto__'), value, { maxKeys: 4 });
const table = fc.constantFrom('keys', 'key', 'a', 'grants');

describe('authenticateColumns', () => {
  it('is the documented code', () => {
    const documentedKey = Buffer.from(documentedVector('authenticate-records'), 'hex');
    const row = { name: 'alias/é', target: null, version: 7, extra: Uint8Array.of(1, 2) };
    const mac = authenticateColumns(documentedKey, 'aliases', row);
    assert.equal(mac.toString('hex'), documentedVector('record code'));
  });

  it('is HMAC-SHA256 over length-prefixed table, names, types and values', () => {
    const prefixed = (text: string) => Buffer.concat([Buffer.of(0, 0, 0, text.length), Buffer.from(text)]);
    const parts = ['keys', 'enabled', 'number', '1', 'id', 'text', 'k', 'wrapped', 'bytes', 'xyz'];
    const expected = createHmac('sha256', key)
      .update(Buffer.concat(parts.map(prefixed)))
      .digest('hex');
    assert.equal(code('keys', { wrapped: Buffer.from('xyz'), note: null, id: 'k', enabled: 1 }), expected);
  });

  it('differs for rows that differ in table, name, type or value, and for these only', () => {
    // Nulls are left out of what counts; JSON tells text, numbers and byte arrays apart.
    const canonical = (name: string, row: RecordColumns) => {
      const present = Object.entries(row).filter(([, cell]) => cell !== null);
      const cells = present.map(([column, cell]) => [column, cell instanceof Uint8Array ? [...cell] : cell]);
      return JSON.stringify([name, cells.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))]);
    };
    fc.assert(
      fc.property(table, columns, table, columns, (tableA, rowA, tableB, rowB) => {
        assert.equal(
          code(tableA, rowA) === code(tableB, rowB),
          canonical(tableA, rowA) === canonical(tableB, rowB),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('stays the same when a nullable column is added, and changes when it gets a value', () => {
    const old = code('keys', { id: 'k', state: 'Enabled' });
    assert.equal(code('keys', { id: 'k', added: null, state: 'Enabled' }), old);
    assert.notEqual(code('keys', { id: 'k', added: '', state: 'Enabled' }), old);
  });

  it('takes a Buffer and the same bytes in another array for the same', () => {
    assert.equal(code('t', { a: Buffer.from('xyz') }), code('t', { a: Uint8Array.from([120, 121, 122]) }));
  });

  it('refuses values that it has no encoding for', () => {
    const row: RecordColumns = JSON.parse('{"a": "x", "b": true}');
    assert.throws(() => code('keys', row), /^TypeError: column keys\.b is of a type .*: boolean$/);
    assert.throws(() => code('keys', { a: '\ud800' }), TypeError);
  });
});

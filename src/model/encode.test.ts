import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  blob,
  boolean,
  compileEncoder,
  integer,
  list,
  map,
  optional,
  string,
  structure,
  timestamp,
} from './index.ts';

const text = 'a member';
const encode = compileEncoder(
  structure({
    Name: optional(string(), text),
    Bytes: optional(blob(), text),
    Date: optional(timestamp, text),
    Count: optional(integer(), text),
    Flag: optional(boolean, text),
    Names: optional(list(string()), text),
    Counts: optional(map(integer()), text),
    Items: optional(list(structure({ Name: optional(string(), text) })), text),
  }),
);

describe('encoding a response', () => {
  it('leaves absent members out', () => {
    assert.equal(encode({}), '{}');
    assert.equal(encode({ Name: undefined, Count: 0 }), '{"Count":0}');
  });

  it('writes blobs as base64, timestamps as seconds, and everything else as JSON', () => {
    const written = encode({
      Name: 'quote " and \u2028 and \ud800',
      Bytes: new Uint8Array([255, 254, 253]).subarray(1),
      Date: new Date(1_700_000_000_123),
      Flag: false,
      Names: ['a', 'b'],
      Counts: { Users: 5 },
      Items: [{ Name: 'x' }, {}],
    });
    assert.deepEqual(JSON.parse(written), {
      Name: 'quote " and \u2028 and \ud800',
      Bytes: '/v0=',
      Date: 1_700_000_000.123,
      Flag: false,
      Names: ['a', 'b'],
      Counts: { Users: 5 },
      Items: [{ Name: 'x' }, {}],
    });
  });

  it('never writes a member that is not declared', () => {
    assert.equal(encode({ Name: 'x', Secret: 'y' }), '{"Name":"x"}');
  });
});

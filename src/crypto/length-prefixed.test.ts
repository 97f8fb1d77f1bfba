import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeLengthPrefixed } from './length-prefixed.ts';

/** An independent reader: what can be read back without loss was written without loss. */
function decode(encoded: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let offset = 0; offset < encoded.length; ) {
    const start = offset + 4;
    offset = start + encoded.readUInt32BE(offset);
    assert(offset <= encoded.length);
    parts.push(encoded.subarray(start, offset));
  }
  return parts;
}

const text = fc.string({ unit: 'binary', maxLength: 20 });
const part = fc.oneof(text, fc.uint8Array({ maxLength: 20 }));

describe('encodeLengthPrefixed', () => {
  it('writes each part as its length in bytes, 32-bit big-endian, and its bytes', () => {
    assert.equal(encodeLengthPrefixed([]).length, 0);
    assert.deepEqual(
      encodeLengthPrefixed(['a', '', 'é€😀', Uint8Array.of(9, 8)]),
      Buffer.from('0000000161000000000000000' + '9c3a9e282acf09f9880' + '000000020908', 'hex'),
    );
    assert.deepEqual(
      encodeLengthPrefixed(['x'.repeat(70_000)]).subarray(0, 5),
      Buffer.from('0001117078', 'hex'),
    );
  });

  it('can be read back, whatever the parts', () => {
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        assert.deepEqual(
          decode(encodeLengthPrefixed(parts)),
          parts.map((value) => Buffer.from(value)),
        );
      }),
    );
  });

  it('refuses text that UTF-8 has no form for', () => {
    for (const malformed of ['\ud800', 'a\udfff', '\udc00\ud800']) {
      assert.throws(() => encodeLengthPrefixed(['fine', malformed]), TypeError);
    }
  });
});

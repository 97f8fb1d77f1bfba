import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { derParts, readElements, readSequence, readUnsigned, TAG } from './der.ts';

const bytes = (hex: string) => Buffer.from(hex, 'hex');
const write = (tag: number, contents: readonly Uint8Array[]) => Buffer.concat(derParts(tag, contents));

describe('DER', () => {
  it('reads back what it writes, of every length of lengths', () => {
    const lengths = fc.constantFrom(0, 1, 127, 128, 255, 256, 65_535, 65_536);
    const tags = fc.constantFrom(...Object.values(TAG));
    fc.assert(
      fc.property(fc.array(fc.tuple(tags, lengths), { maxLength: 4 }), (list) => {
        const elements = list.map(([tag, length]) => ({ tag, content: Buffer.alloc(length, 0xa5) }));
        const parts = elements.flatMap(({ tag, content }) => derParts(tag, [content]));
        assert.deepEqual(readElements(Buffer.concat(parts)), elements);
        assert.deepEqual(readSequence(write(TAG.sequence, parts)), elements);
      }),
    );
  });

  it('reads nothing that is not read to its last byte in one way only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (random) => {
        const elements = readElements(Buffer.from(random));
        if (elements === undefined) return;
        const written = elements.flatMap(({ tag, content }) => derParts(tag, [content]));
        assert.deepEqual(Buffer.concat(written), Buffer.from(random));
      }),
      { numRuns: 2_000 },
    );
  });

  for (const [title, hex] of [
    ['no length', '30'],
    ['fewer bytes than its length says', '300201'],
    ['an indefinite length', '30800000'],
    ['a length that could be shorter', '30810100'],
    ['a length with a leading zero', `3082008000${'00'.repeat(128)}`],
    ['a length that is cut', '308201'],
    ['a length of five bytes', '30850000000001ff'],
    ['a tag of several bytes', '1f8101000000'],
    ['bytes after it', '300000'],
  ] as const) {
    it(`does not read an element with ${title}`, () => {
      assert.equal(readSequence(bytes(hex)), undefined);
    });
  }

  it('reads no other element for a sequence, and no two', () => {
    for (const hex of ['', '310100', '020100', '30003000']) assert.equal(readSequence(bytes(hex)), undefined);
  });

  it('reads integers that are not negative and as short as can be', () => {
    const read = (hex: string) => readUnsigned({ tag: TAG.integer, content: bytes(hex) })?.toString('hex');
    for (const hex of ['00', '01', '7f', '0080', '00ff01']) assert.equal(read(hex), hex);
    for (const hex of ['', '80', 'ff01', '0001', '007f', '000080']) assert.equal(read(hex), undefined);
    assert.equal(readUnsigned({ tag: TAG.octetString, content: bytes('01') }), undefined);
    assert.equal(readUnsigned(undefined), undefined);
  });
});

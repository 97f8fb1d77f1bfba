import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '../errors.ts';
import { encodeEncryptionContext } from './encryption-context.ts';

const encode = (context: Readonly<Record<string, string>> | undefined) =>
  encodeEncryptionContext(context).toString('hex');

/** `Object.fromEntries` makes `__proto__` an own property like any other, as JSON.parse does. */
const contextOf = (pairs: readonly (readonly [string, string])[]): Record<string, string> =>
  Object.fromEntries(pairs);

// Few and awkward characters, so that generated contexts come close to each other.
const awkward = fc.constantFrom(
  '',
  'a',
  'b',
  'A',
  '=',
  '\0',
  '\0\0\0\u0001',
  '\u00e9',
  'e\u0301',
  '\uffff',
  '😀',
);
const name = fc.oneof(
  fc.array(awkward, { maxLength: 3 }).map((parts) => parts.join('')),
  fc.constantFrom('__proto__', 'constructor', 'toString', '0', '1', '10'),
  fc.string({ unit: 'binary' }),
);
const pairs = fc.uniqueArray(fc.tuple(name, name), { selector: ([key]) => key, maxLength: 6 });

describe('encodeEncryptionContext', () => {
  it('encodes an absent and an empty context to nothing', () => {
    assert.equal(encode(undefined), '');
    assert.equal(encode({}), '');
  });

  it('encodes key and value of each pair with their lengths', () => {
    assert.equal(encode({ a: 'bc' }), '00000001' + '61' + '00000002' + '6263');
    assert.equal(encode({ é: '' }), '00000002' + 'c3a9' + '00000000');
  });

  it('does not depend on the order of the pairs', () => {
    const shuffled = pairs.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) =>
        assert.equal(encode(contextOf(list)), encode(contextOf(other))),
      ),
    );
  });

  it('orders the pairs by the UTF-8 bytes of their keys', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const sorted = list.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        const expected = sorted.map((pair) => encode(contextOf([pair]))).join('');
        assert.equal(encode(contextOf(list)), expected);
      }),
    );
    // U+FFFF comes before U+1F600 in UTF-8, after it in UTF-16.
    assert.equal(encode({ '😀': '', '\uffff': '' }), encode({ '\uffff': '' }) + encode({ '😀': '' }));
  });

  it('never encodes two different contexts alike', () => {
    const canonical = (list: readonly (readonly [string, string])[]) =>
      JSON.stringify(list.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    fc.assert(
      fc.property(pairs, pairs, (a, b) => {
        assert.equal(encode(contextOf(a)) === encode(contextOf(b)), canonical(a) === canonical(b));
      }),
      { numRuns: 2000 },
    );
    const similar = [
      { a: 'b', c: 'd' },
      { a: 'bcd' },
      { ab: 'cd' },
      { a: 'd', c: 'b' },
      { a: 'b' },
      { a: 'B' },
      { A: 'b' },
      { a: 'b', '': '' },
      { '': '' },
      {},
      contextOf([['__proto__', 'b']]),
      contextOf([['__proto__', 'c']]),
      { '\u00e9': '' },
      { 'e\u0301': '' },
    ];
    assert.equal(new Set(similar.map(encode)).size, similar.length);
  });

  it('refuses a lone surrogate in a key or a value, naming the key', () => {
    const contexts = [
      { '\ud800': 'x' },
      { 'x\udc00': '' },
      { fine: 'x', k: '\udfff' },
      { k: '\udc00\ud800' },
    ];
    for (const context of contexts) {
      assert.throws(
        () => encodeEncryptionContext(context),
        (error: unknown) =>
          error instanceof ServiceError &&
          error.code === 'ValidationException' &&
          /^Encryption context key "(k|\\ud800|x\\udc00)" /.test(error.message),
      );
    }
    // The replacement character itself is ordinary text.
    assert.equal(encode({ k: '\ufffd' }), '000000016b00000003efbfbd');
  });

  it('copes with thousands of pairs', () => {
    const many = contextOf(Array.from({ length: 5000 }, (_, i) => [`key-${'x'.repeat(50)}-${i}`, 'v']));
    assert(encodeEncryptionContext(many).length > 5000 * 60);
  });
});

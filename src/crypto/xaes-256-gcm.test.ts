import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { XaesKey } from './xaes-256-gcm.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe('XAES-256-GCM', () => {
  const nonce = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWX');
  const plaintext = Buffer.from('XAES-256-GCM');
  // The two keys differ in the top bit of L, so that both ways of making K1 are taken.
  const vectors = [
    {
      key: Buffer.alloc(32, 1),
      additionalData: '',
      sealed: 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271',
    },
    {
      key: Buffer.alloc(32, 3),
      additionalData: 'c2sp.org/XAES-256-GCM',
      sealed: '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d',
    },
  ];
  for (const [index, { key, additionalData, sealed }] of vectors.entries()) {
    it(`agrees with vector ${index + 1} of the specification`, () => {
      const xaes = new XaesKey(key);
      assert.equal(xaes.seal(nonce, plaintext, Buffer.from(additionalData)).toString('hex'), sealed);
      assert.deepEqual(xaes.open(nonce, Buffer.from(sealed, 'hex'), Buffer.from(additionalData)), plaintext);
    });
  }

  it('agrees with the accumulated vectors of the specification', () => {
    // 10,000 rounds, or with QKMS_XAES_ROUNDS=1000000 a million (half a minute, and 320 MB for the source).
    const rounds = process.env['QKMS_XAES_ROUNDS'] === '1000000' ? 1_000_000 : 10_000;
    const expected = {
      10000: 'e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939',
      1000000: '2163ae1445985a30b60585ee67daa55674df06901b890593e824b8a7c885ab15',
    }[rounds];
    // A round reads 313 bytes on average. A source that ran dry would change the outcome.
    const source = createHash('shake128', { outputLength: rounds * 320 }).digest();
    let position = 0;
    const read = (length: number) => {
      position += length;
      return source.subarray(position - length, position);
    };
    const readLengthAndBytes = () => read(read(1).readUInt8());
    const ciphertexts = createHash('shake128', { outputLength: 32 });
    for (let round = 0; round < rounds; round++) {
      const xaes = new XaesKey(read(32));
      const roundNonce = read(24);
      const roundPlaintext = readLengthAndBytes();
      const additionalData = readLengthAndBytes();
      const sealed = xaes.seal(roundNonce, roundPlaintext, additionalData);
      assert.deepEqual(xaes.open(roundNonce, sealed, additionalData), roundPlaintext);
      ciphertexts.update(sealed);
    }
    assert.equal(ciphertexts.digest('hex'), expected);
  });

  it('opens what it sealed, in any order and with one key for many messages', () => {
    const xaes = new XaesKey(randomBytes(32));
    const message = fc.tuple(bytes(24), fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 60 }));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
        const sealed = messages.map(([n, p, a]) => xaes.seal(n, p, a));
        for (const [index, [n, p, a]] of [...messages.entries()].reverse()) {
          assert.deepEqual(xaes.open(n, sealed[index] ?? Buffer.alloc(0), a), Buffer.from(p));
        }
      }),
    );
  });

  it('refuses a message of which anything was altered', () => {
    const xaes = new XaesKey(randomBytes(32));
    const additionalData = randomBytes(20);
    const sealed = xaes.seal(nonce, plaintext, additionalData);
    const parts = [Buffer.from(nonce), sealed, additionalData] as const;
    assert.deepEqual(xaes.open(...parts), plaintext);
    for (const part of parts) {
      for (let index = 0; index < part.length; index++) {
        part.writeUInt8(part.readUInt8(index) ^ 0x10, index);
        assert.equal(xaes.open(...parts), undefined);
        part.writeUInt8(part.readUInt8(index) ^ 0x10, index);
      }
    }
    for (let length = 0; length < sealed.length; length++) {
      assert.equal(xaes.open(nonce, sealed.subarray(0, length), additionalData), undefined);
    }
  });

  it('is unaffected by the caller wiping the key', () => {
    const key = Buffer.alloc(32, 1);
    const xaes = new XaesKey(key);
    key.fill(0);
    const sealed = xaes.seal(nonce, plaintext, Buffer.alloc(0));
    assert.deepEqual(sealed, new XaesKey(Buffer.alloc(32, 1)).seal(nonce, plaintext, Buffer.alloc(0)));
  });

  it('refuses keys and nonces of another length', () => {
    for (const length of [0, 16, 31, 33]) {
      assert.throws(() => new XaesKey(Buffer.alloc(length)), /key has 32 bytes, not/);
    }
    const xaes = new XaesKey(randomBytes(32));
    for (const length of [0, 12, 23, 25]) {
      assert.throws(() => xaes.seal(Buffer.alloc(length), plaintext, nonce), /nonce has 24 bytes, not/);
      assert.throws(
        () => xaes.open(Buffer.alloc(length), Buffer.alloc(16), nonce),
        /nonce has 24 bytes, not/,
      );
    }
  });

  it('is of no use once destroyed', () => {
    const xaes = new XaesKey(randomBytes(32));
    const sealed = xaes.seal(nonce, plaintext, plaintext);
    xaes.destroy();
    assert.throws(() => xaes.seal(nonce, plaintext, plaintext));
    assert.throws(() => xaes.open(nonce, sealed, plaintext));
  });
});

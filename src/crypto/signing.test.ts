import assert from 'node:assert/strict';
import { constants, sign as openSslSign, randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { generatePair, type KeyPair, type KeyPairSpec } from './key-pair.ts';
import { factsOf, type SigningAlgorithm } from './key-specs.ts';
import { formsOf } from './message-forms.test-support.ts';
import { messageLengthOf, sign, verify } from './signing.ts';

/** Bytes of a signature: exactly, or at most where they are DER (crypto.md section 3). */
const LENGTHS: Readonly<Partial<Record<KeyPairSpec, { exactly: number } | { atMost: number }>>> = {
  RSA_2048: { exactly: 256 },
  RSA_3072: { exactly: 384 },
  RSA_4096: { exactly: 512 },
  ECC_NIST_P256: { atMost: 72 },
  ECC_NIST_P384: { atMost: 104 },
  ECC_NIST_P521: { atMost: 139 },
  ECC_SECG_P256K1: { atMost: 72 },
  ECC_NIST_EDWARDS25519: { exactly: 64 },
  ML_DSA_44: { exactly: 2420 },
  ML_DSA_65: { exactly: 3309 },
  ML_DSA_87: { exactly: 4627 },
  SM2: { atMost: 72 },
};

const MESSAGE = Buffer.from('hello world');
const OTHER_MESSAGE = Buffer.from('hello World');

for (const [spec, length] of Object.entries(LENGTHS)) {
  const keySpec = spec as KeyPairSpec;
  describe(keySpec, () => {
    let pair: KeyPair;
    before(async () => {
      pair = await generatePair(keySpec);
    });

    for (const algorithm of factsOf(keySpec).signing ?? []) {
      it(`signs and verifies with ${algorithm}, in whichever type the message is given`, async () => {
        const forms = formsOf(algorithm, pair.publicKey, MESSAGE);
        const others = formsOf(algorithm, pair.publicKey, OTHER_MESSAGE);
        for (const [type, form] of forms) {
          const signature = await sign(pair, algorithm, type, form);
          if ('exactly' in length) assert.equal(signature.length, length.exactly);
          else assert(signature.length <= length.atMost && signature.at(0) === 0x30, 'DER');
          for (const [verifiedType, verifiedForm] of forms)
            assert(
              await verify(pair, algorithm, verifiedType, verifiedForm, signature),
              `signed as ${type}, verified as ${verifiedType}`,
            );
          for (const [verifiedType, otherForm] of others)
            assert.equal(await verify(pair, algorithm, verifiedType, otherForm, signature), false);
        }
      });

      it(`takes nothing for a signature of ${algorithm} that is none`, async () => {
        for (const [type, form] of formsOf(algorithm, pair.publicKey, MESSAGE)) {
          const signature = Buffer.from(await sign(pair, algorithm, type, form));
          const wrong = [
            Buffer.of(0),
            signature.subarray(1),
            signature.subarray(0, -1),
            Buffer.concat([signature, Buffer.of(0)]),
            Buffer.alloc(signature.length),
            Buffer.alloc(signature.length, 0xff),
            randomBytes(6144),
            ...[0, 3, signature.length >> 1, signature.length - 1].map((at) => flipBit(signature, at)),
          ];
          for (const bytes of wrong) assert.equal(await verify(pair, algorithm, type, form, bytes), false);
        }
      });
    }
  });
}

describe('RSASSA-PSS', () => {
  it('takes no salt of another length than that of the digest', async () => {
    const pair = await generatePair('RSA_2048');
    for (const [algorithm, sha] of [
      ['RSASSA_PSS_SHA_256', 'sha256'],
      ['RSASSA_PSS_SHA_512', 'sha512'],
    ] as const) {
      for (const saltLength of [0, 20, 48, constants.RSA_PSS_SALTLEN_MAX_SIGN]) {
        const padding = constants.RSA_PKCS1_PSS_PADDING;
        const signature = openSslSign(sha, MESSAGE, { key: pair.privateKey, padding, saltLength });
        for (const [type, form] of formsOf(algorithm, pair.publicKey, MESSAGE))
          assert.equal(await verify(pair, algorithm, type, form, signature), false, `${saltLength} bytes`);
      }
    }
  });
});

describe('a digest', () => {
  const algorithms: readonly (readonly [KeyPairSpec, SigningAlgorithm])[] = [
    ['ECC_NIST_P256', 'ECDSA_SHA_256'],
    ['ECC_NIST_P521', 'ECDSA_SHA_512'],
    ['RSA_2048', 'RSASSA_PSS_SHA_384'],
    ['SM2', 'SM2DSA'],
  ];
  for (const [keySpec, algorithm] of algorithms) {
    it(`may be any bytes of its length: ${algorithm} with ${keySpec}`, async () => {
      const pair = await generatePair(keySpec);
      const length = Number(messageLengthOf(algorithm, 'DIGEST'));
      for (const digest of [Buffer.alloc(length), Buffer.alloc(length, 0xff), randomBytes(length)]) {
        const signature = await sign(pair, algorithm, 'DIGEST', digest);
        assert(await verify(pair, algorithm, 'DIGEST', digest, signature));
      }
    });
  }

  it('is signed another way each time', async () => {
    for (const [keySpec, algorithm] of algorithms) {
      const pair = await generatePair(keySpec);
      const digest = randomBytes(Number(messageLengthOf(algorithm, 'DIGEST')));
      const [one, other] = await Promise.all([1, 2].map(() => sign(pair, algorithm, 'DIGEST', digest)));
      assert.notDeepEqual(one, other);
    }
  });
});

describe('verify', () => {
  it('answers whatever it is given as a signature', async () => {
    const pairs = await Promise.all(
      (['RSA_2048', 'ECC_NIST_P256', 'ECC_NIST_EDWARDS25519', 'ML_DSA_44', 'SM2'] as const).map(generatePair),
    );
    const anyCase = fc.record({
      pair: fc.constantFrom(...pairs),
      signature: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        // DER of two numbers, more or less.
        fc
          .tuple(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }))
          .map(([r, s]) =>
            Buffer.concat([
              Buffer.of(0x30, r.length + s.length + 4, 2, r.length),
              r,
              Buffer.of(2, s.length),
              s,
            ]),
          ),
      ),
    });
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ pair, signature }) => {
        for (const algorithm of factsOf(pair.keySpec).signing ?? [])
          for (const [type, form] of formsOf(algorithm, pair.publicKey, MESSAGE))
            assert.equal(await verify(pair, algorithm, type, form, signature), false);
      }),
      { numRuns: 60 },
    );
  });
});

function flipBit(signature: Uint8Array, at: number): Buffer {
  const flipped = Buffer.from(signature);
  flipped.writeUInt8(flipped.readUInt8(at) ^ 0x01, at);
  return flipped;
}

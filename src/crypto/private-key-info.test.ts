import assert from 'node:assert/strict';
import { createECDH, generateKeyPairSync, generatePrimeSync, type KeyObject } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { derParts, readSequence, TAG } from './der.ts';
import { generatePair, type KeyPairSpec } from './key-pair.ts';
import { readPrivateKey } from './private-key-info.ts';

const IMPORTABLE = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'ECC_NIST_EDWARDS25519',
  'SM2',
] as const satisfies readonly KeyPairSpec[];

const der = (tag: number, ...contents: readonly Uint8Array[]) => Buffer.concat(derParts(tag, contents));
const hex = (text: string) => Buffer.from(text, 'hex');
const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'der' });

const V1 = hex('020100');
const V2 = hex('020101');
const RSA_ALGORITHM = hex('300d06092a864886f70d0101010500');
const P256_ALGORITHM = hex('301306072a8648ce3d020106082a8648ce3d030107');
const ED25519_ALGORITHM = hex('300506032b6570');

/** One pair of each spec that all tests look at. */
const pairs = new Map(
  await Promise.all(IMPORTABLE.map(async (spec) => [spec, (await generatePair(spec)).privateKey] as const)),
);
function keyOf(spec: (typeof IMPORTABLE)[number]): Buffer {
  const key = pairs.get(spec);
  assert.ok(key !== undefined);
  return pkcs8(key);
}

async function assertRefused(spec: KeyPairSpec, key: Uint8Array, message: string = spec): Promise<void> {
  assert.equal(await readPrivateKey(spec, Buffer.from(key)), undefined, message);
}

describe('readPrivateKey', () => {
  for (const spec of IMPORTABLE) {
    describe(spec, () => {
      it('gives back a key as OpenSSL writes it', async () => {
        assert.deepEqual(await readPrivateKey(spec, keyOf(spec)), keyOf(spec));
      });

      it('refuses a key with bytes added or missing anywhere at the end', async () => {
        const key = keyOf(spec);
        for (const tail of ['00', '3000', '0500']) await assertRefused(spec, Buffer.concat([key, hex(tail)]));
        for (const length of [0, 1, 2, 4, 20, key.length - 1])
          await assertRefused(spec, key.subarray(0, length));
      });

      it('refuses the keys of every other spec', async () => {
        for (const other of IMPORTABLE) if (other !== spec) await assertRefused(spec, keyOf(other), other);
      });

      it('refuses what is not a private key', async () => {
        const key = pairs.get(spec);
        const isEc = key?.asymmetricKeyType === 'ec';
        const encrypted = key?.export({
          type: 'pkcs8',
          format: 'der',
          cipher: 'aes-256-cbc',
          passphrase: 'secret',
        });
        const others = [
          encrypted,
          key?.export({ type: 'pkcs8', format: 'pem' }),
          isEc ? key?.export({ type: 'sec1', format: 'der' }) : undefined,
          generateKeyPairSync('ed448').privateKey.export({ type: 'pkcs8', format: 'der' }),
        ];
        for (const other of others) if (other !== undefined) await assertRefused(spec, Buffer.from(other));
      });

      it('takes no key of which a bit was flipped for the same', async () => {
        const key = keyOf(spec);
        const run = async (bit: number) => {
          const altered = Buffer.from(key);
          altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
          const read = await readPrivateKey(spec, altered);
          assert.ok(read === undefined || !read.equals(key), `bit ${bit}`);
          // A seed of Ed25519 may be anything; all else is checked against itself.
          if (spec !== 'ECC_NIST_EDWARDS25519') assert.equal(read, undefined, `bit ${bit}`);
        };
        await fc.assert(fc.asyncProperty(fc.nat(8 * key.length - 1), run), { numRuns: 200 });
      });
    });
  }

  it('refuses specs whose keys cannot be imported', async () => {
    for (const spec of ['ML_DSA_44', 'ML_KEM_512'] as const)
      await assertRefused(spec, pkcs8((await generatePair(spec)).privateKey));
  });

  it('crashes on nothing', async () => {
    const specs = fc.constantFrom(...IMPORTABLE);
    await fc.assert(
      fc.asyncProperty(specs, fc.uint8Array({ maxLength: 200 }), (spec, bytes) => assertRefused(spec, bytes)),
    );
  });
});

describe('RSA private keys', () => {
  interface Numbers {
    readonly n: bigint;
    readonly e: bigint;
    readonly d: bigint;
    readonly p: bigint;
    readonly q: bigint;
    readonly dp: bigint;
    readonly dq: bigint;
    readonly qInverse: bigint;
  }

  const inverse = (number: bigint, modulus: bigint) => {
    let [a, b, x, y] = [number % modulus, modulus, 1n, 0n];
    while (a !== 0n) {
      const quotient = b / a;
      [a, b, x, y] = [b - quotient * a, a, y - quotient * x, x];
    }
    return ((y % modulus) + modulus) % modulus;
  };
  const prime = (bits: number) => generatePrimeSync(bits, { bigint: true });
  const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));

  /** All that follows from two primes (or what is said to be some) and an exponent. */
  function numbersOf(p: bigint, q: bigint, e: bigint): Numbers {
    const d = inverse(e, ((p - 1n) * (q - 1n)) / gcd(p - 1n, q - 1n));
    return { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qInverse: inverse(q, p) };
  }

  function write({ n, e, d, p, q, dp, dq, qInverse }: Numbers): Buffer {
    const members = [0n, n, e, d, p, q, dp, dq, qInverse].map((number) => {
      const digits = number.toString(16);
      const content = hex(digits.length % 2 === 0 ? digits : `0${digits}`);
      return der(TAG.integer, ...(Number(content[0]) >= 0x80 ? [Buffer.of(0)] : []), content);
    });
    return der(TAG.sequence, V1, RSA_ALGORITHM, der(TAG.octetString, der(TAG.sequence, ...members)));
  }

  /** Primes of 1024 bits whose product has 2048. */
  function primes(e: bigint): readonly [bigint, bigint] {
    for (;;) {
      const [p, q] = [prime(1024), prime(1024)];
      const fits = p > q && (p * q).toString(2).length === 2048;
      if (fits && gcd(e, (p - 1n) * (q - 1n)) === 1n) return [p, q];
    }
  }

  const good = numbersOf(...primes(65_537n), 65_537n);

  it('are taken as they are, with any exponent that FIPS 186-5 allows and OpenSSL can use', async () => {
    for (const e of [65_537n, 65_539n, 0xffff_ffff_ffff_ffc5n]) {
      const key = write(numbersOf(...primes(e), e));
      assert.deepEqual(await readPrivateKey('RSA_2048', key), key);
    }
    const { p, q, e } = good;
    const swapped = write(numbersOf(q, p, e));
    assert.deepEqual(await readPrivateKey('RSA_2048', swapped), swapped);
  });

  it('are refused with an exponent that is even, too small or too large', async () => {
    const [p, q] = [good.p, good.q];
    for (const e of [0n, 1n, 3n, 17n, 65_535n, 65_536n, 65_538n, (1n << 64n) + 13n])
      await assertRefused('RSA_2048', write(numbersOf(p, q, e)), String(e));
  });

  it('are refused when any number is not what follows from the others', async () => {
    for (const name of ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qInverse'] as const) {
      for (const value of [0n, 1n, good[name] - 2n, good[name] + 2n])
        await assertRefused('RSA_2048', write({ ...good, [name]: value }), `${name}: ${value}`);
    }
    await assertRefused('RSA_2048', write({ ...good, qInverse: good.qInverse + good.p }));
    await assertRefused('RSA_2048', write({ ...good, p: good.q, q: good.p }));
  });

  it('are refused when what should be a prime is none, or both are the same, or one is short', async () => {
    const e = 65_537n;
    const half = 3n * prime(1023);
    const composite = half.toString(2).length === 1024 ? half : half * 2n + 1n;
    if (composite.toString(2).length === 1024)
      await assertRefused('RSA_2048', write(numbersOf(composite, good.q, e)));
    await assertRefused('RSA_2048', write(numbersOf(good.p, good.p, e)));
    await assertRefused('RSA_2048', write(numbersOf(prime(1040), prime(1008), e)));
  });

  it('are refused with more than two primes, or other parameters', async () => {
    const [, , privateKey] = readSequence(write(good)) ?? [];
    assert.ok(privateKey !== undefined);
    const multi = Buffer.from(privateKey.content);
    multi.writeUInt8(1, multi.indexOf(hex('020100')) + 2);
    const octets = der(TAG.octetString, privateKey.content);
    for (const key of [
      der(TAG.sequence, V1, RSA_ALGORITHM, der(TAG.octetString, multi)),
      der(TAG.sequence, V1, hex('300b06092a864886f70d010101'), octets),
      der(TAG.sequence, V1, hex('300d06092a864886f70d01010a0500'), octets),
    ])
      await assertRefused('RSA_2048', key);
  });
});

describe('elliptic curve private keys', () => {
  const ecdh = createECDH('prime256v1');
  const point = ecdh.generateKeys();
  const scalar = ecdh.getPrivateKey();
  const curve = hex('06082a8648ce3d030107');
  const bits = (bytes: Uint8Array) => der(TAG.bitString, Buffer.of(0), bytes);
  const ecKey = (secret: Uint8Array, ...options: readonly Uint8Array[]) =>
    der(TAG.sequence, hex('020101'), der(TAG.octetString, secret), ...options);
  const info = (inner: Uint8Array, version = V1, ...options: readonly Uint8Array[]) =>
    der(TAG.sequence, version, P256_ALGORITHM, der(TAG.octetString, inner), ...options);
  const canonical = info(ecKey(scalar, der(TAG.constructed1, bits(point))));
  const compressed = Buffer.concat([Buffer.of(2 + ((point[64] ?? 0) & 1)), point.subarray(1, 33)]);
  const hybrid = Buffer.concat([Buffer.of(6 + ((point[64] ?? 0) & 1)), point.subarray(1)]);

  it('become one and the same, however they are written', async () => {
    const attributes = der(TAG.constructed0, hex('301206092a864886f70d0109143105'), hex('0c0161'));
    for (const key of [
      canonical,
      info(ecKey(scalar)),
      info(ecKey(scalar, der(TAG.constructed0, curve))),
      info(ecKey(scalar, der(TAG.constructed0, curve), der(TAG.constructed1, bits(point)))),
      info(ecKey(scalar, der(TAG.constructed1, bits(compressed)))),
      info(ecKey(scalar), V1, attributes),
      info(ecKey(scalar), V2, attributes, der(TAG.primitive1, Buffer.of(0), point)),
    ])
      assert.deepEqual(await readPrivateKey('ECC_NIST_P256', key), canonical);
  });

  it('may lack leading zeros', async () => {
    const short = hex('01');
    const expected = await readPrivateKey(
      'ECC_NIST_P256',
      info(ecKey(Buffer.concat([Buffer.alloc(31), short]))),
    );
    assert.ok(expected !== undefined);
    assert.deepEqual(await readPrivateKey('ECC_NIST_P256', info(ecKey(short))), expected);
  });

  it('are refused when the scalar is out of range', async () => {
    const order = hex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
    for (const secret of [
      hex(''),
      hex('00'),
      Buffer.alloc(32),
      order,
      Buffer.alloc(32, 0xff),
      Buffer.alloc(33, 1),
    ])
      await assertRefused('ECC_NIST_P256', info(ecKey(secret)), secret.toString('hex'));
  });

  it('are refused on the curve of SM2 when they are its order less 1, with which nothing can be signed', async () => {
    const algorithm = hex('301306072a8648ce3d020106082a811ccf5501822d');
    const sm2Key = (secret: Uint8Array) =>
      der(TAG.sequence, V1, algorithm, der(TAG.octetString, ecKey(secret)));
    const orderLess1 = hex('fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122');
    await assertRefused('SM2', sm2Key(orderLess1));
    orderLess1.writeUInt8(0x21, 31);
    assert.ok((await readPrivateKey('SM2', sm2Key(orderLess1))) !== undefined);
  });

  it('are refused with a public key of another, off the curve, or none at all', async () => {
    const other = createECDH('prime256v1').generateKeys();
    const offCurve = Buffer.concat([point.subarray(0, 64), Buffer.of((point[64] ?? 0) ^ 1)]);
    for (const wrong of [
      other,
      offCurve,
      hybrid,
      hex('00'),
      hex(''),
      Buffer.alloc(65),
      point.subarray(0, 64),
    ]) {
      await assertRefused('ECC_NIST_P256', info(ecKey(scalar, der(TAG.constructed1, bits(wrong)))));
      await assertRefused('ECC_NIST_P256', info(ecKey(scalar), V2, der(TAG.primitive1, Buffer.of(0), wrong)));
    }
    await assertRefused('ECC_NIST_P256', info(ecKey(scalar, der(TAG.constructed1))));
    const unusedBits = der(TAG.constructed1, der(TAG.bitString, Buffer.of(1), point));
    await assertRefused('ECC_NIST_P256', info(ecKey(scalar, unusedBits)));
  });

  it('are refused with anything that does not belong there', async () => {
    const otherCurve = der(TAG.constructed0, hex('06052b81040022'));
    for (const key of [
      info(ecKey(scalar, otherCurve)),
      info(ecKey(scalar, hex('0500'))),
      info(Buffer.concat([ecKey(scalar), hex('00')])),
      info(ecKey(scalar), V1, der(TAG.primitive1, Buffer.of(0), point)),
      info(ecKey(scalar), V2),
      info(ecKey(scalar), hex('020102')),
      info(ecKey(scalar), V1, hex('0500')),
      der(TAG.sequence, V1, hex('300906072a8648ce3d0201'), der(TAG.octetString, ecKey(scalar))),
    ])
      await assertRefused('ECC_NIST_P256', key);
  });
});

it('Ed25519 private keys with public key and attributes (RFC 8410 section 10.3) are taken', async () => {
  const seed = hex('d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842');
  const publicKey = hex('19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1');
  const inner = der(TAG.octetString, der(TAG.octetString, seed));
  const expected = der(TAG.sequence, V1, ED25519_ALGORITHM, inner);
  const attributes = hex('a01f301d060a2a864886f70d01090914310f0c0d437572646c6520436861697273');
  const v2 = (key: Uint8Array) =>
    der(TAG.sequence, V2, ED25519_ALGORITHM, inner, attributes, der(TAG.primitive1, Buffer.of(0), key));
  assert.deepEqual(await readPrivateKey('ECC_NIST_EDWARDS25519', v2(publicKey)), expected);
  await assertRefused('ECC_NIST_EDWARDS25519', v2(Buffer.from(publicKey).fill(0, 31)));
  for (const length of [0, 31, 33]) {
    const wrong = der(TAG.octetString, der(TAG.octetString, Buffer.alloc(length, 1)));
    await assertRefused('ECC_NIST_EDWARDS25519', der(TAG.sequence, V1, ED25519_ALGORITHM, wrong));
  }
});

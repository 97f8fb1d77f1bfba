import { createHash, type KeyObject } from 'node:crypto';

/*
 * The curve of SM2, its keys and its digests: GM/T 0003-2012. OpenSSL has the curve, but Node does not let it sign under a
 * distinguishing id, sign a digest, or encrypt.
 */

/** The recommended curve (GM/T 0003.5-2012). */
export const SM2_CURVE = {
  p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  a: 0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffcn,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  n: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  h: 1n,
  Gx: 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
  Gy: 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
};

/** Length in bytes of coordinates and private keys. */
const NUMBER_LENGTH = 32;

/** Who signs, unless the caller hashes a message under another id: the default of GM/T 0009-2012. */
const DISTINGUISHING_ID = Buffer.from('1234567812345678');

const { a, b, Gx, Gy } = SM2_CURVE;
/** What stands before the public key where a signer is hashed: the length of the id in bits, the id, and the curve. */
const SIGNER_PREFIX = Buffer.concat([
  Buffer.of(0, DISTINGUISHING_ID.length * 8),
  DISTINGUISHING_ID,
  ...[a, b, Gx, Gy].map((number) => Buffer.from(number.toString(16).padStart(2 * NUMBER_LENGTH, '0'), 'hex')),
]);

/** What stands before the number in an ECPrivateKey (RFC 5915): its version, 1, and the tag and length of the number. */
const BEFORE_PRIVATE_KEY = Buffer.from('0201010420', 'hex');

/** The point that is a public key, uncompressed: 0x04 and its coordinates. */
export function sm2PublicKey(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' }).subarray(-1 - 2 * NUMBER_LENGTH);
}

/** Works with the number that is a private key, 32 bytes, which are wiped. */
export function withSm2PrivateKey<T>(key: KeyObject, work: (number: Uint8Array) => T): T {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  try {
    const start = der.indexOf(BEFORE_PRIVATE_KEY) + BEFORE_PRIVATE_KEY.length;
    return work(der.subarray(start, start + NUMBER_LENGTH));
  } finally {
    der.fill(0);
  }
}

/** The digest of a message that SM2DSA signs: SM3(Z ‖ M), GM/T 0003.2-2012 sections 5.5 and 6.1. */
export function sm2Digest(publicKey: KeyObject, message: Uint8Array): Buffer {
  const signer = createHash('sm3').update(SIGNER_PREFIX).update(sm2PublicKey(publicKey).subarray(1)).digest();
  return createHash('sm3').update(signer).update(message).digest();
}

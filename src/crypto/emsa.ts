import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/* Encodings of a digest for RSA signatures: RFC 8017 section 9. OpenSSL's, as Node offers them, take messages only. */

export type Sha2 = 'sha256' | 'sha384' | 'sha512';

/** What stands before the digest in the DER of a DigestInfo (RFC 8017 section 9.2, note 1). */
const DIGEST_INFO_PREFIXES: Readonly<Record<Sha2, Buffer>> = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
};

const TRAILER = 0xbc;

/**
 * EMSA-PKCS1-v1_5 of a digest (RFC 8017 section 9.2).
 *
 * @param length of the modulus, and of the encoding, in bytes
 */
export function encodePkcs1(algorithm: Sha2, digest: Uint8Array, length: number): Buffer {
  const digestInfo = Buffer.concat([DIGEST_INFO_PREFIXES[algorithm], digest]);
  const padding = Buffer.alloc(length - 3 - digestInfo.length, 0xff);
  return Buffer.concat([Buffer.of(0x00, 0x01), padding, Buffer.of(0x00), digestInfo]);
}

/**
 * EMSA-PSS of a digest with a random salt as long as the digest, and MGF1 with the same hash (RFC 8017 section 9.1.1).
 *
 * @param length of the modulus, and of the encoding, in bytes; the modulus has 8 times as many bits
 */
export function encodePss(algorithm: Sha2, digest: Uint8Array, length: number): Buffer {
  const salt = randomBytes(digest.length);
  const seed = hashPss(algorithm, digest, salt);
  const dataBlock = Buffer.alloc(length - seed.length - 1);
  dataBlock.writeUInt8(0x01, dataBlock.length - salt.length - 1);
  salt.copy(dataBlock, dataBlock.length - salt.length);
  unmask(algorithm, seed, dataBlock);
  return Buffer.concat([dataBlock, seed, Buffer.of(TRAILER)]);
}

/** Whether an encoding is one that `encodePss` could have made of a digest: EMSA-PSS-VERIFY, RFC 8017 section 9.1.2. */
export function verifyPss(algorithm: Sha2, digest: Uint8Array, encoded: Buffer): boolean {
  const dataBlock = Buffer.from(encoded.subarray(0, -digest.length - 1));
  const seed = encoded.subarray(dataBlock.length, -1);
  const isTooLong = (encoded.at(0) ?? 0) >= 0x80;
  if (encoded.at(-1) !== TRAILER || isTooLong) return false;
  unmask(algorithm, seed, dataBlock);
  const salt = dataBlock.subarray(-digest.length);
  const padding = dataBlock.subarray(0, -digest.length);
  const isPadded = padding.every((byte, index) => byte === (index === padding.length - 1 ? 0x01 : 0x00));
  return isPadded && timingSafeEqual(seed, hashPss(algorithm, digest, salt));
}

/** The hash of eight zeros, a digest and its salt. */
function hashPss(algorithm: Sha2, digest: Uint8Array, salt: Uint8Array): Buffer {
  return hash(algorithm, Buffer.concat([Buffer.alloc(8), digest, salt]), 'buffer');
}

/** Adds MGF1 of a seed (RFC 8017 appendix B.2.1) to a data block in place, and clears its first bit. */
function unmask(algorithm: Sha2, seed: Uint8Array, dataBlock: Buffer): void {
  const counter = Buffer.alloc(4);
  for (let at = 0, block = 0; at < dataBlock.length; at += seed.length, block += 1) {
    counter.writeUInt32BE(block);
    const mask = hash(algorithm, Buffer.concat([seed, counter]), 'buffer');
    for (const [index, byte] of mask.subarray(0, dataBlock.length - at).entries())
      dataBlock.writeUInt8(dataBlock.readUInt8(at + index) ^ byte, at + index);
  }
  dataBlock.writeUInt8(dataBlock.readUInt8(0) & 0x7f, 0);
}

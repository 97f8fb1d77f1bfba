import { hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import { ecdh } from '@noble/curves/abstract/weierstrass.js';
import { derParts, readSequence, readUnsigned, TAG } from './der.ts';
import { sm2PublicKey, withSm2PrivateKey } from './sm2.ts';
import { Sm2Point } from './sm2-point.ts';

const { getPublicKey, getSharedSecret, utils } = ecdh(Sm2Point);

/** Lengths in bytes of a coordinate and of a hash by SM3. */
const COORDINATE_LENGTH = 32;
const HASH_LENGTH = 32;

/** The x coordinate of the point that both sides of a key agreement come to, 32 bytes. */
export function sm2SharedSecret(privateKey: KeyObject, peerKey: KeyObject): Uint8Array {
  return withSm2PrivateKey(privateKey, (number) =>
    getSharedSecret(number, sm2PublicKey(peerKey), true).slice(1),
  );
}

/**
 * Encrypts with the public key: GM/T 0003.4-2012 section 6.1.
 *
 * @param plaintext of at least one byte
 * @returns DER of the point, the hash and the ciphertext (C1, C3, C2; GM/T 0009-2012 section 7.2)
 */
export function sm2Encrypt(publicKey: KeyObject, plaintext: Uint8Array): Uint8Array {
  for (;;) {
    const ephemeral = utils.randomSecretKey();
    const shared = coordinates(getSharedSecret(ephemeral, sm2PublicKey(publicKey), false));
    const { x, y } = Sm2Point.fromBytes(getPublicKey(ephemeral, false)).toAffine();
    ephemeral.fill(0);
    const mask = deriveMask(shared, plaintext.length);
    if (isZero(mask)) continue;
    return encode(x, y, hashOf(shared, plaintext), xor(plaintext, mask));
  }
}

/**
 * Decrypts with the private key: GM/T 0003.4-2012 section 7.1.
 *
 * @returns `undefined`, whatever is wrong with the ciphertext
 */
export function sm2Decrypt(privateKey: KeyObject, ciphertext: Uint8Array): Uint8Array | undefined {
  try {
    const decoded = decode(Buffer.from(ciphertext));
    if (decoded === undefined) return undefined;
    const { point, plaintextHash, masked } = decoded;
    const shared = withSm2PrivateKey(privateKey, (number) =>
      coordinates(getSharedSecret(number, point, false)),
    );
    const mask = deriveMask(shared, masked.length);
    const plaintext = xor(masked, mask);
    const isAuthentic = timingSafeEqual(hashOf(shared, plaintext), plaintextHash);
    return isAuthentic && !isZero(mask) ? plaintext : undefined;
  } catch {
    return undefined;
  }
}

/** Both coordinates of an uncompressed point. */
function coordinates(point: Uint8Array): Uint8Array {
  return point.subarray(1);
}

/** The key derivation function of GM/T 0003.4-2012 section 5.4.3. */
function deriveMask(shared: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  const counter = Buffer.alloc(4);
  for (let block = 1; (block - 1) * HASH_LENGTH < length; block += 1) {
    counter.writeUInt32BE(block);
    blocks.push(hash('sm3', Buffer.concat([shared, counter]), 'buffer'));
  }
  return Buffer.concat(blocks).subarray(0, length);
}

/** What shows that a plaintext is the one that was encrypted: SM3 of it between the two coordinates. */
function hashOf(shared: Uint8Array, plaintext: Uint8Array): Buffer {
  const [x, y] = [shared.subarray(0, COORDINATE_LENGTH), shared.subarray(COORDINATE_LENGTH)];
  return hash('sm3', Buffer.concat([x, plaintext, y]), 'buffer');
}

function xor(bytes: Uint8Array, mask: Uint8Array): Uint8Array {
  return bytes.map((byte, at) => byte ^ (mask[at] ?? 0));
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function encode(x: bigint, y: bigint, plaintextHash: Uint8Array, masked: Uint8Array): Buffer {
  const parts = derParts(TAG.sequence, [
    ...derParts(TAG.integer, [unsigned(x)]),
    ...derParts(TAG.integer, [unsigned(y)]),
    ...derParts(TAG.octetString, [plaintextHash]),
    ...derParts(TAG.octetString, [masked]),
  ]);
  return Buffer.concat(parts);
}

/** The content of an INTEGER, as short as can be. */
function unsigned(number: bigint): Buffer {
  const digits = number.toString(16);
  const bytes = Buffer.from(digits.padStart(2 * Math.ceil(digits.length / 2), '0'), 'hex');
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
}

interface Sm2Ciphertext {
  /** Uncompressed, and on the curve. */
  readonly point: Uint8Array;
  readonly plaintextHash: Buffer;
  readonly masked: Buffer;
}

/**
 * @returns `undefined` when it is not DER of the four members
 * @throws Error when the point is not on the curve
 */
function decode(ciphertext: Buffer): Sm2Ciphertext | undefined {
  const [x, y, plaintextHash, masked, ...others] = readSequence(ciphertext) ?? [];
  const [xBytes, yBytes] = [readUnsigned(x), readUnsigned(y)];
  if (xBytes === undefined || yBytes === undefined || others.length > 0) return undefined;
  if (plaintextHash?.tag !== TAG.octetString || masked?.tag !== TAG.octetString) return undefined;
  const point = Sm2Point.fromAffine({ x: numberOf(xBytes), y: numberOf(yBytes) });
  point.assertValidity();
  return { point: point.toBytes(false), plaintextHash: plaintextHash.content, masked: masked.content };
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

import { constants, publicEncrypt, subtle } from 'node:crypto';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import type { KeyPair } from './key-pair.ts';

/** RSAES-OAEP (RFC 8017 section 7.1): MGF1 with the same hash, the label empty. */
export type OaepAlgorithm = 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256';

interface OaepHash {
  /** As WebCrypto calls it. */
  readonly name: string;
  /** As OpenSSL calls it. */
  readonly digest: string;
  /** In bytes. */
  readonly length: number;
}

const HASHES: Readonly<Record<OaepAlgorithm, OaepHash>> = {
  RSAES_OAEP_SHA_1: { name: 'SHA-1', digest: 'sha1', length: 20 },
  RSAES_OAEP_SHA_256: { name: 'SHA-256', digest: 'sha256', length: 32 },
};

/** A flood of decryptions leaves threads and cores to everything else. */
const DECRYPTION = new ConcurrencyLimit(2, 512);

/** The length of ciphertexts of an RSA key in bytes. */
function modulusBytes({ publicKey }: KeyPair): number {
  return (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
}

/** How many bytes an RSA key can encrypt at once. */
export function mostOaepBytes(pair: KeyPair, algorithm: OaepAlgorithm): number {
  return modulusBytes(pair) - 2 * HASHES[algorithm].length - 2;
}

/**
 * Encrypts with the public key, which takes less than 0.2 ms.
 *
 * @param plaintext of at most `mostOaepBytes`
 * @returns as many bytes as the modulus has
 */
export function encryptOaep({ publicKey }: KeyPair, algorithm: OaepAlgorithm, plaintext: Uint8Array): Buffer {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return publicEncrypt({ key: publicKey, padding, oaepHash: HASHES[algorithm].digest }, plaintext);
}

/**
 * Decrypts with the private key, on the thread pool: by WebCrypto, for `privateDecrypt` would hold up everything else for
 * some milliseconds.
 *
 * @returns the plaintext, the caller's to wipe; `undefined`, whatever is wrong with the ciphertext
 * @throws ServiceError `ThrottlingException` when too many decryptions are waited for
 */
export async function decryptOaep(
  pair: KeyPair,
  algorithm: OaepAlgorithm,
  ciphertext: Uint8Array,
): Promise<Buffer | undefined> {
  // OpenSSL would also take ciphertexts without the zeros that they begin with.
  if (ciphertext.length !== modulusBytes(pair)) return undefined;
  const { name: hash } = HASHES[algorithm];
  const key = pair.privateKey.toCryptoKey({ name: 'RSA-OAEP', hash }, false, ['decrypt']);
  const decrypt = () => subtle.decrypt({ name: 'RSA-OAEP' }, key, new Uint8Array(ciphertext));
  const plaintext = await DECRYPTION.run(() => decrypt().catch(() => undefined));
  return plaintext && Buffer.from(plaintext);
}

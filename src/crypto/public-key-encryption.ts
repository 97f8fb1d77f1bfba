import type { KeyPair } from './key-pair.ts';
import type { EncryptionAlgorithm } from './key-specs.ts';
import { decryptOaep, encryptOaep, mostOaepBytes } from './rsa-oaep.ts';
import { runInWorkerThread } from './worker-thread.ts';

export type PublicKeyEncryptionAlgorithm = Exclude<EncryptionAlgorithm, 'SYMMETRIC_DEFAULT'>;

/** crypto.md section 2. */
const MOST_SM2_BYTES = 1024;

/** How many bytes a key can encrypt at once. */
export function mostPlaintextBytes(pair: KeyPair, algorithm: PublicKeyEncryptionAlgorithm): number {
  return algorithm === 'SM2PKE' ? MOST_SM2_BYTES : mostOaepBytes(pair, algorithm);
}

/**
 * Encrypts with the public key. What takes long is done on another thread.
 *
 * @param algorithm one that the key spec has
 * @param plaintext of at most `mostPlaintextBytes`
 * @returns RSAES-OAEP: as many bytes as the modulus has; SM2PKE: DER of C1, C3 and C2 (GM/T 0009-2012)
 * @throws ServiceError `ThrottlingException` when too much is waiting for that thread
 */
export async function encryptWithPublicKey(
  pair: KeyPair,
  algorithm: PublicKeyEncryptionAlgorithm,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  if (algorithm !== 'SM2PKE') return encryptOaep(pair, algorithm, plaintext);
  return runInWorkerThread('sm2Encrypt', pair.publicKey, plaintext);
}

/**
 * Decrypts with the private key, on another thread.
 *
 * @param algorithm one that the key spec has
 * @returns the plaintext, the caller's to wipe; `undefined`, whatever is wrong with the ciphertext
 * @throws ServiceError `ThrottlingException` when too much is waiting for that thread
 */
export async function decryptWithPrivateKey(
  pair: KeyPair,
  algorithm: PublicKeyEncryptionAlgorithm,
  ciphertext: Uint8Array,
): Promise<Buffer | undefined> {
  if (algorithm !== 'SM2PKE') return decryptOaep(pair, algorithm, ciphertext);
  const plaintext = await runInWorkerThread('sm2Decrypt', pair.privateKey, ciphertext);
  return plaintext && Buffer.from(plaintext.buffer, plaintext.byteOffset, plaintext.length);
}

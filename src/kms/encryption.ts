import {
  decryptWithPrivateKey,
  type EncryptionAlgorithm,
  type EncryptionContext,
  encryptWithPublicKey,
  KeyPair,
  mostPlaintextBytes,
  parseCiphertext,
  SymmetricKeyMaterial,
} from '../crypto/index.ts';
import { currentMaterialOf, type KeyEntry } from './key-entry.ts';
import { incorrectKey, invalidCiphertext, plaintextTooLong } from './refusals.ts';

/**
 * Refuses a plaintext that is longer than a key can encrypt at once.
 *
 * @param algorithm one that the key has
 * @throws ServiceError `ValidationException`
 */
export function requirePlaintextLength(
  key: KeyEntry,
  algorithm: EncryptionAlgorithm,
  plaintext: Uint8Array,
): void {
  if (algorithm === 'SYMMETRIC_DEFAULT') return;
  const most = mostPlaintextBytes(currentMaterialOf(key, KeyPair), algorithm);
  if (plaintext.length > most) throw plaintextTooLong(algorithm, key.keySpec, most);
}

/**
 * Encrypts under a key: at once under a symmetric one, else without keeping other requests waiting.
 *
 * @param algorithm one that the key has
 * @param context for a symmetric key only
 * @throws ServiceError `ValidationException` when the plaintext is too long
 */
export function encryptUnder(
  key: KeyEntry,
  algorithm: EncryptionAlgorithm,
  plaintext: Uint8Array,
  context: EncryptionContext | undefined,
): Uint8Array | Promise<Uint8Array> {
  if (algorithm === 'SYMMETRIC_DEFAULT')
    return currentMaterialOf(key, SymmetricKeyMaterial).encrypt(plaintext, context);
  requirePlaintextLength(key, algorithm, plaintext);
  return encryptWithPublicKey(currentMaterialOf(key, KeyPair), algorithm, plaintext);
}

export interface Decryption {
  /** The caller's to wipe. */
  readonly plaintext: Buffer;
  /** The id of the material that decrypted, of a symmetric key. */
  readonly keyMaterialId: string | undefined;
}

/**
 * Decrypts with the key that a request named or a ciphertext names: at once with a symmetric one, else without keeping
 * other requests waiting.
 *
 * @param algorithm one that the key has
 * @param context for a symmetric key only
 * @throws ServiceError `InvalidCiphertextException` when the ciphertext was not made by QKMS, was altered, or belongs to
 * another encryption context; `IncorrectKeyException` when another key made it
 */
export function decryptWith(
  key: KeyEntry,
  algorithm: EncryptionAlgorithm,
  ciphertext: Uint8Array,
  context: EncryptionContext | undefined,
): Decryption | Promise<Decryption> {
  if (algorithm === 'SYMMETRIC_DEFAULT') return open(key, ciphertext, context);
  return decryptWithPrivateKey(currentMaterialOf(key, KeyPair), algorithm, ciphertext).then((plaintext) => {
    if (plaintext === undefined) throw invalidCiphertext();
    return { plaintext, keyMaterialId: undefined };
  });
}

function open(key: KeyEntry, blob: Uint8Array, context: EncryptionContext | undefined): Decryption {
  const parsed = parseCiphertext(blob);
  if (parsed === undefined) throw invalidCiphertext();
  if (parsed.keyId !== key.record.keyId) throw incorrectKey();
  const material = key.materials.get(parsed.keyMaterialId);
  if (!(material instanceof SymmetricKeyMaterial)) throw invalidCiphertext();
  const plaintext = material.decrypt(parsed, context);
  if (plaintext === undefined) throw invalidCiphertext();
  return { plaintext, keyMaterialId: parsed.keyMaterialId };
}

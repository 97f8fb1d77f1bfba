import { type EncryptionAlgorithm, type EncryptionContext, parseCiphertext } from '../crypto/index.ts';
import { incorrectKey, invalidCiphertext, type KeyEntry } from '../kms/index.ts';
import { requireAlgorithm, SYMMETRIC_DEFAULT } from './common.ts';
import {
  ciphertextMissing,
  contextUnsupported,
  ignoreCiphertextNeedsDryRun,
  keyMissing,
} from './refusals.ts';

/** The ciphertext may be absent only from a dry run that says so and names a key instead. */
export function requireCiphertext(
  input: {
    readonly CiphertextBlob?: Uint8Array | undefined;
    readonly DryRun?: boolean | undefined;
    readonly DryRunModifiers?: readonly string[] | undefined;
  },
  keyMember: string,
  keyId: string | undefined,
): void {
  if (input.DryRunModifiers?.includes('IGNORE_CIPHERTEXT') !== true) {
    if (input.CiphertextBlob === undefined) throw ciphertextMissing();
    return;
  }
  if (input.DryRun !== true || input.CiphertextBlob !== undefined) throw ignoreCiphertextNeedsDryRun();
  if (keyId === undefined) throw keyMissing(keyMember);
}

/**
 * Refuses an algorithm that a key does not work with, and an encryption context that it would not authenticate.
 *
 * @throws ServiceError `InvalidKeyUsageException` or `ValidationException`
 */
export function requireEncryption(
  key: KeyEntry,
  algorithm: EncryptionAlgorithm,
  context: EncryptionContext | undefined,
): void {
  requireAlgorithm(key, algorithm);
  if (algorithm === SYMMETRIC_DEFAULT || context === undefined) return;
  if (Object.keys(context).length > 0) throw contextUnsupported();
}

/**
 * As `requireEncryption`, for decryption. A ciphertext that is to be symmetric is looked at before the key is that is to
 * decrypt it (errors.md section 2).
 *
 * @throws ServiceError `InvalidCiphertextException` or `IncorrectKeyException`, too
 */
export function requireDecryption(
  key: KeyEntry,
  algorithm: EncryptionAlgorithm,
  context: EncryptionContext | undefined,
  ciphertext: Uint8Array | undefined,
): void {
  const isOfOtherKey = algorithm === SYMMETRIC_DEFAULT && key.keySpec !== SYMMETRIC_DEFAULT;
  if (isOfOtherKey && ciphertext !== undefined)
    throw parseCiphertext(ciphertext) === undefined ? invalidCiphertext() : incorrectKey();
  requireEncryption(key, algorithm, context);
}

import { createCipheriv, createDecipheriv } from 'node:crypto';

/** Bytes of the authentication tag; shorter tags are never made nor accepted. */
export const TAG_LENGTH = 16;

const DECIPHER_OPTIONS = { authTagLength: TAG_LENGTH } as const;

/**
 * Encrypts with AES-256-GCM (NIST SP 800-38D) and returns `ciphertext || tag`. `key` is 32 bytes and may be
 * wiped when the call returns; `nonce` is 12 bytes that were never used under this key.
 */
export function sealAes256Gcm(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  additionalData: Uint8Array,
): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(additionalData);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([ciphertext, cipher.getAuthTag()]);
}

/**
 * Decrypts `sealed` (`ciphertext || tag`) with AES-256-GCM. Returns the plaintext, which is the caller's to
 * wipe, or `undefined` when key, nonce, ciphertext, tag and additional data do not belong together.
 */
export function openAes256Gcm(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  additionalData: Uint8Array,
): Buffer | undefined {
  const plaintextLength = sealed.length - TAG_LENGTH;
  if (plaintextLength < 0) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, DECIPHER_OPTIONS);
  decipher.setAAD(additionalData);
  decipher.setAuthTag(sealed.subarray(plaintextLength));
  const plaintext = decipher.update(sealed.subarray(0, plaintextLength));
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    return undefined;
  }
  return plaintext;
}

import { hkdfSha256 } from '../crypto/index.ts';

/** Bytes of the root key, and of every key derived from it. */
export const KEY_LENGTH = 32;

/**
 * What keys are derived for: a closed list, one key each, so that nothing made for one purpose means anything
 * for another. A label is part of what is stored and never changes or gets a second use.
 *
 * - `wrap-key-material`: wraps the material of KMS keys (XAES-256-GCM).
 * - `wrap-secrets`: wraps other secrets that the service must be able to read, such as secret access keys
 *   (XAES-256-GCM).
 * - `authenticate-records`: authenticates rows of the store (HMAC-SHA256).
 * - `seal-markers`: encrypts pagination markers (XAES-256-GCM).
 * - `seal-grant-tokens`: encrypts grant tokens (XAES-256-GCM).
 * - `seal-session-tokens`: encrypts the tokens of temporary credentials (XAES-256-GCM).
 * - `seal-import-tokens`: encrypts import tokens (XAES-256-GCM).
 * - `identify-key-material`: names key material without telling anything of it (HMAC-SHA256).
 * - `identify-root-key`: becomes the public id of the root key itself; it keeps nothing secret.
 */
export type Purpose =
  | 'wrap-key-material'
  | 'wrap-secrets'
  | 'authenticate-records'
  | 'seal-markers'
  | 'seal-grant-tokens'
  | 'seal-session-tokens'
  | 'seal-import-tokens'
  | 'identify-key-material'
  | 'identify-root-key';

/**
 * The 256-bit key for one purpose: HKDF-SHA256 (RFC 5869) of the 256-bit root key, with the store's id as salt
 * and `qkms/v1/<purpose>` as info. The caller wipes it.
 */
export function deriveKey(rootKey: Uint8Array, storeId: string, purpose: Purpose): Buffer {
  return hkdfSha256(rootKey, Buffer.from(storeId), Buffer.from(`qkms/v1/${purpose}`), KEY_LENGTH);
}

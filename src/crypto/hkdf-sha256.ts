import { hkdfSync } from 'node:crypto';

/**
 * HKDF with SHA-256 (RFC 5869), extract and expand: `length` bytes, at most 8160, from `inputKey`, bound to
 * `salt` and `info`. The result is the caller's to wipe.
 */
export function hkdfSha256(inputKey: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', inputKey, salt, info, length));
}

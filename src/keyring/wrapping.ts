import { encodeLengthPrefixed, NONCE_LENGTH, type NonceSource, type XaesKey } from '../crypto/index.ts';

/*
 * A wrapped value, version 1: version (1) | nonce (24) | XAES-256-GCM ciphertext (n) | tag (16).
 * Additional data: the version byte, then the identity, each part length-prefixed.
 */
const VERSION = Buffer.of(1);
const NONCE_OFFSET = VERSION.length;
const SEALED_OFFSET = NONCE_OFFSET + NONCE_LENGTH;

/** Encrypts `plaintext` under `key` and binds it to `identity`: what it is, where it belongs. */
export function wrapUnder(
  key: XaesKey,
  nonces: NonceSource,
  plaintext: Uint8Array,
  identity: readonly string[],
): Buffer {
  const nonce = nonces.take();
  return Buffer.concat([VERSION, nonce, key.seal(nonce, plaintext, additionalData(identity))]);
}

/** The plaintext, which is the caller's to wipe, or `undefined` when `wrapped` is not authentic for `identity`. */
export function unwrapUnder(
  key: XaesKey,
  wrapped: Uint8Array,
  identity: readonly string[],
): Buffer | undefined {
  if (wrapped.length < SEALED_OFFSET || wrapped[0] !== VERSION[0]) return undefined;
  const nonce = wrapped.subarray(NONCE_OFFSET, SEALED_OFFSET);
  return key.open(nonce, wrapped.subarray(SEALED_OFFSET), additionalData(identity));
}

function additionalData(identity: readonly string[]): Buffer {
  return Buffer.concat([VERSION, encodeLengthPrefixed(identity)]);
}

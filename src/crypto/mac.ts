import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { MacAlgorithm } from './key-specs.ts';

const DIGESTS: Readonly<Record<MacAlgorithm, string>> = {
  HMAC_SHA_224: 'sha224',
  HMAC_SHA_256: 'sha256',
  HMAC_SHA_384: 'sha384',
  HMAC_SHA_512: 'sha512',
};

/** The material of an HMAC key, ready for use. */
export class HmacKeyMaterial {
  readonly key: KeyObject;

  /** @param secret may be wiped afterwards */
  constructor(secret: Uint8Array) {
    this.key = createSecretKey(secret);
  }
}

/** The HMAC of a message (FIPS 198-1) in full length: 28, 32, 48 or 64 bytes. */
export function generateMac({ key }: HmacKeyMaterial, algorithm: MacAlgorithm, message: Uint8Array): Buffer {
  return createHmac(DIGESTS[algorithm], key).update(message).digest();
}

/** Whether a MAC is the one that was computed, in a time that does not tell where they differ. */
export function macsEqual(computed: Uint8Array, given: Uint8Array): boolean {
  return computed.length === given.length && timingSafeEqual(computed, given);
}

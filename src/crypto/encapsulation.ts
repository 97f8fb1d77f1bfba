import * as openssl from 'node:crypto';
import type { KeyPair, KeyPairSpec } from './key-pair.ts';

/** Lengths in bytes of a ciphertext (FIPS 203, table 3). */
const CIPHERTEXT_LENGTHS: Partial<Readonly<Record<KeyPairSpec, number>>> = {
  ML_KEM_512: 768,
  ML_KEM_768: 1088,
  ML_KEM_1024: 1568,
};

/** A shared secret, and what lets the owner of the private key have it, too. */
export interface Encapsulation {
  /** 32 bytes. */
  readonly sharedSecret: Buffer;
  readonly ciphertext: Buffer;
}

/** ML-KEM.Encaps (FIPS 203 section 7.2), on the thread pool. */
export async function encapsulate({ publicKey }: KeyPair): Promise<Encapsulation> {
  const { promise, resolve, reject } = Promise.withResolvers<Encapsulation>();
  openssl.encapsulate(publicKey, (error: Error | null, result) =>
    error === null
      ? resolve({ sharedSecret: result.sharedKey, ciphertext: result.ciphertext })
      : reject(error),
  );
  return promise;
}

/**
 * ML-KEM.Decaps (FIPS 203 section 7.3), on the thread pool. A ciphertext that was altered, or is for another key, gives
 * another secret, which nobody can foresee (implicit rejection).
 *
 * @returns 32 bytes; `undefined` when the ciphertext has not the length that goes with the key
 */
export async function decapsulate(
  { keySpec, privateKey }: KeyPair,
  ciphertext: Uint8Array,
): Promise<Buffer | undefined> {
  if (ciphertext.length !== CIPHERTEXT_LENGTHS[keySpec]) return undefined;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  openssl.decapsulate(privateKey, ciphertext, (error: Error | null, sharedSecret) =>
    error === null ? resolve(sharedSecret) : reject(error),
  );
  return promise;
}

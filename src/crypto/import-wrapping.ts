import { createDecipheriv } from 'node:crypto';
import type { KeyPair } from './key-pair.ts';
import { factsOf, type KeySpec } from './key-specs.ts';
import { decryptWithPrivateKey, type PublicKeyEncryptionAlgorithm } from './public-key-encryption.ts';

/* How key material is encrypted on its way here. Source: crypto.md section 9. */

export const WRAPPING_KEY_SPECS = ['RSA_2048', 'RSA_3072', 'RSA_4096', 'SM2'] as const;
export type WrappingKeySpec = (typeof WRAPPING_KEY_SPECS)[number];

export const WRAPPING_ALGORITHMS = [
  'RSAES_PKCS1_V1_5',
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'RSA_AES_KEY_WRAP_SHA_1',
  'RSA_AES_KEY_WRAP_SHA_256',
  'SM2PKE',
] as const;
export type WrappingAlgorithm = (typeof WRAPPING_ALGORITHMS)[number];

/** With what the wrapping key encrypts, be it the key material or an AES key. */
const ENCRYPTIONS: Readonly<Partial<Record<WrappingAlgorithm, PublicKeyEncryptionAlgorithm>>> = {
  RSAES_OAEP_SHA_1: 'RSAES_OAEP_SHA_1',
  RSAES_OAEP_SHA_256: 'RSAES_OAEP_SHA_256',
  RSA_AES_KEY_WRAP_SHA_1: 'RSAES_OAEP_SHA_1',
  RSA_AES_KEY_WRAP_SHA_256: 'RSAES_OAEP_SHA_256',
  SM2PKE: 'SM2PKE',
};

/** The algorithms that wrap the key material under an AES key, and only that under the wrapping key. */
const AES_KEY_WRAP: readonly WrappingAlgorithm[] = ['RSA_AES_KEY_WRAP_SHA_1', 'RSA_AES_KEY_WRAP_SHA_256'];

/** The alternative initial value of RFC 5649. */
const KWP_INITIAL_VALUE = Buffer.from('a65959a6', 'hex');
const AES_256_KEY_LENGTH = 32;
/** Eight bytes of key material at most, and as many that check them. */
const SHORTEST_WRAPPED = 16;

/** How key material is wrapped. */
export interface Wrapping {
  readonly algorithm: WrappingAlgorithm;
  readonly keySpec: WrappingKeySpec;
}

/** Whether key material of a spec can be wrapped that way. */
export function canWrap({ algorithm, keySpec: wrappingKeySpec }: Wrapping, keySpec: KeySpec): boolean {
  const isKnown = ENCRYPTIONS[algorithm] !== undefined;
  if (!isKnown || (algorithm === 'SM2PKE') !== (wrappingKeySpec === 'SM2')) return false;
  if (AES_KEY_WRAP.includes(algorithm)) return factsOf(keySpec).type === 'asymmetric';
  const isTooLong = keySpec === 'ECC_NIST_P521' && wrappingKeySpec === 'RSA_2048';
  return !keySpec.startsWith('RSA_') && !isTooLong;
}

/**
 * Decrypts wrapped key material, on another thread.
 *
 * - `RSAES_OAEP_*`, `SM2PKE`: the key material, encrypted.
 * - `RSA_AES_KEY_WRAP_*`: a 256-bit AES key, encrypted with RSAES-OAEP, and behind it the key material in AES key wrap with
 *   padding (RFC 5649) under that key.
 *
 * @param wrappingKey of the kind for which `canWrap` says that there is a way
 * @returns the key material, the caller's to wipe; `undefined`, whatever is wrong with it
 * @throws ServiceError `ThrottlingException` when too much is waiting for that thread
 */
export async function unwrapKeyMaterial(
  wrappingKey: KeyPair,
  algorithm: WrappingAlgorithm,
  wrapped: Buffer,
): Promise<Buffer | undefined> {
  const encryption = ENCRYPTIONS[algorithm];
  if (encryption === undefined) return undefined;
  if (!AES_KEY_WRAP.includes(algorithm)) return decryptWithPrivateKey(wrappingKey, encryption, wrapped);
  const modulusBytes = (wrappingKey.privateKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  const wrappedKey = wrapped.subarray(0, modulusBytes);
  const aesKey = await decryptWithPrivateKey(wrappingKey, encryption, wrappedKey);
  try {
    return aesKey && unwrapUnderAesKey(aesKey, wrapped.subarray(modulusBytes));
  } finally {
    aesKey?.fill(0);
  }
}

function unwrapUnderAesKey(aesKey: Buffer, wrapped: Buffer): Buffer | undefined {
  if (aesKey.length !== AES_256_KEY_LENGTH || wrapped.length < SHORTEST_WRAPPED) return undefined;
  try {
    return createDecipheriv('id-aes256-wrap-pad', aesKey, KWP_INITIAL_VALUE).update(wrapped);
  } catch {
    return undefined;
  }
}

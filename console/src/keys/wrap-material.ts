import type { InputOf } from '../api/call.ts';
import { decode, encode } from '../reference/form/bytes.ts';

/** How key material is wrapped, as GetParametersForImport is asked for it. */
export type Wrapping = Pick<InputOf<'GetParametersForImport'>, 'WrappingAlgorithm' | 'WrappingKeySpec'>;

const UNDER_RSA: Wrapping = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_4096' };
const UNDER_AES: Wrapping = { WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256', WrappingKeySpec: 'RSA_4096' };

/** Whether key material is a secret, and not a private key. */
export function isSecret(keySpec: string): boolean {
  return /^(?:SYMMETRIC_DEFAULT|HMAC)/.test(keySpec);
}

/** How the key material of a kind of key is wrapped. */
export function wrappingFor(keySpec: string): Wrapping {
  return isSecret(keySpec) ? UNDER_RSA : UNDER_AES;
}

/** Whether this page can wrap: browsers offer cryptography to pages of HTTPS and of loopback addresses alone. */
export function canWrap(): boolean {
  return window.isSecureContext;
}

/**
 * Wraps key material under a public key, as `wrappingFor` its kind says.
 *
 * @param publicKey DER (SubjectPublicKeyInfo), in base64
 * @param material wiped when it is done
 * @returns in base64
 */
export async function wrapMaterial(
  publicKey: string,
  keySpec: string,
  material: Uint8Array<ArrayBuffer>,
): Promise<string> {
  try {
    const wrap = isSecret(keySpec) ? encryptUnder : wrapUnderAesKey;
    return encode(await wrap(publicKey, material));
  } finally {
    material.fill(0);
  }
}

/** RSAES-OAEP with SHA-256 and MGF1 with SHA-256 (RFC 8017, section 7.1). */
async function encryptUnder(publicKey: string, plaintext: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('spki', decode(publicKey), algorithm, false, ['encrypt']);
  return new Uint8Array(await crypto.subtle.encrypt(algorithm, key, plaintext));
}

/**
 * A new 256-bit AES key under the public key, and behind it the material in AES key wrap with padding (RFC 5649) under
 * that AES key. Web Cryptography has AES key wrap only without padding.
 */
async function wrapUnderAesKey(publicKey: string, material: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const { aeskwp } = await import('@noble/ciphers/aes.js');
  const aesKey = crypto.getRandomValues(new Uint8Array(32));
  try {
    const wrapped = aeskwp(aesKey).encrypt(material);
    const wrappedKey = await encryptUnder(publicKey, aesKey);
    return new Uint8Array([...wrappedKey, ...wrapped]);
  } finally {
    aesKey.fill(0);
  }
}

import { randomBytes } from 'node:crypto';
import { type CiphertextHeader, SymmetricKeyMaterial } from './ciphertext.ts';
import { generatePair, type KeyPair, loadPair } from './key-pair.ts';
import type { KeySpec } from './key-specs.ts';
import { HmacKeyMaterial } from './mac.ts';
import { readPrivateKey } from './private-key-info.ts';

/** Lengths in bytes of key material that is a secret of random bytes (crypto.md sections 4 and 9). */
export const SECRET_LENGTHS = {
  SYMMETRIC_DEFAULT: 32,
  HMAC_224: 28,
  HMAC_256: 32,
  HMAC_384: 48,
  HMAC_512: 64,
} as const satisfies Partial<Record<KeySpec, number>>;

type SecretSpec = keyof typeof SECRET_LENGTHS;

function isSecret(keySpec: KeySpec): keySpec is SecretSpec {
  return Object.hasOwn(SECRET_LENGTHS, keySpec);
}

/** The material of a key of any spec, ready for use. */
export type KeyMaterial = SymmetricKeyMaterial | HmacKeyMaterial | KeyPair;

/**
 * Generates key material as it is stored: random bytes, or a private key as DER PrivateKeyInfo (PKCS #8).
 *
 * @returns the plaintext material; the caller wipes it
 */
export async function generateKeyMaterial(keySpec: KeySpec): Promise<Buffer> {
  if (isSecret(keySpec)) return randomBytes(SECRET_LENGTHS[keySpec]);
  return (await generatePair(keySpec)).exportPrivateKey();
}

/**
 * Makes stored key material ready for use.
 *
 * @param material as `generateKeyMaterial` returned it; the caller may wipe it afterwards
 */
export function loadKeyMaterial(keySpec: KeySpec, header: CiphertextHeader, material: Buffer): KeyMaterial {
  if (keySpec === 'SYMMETRIC_DEFAULT') return new SymmetricKeyMaterial(header, material);
  return isSecret(keySpec) ? new HmacKeyMaterial(material) : loadPair(keySpec, material);
}

/**
 * Checks key material that was made elsewhere: a secret of the right length, or a private key as `readPrivateKey` wants it.
 *
 * @param material is the caller's to wipe
 * @returns the material as `generateKeyMaterial` would return it, also the caller's to wipe; `undefined` when it is not
 * material of a key of this spec
 */
export async function readKeyMaterial(keySpec: KeySpec, material: Buffer): Promise<Buffer | undefined> {
  if (!isSecret(keySpec)) return readPrivateKey(keySpec, material);
  return material.length === SECRET_LENGTHS[keySpec] ? Buffer.from(material) : undefined;
}

/** What `readKeyMaterial` accepts, in words. */
export function describeKeyMaterial(keySpec: KeySpec): string {
  return isSecret(keySpec)
    ? `${SECRET_LENGTHS[keySpec]} bytes`
    : 'a private key of exactly that kind, unencrypted, in PKCS #8 and DER';
}

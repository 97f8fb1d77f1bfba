/**
 * Algorithms and formats, and nothing else: this room knows keys as bytes, and ids as text that a ciphertext
 * carries. It stores nothing, asks no clock, and decides nothing about who may do what.
 *
 * Symmetric encryption is one handle per key material, made when a key is loaded and kept with it:
 *
 * ```ts
 * const material = new SymmetricKeyMaterial({ keyId, keyMaterialId }, key);
 * key.fill(0);                                                    // the handle has copied what it needs
 * const blob = material.encrypt(plaintext, { tenant: 'acme' });
 *
 * const ciphertext = parseCiphertext(blob);                       // undefined: not one of ours
 * // … find the key and the material that ciphertext.keyId and .keyMaterialId name, then:
 * const opened = material.decrypt(ciphertext, { tenant: 'acme' }); // undefined: not authentic
 * ```
 *
 * The blob is the promise that this room makes: `docs/ciphertext-format.md` has it byte by byte, and what was
 * encrypted once can be decrypted by every later version.
 *
 * The files, in reading order: `ciphertext.ts` (the blob), `encryption-context.ts` over `length-prefixed.ts`
 * (what it is bound to), `xaes-256-gcm.ts` over `aes-256-gcm.ts` (the cipher), `nonce.ts` (randomness), and
 * `hkdf-sha256.ts`, which the keyring derives its keys with. Then the other kinds of keys: `key-specs.ts` (what there
 * is, and what it can do), `key-material.ts` over `key-pair.ts` (generated, stored, ready for use), and a file for each
 * use: `mac.ts`, `key-agreement.ts`, `encapsulation.ts`, `public-key-encryption.ts` over `rsa-oaep.ts`, `signing.ts`. What
 * these cannot ask of OpenSSL stands in `prehashed-signatures.ts` (over `emsa.ts`, `sm2.ts`) and `sm2-encryption.ts`, and
 * runs in the thread of `worker-thread.ts`.
 *
 * All ciphers are OpenSSL's, by way of `node:crypto`. An encryption costs one call of a kept AES object, one
 * AES-GCM object and no further native object; `bench/crypto.ts` says how long that takes.
 *
 * @module
 */
export {
  type CiphertextHeader,
  type ParsedCiphertext,
  parseCiphertext,
  SymmetricKeyMaterial,
} from './ciphertext.ts';
export { decapsulate, encapsulate } from './encapsulation.ts';
export type { EncryptionContext } from './encryption-context.ts';
export { hkdfSha256 } from './hkdf-sha256.ts';
export * from './import-wrapping.ts';
export { deriveSharedSecret, readPeerKey } from './key-agreement.ts';
export {
  describeKeyMaterial,
  generateKeyMaterial,
  type KeyMaterial,
  loadKeyMaterial,
  readKeyMaterial,
} from './key-material.ts';
export { generatePair, KeyPair, loadPair } from './key-pair.ts';
export { KeyPairReserve } from './key-pair-reserve.ts';
export * from './key-specs.ts';
export { encodeLengthPrefixed } from './length-prefixed.ts';
export { generateMac, HmacKeyMaterial, macsEqual } from './mac.ts';
export { NoncePool, type NonceSource } from './nonce.ts';
export {
  decryptWithPrivateKey,
  encryptWithPublicKey,
  mostPlaintextBytes,
} from './public-key-encryption.ts';
export { MESSAGE_TYPES, type MessageType, messageLengthOf, sign, verify } from './signing.ts';
export { NONCE_LENGTH, XaesKey } from './xaes-256-gcm.ts';

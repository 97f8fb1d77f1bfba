import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import type { KeySpec } from './key-specs.ts';

/** The specs of key pairs: of asymmetric KMS keys, and of data key pairs. */
export type KeyPairSpec = Exclude<KeySpec, 'SYMMETRIC_DEFAULT' | `HMAC_${string}`>;

/** Starts OpenSSL's generation of a key pair on the thread pool. */
type Generation = (done: (error: Error | null, publicKey: KeyObject, privateKey: KeyObject) => void) => void;

const rsa =
  (modulusLength: number): Generation =>
  (done) =>
    generateKeyPair('rsa', { modulusLength, publicExponent: 0x10001 }, done);
const ec =
  (namedCurve: string): Generation =>
  (done) =>
    generateKeyPair('ec', { namedCurve }, done);

const GENERATIONS: Readonly<Record<KeyPairSpec, Generation>> = {
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: ec('prime256v1'),
  ECC_NIST_P384: ec('secp384r1'),
  ECC_NIST_P521: ec('secp521r1'),
  ECC_SECG_P256K1: ec('secp256k1'),
  ECC_NIST_EDWARDS25519: (done) => generateKeyPair('ed25519', {}, done),
  ML_DSA_44: (done) => generateKeyPair('ml-dsa-44', {}, done),
  ML_DSA_65: (done) => generateKeyPair('ml-dsa-65', {}, done),
  ML_DSA_87: (done) => generateKeyPair('ml-dsa-87', {}, done),
  ML_KEM_512: (done) => generateKeyPair('ml-kem-512', {}, done),
  ML_KEM_768: (done) => generateKeyPair('ml-kem-768', {}, done),
  ML_KEM_1024: (done) => generateKeyPair('ml-kem-1024', {}, done),
  SM2: ec('SM2'),
};

/**
 * A private key ready for use, with its public key. It is OpenSSL's own form of the key: the bytes that it was made from
 * can be wiped.
 */
export class KeyPair {
  readonly keySpec: KeyPairSpec;
  readonly privateKey: KeyObject;
  #publicKey: KeyObject | undefined;
  #subjectPublicKeyInfo: Buffer | undefined;

  constructor(keySpec: KeyPairSpec, privateKey: KeyObject) {
    this.keySpec = keySpec;
    this.privateKey = privateKey;
  }

  get publicKey(): KeyObject {
    this.#publicKey ??= createPublicKey(this.privateKey);
    return this.#publicKey;
  }

  /** The public key as DER SubjectPublicKeyInfo (RFC 5280). */
  get subjectPublicKeyInfo(): Buffer {
    this.#subjectPublicKeyInfo ??= this.publicKey.export({ type: 'spki', format: 'der' });
    return this.#subjectPublicKeyInfo;
  }

  /** The private key as DER PrivateKeyInfo (PKCS #8, RFC 5958), unencrypted; the caller wipes it. */
  exportPrivateKey(): Buffer {
    return this.privateKey.export({ type: 'pkcs8', format: 'der' });
  }
}

/** RSA key pairs are searched for one after the other: that takes a core a second and more, other key pairs a millisecond. */
const RSA_GENERATION = new ConcurrencyLimit(1, 64);

/**
 * Generates a key pair on the thread pool.
 *
 * RSA: e = 65537; EC: the named curve of the spec; ML-DSA and ML-KEM: FIPS 204 and 203.
 *
 * @throws ServiceError `ThrottlingException` when too many RSA key pairs are waited for
 */
export function generatePair(keySpec: KeyPairSpec): Promise<KeyPair> {
  return keySpec.startsWith('RSA') ? RSA_GENERATION.run(() => generate(keySpec)) : generate(keySpec);
}

async function generate(keySpec: KeyPairSpec): Promise<KeyPair> {
  const { promise, resolve, reject } = Promise.withResolvers<KeyObject>();
  GENERATIONS[keySpec]((error, _, privateKey) => (error === null ? resolve(privateKey) : reject(error)));
  return new KeyPair(keySpec, await promise);
}

/**
 * Reads a private key that `exportPrivateKey` wrote.
 *
 * @param privateKey DER PrivateKeyInfo, which the caller may wipe afterwards
 */
export function loadPair(keySpec: KeyPairSpec, privateKey: Buffer): KeyPair {
  return new KeyPair(keySpec, createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' }));
}

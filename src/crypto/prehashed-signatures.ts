/*
 * What Node's `sign` and `verify` do not offer: signatures of what is hashed already, Ed25519ph, ML-DSA of an external μ,
 * and SM2 under a distinguishing id. RSA is OpenSSL's all the same; curves and lattices are those of the noble libraries.
 * It runs in the worker thread.
 */
import { constants, type KeyObject, privateEncrypt, publicDecrypt, randomBytes } from 'node:crypto';
import type { ECDSA } from '@noble/curves/abstract/weierstrass.js';
import { ed25519ph } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { type DSA, ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { encodePkcs1, encodePss, type Sha2, verifyPss } from './emsa.ts';
import type { KeyPairSpec } from './key-pair.ts';
import type { SigningAlgorithm } from './key-specs.ts';
import { sm2Sign, sm2Verify } from './sm2-signatures.ts';

interface Scheme {
  readonly sign: (privateKey: KeyObject, digest: Uint8Array) => Uint8Array;
  /** May also throw, when the signature is malformed. */
  readonly verify: (publicKey: KeyObject, digest: Uint8Array, signature: Uint8Array) => boolean;
}

/**
 * Signs what the caller has hashed.
 *
 * @param algorithm one that the key spec has
 * @param digest of the length that the algorithm takes
 */
export function signPrehashed(
  keySpec: KeyPairSpec,
  algorithm: SigningAlgorithm,
  privateKey: KeyObject,
  digest: Uint8Array,
): Uint8Array {
  return schemeOf(keySpec, algorithm).sign(privateKey, digest);
}

/** Whether a signature is one that `signPrehashed` could have made. */
export function verifyPrehashed(
  keySpec: KeyPairSpec,
  algorithm: SigningAlgorithm,
  publicKey: KeyObject,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { verify } = schemeOf(keySpec, algorithm);
  try {
    return verify(publicKey, digest, signature);
  } catch {
    return false;
  }
}

function schemeOf(keySpec: KeyPairSpec, algorithm: SigningAlgorithm): Scheme {
  switch (keySpec) {
    case 'ECC_NIST_P256':
      return ecdsa(p256);
    case 'ECC_NIST_P384':
      return ecdsa(p384);
    case 'ECC_NIST_P521':
      return ecdsa(p521);
    case 'ECC_SECG_P256K1':
      return ecdsa(secp256k1);
    case 'ECC_NIST_EDWARDS25519':
      return ED25519_PH;
    case 'ML_DSA_44':
      return mlDsa(ml_dsa44);
    case 'ML_DSA_65':
      return mlDsa(ml_dsa65);
    case 'ML_DSA_87':
      return mlDsa(ml_dsa87);
    case 'SM2':
      return { sign: sm2Sign, verify: sm2Verify };
    default:
      return rsa(algorithm);
  }
}

/** ECDSA in DER, its nonces from the key, the digest and randomness (RFC 6979 section 3.6). */
function ecdsa(curve: ECDSA): Scheme {
  const form = { prehash: false, lowS: false, format: 'der' } as const;
  return {
    sign: (privateKey, digest) =>
      withSecret(privateKey, 'raw-private', (secret) =>
        curve.sign(digest, secret, { ...form, extraEntropy: true }),
      ),
    verify: (publicKey, digest, signature) =>
      curve.verify(signature, digest, publicKey.export({ format: 'raw-public' }), form),
  };
}

/** Ed25519ph with an empty context (RFC 8032 section 5.1): it hashes what it is given. */
const ED25519_PH: Scheme = {
  sign: (privateKey, digest) =>
    withSecret(privateKey, 'raw-private', (secret) => ed25519ph.sign(digest, secret)),
  verify: (publicKey, digest, signature) =>
    ed25519ph.verify(signature, digest, publicKey.export({ format: 'raw-public' }), { zip215: false }),
};

/** ML-DSA of μ, hedged (FIPS 204, Algorithms 7 and 8 from line 7 on). */
function mlDsa({ keygen, internal }: DSA): Scheme {
  return {
    sign(privateKey, mu) {
      const { secretKey } = withSecret(privateKey, 'raw-seed', keygen);
      try {
        return internal.sign(mu, secretKey, { externalMu: true, extraEntropy: randomBytes(32) });
      } finally {
        secretKey.fill(0);
      }
    },
    verify: (publicKey, mu, signature) =>
      internal.verify(signature, mu, publicKey.export({ format: 'raw-public' }), { externalMu: true }),
  };
}

/** RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 8017 section 8). */
function rsa(algorithm: SigningAlgorithm): Scheme {
  const sha2 = SHA_2.find((name) => algorithm.endsWith(name.slice(-3)));
  if (sha2 === undefined) throw new Error(`${algorithm} is not a signing algorithm of RSA keys`);
  const isPss = algorithm.startsWith('RSASSA_PSS');
  return {
    sign(key, digest) {
      const encode = isPss ? encodePss : encodePkcs1;
      return privateEncrypt({ key, padding: RSA_NO_PADDING }, encode(sha2, digest, modulusBytes(key)));
    },
    verify(key, digest, signature) {
      const length = modulusBytes(key);
      if (signature.length !== length) return false;
      const encoded = publicDecrypt({ key, padding: RSA_NO_PADDING }, signature);
      return isPss ? verifyPss(sha2, digest, encoded) : encoded.equals(encodePkcs1(sha2, digest, length));
    },
  };
}

const { RSA_NO_PADDING } = constants;
const SHA_2: readonly Sha2[] = ['sha256', 'sha384', 'sha512'];

function modulusBytes({ asymmetricKeyDetails }: KeyObject): number {
  return (asymmetricKeyDetails?.modulusLength ?? 0) / 8;
}

/** Works with the bytes of a private key, which are wiped. */
function withSecret<T>(
  privateKey: KeyObject,
  format: 'raw-private' | 'raw-seed',
  work: (secret: Uint8Array) => T,
): T {
  const secret = privateKey.export({ format });
  try {
    return work(secret);
  } finally {
    secret.fill(0);
  }
}

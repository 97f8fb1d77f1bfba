import { spawnSync } from 'node:child_process';
import { createPublicKey, hash, type KeyObject, verify, webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeySpec, SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import type { ECDSA } from '@noble/curves/abstract/weierstrass.js';
import { ed25519, ed25519ph } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { hasOpenssl } from './openssl.ts';

/** Whether a signature of a message verifies, by somebody who has nothing but the public key that KMS gave. */
export type OutsideVerification = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => Promise<boolean> | boolean;

const CURVES: Readonly<Partial<Record<KeySpec, ECDSA>>> = {
  ECC_NIST_P256: p256,
  ECC_NIST_P384: p384,
  ECC_NIST_P521: p521,
  ECC_SECG_P256K1: secp256k1,
};
const LATTICES = { ML_DSA_44: ml_dsa44, ML_DSA_65: ml_dsa65, ML_DSA_87: ml_dsa87 };

/** Implementations other than the one that signs: OpenSSL for what JavaScript signs, and the other way round. */
export function outsideVerificationsOf(
  keySpec: KeySpec,
  algorithm: SigningAlgorithmSpec,
): readonly OutsideVerification[] {
  const curve = CURVES[keySpec];
  if (curve !== undefined) return [byOpenSsl(`sha${algorithm.slice(-3)}`), byNoble(curve)];
  switch (algorithm) {
    case 'ED25519_SHA_512':
      return [
        byOpenSsl(null),
        (spki, message, signature) => ed25519.verify(signature, message, spki.slice(-32)),
      ];
    case 'ED25519_PH_SHA_512':
      // KMS takes the SHA-512 of the message for the message of Ed25519ph, which hashes it once more.
      return [
        (spki, message, signature) =>
          ed25519ph.verify(signature, hash('sha512', message, 'buffer'), spki.slice(-32)),
      ];
    case 'ML_DSA_SHAKE_256':
      return [byOpenSsl(null), byLattice(keySpec)];
    case 'SM2DSA':
      return hasOpenssl() ? [byOpenSslCommand] : [];
    default:
      return [byWebCrypto(algorithm)];
  }
}

const byOpenSsl =
  (hashName: string | null): OutsideVerification =>
  (spki, message, signature) =>
    verify(hashName, message, readPublicKey(spki), signature);

const byNoble =
  (curve: ECDSA): OutsideVerification =>
  (spki, message, signature) =>
    curve.verify(signature, message, readPublicKey(spki).export({ format: 'raw-public' }), {
      lowS: false,
      format: 'der',
    });

const byLattice =
  (keySpec: KeySpec): OutsideVerification =>
  (spki, message, signature) => {
    const lattice = Object.entries(LATTICES).find(([name]) => name === keySpec)?.[1];
    return lattice?.verify(signature, message, readPublicKey(spki).export({ format: 'raw-public' })) ?? false;
  };

const byWebCrypto =
  (algorithm: SigningAlgorithmSpec): OutsideVerification =>
  async (spki, message, signature) => {
    const bits = Number(algorithm.slice(-3));
    const name = algorithm.startsWith('RSASSA_PSS') ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5';
    const parameters = { name, hash: `SHA-${bits}`, saltLength: bits / 8 };
    const key = await webcrypto.subtle.importKey('spki', Buffer.from(spki), parameters, false, ['verify']);
    return webcrypto.subtle.verify(parameters, key, Buffer.from(signature), Buffer.from(message));
  };

/** Of the machine, which verifies SM2 under a distinguishing id, as Node's does not. */
function byOpenSslCommand(spki: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'qkms-sm2-'));
  try {
    const file = (name: string, content: Uint8Array) => {
      writeFileSync(join(directory, name), content);
      return join(directory, name);
    };
    const { status } = spawnSync('openssl', [
      ...['pkeyutl', '-verify', '-pubin', '-keyform', 'DER', '-inkey', file('key', spki)],
      ...['-in', file('message', message), '-sigfile', file('signature', signature)],
      ...['-rawin', '-digest', 'sm3', '-pkeyopt', 'distid:1234567812345678'],
    ]);
    return status === 0;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function readPublicKey(spki: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
}

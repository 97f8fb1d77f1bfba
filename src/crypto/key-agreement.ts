import { createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import type { KeyPair, KeyPairSpec } from './key-pair.ts';
import { runInWorkerThread } from './worker-thread.ts';

/** Lengths in bytes of a coordinate of a point, and so of the shared secret (crypto.md section 5). */
const COORDINATE_LENGTHS: Partial<Readonly<Record<KeyPairSpec, number>>> = {
  ECC_NIST_P256: 32,
  ECC_NIST_P384: 48,
  ECC_NIST_P521: 66,
  SM2: 32,
};

/**
 * Reads the public key of a peer: DER SubjectPublicKeyInfo (RFC 5280) with an uncompressed point (RFC 5480) on the named
 * curve of one's own key.
 *
 * There is one such encoding of a point, which differs from that of one's own public key in the coordinates only. Any
 * other form of the same point (compressed, explicit parameters, BER) is refused.
 *
 * @returns `undefined` when it is anything else
 */
export function readPeerKey(own: KeyPair, subjectPublicKeyInfo: Uint8Array): KeyObject | undefined {
  const coordinateLength = COORDINATE_LENGTHS[own.keySpec];
  if (coordinateLength === undefined) return undefined;
  const form = own.subjectPublicKeyInfo.subarray(0, -2 * coordinateLength);
  if (subjectPublicKeyInfo.length !== own.subjectPublicKeyInfo.length) return undefined;
  if (!form.equals(subjectPublicKeyInfo.subarray(0, form.length))) return undefined;
  try {
    // OpenSSL takes no point that is not on the curve.
    return createPublicKey({ key: Buffer.from(subjectPublicKeyInfo), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

/**
 * Elliptic Curve Cryptography Cofactor Diffie-Hellman (NIST SP 800-56A section 5.7.1.2), on another thread.
 *
 * @param peerKey as `readPeerKey` returned it
 * @returns the x coordinate of the shared point: 32, 48 or 66 bytes
 * @throws ServiceError `ThrottlingException` when too many agreements are waited for
 */
export async function deriveSharedSecret(
  { keySpec, privateKey }: KeyPair,
  peerKey: KeyObject,
): Promise<Buffer> {
  if (keySpec === 'SM2') {
    // OpenSSL has no key agreement for the curve.
    const { buffer } = await runInWorkerThread('sm2SharedSecret', privateKey, peerKey);
    return Buffer.from(buffer);
  }
  return AGREEMENT.run(() => diffieHellmanInPool({ privateKey, publicKey: peerKey }));
}

/** A flood of agreements, which take up to 3 ms, leaves threads and cores to everything else. */
const AGREEMENT = new ConcurrencyLimit(2, 512);

const diffieHellmanInPool = promisify<DiffieHellmanKeys, Buffer>(diffieHellman);

interface DiffieHellmanKeys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

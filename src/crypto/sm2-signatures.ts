import type { KeyObject } from 'node:crypto';
import { invertCt } from '@noble/curves/abstract/modular.js';
import { DER, ecdh } from '@noble/curves/abstract/weierstrass.js';
import { sm2PublicKey, withSm2PrivateKey } from './sm2.ts';
import { Sm2Point } from './sm2-point.ts';

const { BASE, Fn } = Sm2Point;
const { randomSecretKey } = ecdh(Sm2Point).utils;

/** The signature of a digest, DER of r and s: GM/T 0003.2-2012 section 6.1. */
export function sm2Sign(privateKey: KeyObject, digest: Uint8Array): Uint8Array {
  const d = withSm2PrivateKey(privateKey, (number) => Fn.fromBytes(number));
  const e = numberOf(digest);
  for (;;) {
    const nonce = randomSecretKey();
    const k = Fn.fromBytes(nonce);
    nonce.fill(0);
    const r = Fn.add(e, Fn.create(BASE.multiply(k).x));
    const s = Fn.mul(invertCt(Fn.add(d, 1n), Fn.ORDER), Fn.sub(k, Fn.mul(r, d)));
    if (!Fn.is0(r) && !Fn.is0(Fn.add(r, k)) && !Fn.is0(s))
      return Buffer.from(DER.hexFromSig({ r, s }), 'hex');
  }
}

/**
 * Whether a signature is of a digest: GM/T 0003.2-2012 section 7.1.
 *
 * @throws Error when it is not DER of two numbers
 */
export function sm2Verify(publicKey: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const { r, s } = DER.toSig(signature);
  if (!Fn.isValidNot0(r) || !Fn.isValidNot0(s)) return false;
  const t = Fn.add(r, s);
  if (Fn.is0(t)) return false;
  const signer = Sm2Point.fromBytes(sm2PublicKey(publicKey));
  const point = BASE.multiplyUnsafe(s).add(signer.multiplyUnsafe(t));
  return !point.is0() && Fn.add(numberOf(digest), Fn.create(point.x)) === r;
}

function numberOf(digest: Uint8Array): bigint {
  return Fn.create(Fn.fromBytes(digest, true));
}

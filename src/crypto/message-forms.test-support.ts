import { createHash, hash, type KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from './key-specs.ts';
import { MESSAGE_TYPES, type MessageType, messageLengthOf } from './signing.ts';
import { sm2Digest } from './sm2.ts';

/** A message in each of the types in which an algorithm takes it. */
export function formsOf(
  algorithm: SigningAlgorithm,
  publicKey: KeyObject,
  message: Uint8Array,
): readonly (readonly [MessageType, Uint8Array])[] {
  return MESSAGE_TYPES.filter((type) => messageLengthOf(algorithm, type) !== undefined).map((type) => [
    type,
    formOf(type, algorithm, publicKey, message),
  ]);
}

/** μ of a message under the empty context (FIPS 204, Algorithm 2, line 10, and Algorithm 7, line 6). */
export function externalMu(publicKey: KeyObject, message: Uint8Array): Buffer {
  return shake256(shake256(publicKey.export({ format: 'raw-public' })), Buffer.of(0, 0), message);
}

function formOf(
  type: MessageType,
  algorithm: SigningAlgorithm,
  publicKey: KeyObject,
  message: Uint8Array,
): Uint8Array {
  if (type === 'RAW') return message;
  if (type === 'EXTERNAL_MU') return externalMu(publicKey, message);
  if (algorithm === 'SM2DSA') return sm2Digest(publicKey, message);
  return hash(`sha${algorithm.slice(-3)}`, message, 'buffer');
}

function shake256(...parts: readonly Uint8Array[]): Buffer {
  return createHash('shake256', { outputLength: 64 }).update(Buffer.concat(parts)).digest();
}

import { Sha256 } from '@aws-crypto/sha256-js';
import { ed25519 } from '@noble/curves/ed25519.js';

/* The checkpoints of docs/audit-log-format.md, verified in the browser: with nothing that needs HTTPS. */

/** What a checkpoint says, once its signature was verified. */
export interface VerifiedCheckpoint {
  readonly origin: string;
  readonly size: number;
  /** In base64. */
  readonly root: string;
}

/** Before the 32 bytes of an Ed25519 public key in a SubjectPublicKeyInfo (RFC 8410). */
const SPKI_PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);
const KEY_ID_LENGTH = 4;
const ED25519 = Uint8Array.of(1);
const NODE = Uint8Array.of(1);

/**
 * The checkpoint in a signed note; `undefined` when it is not signed with the key, or the subtrees do not give its root.
 *
 * @param publicKey DER (SubjectPublicKeyInfo), in base64
 * @param subtrees in base64
 */
export function verifyCheckpoint(
  note: string,
  publicKey: string,
  subtrees: readonly string[],
): VerifiedCheckpoint | undefined {
  const [origin = '', size = '', root = '', ...rest] = note.split('\n');
  const text = `${origin}\n${size}\n${root}\n`;
  const [emptyLine, ...signatures] = rest;
  const key = publicKeyBytes(publicKey);
  if (emptyLine !== '' || key === undefined || !/^\d{1,15}$/.test(size)) return undefined;
  const keyId = sha256(utf8(`${origin}\n`), ED25519, key).subarray(0, KEY_ID_LENGTH);
  const isSigned = signatures.some((line) => {
    const [dash, name, base64 = ''] = line.split(' ');
    const bytes = bytesOf(base64);
    if (dash !== '—' || name !== origin || bytes === undefined) return false;
    if (!equal(bytes.subarray(0, KEY_ID_LENGTH), keyId)) return false;
    return isSignature(bytes.subarray(KEY_ID_LENGTH), utf8(text), key);
  });
  return isSigned && rootOf(subtrees) === root ? { origin, size: Number(size), root } : undefined;
}

/** What people compare public keys by: SHA-256 of the key, in hexadecimal. */
export function fingerprintOf(publicKey: string): string {
  return Array.from(sha256(bytesOf(publicKey) ?? new Uint8Array()), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/** The root of a tree, of its perfect subtrees from left to right (RFC 9162, section 2.1). */
function rootOf(subtrees: readonly string[]): string {
  const hashes = subtrees.map((subtree) => bytesOf(subtree) ?? new Uint8Array());
  const root =
    hashes.length === 0 ? sha256() : hashes.reduceRight((right, left) => sha256(NODE, left, right));
  return base64Of(root);
}

function publicKeyBytes(der: string): Uint8Array | undefined {
  const bytes = bytesOf(der);
  const isEd25519 = bytes?.length === 44 && equal(bytes.subarray(0, SPKI_PREFIX.length), SPKI_PREFIX);
  return isEd25519 ? bytes.subarray(SPKI_PREFIX.length) : undefined;
}

function isSignature(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    return false;
  }
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = new Sha256();
  for (const part of parts) hash.update(part);
  return hash.digestSync();
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function base64Of(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

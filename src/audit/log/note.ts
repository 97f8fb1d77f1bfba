import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';

/*
 * Signed notes (https://c2sp.org/signed-note) with Ed25519 signatures: a text, an empty line, and a line for each signature.
 */

/** The type of Ed25519 signatures. */
const ED25519 = 1;
const KEY_ID_LENGTH = 4;
const SIGNATURE_LENGTH = 64;

/** Far above what a log and its witnesses put under a checkpoint. */
const LONGEST_NOTE = 65_536;

/** Whatever of a note is not its text cannot hide anything: all of it is in this form. */
const SIGNATURE_LINE = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;

/** A note taken apart; none of its signatures has been checked. */
export interface Note {
  /** With the newline that ends it. */
  readonly text: string;
  readonly signatures: readonly {
    readonly name: string;
    readonly keyId: Buffer;
    readonly signature: Buffer;
  }[];
}

/** The 32 bytes of an Ed25519 public key (RFC 8032). */
function publicKeyBytes(publicKey: KeyObject): Buffer {
  const { x } = publicKey.export({ format: 'jwk' });
  return Buffer.from(x ?? '', 'base64url');
}

/**
 * What tells a key of a name from others: the first four bytes of a hash over both.
 *
 * @param type of its signatures, a byte
 */
export function keyIdOf(name: string, type: number, publicKey: KeyObject): Buffer {
  const bytes = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), publicKeyBytes(publicKey)]);
  return hash('sha256', bytes, 'buffer').subarray(0, KEY_ID_LENGTH);
}

/** The name and the public key of whoever signs, as tools for signed notes and witnesses are told them. */
export function verifierKey(name: string, publicKey: KeyObject): string {
  const key = Buffer.concat([Buffer.of(ED25519), publicKeyBytes(publicKey)]).toString('base64');
  return `${name}+${keyIdOf(name, ED25519, publicKey).toString('hex')}+${key}`;
}

/** @param text ends with a newline, and has no control characters but newlines */
export function signNote(text: string, name: string, privateKey: KeyObject): string {
  const keyId = keyIdOf(name, ED25519, createPublicKey(privateKey));
  const signature = sign(null, Buffer.from(text), privateKey);
  return `${text}\n— ${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
}

/** The parts of a note; `undefined` when it is not one, to the last bit. */
export function readNote(note: string): Note | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a note must not have
  if (note.length > LONGEST_NOTE || !note.isWellFormed() || /[\0-\x09\x0b-\x1f]/.test(note)) return undefined;
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return undefined;
  const signatures = [];
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const [, name = '', base64 = ''] = SIGNATURE_LINE.exec(line) ?? [];
    const bytes = decodeBase64(base64);
    if (bytes === undefined || bytes.length <= KEY_ID_LENGTH) return undefined;
    signatures.push({
      name,
      keyId: bytes.subarray(0, KEY_ID_LENGTH),
      signature: bytes.subarray(KEY_ID_LENGTH),
    });
  }
  return { text: note.slice(0, end + 1), signatures };
}

/** Whether a note is signed by this key under that name. Signatures of others do not count, wrong ones of the key do. */
export function isSignedBy({ text, signatures }: Note, name: string, publicKey: KeyObject): boolean {
  const keyId = keyIdOf(name, ED25519, publicKey);
  const own = signatures.filter((signature) => signature.name === name && signature.keyId.equals(keyId));
  return (
    own.length > 0 &&
    own.every(
      ({ signature }) =>
        signature.length === SIGNATURE_LENGTH && verify(null, Buffer.from(text), publicKey, signature),
    )
  );
}

/** The bytes of standard base64 with padding; `undefined` for any other way of writing them. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

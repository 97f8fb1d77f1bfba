import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { decodeBase64, keyIdOf, readNote } from './note.ts';

/*
 * Cosignatures of witnesses (https://c2sp.org/tlog-cosignature): signatures of a checkpoint together with the time at
 * which the witness saw it.
 */

/** The type of these signatures in signed notes. */
const COSIGNATURE = 4;
const KEY_LENGTH = 32;
const TIME_LENGTH = 8;
const SIGNATURE_LENGTH = 64;
/** What precedes the 32 bytes of an Ed25519 public key in a SubjectPublicKeyInfo (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** Who cosigns checkpoints. */
export interface Witness {
  readonly name: string;
  readonly keyId: Buffer;
  readonly publicKey: KeyObject;
}

/** The witness of a verifier key, `<name>+<key id in hexadecimal>+<base64>`; `undefined` when it is not that of one. */
export function readWitnessKey(text: string): Witness | undefined {
  const [, name = '', typedId = '', encoded = ''] =
    /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? [];
  const key = decodeBase64(encoded);
  if (key?.[0] !== COSIGNATURE || key.length !== KEY_LENGTH + 1) return undefined;
  const der = Buffer.concat([SPKI_PREFIX, key.subarray(1)]);
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
  const keyId = keyIdOf(name, COSIGNATURE, publicKey);
  return keyId.toString('hex') === typedId ? { name, keyId, publicKey } : undefined;
}

/**
 * When a witness saw a checkpoint, in seconds since the Unix epoch.
 *
 * @param note a signed note with cosignatures
 * @returns `undefined` when the witness has not cosigned it
 */
export function cosignedTime(note: string, { name, keyId, publicKey }: Witness): number | undefined {
  const { text = '', signatures = [] } = readNote(note) ?? {};
  for (const { name: signer, keyId: id, signature } of signatures) {
    const isOwn = signer === name && id.equals(keyId) && signature.length === TIME_LENGTH + SIGNATURE_LENGTH;
    if (!isOwn) continue;
    const time = signature.readBigUInt64BE(0);
    const signed = Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
    if (verify(null, signed, publicKey, signature.subarray(TIME_LENGTH))) return Number(time);
  }
  return undefined;
}

/** A note with the signature lines of another added that it does not have yet. */
export function addSignatures(note: string, lines: string): string {
  const end = note.lastIndexOf('\n\n') + 2;
  const present = new Set(note.slice(end).split('\n'));
  const added = lines.split('\n').filter((line) => line !== '' && !present.has(line));
  return `${note}${added.map((line) => `${line}\n`).join('')}`;
}

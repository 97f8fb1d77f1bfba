import { ApiError } from '../api/errors.ts';
import type { BlobReader } from './blob-reader.ts';

/*
 * The message format of the AWS Encryption SDK, version 2, with AES-256-GCM, HKDF with SHA-512 and key commitment: whatever
 * implements it reads these files, and these pages read its messages.
 * https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/message-format.html
 */

export type Bytes = Uint8Array<ArrayBuffer>;
export type EncryptionContext = Readonly<Record<string, string>>;

/** A data key under a KMS key. */
export interface EncryptedDataKey {
  readonly keyArn: string;
  readonly ciphertext: Bytes;
}

/** What stands at the beginning of a message. */
export interface MessageHeader {
  /** 32 bytes. */
  readonly messageId: Bytes;
  readonly encryptionContext: EncryptionContext;
  readonly encryptedDataKeys: readonly EncryptedDataKey[];
  /** How many bytes of plaintext a frame has; the last has as many or less. */
  readonly frameLength: number;
  /** What commits the message to its data key, 32 bytes. */
  readonly commitment: Bytes;
}

/** AES_256_GCM_HKDF_SHA512_COMMIT_KEY. */
export const ALGORITHM_SUITE = 0x0478;
const VERSION = 2;
const FRAMED = 2;
const PROVIDER = 'aws-kms';
/** Larger frames would take more memory than is good for a page, in bytes. */
const MOST_FRAME_LENGTH = 64 * 1024 * 1024;
/** Messages are not for more keys, nor for larger encryption contexts than KMS has. */
const MOST_DATA_KEYS = 100;

/** The file is not one that can be decrypted here, or it is damaged. */
export function invalidFile(message: string): ApiError {
  return new ApiError('InvalidFile', message, 'refused');
}

export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** An unsigned integer, big-endian, of so many bytes. */
export function unsigned(value: number, length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let place = length - 1, rest = value; place >= 0; place -= 1, rest = Math.floor(rest / 256))
    bytes[place] = rest % 256;
  return bytes;
}

/** The number that big-endian bytes mean. */
export function numberOf(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

export function concatenate(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Bytes with their length before them, in two bytes. */
function sized(bytes: Uint8Array): Bytes {
  return concatenate(unsigned(bytes.length, 2), bytes);
}

/** The header of a message, without its authentication. */
export function serializeHeader(header: MessageHeader): Bytes {
  const keys = header.encryptedDataKeys.flatMap(({ keyArn, ciphertext }) => [
    sized(utf8(PROVIDER)),
    sized(utf8(keyArn)),
    sized(ciphertext),
  ]);
  return concatenate(
    unsigned(VERSION, 1),
    unsigned(ALGORITHM_SUITE, 2),
    header.messageId,
    sized(serializeContext(header.encryptionContext)),
    unsigned(header.encryptedDataKeys.length, 2),
    ...keys,
    unsigned(FRAMED, 1),
    unsigned(header.frameLength, 4),
    header.commitment,
  );
}

/** The pairs of an encryption context, sorted by the UTF-8 of their names; nothing for an empty one. */
function serializeContext(context: EncryptionContext): Bytes {
  const pairs = Object.entries(context)
    .map(([name, value]) => [utf8(name), utf8(value)] as const)
    .sort(([one], [other]) => compareBytes(one, other));
  if (pairs.length === 0) return new Uint8Array();
  return concatenate(
    unsigned(pairs.length, 2),
    ...pairs.flatMap(([name, value]) => [sized(name), sized(value)]),
  );
}

function compareBytes(one: Uint8Array, other: Uint8Array): number {
  const at = one.findIndex((byte, index) => byte !== other[index]);
  return at < 0 ? one.length - other.length : (one[at] ?? 0) - (other[at] ?? -1);
}

/**
 * Reads the header of a message, without its authentication.
 *
 * @throws ApiError `InvalidFile`
 */
export async function readHeader(reader: BlobReader): Promise<MessageHeader> {
  const [version = 0] = await reader.read(1, 'header');
  if (version === 1)
    throw invalidFile('The file is a message of version 1 of the format, which does not commit to its key.');
  if (version !== VERSION)
    throw invalidFile('The file was not encrypted by this tool, nor by the AWS Encryption SDK.');
  const suite = numberOf(await reader.read(2, 'header'));
  if (suite !== ALGORITHM_SUITE) throw invalidFile(describeSuite(suite));
  const messageId = await reader.read(32, 'header');
  const encryptionContext = parseContext(await readSized(reader));
  const encryptedDataKeys = await readDataKeys(reader);
  const [contentType] = await reader.read(1, 'header');
  if (contentType !== FRAMED) throw invalidFile('The message has no frames.');
  const frameLength = numberOf(await reader.read(4, 'header'));
  if (frameLength === 0 || frameLength > MOST_FRAME_LENGTH)
    throw invalidFile(
      `The message has frames of ${frameLength} bytes; there may be 1 to ${MOST_FRAME_LENGTH}.`,
    );
  const commitment = await reader.read(32, 'header');
  return { messageId, encryptionContext, encryptedDataKeys, frameLength, commitment };
}

function describeSuite(suite: number): string {
  const name = `0x${suite.toString(16).padStart(4, '0')}`;
  return suite === 0x0578
    ? `The message is signed (algorithm suite ${name}), which browsers cannot verify piece by piece. The AWS Encryption SDK decrypts it.`
    : `The message is of algorithm suite ${name}; this tool knows 0x0478.`;
}

async function readSized(reader: BlobReader): Promise<Bytes> {
  return reader.read(numberOf(await reader.read(2, 'header')), 'header');
}

async function readDataKeys(reader: BlobReader): Promise<readonly EncryptedDataKey[]> {
  const count = numberOf(await reader.read(2, 'header'));
  if (count === 0 || count > MOST_DATA_KEYS)
    throw invalidFile(`The message has ${count} encrypted data keys; there may be 1 to ${MOST_DATA_KEYS}.`);
  const keys: EncryptedDataKey[] = [];
  for (let left = count; left > 0; left -= 1) {
    const provider = text(await readSized(reader));
    const keyArn = text(await readSized(reader));
    const ciphertext = await readSized(reader);
    if (provider === PROVIDER) keys.push({ keyArn, ciphertext });
  }
  if (keys.length === 0) throw invalidFile('The message has no data key that is encrypted under a KMS key.');
  return keys;
}

function parseContext(bytes: Bytes): EncryptionContext {
  if (bytes.length === 0) return {};
  const pairs: [string, string][] = [];
  let at = 2;
  const next = () => {
    const length = numberOf(bytes.subarray(at, at + 2));
    const part = bytes.subarray(at + 2, at + 2 + length);
    at += 2 + length;
    return text(part);
  };
  for (let left = numberOf(bytes.subarray(0, 2)); left > 0 && at < bytes.length; left -= 1)
    pairs.push([next(), next()]);
  const context = Object.fromEntries(pairs);
  // There is one way to write a context: whatever else is there was not written by anybody who keeps to the format.
  if (
    compareBytes(serializeContext(context), bytes) !== 0 ||
    serializeContext(context).length !== bytes.length
  )
    throw invalidFile('The encryption context of the message is malformed.');
  return context;
}

function text(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalidFile('The header of the message is malformed: a text is not UTF-8.');
  }
}

import { BlobReader } from './blob-reader.ts';
import {
  type Bytes,
  concatenate,
  type EncryptedDataKey,
  type EncryptionContext,
  invalidFile,
  type MessageHeader,
  numberOf,
  readHeader,
  serializeHeader,
  unsigned,
  utf8,
} from './message-header.ts';
import { deriveMessageKeys, IV_LENGTH, open, seal, TAG_LENGTH } from './message-keys.ts';

/** A data key, in plaintext and under a KMS key. */
export interface DataKey extends EncryptedDataKey {
  /** 32 bytes, which are wiped. */
  readonly plaintext: Bytes;
}

/** Asks for the data key of a message, with its header before anything of it is authenticated. */
export type UnwrapDataKey = (header: MessageHeader) => Promise<Bytes>;

/** How many bytes of a file go into a frame. */
const FRAME_LENGTH = 1024 * 1024;
/** What stands where the last frame begins, in place of a sequence number. */
const LAST_FRAME = 0xffffffff;
/** The IV of the authentication of the header; those of frames are their sequence numbers. */
const HEADER_IV: Bytes = new Uint8Array(IV_LENGTH);

/**
 * Encrypts a file, frame by frame.
 *
 * @param dataKey made for this message alone, with the same encryption context
 */
export async function* encryptMessage(
  file: Blob,
  dataKey: DataKey,
  encryptionContext: EncryptionContext,
): AsyncGenerator<Bytes, void, void> {
  const messageId = crypto.getRandomValues(new Uint8Array(32));
  const { key, commitment } = await deriveMessageKeys(dataKey.plaintext, messageId);
  const { keyArn, ciphertext } = dataKey;
  const header = serializeHeader({
    messageId,
    encryptionContext,
    encryptedDataKeys: [{ keyArn, ciphertext }],
    frameLength: FRAME_LENGTH,
    commitment,
  });
  yield concatenate(header, await seal(key, HEADER_IV, header, new Uint8Array()));
  const reader = new BlobReader(file);
  for (let sequence = 1; ; sequence += 1) {
    const length = Math.min(FRAME_LENGTH, file.size - reader.position);
    const content = await reader.read(length, 'content');
    const isLast = reader.isAtEnd;
    const iv = unsigned(sequence, IV_LENGTH);
    const sealed = await seal(key, iv, contextOf(messageId, sequence, length, isLast), content);
    const number = unsigned(sequence, 4);
    yield isLast
      ? concatenate(unsigned(LAST_FRAME, 4), number, iv, unsigned(length, 4), sealed)
      : concatenate(number, iv, sealed);
    if (isLast) return;
  }
}

/**
 * Decrypts a file, frame by frame. What it yields is not the whole before it has ended: it throws when the file is not as
 * it was encrypted, and then nothing that it yielded may be taken for the content.
 *
 * @throws ApiError `InvalidFile`, or what asking for the data key throws
 */
export async function* decryptMessage(file: Blob, unwrap: UnwrapDataKey): AsyncGenerator<Bytes, void, void> {
  const reader = new BlobReader(file);
  const header = await readHeader(reader);
  const { messageId, frameLength } = header;
  const tag = await reader.read(TAG_LENGTH, 'header');
  const { key, commitment } = await deriveMessageKeys(await unwrap(header), messageId);
  if (commitment.some((byte, index) => byte !== header.commitment[index]))
    throw invalidFile('The message was not made with this data key, or its header was changed.');
  if ((await open(key, HEADER_IV, serializeHeader(header), tag)) === undefined)
    throw invalidFile('The header of the message was changed.');
  for (let sequence = 1; ; sequence += 1) {
    const part = `frame ${sequence}`;
    const first = numberOf(await reader.read(4, `content, before ${part}`));
    const isLast = first === LAST_FRAME;
    const number = isLast ? numberOf(await reader.read(4, part)) : first;
    const iv = await reader.read(IV_LENGTH, part);
    const length = isLast ? numberOf(await reader.read(4, part)) : frameLength;
    if (number !== sequence || length > frameLength || numberOf(iv) !== sequence)
      throw invalidFile(`The file was changed at frame ${sequence}: frames are missing, or not in order.`);
    const sealed = await reader.read(length + TAG_LENGTH, part);
    const content = await open(key, iv, contextOf(messageId, sequence, length, isLast), sealed);
    if (content === undefined) throw invalidFile(`The file was changed in frame ${sequence}.`);
    yield content;
    if (isLast) break;
  }
  if (!reader.isAtEnd) throw invalidFile('Something was appended to the file.');
}

/** What a frame is authenticated with: which message it belongs to, at which place, and whether it is the last. */
function contextOf(messageId: Bytes, sequence: number, length: number, isLast: boolean): Bytes {
  const kind = isLast ? 'AWSKMSEncryptionClient Final Frame' : 'AWSKMSEncryptionClient Frame';
  return concatenate(messageId, utf8(kind), unsigned(sequence, 4), unsigned(length, 8));
}

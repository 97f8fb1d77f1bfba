import { callKms } from '../api/call.ts';
import type { Signing } from '../api/credentials.ts';
import { notUnderstood } from '../api/errors.ts';
import { decode, encode } from '../reference/form/bytes.ts';
import { decryptMessage, encryptMessage } from './message.ts';
import type { Bytes, EncryptionContext, MessageHeader } from './message-header.ts';

/**
 * Encrypts a file under a data key that is made for it alone.
 *
 * @param keyId of a symmetric encryption key, in any of its forms
 * @throws ApiError
 */
export async function* encryptFile(
  signing: Signing,
  keyId: string,
  file: Blob,
  context: EncryptionContext,
  signal: AbortSignal,
): AsyncGenerator<Bytes, void, void> {
  const { KeyId, Plaintext, CiphertextBlob } = await callKms(
    signing,
    'GenerateDataKey',
    { KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: context },
    signal,
  );
  if (KeyId === undefined || Plaintext === undefined || CiphertextBlob === undefined) throw notUnderstood('');
  const dataKey = {
    keyArn: KeyId,
    plaintext: decode(Plaintext),
    ciphertext: decode(CiphertextBlob),
  };
  yield* untilAborted(encryptMessage(file, dataKey, context), signal);
}

/**
 * Decrypts a file.
 *
 * @param seen is told what the header says, before anything of the file is authenticated
 * @throws ApiError `InvalidFile` when it is not as it was encrypted, and then what was yielded is not its content
 */
export function decryptFile(
  signing: Signing,
  file: Blob,
  seen: (header: MessageHeader) => void,
  signal: AbortSignal,
): AsyncGenerator<Bytes, void, void> {
  const chunks = decryptMessage(file, (header) => {
    seen(header);
    return decryptDataKey(signing, header, signal);
  });
  return untilAborted(chunks, signal);
}

/** Decrypts the first of the data keys that the caller may. */
async function decryptDataKey(
  signing: Signing,
  { encryptedDataKeys, encryptionContext }: MessageHeader,
  signal: AbortSignal,
): Promise<Bytes> {
  let failure: unknown;
  for (const { keyArn, ciphertext } of encryptedDataKeys) {
    // A key is asked for where it is, whichever Region the console shows.
    const region = keyArn.split(':')[3] ?? signing.region;
    const input = { KeyId: keyArn, CiphertextBlob: encode(ciphertext), EncryptionContext: encryptionContext };
    try {
      const { Plaintext } = await callKms({ ...signing, region }, 'Decrypt', input, signal);
      if (Plaintext !== undefined) return decode(Plaintext);
    } catch (error) {
      signal.throwIfAborted();
      failure ??= error;
    }
  }
  throw failure ?? notUnderstood('');
}

async function* untilAborted<T>(
  items: AsyncGenerator<T, void, void>,
  signal: AbortSignal,
): AsyncGenerator<T, void, void> {
  for await (const item of items) {
    signal.throwIfAborted();
    yield item;
  }
}

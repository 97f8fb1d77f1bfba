import { decode, encode } from '../reference/form/bytes.ts';

/** How long a message may be that is sent itself, in bytes. */
const MOST_SENT = 4096;

/** The hash of signing algorithms that sign digests; those of others are not made here. */
const HASH = /^(?:RSASSA_PSS|RSASSA_PKCS1_V1_5|ECDSA)_SHA_(256|384|512)$/;

/**
 * A message as Sign and Verify take it: itself, or its digest when it is long.
 *
 * @param message base64
 */
export async function messageToSign(
  message: string,
  algorithm: string,
): Promise<{ readonly Message: string; readonly MessageType: 'RAW' | 'DIGEST' }> {
  const bytes = decode(message);
  const [, bits] = HASH.exec(algorithm.trim()) ?? [];
  if (bytes.length <= MOST_SENT || bits === undefined) return { Message: message, MessageType: 'RAW' };
  const digest = await crypto.subtle.digest(`SHA-${bits}`, bytes);
  return { Message: encode(new Uint8Array(digest)), MessageType: 'DIGEST' };
}

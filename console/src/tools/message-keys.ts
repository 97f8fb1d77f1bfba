import { ALGORITHM_SUITE, type Bytes, concatenate, unsigned, utf8 } from './message-header.ts';

/** What a message is encrypted and authenticated with, made from its data key and its message id. */
export interface MessageKeys {
  /** Of AES-256-GCM; it cannot be read out. */
  readonly key: CryptoKey;
  /** What commits the message to its data key. */
  readonly commitment: Bytes;
}

/**
 * Derives the keys of a message by HKDF with SHA-512, and wipes the data key.
 *
 * @param dataKey 32 bytes
 */
export async function deriveMessageKeys(dataKey: Bytes, messageId: Bytes): Promise<MessageKeys> {
  const base = await crypto.subtle.importKey('raw', dataKey, 'HKDF', false, ['deriveBits', 'deriveKey']);
  dataKey.fill(0);
  const hkdf = (info: Bytes) => ({ name: 'HKDF', hash: 'SHA-512', salt: messageId, info });
  const label = concatenate(unsigned(ALGORITHM_SUITE, 2), utf8('DERIVEKEY'));
  const aes = { name: 'AES-GCM', length: 256 };
  const key = await crypto.subtle.deriveKey(hkdf(label), base, aes, false, ['encrypt', 'decrypt']);
  const commitment = await crypto.subtle.deriveBits(hkdf(utf8('COMMITKEY')), base, 256);
  return { key, commitment: new Uint8Array(commitment) };
}

/** AES-256-GCM: the ciphertext, followed by the tag of 16 bytes. */
export async function seal(
  key: CryptoKey,
  iv: Bytes,
  additionalData: Bytes,
  plaintext: Bytes,
): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, plaintext));
}

/**
 * What `seal` sealed; `undefined` when that was not this.
 *
 * @param sealed the ciphertext, followed by the tag
 */
export async function open(
  key: CryptoKey,
  iv: Bytes,
  additionalData: Bytes,
  sealed: Bytes,
): Promise<Bytes | undefined> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, sealed));
  } catch {
    return undefined;
  }
}

export const IV_LENGTH = 12;
export const TAG_LENGTH = 16;

import { type Cipheriv, createCipheriv } from 'node:crypto';
import { openAes256Gcm, sealAes256Gcm } from './aes-256-gcm.ts';

/** Bytes of an XAES-256-GCM key. */
export const KEY_LENGTH = 32;

/** Bytes of an XAES-256-GCM nonce: the first half picks the per-message key, the second is that key's nonce. */
export const NONCE_LENGTH = 24;

const BLOCK_LENGTH = 16;
const HALF_NONCE_LENGTH = 12;

/** The constant head of the two blocks M1 and M2: counter (16-bit), label "X", separator zero byte. */
const M1_PREFIX = [0x00, 0x01, 0x58, 0x00] as const;
const M2_PREFIX = [0x00, 0x02, 0x58, 0x00] as const;

/**
 * A key for XAES-256-GCM as specified by C2SP: AES-256-GCM with a 192-bit nonce, under a key that is derived
 * for each message (NIST SP 800-108r1 counter mode with CMAC-AES-256). A random nonce per message is safe
 * for 2^80 messages, so nothing ever needs to be counted.
 *
 * What depends on the key alone is computed once: the AES key schedule, and the CMAC subkey K1 already laid
 * into the constant parts of the two derivation blocks. A message then costs one call of the kept cipher and
 * one AES-256-GCM object.
 */
export class XaesKey {
  readonly #aes: Cipheriv;
  /** K1[4..16), to be combined with the first half of a nonce. */
  readonly #subkey: Buffer;
  /** (M1 xor K1) || (M2 xor K1), complete but for the nonce. */
  readonly #blocks: Buffer;

  /** Copies what it needs of the 32 bytes of `key`: the caller may wipe them afterwards. */
  constructor(key: Uint8Array) {
    if (key.length !== KEY_LENGTH) {
      throw new RangeError(`an XAES-256-GCM key has ${KEY_LENGTH} bytes, not ${key.length}`);
    }
    this.#aes = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    const k1 = doubled(this.#aes.update(Buffer.alloc(BLOCK_LENGTH)));
    this.#blocks = Buffer.alloc(2 * BLOCK_LENGTH);
    for (let i = 0; i < M1_PREFIX.length; i++) {
      this.#blocks[i] = byteAt(M1_PREFIX, i) ^ byteAt(k1, i);
      this.#blocks[BLOCK_LENGTH + i] = byteAt(M2_PREFIX, i) ^ byteAt(k1, i);
    }
    this.#subkey = k1.subarray(M1_PREFIX.length);
  }

  /** Encrypts; returns `ciphertext || tag`. `nonce` is 24 bytes that were never used under this key. */
  seal(nonce: Uint8Array, plaintext: Uint8Array, additionalData: Uint8Array): Buffer {
    const messageKey = this.#deriveMessageKey(nonce);
    try {
      return sealAes256Gcm(messageKey, nonce.subarray(HALF_NONCE_LENGTH), plaintext, additionalData);
    } finally {
      messageKey.fill(0);
    }
  }

  /**
   * Decrypts `sealed` (`ciphertext || tag`). Returns the plaintext, which is the caller's to wipe, or
   * `undefined` when it is not authentic.
   */
  open(nonce: Uint8Array, sealed: Uint8Array, additionalData: Uint8Array): Buffer | undefined {
    const messageKey = this.#deriveMessageKey(nonce);
    try {
      return openAes256Gcm(messageKey, nonce.subarray(HALF_NONCE_LENGTH), sealed, additionalData);
    } finally {
      messageKey.fill(0);
    }
  }

  /** Wipes the key; every later use throws. */
  destroy(): void {
    this.#aes.final(); // frees and cleanses OpenSSL's key schedule
    this.#subkey.fill(0);
    this.#blocks.fill(0);
  }

  /** Kx = AES(M1 xor K1) || AES(M2 xor K1) for the first half of `nonce`. */
  #deriveMessageKey(nonce: Uint8Array): Buffer {
    if (nonce.length !== NONCE_LENGTH) {
      throw new RangeError(`an XAES-256-GCM nonce has ${NONCE_LENGTH} bytes, not ${nonce.length}`);
    }
    const blocks = this.#blocks;
    for (let i = 0; i < HALF_NONCE_LENGTH; i++) {
      const byte = byteAt(nonce, i) ^ byteAt(this.#subkey, i);
      blocks[M1_PREFIX.length + i] = byte;
      blocks[BLOCK_LENGTH + M2_PREFIX.length + i] = byte;
    }
    return this.#aes.update(blocks);
  }
}

/** The CMAC subkey of `block` (NIST SP 800-38B): multiplied by x in GF(2^128), in place. */
function doubled(block: Buffer): Buffer {
  // Without a branch on the carry, which is a secret bit.
  const reduction = -(byteAt(block, 0) >> 7) & 0x87;
  for (let i = 0; i < BLOCK_LENGTH - 1; i++) {
    block[i] = (byteAt(block, i) << 1) | (byteAt(block, i + 1) >> 7);
  }
  block[BLOCK_LENGTH - 1] = (byteAt(block, BLOCK_LENGTH - 1) << 1) ^ reduction;
  return block;
}

/** `bytes[index]` for an index known to be in range, where the type checker can't know. */
function byteAt(bytes: Uint8Array | readonly number[], index: number): number {
  return bytes[index] ?? 0;
}

import { TAG_LENGTH } from './aes-256-gcm.ts';
import { type EncryptionContext, encodeEncryptionContext } from './encryption-context.ts';
import { NoncePool, type NonceSource } from './nonce.ts';
import { NONCE_LENGTH, XaesKey } from './xaes-256-gcm.ts';

/*
 * The ciphertext blob, format version 1, byte by byte in `docs/ciphertext-format.md`:
 *
 *   version (1) | key id form (1) | key id (16) | key material id (32) | nonce (24) | ciphertext (n) | tag (16)
 *   \____________________________ header ____________________________/
 *
 * A version never changes meaning: what is written here must be readable for as long as anyone keeps a blob.
 */
const VERSION = 1;
const UUID_FORM = 0;
const MULTI_REGION_FORM = 1;

const FORM_OFFSET = 1;
const KEY_ID_OFFSET = 2;
const KEY_MATERIAL_ID_OFFSET = 18;
const NONCE_OFFSET = 50;
const SEALED_OFFSET = NONCE_OFFSET + NONCE_LENGTH;

/** Bytes by which a ciphertext blob is longer than its plaintext. */
export const CIPHERTEXT_OVERHEAD = SEALED_OFFSET + TAG_LENGTH;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MULTI_REGION_KEY_ID = /^mrk-[0-9a-f]{32}$/;
const KEY_MATERIAL_ID = /^[0-9a-f]{64}$/;

/** What a ciphertext blob says of itself in the clear. */
export interface CiphertextHeader {
  /** The key: a lower-case UUID, or `mrk-` and 32 lower-case hex digits. */
  readonly keyId: string;
  /** The material of that key: 64 lower-case hex digits. */
  readonly keyMaterialId: string;
}

/**
 * A ciphertext blob, taken apart. Nothing of it is authentic before `SymmetricKeyMaterial.decrypt` says so.
 * `nonce` and `sealed` are views of the blob.
 */
export interface ParsedCiphertext extends CiphertextHeader {
  /** 24 bytes. */
  readonly nonce: Uint8Array;
  /** Ciphertext and tag. */
  readonly sealed: Uint8Array;
}

/** Takes a ciphertext blob apart; `undefined` when it is not one of ours (too short, unknown version or form). */
export function parseCiphertext(blob: Uint8Array): ParsedCiphertext | undefined {
  if (blob.length < CIPHERTEXT_OVERHEAD || blob[0] !== VERSION) return undefined;
  const form = blob[FORM_OFFSET];
  if (form !== UUID_FORM && form !== MULTI_REGION_FORM) return undefined;
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.length);
  const keyIdDigits = bytes.toString('hex', KEY_ID_OFFSET, KEY_MATERIAL_ID_OFFSET);
  return {
    keyId: form === UUID_FORM ? formatUuid(keyIdDigits) : `mrk-${keyIdDigits}`,
    keyMaterialId: bytes.toString('hex', KEY_MATERIAL_ID_OFFSET, NONCE_OFFSET),
    nonce: bytes.subarray(NONCE_OFFSET, SEALED_OFFSET),
    sealed: bytes.subarray(SEALED_OFFSET),
  };
}

/** One pool for all keys of the process: a nonce is random, whichever key takes it. */
const sharedNonces = new NoncePool();

/**
 * One key material of a symmetric encryption key, ready for use: lives in the entry cache beside its key and
 * holds what all messages have in common (the header, the AES key schedule).
 */
export class SymmetricKeyMaterial {
  readonly keyId: string;
  readonly keyMaterialId: string;
  readonly #header: Buffer;
  readonly #key: XaesKey;
  readonly #nonces: NonceSource;

  /**
   * `key` is 32 bytes, which the caller may wipe afterwards; `nonces` are replaced in tests only.
   *
   * @throws RangeError when an id of the header is not of its form, or the key not of its length.
   */
  constructor(header: CiphertextHeader, key: Uint8Array, nonces: NonceSource = sharedNonces) {
    this.keyId = header.keyId;
    this.keyMaterialId = header.keyMaterialId;
    this.#header = encodeHeader(header);
    this.#key = new XaesKey(key);
    this.#nonces = nonces;
  }

  /** Encrypts `plaintext` to a ciphertext blob that opens under the same encryption context only. */
  encrypt(plaintext: Uint8Array, context: EncryptionContext | undefined): Buffer {
    const additionalData = this.#additionalData(context);
    const nonce = this.#nonces.take();
    return Buffer.concat([this.#header, nonce, this.#key.seal(nonce, plaintext, additionalData)]);
  }

  /**
   * Decrypts. Returns the plaintext, which is the caller's to wipe, or `undefined` when the blob was altered,
   * was made under another encryption context, or by another key or key material than this.
   */
  decrypt(ciphertext: ParsedCiphertext, context: EncryptionContext | undefined): Buffer | undefined {
    // What is authenticated below is this handle's own header, so first see that the blob's says the same.
    if (ciphertext.keyId !== this.keyId || ciphertext.keyMaterialId !== this.keyMaterialId) return undefined;
    return this.#key.open(ciphertext.nonce, ciphertext.sealed, this.#additionalData(context));
  }

  /** Header, then canonical encryption context. The header's length is fixed, so that the two cannot blur. */
  #additionalData(context: EncryptionContext | undefined): Buffer {
    const encodedContext = encodeEncryptionContext(context);
    return encodedContext.length === 0 ? this.#header : Buffer.concat([this.#header, encodedContext]);
  }
}

function encodeHeader({ keyId, keyMaterialId }: CiphertextHeader): Buffer {
  const isMultiRegion = MULTI_REGION_KEY_ID.test(keyId);
  if (!isMultiRegion && !UUID.test(keyId)) {
    throw new RangeError(
      `key id ${keyId} is neither a lower-case UUID nor mrk- and 32 lower-case hex digits`,
    );
  }
  if (!KEY_MATERIAL_ID.test(keyMaterialId)) {
    throw new RangeError(`key material id ${keyMaterialId} is not 64 lower-case hex digits`);
  }
  const form = isMultiRegion ? MULTI_REGION_FORM : UUID_FORM;
  const digits = keyId.replace('mrk-', '').replaceAll('-', '') + keyMaterialId;
  return Buffer.concat([Buffer.of(VERSION, form), Buffer.from(digits, 'hex')]);
}

/** 32 hex digits in the groups of a UUID. */
function formatUuid(digits: string): string {
  const group = (start: number, end: number) => digits.slice(start, end);
  return `${group(0, 8)}-${group(8, 12)}-${group(12, 16)}-${group(16, 20)}-${group(20, 32)}`;
}

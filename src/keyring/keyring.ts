import { createHmac, timingSafeEqual } from 'node:crypto';
import { encodeLengthPrefixed, NoncePool, XaesKey } from '../crypto/index.ts';
import { deriveKey, KEY_LENGTH, type Purpose } from './derivation.ts';
import { authenticateColumns, type RecordColumns } from './record-mac.ts';
import { unwrapUnder, wrapUnder } from './wrapping.ts';

/** What a value is wrapped as; one can't be unwrapped as the other. */
export type WrapPurpose = 'key-material' | 'secret';

/**
 * Everything that the root key protects, and all that the rest of the service can do with it: the root key
 * itself and the keys derived from it never leave. After `destroy`, every method throws a `KeyringError`.
 *
 * Strings (identities, scopes, positions, text columns) must be well-formed Unicode; others throw a `TypeError`.
 */
export interface Keyring {
  /**
   * Encrypts a secret for the store. `identity` says what it is and where it belongs (account, region, key id,
   * …); the same identity, part by part, is needed to unwrap, so that a value moved to another row is refused.
   */
  wrap(purpose: WrapPurpose, plaintext: Uint8Array, identity: readonly string[]): Buffer;

  /**
   * Decrypts what `wrap` made. The result is the caller's to wipe.
   *
   * @throws KeyringError when the value was altered, or wrapped for another purpose, identity or root key.
   */
  unwrap(purpose: WrapPurpose, wrapped: Uint8Array, identity: readonly string[]): Buffer;

  /** The authentication code of a row: 32 bytes that cover the table's name and all columns that aren't null. */
  authenticateRecord(table: string, columns: RecordColumns): Buffer;

  /** Whether `mac` is the code of this row. Takes the same time wherever a wrong code differs. */
  verifyRecord(table: string, columns: RecordColumns, mac: Uint8Array): boolean;

  /**
   * The key material id: 64 lower-case hex digits, the same for the same material of the same key, and without
   * the root key of no use for guessing the material.
   */
  identifyKeyMaterial(keyId: string, material: Uint8Array): string;

  /**
   * Makes a pagination marker of a position: opaque, authenticated, base64url. `scope` says which listing it
   * continues (operation, account, region, …); it opens in that scope only.
   */
  sealMarker(scope: readonly string[], position: string): string;

  /** The position in a marker, or `undefined` when `sealMarker` didn't make it for this scope. */
  openMarker(scope: readonly string[], marker: string): string | undefined;

  /** Makes a token of a text, such as what a grant is found by: opaque, authenticated, base64, never the same twice. */
  sealGrantToken(text: string): string;

  /** The text in a grant token, or `undefined` when `sealGrantToken` didn't make it. */
  openGrantToken(token: string): string | undefined;

  /**
   * Encrypts a session token. `identity` is whom it goes with; the same identity is needed to open it.
   */
  sealSessionToken(identity: readonly string[], plaintext: Uint8Array): Buffer;

  /**
   * What `sealSessionToken` encrypted, or `undefined` when it didn't make this token for this identity. The result is
   * the caller's to wipe.
   */
  openSessionToken(identity: readonly string[], token: Uint8Array): Buffer | undefined;

  /**
   * Encrypts an import token. `identity` is the KMS key that it is for; the same identity is needed to open it.
   */
  sealImportToken(identity: readonly string[], plaintext: Uint8Array): Buffer;

  /**
   * What `sealImportToken` encrypted, or `undefined` when it didn't make this token for this identity. The result is the
   * caller's to wipe.
   */
  openImportToken(identity: readonly string[], token: Uint8Array): Buffer | undefined;

  /** A public value, 32 lower-case hex digits, that tells one root key from another within a store. */
  readonly rootKeyId: string;

  /** Wipes all derived keys. */
  destroy(): void;
}

/** The root key does not open what it was asked to open, or is gone. Messages never hold secrets. */
export class KeyringError extends Error {
  override readonly name = 'KeyringError';
}

/**
 * Derives the keyring of a store. `rootKey` is 32 bytes, which the caller wipes afterwards; `storeId` is the
 * store's own id, so that two stores with the same root key still don't share a key.
 */
export function createKeyring(rootKey: Uint8Array, storeId: string): Keyring {
  if (rootKey.length !== KEY_LENGTH) {
    throw new RangeError(`a root key has ${KEY_LENGTH} bytes, not ${rootKey.length}`);
  }
  if (storeId === '') throw new RangeError('a keyring needs the id of the store that it protects');
  return new DerivedKeyring((purpose) => deriveKey(rootKey, storeId, purpose));
}

class DerivedKeyring implements Keyring {
  readonly rootKeyId: string;
  readonly #wrappingKeys: Readonly<Record<WrapPurpose, XaesKey>>;
  readonly #markerKey: XaesKey;
  readonly #grantTokenKey: XaesKey;
  readonly #sessionTokenKey: XaesKey;
  readonly #importTokenKey: XaesKey;
  readonly #recordKey: Buffer;
  readonly #materialIdKey: Buffer;
  readonly #nonces = new NoncePool();
  #destroyed = false;

  constructor(derive: (purpose: Purpose) => Buffer) {
    this.#wrappingKeys = {
      'key-material': encryptionKey(derive('wrap-key-material')),
      secret: encryptionKey(derive('wrap-secrets')),
    };
    this.#markerKey = encryptionKey(derive('seal-markers'));
    this.#grantTokenKey = encryptionKey(derive('seal-grant-tokens'));
    this.#sessionTokenKey = encryptionKey(derive('seal-session-tokens'));
    this.#importTokenKey = encryptionKey(derive('seal-import-tokens'));
    this.#recordKey = derive('authenticate-records');
    this.#materialIdKey = derive('identify-key-material');
    this.rootKeyId = derive('identify-root-key').toString('hex', 0, 16);
  }

  wrap(purpose: WrapPurpose, plaintext: Uint8Array, identity: readonly string[]): Buffer {
    this.#requireKeys();
    return wrapUnder(this.#wrappingKeys[purpose], this.#nonces, plaintext, identity);
  }

  unwrap(purpose: WrapPurpose, wrapped: Uint8Array, identity: readonly string[]): Buffer {
    this.#requireKeys();
    const plaintext = unwrapUnder(this.#wrappingKeys[purpose], wrapped, identity);
    if (plaintext === undefined) throw notAuthentic(purpose, identity, this.rootKeyId);
    return plaintext;
  }

  authenticateRecord(table: string, columns: RecordColumns): Buffer {
    this.#requireKeys();
    return authenticateColumns(this.#recordKey, table, columns);
  }

  verifyRecord(table: string, columns: RecordColumns, mac: Uint8Array): boolean {
    const expected = this.authenticateRecord(table, columns);
    return mac.length === expected.length && timingSafeEqual(mac, expected);
  }

  identifyKeyMaterial(keyId: string, material: Uint8Array): string {
    this.#requireKeys();
    // The material comes last and by itself: it is never copied into an encoding that would have to be wiped.
    const hmac = createHmac('sha256', this.#materialIdKey);
    return hmac
      .update(encodeLengthPrefixed([keyId]))
      .update(material)
      .digest('hex');
  }

  sealMarker(scope: readonly string[], position: string): string {
    this.#requireKeys();
    if (!position.isWellFormed()) throw new TypeError('a position with a lone surrogate has no UTF-8 form');
    return wrapUnder(this.#markerKey, this.#nonces, Buffer.from(position), scope).toString('base64url');
  }

  openMarker(scope: readonly string[], marker: string): string | undefined {
    this.#requireKeys();
    const wrapped = Buffer.from(marker, 'base64url');
    // Node skips what isn't base64url; a marker has one spelling only.
    if (wrapped.toString('base64url') !== marker) return undefined;
    return unwrapUnder(this.#markerKey, wrapped, scope)?.toString();
  }

  sealGrantToken(text: string): string {
    this.#requireKeys();
    return wrapUnder(this.#grantTokenKey, this.#nonces, Buffer.from(text), []).toString('base64');
  }

  openGrantToken(token: string): string | undefined {
    this.#requireKeys();
    const wrapped = Buffer.from(token, 'base64');
    // Node skips what isn't base64; a token has one spelling only.
    if (wrapped.toString('base64') !== token) return undefined;
    return unwrapUnder(this.#grantTokenKey, wrapped, [])?.toString();
  }

  sealSessionToken(identity: readonly string[], plaintext: Uint8Array): Buffer {
    this.#requireKeys();
    return wrapUnder(this.#sessionTokenKey, this.#nonces, plaintext, identity);
  }

  openSessionToken(identity: readonly string[], token: Uint8Array): Buffer | undefined {
    this.#requireKeys();
    return unwrapUnder(this.#sessionTokenKey, token, identity);
  }

  sealImportToken(identity: readonly string[], plaintext: Uint8Array): Buffer {
    this.#requireKeys();
    return wrapUnder(this.#importTokenKey, this.#nonces, plaintext, identity);
  }

  openImportToken(identity: readonly string[], token: Uint8Array): Buffer | undefined {
    this.#requireKeys();
    return unwrapUnder(this.#importTokenKey, token, identity);
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    const { 'key-material': materialKey, secret: secretKey } = this.#wrappingKeys;
    const tokenKeys = [this.#grantTokenKey, this.#sessionTokenKey, this.#importTokenKey];
    for (const key of [materialKey, secretKey, this.#markerKey, ...tokenKeys]) key.destroy();
    this.#recordKey.fill(0);
    this.#materialIdKey.fill(0);
  }

  /** A wiped key still computes: under zeroes, which anyone knows. */
  #requireKeys(): void {
    if (this.#destroyed)
      throw new KeyringError('the keyring was destroyed; create it again from the root key');
  }
}

function encryptionKey(derivedKey: Buffer): XaesKey {
  try {
    return new XaesKey(derivedKey);
  } finally {
    derivedKey.fill(0);
  }
}

function notAuthentic(purpose: WrapPurpose, identity: readonly string[], rootKeyId: string): KeyringError {
  return new KeyringError(
    `the wrapped ${purpose} of ${identity.join('/')} does not open under root key ${rootKeyId}: ` +
      'it was altered, moved from another record, or wrapped under another root key',
  );
}

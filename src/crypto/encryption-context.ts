import { ServiceError } from '../errors.ts';
import { encodeLengthPrefixed } from './length-prefixed.ts';

/** The encryption context of a request: non-secret names and values that a ciphertext is bound to. */
export type EncryptionContext = Readonly<Record<string, string>>;

const EMPTY = Buffer.alloc(0);

/**
 * The canonical encoding of an encryption context: its pairs in the order of the UTF-8 bytes of their keys,
 * each as key and value, both length-prefixed (`docs/ciphertext-format.md`). Two contexts encode alike
 * exactly when they hold the same pairs; an absent context and `{}` are the same and encode to nothing.
 * Keys and values are compared byte by byte: case counts, and nothing is normalized.
 *
 * A key or value with a lone surrogate (JSON can smuggle one in as `"\ud800"`) is refused with
 * ValidationException. UTF-8 has no bytes for it; encoded as U+FFFD, as usual, it would let contexts that
 * differ decrypt each other's ciphertexts.
 */
export function encodeEncryptionContext(context: EncryptionContext | undefined): Buffer {
  if (context === undefined) return EMPTY;
  const keys = Object.keys(context);
  if (keys.length === 0) return EMPTY;
  if (keys.length > 1) keys.sort(compareByUtf8);
  const parts: string[] = [];
  for (const key of keys) {
    const value = context[key];
    if (value === undefined || !key.isWellFormed() || !value.isWellFormed()) {
      throw malformedEncryptionContext(key);
    }
    parts.push(key, value);
  }
  return encodeLengthPrefixed(parts);
}

/**
 * Orders well-formed strings as their UTF-8 bytes are ordered. That is the order of UTF-16 code units, except
 * that surrogates (code points from U+10000 on) come after all other code units.
 */
function compareByUtf8(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (isSurrogate(x) === isSurrogate(y)) return x - y;
    return isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(codeUnit: number): boolean {
  return (codeUnit & 0xf800) === 0xd800;
}

function malformedEncryptionContext(key: string): ServiceError {
  const name = JSON.stringify(key);
  return new ServiceError(
    'ValidationException',
    `Encryption context key ${name} or its value is not well-formed Unicode text; remove the lone surrogate.`,
  );
}

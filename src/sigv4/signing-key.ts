import { createHmac, hash } from 'node:crypto';

/** Block size of SHA-256 in bytes, to which HMAC pads its key (FIPS 198-1, RFC 2104). */
const BLOCK_LENGTH = 64;
const DIGEST_LENGTH = 32;
const ALGORITHM = 'AWS4-HMAC-SHA256\n';
const DATE_LENGTH = 'YYYYMMDDTHHMMSSZ'.length;

/** Where in the inner message the parts of the string to sign that differ from request to request lie. */
const DATE_AT = BLOCK_LENGTH + ALGORITHM.length;

/**
 * A signing key (SigV4, "Calculate the signature"), kept ready to sign.
 *
 * HMAC(key, message) is H(outer pad ‖ H(inner pad ‖ message)), and within one scope every string to sign has
 * the same length and differs only in its date and hash. So both messages are kept as buffers, their pads and
 * fixed parts in place: a signature is two one-shot hashes, and no native object is made for it.
 *
 * The pads are as good as the key itself: `wipe` when it is no longer needed.
 */
export class SigningKey {
  readonly #secretAccessKey: string;
  /** Inner pad ‖ algorithm ‖ date ‖ scope ‖ hash of the canonical request in hexadecimal. */
  readonly #inner: Buffer;
  readonly #canonicalHashAt: number;
  /** Outer pad ‖ digest of the inner message. */
  readonly #outer = Buffer.alloc(BLOCK_LENGTH + DIGEST_LENGTH);

  /**
   * Derives the key of `secretAccessKey`, whose UTF-8 bytes key the first HMAC, for a `scope` such as
   * `20150830/us-east-1/kms/aws4_request`.
   */
  constructor(secretAccessKey: string, scope: string) {
    const scopeAt = DATE_AT + DATE_LENGTH;
    const scopeLine = `\n${scope}\n`;
    this.#secretAccessKey = secretAccessKey;
    this.#canonicalHashAt = scopeAt + scopeLine.length;
    this.#inner = Buffer.alloc(this.#canonicalHashAt + 2 * DIGEST_LENGTH);
    this.#inner.write(ALGORITHM, BLOCK_LENGTH, 'latin1');
    this.#inner.write(scopeLine, scopeAt, 'latin1');

    const key = deriveKey(secretAccessKey, scope.split('/'));
    for (let index = 0; index < BLOCK_LENGTH; index += 1) {
      const byte = key[index] ?? 0;
      this.#inner[index] = byte ^ 0x36;
      this.#outer[index] = byte ^ 0x5c;
    }
    key.fill(0);
  }

  /** Whether the key was derived from this secret. Both are the server's own, so time tells nobody anything. */
  isDerivedFrom(secretAccessKey: string): boolean {
    return this.#secretAccessKey === secretAccessKey;
  }

  /**
   * The signature, in lower-case hexadecimal, of a request of `date` (`YYYYMMDDTHHMMSSZ`) whose canonical
   * request has the SHA-256 `canonicalHash` (lower-case hexadecimal).
   */
  sign(date: string, canonicalHash: string): string {
    this.#inner.write(date, DATE_AT, 'latin1');
    this.#inner.write(canonicalHash, this.#canonicalHashAt, 'latin1');
    this.#outer.write(hash('sha256', this.#inner, 'binary'), BLOCK_LENGTH, 'latin1');
    return hash('sha256', this.#outer, 'hex');
  }

  /** Overwrites the key. A wiped key must not sign. */
  wipe(): void {
    this.#inner.fill(0);
    this.#outer.fill(0);
  }
}

/** HMACs one part of the scope after the other, each keyed with the result before. */
function deriveKey(secretAccessKey: string, parts: readonly string[]): Buffer {
  let key = Buffer.from(`AWS4${secretAccessKey}`, 'utf8');
  for (const part of parts) {
    const next = createHmac('sha256', key).update(part, 'latin1').digest();
    key.fill(0);
    key = next;
  }
  return key;
}

import { hash, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Presented } from './authorization.ts';
import { canonicalRequest, readSignedHeaders, type SignedHeaders, type SignedRequest } from './canonical.ts';
import { signatureExpired, signatureMismatch, signatureNotYetCurrent } from './refusals.ts';
import { SigningKey } from './signing-key.ts';
import { formatTimestamp } from './timestamp.ts';

/** How far a request's date may lie from the server's clock, in seconds. */
const ALLOWED_SKEW = 5 * 60;

/** Signing keys kept unless told otherwise: credentials in use at a time, times their Regions and services. */
const DEFAULT_CACHE_SIZE = 4096;

/** Length of a signature in hexadecimal characters. */
const SIGNATURE_LENGTH = 64;

/** What is kept of a credential that passed: its signing key, and what it signed last, which it mostly signs again. */
interface Kept {
  readonly key: SigningKey;
  signedHeaders: SignedHeaders;
}

/**
 * Verifies signatures, and keeps the signing keys of credentials that lately passed.
 *
 * Only a key that has verified a request is kept. Whoever knows no secret can neither fill the cache nor push
 * others out of it, and a credential whose secret was changed is served by its old key at no time.
 */
export class SignatureVerifier {
  readonly #kept: LRUCache<string, Kept>;
  readonly #expected = Buffer.alloc(SIGNATURE_LENGTH);
  readonly #presented = Buffer.alloc(SIGNATURE_LENGTH);

  /** `cacheSize` is the number of signing keys kept, at least 1. */
  constructor(options?: { cacheSize?: number }) {
    this.#kept = new LRUCache({
      max: options?.cacheSize ?? DEFAULT_CACHE_SIZE,
      dispose: ({ key }) => key.wipe(),
    });
  }

  /**
   * Returns if `request` was signed, as `presented` says, with `secretAccessKey`, and its signature is current
   * at `now` (milliseconds since the Unix epoch).
   *
   * Throws InvalidSignatureException: expired, not yet current, not covering what it must, or a mismatch.
   */
  verify(request: SignedRequest, presented: Presented, secretAccessKey: string, now: number): void {
    const { credential, form, date } = presented;
    demandCurrent(presented, Math.floor(now / 1000));

    const kept = this.#kept.get(credential);
    const signedHeaders =
      kept?.signedHeaders.text === presented.signedHeaders
        ? kept.signedHeaders
        : readSignedHeaders(presented.signedHeaders);
    const bodySha256 = hash('sha256', request.body, 'hex');
    const canonical = canonicalRequest(request, form, signedHeaders, bodySha256);
    const canonicalSha256 = hash('sha256', canonical, 'hex');

    const key = kept?.key.isDerivedFrom(secretAccessKey) ? kept.key : deriveKey(secretAccessKey, presented);
    if (!this.#areEqual(key.sign(date, canonicalSha256), presented.signature)) {
      if (key !== kept?.key) key.wipe();
      throw signatureMismatch();
    }
    if (kept?.key === key) kept.signedHeaders = signedHeaders;
    else this.#kept.set(credential, { key, signedHeaders });
  }

  /** Compares two signatures in a time that does not depend on where they differ. */
  #areEqual(expected: string, presented: string): boolean {
    if (presented.length !== SIGNATURE_LENGTH) return false;
    this.#expected.write(expected, 'latin1');
    this.#presented.write(presented, 'latin1');
    return timingSafeEqual(this.#expected, this.#presented);
  }
}

function deriveKey(secretAccessKey: string, presented: Presented): SigningKey {
  return new SigningKey(secretAccessKey, presented.credential.slice(presented.accessKeyId.length + 1));
}

/** Refuses a signature whose date is too far from `now`, in seconds since the Unix epoch. */
function demandCurrent(presented: Presented, now: number): void {
  const { date, seconds } = presented;
  const validity = presented.expires ?? ALLOWED_SKEW;
  if (seconds < now - validity) {
    throw signatureExpired(date, formatTimestamp(now - validity), formatTimestamp(now), duration(validity));
  }
  if (seconds > now + ALLOWED_SKEW) {
    throw signatureNotYetCurrent(
      date,
      formatTimestamp(now + ALLOWED_SKEW),
      formatTimestamp(now),
      duration(ALLOWED_SKEW),
    );
  }
}

/** A duration in seconds as AWS writes it. */
function duration(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60} min.` : `${seconds} sec.`;
}

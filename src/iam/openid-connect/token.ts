import { decodeJwt, decodeProtectedHeader } from 'jose';
import { normalizeIssuer } from './provider.ts';
import {
  algorithmNotAccepted,
  criticalExtension,
  malformedToken,
  missingClaim,
  tokenLength,
} from './refusals.ts';

/** Lengths in characters that AWS STS accepts. */
const MINIMUM_LENGTH = 4;
const MAXIMUM_LENGTH = 20_000;

/** Base64url without padding (RFC 7515, section 2), more strictly than decoders take it. */
const COMPACT_FORM = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** Asymmetric only: with a key that is public, a MAC (`HS256`) proves nothing. */
export const ALGORITHMS: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];

/** The key by which a token says that it is signed. */
export interface KeyReference {
  /** One of `ALGORITHMS`. */
  readonly alg: string;
  readonly kid: string | undefined;
}

/** What a token says, none of it verified. */
export interface UnverifiedToken {
  readonly key: KeyReference;
  /** As in the token, perhaps with a trailing slash. */
  readonly issuer: string;
  /** The claims, of which only `iss` is known to have the right type. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * Takes a token apart without trusting anything in it.
 *
 * @throws InvalidIdentityToken when it is not a JSON Web Token that an accepted algorithm could have signed
 */
export function readToken(token: string): UnverifiedToken {
  if (token.length < MINIMUM_LENGTH || token.length > MAXIMUM_LENGTH) {
    throw tokenLength(MINIMUM_LENGTH, MAXIMUM_LENGTH);
  }
  if (!COMPACT_FORM.test(token)) throw malformedToken();
  const { header, payload } = decode(token);
  const { alg, kid } = header;
  if (typeof alg !== 'string' || (kid !== undefined && typeof kid !== 'string')) throw malformedToken();
  if (!ALGORITHMS.includes(alg)) throw algorithmNotAccepted(alg, ALGORITHMS);
  // Also what makes `payload` surely the part that is signed: an extension (RFC 7797) could have it signed unencoded.
  if ('crit' in header) throw criticalExtension();
  const issuer = payload['iss'];
  if (typeof issuer !== 'string' || issuer === '') throw missingClaim('iss');
  return { key: { alg, kid }, issuer, payload };
}

/**
 * Reads the issuer of a token without trusting anything, so that its provider can be looked up.
 *
 * @returns the issuer as a `WebIdentityProvider` names it: without trailing slash
 * @throws InvalidIdentityToken when the token could not be verified whatever the provider
 */
export function readIssuer(token: string): string {
  return normalizeIssuer(readToken(token).issuer);
}

function decode(token: string): { header: Record<string, unknown>; payload: Record<string, unknown> } {
  try {
    return { header: decodeProtectedHeader(token), payload: decodeJwt(token) };
  } catch (error) {
    throw malformedToken(error);
  }
}

import { ServiceError } from '../../errors.ts';

/*
 * Every refusal of this room, each text in one place. Texts that AWS STS is known to answer are AWS's to the
 * letter; the others say what was found and what would be accepted.
 */

const invalid = (message: string, cause?: unknown) =>
  new ServiceError('InvalidIdentityToken', message, { cause });

/** A text that others chose, not all of it if it is long. */
const cut = (text: string) => (text.length > 100 ? `${text.slice(0, 100)}…` : text);

/** The same in quotes, with control characters escaped. */
const quote = (text: string) => JSON.stringify(cut(text));

/** The token is shorter or longer than any token may be; lengths in characters. */
export function tokenLength(minimum: number, maximum: number): ServiceError {
  return invalid(`The token must have ${minimum} to ${maximum} characters.`);
}

/** The token is not a signed JSON Web Token in compact form. */
export function malformedToken(cause?: unknown): ServiceError {
  return invalid(
    'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    cause,
  );
}

/** The token's header says that it is signed by an algorithm that is not in `accepted`, or not at all. */
export function algorithmNotAccepted(algorithm: string, accepted: readonly string[]): ServiceError {
  return invalid(
    `The token's signing algorithm ${quote(algorithm)} is not accepted; use one of ${accepted.join(', ')}.`,
  );
}

/** The token's header demands extensions of the format (RFC 7515, section 4.1.11); none is understood. */
export function criticalExtension(): ServiceError {
  return invalid("The token's header must not contain 'crit'.");
}

/** The token comes from another issuer than the provider that it is verified for. */
export function incorrectIssuer(issuer: string, expected: string): ServiceError {
  return invalid(`The token's issuer must be ${quote(expected)}, not ${quote(issuer)}.`);
}

/** None of the issuer's keys has the id and suits the algorithm that the token's header names. */
export function unknownKey(keyId: string | undefined, algorithm: string): ServiceError {
  const key = keyId === undefined ? 'key' : `key with id ${quote(keyId)}`;
  return invalid(`The identity provider publishes no ${key} for the algorithm ${quote(algorithm)}.`);
}

/** Several of the issuer's keys have the id and suit the algorithm that the token's header names. */
export function ambiguousKey(): ServiceError {
  return invalid("Several of the identity provider's keys fit the token; its header must name one by 'kid'.");
}

/** The issuer's key for this token is malformed, too short, or not a public key. */
export function unusableKey(cause?: unknown): ServiceError {
  return invalid(
    "The identity provider's key for this token cannot be used; publish a public key, if RSA of 2048 bits or more.",
    cause,
  );
}

/** The signature is not one by the issuer's key over this token. */
export function incorrectSignature(cause: unknown): ServiceError {
  return invalid('The token signature is invalid.', cause);
}

/** The token lacks a claim without which it is not accepted. */
export function missingClaim(claim: string): ServiceError {
  return invalid(`Missing a required claim: ${claim}`);
}

/** A claim's value is not of the form that it must have; `form` continues "must be". */
export function malformedClaim(claim: string, form: string): ServiceError {
  return invalid(`The claim ${quote(claim)} must be ${form}.`);
}

/** Neither the authorized party nor an audience of the token is registered with the provider. */
export function incorrectAudience(): ServiceError {
  return invalid('Incorrect token audience');
}

/** The token is from the future by the claim `nbf` or `iat`; times in seconds since the Unix epoch. */
export function notYetValid(claim: 'nbf' | 'iat', now: number, time: number): ServiceError {
  return invalid(`Token not yet valid: current date/time ${now} is before the token's '${claim}' ${time}`);
}

/** The token's time is over; times in seconds since the Unix epoch. */
export function expiredToken(now: number, expiration: number): ServiceError {
  return new ServiceError(
    'ExpiredWebIdentityToken',
    `Token expired: current date/time ${now} must be before the expiration date/time ${expiration}`,
  );
}

/**
 * The issuer's keys could not be had from `host` (with port, if not the usual one); trying again may help.
 * `reason` completes "… could not be read: ".
 */
export function providerFailure(host: string, reason: string, cause?: unknown): ServiceError {
  return new ServiceError(
    'IDPCommunicationError',
    `The keys of the identity provider at ${cut(host)} could not be read: ${reason}.`,
    { cause },
  );
}

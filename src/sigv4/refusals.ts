import { ServiceError } from '../errors.ts';

/*
 * Every refusal of this room, each text in one place. Texts that AWS is known to answer are AWS's to the
 * letter, their trailing spaces included; the others say what was found and what would be accepted.
 */

const incomplete = (message: string) => new ServiceError('IncompleteSignatureException', message);
const invalid = (message: string) => new ServiceError('InvalidSignatureException', message);

/** The request carries no Signature Version 4 authentication at all. AWS KMS answers without text. */
export function missingAuthenticationToken(): ServiceError {
  return new ServiceError('MissingAuthenticationTokenException');
}

/** The request is signed in both forms, so that it is unclear which one to believe. */
export function signedTwice(): ServiceError {
  return invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.");
}

/** A header or parameter that decides the authentication occurs more than once. */
export function repeated(what: string): ServiceError {
  return incomplete(`Found more than one '${what}'; send it once.`);
}

/** A part of the request is longer than any signer makes it. */
export function tooLong(what: string, limit: number): ServiceError {
  return incomplete(`The ${what} is longer than ${limit} characters; shorten it.`);
}

/** The Authorization header lacks the `missing` parameters, or the request lacks a date. */
export function incompleteAuthorization(
  missing: readonly string[],
  dateIsMissing: boolean,
  authorization: string,
): ServiceError {
  const sentences = missing.map((name) => `Authorization header requires '${name}' parameter. `);
  if (dateIsMissing) {
    sentences.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
  }
  return incomplete(`${sentences.join('')}Authorization=${authorization}`);
}

/** The query string lacks the `missing` parameters. */
export function incompleteQueryString(missing: readonly string[]): ServiceError {
  const sentences = missing.map((name) => `AWS query-string parameters must include '${name}'. `);
  return incomplete(`${sentences.join('')}Re-examine the query-string parameters.`);
}

/** An algorithm other than AWS4-HMAC-SHA256. */
export function unsupportedAlgorithm(algorithm: string): ServiceError {
  return incomplete(`Unsupported AWS 'algorithm': '${algorithm}' (only AWS4-HMAC-SHA256 for now). `);
}

/** The request's date is neither ISO 8601 basic format nor, in a Date header, an HTTP date. */
export function malformedDate(date: string): ServiceError {
  return incomplete(
    `Date must be in ISO-8601 'basic format'. Got '${date}'. See http://en.wikipedia.org/wiki/ISO_8601`,
  );
}

/** X-Amz-Expires is not a whole number of seconds within `limit`. */
export function malformedExpires(expires: string, limit: number): ServiceError {
  return incomplete(`X-Amz-Expires must be a number of seconds from 0 to ${limit}. Got '${expires}'.`);
}

/** The credential does not have the five parts of a scope. */
export function malformedCredential(credential: string): ServiceError {
  return incomplete(
    `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
  );
}

/** The credential is scoped to something else than this request. `faults` come from the functions below. */
export function invalidScope(faults: readonly string[]): ServiceError {
  return invalid(faults.join(''));
}

/** The scope's Region cannot be the name of one. */
export function regionFault(region: string): string {
  return `Credential should be scoped to a valid Region, not '${region}'. `;
}

/** The scope's service is none of those that this endpoint expects. */
export function serviceFault(expected: readonly string[]): string {
  return `Credential should be scoped to correct service: '${expected.join("', '")}'. `;
}

/** The scope does not end in `aws4_request`. */
export function terminatorFault(terminator: string): string {
  return `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'. `;
}

/** The scope's day is not the day of the request's date. */
export function dateFault(scopeDay: string, requestDate: string): string {
  const requestDay = requestDate.slice(0, 8);
  return `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scopeDay}' != '${requestDay}', from '${requestDate}'.`;
}

/** The signature is too old: `date` lies before `limit`, which is `now` less `allowance` (`5 min.`). */
export function signatureExpired(date: string, limit: string, now: string, allowance: string): ServiceError {
  return invalid(`Signature expired: ${date} is now earlier than ${limit} (${now} - ${allowance})`);
}

/** The signature is from the future: `date` lies after `limit`, which is `now` plus `allowance`. */
export function signatureNotYetCurrent(
  date: string,
  limit: string,
  now: string,
  allowance: string,
): ServiceError {
  return invalid(`Signature not yet current: ${date} is still later than ${limit} (${now} + ${allowance})`);
}

/** `host`, which every signature must cover, is not among the signed headers. */
export function unsignedHost(): ServiceError {
  return invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
}

/** The request carries an `x-amz-*` header that its signature does not cover. */
export function unsignedHeader(name: string): ServiceError {
  return invalid(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`);
}

/** The signature covers a header that the request does not carry. */
export function absentSignedHeader(name: string): ServiceError {
  return invalid(`The signed header '${name}' is not in the request; send it, or sign without it.`);
}

/** The list of signed headers is not in canonical form. */
export function disorderedSignedHeaders(signedHeaders: string): ServiceError {
  return invalid(
    `SignedHeaders must name each header once, in lower case and in alphabetical order. Got '${signedHeaders}'.`,
  );
}

/** The list of signed headers is longer than any signer makes it. */
export function tooManySignedHeaders(limit: number): ServiceError {
  return invalid(`SignedHeaders names more than ${limit} headers; sign fewer.`);
}

/** x-amz-content-sha256 says that the signature does not cover the body. */
export function unsignedPayload(contentSha256: string): ServiceError {
  return invalid(
    `The body must be signed: 'x-amz-content-sha256' must be its SHA-256 in hexadecimal, not '${contentSha256}'.`,
  );
}

/** x-amz-content-sha256 is not the hash of the body that arrived. */
export function contentSha256Mismatch(): ServiceError {
  return invalid("The provided 'x-amz-content-sha256' header does not match what was computed.");
}

/** The signature is not the one that the secret access key gives for this request. */
export function signatureMismatch(): ServiceError {
  return invalid(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  );
}

import {
  incompleteAuthorization,
  malformedDate,
  missingAuthenticationToken,
  repeated,
  tooLong,
} from './refusals.ts';
import type { SignatureParts } from './signature-parts.ts';
import { readDateHeader, readTimestamp } from './timestamp.ts';

/** Longest Authorization header in characters, several times what signers produce. */
const MAX_AUTHORIZATION_LENGTH = 8192;

const CREDENTIAL = 'Credential=';
const SIGNED_HEADERS = 'SignedHeaders=';
const SIGNATURE = 'Signature=';

/**
 * Reads a signature from the headers: `Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…,
 * Signature=…`, dated by X-Amz-Date or, in its absence, by Date.
 *
 * Returns undefined when there is no Authorization header. Throws MissingAuthenticationTokenException when it
 * is of another scheme, IncompleteSignatureException when parts are missing, repeated or malformed.
 */
export function readHeaderForm(rawHeaders: readonly string[]): SignatureParts | undefined {
  let authorization: string | undefined;
  let amzDate: string | undefined;
  let httpDate: string | undefined;
  let sessionToken: string | undefined;
  for (let line = 0; line + 1 < rawHeaders.length; line += 2) {
    const name = rawHeaders[line] ?? '';
    // Most headers can be passed over by the length of their name, if it is that of none of the four.
    const { length } = name;
    if (length !== 13 && length !== 10 && length !== 4 && length !== 20) continue;
    const value = rawHeaders[line + 1] ?? '';
    switch (name.toLowerCase()) {
      case 'authorization':
        authorization = once('Authorization', authorization, value);
        break;
      case 'x-amz-date':
        amzDate = once('X-Amz-Date', amzDate, value);
        break;
      case 'date':
        httpDate = once('Date', httpDate, value);
        break;
      case 'x-amz-security-token':
        sessionToken = once('X-Amz-Security-Token', sessionToken, value);
        break;
    }
  }
  if (authorization === undefined) return undefined;
  if (!authorization.startsWith('AWS4-')) throw missingAuthenticationToken();
  if (authorization.length > MAX_AUTHORIZATION_LENGTH) {
    throw tooLong('Authorization header', MAX_AUTHORIZATION_LENGTH);
  }

  const { algorithm, credential, signedHeaders, signature } = readParameters(authorization);
  const date = amzDate ?? httpDate;
  if (!credential || !signature || !signedHeaders || !date) {
    const missing: string[] = [];
    if (!credential) missing.push('Credential');
    if (!signature) missing.push('Signature');
    if (!signedHeaders) missing.push('SignedHeaders');
    throw incompleteAuthorization(missing, !date, authorization);
  }
  const timestamp = amzDate === undefined ? readDateHeader(date) : readTimestamp(date);
  if (timestamp === undefined) throw malformedDate(date);
  return {
    form: 'header',
    algorithm,
    credential,
    signedHeaders,
    signature,
    timestamp,
    sessionToken,
    expires: undefined,
  };
}

/** The algorithm and the comma-separated `name=value` parameters of an Authorization header. */
function readParameters(authorization: string) {
  let credential: string | undefined;
  let signedHeaders: string | undefined;
  let signature: string | undefined;
  const space = authorization.indexOf(' ');
  const algorithm = space === -1 ? authorization : authorization.slice(0, space);
  let start = algorithm.length;
  while (start < authorization.length) {
    const comma = authorization.indexOf(',', start);
    const end = comma === -1 ? authorization.length : comma;
    while (authorization.charAt(start) === ' ') start += 1;
    if (authorization.startsWith(CREDENTIAL, start)) {
      const value = authorization.slice(start + CREDENTIAL.length, end);
      credential = once('Credential', credential, value.trimEnd());
    } else if (authorization.startsWith(SIGNED_HEADERS, start)) {
      const value = authorization.slice(start + SIGNED_HEADERS.length, end);
      signedHeaders = once('SignedHeaders', signedHeaders, value.trimEnd());
    } else if (authorization.startsWith(SIGNATURE, start)) {
      const value = authorization.slice(start + SIGNATURE.length, end);
      signature = once('Signature', signature, value.trimEnd());
    }
    start = end + 1;
  }
  return { algorithm, credential, signedHeaders, signature };
}

/** `value`, unless a header or parameter of this `name` was there `before`. */
function once(name: string, before: string | undefined, value: string): string {
  if (before !== undefined) throw repeated(name);
  return value;
}

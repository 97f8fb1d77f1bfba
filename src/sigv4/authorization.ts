import type { SignedRequest } from './canonical.ts';
import { readHeaderForm } from './header-form.ts';
import { readQueryForm } from './query-form.ts';
import { missingAuthenticationToken, signedTwice, tooLong, unsupportedAlgorithm } from './refusals.ts';
import { readScope } from './scope.ts';
import type { SignatureForm } from './signature-parts.ts';

/** What a request presents to prove who sent it: read, complete and in scope, but not yet verified. */
export interface Presented {
  readonly accessKeyId: string;
  /** Only with temporary credentials. */
  readonly sessionToken?: string | undefined;
  readonly region: string;
  /** Signing name of the service, such as `kms`. */
  readonly service: string;
  /** The request's date, `YYYYMMDDTHHMMSSZ`, whichever header or parameter it came from. */
  readonly date: string;
  /** `date` in whole seconds since the Unix epoch. */
  readonly seconds: number;
  /** Seconds from `date` for which a query-string signature says that it is valid. */
  readonly expires?: number | undefined;
  readonly form: SignatureForm;
  /** The whole credential as presented: `accessKeyId/YYYYMMDD/region/service/aws4_request`. */
  readonly credential: string;
  /** Names of the signed headers as presented, joined by `;`. */
  readonly signedHeaders: string;
  /** The signature as presented. */
  readonly signature: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** Longest request target in characters, which is all that node's parser lets through by default. */
const MAX_URL_LENGTH = 16_384;

/**
 * Reads what a request presents as its authentication, from the Authorization header or from the query
 * string, and checks that it is complete and scoped to a Region, to one of `expectedServices` (signing names
 * such as `kms`) and to the day of the request.
 *
 * Nothing is proven by that. Look up the credential, then call `SignatureVerifier.verify`.
 *
 * Throws ServiceError: MissingAuthenticationTokenException (not signed), IncompleteSignatureException (parts
 * missing or malformed), InvalidSignatureException (out of scope, or signed in both forms).
 */
export function readAuthorization(request: SignedRequest, expectedServices: readonly string[]): Presented {
  const { url, rawHeaders } = request;
  if (url.length > MAX_URL_LENGTH) throw tooLong('request target', MAX_URL_LENGTH);
  const inHeader = readHeaderForm(rawHeaders);
  const inQuery = readQueryForm(url);
  if (inHeader !== undefined && inQuery !== undefined) throw signedTwice();
  const parts = inHeader ?? inQuery;
  if (parts === undefined) throw missingAuthenticationToken();
  if (parts.algorithm !== ALGORITHM) throw unsupportedAlgorithm(parts.algorithm);

  const { credential, timestamp } = parts;
  const scope = readScope(credential, timestamp.text, expectedServices);
  return {
    accessKeyId: scope.accessKeyId,
    sessionToken: parts.sessionToken,
    region: scope.region,
    service: scope.service,
    date: timestamp.text,
    seconds: timestamp.seconds,
    expires: parts.expires,
    form: parts.form,
    credential,
    signedHeaders: parts.signedHeaders,
    signature: parts.signature,
  };
}

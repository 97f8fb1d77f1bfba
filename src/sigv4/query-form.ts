import { unescape as percentDecode } from 'node:querystring';
import { incompleteQueryString, malformedDate, malformedExpires, repeated } from './refusals.ts';
import type { SignatureParts } from './signature-parts.ts';
import { readTimestamp } from './timestamp.ts';
import { readQuery } from './uri.ts';

/** Longest validity of a query-string signature in seconds: a week. */
const MAX_EXPIRES = 604_800;

/**
 * Reads a signature from the query string of a request target: `X-Amz-Algorithm`, `X-Amz-Credential`,
 * `X-Amz-Date`, `X-Amz-SignedHeaders`, `X-Amz-Signature` and, if any, `X-Amz-Expires` and
 * `X-Amz-Security-Token`.
 *
 * Returns undefined when the query has no `X-Amz-Algorithm`. Throws IncompleteSignatureException when
 * parameters are missing, repeated or malformed.
 */
export function readQueryForm(url: string): SignatureParts | undefined {
  const mark = url.indexOf('?');
  if (mark === -1 || !url.includes('X-Amz-Algorithm', mark)) return undefined;
  const parameters = new Map<string, string>();
  for (const { name, value } of readQuery(url.slice(mark + 1))) {
    if (!name.startsWith('X-Amz-')) continue;
    if (parameters.has(name)) throw repeated(name);
    parameters.set(name, percentDecode(value));
  }
  if (!parameters.has('X-Amz-Algorithm')) return undefined;

  const missing: string[] = [];
  const required = (name: string): string => {
    const value = parameters.get(name) ?? '';
    if (value === '') missing.push(name);
    return value;
  };
  const algorithm = required('X-Amz-Algorithm');
  const credential = required('X-Amz-Credential');
  const signature = required('X-Amz-Signature');
  const signedHeaders = required('X-Amz-SignedHeaders');
  const date = required('X-Amz-Date');
  if (missing.length > 0) throw incompleteQueryString(missing);

  const timestamp = readTimestamp(date);
  if (timestamp === undefined) throw malformedDate(date);
  return {
    form: 'query',
    algorithm,
    credential,
    signedHeaders,
    signature,
    timestamp,
    sessionToken: parameters.get('X-Amz-Security-Token'),
    expires: readExpires(parameters.get('X-Amz-Expires')),
  };
}

function readExpires(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const expires = /^[0-9]{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(expires <= MAX_EXPIRES)) throw malformedExpires(text, MAX_EXPIRES);
  return expires;
}

import {
  absentSignedHeader,
  contentSha256Mismatch,
  disorderedSignedHeaders,
  tooManySignedHeaders,
  unsignedHeader,
  unsignedHost,
  unsignedPayload,
} from './refusals.ts';
import type { SignatureForm } from './signature-parts.ts';
import { canonicalPath, canonicalQuery, readQuery } from './uri.ts';

/**
 * A request as the server received it.
 *
 * Texts are as node's HTTP parser gives them, one character a byte. That matters for the rare header or path
 * that is not ASCII: what was signed is its bytes.
 */
export interface SignedRequest {
  readonly method: string;
  /** Request target as received: path and query. */
  readonly url: string;
  /** Node's rawHeaders: name, value, name, value, … */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

/** Which headers a signature covers. */
export interface SignedHeaders {
  /** The list as presented: names joined by `;`. */
  readonly text: string;
  readonly names: readonly string[];
}

/** Signers sign some ten headers; the bound keeps the work for hostile lists linear. */
const MAX_SIGNED_HEADERS = 100;

/** Visible ASCII without spaces, which most header values are: nothing to trim or to collapse. */
const PLAIN = /^[!-~]*$/;
const ASCII = /^[\0-\x7f]*$/;
const SHA256_HEXADECIMAL = /^[0-9A-Fa-f]{64}$/;

/**
 * Reads a SignedHeaders list. That it is in canonical form (lower case, ascending, each name once) is
 * demanded rather than repaired, as signers are bound to sign it so.
 *
 * Throws InvalidSignatureException when it is not, when it lacks `host`, or when it is too long.
 */
export function readSignedHeaders(text: string): SignedHeaders {
  const names = text.split(';');
  if (names.length > MAX_SIGNED_HEADERS) throw tooManySignedHeaders(MAX_SIGNED_HEADERS);
  if (text.toLowerCase() !== text) throw disorderedSignedHeaders(text);
  let previous = '';
  for (const name of names) {
    if (name <= previous) throw disorderedSignedHeaders(text);
    previous = name;
  }
  if (!names.includes('host')) throw unsignedHost();
  return { text, names };
}

/**
 * The canonical request (SigV4, "Create a canonical request"), ready to be hashed: a string when all of it is
 * ASCII, else its bytes. `form` says where its signature stands, and `bodySha256` is the hash of the body that
 * arrived, in lower-case hexadecimal.
 *
 * Throws InvalidSignatureException when the signature does not cover the request: an `x-amz-*` header is not
 * signed, a signed header is absent, `x-amz-content-sha256` is not the hash of the body.
 */
export function canonicalRequest(
  request: SignedRequest,
  form: SignatureForm,
  signedHeaders: SignedHeaders,
  bodySha256: string,
): string | Buffer {
  const { names } = signedHeaders;
  const { values, isAscii } = readSignedValues(request.rawHeaders, names);
  let text = `${request.method}\n${canonicalTarget(request.url, form)}\n`;
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] ?? '';
    const value = values[index];
    if (value === undefined) throw absentSignedHeader(name);
    if (name === 'x-amz-content-sha256' && value !== bodySha256) {
      throw SHA256_HEXADECIMAL.test(value) ? contentSha256Mismatch() : unsignedPayload(value);
    }
    text += `${name}:${value}\n`;
  }
  text += `\n${signedHeaders.text}\n${bodySha256}`;
  return isAscii ? text : Buffer.from(text, 'latin1');
}

/** The canonical path and query of a request target, each on its line. */
function canonicalTarget(url: string, form: SignatureForm): string {
  if (url === '/') return '/\n';
  const mark = url.indexOf('?');
  if (mark === -1) return `${canonicalPath(url)}\n`;
  const parameters = readQuery(url.slice(mark + 1));
  // The signature cannot cover itself.
  const signed = form === 'query' ? parameters.filter(({ name }) => name !== 'X-Amz-Signature') : parameters;
  return `${canonicalPath(url.slice(0, mark))}\n${canonicalQuery(signed)}`;
}

/** Values of signed headers, at the places of their names. */
interface SignedValues {
  /** Trimmed, runs of blanks made one space; undefined where the header did not arrive. */
  readonly values: readonly (string | undefined)[];
  readonly isAscii: boolean;
}

/**
 * Collects the values of the headers called `names`. Lines of the same name are joined by commas in the order
 * of their arrival.
 */
function readSignedValues(rawHeaders: readonly string[], names: readonly string[]): SignedValues {
  const values: (string | undefined)[] = names.map(() => undefined);
  let isAscii = true;
  for (let line = 0; line + 1 < rawHeaders.length; line += 2) {
    const name = rawHeaders[line]?.toLowerCase() ?? '';
    const index = names.indexOf(name);
    if (index !== -1) {
      let value = rawHeaders[line + 1] ?? '';
      if (!PLAIN.test(value)) {
        value = collapseBlanks(value);
        isAscii &&= ASCII.test(value);
      }
      const before = values[index];
      values[index] = before === undefined ? value : `${before},${value}`;
    } else if (name.startsWith('x-amz-')) {
      throw unsignedHeader(name);
    }
  }
  return { values, isAscii };
}

/** Trims a header value and makes its runs of blanks one space. Bytes beyond ASCII are never blanks. */
function collapseBlanks(value: string): string {
  return value.replace(/[\t\r\n ]+/g, ' ').replace(/^ | $/g, '');
}

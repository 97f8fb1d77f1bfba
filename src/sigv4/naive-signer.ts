import { createHash, createHmac } from 'node:crypto';
import type { SignedRequest } from './canonical.ts';

/*
 * A signer for tests, written from the specification alone and as plainly as possible. It signs what it is
 * told to, right or wrong, which the signers of the SDKs refuse to do. It knows one kind of target: `/` without
 * a query.
 */

/** What to sign, and what to say about it. */
export interface Signing {
  readonly method?: string;
  /** Headers as sent, besides Authorization. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  /** Names for SignedHeaders, in the order given; by default all headers, sorted. */
  readonly signedHeaders?: readonly string[];
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  /** Date of the string to sign. */
  readonly date?: string;
  /** `YYYYMMDD/region/service/aws4_request`. */
  readonly scope?: string;
}

/** The credential, date and scope that are used where a `Signing` names no other. */
export const EXAMPLE = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  date: '20150830T123600Z',
  now: Date.UTC(2015, 7, 30, 12, 36, 0),
  scope: '20150830/us-east-1/kms/aws4_request',
} as const;

/** Signs a request for `/` with an Authorization header, which it puts last. */
export function naiveSign(signing: Signing): SignedRequest {
  const { method = 'POST', headers, body = '', scope = EXAMPLE.scope, date = EXAMPLE.date } = signing;
  const { accessKeyId = EXAMPLE.accessKeyId, secretAccessKey = EXAMPLE.secretAccessKey } = signing;
  const names = signing.signedHeaders ?? [...new Set(headers.map(([name]) => name.toLowerCase()))].sort();
  const lines = names.map((name) => {
    const values = headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
    return `${name}:${values.map((value) => value.trim().replace(/ +/g, ' ')).join(',')}\n`;
  });
  const canonical = `${method}\n/\n\n${lines.join('')}\n${names.join(';')}\n${sha256(body)}`;
  const stringToSign = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`;
  const key = scope
    .split('/')
    .reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`);
  const signature = hmac(key, stringToSign).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return {
    method,
    url: '/',
    rawHeaders: [...headers.flat(), 'Authorization', authorization],
    body: Buffer.from(body),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

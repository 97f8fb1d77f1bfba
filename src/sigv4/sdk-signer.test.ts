import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { readAuthorization } from './authorization.ts';
import type { SignedRequest } from './canonical.ts';
import { SignatureVerifier } from './verify.ts';

/*
 * Requests signed by the signer of the AWS SDK for JavaScript, sent as a client would put them on the wire.
 */

type HttpRequest = Parameters<SignatureV4['presign']>[0];

const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const SIGNING_DATE = new Date('2026-02-03T04:05:06Z');

/** The SDK's idea of SHA-256 and of HMAC, in one class. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(chunk));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

function bytesOf(source: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof source === 'string') return Buffer.from(source);
  return ArrayBuffer.isView(source)
    ? Buffer.from(source.buffer, source.byteOffset, source.byteLength)
    : Buffer.from(source);
}

function signerOf(sessionToken: string | undefined): SignatureV4 {
  const credentials = sessionToken === undefined ? CREDENTIALS : { ...CREDENTIALS, sessionToken };
  return new SignatureV4({ service: 'kms', region: 'eu-central-1', credentials, sha256: Sha256 });
}

/** `request` as it arrives: text as one character a byte, the query in an order of the client's own. */
function onTheWire(request: HttpRequest): SignedRequest {
  const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
  const pairs = Object.entries(request.query ?? {}).flatMap(([name, value]) =>
    [value ?? []].flat().map((each) => `${encodeURIComponent(name)}=${encodeURIComponent(each)}`),
  );
  const query = pairs.length === 0 ? '' : `?${pairs.reverse().join('&')}`;
  return {
    method: request.method,
    url: request.path + query,
    rawHeaders: Object.entries(request.headers).flat().map(latin1),
    body: request.body,
  };
}

/** Verifies with one verifier for all runs, so that most of them use a kept signing key. */
const verifier = new SignatureVerifier();
function authenticate(request: SignedRequest) {
  const presented = readAuthorization(request, ['kms']);
  verifier.verify(request, presented, CREDENTIALS.secretAccessKey, SIGNING_DATE.getTime());
  return presented;
}

const text = fc.string({ unit: 'grapheme' });
const segment = fc.oneof(text.map(encodeURIComponent), fc.constantFrom('', '.', '..', 'a'));
const path = fc.array(segment).map((segments) => `/${segments.join('/')}`);
const query = fc.dictionary(
  text.filter((name) => name !== '__proto__'),
  fc.oneof(text, fc.array(text)),
);
const headerName = fc.stringMatching(/^(?:my|Your|x-amz-meta|X-Amz)-[A-Za-z0-9_-]{8,12}$/);
const headers = fc
  .uniqueArray(fc.tuple(headerName, text), { selector: ([name]) => name.toLowerCase() })
  .map((pairs): Record<string, string> => ({ Host: 'localhost:8600', ...Object.fromEntries(pairs) }));
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
  protocol: fc.constant('https:'),
  hostname: fc.constant('localhost'),
  path,
  query,
  headers,
  body: fc.uint8Array(),
});
const sessionToken = fc.option(fc.base64String({ minLength: 4 }), { nil: undefined });

/** Something visible put in the place of what is at `at`; undefined when that is what was there. */
function alter(original: string, at: number, put: string): string | undefined {
  const position = at % original.length;
  return original[position] === put
    ? undefined
    : original.slice(0, position) + put + original.slice(position + 1);
}

const place = fc.nat({ max: 10_000 });
const visible = fc.stringMatching(/^[!-~]$/);
const mismatch = { code: 'InvalidSignatureException', status: 400 };

describe('requests signed by the SDK', () => {
  it('pass with any method, path, query, headers and body', async () => {
    await fc.assert(
      fc.asyncProperty(request, sessionToken, async (unsigned, token) => {
        const signed = await signerOf(token).sign(unsigned, { signingDate: SIGNING_DATE });
        const presented = authenticate(onTheWire(signed));
        assert.deepEqual(
          [presented.accessKeyId, presented.region, presented.date, presented.sessionToken],
          [CREDENTIALS.accessKeyId, 'eu-central-1', '20260203T040506Z', token],
        );
      }),
      { numRuns: 300 },
    );
  });

  it('pass when signed in the query string', async () => {
    const expiresIn = fc.integer({ min: 0, max: 604_800 });
    await fc.assert(
      fc.asyncProperty(request, sessionToken, expiresIn, async (unsigned, token, expires) => {
        const options = { signingDate: SIGNING_DATE, expiresIn: expires };
        const presented = authenticate(onTheWire(await signerOf(token).presign(unsigned, options)));
        assert.deepEqual(
          [presented.form, presented.expires, presented.sessionToken],
          ['query', expires, token],
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('requests signed by the SDK and altered on the way are refused:', () => {
  const plainSegment = fc.stringMatching(/^[a-z0-9%]{1,8}$/);
  const target = fc.record({
    path: fc.array(plainSegment, { minLength: 1 }).map((segments) => `/${segments.join('/')}`),
    headers: fc.record({
      host: fc.stringMatching(/^[a-z]{1,20}$/),
      'content-type': fc.stringMatching(/^[!-~]{1,20}$/),
      'x-amz-target': fc.stringMatching(/^[!-~]{1,20}$/),
    }),
    body: fc.uint8Array({ minLength: 1 }),
  });
  type Target = typeof target extends fc.Arbitrary<infer T> ? T : never;
  const sign = async ({ path, headers, body }: Target) => {
    const unsigned = { method: 'POST', protocol: 'https:', hostname: 'h', path, query: {}, headers, body };
    const signed = onTheWire(await signerOf('token').sign(unsigned, { signingDate: SIGNING_DATE }));
    authenticate(signed);
    return signed;
  };

  it('any byte of the body', async () => {
    await fc.assert(
      fc.asyncProperty(target, place, fc.integer({ min: 1, max: 255 }), async (unsigned, at, flip) => {
        const signed = await sign(unsigned);
        const body = Buffer.from(signed.body);
        const position = at % body.length;
        body[position] = (body[position] ?? 0) ^ flip;
        assert.throws(() => authenticate({ ...signed, body }), mismatch);
      }),
    );
  });

  it('any character of the path', async () => {
    await fc.assert(
      fc.asyncProperty(target, place, visible, async (unsigned, at, put) => {
        const signed = await sign(unsigned);
        const url = alter(signed.url, at, put);
        fc.pre(url !== undefined);
        assert.throws(() => authenticate({ ...signed, url }), mismatch);
      }),
    );
  });

  it('any character of any signed header', async () => {
    await fc.assert(
      fc.asyncProperty(target, place, place, visible, async (unsigned, which, at, put) => {
        const signed = await sign(unsigned);
        const values = signed.rawHeaders.flatMap((name, index) =>
          index % 2 === 0 && name !== 'authorization' ? [index + 1] : [],
        );
        const index = values[which % values.length] ?? 0;
        const value = alter(signed.rawHeaders[index] ?? '', at, put);
        fc.pre(value !== undefined);
        const altered = { ...signed, rawHeaders: signed.rawHeaders.with(index, value) };
        // A date may be altered to something that is no date, or to another day's.
        assert.throws(() => authenticate(altered), /InvalidSignatureException|IncompleteSignatureException/);
      }),
      { numRuns: 300 },
    );
  });

  it('any digit of the signature', async () => {
    const digit = fc.constantFrom(...'0123456789abcdef');
    await fc.assert(
      fc.asyncProperty(target, fc.nat({ max: 63 }), digit, async (unsigned, at, put) => {
        const signed = await sign(unsigned);
        const rawHeaders = signed.rawHeaders.map((value) =>
          value.replace(/(?<=Signature=)\w+$/, (signature) => alter(signature, at, put) ?? 'same'),
        );
        fc.pre(!rawHeaders.some((value) => value.endsWith('Signature=same')));
        assert.throws(() => authenticate({ ...signed, rawHeaders }), mismatch);
      }),
    );
  });
});

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readAuthorization } from './authorization.ts';
import { canonicalRequest, readSignedHeaders, type SignedRequest } from './canonical.ts';
import { SignatureVerifier } from './verify.ts';

/*
 * AWS's signing test suite, read as a verifier reads it: the signed requests must pass, and none that was
 * altered. A few of its cases are repeated here, so that this proves something where the suite is absent.
 */

const SUITE = new URL('../../../shared/vectors/sigv4/', import.meta.url);
const FORMS = ['header', 'query'] as const;
type Form = (typeof FORMS)[number];

interface Case {
  readonly request: SignedRequest;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Only where the suite is present. */
  readonly canonicalRequest?: Buffer;
}

/** Why a case of a signer's suite must be refused here, and how. */
const UNNORMALISED = {
  reason: 'signed with the path as it stands, which only S3 does; here paths are normalised',
  message: /^The request signature we calculated does not match/,
};
const REFUSED: Readonly<Record<string, { readonly reason: string; readonly message: RegExp }>> = {
  'get-relative-unnormalized': UNNORMALISED,
  'get-relative-relative-unnormalized': UNNORMALISED,
  'get-slash-unnormalized': UNNORMALISED,
  'get-slash-dot-slash-unnormalized': UNNORMALISED,
  'get-slash-pointless-dot-unnormalized': UNNORMALISED,
  'get-slashes-unnormalized': UNNORMALISED,
  'post-sts-header-after': {
    reason: 'its session token was added after signing, so that whoever forwards the request could change it',
    message:
      /^'x-amz-security-token' must be a 'SignedHeader'|^The request signature we calculated does not match/,
  },
};

const EXAMPLE = {
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
  service: 'service',
  now: Date.parse('2015-08-30T12:36:00Z'),
};
const SCOPE = '20150830/us-east-1/service/aws4_request';

const FEW: readonly (readonly [name: string, form: Form, text: string])[] = [
  [
    'get-vanilla',
    'header',
    `GET / HTTP/1.1
Host:example.amazonaws.com
X-Amz-Date:20150830T123600Z
Authorization:AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${SCOPE}, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31

`,
  ],
  [
    'get-vanilla',
    'query',
    `GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Expires=3600&X-Amz-Signature=e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d HTTP/1.1
Host:example.amazonaws.com

`,
  ],
  [
    'get-header-key-duplicate',
    'header',
    `GET / HTTP/1.1
Host:example.amazonaws.com
My-Header1:value2
My-Header1:value2
My-Header1:value1
X-Amz-Date:20150830T123600Z
Authorization:AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${SCOPE}, SignedHeaders=host;my-header1;x-amz-date, Signature=c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea

`,
  ],
  [
    'get-utf8',
    'header',
    `GET /ሴ HTTP/1.1
Host:example.amazonaws.com
X-Amz-Date:20150830T123600Z
Authorization:AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${SCOPE}, SignedHeaders=host;x-amz-date, Signature=8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85

`,
  ],
  [
    'post-x-www-form-urlencoded',
    'header',
    `POST / HTTP/1.1
Content-Type:application/x-www-form-urlencoded
Host:example.amazonaws.com
Content-Length:13
X-Amz-Date:20150830T123600Z
x-amz-content-sha256:9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e
Authorization:AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${SCOPE}, SignedHeaders=content-length;content-type;host;x-amz-content-sha256;x-amz-date, Signature=d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b

Param1=value1`,
  ],
];

/** A request as an HTTP parser hands it over: one character a byte, continued header lines unfolded. */
function parseRequest(bytes: Buffer): SignedRequest {
  const text = bytes.toString('latin1');
  const endOfHead = text.indexOf('\n\n');
  const [requestLine = '', ...headerLines] = text
    .slice(0, endOfHead)
    .replace(/\n[\t ]+/g, '   ')
    .split('\n');
  const rawHeaders = headerLines.flatMap((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '')];
  });
  const firstSpace = requestLine.indexOf(' ');
  return {
    method: requestLine.slice(0, firstSpace),
    url: requestLine.slice(firstSpace + 1, requestLine.lastIndexOf(' HTTP/1.1')),
    rawHeaders,
    body: bytes.subarray(endOfHead + 2),
  };
}

function readCase(name: string, form: Form): Case {
  const file = (suffix: string) => readFileSync(new URL(`${name}/${suffix}`, SUITE));
  const context = JSON.parse(file('context.json').toString());
  return {
    request: parseRequest(file(`${form}-signed-request.txt`)),
    secretAccessKey: context.credentials.secret_access_key,
    region: context.region,
    service: context.service,
    now: Date.parse(context.timestamp),
    canonicalRequest: file(`${form}-canonical-request.txt`),
  };
}

function verifyCase({ request, secretAccessKey, service, now }: Case): void {
  new SignatureVerifier().verify(request, readAuthorization(request, [service]), secretAccessKey, now);
}

/** The case's request, altered in each way that its signature must not survive. */
function alterationsOf({ request }: Case): readonly (readonly [what: string, altered: SignedRequest])[] {
  const changed = (name: string, change: (value: string) => string) =>
    request.rawHeaders.map((text, index, all) =>
      all[index - 1]?.toLowerCase() === name && index % 2 === 1 ? change(text) : text,
    );
  const [path = '', query] = request.url.split('?');
  const target = (newPath: string) => (query === undefined ? newPath : `${newPath}?${query}`);
  const nextHexDigit = (text: string) =>
    text.replace(/(?<=Signature=.*)[0-9a-f](?=$|&)/, (digit) => (digit === '0' ? '1' : '0'));
  return [
    ['method', { ...request, method: 'PUT' }],
    ['path', { ...request, url: target(`${path}x`) }],
    ['query', { ...request, url: `${request.url}${query === undefined ? '?' : '&'}x=1` }],
    ['host', { ...request, rawHeaders: changed('host', (value) => `${value}:443`) }],
    ['body', { ...request, body: Buffer.concat([request.body, Buffer.from('x')]) }],
    [
      'signature',
      { ...request, url: nextHexDigit(request.url), rawHeaders: changed('authorization', nextHexDigit) },
    ],
  ];
}

function passesUnalteredOnly(theCase: Case): void {
  const { request, region, service, now } = theCase;
  verifyCase(theCase);
  assert.equal(readAuthorization(request, [service]).region, region);
  for (const [what, altered] of alterationsOf(theCase)) {
    assert.notDeepEqual(altered, request, `${what} was not altered`);
    assert.throws(
      () => verifyCase({ ...theCase, request: altered }),
      { code: 'InvalidSignatureException' },
      what,
    );
  }
  const wrongSecret = { ...theCase, secretAccessKey: `${theCase.secretAccessKey}x` };
  assert.throws(() => verifyCase(wrongSecret), { code: 'InvalidSignatureException' }, 'secret');
  const aDayLater = { ...theCase, now: now + 86_400_000 };
  assert.throws(() => verifyCase(aDayLater), { message: /^Signature expired/ }, 'clock');
}

describe('a few cases of the signing test suite', () => {
  for (const [name, form, text] of FEW) {
    it(`${name}, ${form}: passes unaltered only`, () => {
      passesUnalteredOnly({ ...EXAMPLE, request: parseRequest(Buffer.from(text)) });
    });
  }
});

describe('the signing test suite', { skip: existsSync(SUITE) ? false : 'no ../shared/vectors/sigv4' }, () => {
  const names = existsSync(SUITE) ? readdirSync(SUITE) : [];

  it('has the cases that are refused on purpose', () => {
    assert.deepEqual(
      Object.keys(REFUSED).filter((name) => !names.includes(name)),
      [],
    );
  });

  for (const name of names) {
    for (const form of FORMS) {
      const refused = REFUSED[name];
      if (refused) {
        it(`${name}, ${form}: is refused (${refused.reason})`, () => {
          assert.throws(() => verifyCase(readCase(name, form)), {
            code: 'InvalidSignatureException',
            message: refused.message,
          });
        });
        continue;
      }
      it(`${name}, ${form}: passes unaltered only, and its canonical request is the suite's`, () => {
        const theCase = readCase(name, form);
        passesUnalteredOnly(theCase);
        const presented = readAuthorization(theCase.request, [theCase.service]);
        const bodySha256 = theCase.canonicalRequest?.toString().split('\n').at(-1) ?? '';
        const signedHeaders = readSignedHeaders(presented.signedHeaders);
        assert.equal(
          canonicalRequest(theCase.request, form, signedHeaders, bodySha256).toString(),
          theCase.canonicalRequest?.toString(),
        );
      });
    }
  }
});

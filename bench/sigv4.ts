/*
 * What authentication costs a request: nanoseconds per readAuthorization + verify with the signing key kept.
 * Run it as `npm exec -- node bench/sigv4.ts`.
 *
 * As in a server, no two requests share a string: each has its own copies of its headers, as if parsed.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import { readAuthorization, SignatureVerifier, type SignedRequest } from '../src/sigv4/index.ts';
import { EXAMPLE, naiveSign } from '../src/sigv4/naive-signer.ts';

const ROUNDS = 10_000;
const REQUESTS_PER_ROUND = 50;

const body = JSON.stringify({
  KeyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  Plaintext: Buffer.alloc(32, 1).toString('base64'),
  EncryptionContext: { purpose: 'bench' },
});

const required: readonly (readonly [string, string])[] = [
  ['Host', 'kms.us-east-1.example.com:8600'],
  ['Content-Type', 'application/x-amz-json-1.1'],
  ['X-Amz-Content-Sha256', hash('sha256', body)],
  ['X-Amz-Date', EXAMPLE.date],
  ['X-Amz-Target', 'TrentService.Encrypt'],
];
const ofTheJavaScriptSdk: readonly (readonly [string, string])[] = [
  ['amz-sdk-invocation-id', '0b2c5b1e-6a3c-4a55-9a0c-9f4f0a7a2a11'],
  ['amz-sdk-request', 'attempt=1; max=3'],
  ['content-length', String(body.length)],
  ['x-amz-user-agent', 'aws-sdk-js/3.1164.0'],
];
const unsigned: readonly (readonly [string, string])[] = [
  ['Connection', 'keep-alive'],
  ['User-Agent', 'aws-sdk-js/3.1164.0 ua/2.1 os/linux#6.1.0 lang/js md/nodejs#26.10.0 api/kms#3.1164.0'],
];

measureSigned('5 signed headers', required);
measureSigned('9 signed headers', [...required, ...ofTheJavaScriptSdk]);
measureHashesAlone();

function measureSigned(name: string, signed: readonly (readonly [string, string])[]): void {
  const names = signed.map(([header]) => header.toLowerCase()).sort();
  const request = naiveSign({ headers: [...signed, ...unsigned], body, signedHeaders: names });
  const verifier = new SignatureVerifier();
  measure(
    name,
    () => received(request),
    (each) => {
      const presented = readAuthorization(each, ['kms']);
      verifier.verify(each, presented, EXAMPLE.secretAccessKey, EXAMPLE.now);
    },
  );
}

/** The least that any verification must do, on inputs of the same lengths as with 5 signed headers. */
function measureHashesAlone(): void {
  const inner = Buffer.alloc(200);
  const outer = Buffer.alloc(96);
  const signature = Buffer.alloc(64);
  measure(
    'four hashes and a comparison alone',
    () => ({ body: Buffer.from(body), canonical: Buffer.alloc(430, 'x').toString('latin1') }),
    (each) => {
      hash('sha256', each.body);
      hash('sha256', each.canonical);
      hash('sha256', inner);
      hash('sha256', outer);
      timingSafeEqual(signature, signature);
    },
  );
}

function measure<Input>(name: string, prepare: () => Input, run: (input: Input) => void): void {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const inputs = Array.from({ length: REQUESTS_PER_ROUND }, prepare);
    const start = process.hrtime.bigint();
    for (const input of inputs) run(input);
    rounds.push(Number(process.hrtime.bigint() - start) / REQUESTS_PER_ROUND);
  }
  rounds.sort((a, b) => a - b);
  const [best, median] = [rounds[0], rounds[ROUNDS / 2]].map((nanoseconds) => nanoseconds?.toFixed(0));
  process.stdout.write(`${name}: ${median} ns per request (best round ${best})\n`);
}

/** A copy that shares no string and no buffer with `request`. */
function received(request: SignedRequest): SignedRequest {
  return {
    method: request.method,
    url: request.url,
    rawHeaders: request.rawHeaders.map((text) => Buffer.from(text, 'latin1').toString('latin1')),
    body: Buffer.from(request.body),
  };
}

import assert from 'node:assert/strict';
import { naiveSign, type Signing } from '../../src/sigv4/naive-signer.ts';
import { REGION, ROOT_CREDENTIALS, type TestServer } from './server.ts';
import { sendRequest, type WireAnswer } from './signed-request.ts';

/** What AWS answers when a signature is not the one that it has computed. */
export const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

export type Headers = readonly (readonly [name: string, value: string])[];

/** A moment as signatures write it, so many seconds from the server's present. */
export function dateAt(server: TestServer, seconds = 0): string {
  const at = new Date(Math.floor(server.clock.now() / 1000) * 1000 + seconds * 1000);
  return at.toISOString().replace(/[-:]|\.000/g, '');
}

/** The headers of a request for ListKeys. */
export function headersAt(date: string): Headers {
  return [
    ['Host', 'kms.example'],
    ['Content-Type', 'application/x-amz-json-1.1'],
    ['X-Amz-Target', 'TrentService.ListKeys'],
    ['X-Amz-Date', date],
  ];
}

/** Changes a request after it was signed. */
export type Alteration = (request: { rawHeaders: string[]; body: string }) => void;

/** What of a request is not as it should be. */
export interface Attempt extends Partial<Signing> {
  readonly alter?: Alteration;
}

/** Sends a request of the root user that is right but for what is given. */
export function attempt(server: TestServer, { alter, ...signing }: Attempt = {}): Promise<WireAnswer> {
  const date = signing.date ?? dateAt(server);
  const scope = signing.scope ?? `${date.slice(0, 8)}/${REGION}/kms/aws4_request`;
  const signed = naiveSign({
    headers: headersAt(date),
    body: '{}',
    ...ROOT_CREDENTIALS,
    ...signing,
    date,
    scope,
  });
  const request = { rawHeaders: [...signed.rawHeaders], body: Buffer.from(signed.body).toString() };
  alter?.(request);
  return sendRequest({ endpoint: server.endpoint, ...request });
}

/** Puts another value in the place of a header's. */
export function replaceHeader(name: string, change: (value: string) => string): Alteration {
  return ({ rawHeaders }) => {
    const at = rawHeaders.findIndex((text, index) => index % 2 === 0 && text === name);
    assert.notEqual(at, -1);
    rawHeaders[at + 1] = change(rawHeaders[at + 1] ?? '');
  };
}

export function removeHeader(name: string): Alteration {
  return ({ rawHeaders }) => {
    const at = rawHeaders.indexOf(name);
    assert.notEqual(at, -1);
    rawHeaders.splice(at, 2);
  };
}

export function assertAccepted(answer: WireAnswer): void {
  assert.equal(answer.status, 200, answer.body);
  assert.deepEqual(JSON.parse(answer.body), { Keys: [], Truncated: false });
}

/** Checks an answer that must be a refusal, to the letter. */
export async function assertRefused(
  answer: Promise<WireAnswer>,
  code: string,
  message?: string | RegExp,
): Promise<void> {
  const { status, headers, body } = await answer;
  const { __type, message: text, ...rest } = JSON.parse(body);
  assert.deepEqual({ status, __type, rest }, { status: 400, __type: code, rest: {} }, body);
  if (message instanceof RegExp) assert.match(text, message);
  else assert.equal(text, message);
  assert.equal(headers['content-type'], 'application/x-amz-json-1.1');
  assert.match(String(headers['x-amzn-requestid']), /^[0-9a-f-]{36}$/);
}

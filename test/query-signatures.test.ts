import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { naiveSign } from '../src/sigv4/naive-signer.ts';
import { REGION, ROOT_CREDENTIALS, startTestServer, type TestServer } from './support/server.ts';
import { createSigner, sendRequest } from './support/signed-request.ts';
import { assertAccepted, assertRefused, dateAt, headersAt, MISMATCH } from './support/signing-attempts.ts';

/* Signature Version 4 in the query string, as presigned requests have it. */

let dataDirectory: string;
let server: TestServer;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-query-signatures-'));
  server = await startTestServer({ dataDirectory });
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

/** A request target with a signature in its query string, made by the AWS SDK's own signer. */
async function presign(
  options: { readonly secretAccessKey?: string; readonly expiresIn?: number } = {},
): Promise<string> {
  const { secretAccessKey = ROOT_CREDENTIALS.secretAccessKey, expiresIn = 60 } = options;
  const signer = createSigner({ credentials: { ...ROOT_CREDENTIALS, secretAccessKey }, region: REGION });
  const headers = { host: 'kms.example', 'x-amz-target': 'TrentService.ListKeys' };
  const { query } = await signer.presign(
    { method: 'POST', protocol: 'http:', hostname: 'kms.example', path: '/', query: {}, headers, body: '{}' },
    {
      signingDate: new Date(server.clock.now()),
      expiresIn,
      unhoistableHeaders: new Set(['x-amz-target']),
    },
  );
  const pairs = Object.entries(query ?? {}).map(
    ([name, value]) => `${name}=${encodeURIComponent(String(value))}`,
  );
  return `/?${pairs.join('&')}`;
}

describe('a signature in the query string', () => {
  const sendPresigned = (target: string, body = '{}', to = server) =>
    sendRequest({
      endpoint: to.endpoint,
      target,
      rawHeaders: [
        ...['Host', 'kms.example', 'X-Amz-Target', 'TrentService.ListKeys'],
        ...['Content-Type', 'application/x-amz-json-1.1'],
      ],
      body,
    });

  it('is accepted', async () => {
    assertAccepted(await sendPresigned(await presign()));
  });

  it('is refused when the body or a parameter is altered', async () => {
    const target = await presign();
    await assertRefused(sendPresigned(target, '{ }'), 'InvalidSignatureException', MISMATCH);
    for (const altered of [
      `${target}&Limit=1`,
      target.replace('X-Amz-Expires=60', 'X-Amz-Expires=61'),
      target.replace(REGION, 'eu-west-1'),
    ]) {
      assert.notEqual(altered, target);
      await assertRefused(sendPresigned(altered), 'InvalidSignatureException', MISMATCH);
    }
  });

  it('is refused when it was made with another secret', async () => {
    const target = await presign({ secretAccessKey: 'wrong' });
    await assertRefused(sendPresigned(target), 'InvalidSignatureException', MISMATCH);
  });

  it('is refused when it has expired', async (t) => {
    const own = await startTestServer({ dataDirectory });
    t.after(() => own.close());
    const target = await presign({ expiresIn: 10 });
    assertAccepted(await sendPresigned(target, '{}', own));
    own.clock.advance(12_000);
    await assertRefused(
      sendPresigned(target, '{}', own),
      'InvalidSignatureException',
      /^Signature expired: /,
    );
  });

  for (const parameter of ['X-Amz-Credential', 'X-Amz-Date', 'X-Amz-SignedHeaders', 'X-Amz-Signature']) {
    it(`is refused without ${parameter}`, async () => {
      const target = (await presign()).replace(new RegExp(`${parameter}=[^&]*&?`), '');
      await assertRefused(
        sendPresigned(target),
        'IncompleteSignatureException',
        `AWS query-string parameters must include '${parameter}'. Re-examine the query-string parameters.`,
      );
    });
  }

  it('is no signature without X-Amz-Algorithm', async () => {
    const target = (await presign()).replace(/X-Amz-Algorithm=[^&]*&/, '');
    await assertRefused(sendPresigned(target), 'MissingAuthenticationTokenException');
  });

  it('is refused beside another one in the Authorization header', async () => {
    const target = await presign();
    const { rawHeaders } = naiveSign({ headers: headersAt(dateAt(server)), body: '{}', ...ROOT_CREDENTIALS });
    await assertRefused(
      sendRequest({ endpoint: server.endpoint, target, rawHeaders, body: '{}' }),
      'InvalidSignatureException',
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
  });
});

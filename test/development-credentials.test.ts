import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ACCOUNT, OTHER_ACCOUNT, REGION, startTestServer, type TestServer } from './support/server.ts';
import {
  assertRefused,
  attempt,
  dateAt,
  type Headers,
  headersAt,
  removeHeader,
  replaceHeader,
} from './support/signing-attempts.ts';

describe('a development server', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.close());

  it('accepts any credentials as those of the root user of its account', async () => {
    const client = server.client();
    client.config.credentials = async () => ({ accessKeyId: 'whatever', secretAccessKey: 'it is' });
    const { KeyMetadata } = await client.createKey();
    assert.equal(KeyMetadata?.AWSAccountId, ACCOUNT);
  });

  it('takes an access key id of 12 digits for an account', async () => {
    const { KeyMetadata } = await server.client({ account: OTHER_ACCOUNT }).createKey();
    assert.equal(KeyMetadata?.AWSAccountId, OTHER_ACCOUNT);
    for (const accessKeyId of ['44445555666', '4444555566667', '44445555666a']) {
      const client = server.client({ account: accessKeyId });
      assert.equal((await client.createKey()).KeyMetadata?.AWSAccountId, ACCOUNT);
    }
  });

  it('accepts temporary credentials, and any date', async () => {
    const headers: Headers = [...headersAt('20150830T123600Z'), ['X-Amz-Security-Token', 'token']];
    const { status } = await attempt(server, { date: '20150830T123600Z', headers });
    assert.equal(status, 200);
  });

  it('refuses an unsigned request all the same', async () => {
    await assertRefused(
      attempt(server, { alter: removeHeader('Authorization') }),
      'MissingAuthenticationTokenException',
    );
  });

  it('refuses an incomplete signature, and one for another service', async () => {
    await assertRefused(
      attempt(server, { alter: replaceHeader('Authorization', () => 'AWS4-HMAC-SHA256') }),
      'IncompleteSignatureException',
      /^Authorization header requires 'Credential' parameter\. /,
    );
    const scope = `${dateAt(server).slice(0, 8)}/${REGION}/s3/aws4_request`;
    await assertRefused(
      attempt(server, { scope }),
      'InvalidSignatureException',
      "Credential should be scoped to correct service: 'kms'. ",
    );
  });
});

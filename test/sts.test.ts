import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import {
  ACCOUNT,
  OTHER_ACCOUNT,
  REGION,
  ROOT_CREDENTIALS,
  startTestServer,
  type TestServer,
} from './support/server.ts';
import { createSigner, sendRequest } from './support/signed-request.ts';

let server: TestServer;

before(async () => {
  server = await startTestServer();
});
after(() => server.close());

function client(account: string): STSClient {
  const credentials = { accessKeyId: account, secretAccessKey: 'any' };
  return new STSClient({ endpoint: server.endpoint, region: REGION, credentials, maxAttempts: 1 });
}

const FORM = 'application/x-www-form-urlencoded; charset=utf-8';

describe('GetCallerIdentity', () => {
  for (const account of [ACCOUNT, OTHER_ACCOUNT]) {
    it(`tells the root user of ${account} who they are`, async () => {
      const sts = client(account);
      const { UserId, Account, Arn } = await sts.send(new GetCallerIdentityCommand({}));
      assert.deepEqual(
        { UserId, Account, Arn },
        { UserId: account, Account: account, Arn: `arn:aws:iam::${account}:root` },
      );
      sts.destroy();
    });
  }
});

describe('the AWS Query protocol', () => {
  const refusals: readonly [what: string, body: string, status: number, code: string][] = [
    ['an unsigned request', 'Action=GetCallerIdentity&Version=2011-06-15', 403, 'MissingAuthenticationToken'],
    ['an unknown action', 'Action=Unknown&Version=2011-06-15', 400, 'InvalidAction'],
    ['an action of an object', 'Action=constructor&Version=2011-06-15', 400, 'InvalidAction'],
    ['an unknown version', 'Action=GetCallerIdentity&Version=constructor', 400, 'InvalidAction'],
    ['an operation of KMS', 'Action=ListKeys&Version=2014-11-01', 400, 'InvalidAction'],
    ['no parameters at all', '', 400, 'InvalidAction'],
    ['bytes that are no text', '\u0000%ff%fe=&&&=', 400, 'InvalidAction'],
  ];
  for (const [what, body, status, code] of refusals) {
    it(`refuses ${what} in XML`, async () => {
      const answer = await sendRequest({
        endpoint: server.endpoint,
        rawHeaders: ['Host', 'localhost', 'Content-Type', FORM],
        body,
      });
      assert.equal(answer.status, status);
      assert.equal(answer.headers['content-type'], 'text/xml; charset=utf-8');
      assert.match(answer.body, new RegExp(`^<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code>`));
      assert.match(answer.body, /<RequestId>[0-9a-f-]{36}<\/RequestId><\/ErrorResponse>$/);
    });
  }

  it('refuses a signature for another service', async () => {
    const { host, hostname } = new URL(server.endpoint);
    const form = 'Action=GetCallerIdentity&Version=2011-06-15';
    const signer = createSigner({ credentials: ROOT_CREDENTIALS, region: REGION });
    const signed = await signer.sign(
      {
        method: 'POST',
        protocol: 'http:',
        hostname,
        path: '/',
        query: {},
        headers: { host, 'content-type': FORM },
        body: form,
      },
      { signingDate: new Date(server.clock.now()) },
    );
    const { status, body } = await sendRequest({
      endpoint: server.endpoint,
      rawHeaders: Object.entries(signed.headers).flat(),
      body: form,
    });
    assert.equal(status, 403);
    assert.match(
      body,
      /<Code>SignatureDoesNotMatch<\/Code><Message>Credential should be scoped to correct service: 'sts'\. </,
    );
  });
});

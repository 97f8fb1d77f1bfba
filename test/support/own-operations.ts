import assert from 'node:assert/strict';
import { KMSServiceException } from '@aws-sdk/client-kms';
import { ACCOUNT, type Credentials, type TestServer } from './server.ts';
import { signedRequest } from './signed-request.ts';

/** The root user of ACCOUNT on a development server. */
const ROOT: Credentials = { accessKeyId: ACCOUNT, secretAccessKey: 'any' };

/** Calls an operation that AWS does not have, and reads the answer: what is in it is for the test to say. */
export async function callOwn(
  { endpoint, clock }: TestServer,
  operation: string,
  body: object,
  credentials = ROOT,
) {
  const answer = await signedRequest({
    endpoint,
    operation,
    headers: { 'X-Amz-Target': `QKMS.${operation}` },
    body,
    credentials,
    date: clock.now(),
  });
  return { status: answer.status, body: JSON.parse(answer.body) };
}

/** Calls an operation that AWS does not have, which refuses: `ErrorCode: message`. */
export async function refusalOfOwn(
  server: TestServer,
  operation: string,
  body: object,
  credentials?: Credentials,
): Promise<string> {
  const { status, body: refused } = await callOwn(server, operation, body, credentials);
  assert.equal(status, 400, JSON.stringify(refused));
  return `${refused.__type}: ${refused.message ?? refused.Message}`;
}

/** Calls an operation that AWS does not have, and rejects as the SDK does when it refuses. */
export async function requestOwn(server: TestServer, operation: string, body: object): Promise<void> {
  const { status, body: answer } = await callOwn(server, operation, body);
  if (status === 200) return;
  const message = answer.message ?? answer.Message;
  throw new KMSServiceException({ name: answer.__type, message, $fault: 'client', $metadata: {} });
}

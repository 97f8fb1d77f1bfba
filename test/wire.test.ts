import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { createKey, encrypt, type NewKey } from './support/keys.ts';
import { REGION, startTestServer, type TestServer } from './support/server.ts';
import { sendRequest, signedRequest, type WireAnswer } from './support/signed-request.ts';

const UNKNOWN_OPERATION = { __type: 'UnknownOperationException' };
const NOT_JSON = { __type: 'SerializationException', Message: 'The request body is not valid JSON' };

let server: TestServer;
let kms: KMS;
let key: NewKey;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  key = await createKey(kms);
});
after(() => server.close());

/** Sends a signed request; a text or bytes go as they are. */
function send(operation: string, body: unknown, headers: Record<string, string> = {}): Promise<WireAnswer> {
  return signedRequest({ endpoint: server.endpoint, operation, body, headers });
}

/** Sends a request that is not signed and has only the given headers. */
function sendUnsigned(headers: Record<string, string>, body = '{}'): Promise<WireAnswer> {
  const { endpoint } = server;
  return sendRequest({ endpoint, rawHeaders: Object.entries({ Host: 'kms', ...headers }).flat(), body });
}

/** Checks an answer that must be a refusal, to the letter. */
function assertRefusal({ status, body }: WireAnswer, expected: object): void {
  assert.deepEqual(JSON.parse(body), expected);
  assert.equal(status, 400);
}

describe('the content type', () => {
  for (const contentType of [
    'application/x-amz-json-1.1',
    'application/x-amz-json-1.0',
    'application/json',
    'application/json; charset=utf-8',
    'Application/X-Amz-JSON-1.1',
  ]) {
    it(`may be ${contentType}`, async () => {
      const { status, headers } = await send('ListKeys', {}, { 'Content-Type': contentType });
      assert.equal(status, 200);
      assert.equal(headers['content-type'], 'application/x-amz-json-1.1');
    });
  }

  for (const contentType of ['text/plain', 'application/xml', 'application/x-amz-json-1.2', 'json', '*/*']) {
    it(`may not be ${contentType}`, async () => {
      const { status, body } = await send('ListKeys', {}, { 'Content-Type': contentType });
      assert.equal(status, 400);
      assert.equal(JSON.parse(body).__type, 'UnknownOperationException');
    });
  }

  it('may not be missing', async () => {
    const { status, body } = await sendUnsigned({ 'X-Amz-Target': 'TrentService.ListKeys' });
    assert.equal(status, 400);
    assert.equal(JSON.parse(body).__type, 'UnknownOperationException');
  });
});

describe('X-Amz-Target', () => {
  it('may not be missing', async () => {
    assertRefusal(await sendUnsigned({ 'Content-Type': 'application/x-amz-json-1.1' }), UNKNOWN_OPERATION);
  });

  for (const target of [
    'ListKeys',
    'TrentService',
    'TrentService.',
    'TrentService.NoSuchOperation',
    'TrentService.listKeys',
    'TrentService.ListKeys.ListKeys',
    'TrentService.constructor',
    'TrentService.__proto__',
    'trentservice.ListKeys',
    'DynamoDB_20120810.ListKeys',
    '.ListKeys',
    '',
  ]) {
    it(`may not be "${target}"`, async () => {
      assertRefusal(await send('ListKeys', {}, { 'X-Amz-Target': target }), UNKNOWN_OPERATION);
    });
  }

  it('may not name an operation that KMS does not have', async () => {
    for (const operation of ['Signs', 'SignMessage', 'sign', 'GetKey', 'CreateUser']) {
      assertRefusal(await send(operation, {}), UNKNOWN_OPERATION);
    }
  });
});

describe('an answer', () => {
  const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

  function assertHeaders({ headers, body }: WireAnswer): void {
    assert.equal(headers['content-type'], 'application/x-amz-json-1.1');
    assert.equal(headers['content-length'], String(Buffer.byteLength(body)));
    assert.match(String(headers['x-amzn-requestid']), UUID);
    assert.equal(headers['cache-control'], 'no-cache, no-store, must-revalidate, private');
    assert.equal(headers['expires'], '0');
    assert.equal(headers['pragma'], 'no-cache');
    assert.ok(!Number.isNaN(Date.parse(headers.date ?? '')));
  }

  it('has the same headers whether it is an answer or a refusal', async () => {
    for (const [operation, input, status] of [
      ['ListKeys', {}, 200],
      ['UpdateKeyDescription', { KeyId: key.keyId, Description: '' }, 200],
      ['DescribeKey', { KeyId: 'x' }, 400],
      ['NoSuchOperation', {}, 400],
      ['ListKeys', 'not JSON', 400],
    ] as const) {
      const answer = await send(operation, input);
      assert.equal(answer.status, status);
      assertHeaders(answer);
    }
  });

  it('has a request id of its own, which the SDK finds', async () => {
    const answers = await Promise.all([send('ListKeys', {}), send('ListKeys', {}), send('DescribeKey', {})]);
    const ids = answers.map(({ headers }) => headers['x-amzn-requestid']);
    assert.equal(new Set(ids).size, 3);
    const { $metadata } = await kms.listKeys();
    assert.match($metadata.requestId ?? '', UUID);
  });

  it('is {} where there is nothing to tell', async () => {
    for (const [operation, input] of [
      ['EnableKey', { KeyId: key.keyId }],
      ['UpdateKeyDescription', { KeyId: key.keyId, Description: '' }],
      ['TagResource', { KeyId: key.keyId, Tags: [] }],
      ['CreateAlias', { AliasName: 'alias/nothing-to-tell', TargetKeyId: key.keyId }],
      ['DeleteAlias', { AliasName: 'alias/nothing-to-tell' }],
    ] as const) {
      const { status, body } = await send(operation, input);
      assert.deepEqual([status, body], [200, '{}'], operation);
    }
  });

  it('has bytes in base64 and dates in seconds, and no members without a value', async () => {
    const described = JSON.parse((await send('DescribeKey', { KeyId: key.keyId })).body);
    assert.equal(described.KeyMetadata.CreationDate, server.clock.now() / 1000);
    assert.equal('DeletionDate' in described.KeyMetadata, false);
    const { Plaintext } = JSON.parse((await send('GenerateRandom', { NumberOfBytes: 32 })).body);
    assert.match(Plaintext, /^[A-Za-z0-9+/]{43}=$/);
    assert.deepEqual(JSON.parse((await send('ListResourceTags', { KeyId: key.keyId })).body), {
      Tags: [],
      Truncated: false,
    });
  });
});

describe('the body of a refusal', () => {
  it('has the bare code as __type, and the text as message', async () => {
    assertRefusal(await send('DescribeKey', { KeyId: 'fake-key-id' }), {
      __type: 'NotFoundException',
      message: "Invalid keyId 'fake-key-id'",
    });
  });

  it('has the text as Message where access is denied or the body is malformed', async () => {
    const keyArn = `arn:aws:kms:${REGION}:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
    const { body } = await send('DescribeKey', { KeyId: keyArn });
    assert.match(
      body,
      /^\{"__type":"AccessDeniedException","Message":"User: arn:aws:iam::111122223333:root is not authorized /,
    );
    assertRefusal(await send('DescribeKey', '{'), NOT_JSON);
  });

  it('has no text at all where AWS has none', async () => {
    const CiphertextBlob = Buffer.from('no ciphertext').toString('base64');
    assert.equal((await send('Decrypt', { CiphertextBlob })).body, '{"__type":"InvalidCiphertextException"}');
    assert.equal((await send('ListKeys', { Marker: 'x' })).body, '{"__type":"InvalidMarkerException"}');
    const altered = Buffer.from(await encrypt(kms, key.keyId));
    altered.writeUInt8(altered.readUInt8(80) ^ 1, 80);
    assert.equal(
      (await send('Decrypt', { CiphertextBlob: altered.toString('base64') })).body,
      '{"__type":"InvalidCiphertextException"}',
    );
  });
});

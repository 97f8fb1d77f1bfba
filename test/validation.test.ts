import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { keyPolicy } from './support/key-policies.ts';
import { createKey, enterState, type NewKey } from './support/keys.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { sendRequest, signedRequest, type WireAnswer } from './support/signed-request.ts';

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

async function assertInvalid(operation: string, body: unknown, message: string): Promise<void> {
  assertRefusal(await send(operation, body), { __type: 'ValidationException', message });
}

async function assertMalformed(operation: string, body: unknown, Message: string): Promise<void> {
  assertRefusal(await send(operation, body), { __type: 'SerializationException', Message });
}

describe('the body', () => {
  it('may be empty, which is the same as {}', async () => {
    assert.equal((await send('ListKeys', '')).status, 200);
    await assertInvalid('GenerateRandom', '', 'NumberOfBytes is required.');
  });

  it('has to be JSON', async () => {
    for (const body of [
      ' ',
      'x',
      '{',
      '{}}',
      '{}{}',
      '{"Limit":}',
      '{"Limit":1,}',
      "{'Limit':1}",
      '{Limit:1}',
      '{"Limit":01}',
      '{"Limit":NaN}',
      '{"Marker":"\n"}',
      '{"Marker":"\\x41"}',
      '\ufeff{}',
      '<ListKeysRequest/>',
      'Limit=1',
    ]) {
      assertRefusal(await send('ListKeys', body), NOT_JSON);
    }
  });

  it('has to be an object', async () => {
    const refused = 'can not be converted to a structure';
    for (const [body, message] of [
      ['[]', 'Start of list found where not expected.'],
      ['[{}]', 'Start of list found where not expected.'],
      ['"{}"', `STRING_VALUE ${refused}`],
      ['1', `NUMBER_VALUE ${refused}`],
      ['true', `TRUE_VALUE ${refused}`],
      ['null', `NULL_VALUE ${refused}`],
    ] as const) {
      await assertMalformed('ListKeys', body, message);
    }
  });

  it('has to be UTF-8', async () => {
    const notUtf8 = { __type: 'SerializationException', Message: 'The request body is not valid UTF-8' };
    for (const body of [
      Buffer.from('{"Description":"\xff"}', 'latin1'),
      Buffer.from('{"Description":"\xc3"}', 'latin1'),
      Buffer.from('{"Description":"\xc0\xaf"}', 'latin1'),
      Buffer.from('{"Description":"\xed\xa0\x80"}', 'latin1'),
    ]) {
      assertRefusal(await send('CreateKey', body), notUtf8);
    }
    const { status } = await send('ListKeys', Buffer.from('{}', 'utf16le'));
    assert.equal(status, 400);
  });

  it('has to be text that UTF-8 can write: no half of a surrogate pair, not even escaped', async () => {
    const KeyId = key.keyId;
    for (const body of [
      `{"KeyId":"${KeyId}","Description":"\\ud800"}`,
      `{"KeyId":"${KeyId}","Description":"\\udc00\\ud800"}`,
    ]) {
      const { status, body: answer } = await send('UpdateKeyDescription', body);
      assert.equal(status, 400);
      assert.equal(JSON.parse(answer).__type, 'SerializationException');
    }
    const pair = await send('UpdateKeyDescription', `{"KeyId":"${KeyId}","Description":"\\ud83d\\udd11"}`);
    assert.equal(pair.status, 200);
    assert.equal((await kms.describeKey({ KeyId })).KeyMetadata?.Description, '🔑');
  });

  it('may have members that are not known', async () => {
    const { status, body } = await send('GenerateRandom', {
      Unknown: [{ x: 1 }],
      numberOfBytes: 'x',
      NumberOfBytes: 3,
    });
    assert.equal(status, 200);
    assert.equal(Buffer.from(JSON.parse(body).Plaintext, 'base64').length, 3);
  });

  it('may have a member twice: the last one counts', async () => {
    const { body } = await send('GenerateRandom', '{"NumberOfBytes":"x","NumberOfBytes":7}');
    assert.equal(Buffer.from(JSON.parse(body).Plaintext, 'base64').length, 7);
    await assertInvalid(
      'GenerateRandom',
      '{"NumberOfBytes":7,"NumberOfBytes":null}',
      'NumberOfBytes is required.',
    );
  });

  it('gives no members by way of __proto__', async () => {
    await assertInvalid('GenerateRandom', '{"__proto__":{"NumberOfBytes":7}}', 'NumberOfBytes is required.');
    await assertInvalid(
      'DescribeKey',
      `{"constructor":{"prototype":{"KeyId":"${key.keyId}"}}}`,
      "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null",
    );
  });

  it('may be nested 100,000 levels deep, wherever it is, without harm', async () => {
    const depth = 100_000;
    const lists = '['.repeat(depth) + ']'.repeat(depth);
    const structures = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    for (const deep of [lists, structures]) {
      const { status } = await send('GenerateRandom', `{"NumberOfBytes":1,"Unknown":${deep}}`);
      assert.equal(status, 200);
      for (const body of [
        `{"KeyId":${deep}}`,
        `{"KeyId":"${key.keyId}","Plaintext":${deep}}`,
        `{"KeyId":"${key.keyId}","Plaintext":"eA==","EncryptionContext":${deep}}`,
        `{"KeyId":"${key.keyId}","Plaintext":"eA==","EncryptionContext":{"a":${deep}}}`,
        `{"KeyId":"${key.keyId}","Plaintext":"eA==","GrantTokens":${deep}}`,
        `{"KeyId":"${key.keyId}","Plaintext":"eA==","GrantTokens":[${'"x",'.repeat(10)}${deep}]}`,
      ]) {
        const { status: refused, body: answer } = await send('Encrypt', body);
        assert.equal(refused, 400);
        assert.equal(JSON.parse(answer).__type, 'SerializationException');
      }
      assert.equal((await send('Encrypt', deep)).status, 400);
      assert.equal((await send('TagResource', `{"KeyId":"${key.keyId}","Tags":[${deep}]}`)).status, 400);
    }
  });
});

describe('a member of the wrong JSON type', () => {
  const required = { KeyId: '1234abcd-12ab-34cd-56ef-1234567890ab', Plaintext: 'eA==' };
  const cases: readonly (readonly [operation: string, input: object, message: string])[] = [
    ['Encrypt', { ...required, KeyId: 5 }, 'NUMBER_VALUE can not be converted to a String'],
    ['Encrypt', { ...required, KeyId: true }, 'TRUE_VALUE can not be converted to a String'],
    ['Encrypt', { ...required, KeyId: false }, 'FALSE_VALUE can not be converted to a String'],
    ['Encrypt', { ...required, KeyId: {} }, 'Start of structure or map found where not expected.'],
    ['Encrypt', { ...required, KeyId: [] }, 'Start of list found where not expected.'],
    ['GenerateRandom', { NumberOfBytes: '16' }, 'STRING_VALUE can not be converted to an Integer'],
    ['GenerateRandom', { NumberOfBytes: true }, 'TRUE_VALUE can not be converted to an Integer'],
    ['GenerateRandom', { NumberOfBytes: [16] }, 'Start of list found where not expected.'],
    ['GenerateRandom', { NumberOfBytes: 1.5 }, 'NUMBER_VALUE can not be converted to an Integer'],
    ['GenerateRandom', { NumberOfBytes: 2 ** 31 }, 'NUMBER_VALUE can not be converted to an Integer'],
    ['GenerateRandom', { NumberOfBytes: 1e300 }, 'NUMBER_VALUE can not be converted to an Integer'],
    ['Encrypt', { ...required, DryRun: 'true' }, 'STRING_VALUE can not be converted to a Boolean'],
    ['Encrypt', { ...required, DryRun: 1 }, 'NUMBER_VALUE can not be converted to a Boolean'],
    ['Encrypt', { ...required, Plaintext: 5 }, 'NUMBER_VALUE can not be converted to a Blob'],
    ['Encrypt', { ...required, Plaintext: 'no base64!' }, 'STRING_VALUE is not a valid base64 string'],
    ['Encrypt', { ...required, Plaintext: 'eA' }, 'STRING_VALUE is not a valid base64 string'],
    ['Encrypt', { ...required, Plaintext: 'eA==\n' }, 'STRING_VALUE is not a valid base64 string'],
    ['Encrypt', { ...required, Plaintext: '_-8=' }, 'STRING_VALUE is not a valid base64 string'],
    ['Encrypt', { ...required, Plaintext: 'eB==' }, 'STRING_VALUE is not a valid base64 string'],
    ['Encrypt', { ...required, EncryptionContext: 'x' }, 'STRING_VALUE can not be converted to a map'],
    ['Encrypt', { ...required, EncryptionContext: [] }, 'Start of list found where not expected.'],
    [
      'Encrypt',
      { ...required, EncryptionContext: { a: 1 } },
      'NUMBER_VALUE can not be converted to a String',
    ],
    [
      'Encrypt',
      { ...required, EncryptionContext: { a: {} } },
      'Start of structure or map found where not expected.',
    ],
    ['Encrypt', { ...required, GrantTokens: 'x' }, 'STRING_VALUE can not be converted to a list'],
    ['Encrypt', { ...required, GrantTokens: [1] }, 'NUMBER_VALUE can not be converted to a String'],
    ['TagResource', { ...required, Tags: {} }, 'Start of structure or map found where not expected.'],
    ['TagResource', { ...required, Tags: ['x'] }, 'STRING_VALUE can not be converted to a structure'],
    [
      'TagResource',
      { ...required, Tags: [{ TagKey: 1, TagValue: 'x' }] },
      'NUMBER_VALUE can not be converted to a String',
    ],
    ['CreateKey', { KeySpec: 1 }, 'NUMBER_VALUE can not be converted to a String'],
  ];
  for (const [operation, input, message] of cases) {
    it(`${operation} ${JSON.stringify(input)}: ${message}`, () => assertMalformed(operation, input, message));
  }
});

describe('null', () => {
  it('is the same as no value', async () => {
    assert.equal((await send('ListKeys', { Limit: null, Marker: null })).status, 200);
    await assertInvalid('GenerateRandom', { NumberOfBytes: null }, 'NumberOfBytes is required.');
  });

  it('is refused where a value is required', async () => {
    await assertInvalid(
      'DescribeKey',
      { KeyId: null },
      "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null",
    );
    await assertInvalid(
      'TagResource',
      { KeyId: key.keyId, Tags: [{ TagKey: 'a', TagValue: null }, null] },
      "2 validation errors detected: Value null at 'tags.1.member.tagValue' failed to satisfy constraint: Member must not be null; " +
        "Value null at 'tags.2.member' failed to satisfy constraint: Member must not be null",
    );
    await assertInvalid(
      'Encrypt',
      { KeyId: key.keyId, Plaintext: 'eA==', EncryptionContext: { tenant: null } },
      "1 validation error detected: Value null at 'encryptionContext.tenant.member' failed to satisfy constraint: Member must not be null",
    );
  });
});

describe('the violations of a request', () => {
  it('are all told in one message', async () => {
    await assertInvalid(
      'Encrypt',
      {},
      "2 validation errors detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null; " +
        "Value null at 'plaintext' failed to satisfy constraint: Member must not be null",
    );
    await assertInvalid(
      'ListAliases',
      { KeyId: '', Limit: 0, Marker: '' },
      "3 validation errors detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
        "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1; " +
        "Value '' at 'marker' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
  });

  it('name the values that a member can have', async () => {
    const { body } = await send('CreateKey', { KeySpec: 'AES_256' });
    const { __type, message } = JSON.parse(body);
    assert.equal(__type, 'ValidationException');
    const [, values = ''] =
      /^1 validation error detected: Value 'AES_256' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: \[(.*)\]$/.exec(
        message,
      ) ?? [];
    for (const value of ['SYMMETRIC_DEFAULT', 'RSA_2048', 'HMAC_256']) {
      assert.ok(values.split(', ').includes(value));
    }
  });

  it('put the constraints of list members into brackets', async () => {
    await assertInvalid(
      'Decrypt',
      { DryRun: true, DryRunModifiers: ['IGNORE_CIPHERTEXT', 'X'], KeyId: key.keyId },
      "1 validation error detected: Value '[IGNORE_CIPHERTEXT, X]' at 'dryRunModifiers' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [IGNORE_CIPHERTEXT]]",
    );
  });

  it('name patterns, numbers and lengths', async () => {
    await assertInvalid(
      'GetKeyPolicy',
      { KeyId: key.keyId, PolicyName: 'a b' },
      "1 validation error detected: Value 'a b' at 'policyName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w]+",
    );
    const GrantTokens = Array.from({ length: 11 }, (_, at) => `t${at}`);
    await assertInvalid(
      'DescribeKey',
      { KeyId: 'k'.repeat(2049), GrantTokens },
      `2 validation errors detected: Value '${'k'.repeat(2049)}' at 'keyId' failed to satisfy constraint: Member must have length less than or equal to 2048; ` +
        `Value '[${GrantTokens.join(', ')}]' at 'grantTokens' failed to satisfy constraint: Member must have length less than or equal to 10`,
    );
  });

  it('do not echo bytes, which may be secret', async () => {
    const secret = Buffer.alloc(4097, 'secret').toString('base64');
    const { body } = await send('Encrypt', { KeyId: key.keyId, Plaintext: secret });
    assert.equal(body.includes(secret.slice(0, 16)), false);
    assert.equal(body.includes('secret'), false);
  });
});

describe('a request that is wrong in two ways is told of the earlier one', () => {
  const missing = '1234abcd-12ab-34cd-56ef-1234567890ab';
  const unsigned = { 'Content-Type': 'application/x-amz-json-1.1' };

  async function typeOf(answer: Promise<WireAnswer>): Promise<string> {
    return JSON.parse((await answer).body).__type;
  }

  it('an unknown operation before a missing signature', async () => {
    const answer = sendUnsigned({ ...unsigned, 'X-Amz-Target': 'TrentService.NoSuchOperation' });
    assert.equal(await typeOf(answer), 'UnknownOperationException');
  });

  it('a missing signature before a body that is not JSON', async () => {
    const answer = sendUnsigned({ ...unsigned, 'X-Amz-Target': 'TrentService.Encrypt' }, 'x');
    assert.equal(await typeOf(answer), 'MissingAuthenticationTokenException');
  });

  it('a wrong JSON type before a violated constraint', async () => {
    assert.equal(await typeOf(send('Encrypt', { KeyId: '', Plaintext: 5 })), 'SerializationException');
  });

  it('a violated constraint before a combination that makes no sense', async () => {
    const { body } = await send('GenerateDataKey', { KeyId: '' });
    assert.match(JSON.parse(body).message, /at 'keyId'/);
  });

  it('a combination that makes no sense before a key that does not exist', async () => {
    assert.equal(await typeOf(send('GenerateDataKey', { KeyId: missing })), 'ValidationException');
  });

  it('a malformed key id before anything about a key', async () => {
    assert.equal(await typeOf(send('DescribeKey', { KeyId: 'x' })), 'NotFoundException');
  });

  it('a missing permission before the state of the key', async () => {
    const { keyId } = await createKey(kms, {
      Policy: keyPolicy({
        Effect: 'Allow',
        Principal: { AWS: '444455556666' },
        Action: 'kms:*',
        Resource: '*',
      }),
      BypassPolicyLockoutSafetyCheck: true,
    });
    const other = server.client({ account: '444455556666' });
    await assert.rejects(other.disableKey({ KeyId: keyId }));
    assert.equal(await typeOf(send('CancelKeyDeletion', { KeyId: keyId })), 'AccessDeniedException');
  });

  it('the state of the key before an algorithm that it does not support', async () => {
    const { keyId } = await createKey(kms);
    await enterState(kms, keyId, 'Disabled');
    const input = { KeyId: keyId, Plaintext: 'eA==', EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' };
    assert.equal(await typeOf(send('Encrypt', input)), 'DisabledException');
  });

  it('an algorithm that the key does not support before a dry run', async () => {
    const input = {
      KeyId: key.keyId,
      Plaintext: 'eA==',
      EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      DryRun: true,
    };
    assert.equal(await typeOf(send('Encrypt', input)), 'InvalidKeyUsageException');
  });
});

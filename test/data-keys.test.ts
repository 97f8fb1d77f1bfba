import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { assertDecrypts, createAlias, createKey, currentMaterialOf, type NewKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let kms: KMS;
let key: NewKey;
let aliasName: string;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  key = await createKey(kms);
  aliasName = await createAlias(kms, key.keyId);
});
after(() => server.close());

describe('GenerateDataKey', () => {
  it('answers a data key and its ciphertext, the ARN of the key and its material', async () => {
    const { $metadata, Plaintext, CiphertextBlob, ...answer } = await kms.generateDataKey({
      KeyId: aliasName,
      KeySpec: 'AES_256',
      EncryptionContext: { tenant: 'acme' },
    });
    assert.deepEqual(answer, { KeyId: key.arn, KeyMaterialId: await currentMaterialOf(kms, key.keyId) });
    await assertDecrypts(kms, CiphertextBlob, Plaintext ?? '', { tenant: 'acme' });
    await assertRefused(kms.decrypt({ CiphertextBlob }), 'InvalidCiphertextException');
  });

  it('makes data keys that are all different', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => kms.generateDataKey({ KeyId: key.keyId, NumberOfBytes: 16 })),
    );
    const distinct = new Set(answers.map(({ Plaintext = [] }) => Buffer.from(Plaintext).toString('hex')));
    assert.equal(distinct.size, 50);
  });
});

describe('GenerateDataKeyWithoutPlaintext', () => {
  it('answers the ciphertext alone', async () => {
    const { $metadata, CiphertextBlob, ...answer } = await kms.generateDataKeyWithoutPlaintext({
      KeyId: aliasName,
      KeySpec: 'AES_256',
      EncryptionContext: { tenant: 'acme' },
    });
    assert.deepEqual(answer, { KeyId: key.arn, KeyMaterialId: await currentMaterialOf(kms, key.keyId) });
    const { Plaintext } = await kms.decrypt({ CiphertextBlob, EncryptionContext: { tenant: 'acme' } });
    assert.equal(Plaintext?.length, 32);
  });
});

for (const operation of ['generateDataKey', 'generateDataKeyWithoutPlaintext'] as const) {
  describe(`the size for ${operation}`, () => {
    async function lengthOf(size: { KeySpec?: 'AES_128' | 'AES_256'; NumberOfBytes?: number }) {
      const { CiphertextBlob } = await kms[operation]({ KeyId: key.keyId, ...size });
      return (await kms.decrypt({ CiphertextBlob })).Plaintext?.length;
    }

    it('is that of the KeySpec, or 1 to 1,024 bytes', async () => {
      assert.equal(await lengthOf({ KeySpec: 'AES_128' }), 16);
      assert.equal(await lengthOf({ KeySpec: 'AES_256' }), 32);
      for (const NumberOfBytes of [1, 64, 1024]) {
        assert.equal(await lengthOf({ NumberOfBytes }), NumberOfBytes);
      }
    });

    it('has to be given, once', async () => {
      for (const size of [{}, { KeySpec: 'AES_256', NumberOfBytes: 32 }] as const) {
        await assertRefused(
          lengthOf(size),
          'ValidationException',
          'Please specify either number of bytes or key spec.',
        );
      }
    });

    it('has to be in range', async () => {
      for (const [NumberOfBytes, bound] of [
        [0, 'greater than or equal to 1'],
        [1025, 'less than or equal to 1024'],
      ] as const) {
        await assertRefused(
          lengthOf({ NumberOfBytes }),
          'ValidationException',
          `1 validation error detected: Value '${NumberOfBytes}' at 'numberOfBytes' failed to satisfy constraint: Member must have value ${bound}`,
        );
      }
    });
  });
}

describe('GenerateRandom', () => {
  it('answers 1 to 1,024 random bytes', async () => {
    for (const NumberOfBytes of [1, 32, 1024]) {
      const { $metadata, ...answer } = await kms.generateRandom({ NumberOfBytes });
      assert.deepEqual(Object.keys(answer), ['Plaintext']);
      assert.equal(answer.Plaintext?.length, NumberOfBytes);
    }
    const [one, other] = await Promise.all([
      kms.generateRandom({ NumberOfBytes: 32 }),
      kms.generateRandom({ NumberOfBytes: 32 }),
    ]);
    assert.notDeepEqual(one?.Plaintext, other?.Plaintext);
  });

  it('has to be told how many', async () => {
    await assertRefused(kms.generateRandom({}), 'ValidationException', 'NumberOfBytes is required.');
    for (const [NumberOfBytes, bound] of [
      [0, 'greater than or equal to 1'],
      [1025, 'less than or equal to 1024'],
    ] as const) {
      await assertRefused(
        kms.generateRandom({ NumberOfBytes }),
        'ValidationException',
        `1 validation error detected: Value '${NumberOfBytes}' at 'numberOfBytes' failed to satisfy constraint: Member must have value ${bound}`,
      );
    }
  });

  it('finds no custom key store', async () => {
    await assertRefused(
      kms.generateRandom({ NumberOfBytes: 1, CustomKeyStoreId: 'cks-1234567890abcdef0' }),
      'CustomKeyStoreNotFoundException',
    );
  });
});

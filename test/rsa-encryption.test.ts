import assert from 'node:assert/strict';
import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { DecryptCommandInput, KMS } from '@aws-sdk/client-kms';
import { createAlias, createKey, currentMaterialOf, encrypt, type NewKey } from './support/keys.ts';
import { assertRefused, WITHOUT_MESSAGE } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const CONTEXT_UNSUPPORTED =
  'EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.';
const INCORRECT_KEY = 'The key ID in the request does not identify a CMK that can perform this operation.';

type Oaep = 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256';
const SHA_1 = 'RSAES_OAEP_SHA_1';
const SHA_256 = 'RSAES_OAEP_SHA_256';
const HASHES = { RSAES_OAEP_SHA_1: 'sha1', RSAES_OAEP_SHA_256: 'sha256' } as const;

/** Lengths in bytes: of the modulus, and of the longest plaintexts (crypto.md section 2). */
const RSA_SPECS = [
  { keySpec: 'RSA_2048', modulus: 256, most: { RSAES_OAEP_SHA_1: 214, RSAES_OAEP_SHA_256: 190 } },
  { keySpec: 'RSA_3072', modulus: 384, most: { RSAES_OAEP_SHA_1: 342, RSAES_OAEP_SHA_256: 318 } },
  { keySpec: 'RSA_4096', modulus: 512, most: { RSAES_OAEP_SHA_1: 470, RSAES_OAEP_SHA_256: 446 } },
] as const;

let server: TestServer;
let kms: KMS;
const keys = new Map<string, NewKey>();
/** RSA_2048. */
let key: NewKey;
let otherKey: NewKey;
let symmetricKey: NewKey;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  const created = await Promise.all(
    [...RSA_SPECS.map(({ keySpec }) => keySpec), 'RSA_2048' as const].map((KeySpec) =>
      createKey(kms, { KeySpec, KeyUsage: 'ENCRYPT_DECRYPT' }),
    ),
  );
  for (const [at, { keySpec }] of RSA_SPECS.entries()) keys.set(keySpec, created[at] ?? assert.fail());
  key = created[0] ?? assert.fail();
  otherKey = created[3] ?? assert.fail();
  symmetricKey = await createKey(kms);
});
after(() => server.close());

async function encryptRsa(
  { keyId: KeyId }: NewKey,
  plaintext: Uint8Array,
  EncryptionAlgorithm: Oaep = SHA_256,
): Promise<Uint8Array> {
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: plaintext, EncryptionAlgorithm });
  return CiphertextBlob ?? assert.fail();
}

async function decrypt(request: DecryptCommandInput): Promise<Buffer> {
  const { Plaintext } = await kms.decrypt(request);
  return Buffer.from(Plaintext ?? assert.fail());
}

async function assertInvalidCiphertext(request: DecryptCommandInput): Promise<void> {
  await assertRefused(kms.decrypt(request), 'InvalidCiphertextException', WITHOUT_MESSAGE);
}

for (const { keySpec, modulus, most } of RSA_SPECS) {
  for (const EncryptionAlgorithm of [SHA_1, SHA_256] as const) {
    describe(`${keySpec} with ${EncryptionAlgorithm}`, () => {
      const limit = most[EncryptionAlgorithm];
      const keyOf = () => keys.get(keySpec) ?? assert.fail();

      it('decrypts what it encrypted, and says how', async () => {
        const { keyId: KeyId, arn } = keyOf();
        for (const length of [1, limit]) {
          const plaintext = Buffer.alloc(length, 0xa5);
          const request = { KeyId, EncryptionAlgorithm, Plaintext: plaintext };
          const { $metadata, CiphertextBlob, ...encrypted } = await kms.encrypt(request);
          assert.deepEqual(encrypted, { KeyId: arn, EncryptionAlgorithm });
          assert.equal(CiphertextBlob?.length, modulus);
          const opened = await kms.decrypt({ KeyId, EncryptionAlgorithm, CiphertextBlob });
          const { $metadata: _, Plaintext, ...decrypted } = opened;
          assert.deepEqual(decrypted, { KeyId: arn, EncryptionAlgorithm });
          assert.deepEqual(Buffer.from(Plaintext ?? []), plaintext);
        }
      });

      it('decrypts what whoever has the public key encrypted', async () => {
        const { keyId: KeyId } = keyOf();
        const { PublicKey = Buffer.of() } = await kms.getPublicKey({ KeyId });
        const publicKey = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
        const plaintext = Buffer.from('from elsewhere');
        const CiphertextBlob = publicEncrypt(
          {
            key: publicKey,
            padding: constants.RSA_PKCS1_OAEP_PADDING,
            oaepHash: HASHES[EncryptionAlgorithm],
          },
          plaintext,
        );
        assert.deepEqual(await decrypt({ KeyId, CiphertextBlob, EncryptionAlgorithm }), plaintext);
      });

      it('encrypts no more than fits', async () => {
        const refusal = `Algorithm ${EncryptionAlgorithm} and key spec ${keySpec} cannot encrypt data larger than ${limit} bytes.`;
        for (const DryRun of [false, true]) {
          await assertRefused(
            kms.encrypt({
              KeyId: keyOf().keyId,
              Plaintext: Buffer.alloc(limit + 1),
              EncryptionAlgorithm,
              DryRun,
            }),
            'ValidationException',
            refusal,
          );
        }
      });
    });
  }
}

describe('Encrypt under an RSA key', () => {
  it('never answers the same ciphertext twice', async () => {
    const [one, other] = await Promise.all([encryptRsa(key, Buffer.of(1)), encryptRsa(key, Buffer.of(1))]);
    assert.notDeepEqual(one, other);
  });

  it('needs the algorithm: the default is none of such a key', async () => {
    for (const EncryptionAlgorithm of [undefined, 'SYMMETRIC_DEFAULT', 'SM2PKE'] as const) {
      await assertRefused(
        kms.encrypt({ KeyId: key.keyId, Plaintext: Buffer.of(1), EncryptionAlgorithm }),
        'InvalidKeyUsageException',
        `Algorithm ${EncryptionAlgorithm ?? 'SYMMETRIC_DEFAULT'} is incompatible with key spec RSA_2048.`,
      );
    }
  });

  it('takes no encryption context, but for one without pairs', async () => {
    const request = { KeyId: key.keyId, Plaintext: Buffer.of(1), EncryptionAlgorithm: SHA_256 } as const;
    const EncryptionContext = { tenant: 'acme' };
    const { CiphertextBlob } = await kms.encrypt({ ...request, EncryptionContext: {} });
    const calls = [
      kms.encrypt({ ...request, EncryptionContext }),
      kms.decrypt({ KeyId: key.keyId, CiphertextBlob, EncryptionAlgorithm: SHA_256, EncryptionContext }),
    ];
    await Promise.all(calls.map((call) => assertRefused(call, 'ValidationException', CONTEXT_UNSUPPORTED)));
  });

  it('is for keys for encryption only', async () => {
    const { keyId: KeyId, arn } = await createKey(kms, { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
    await assertRefused(
      kms.encrypt({ KeyId, Plaintext: Buffer.of(1), EncryptionAlgorithm: SHA_256 }),
      'InvalidKeyUsageException',
      `${arn} key usage is SIGN_VERIFY which is not valid for Encrypt.`,
    );
    await assertRefused(
      kms.decrypt({ KeyId, CiphertextBlob: Buffer.alloc(256), EncryptionAlgorithm: SHA_256 }),
      'IncorrectKeyException',
      INCORRECT_KEY,
    );
  });
});

describe('Decrypt with an RSA key', () => {
  it('takes the KeyId in any form', async () => {
    const CiphertextBlob = await encryptRsa(key, Buffer.from('secret'));
    for (const KeyId of [key.keyId, key.arn, await createAlias(kms, key.keyId)]) {
      const opened = await decrypt({ KeyId, CiphertextBlob, EncryptionAlgorithm: SHA_256 });
      assert.equal(opened.toString(), 'secret');
    }
  });

  it('needs KeyId and EncryptionAlgorithm: the ciphertext says neither', async () => {
    const CiphertextBlob = await encryptRsa(key, Buffer.of(1));
    await assertInvalidCiphertext({ CiphertextBlob });
    await assertInvalidCiphertext({ CiphertextBlob, EncryptionAlgorithm: SHA_256 });
    await assertInvalidCiphertext({ CiphertextBlob, KeyId: key.keyId });
    await assertInvalidCiphertext({
      CiphertextBlob,
      KeyId: key.keyId,
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    });
  });

  it('refuses whatever is wrong with the ciphertext in the same way', async () => {
    const ciphertext = Buffer.from(await encryptRsa(key, Buffer.from('secret')));
    const altered = [0, 100, 255].map((at) =>
      Buffer.from(ciphertext.map((byte, index) => (index === at ? byte ^ 1 : byte))),
    );
    const request = { KeyId: key.keyId, EncryptionAlgorithm: SHA_256 } as const;
    for (const CiphertextBlob of [
      ...altered,
      ciphertext.subarray(1),
      ciphertext.subarray(0, -1),
      Buffer.concat([Buffer.of(0), ciphertext]),
      Buffer.concat([ciphertext, Buffer.of(0)]),
      Buffer.alloc(256),
      Buffer.alloc(256, 0xff),
      Buffer.of(1),
      Buffer.alloc(6144),
      await encryptRsa(otherKey, Buffer.from('secret')),
      await encrypt(kms, symmetricKey.keyId),
    ])
      await assertInvalidCiphertext({ ...request, CiphertextBlob });
    await assertInvalidCiphertext({ ...request, CiphertextBlob: ciphertext, EncryptionAlgorithm: SHA_1 });
  });

  it('refuses a ciphertext that names another key by itself', async () => {
    const CiphertextBlob = await encrypt(kms, symmetricKey.keyId);
    await assertRefused(
      kms.decrypt({ KeyId: key.keyId, CiphertextBlob }),
      'IncorrectKeyException',
      INCORRECT_KEY,
    );
  });

  it('has a symmetric key refuse the algorithm', async () => {
    await assertRefused(
      kms.decrypt({
        KeyId: symmetricKey.keyId,
        CiphertextBlob: await encryptRsa(key, Buffer.of(1)),
        EncryptionAlgorithm: SHA_256,
      }),
      'InvalidKeyUsageException',
      `Algorithm ${SHA_256} is incompatible with key spec SYMMETRIC_DEFAULT.`,
    );
  });

  it('decrypts nothing in a dry run', async () => {
    const request = { KeyId: key.keyId, EncryptionAlgorithm: SHA_256, DryRun: true } as const;
    for (const CiphertextBlob of [await encryptRsa(key, Buffer.of(1)), Buffer.of(1)])
      await assertRefused(kms.decrypt({ ...request, CiphertextBlob }), 'DryRunOperationException');
    await assertRefused(
      kms.decrypt({ ...request, CiphertextBlob: undefined, DryRunModifiers: ['IGNORE_CIPHERTEXT'] }),
      'DryRunOperationException',
    );
    await assertRefused(
      kms.decrypt({
        KeyId: key.keyId,
        DryRun: true,
        CiphertextBlob: undefined,
        DryRunModifiers: ['IGNORE_CIPHERTEXT'],
      }),
      'InvalidKeyUsageException',
    );
  });
});

describe('ReEncrypt', () => {
  it('goes between symmetric and RSA keys, and names the material of the symmetric ones', async () => {
    const sides = [
      { key: symmetricKey, algorithm: 'SYMMETRIC_DEFAULT', material: true },
      { key, algorithm: SHA_256, material: false },
      { key: otherKey, algorithm: SHA_1, material: false },
    ] as const;
    const materialId = await currentMaterialOf(kms, symmetricKey.keyId);
    for (const source of sides) {
      for (const destination of sides) {
        const encrypted = await kms.encrypt({
          KeyId: source.key.keyId,
          Plaintext: Buffer.from('secret'),
          EncryptionAlgorithm: source.algorithm,
        });
        const { $metadata, CiphertextBlob, ...answer } = await kms.reEncrypt({
          CiphertextBlob: encrypted.CiphertextBlob,
          SourceKeyId: source.key.keyId,
          SourceEncryptionAlgorithm: source.algorithm,
          DestinationKeyId: destination.key.keyId,
          DestinationEncryptionAlgorithm: destination.algorithm,
        });
        assert.deepEqual(answer, {
          SourceKeyId: source.key.arn,
          KeyId: destination.key.arn,
          SourceEncryptionAlgorithm: source.algorithm,
          DestinationEncryptionAlgorithm: destination.algorithm,
          ...(source.material && { SourceKeyMaterialId: materialId }),
          ...(destination.material && { DestinationKeyMaterialId: materialId }),
        });
        const opened = await decrypt({
          KeyId: destination.key.keyId,
          CiphertextBlob,
          EncryptionAlgorithm: destination.algorithm,
        });
        assert.equal(opened.toString(), 'secret');
      }
    }
  });

  it('refuses to put more under an RSA key than fits', async () => {
    const request = { DestinationKeyId: key.keyId, DestinationEncryptionAlgorithm: SHA_256 } as const;
    const fitting = await encrypt(kms, symmetricKey.keyId, Buffer.alloc(190));
    await kms.reEncrypt({ ...request, CiphertextBlob: fitting });
    await assertRefused(
      kms.reEncrypt({
        ...request,
        CiphertextBlob: await encrypt(kms, symmetricKey.keyId, Buffer.alloc(191)),
      }),
      'ValidationException',
      'Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than 190 bytes.',
    );
  });

  it('takes encryption contexts on symmetric sides only', async () => {
    const EncryptionContext = { tenant: 'acme' };
    const ofRsa = await encryptRsa(key, Buffer.of(1));
    const ofSymmetric = await encrypt(kms, symmetricKey.keyId, Buffer.of(1), EncryptionContext);
    const fromRsa = {
      CiphertextBlob: ofRsa,
      SourceKeyId: key.keyId,
      SourceEncryptionAlgorithm: SHA_256,
      DestinationKeyId: symmetricKey.keyId,
    } as const;
    const toRsa = {
      CiphertextBlob: ofSymmetric,
      SourceEncryptionContext: EncryptionContext,
      DestinationKeyId: key.keyId,
      DestinationEncryptionAlgorithm: SHA_256,
    } as const;
    await kms.reEncrypt(toRsa);
    const { CiphertextBlob } = await kms.reEncrypt({
      ...fromRsa,
      DestinationEncryptionContext: EncryptionContext,
    });
    await assertInvalidCiphertext({ CiphertextBlob });
    await decrypt({ CiphertextBlob, EncryptionContext });
    const calls = [
      kms.reEncrypt({ ...fromRsa, SourceEncryptionContext: EncryptionContext }),
      kms.reEncrypt({ ...toRsa, DestinationEncryptionContext: EncryptionContext }),
    ];
    await Promise.all(calls.map((call) => assertRefused(call, 'ValidationException', CONTEXT_UNSUPPORTED)));
  });

  it('refuses an RSA ciphertext that was altered, and one without its algorithm', async () => {
    const CiphertextBlob = Buffer.from(await encryptRsa(key, Buffer.of(1)));
    const request = { SourceKeyId: key.keyId, DestinationKeyId: symmetricKey.keyId };
    const altered = Buffer.from(CiphertextBlob.map((byte, at) => (at === 9 ? byte ^ 1 : byte)));
    const calls = [
      kms.reEncrypt({ ...request, CiphertextBlob: altered, SourceEncryptionAlgorithm: SHA_256 }),
      kms.reEncrypt({ ...request, CiphertextBlob }),
    ];
    await Promise.all(
      calls.map((call) => assertRefused(call, 'InvalidCiphertextException', WITHOUT_MESSAGE)),
    );
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { createKey, encrypt, type NewKey } from './support/keys.ts';
import { assertRefused, WITHOUT_MESSAGE } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const EncryptionAlgorithm = 'SM2PKE';

let server: TestServer;
let kms: KMS;
let key: NewKey;

before(async () => {
  server = await startTestServer();
  kms = server.client({ region: 'cn-north-1' });
  key = await createKey(kms, { KeySpec: 'SM2', KeyUsage: 'ENCRYPT_DECRYPT' });
});
after(() => server.close());

async function encryptSm2(Plaintext: Uint8Array): Promise<Uint8Array> {
  const { CiphertextBlob } = await kms.encrypt({ KeyId: key.keyId, Plaintext, EncryptionAlgorithm });
  return CiphertextBlob ?? assert.fail();
}

describe('an SM2 key for encryption', () => {
  it('decrypts what it encrypted, up to 1,024 bytes, and says how', async () => {
    for (const length of [1, 1024]) {
      const plaintext = Buffer.alloc(length, 0xa5);
      const request = { KeyId: key.keyId, Plaintext: plaintext, EncryptionAlgorithm } as const;
      const { $metadata, CiphertextBlob, ...encrypted } = await kms.encrypt(request);
      assert.deepEqual(encrypted, { KeyId: key.arn, EncryptionAlgorithm });
      assert.equal(CiphertextBlob?.at(0), 0x30);
      const opened = await kms.decrypt({ KeyId: key.keyId, CiphertextBlob, EncryptionAlgorithm });
      const { $metadata: _, Plaintext, ...decrypted } = opened;
      assert.deepEqual(decrypted, { KeyId: key.arn, EncryptionAlgorithm });
      assert.deepEqual(Buffer.from(Plaintext ?? []), plaintext);
    }
  });

  it('encrypts no more', async () => {
    await assertRefused(
      encryptSm2(Buffer.alloc(1025)),
      'ValidationException',
      'Algorithm SM2PKE and key spec SM2 cannot encrypt data larger than 1024 bytes.',
    );
  });

  it('refuses whatever is wrong with a ciphertext in the same way', async () => {
    const ciphertext = await encryptSm2(Buffer.from('secret'));
    const altered = ciphertext.map((byte, at) => (at === ciphertext.length - 1 ? byte ^ 1 : byte));
    for (const CiphertextBlob of [altered, ciphertext.subarray(1), Buffer.of(1), Buffer.alloc(6144)]) {
      await assertRefused(
        kms.decrypt({ KeyId: key.keyId, CiphertextBlob, EncryptionAlgorithm }),
        'InvalidCiphertextException',
        WITHOUT_MESSAGE,
      );
    }
    await assertRefused(
      kms.decrypt({ KeyId: key.keyId, CiphertextBlob: ciphertext }),
      'InvalidCiphertextException',
    );
  });

  it('works with its own algorithm only, and without an encryption context', async () => {
    const request = { KeyId: key.keyId, Plaintext: Buffer.of(1) };
    await assertRefused(
      kms.encrypt({ ...request, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
      'InvalidKeyUsageException',
      'Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SM2.',
    );
    await assertRefused(
      kms.encrypt({ ...request, EncryptionAlgorithm, EncryptionContext: { tenant: 'acme' } }),
      'ValidationException',
      'EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.',
    );
  });

  it('takes part in ReEncrypt on both sides', async () => {
    const { keyId: symmetricKeyId } = await createKey(kms);
    const { CiphertextBlob } = await kms.reEncrypt({
      CiphertextBlob: await encrypt(kms, symmetricKeyId, 'secret'),
      DestinationKeyId: key.keyId,
      DestinationEncryptionAlgorithm: EncryptionAlgorithm,
    });
    const back = await kms.reEncrypt({
      CiphertextBlob,
      SourceKeyId: key.keyId,
      SourceEncryptionAlgorithm: EncryptionAlgorithm,
      DestinationKeyId: symmetricKeyId,
    });
    const { Plaintext } = await kms.decrypt({ CiphertextBlob: back.CiphertextBlob });
    assert.equal(Buffer.from(Plaintext ?? []).toString(), 'secret');
  });
});

describe('an SM2 key for key agreement', () => {
  it('comes to the same secret as its peer, and takes peers on its own curve only', async () => {
    const request = { KeySpec: 'SM2', KeyUsage: 'KEY_AGREEMENT' } as const;
    const [one, other] = [await createKey(kms, request), await createKey(kms, request)];
    const onOtherCurve = await createKey(kms, { ...request, KeySpec: 'ECC_NIST_P256' });
    const derive = async (own: NewKey, peer: NewKey) => {
      const { PublicKey } = await kms.getPublicKey({ KeyId: peer.keyId });
      return kms.deriveSharedSecret({ KeyId: own.keyId, KeyAgreementAlgorithm: 'ECDH', PublicKey });
    };
    const { SharedSecret } = await derive(one, other);
    assert.equal(SharedSecret?.length, 32);
    assert.deepEqual((await derive(other, one)).SharedSecret, SharedSecret);
    await assertRefused(derive(one, onOtherCurve), 'ValidationException', WITHOUT_MESSAGE);
  });
});

describe('SM2', () => {
  it('is there in the China Regions only', async () => {
    await assertRefused(
      server.client().createKey({ KeySpec: 'SM2', KeyUsage: 'ENCRYPT_DECRYPT' }),
      'ValidationException',
      'KeySpec SM2 is not supported in this Region',
    );
  });
});

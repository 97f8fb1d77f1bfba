import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { DataKeyPairSpec, type KMS } from '@aws-sdk/client-kms';
import { allow, keyPolicy } from './support/key-policies.ts';
import { createAlias, createKey, currentMaterialOf, type NewKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const SPECS = Object.values(DataKeyPairSpec);
const EncryptionContext = { tenant: 'acme' };

let server: TestServer;
let kms: KMS;
/** In a China Region. */
let chinaKms: KMS;
let key: NewKey;
let chinaKey: NewKey;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  chinaKms = server.client({ region: 'cn-north-1' });
  key = await createKey(kms);
  chinaKey = await createKey(chinaKms);
});
after(() => server.close());

/** Where key pairs of a spec are made. */
function placeOf(spec: DataKeyPairSpec): { readonly kms: KMS; readonly key: NewKey } {
  return spec === 'SM2' ? { kms: chinaKms, key: chinaKey } : { kms, key };
}

/** DER, of which public key a private key is. */
function publicKeyOf(privateKey: Uint8Array): Buffer {
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

/** What Node calls keys of a spec, with what is particular to it; SM2 it has no name for. */
function describeKind(spec: DataKeyPairSpec): object {
  const curves: Partial<Record<DataKeyPairSpec, string>> = {
    ECC_NIST_P256: 'prime256v1',
    ECC_NIST_P384: 'secp384r1',
    ECC_NIST_P521: 'secp521r1',
    ECC_SECG_P256K1: 'secp256k1',
  };
  const namedCurve = curves[spec];
  if (namedCurve !== undefined) return { type: 'ec', details: { namedCurve } };
  if (spec.startsWith('RSA'))
    return { type: 'rsa', details: { modulusLength: Number(spec.slice(4)), publicExponent: 65537n } };
  if (spec.startsWith('ML_KEM')) return { type: spec.toLowerCase().replaceAll('_', '-'), details: {} };
  return { type: spec === 'SM2' ? undefined : 'ed25519', details: {} };
}

for (const KeyPairSpec of SPECS) {
  describe(`a data key pair of the spec ${KeyPairSpec}`, () => {
    it('is answered with its private key in plaintext and as a ciphertext', async () => {
      const { kms, key } = placeOf(KeyPairSpec);
      const { $metadata, PublicKey, PrivateKeyPlaintext, PrivateKeyCiphertextBlob, ...answer } =
        await kms.generateDataKeyPair({
          KeyId: await createAlias(kms, key.keyId),
          KeyPairSpec,
          EncryptionContext,
        });
      assert.deepEqual(answer, {
        KeyId: key.arn,
        KeyPairSpec,
        KeyMaterialId: await currentMaterialOf(kms, key.keyId),
      });
      assert.ok(PublicKey !== undefined && PrivateKeyPlaintext !== undefined);
      const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPublicKey({
        key: Buffer.from(PublicKey),
        format: 'der',
        type: 'spki',
      });
      assert.deepEqual({ type, details }, describeKind(KeyPairSpec));
      assert.deepEqual(publicKeyOf(PrivateKeyPlaintext), Buffer.from(PublicKey));
      const CiphertextBlob = PrivateKeyCiphertextBlob;
      const { Plaintext } = await kms.decrypt({ CiphertextBlob, EncryptionContext });
      assert.deepEqual(Plaintext, PrivateKeyPlaintext);
      await assertRefused(kms.decrypt({ CiphertextBlob }), 'InvalidCiphertextException');
    });

    it('is answered without the plaintext', async () => {
      const { kms, key } = placeOf(KeyPairSpec);
      const { $metadata, PublicKey, PrivateKeyCiphertextBlob, ...answer } =
        await kms.generateDataKeyPairWithoutPlaintext({ KeyId: key.keyId, KeyPairSpec });
      assert.deepEqual(answer, {
        KeyId: key.arn,
        KeyPairSpec,
        KeyMaterialId: await currentMaterialOf(kms, key.keyId),
      });
      const { Plaintext = Buffer.of() } = await kms.decrypt({ CiphertextBlob: PrivateKeyCiphertextBlob });
      assert.deepEqual(publicKeyOf(Plaintext), Buffer.from(PublicKey ?? []));
    });
  });
}

describe('GenerateDataKeyPair', () => {
  it('makes key pairs that are all different', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        kms.generateDataKeyPair({ KeyId: key.keyId, KeyPairSpec: 'ECC_NIST_P256' }),
      ),
    );
    const distinct = new Set(answers.map(({ PublicKey = [] }) => Buffer.from(PublicKey).toString('hex')));
    assert.equal(distinct.size, 20);
  });

  it('writes the private keys of ML-KEM as seeds, all of the same length', async () => {
    for (const KeyPairSpec of ['ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024'] as const) {
      const { PrivateKeyPlaintext } = await kms.generateDataKeyPair({ KeyId: key.keyId, KeyPairSpec });
      assert.equal(PrivateKeyPlaintext?.length, 86);
    }
  });

  it('has SM2 in the China Regions only, and ML-KEM in all others', async () => {
    for (const { kms, key, KeyPairSpec } of [
      { ...placeOf('RSA_2048'), KeyPairSpec: 'SM2' },
      { ...placeOf('SM2'), KeyPairSpec: 'ML_KEM_512' },
    ] as const) {
      const request = { KeyId: key.keyId, KeyPairSpec };
      const calls = [kms.generateDataKeyPair(request), kms.generateDataKeyPairWithoutPlaintext(request)];
      const message = `KeyPairSpec ${KeyPairSpec} is not supported in this Region`;
      await Promise.all(calls.map((call) => assertRefused(call, 'ValidationException', message)));
    }
  });

  it('makes nothing in a dry run', async () => {
    const request = { KeyId: key.keyId, KeyPairSpec: 'RSA_4096', DryRun: true } as const;
    await assertRefused(kms.generateDataKeyPair(request), 'DryRunOperationException');
    await assertRefused(kms.generateDataKeyPairWithoutPlaintext(request), 'DryRunOperationException');
  });

  it('refuses specs that there are not', async () => {
    for (const [KeyPairSpec, value] of [
      ['ML_DSA_44', "Value 'ML_DSA_44'"],
      [undefined, 'Value null'],
    ] as const) {
      await assertRefused(
        // @ts-expect-error the SDK knows no such spec
        kms.generateDataKeyPair({ KeyId: key.keyId, KeyPairSpec }),
        'ValidationException',
        new RegExp(`^1 validation error detected: ${value} at 'keyPairSpec' failed to satisfy constraint: `),
      );
    }
  });

  it('tells policies the spec and the encryption context', async () => {
    const { keyId: KeyId } = await createKey(kms, {
      Policy: keyPolicy(
        allow({
          Action: 'kms:GenerateDataKeyPair',
          Condition: {
            StringEquals: {
              'kms:DataKeyPairSpec': 'ECC_NIST_P256',
              'kms:EncryptionContext:tenant': 'acme',
            },
          },
        }),
      ),
      BypassPolicyLockoutSafetyCheck: true,
    });
    await kms.generateDataKeyPair({ KeyId, KeyPairSpec: 'ECC_NIST_P256', EncryptionContext });
    for (const request of [
      { KeyId, KeyPairSpec: 'ECC_NIST_P384', EncryptionContext },
      { KeyId, KeyPairSpec: 'ECC_NIST_P256' },
    ] as const)
      await assertRefused(kms.generateDataKeyPair(request), 'AccessDeniedException');
  });
});

describe('data keys and data key pairs', () => {
  const calls = (KeyId: string) => ({
    GenerateDataKey: kms.generateDataKey({ KeyId, KeySpec: 'AES_256' }),
    GenerateDataKeyWithoutPlaintext: kms.generateDataKeyWithoutPlaintext({ KeyId, KeySpec: 'AES_256' }),
    GenerateDataKeyPair: kms.generateDataKeyPair({ KeyId, KeyPairSpec: 'ECC_NIST_P256' }),
    GenerateDataKeyPairWithoutPlaintext: kms.generateDataKeyPairWithoutPlaintext({
      KeyId,
      KeyPairSpec: 'ECC_NIST_P256',
    }),
  });

  it('are not made under asymmetric keys, whatever these are for', async () => {
    for (const request of [
      { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' },
      { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
    ] as const) {
      const { keyId } = await createKey(kms, request);
      const message = 'You cannot generate a data key with an asymmetric CMK';
      await Promise.all(
        Object.values(calls(keyId)).map((call) => assertRefused(call, 'InvalidKeyUsageException', message)),
      );
    }
  });

  it('are not made under HMAC keys', async () => {
    const { keyId, arn } = await createKey(kms, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    await Promise.all(
      Object.entries(calls(keyId)).map(([operation, call]) =>
        assertRefused(
          call,
          'InvalidKeyUsageException',
          `${arn} key usage is GENERATE_VERIFY_MAC which is not valid for ${operation}.`,
        ),
      ),
    );
  });
});

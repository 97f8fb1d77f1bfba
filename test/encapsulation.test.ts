import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { ml_kem512, ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { createKey, type NewKey } from './support/keys.ts';
import { assertRefused, WITHOUT_MESSAGE } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const KEMS = [
  { keySpec: 'ML_KEM_512', kem: ml_kem512, ciphertextLength: 768, publicKeyLength: 800 },
  { keySpec: 'ML_KEM_768', kem: ml_kem768, ciphertextLength: 1088, publicKeyLength: 1184 },
  { keySpec: 'ML_KEM_1024', kem: ml_kem1024, ciphertextLength: 1568, publicKeyLength: 1568 },
] as const;
type Kem = (typeof KEMS)[number];
const [ML_KEM_512] = KEMS;
const EncapsulationAlgorithm = 'ML_KEM';

let server: TestServer;
let kms: KMS;
const keys = new Map<string, NewKey>();

before(async () => {
  server = await startTestServer();
  kms = server.client();
  for (const { keySpec } of KEMS)
    keys.set(keySpec, await createKey(kms, { KeySpec: keySpec, KeyUsage: 'ENCAPSULATE_DECAPSULATE' }));
});
after(() => server.close());

function keyOf({ keySpec }: Kem): NewKey {
  return keys.get(keySpec) ?? assert.fail();
}

function decapsulate({ keyId }: NewKey, SharedSecretCiphertextBlob: Uint8Array) {
  return kms.decapsulate({ KeyId: keyId, EncapsulationAlgorithm, SharedSecretCiphertextBlob });
}

for (const kem of KEMS) {
  describe(`Encapsulate and Decapsulate with ${kem.keySpec}`, () => {
    it('make the same shared secret, and say how', async () => {
      const key = keyOf(kem);
      const { $metadata, SharedSecret, SharedSecretCiphertextBlob, ...made } = await kms.encapsulate({
        KeyId: key.keyId,
        EncapsulationAlgorithm,
      });
      assert.deepEqual(made, { KeyId: key.arn, EncapsulationAlgorithm });
      assert.equal(SharedSecret?.length, 32);
      assert.equal(SharedSecretCiphertextBlob?.length, kem.ciphertextLength);
      const { $metadata: _, ...opened } = await decapsulate(key, SharedSecretCiphertextBlob);
      assert.deepEqual(opened, { KeyId: key.arn, SharedSecret, EncapsulationAlgorithm });
    });

    it('agree with another implementation that has the public key', async () => {
      const key = keyOf(kem);
      const { PublicKey = Buffer.of() } = await kms.getPublicKey({ KeyId: key.keyId });
      const { cipherText, sharedSecret } = kem.kem.encapsulate(PublicKey.slice(-kem.publicKeyLength));
      const { SharedSecret } = await decapsulate(key, cipherText);
      assert.deepEqual(Buffer.from(SharedSecret ?? []), Buffer.from(sharedSecret));
    });

    it('never make the same secret twice', async () => {
      const request = { KeyId: keyOf(kem).keyId, EncapsulationAlgorithm } as const;
      const [one, other] = await Promise.all([kms.encapsulate(request), kms.encapsulate(request)]);
      assert.notDeepEqual(one.SharedSecret, other.SharedSecret);
      assert.notDeepEqual(one.SharedSecretCiphertextBlob, other.SharedSecretCiphertextBlob);
    });

    it('make another secret of a ciphertext that was altered or is of another key, always the same', async () => {
      const key = keyOf(kem);
      const { SharedSecret, SharedSecretCiphertextBlob = Buffer.of() } = await kms.encapsulate({
        KeyId: key.keyId,
        EncapsulationAlgorithm,
      });
      const otherKey = await createKey(kms, { KeySpec: kem.keySpec, KeyUsage: 'ENCAPSULATE_DECAPSULATE' });
      const altered = SharedSecretCiphertextBlob.map((byte, at) => (at === 0 ? byte ^ 1 : byte));
      for (const [owner, ciphertext] of [
        [key, altered],
        [key, Buffer.alloc(kem.ciphertextLength)],
        [otherKey, SharedSecretCiphertextBlob],
      ] as const) {
        const [one, again] = await Promise.all([
          decapsulate(owner, ciphertext),
          decapsulate(owner, ciphertext),
        ]);
        assert.equal(one.SharedSecret?.length, 32);
        assert.deepEqual(one.SharedSecret, again.SharedSecret);
        assert.notDeepEqual(one.SharedSecret, SharedSecret);
      }
    });

    it('refuse ciphertexts of another length', async () => {
      const lengths = [1, kem.ciphertextLength - 1, kem.ciphertextLength + 1, 6144];
      const ofOtherSpecs = KEMS.filter((other) => other !== kem).map((other) => other.ciphertextLength);
      for (const length of [...lengths, ...ofOtherSpecs]) {
        await assertRefused(
          decapsulate(keyOf(kem), Buffer.alloc(length)),
          'InvalidCiphertextException',
          WITHOUT_MESSAGE,
        );
      }
    });
  });
}

describe('Encapsulate and Decapsulate', () => {
  it('take ciphertexts of 1 to 6,144 bytes', async () => {
    for (const [length, bound] of [
      [0, 'greater than or equal to 1'],
      [6145, 'less than or equal to 6144'],
    ] as const) {
      await assertRefused(
        decapsulate(keyOf(ML_KEM_512), Buffer.alloc(length)),
        'ValidationException',
        `1 validation error detected: Value at 'sharedSecretCiphertextBlob' failed to satisfy constraint: Member must have length ${bound}`,
      );
    }
  });

  it('refuse keys for anything else', async () => {
    const symmetric = await createKey(kms);
    const agreement = await createKey(kms, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' });
    for (const [key, usage] of [
      [symmetric, 'ENCRYPT_DECRYPT'],
      [agreement, 'KEY_AGREEMENT'],
    ] as const) {
      const refusal = (operation: string) =>
        `${key.arn} key usage is ${usage} which is not valid for ${operation}.`;
      await assertRefused(
        kms.encapsulate({ KeyId: key.keyId, EncapsulationAlgorithm }),
        'InvalidKeyUsageException',
        refusal('Encapsulate'),
      );
      await assertRefused(
        decapsulate(key, Buffer.alloc(768)),
        'InvalidKeyUsageException',
        refusal('Decapsulate'),
      );
    }
  });

  it('do nothing in a dry run', async () => {
    const request = { KeyId: keyOf(ML_KEM_512).keyId, EncapsulationAlgorithm, DryRun: true } as const;
    await assertRefused(kms.encapsulate(request), 'DryRunOperationException');
    for (const length of [768, 767])
      await assertRefused(
        kms.decapsulate({ ...request, SharedSecretCiphertextBlob: Buffer.alloc(length) }),
        'DryRunOperationException',
      );
  });

  it('refuse algorithms that there are not', async () => {
    await assertRefused(
      // @ts-expect-error the SDK knows no such algorithm
      kms.encapsulate({ KeyId: keyOf(ML_KEM_512).keyId, EncapsulationAlgorithm: 'HPKE' }),
      'ValidationException',
      "1 validation error detected: Value 'HPKE' at 'encapsulationAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [ML_KEM]",
    );
  });

  it('are not there in the China Regions: there are no such keys', async () => {
    await assertRefused(
      server.client({ region: 'cn-north-1' }).createKey({
        KeySpec: 'ML_KEM_512',
        KeyUsage: 'ENCAPSULATE_DECAPSULATE',
      }),
      'ValidationException',
      'KeySpec ML_KEM_512 is not supported in this Region',
    );
  });
});

import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { KeySpec, KeyUsageType, KMS } from '@aws-sdk/client-kms';
import { createKey } from './support/keys.ts';
import { assertRefused, WITHOUT_MESSAGE } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

/** What OpenSSL reads from the public key of each spec, and the AlgorithmIdentifier that it begins with, DER in hex. */
const PUBLIC_KEYS: readonly (readonly [
  KeySpec,
  algorithm: string,
  type: string | undefined,
  details: object,
])[] = [
  ...([2048, 3072, 4096] as const).map(
    (modulusLength) =>
      [
        `RSA_${modulusLength}`,
        '300d06092a864886f70d0101010500',
        'rsa',
        { modulusLength, publicExponent: 65537n },
      ] as const,
  ),
  ['ECC_NIST_P256', '301306072a8648ce3d020106082a8648ce3d030107', 'ec', { namedCurve: 'prime256v1' }],
  ['ECC_NIST_P384', '301006072a8648ce3d020106052b81040022', 'ec', { namedCurve: 'secp384r1' }],
  ['ECC_NIST_P521', '301006072a8648ce3d020106052b81040023', 'ec', { namedCurve: 'secp521r1' }],
  ['ECC_SECG_P256K1', '301006072a8648ce3d020106052b8104000a', 'ec', { namedCurve: 'secp256k1' }],
  ['ECC_NIST_EDWARDS25519', '300506032b6570', 'ed25519', {}],
  ['ML_DSA_44', '300b0609608648016503040311', 'ml-dsa-44', {}],
  ['ML_DSA_65', '300b0609608648016503040312', 'ml-dsa-65', {}],
  ['ML_DSA_87', '300b0609608648016503040313', 'ml-dsa-87', {}],
  ['ML_KEM_512', '300b0609608648016503040401', 'ml-kem-512', {}],
  ['ML_KEM_768', '300b0609608648016503040402', 'ml-kem-768', {}],
  ['ML_KEM_1024', '300b0609608648016503040403', 'ml-kem-1024', {}],
  // Node has no name for it.
  ['SM2', '301306072a8648ce3d020106082a811ccf5501822d', undefined, {}],
];

/** The usages that each kind of spec can have, and the member that lists the algorithms then. */
const USAGES: readonly (readonly [RegExp, KeyUsageType, algorithms: string])[] = [
  [/^RSA|^SM2$/, 'ENCRYPT_DECRYPT', 'EncryptionAlgorithms'],
  [/^RSA|^ECC|^ML_DSA|^SM2$/, 'SIGN_VERIFY', 'SigningAlgorithms'],
  [/^ECC_NIST_P|^SM2$/, 'KEY_AGREEMENT', 'KeyAgreementAlgorithms'],
  [/^ML_KEM/, 'ENCAPSULATE_DECAPSULATE', 'EncapsulationAlgorithms'],
];
const ALGORITHM_MEMBERS = USAGES.map(([, , member]) => member);
const WITHOUT_OLD_NAME = /^ML_|EDWARDS/;

let server: TestServer;
let kms: KMS;
let chinese: KMS;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  chinese = server.client({ region: 'cn-north-1' });
});
after(() => server.close());

describe('GetPublicKey', () => {
  for (const [KeySpec, algorithm, type, details] of PUBLIC_KEYS) {
    const usages = USAGES.filter(([specs]) => specs.test(KeySpec));
    for (const [, KeyUsage, algorithms] of usages) {
      it(`gives the public key of a key of the spec ${KeySpec} for ${KeyUsage}`, async () => {
        const client = KeySpec === 'SM2' ? chinese : kms;
        const { keyId: KeyId, arn } = await createKey(client, { KeySpec, KeyUsage });
        const { $metadata, PublicKey = assert.fail(), ...answer } = await client.getPublicKey({ KeyId });
        const { KeyMetadata = {} } = await client.describeKey({ KeyId });
        assert.deepEqual(answer, {
          KeyId: arn,
          KeySpec,
          KeyUsage,
          ...(!WITHOUT_OLD_NAME.test(KeySpec) && { CustomerMasterKeySpec: KeySpec }),
          [algorithms]: Object(KeyMetadata)[algorithms],
        });
        assert(Object(answer)[algorithms].length > 0);
        for (const other of ALGORITHM_MEMBERS.filter((member) => member !== algorithms))
          assert.equal(Object(KeyMetadata)[other], undefined);

        const der = Buffer.from(PublicKey);
        const read = createPublicKey({ key: der, format: 'der', type: 'spki' });
        assert.deepEqual(read.export({ format: 'der', type: 'spki' }), der, 'as OpenSSL writes it');
        assert.equal(read.asymmetricKeyType, type);
        assert.deepEqual(read.asymmetricKeyDetails, details);
        assert(der.subarray(0, 30).toString('hex').includes(algorithm));

        const again = await client.getPublicKey({ KeyId });
        assert.deepEqual(again.PublicKey, PublicKey);
      });
    }
  }

  it('gives another public key for each key', async () => {
    const publicKeys = await Promise.all(
      [1, 2].map(async () => {
        const key = await createKey(kms, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
        return (await kms.getPublicKey({ KeyId: key.keyId })).PublicKey;
      }),
    );
    assert.notDeepEqual(publicKeys[0], publicKeys[1]);
  });

  it('refuses keys that have none, whatever their state', async () => {
    for (const request of [
      {},
      { KeySpec: 'HMAC_224', KeyUsage: 'GENERATE_VERIFY_MAC' },
      { KeySpec: 'HMAC_512', KeyUsage: 'GENERATE_VERIFY_MAC' },
    ] as const) {
      const { keyId: KeyId } = await createKey(kms, request);
      for (const disable of [false, true]) {
        if (disable) await kms.disableKey({ KeyId });
        await assertRefused(kms.getPublicKey({ KeyId }), 'UnsupportedOperationException', WITHOUT_MESSAGE);
      }
    }
  });
});

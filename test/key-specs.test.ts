import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type KeyMetadata, KeySpec, KeyUsageType, type KMS } from '@aws-sdk/client-kms';
import { createKey } from './support/keys.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let kms: KMS;

before(async () => {
  server = await startTestServer();
  kms = server.client();
});
after(() => server.close());

const RSA_SIGNING = [
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
];
const RSA_ENCRYPTION = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'];

type Algorithms = Readonly<Partial<Record<KeyUsageType, readonly string[]>>>;

/** What keys of each spec can be for, and the algorithms that they then have (crypto.md section 1). */
const SPECS: Readonly<Record<KeySpec, Algorithms>> = {
  SYMMETRIC_DEFAULT: { ENCRYPT_DECRYPT: ['SYMMETRIC_DEFAULT'] },
  RSA_2048: { ENCRYPT_DECRYPT: RSA_ENCRYPTION, SIGN_VERIFY: RSA_SIGNING },
  RSA_3072: { ENCRYPT_DECRYPT: RSA_ENCRYPTION, SIGN_VERIFY: RSA_SIGNING },
  RSA_4096: { ENCRYPT_DECRYPT: RSA_ENCRYPTION, SIGN_VERIFY: RSA_SIGNING },
  ECC_NIST_P256: { SIGN_VERIFY: ['ECDSA_SHA_256'], KEY_AGREEMENT: ['ECDH'] },
  ECC_NIST_P384: { SIGN_VERIFY: ['ECDSA_SHA_384'], KEY_AGREEMENT: ['ECDH'] },
  ECC_NIST_P521: { SIGN_VERIFY: ['ECDSA_SHA_512'], KEY_AGREEMENT: ['ECDH'] },
  ECC_SECG_P256K1: { SIGN_VERIFY: ['ECDSA_SHA_256'] },
  ECC_NIST_EDWARDS25519: { SIGN_VERIFY: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'] },
  HMAC_224: { GENERATE_VERIFY_MAC: ['HMAC_SHA_224'] },
  HMAC_256: { GENERATE_VERIFY_MAC: ['HMAC_SHA_256'] },
  HMAC_384: { GENERATE_VERIFY_MAC: ['HMAC_SHA_384'] },
  HMAC_512: { GENERATE_VERIFY_MAC: ['HMAC_SHA_512'] },
  ML_DSA_44: { SIGN_VERIFY: ['ML_DSA_SHAKE_256'] },
  ML_DSA_65: { SIGN_VERIFY: ['ML_DSA_SHAKE_256'] },
  ML_DSA_87: { SIGN_VERIFY: ['ML_DSA_SHAKE_256'] },
  ML_KEM_512: { ENCAPSULATE_DECAPSULATE: ['ML_KEM'] },
  ML_KEM_768: { ENCAPSULATE_DECAPSULATE: ['ML_KEM'] },
  ML_KEM_1024: { ENCAPSULATE_DECAPSULATE: ['ML_KEM'] },
  SM2: { ENCRYPT_DECRYPT: ['SM2PKE'], SIGN_VERIFY: ['SM2DSA'], KEY_AGREEMENT: ['ECDH'] },
};

/** Specs that CustomerMasterKeySpec, which is older, has no names for. */
const WITHOUT_OLD_NAME: readonly KeySpec[] = [
  'ECC_NIST_EDWARDS25519',
  'ML_DSA_44',
  'ML_DSA_65',
  'ML_DSA_87',
  'ML_KEM_512',
  'ML_KEM_768',
  'ML_KEM_1024',
];

/** The member of KeyMetadata that has the algorithms of a usage. */
const MEMBERS = {
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
  SIGN_VERIFY: 'SigningAlgorithms',
  GENERATE_VERIFY_MAC: 'MacAlgorithms',
  KEY_AGREEMENT: 'KeyAgreementAlgorithms',
  ENCAPSULATE_DECAPSULATE: 'EncapsulationAlgorithms',
} as const satisfies Record<KeyUsageType, keyof KeyMetadata>;

function clientFor(keySpec: KeySpec): KMS {
  return keySpec === 'SM2' ? server.client({ region: 'cn-north-1' }) : kms;
}

for (const spec of Object.values(KeySpec)) {
  describe(`a key of spec ${spec}`, () => {
    for (const usage of Object.values(KeyUsageType)) {
      const algorithms = SPECS[spec][usage];
      if (algorithms === undefined) continue;
      it(`for ${usage} has the algorithms of that usage, and no others`, async () => {
        const client = clientFor(spec);
        const { keyId } = await createKey(client, { KeySpec: spec, KeyUsage: usage });
        const { KeyMetadata } = await client.describeKey({ KeyId: keyId });
        assert.equal(KeyMetadata?.KeySpec, spec);
        assert.equal(KeyMetadata.KeyUsage, usage);
        assert.equal(KeyMetadata.KeyState, 'Enabled');
        assert.equal(KeyMetadata.Origin, 'AWS_KMS');
        for (const [other, member] of Object.entries(MEMBERS))
          assert.deepEqual(KeyMetadata[member], other === usage ? algorithms : undefined);
        assert.equal(KeyMetadata.CurrentKeyMaterialId !== undefined, spec === 'SYMMETRIC_DEFAULT');
        const oldName = WITHOUT_OLD_NAME.includes(spec) ? undefined : spec;
        assert.equal(KeyMetadata.CustomerMasterKeySpec, oldName);
      });
    }
  });
}

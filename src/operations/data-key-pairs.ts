import { isOfferedIn, type KeyPair, SymmetricKeyMaterial } from '../crypto/index.ts';
import { currentMaterialOf, type KeyEntry } from '../kms/index.ts';
import { blob, enumeration, optional, required, structure, type ValueOf } from '../model/index.ts';
import { CRYPTOGRAPHIC_ERRORS, dataKeyTarget, encryptionConditions } from './common.ts';
import { type Conditions, operation } from './operation.ts';
import { byKeyPairSpec } from './quotas.ts';
import { secretFor } from './recipient.ts';
import { keyPairSpecOfOtherRegions } from './refusals.ts';
import * as shapes from './shapes.ts';

const dataKeyPairSpec = enumeration(
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'ECC_NIST_EDWARDS25519',
  'ML_KEM_512',
  'ML_KEM_768',
  'ML_KEM_1024',
  'SM2',
);
type DataKeyPairSpec = ValueOf<typeof dataKeyPairSpec>;

const members = {
  KeyId: shapes.anyKeyIdMember,
  KeyPairSpec: required(
    dataKeyPairSpec,
    'The kind of key pair. SM2 is there in the China Regions only, ML-KEM in all others.',
  ),
  EncryptionContext: shapes.encryptionContext,
  GrantTokens: shapes.grantTokensMember,
  DryRun: shapes.dryRun,
};

const outputs = {
  PrivateKeyCiphertextBlob: optional(
    shapes.ciphertext,
    'The private key, encrypted under the KMS key: Decrypt gives it back as PrivateKeyInfo.',
  ),
  PublicKey: optional(shapes.publicKey, 'The public key: DER SubjectPublicKeyInfo (RFC 5280).'),
  KeyId: optional(shapes.keyIdentifier, 'The ARN of the KMS key.'),
  KeyPairSpec: optional(dataKeyPairSpec, 'The kind of key pair.'),
  KeyMaterialId: optional(shapes.keyMaterialId, 'The id of the key material that encrypted the private key.'),
};

const DATA_KEY_PAIR_ERRORS = [...CRYPTOGRAPHIC_ERRORS, 'UnsupportedOperationException'];

export const generateDataKeyPair = operation({
  name: 'GenerateDataKeyPair',
  summary:
    'Makes a key pair and returns its public key, and its private key both in plaintext and encrypted under a KMS key.',
  input: structure({ ...members, Recipient: shapes.recipientMember }),
  output: structure({
    ...outputs,
    PrivateKeyPlaintext: optional(
      blob({ min: 1, max: 4096 }),
      'The private key: DER PrivateKeyInfo (PKCS #8, RFC 5958).',
    ),
    CiphertextForRecipient: shapes.ciphertextForRecipient,
  }),
  targets: {
    key: { ...dataKeyTarget('kms:GenerateDataKeyPair'), kind: 'key', conditions: dataKeyPairConditions },
  },
  errors: DATA_KEY_PAIR_ERRORS,
  readOnly: true,
  quota: byKeyPairSpec,
  audit: { additional: (_, { KeyMaterialId }) => ({ keyMaterialId: KeyMaterialId }) },
  examples: [
    {
      title: 'Make a key pair to sign with',
      request: { KeyId: 'alias/orders', KeyPairSpec: 'ECC_NIST_P256' },
    },
    {
      title: 'Make an RSA key pair with an encryption context',
      request: { KeyId: 'alias/orders', KeyPairSpec: 'RSA_2048', EncryptionContext: { department: 'sales' } },
    },
  ],
  check: ({ input, region }) => requireOffered(region, input.KeyPairSpec),
  async handler({ input, targets: { key }, recipient, kms }) {
    const pair = await kms.keyPairs.take(input.KeyPairSpec);
    const privateKey = pair.exportPrivateKey();
    return {
      ...describePair(key, input, pair, privateKey),
      ...secretFor(recipient, 'PrivateKeyPlaintext', privateKey),
    };
  },
});

export const generateDataKeyPairWithoutPlaintext = operation({
  name: 'GenerateDataKeyPairWithoutPlaintext',
  summary:
    'Makes a key pair and returns its public key, and its private key encrypted under a KMS key only, for use later.',
  input: structure(members),
  output: structure(outputs),
  targets: {
    key: {
      ...dataKeyTarget('kms:GenerateDataKeyPairWithoutPlaintext'),
      kind: 'key',
      conditions: dataKeyPairConditions,
    },
  },
  errors: DATA_KEY_PAIR_ERRORS,
  readOnly: true,
  quota: byKeyPairSpec,
  audit: { additional: (_, { KeyMaterialId }) => ({ keyMaterialId: KeyMaterialId }) },
  examples: [
    {
      title: 'Make a key pair whose private key is for later',
      request: { KeyId: 'alias/orders', KeyPairSpec: 'ECC_NIST_P256' },
    },
    {
      title: 'Make an RSA key pair with an encryption context',
      request: { KeyId: 'alias/orders', KeyPairSpec: 'RSA_2048', EncryptionContext: { department: 'sales' } },
    },
  ],
  check: ({ input, region }) => requireOffered(region, input.KeyPairSpec),
  async handler({ input, targets: { key }, kms }) {
    const pair = await kms.keyPairs.take(input.KeyPairSpec);
    const privateKey = pair.exportPrivateKey();
    try {
      return describePair(key, input, pair, privateKey);
    } finally {
      privateKey.fill(0);
    }
  },
});

interface DataKeyPairInput {
  readonly KeyPairSpec: DataKeyPairSpec;
  readonly EncryptionContext?: Readonly<Record<string, string>> | undefined;
}

/** @throws ServiceError `ValidationException` */
function requireOffered(region: string, keyPairSpec: DataKeyPairSpec): void {
  if (!isOfferedIn(region, keyPairSpec)) throw keyPairSpecOfOtherRegions(keyPairSpec);
}

function dataKeyPairConditions({ KeyPairSpec, EncryptionContext }: DataKeyPairInput): Conditions {
  return {
    ...encryptionConditions(EncryptionContext, undefined),
    'kms:DataKeyPairSpec': KeyPairSpec,
  };
}

/** @param privateKey of the pair, as `exportPrivateKey` returned it */
function describePair(
  key: KeyEntry,
  { KeyPairSpec, EncryptionContext }: DataKeyPairInput,
  pair: KeyPair,
  privateKey: Uint8Array,
) {
  const material = currentMaterialOf(key, SymmetricKeyMaterial);
  return {
    PrivateKeyCiphertextBlob: material.encrypt(privateKey, EncryptionContext),
    PublicKey: pair.subjectPublicKeyInfo,
    KeyId: key.arn,
    KeyPairSpec,
    KeyMaterialId: material.keyMaterialId,
  };
}

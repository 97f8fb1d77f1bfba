import { randomBytes } from 'node:crypto';
import { SymmetricKeyMaterial } from '../crypto/index.ts';
import { currentMaterialOf } from '../kms/index.ts';
import { enumeration, optional, structure } from '../model/index.ts';
import { CRYPTOGRAPHIC_ERRORS, dataKeyTarget, encryptionConditions } from './common.ts';
import * as examples from './example-values.ts';
import { operation } from './operation.ts';
import { SYMMETRIC_QUOTA } from './quotas.ts';
import { secretFor } from './recipient.ts';
import { dataKeySizeMissing } from './refusals.ts';
import * as shapes from './shapes.ts';

const members = {
  KeyId: shapes.anyKeyIdMember,
  EncryptionContext: shapes.encryptionContext,
  KeySpec: optional(
    enumeration('AES_256', 'AES_128'),
    'The length of the data key: AES_256 is 32 bytes, AES_128 is 16. Either this or NumberOfBytes.',
  ),
  NumberOfBytes: optional(
    shapes.numberOfBytes,
    'The length of the data key in bytes, 1 to 1,024. Either this or KeySpec.',
  ),
  GrantTokens: shapes.grantTokensMember,
  DryRun: shapes.dryRun,
};

const outputs = {
  CiphertextBlob: optional(shapes.ciphertext, 'The data key, encrypted under the KMS key.'),
  KeyId: optional(shapes.keyIdentifier, 'The ARN of the KMS key.'),
  KeyMaterialId: optional(shapes.keyMaterialId, 'The id of the key material that encrypted the data key.'),
};

interface DataKeySize {
  readonly KeySpec?: 'AES_256' | 'AES_128' | undefined;
  readonly NumberOfBytes?: number | undefined;
}

export const generateDataKey = operation({
  name: 'GenerateDataKey',
  summary: 'Makes a random data key and returns it both in plaintext and encrypted under a KMS key.',
  input: structure({ ...members, Recipient: shapes.recipientMember }),
  output: structure({
    ...outputs,
    Plaintext: optional(shapes.plaintext, 'The data key.'),
    CiphertextForRecipient: shapes.ciphertextForRecipient,
  }),
  targets: {
    key: {
      ...dataKeyTarget('kms:GenerateDataKey'),
      kind: 'key',
      conditions: (input) => encryptionConditions(input.EncryptionContext, undefined),
    },
  },
  errors: CRYPTOGRAPHIC_ERRORS,
  readOnly: true,
  quota: SYMMETRIC_QUOTA,
  audit: { additional: (_, { KeyMaterialId }) => ({ keyMaterialId: KeyMaterialId }) },
  examples: [
    {
      title: 'Make a data key for AES-256',
      request: { KeyId: 'alias/orders', KeySpec: 'AES_256' },
    },
    {
      title: 'Make a data key with an encryption context',
      request: { KeyId: examples.KEY_ARN, KeySpec: 'AES_256', EncryptionContext: { department: 'sales' } },
    },
    { title: 'Make a data key of 64 bytes', request: { KeyId: 'alias/orders', NumberOfBytes: 64 } },
  ],
  validate: requireOneSize,
  handler({ input, targets: { key }, recipient }) {
    const plaintext = randomBytes(lengthOf(input));
    return {
      CiphertextBlob: currentMaterialOf(key, SymmetricKeyMaterial).encrypt(
        plaintext,
        input.EncryptionContext,
      ),
      ...secretFor(recipient, 'Plaintext', plaintext),
      KeyId: key.arn,
      ...(recipient === undefined && { KeyMaterialId: key.record.currentKeyMaterialId }),
    };
  },
});

export const generateDataKeyWithoutPlaintext = operation({
  name: 'GenerateDataKeyWithoutPlaintext',
  summary: 'Makes a random data key and returns it encrypted under a KMS key only, for use later.',
  input: structure(members),
  output: structure(outputs),
  targets: {
    key: {
      ...dataKeyTarget('kms:GenerateDataKeyWithoutPlaintext'),
      kind: 'key',
      conditions: (input) => encryptionConditions(input.EncryptionContext, undefined),
    },
  },
  errors: CRYPTOGRAPHIC_ERRORS,
  readOnly: true,
  quota: SYMMETRIC_QUOTA,
  audit: { additional: (_, { KeyMaterialId }) => ({ keyMaterialId: KeyMaterialId }) },
  examples: [
    {
      title: 'Make a data key of 64 bytes for later',
      request: { KeyId: 'alias/orders', NumberOfBytes: 64 },
    },
    {
      title: 'Make a data key for AES-128 with an encryption context',
      request: { KeyId: 'alias/orders', KeySpec: 'AES_128', EncryptionContext: { department: 'sales' } },
    },
  ],
  validate: requireOneSize,
  handler({ input, targets: { key } }) {
    const plaintext = randomBytes(lengthOf(input));
    try {
      return {
        CiphertextBlob: currentMaterialOf(key, SymmetricKeyMaterial).encrypt(
          plaintext,
          input.EncryptionContext,
        ),
        KeyId: key.arn,
        KeyMaterialId: key.record.currentKeyMaterialId,
      };
    } finally {
      plaintext.fill(0);
    }
  },
});

function requireOneSize({ KeySpec, NumberOfBytes }: DataKeySize): void {
  if ((KeySpec === undefined) === (NumberOfBytes === undefined)) throw dataKeySizeMissing();
}

function lengthOf({ KeySpec, NumberOfBytes }: DataKeySize): number {
  return NumberOfBytes ?? (KeySpec === 'AES_128' ? 16 : 32);
}

import { decryptWith, encryptUnder, requirePlaintextLength } from '../kms/index.ts';
import { optional, required, structure } from '../model/index.ts';
import {
  CRYPTOGRAPHIC_ERRORS,
  DECRYPTION,
  DECRYPTION_ERRORS,
  ENCRYPT_DECRYPT,
  encryptionConditions,
  SYMMETRIC_DEFAULT,
  usedKey,
} from './common.ts';
import { requireCiphertext, requireDecryption, requireEncryption } from './encryption-checks.ts';
import * as examples from './example-values.ts';
import { operation } from './operation.ts';
import { byAlgorithm } from './quotas.ts';
import { secretFor } from './recipient.ts';
import { ciphertextMissing } from './refusals.ts';
import * as shapes from './shapes.ts';

export const encrypt = operation({
  name: 'Encrypt',
  summary: 'Encrypts under a KMS key: up to 4,096 bytes under a symmetric one, less under one of RSA.',
  input: structure({
    KeyId: shapes.anyKeyIdMember,
    Plaintext: required(
      shapes.plaintext,
      'What to encrypt. RSA_2048 takes up to 214 bytes with RSAES_OAEP_SHA_1 and 190 with RSAES_OAEP_SHA_256, RSA_3072 342 and 318, RSA_4096 470 and 446.',
    ),
    EncryptionContext: shapes.encryptionContext,
    GrantTokens: shapes.grantTokensMember,
    EncryptionAlgorithm: optional(
      shapes.encryptionAlgorithm,
      'The encryption algorithm; SYMMETRIC_DEFAULT by default, which an asymmetric key does not have.',
    ),
    DryRun: shapes.dryRun,
  }),
  output: structure({
    CiphertextBlob: optional(
      shapes.ciphertext,
      'The ciphertext; that of a symmetric key says itself which key decrypts it.',
    ),
    KeyId: optional(shapes.keyIdentifier, 'The ARN of the key that encrypted.'),
    EncryptionAlgorithm: optional(shapes.encryptionAlgorithm, 'The encryption algorithm that was used.'),
  }),
  targets: {
    key: {
      ...usedKey('kms:Encrypt', ENCRYPT_DECRYPT),
      kind: 'key',
      conditions: (input) => encryptionConditions(input.EncryptionContext, input.EncryptionAlgorithm),
    },
  },
  errors: CRYPTOGRAPHIC_ERRORS,
  readOnly: true,
  quota: byAlgorithm('EncryptionAlgorithm'),
  audit: { additional: ({ targets: { key } }) => ({ keyMaterialId: key.record.currentKeyMaterialId }) },
  examples: [
    {
      title: 'Encrypt under a key named by its alias',
      request: {
        KeyId: 'alias/orders',
        Plaintext: 'aGVsbG8gd29ybGQ=',
        EncryptionContext: { department: 'sales' },
      },
    },
    {
      title: 'Encrypt without an encryption context',
      request: { KeyId: examples.KEY_ARN, Plaintext: 'aGVsbG8gd29ybGQ=' },
    },
    {
      title: 'Encrypt under an RSA key',
      request: {
        KeyId: 'alias/parcels',
        Plaintext: 'aGVsbG8gd29ybGQ=',
        EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      },
    },
    {
      title: 'Check whether encrypting would be allowed',
      error: 'DryRunOperationException',
      request: { KeyId: 'alias/orders', Plaintext: 'aGVsbG8gd29ybGQ=', DryRun: true },
    },
  ],
  check({ input, targets: { key } }) {
    const { Plaintext, EncryptionAlgorithm = SYMMETRIC_DEFAULT, EncryptionContext } = input;
    requireEncryption(key, EncryptionAlgorithm, EncryptionContext);
    requirePlaintextLength(key, EncryptionAlgorithm, Plaintext);
  },
  handler({ input, targets: { key } }) {
    const { Plaintext, EncryptionAlgorithm = SYMMETRIC_DEFAULT, EncryptionContext } = input;
    const ciphertext = encryptUnder(key, EncryptionAlgorithm, Plaintext, EncryptionContext);
    return whenDone(ciphertext, (CiphertextBlob) => ({
      CiphertextBlob,
      KeyId: key.arn,
      EncryptionAlgorithm,
    }));
  },
});

export const decrypt = operation({
  name: 'Decrypt',
  summary:
    'Decrypts a ciphertext that Encrypt, ReEncrypt or one of the operations for data keys made, or anybody with the public key of an RSA KMS key.',
  input: structure({
    CiphertextBlob: optional(shapes.ciphertext, 'The ciphertext; required unless a dry run ignores it.'),
    EncryptionContext: shapes.encryptionContext,
    GrantTokens: shapes.grantTokensMember,
    KeyId: optional(
      shapes.keyIdentifier,
      'The key: its key id, key ARN, alias name or alias ARN. Required for an asymmetric key; the ciphertext of a symmetric one names its key, so that this only makes sure.',
    ),
    EncryptionAlgorithm: optional(
      shapes.encryptionAlgorithm,
      'The encryption algorithm that it was made with; SYMMETRIC_DEFAULT by default.',
    ),
    Recipient: shapes.recipientMember,
    DryRun: shapes.dryRun,
    DryRunModifiers: optional(
      shapes.dryRunModifiers,
      'IGNORE_CIPHERTEXT: a dry run without a ciphertext, on the key named by KeyId.',
    ),
  }),
  output: structure({
    KeyId: optional(shapes.keyIdentifier, 'The ARN of the key that decrypted.'),
    Plaintext: optional(shapes.plaintext, 'The plaintext.'),
    CiphertextForRecipient: shapes.ciphertextForRecipient,
    EncryptionAlgorithm: optional(shapes.encryptionAlgorithm, 'The encryption algorithm that was used.'),
    KeyMaterialId: optional(
      shapes.keyMaterialId,
      'The id of the key material that decrypted, of a symmetric key.',
    ),
  }),
  targets: {
    key: {
      ...usedKey('kms:Decrypt', DECRYPTION),
      kind: 'key',
      fromCiphertext: 'CiphertextBlob',
      conditions: (input) => encryptionConditions(input.EncryptionContext, input.EncryptionAlgorithm),
    },
  },
  errors: DECRYPTION_ERRORS,
  readOnly: true,
  quota: byAlgorithm('EncryptionAlgorithm'),
  audit: { additional: (_, { KeyMaterialId }) => ({ keyMaterialId: KeyMaterialId }) },
  examples: [
    {
      title: 'Decrypt',
      request: { CiphertextBlob: examples.CIPHERTEXT, EncryptionContext: { department: 'sales' } },
    },
    {
      title: 'Decrypt with an RSA key',
      request: {
        KeyId: 'alias/parcels',
        CiphertextBlob: examples.RSA_CIPHERTEXT,
        EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      },
    },
    {
      title: 'Another encryption context is refused',
      error: 'InvalidCiphertextException',
      request: { CiphertextBlob: examples.CIPHERTEXT, EncryptionContext: { department: 'returns' } },
    },
  ],
  validate: (input) => requireCiphertext(input, 'KeyId', input.KeyId),
  check({ input, targets: { key } }) {
    const { CiphertextBlob, EncryptionAlgorithm = SYMMETRIC_DEFAULT, EncryptionContext } = input;
    requireDecryption(key, EncryptionAlgorithm, EncryptionContext, CiphertextBlob);
  },
  handler({ input, targets: { key }, recipient }) {
    const { CiphertextBlob, EncryptionAlgorithm = SYMMETRIC_DEFAULT, EncryptionContext } = input;
    if (CiphertextBlob === undefined) throw ciphertextMissing();
    const decryption = decryptWith(key, EncryptionAlgorithm, CiphertextBlob, EncryptionContext);
    return whenDone(decryption, ({ plaintext, keyMaterialId }) => ({
      KeyId: key.arn,
      ...secretFor(recipient, 'Plaintext', plaintext),
      EncryptionAlgorithm,
      ...(recipient === undefined && { KeyMaterialId: keyMaterialId }),
    }));
  },
});

/** Goes on at once with what is there at once, as with symmetric keys: a promise would make every request wait. */
function whenDone<T, U>(result: T | Promise<T>, answer: (result: T) => U): U | Promise<U> {
  return result instanceof Promise ? result.then(answer) : answer(result);
}

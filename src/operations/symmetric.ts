import { parseCiphertext, SymmetricKeyMaterial } from '../crypto/index.ts';
import { currentMaterialOf, incorrectKey, invalidCiphertext, type KeyEntry } from '../kms/index.ts';
import { optional, required, structure } from '../model/index.ts';
import {
  CRYPTOGRAPHIC_ERRORS,
  ENCRYPT_DECRYPT,
  encryptionConditions,
  requireAlgorithm,
  SYMMETRIC_DEFAULT,
  usedKey,
} from './common.ts';
import * as examples from './example-values.ts';
import { type Conditions, type KeyUsageRule, operation } from './operation.ts';
import { secretFor } from './recipient.ts';
import { ciphertextMissing, ignoreCiphertextNeedsDryRun, keyMissing } from './refusals.ts';
import * as shapes from './shapes.ts';

const decryptErrors = [...CRYPTOGRAPHIC_ERRORS, 'IncorrectKeyException', 'InvalidCiphertextException'];

/** A key that a ciphertext is to be decrypted with, and is not for that, is answered like a wrong one. */
const DECRYPTION: KeyUsageRule = { ...ENCRYPT_DECRYPT, incorrectKey: true };

export const encrypt = operation({
  name: 'Encrypt',
  summary: 'Encrypts up to 4,096 bytes under a KMS key.',
  input: structure({
    KeyId: shapes.anyKeyIdMember,
    Plaintext: required(shapes.plaintext, 'What to encrypt.'),
    EncryptionContext: shapes.encryptionContext,
    GrantTokens: shapes.grantTokensMember,
    EncryptionAlgorithm: optional(
      shapes.encryptionAlgorithm,
      'The encryption algorithm; SYMMETRIC_DEFAULT by default.',
    ),
    DryRun: shapes.dryRun,
  }),
  output: structure({
    CiphertextBlob: optional(shapes.ciphertext, 'The ciphertext; it says itself which key decrypts it.'),
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
  examples: [
    {
      title: 'Encrypt under a key named by its alias',
      request: {
        KeyId: 'alias/orders',
        Plaintext: 'aGVsbG8gd29ybGQ=',
        EncryptionContext: { department: 'sales' },
      },
      response: {
        CiphertextBlob: examples.CIPHERTEXT,
        KeyId: examples.KEY_ARN,
        EncryptionAlgorithm: SYMMETRIC_DEFAULT,
      },
    },
  ],
  check: ({ input, targets: { key } }) =>
    requireAlgorithm(key, input.EncryptionAlgorithm ?? SYMMETRIC_DEFAULT),
  handler: ({ input, targets: { key } }) => ({
    CiphertextBlob: currentMaterialOf(key, SymmetricKeyMaterial).encrypt(
      input.Plaintext,
      input.EncryptionContext,
    ),
    KeyId: key.arn,
    EncryptionAlgorithm: SYMMETRIC_DEFAULT,
  }),
});

export const decrypt = operation({
  name: 'Decrypt',
  summary: 'Decrypts a ciphertext that Encrypt, ReEncrypt or GenerateDataKey made.',
  input: structure({
    CiphertextBlob: optional(shapes.ciphertext, 'The ciphertext; required unless a dry run ignores it.'),
    EncryptionContext: shapes.encryptionContext,
    GrantTokens: shapes.grantTokensMember,
    KeyId: optional(
      shapes.keyIdentifier,
      'The key that must have encrypted it: its key id, key ARN, alias name or alias ARN. The ciphertext names its key, so this only makes sure.',
    ),
    EncryptionAlgorithm: optional(
      shapes.encryptionAlgorithm,
      'The encryption algorithm; SYMMETRIC_DEFAULT by default.',
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
    KeyMaterialId: optional(shapes.keyMaterialId, 'The id of the key material that decrypted.'),
  }),
  targets: {
    key: {
      ...usedKey('kms:Decrypt', DECRYPTION),
      kind: 'key',
      fromCiphertext: 'CiphertextBlob',
      conditions: (input) => encryptionConditions(input.EncryptionContext, input.EncryptionAlgorithm),
    },
  },
  errors: decryptErrors,
  readOnly: true,
  examples: [
    {
      title: 'Decrypt',
      request: { CiphertextBlob: examples.CIPHERTEXT, EncryptionContext: { department: 'sales' } },
      response: {
        KeyId: examples.KEY_ARN,
        Plaintext: 'aGVsbG8gd29ybGQ=',
        EncryptionAlgorithm: SYMMETRIC_DEFAULT,
        KeyMaterialId: examples.KEY_MATERIAL_ID,
      },
    },
  ],
  validate: (input) => requireCiphertext(input, 'KeyId', input.KeyId),
  check: ({ input, targets: { key } }) =>
    requireAlgorithm(key, input.EncryptionAlgorithm ?? SYMMETRIC_DEFAULT),
  handler({ input, targets: { key }, recipient }) {
    const { plaintext, keyMaterialId } = open(key, input.CiphertextBlob, input.EncryptionContext);
    return {
      KeyId: key.arn,
      ...secretFor(recipient, 'Plaintext', plaintext),
      EncryptionAlgorithm: SYMMETRIC_DEFAULT,
      ...(recipient === undefined && { KeyMaterialId: keyMaterialId }),
    };
  },
});

export const reEncrypt = operation({
  name: 'ReEncrypt',
  summary:
    'Decrypts a ciphertext and encrypts the plaintext again, under another key or context, inside QKMS.',
  input: structure({
    CiphertextBlob: optional(shapes.ciphertext, 'The ciphertext; required unless a dry run ignores it.'),
    SourceEncryptionContext: shapes.encryptionContext,
    SourceKeyId: optional(
      shapes.keyIdentifier,
      'The key that must have encrypted it; the ciphertext names its key, so this only makes sure.',
    ),
    DestinationKeyId: shapes.anyKeyIdMember,
    DestinationEncryptionContext: shapes.encryptionContext,
    SourceEncryptionAlgorithm: optional(
      shapes.encryptionAlgorithm,
      'The algorithm that decrypts; SYMMETRIC_DEFAULT by default.',
    ),
    DestinationEncryptionAlgorithm: optional(
      shapes.encryptionAlgorithm,
      'The algorithm that encrypts; SYMMETRIC_DEFAULT by default.',
    ),
    GrantTokens: shapes.grantTokensMember,
    DryRun: shapes.dryRun,
    DryRunModifiers: optional(
      shapes.dryRunModifiers,
      'IGNORE_CIPHERTEXT: a dry run without a ciphertext, on the key named by SourceKeyId.',
    ),
  }),
  output: structure({
    CiphertextBlob: optional(shapes.ciphertext, 'The new ciphertext.'),
    SourceKeyId: optional(shapes.keyIdentifier, 'The ARN of the key that decrypted.'),
    KeyId: optional(shapes.keyIdentifier, 'The ARN of the key that encrypted.'),
    SourceEncryptionAlgorithm: optional(shapes.encryptionAlgorithm, 'The algorithm that decrypted.'),
    DestinationEncryptionAlgorithm: optional(shapes.encryptionAlgorithm, 'The algorithm that encrypted.'),
    SourceKeyMaterialId: optional(shapes.keyMaterialId, 'The id of the key material that decrypted.'),
    DestinationKeyMaterialId: optional(shapes.keyMaterialId, 'The id of the key material that encrypted.'),
  }),
  targets: {
    source: {
      ...usedKey('kms:ReEncryptFrom', DECRYPTION),
      kind: 'key',
      member: 'SourceKeyId',
      fromCiphertext: 'CiphertextBlob',
      conditions: (input, keyArns) => ({
        ...encryptionConditions(input.SourceEncryptionContext, input.SourceEncryptionAlgorithm),
        ...reEncryptConditions(keyArns),
      }),
    },
    destination: {
      ...usedKey('kms:ReEncryptTo', ENCRYPT_DECRYPT),
      kind: 'key',
      member: 'DestinationKeyId',
      conditions: (input, keyArns) => ({
        ...encryptionConditions(input.DestinationEncryptionContext, input.DestinationEncryptionAlgorithm),
        ...reEncryptConditions(keyArns),
      }),
    },
  },
  errors: decryptErrors,
  readOnly: true,
  examples: [
    {
      title: 'Move a ciphertext to another key',
      request: { CiphertextBlob: examples.CIPHERTEXT, DestinationKeyId: examples.OTHER_KEY_ID },
      response: {
        CiphertextBlob: examples.CIPHERTEXT,
        SourceKeyId: examples.KEY_ARN,
        KeyId: examples.OTHER_KEY_ARN,
        SourceEncryptionAlgorithm: SYMMETRIC_DEFAULT,
        DestinationEncryptionAlgorithm: SYMMETRIC_DEFAULT,
        SourceKeyMaterialId: examples.KEY_MATERIAL_ID,
        DestinationKeyMaterialId: examples.KEY_MATERIAL_ID,
      },
    },
  ],
  validate: (input) => requireCiphertext(input, 'SourceKeyId', input.SourceKeyId),
  check({ input, targets: { source, destination } }) {
    requireAlgorithm(source, input.SourceEncryptionAlgorithm ?? SYMMETRIC_DEFAULT);
    requireAlgorithm(destination, input.DestinationEncryptionAlgorithm ?? SYMMETRIC_DEFAULT);
  },
  handler({ input, targets: { source, destination } }) {
    const { plaintext, keyMaterialId } = open(source, input.CiphertextBlob, input.SourceEncryptionContext);
    try {
      return {
        CiphertextBlob: currentMaterialOf(destination, SymmetricKeyMaterial).encrypt(
          plaintext,
          input.DestinationEncryptionContext,
        ),
        SourceKeyId: source.arn,
        KeyId: destination.arn,
        SourceEncryptionAlgorithm: SYMMETRIC_DEFAULT,
        DestinationEncryptionAlgorithm: SYMMETRIC_DEFAULT,
        SourceKeyMaterialId: keyMaterialId,
        DestinationKeyMaterialId: destination.record.currentKeyMaterialId,
      };
    } finally {
      plaintext.fill(0);
    }
  },
});

function reEncryptConditions({ source, destination }: Readonly<Record<string, string>>): Conditions {
  return { 'kms:ReEncryptOnSameKey': String(source === destination) };
}

/** The ciphertext may be absent only from a dry run that says so and names a key instead. */
function requireCiphertext(
  input: {
    readonly CiphertextBlob?: Uint8Array | undefined;
    readonly DryRun?: boolean | undefined;
    readonly DryRunModifiers?: readonly string[] | undefined;
  },
  keyMember: string,
  keyId: string | undefined,
): void {
  if (input.DryRunModifiers?.includes('IGNORE_CIPHERTEXT') !== true) {
    if (input.CiphertextBlob === undefined) throw ciphertextMissing();
    return;
  }
  if (input.DryRun !== true || input.CiphertextBlob !== undefined) throw ignoreCiphertextNeedsDryRun();
  if (keyId === undefined) throw keyMissing(keyMember);
}

/**
 * Decrypts a ciphertext with the key that the request named or the ciphertext named.
 *
 * @throws ServiceError `InvalidCiphertextException` when it was not made by QKMS, was altered, or belongs to another
 * encryption context; `IncorrectKeyException` when another key made it
 */
function open(
  key: KeyEntry,
  blob: Uint8Array | undefined,
  context: Readonly<Record<string, string>> | undefined,
): { readonly plaintext: Buffer; readonly keyMaterialId: string } {
  const parsed = blob && parseCiphertext(blob);
  if (parsed === undefined) throw invalidCiphertext();
  if (parsed.keyId !== key.record.keyId) throw incorrectKey();
  const material = key.materials.get(parsed.keyMaterialId);
  if (!(material instanceof SymmetricKeyMaterial)) throw invalidCiphertext();
  const plaintext = material.decrypt(parsed, context);
  if (plaintext === undefined) throw invalidCiphertext();
  return { plaintext, keyMaterialId: parsed.keyMaterialId };
}

import type { EncryptionAlgorithm } from '../crypto/index.ts';
import { decryptWith, encryptUnder } from '../kms/index.ts';
import { optional, structure } from '../model/index.ts';
import {
  DECRYPTION,
  DECRYPTION_ERRORS,
  ENCRYPT_DECRYPT,
  encryptionConditions,
  SYMMETRIC_DEFAULT,
  usedKey,
} from './common.ts';
import { requireCiphertext, requireDecryption, requireEncryption } from './encryption-checks.ts';
import * as examples from './example-values.ts';
import { type Conditions, operation } from './operation.ts';
import { byAlgorithm } from './quotas.ts';
import { ciphertextMissing } from './refusals.ts';
import * as shapes from './shapes.ts';

export const reEncrypt = operation({
  name: 'ReEncrypt',
  summary:
    'Decrypts a ciphertext and encrypts the plaintext again, under another key or context, inside QKMS.',
  input: structure({
    CiphertextBlob: optional(shapes.ciphertext, 'The ciphertext; required unless a dry run ignores it.'),
    SourceEncryptionContext: shapes.encryptionContext,
    SourceKeyId: optional(
      shapes.keyIdentifier,
      'The key that must have encrypted it. Required for an asymmetric key; the ciphertext of a symmetric one names its key, so that this only makes sure.',
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
    SourceKeyMaterialId: optional(
      shapes.keyMaterialId,
      'The id of the key material that decrypted, of a symmetric key.',
    ),
    DestinationKeyMaterialId: optional(
      shapes.keyMaterialId,
      'The id of the key material that encrypted, of a symmetric key.',
    ),
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
  errors: DECRYPTION_ERRORS,
  readOnly: true,
  quota: byAlgorithm('SourceEncryptionAlgorithm', 'DestinationEncryptionAlgorithm'),
  audit: {
    additional: (_, output) => ({
      sourceKeyMaterialId: output.SourceKeyMaterialId,
      destinationKeyMaterialId: output.DestinationKeyMaterialId,
    }),
  },
  examples: [
    {
      title: 'Move a ciphertext to another key',
      request: {
        CiphertextBlob: examples.CIPHERTEXT,
        SourceEncryptionContext: { department: 'sales' },
        DestinationKeyId: examples.OTHER_KEY_ID,
        DestinationEncryptionContext: { department: 'sales' },
      },
    },
    {
      title: 'Change the encryption context',
      request: {
        CiphertextBlob: examples.CIPHERTEXT,
        SourceEncryptionContext: { department: 'sales' },
        DestinationKeyId: 'alias/orders',
        DestinationEncryptionContext: { department: 'returns' },
      },
    },
    {
      title: 'Move what was encrypted with a public key to a symmetric key',
      request: {
        CiphertextBlob: examples.RSA_CIPHERTEXT,
        SourceKeyId: 'alias/parcels',
        SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
        DestinationKeyId: 'alias/orders',
      },
    },
  ],
  validate: (input) => requireCiphertext(input, 'SourceKeyId', input.SourceKeyId),
  check({ input, targets: { source, destination } }) {
    const { sourceAlgorithm, destinationAlgorithm } = algorithmsOf(input);
    requireDecryption(source, sourceAlgorithm, input.SourceEncryptionContext, input.CiphertextBlob);
    requireEncryption(destination, destinationAlgorithm, input.DestinationEncryptionContext);
  },
  async handler({ input, targets: { source, destination } }) {
    const { CiphertextBlob, SourceEncryptionContext, DestinationEncryptionContext } = input;
    const { sourceAlgorithm, destinationAlgorithm } = algorithmsOf(input);
    if (CiphertextBlob === undefined) throw ciphertextMissing();
    const decryption = decryptWith(source, sourceAlgorithm, CiphertextBlob, SourceEncryptionContext);
    const { plaintext, keyMaterialId } = await decryption;
    try {
      return {
        CiphertextBlob: await encryptUnder(
          destination,
          destinationAlgorithm,
          plaintext,
          DestinationEncryptionContext,
        ),
        SourceKeyId: source.arn,
        KeyId: destination.arn,
        SourceEncryptionAlgorithm: sourceAlgorithm,
        DestinationEncryptionAlgorithm: destinationAlgorithm,
        SourceKeyMaterialId: keyMaterialId,
        ...(destinationAlgorithm === SYMMETRIC_DEFAULT && {
          DestinationKeyMaterialId: destination.record.currentKeyMaterialId,
        }),
      };
    } finally {
      plaintext.fill(0);
    }
  },
});

function algorithmsOf(input: {
  readonly SourceEncryptionAlgorithm?: EncryptionAlgorithm | undefined;
  readonly DestinationEncryptionAlgorithm?: EncryptionAlgorithm | undefined;
}): { readonly sourceAlgorithm: EncryptionAlgorithm; readonly destinationAlgorithm: EncryptionAlgorithm } {
  return {
    sourceAlgorithm: input.SourceEncryptionAlgorithm ?? SYMMETRIC_DEFAULT,
    destinationAlgorithm: input.DestinationEncryptionAlgorithm ?? SYMMETRIC_DEFAULT,
  };
}

function reEncryptConditions({ source, destination }: Readonly<Record<string, string>>): Conditions {
  return { 'kms:ReEncryptOnSameKey': String(source === destination) };
}

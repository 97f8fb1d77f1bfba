import { findKeyUse, type KeyUse } from '../kms/index.ts';
import { enumeration, optional, string, structure, timestamp, type ValueOf } from '../model/index.ts';
import { MANAGEMENT_ERRORS, managedKey } from './common.ts';
import * as examples from './example-values.ts';
import { operation } from './operation.ts';
import * as shapes from './shapes.ts';

const CRYPTOGRAPHIC_OPERATIONS = [
  'Decapsulate',
  'Decrypt',
  'DeriveSharedSecret',
  'Encapsulate',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'ReEncrypt',
  'Sign',
  'Verify',
  'VerifyMac',
] as const;

export const keyLastUsage = structure({
  Operation: optional(enumeration(...CRYPTOGRAPHIC_OPERATIONS), 'The operation.'),
  Timestamp: optional(timestamp, 'When it was.'),
  CloudTrailEventId: optional(string(), 'The id of its audit event, when calls are recorded.'),
  KmsRequestId: optional(string(), 'The id of its request.'),
});

/** The KeyLastUsage of a key; empty when it was never used. */
export function describeKeyUse(use: KeyUse | undefined): ValueOf<typeof keyLastUsage> {
  if (use === undefined) return {};
  return {
    Operation: CRYPTOGRAPHIC_OPERATIONS.find((name) => name === use.operation),
    Timestamp: new Date(use.lastUsedDate),
    CloudTrailEventId: use.eventId,
    KmsRequestId: use.requestId,
  };
}

export const getKeyLastUsage = operation({
  name: 'GetKeyLastUsage',
  summary:
    'Returns the last successful cryptographic operation with a KMS key. Uses by other processes of the server are known half a minute later.',
  input: structure({ KeyId: shapes.keyIdMember }),
  output: structure({
    KeyId: optional(shapes.keyIdentifier, 'The key id.'),
    KeyLastUsage: optional(keyLastUsage, 'The last operation; empty when the key was never used.'),
    TrackingStartDate: optional(timestamp, 'Since when uses are recorded: since the key was created.'),
    KeyCreationDate: optional(timestamp, 'When the key was created.'),
  }),
  targets: { key: managedKey('kms:GetKeyLastUsage', 'any') },
  errors: MANAGEMENT_ERRORS.filter((code) => code !== 'KMSInvalidStateException'),
  readOnly: true,
  quota: 'GetKeyLastUsage',
  examples: [
    {
      title: 'See whether a key is still used',
      request: { KeyId: examples.KEY_ID },
    },
  ],
  async handler({ targets: { key }, kms }) {
    const { region, keyId, creationDate } = key.record;
    await kms.keyUses.write();
    const use = await kms.store.read((reader) => findKeyUse(reader, region, keyId));
    return {
      KeyId: keyId,
      KeyLastUsage: describeKeyUse(use),
      TrackingStartDate: new Date(creationDate),
      KeyCreationDate: new Date(creationDate),
    };
  },
});

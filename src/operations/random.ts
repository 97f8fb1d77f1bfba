import { randomBytes } from 'node:crypto';
import { optional, structure } from '../model/index.ts';
import { operation } from './operation.ts';
import { SYMMETRIC_QUOTA } from './quotas.ts';
import { secretFor } from './recipient.ts';
import { customKeyStoreNotFound, numberOfBytesMissing } from './refusals.ts';
import * as shapes from './shapes.ts';

export const generateRandom = operation({
  name: 'GenerateRandom',
  summary: 'Returns cryptographically secure random bytes.',
  input: structure({
    NumberOfBytes: optional(shapes.numberOfBytes, 'How many bytes, 1 to 1,024. Required.'),
    CustomKeyStoreId: optional(shapes.customKeyStoreId, 'The custom key store that makes the bytes.'),
    Recipient: shapes.recipientMember,
  }),
  output: structure({
    Plaintext: optional(shapes.plaintext, 'The bytes.'),
    CiphertextForRecipient: shapes.ciphertextForRecipient,
  }),
  targets: { account: { kind: 'account', permission: 'kms:GenerateRandom' } },
  errors: [
    'CustomKeyStoreInvalidStateException',
    'CustomKeyStoreNotFoundException',
    'DependencyTimeoutException',
    'KMSInternalException',
    'UnsupportedOperationException',
  ],
  readOnly: true,
  quota: SYMMETRIC_QUOTA,
  audit: { request: [] },
  examples: [
    {
      title: 'Get 16 random bytes',
      request: { NumberOfBytes: 16 },
    },
  ],
  validate(input) {
    if (input.NumberOfBytes === undefined) throw numberOfBytesMissing();
  },
  check({ input }) {
    if (input.CustomKeyStoreId !== undefined) throw customKeyStoreNotFound();
  },
  handler: ({ input: { NumberOfBytes = 0 }, recipient }) =>
    secretFor(recipient, 'Plaintext', randomBytes(NumberOfBytes)),
});

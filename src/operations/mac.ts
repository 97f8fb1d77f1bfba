import { generateMac as computeMac, HmacKeyMaterial, macsEqual } from '../crypto/index.ts';
import { currentMaterialOf } from '../kms/index.ts';
import { blob, boolean, optional, required, structure } from '../model/index.ts';
import { CRYPTOGRAPHIC_ERRORS, requireAlgorithm, usedKey } from './common.ts';
import * as examples from './example-values.ts';
import { type KeyUsageRule, operation } from './operation.ts';
import { SYMMETRIC_QUOTA } from './quotas.ts';
import { invalidMac } from './refusals.ts';
import * as shapes from './shapes.ts';

const MAC: KeyUsageRule = { keyUsage: 'GENERATE_VERIFY_MAC' };

const mac = blob({ min: 1, max: 6144 });
const message = required(shapes.message, 'The message, 1 to 4,096 bytes.');
const macAlgorithm = required(shapes.macAlgorithm, 'The MAC algorithm: the one that the key supports.');
const keyIdOutput = optional(shapes.keyIdentifier, 'The ARN of the key.');
const algorithmOutput = optional(shapes.macAlgorithm, 'The MAC algorithm that was used.');

/** HMAC keys have no use for dependencies: the errors of their operations name none. */
const MAC_ERRORS = CRYPTOGRAPHIC_ERRORS.filter((code) => code !== 'DependencyTimeoutException');

export const generateMac = operation({
  name: 'GenerateMac',
  summary: 'Computes the HMAC of a message with an HMAC KMS key.',
  input: structure({
    Message: message,
    KeyId: shapes.anyKeyIdMember,
    MacAlgorithm: macAlgorithm,
    GrantTokens: shapes.grantTokensMember,
    DryRun: shapes.dryRun,
  }),
  output: structure({
    Mac: optional(mac, 'The MAC: 28, 32, 48 or 64 bytes, by the algorithm.'),
    MacAlgorithm: algorithmOutput,
    KeyId: keyIdOutput,
  }),
  targets: {
    key: {
      ...usedKey('kms:GenerateMac', MAC),
      kind: 'key',
      conditions: (input) => ({ 'kms:MacAlgorithm': input.MacAlgorithm }),
    },
  },
  errors: MAC_ERRORS,
  readOnly: true,
  quota: SYMMETRIC_QUOTA,
  examples: [
    {
      title: 'Compute the MAC of a message',
      request: { KeyId: 'alias/tokens', Message: 'aGVsbG8gd29ybGQ=', MacAlgorithm: 'HMAC_SHA_256' },
    },
    {
      title: 'Check whether computing a MAC would be allowed',
      error: 'DryRunOperationException',
      request: {
        KeyId: 'alias/tokens',
        Message: 'aGVsbG8gd29ybGQ=',
        MacAlgorithm: 'HMAC_SHA_256',
        DryRun: true,
      },
    },
  ],
  check: ({ input, targets: { key } }) => requireAlgorithm(key, input.MacAlgorithm),
  handler: ({ input, targets: { key } }) => ({
    Mac: computeMac(currentMaterialOf(key, HmacKeyMaterial), input.MacAlgorithm, input.Message),
    MacAlgorithm: input.MacAlgorithm,
    KeyId: key.arn,
  }),
});

export const verifyMac = operation({
  name: 'VerifyMac',
  summary: 'Verifies the HMAC of a message with an HMAC KMS key.',
  input: structure({
    Message: message,
    KeyId: shapes.anyKeyIdMember,
    MacAlgorithm: macAlgorithm,
    Mac: required(mac, 'The MAC to verify.'),
    GrantTokens: shapes.grantTokensMember,
    DryRun: shapes.dryRun,
  }),
  output: structure({
    KeyId: keyIdOutput,
    MacValid: optional(boolean, 'True: a MAC that does not verify is answered with KMSInvalidMacException.'),
    MacAlgorithm: algorithmOutput,
  }),
  targets: {
    key: {
      ...usedKey('kms:VerifyMac', MAC),
      kind: 'key',
      conditions: (input) => ({ 'kms:MacAlgorithm': input.MacAlgorithm }),
    },
  },
  errors: [...MAC_ERRORS, 'KMSInvalidMacException'],
  readOnly: true,
  quota: SYMMETRIC_QUOTA,
  examples: [
    {
      title: 'Verify the MAC of a message',
      request: {
        KeyId: 'alias/tokens',
        Message: 'aGVsbG8gd29ybGQ=',
        MacAlgorithm: 'HMAC_SHA_256',
        Mac: examples.MAC,
      },
    },
    {
      title: 'A MAC of another message is refused',
      error: 'KMSInvalidMacException',
      request: {
        KeyId: 'alias/tokens',
        Message: 'Z29vZGJ5ZQ==',
        MacAlgorithm: 'HMAC_SHA_256',
        Mac: examples.MAC,
      },
    },
  ],
  check: ({ input, targets: { key } }) => requireAlgorithm(key, input.MacAlgorithm),
  handler({ input, targets: { key } }) {
    const computed = computeMac(currentMaterialOf(key, HmacKeyMaterial), input.MacAlgorithm, input.Message);
    if (!macsEqual(computed, input.Mac)) throw invalidMac();
    return { KeyId: key.arn, MacValid: true, MacAlgorithm: input.MacAlgorithm };
  },
});

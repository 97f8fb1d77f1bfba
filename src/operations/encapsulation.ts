import * as crypto from '../crypto/index.ts';
import { currentMaterialOf, invalidCiphertext } from '../kms/index.ts';
import { blob, optional, required, structure } from '../model/index.ts';
import { CRYPTOGRAPHIC_ERRORS, usedKey } from './common.ts';
import * as examples from './example-values.ts';
import { type KeyUsageRule, operation } from './operation.ts';
import * as shapes from './shapes.ts';

const ENCAPSULATION: KeyUsageRule = { keyUsage: 'ENCAPSULATE_DECAPSULATE' };

const encapsulationAlgorithm = required(shapes.encapsulationAlgorithm, 'The encapsulation algorithm.');
const keyIdOutput = optional(shapes.keyIdentifier, 'The ARN of the key.');
const sharedSecret = optional(blob({ min: 1, max: 4096 }), 'The shared secret: 32 bytes.');
const algorithmOutput = optional(shapes.encapsulationAlgorithm, 'The encapsulation algorithm that was used.');

export const encapsulate = operation({
  name: 'Encapsulate',
  summary: 'Makes a shared secret, and its ciphertext under the public key of an ML-KEM KMS key.',
  input: structure({
    KeyId: shapes.anyKeyIdMember,
    EncapsulationAlgorithm: encapsulationAlgorithm,
    GrantTokens: shapes.grantTokensMember,
    DryRun: shapes.dryRun,
  }),
  output: structure({
    KeyId: keyIdOutput,
    SharedSecret: sharedSecret,
    SharedSecretCiphertextBlob: optional(
      shapes.ciphertext,
      'What Decapsulate makes the same shared secret of: 768, 1,088 or 1,568 bytes, by the KeySpec.',
    ),
    EncapsulationAlgorithm: algorithmOutput,
  }),
  targets: { key: { ...usedKey('kms:Encapsulate', ENCAPSULATION), kind: 'key' } },
  errors: CRYPTOGRAPHIC_ERRORS,
  readOnly: true,
  quota: 'Cryptographic operations (ML-KEM)',
  examples: [
    {
      title: 'Make a secret that only the owner of the key can have, too',
      request: { KeyId: 'alias/sessions', EncapsulationAlgorithm: 'ML_KEM' },
    },
  ],
  async handler({ input, targets: { key } }) {
    const { sharedSecret, ciphertext } = await crypto.encapsulate(currentMaterialOf(key, crypto.KeyPair));
    return {
      KeyId: key.arn,
      SharedSecret: sharedSecret,
      SharedSecretCiphertextBlob: ciphertext,
      EncapsulationAlgorithm: input.EncapsulationAlgorithm,
    };
  },
});

export const decapsulate = operation({
  name: 'Decapsulate',
  summary:
    'Gives the shared secret of a ciphertext that was made with the public key of an ML-KEM KMS key; of any other ciphertext, another secret.',
  input: structure({
    KeyId: shapes.anyKeyIdMember,
    SharedSecretCiphertextBlob: required(
      shapes.ciphertext,
      'The ciphertext: 768, 1,088 or 1,568 bytes, by the KeySpec.',
    ),
    EncapsulationAlgorithm: encapsulationAlgorithm,
    GrantTokens: shapes.grantTokensMember,
    DryRun: shapes.dryRun,
  }),
  output: structure({
    KeyId: keyIdOutput,
    SharedSecret: sharedSecret,
    EncapsulationAlgorithm: algorithmOutput,
  }),
  targets: { key: { ...usedKey('kms:Decapsulate', ENCAPSULATION), kind: 'key' } },
  errors: [...CRYPTOGRAPHIC_ERRORS, 'InvalidCiphertextException'],
  readOnly: true,
  quota: 'Cryptographic operations (ML-KEM)',
  examples: [
    {
      title: 'Get the secret that somebody made with the public key',
      request: {
        KeyId: 'alias/sessions',
        SharedSecretCiphertextBlob: examples.ENCAPSULATED_SECRET,
        EncapsulationAlgorithm: 'ML_KEM',
      },
    },
  ],
  async handler({ input, targets: { key } }) {
    const pair = currentMaterialOf(key, crypto.KeyPair);
    const sharedSecret = await crypto.decapsulate(pair, input.SharedSecretCiphertextBlob);
    if (sharedSecret === undefined) throw invalidCiphertext();
    return {
      KeyId: key.arn,
      SharedSecret: sharedSecret,
      EncapsulationAlgorithm: input.EncapsulationAlgorithm,
    };
  },
});

import { factsOf, KeyPair } from '../crypto/index.ts';
import { currentMaterialOf } from '../kms/index.ts';
import { list, optional, structure } from '../model/index.ts';
import { ANY_IDENTIFIER, CRYPTOGRAPHIC_ERRORS } from './common.ts';
import { describeAlgorithms, hasOldName } from './key-metadata.ts';
import { operation } from './operation.ts';
import { publicKeyMissing } from './refusals.ts';
import * as shapes from './shapes.ts';

export const getPublicKey = operation({
  name: 'GetPublicKey',
  summary: 'Returns the public key of an asymmetric KMS key, for use outside of KMS.',
  input: structure({ KeyId: shapes.anyKeyIdMember, GrantTokens: shapes.grantTokensMember }),
  output: structure({
    KeyId: optional(shapes.keyIdentifier, 'The ARN of the key.'),
    PublicKey: optional(shapes.publicKey, 'The public key: DER SubjectPublicKeyInfo (RFC 5280).'),
    CustomerMasterKeySpec: optional(shapes.customerMasterKeySpec, 'The same as KeySpec; deprecated.'),
    KeySpec: optional(shapes.keySpec, 'The kind of key.'),
    KeyUsage: optional(shapes.keyUsage, 'What the key is for.'),
    EncryptionAlgorithms: optional(
      list(shapes.encryptionAlgorithm),
      'The encryption algorithms that the key supports, when it is for encryption.',
    ),
    SigningAlgorithms: optional(
      list(shapes.signingAlgorithm),
      'The signing algorithms that the key supports, when it is for signing.',
    ),
    KeyAgreementAlgorithms: optional(
      list(shapes.keyAgreementAlgorithm),
      'The key agreement algorithms that the key supports, when it is for key agreement.',
    ),
    EncapsulationAlgorithms: optional(
      list(shapes.encapsulationAlgorithm),
      'The encapsulation algorithms that the key supports, when it is for encapsulation.',
    ),
  }),
  targets: {
    key: {
      kind: 'key',
      member: 'KeyId',
      accepts: ANY_IDENTIFIER,
      crossAccount: true,
      permission: 'kms:GetPublicKey',
      states: 'cryptographic',
      requires({ keySpec }) {
        if (factsOf(keySpec).type !== 'asymmetric') throw publicKeyMissing();
      },
    },
  },
  errors: [
    ...CRYPTOGRAPHIC_ERRORS.filter((code) => code !== 'DryRunOperationException'),
    'InvalidArnException',
    'UnsupportedOperationException',
  ],
  readOnly: true,
  quota: 'GetPublicKey',
  examples: [
    {
      title: 'Get the public key of a signing key',
      request: { KeyId: 'alias/signatures' },
    },
    { title: 'Get the public key of an RSA key to encrypt with', request: { KeyId: 'alias/parcels' } },
  ],
  handler({ targets: { key } }) {
    const { arn, keySpec, keyUsage } = key;
    return {
      KeyId: arn,
      PublicKey: currentMaterialOf(key, KeyPair).subjectPublicKeyInfo,
      ...(hasOldName(keySpec) && { CustomerMasterKeySpec: keySpec }),
      KeySpec: keySpec,
      KeyUsage: keyUsage,
      ...describeAlgorithms(key),
    };
  },
});

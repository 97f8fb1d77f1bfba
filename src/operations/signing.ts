import {
  KeyPair,
  type MessageType,
  messageLengthOf,
  type SigningAlgorithm,
  sign as signMessage,
  verify as verifyMessage,
} from '../crypto/index.ts';
import { currentMaterialOf, type KeyEntry } from '../kms/index.ts';
import { blob, boolean, optional, required, structure } from '../model/index.ts';
import { CRYPTOGRAPHIC_ERRORS, requireAlgorithm, usedKey } from './common.ts';
import * as examples from './example-values.ts';
import { type Conditions, type KeyUsageRule, operation } from './operation.ts';
import { byAlgorithm } from './quotas.ts';
import { digestLengthInvalid, invalidSignature, messageTypeUnsupported } from './refusals.ts';
import * as shapes from './shapes.ts';

const SIGN_VERIFY: KeyUsageRule = { keyUsage: 'SIGN_VERIFY' };

const RAW: MessageType = 'RAW';

const signature = blob({ min: 1, max: 6144 });
const message = required(shapes.message, 'The message, 1 to 4,096 bytes, or its digest.');
const messageType = optional(
  shapes.messageType,
  'What Message is: RAW, the default, a message; DIGEST, its digest by the hash of the algorithm; EXTERNAL_MU, for ML-DSA, the 64 bytes of μ. Ed25519 takes RAW with ED25519_SHA_512 and DIGEST with ED25519_PH_SHA_512.',
);
const signingAlgorithm = required(
  shapes.signingAlgorithm,
  'The signing algorithm: one that the key supports.',
);
const keyIdOutput = optional(shapes.keyIdentifier, 'The ARN of the key.');
const algorithmOutput = optional(shapes.signingAlgorithm, 'The signing algorithm that was used.');

interface Signing {
  readonly Message: Uint8Array;
  readonly MessageType?: MessageType | undefined;
  readonly SigningAlgorithm: SigningAlgorithm;
}

export const sign = operation({
  name: 'Sign',
  summary: 'Signs a message or its digest with an asymmetric KMS key.',
  input: structure({
    KeyId: shapes.anyKeyIdMember,
    Message: message,
    MessageType: messageType,
    GrantTokens: shapes.grantTokensMember,
    SigningAlgorithm: signingAlgorithm,
    DryRun: shapes.dryRun,
  }),
  output: structure({
    KeyId: keyIdOutput,
    Signature: optional(
      signature,
      'The signature: of ECDSA and SM2DSA as DER (RFC 3279 section 2.2.3), else as the algorithm defines it.',
    ),
    SigningAlgorithm: algorithmOutput,
  }),
  targets: { key: { ...usedKey('kms:Sign', SIGN_VERIFY), kind: 'key', conditions: signingConditions } },
  errors: CRYPTOGRAPHIC_ERRORS,
  readOnly: true,
  quota: byAlgorithm('SigningAlgorithm'),
  examples: [
    {
      title: 'Sign a message',
      request: { KeyId: 'alias/signatures', Message: 'aGVsbG8gd29ybGQ=', SigningAlgorithm: 'ECDSA_SHA_256' },
    },
    {
      title: 'Sign a digest',
      request: {
        KeyId: 'alias/signatures',
        Message: 'uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=',
        MessageType: 'DIGEST',
        SigningAlgorithm: 'ECDSA_SHA_256',
      },
    },
    {
      title: 'Sign a message with an RSA key and PSS',
      request: {
        KeyId: 'alias/contracts',
        Message: 'aGVsbG8gd29ybGQ=',
        MessageType: 'RAW',
        SigningAlgorithm: 'RSASSA_PSS_SHA_256',
      },
    },
  ],
  check: ({ input, targets: { key } }) => requireSignable(key, input),
  handler: async ({ input, targets: { key } }) => ({
    KeyId: key.arn,
    Signature: await signMessage(
      currentMaterialOf(key, KeyPair),
      input.SigningAlgorithm,
      input.MessageType ?? RAW,
      input.Message,
    ),
    SigningAlgorithm: input.SigningAlgorithm,
  }),
});

export const verify = operation({
  name: 'Verify',
  summary: 'Verifies the signature of a message with an asymmetric KMS key.',
  input: structure({
    KeyId: shapes.anyKeyIdMember,
    Message: message,
    MessageType: messageType,
    Signature: required(signature, 'The signature to verify.'),
    SigningAlgorithm: signingAlgorithm,
    GrantTokens: shapes.grantTokensMember,
    DryRun: shapes.dryRun,
  }),
  output: structure({
    KeyId: keyIdOutput,
    SignatureValid: optional(
      boolean,
      'True: a signature that does not verify is answered with KMSInvalidSignatureException.',
    ),
    SigningAlgorithm: algorithmOutput,
  }),
  targets: { key: { ...usedKey('kms:Verify', SIGN_VERIFY), kind: 'key', conditions: signingConditions } },
  errors: [...CRYPTOGRAPHIC_ERRORS, 'KMSInvalidSignatureException'],
  readOnly: true,
  quota: byAlgorithm('SigningAlgorithm'),
  examples: [
    {
      title: 'Verify the signature of a message',
      request: {
        KeyId: 'alias/signatures',
        Message: 'aGVsbG8gd29ybGQ=',
        Signature: examples.SIGNATURE,
        SigningAlgorithm: 'ECDSA_SHA_256',
      },
    },
    {
      title: 'Verify the signature of a digest',
      request: {
        KeyId: 'alias/signatures',
        Message: 'uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=',
        MessageType: 'DIGEST',
        Signature: examples.SIGNATURE,
        SigningAlgorithm: 'ECDSA_SHA_256',
      },
    },
    {
      title: 'A signature of another message is refused',
      error: 'KMSInvalidSignatureException',
      request: {
        KeyId: 'alias/signatures',
        Message: 'Z29vZGJ5ZQ==',
        Signature: examples.SIGNATURE,
        SigningAlgorithm: 'ECDSA_SHA_256',
      },
    },
  ],
  check: ({ input, targets: { key } }) => requireSignable(key, input),
  async handler({ input, targets: { key } }) {
    const isValid = await verifyMessage(
      currentMaterialOf(key, KeyPair),
      input.SigningAlgorithm,
      input.MessageType ?? RAW,
      input.Message,
      input.Signature,
    );
    if (!isValid) throw invalidSignature();
    return { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: input.SigningAlgorithm };
  },
});

/** Condition keys of both; the default MessageType counts (policies.md section 6). */
function signingConditions({ SigningAlgorithm, MessageType = RAW }: Signing): Conditions {
  return { 'kms:SigningAlgorithm': SigningAlgorithm, 'kms:MessageType': MessageType };
}

/**
 * Refuses an algorithm that a key does not work with, and a message that the algorithm does not take.
 *
 * @throws ServiceError `InvalidKeyUsageException`, then `ValidationException`
 */
function requireSignable(key: KeyEntry, { SigningAlgorithm, MessageType = RAW, Message }: Signing): void {
  requireAlgorithm(key, SigningAlgorithm);
  const length = messageLengthOf(SigningAlgorithm, MessageType);
  if (length === undefined) throw messageTypeUnsupported(MessageType, SigningAlgorithm);
  if (length !== 'any' && length !== Message.length) throw digestLengthInvalid(SigningAlgorithm);
}

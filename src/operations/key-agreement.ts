import type { KeyObject } from 'node:crypto';
import { deriveSharedSecret as agree, KeyPair, readPeerKey } from '../crypto/index.ts';
import { currentMaterialOf, type KeyEntry } from '../kms/index.ts';
import { blob, optional, required, structure } from '../model/index.ts';
import { CRYPTOGRAPHIC_ERRORS, usedKey } from './common.ts';
import * as examples from './example-values.ts';
import { operation } from './operation.ts';
import { secretFor } from './recipient.ts';
import { peerKeyInvalid } from './refusals.ts';
import * as shapes from './shapes.ts';

export const deriveSharedSecret = operation({
  name: 'DeriveSharedSecret',
  summary: 'Derives a shared secret from the private key of a KMS key and the public key of a peer (ECDH).',
  input: structure({
    KeyId: shapes.anyKeyIdMember,
    KeyAgreementAlgorithm: required(shapes.keyAgreementAlgorithm, 'The key agreement algorithm.'),
    PublicKey: required(
      shapes.publicKey,
      'The public key of the peer, on the same curve: DER SubjectPublicKeyInfo (RFC 5280), its point not compressed.',
    ),
    GrantTokens: shapes.grantTokensMember,
    DryRun: shapes.dryRun,
    Recipient: shapes.recipientMember,
  }),
  output: structure({
    KeyId: optional(shapes.keyIdentifier, 'The ARN of the key.'),
    SharedSecret: optional(
      blob({ min: 1, max: 4096 }),
      'The raw shared secret, 32, 48 or 66 bytes by the curve: derive keys from it, do not use it as one.',
    ),
    CiphertextForRecipient: shapes.ciphertextForRecipient,
    KeyAgreementAlgorithm: optional(
      shapes.keyAgreementAlgorithm,
      'The key agreement algorithm that was used.',
    ),
    KeyOrigin: optional(shapes.origin, 'Where the key material of the key came from.'),
  }),
  targets: {
    key: {
      ...usedKey('kms:DeriveSharedSecret', { keyUsage: 'KEY_AGREEMENT' }),
      kind: 'key',
      conditions: (input) => ({ 'kms:KeyAgreementAlgorithm': input.KeyAgreementAlgorithm }),
    },
  },
  errors: CRYPTOGRAPHIC_ERRORS,
  readOnly: true,
  quota: 'Cryptographic operations (ECC and SM2)',
  examples: [
    {
      title: 'Agree on a secret with the owner of another key pair',
      request: { KeyId: 'alias/agreements', KeyAgreementAlgorithm: 'ECDH', PublicKey: examples.PUBLIC_KEY },
    },
  ],
  check({ input, targets: { key } }) {
    requirePeerKey(key, input.PublicKey);
  },
  async handler({ input, targets: { key }, recipient }) {
    const peerKey = requirePeerKey(key, input.PublicKey);
    return {
      KeyId: key.arn,
      ...secretFor(recipient, 'SharedSecret', await agree(currentMaterialOf(key, KeyPair), peerKey)),
      KeyAgreementAlgorithm: input.KeyAgreementAlgorithm,
      KeyOrigin: key.origin,
    };
  },
});

/** @throws ServiceError `ValidationException` when it is not a public key on the curve of the key */
function requirePeerKey(key: KeyEntry, publicKey: Uint8Array): KeyObject {
  const peerKey = readPeerKey(currentMaterialOf(key, KeyPair), publicKey);
  if (peerKey === undefined) throw peerKeyInvalid();
  return peerKey;
}

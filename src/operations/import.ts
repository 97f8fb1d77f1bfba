import { DAY } from '../clock.ts';
import { canWrap, isOfferedIn } from '../crypto/index.ts';
import {
  createImportParameters,
  deleteImportedKeyMaterial as deleteMaterial,
  importKeyMaterial as importMaterial,
  invalidOrigin,
  type KeyEntry,
  type KeyStateClass,
  type MaterialFacts,
  requireMaterialFacts,
  unwrapImported,
} from '../kms/index.ts';
import { optional, required, structure, timestamp, type ValueOf } from '../model/index.ts';
import { MANAGEMENT_ERRORS, managedKey } from './common.ts';
import * as examples from './example-values.ts';
import { operation } from './operation.ts';
import {
  validToInvalid,
  validToMissing,
  validToUnexpected,
  wrappingKeySpecOfOtherRegions,
  wrappingUnsupported,
} from './refusals.ts';
import * as shapes from './shapes.ts';

const ERRORS = [...MANAGEMENT_ERRORS, 'UnsupportedOperationException'];

/** The target of an operation for keys whose material is imported. */
function importedKey(permission: `kms:${string}`, states: KeyStateClass) {
  return { ...managedKey(permission, states), kind: 'key', requires: requireImported } as const;
}

function requireImported({ arn, origin }: KeyEntry): void {
  if (origin !== 'EXTERNAL') throw invalidOrigin(arn, origin);
}

const keyIdOutput = optional(shapes.keyIdentifier, 'The ARN of the key.');

export const getParametersForImport = operation({
  name: 'GetParametersForImport',
  summary:
    'Returns a public key to wrap key material under, and the import token that ImportKeyMaterial needs with it. Both are for this KMS key only, and valid for 24 hours.',
  notes: [
    'The import token and the wrapping key are good for 24 hours. See [imported key material](import.md).',
  ],
  input: structure({
    KeyId: shapes.keyIdMember,
    WrappingAlgorithm: required(
      shapes.wrappingAlgorithm,
      'How the key material will be wrapped: RSAES_OAEP_* for symmetric keys, HMAC keys and private keys of elliptic curves, RSA_AES_KEY_WRAP_* for private keys, SM2PKE (China Regions) for all but RSA private keys. RSAES_PKCS1_V1_5 is refused.',
    ),
    WrappingKeySpec: required(
      shapes.wrappingKeySpec,
      'The kind of wrapping key. An RSA_2048 key is too short for RSAES_OAEP_* of ECC_NIST_P521 private keys.',
    ),
  }),
  output: structure({
    KeyId: keyIdOutput,
    ImportToken: optional(shapes.importToken, 'The import token.'),
    PublicKey: optional(shapes.publicKey, 'The wrapping key: DER SubjectPublicKeyInfo (RFC 5280).'),
    ParametersValidTo: optional(timestamp, 'Until when both are valid.'),
  }),
  targets: {
    key: {
      ...importedKey('kms:GetParametersForImport', 'importParameters'),
      kind: 'key',
      conditions: (input) => ({
        'kms:WrappingAlgorithm': input.WrappingAlgorithm,
        'kms:WrappingKeySpec': input.WrappingKeySpec,
      }),
    },
  },
  errors: ERRORS,
  readOnly: true,
  quota: 'GetParametersForImport',
  examples: [
    {
      title: 'Get what it takes to import a symmetric key',
      request: {
        KeyId: examples.EXTERNAL_KEY_ID,
        WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
        WrappingKeySpec: 'RSA_4096',
      },
    },
    {
      title: 'Get what it takes to import an RSA private key',
      request: {
        KeyId: examples.EXTERNAL_RSA_KEY_ID,
        WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256',
        WrappingKeySpec: 'RSA_4096',
      },
    },
  ],
  check({ input: { WrappingAlgorithm: algorithm, WrappingKeySpec: wrappingKeySpec }, targets, region }) {
    const { keySpec } = targets.key;
    if (!isOfferedIn(region, wrappingKeySpec)) throw wrappingKeySpecOfOtherRegions(wrappingKeySpec);
    if (!canWrap({ algorithm, keySpec: wrappingKeySpec }, keySpec))
      throw wrappingUnsupported(algorithm, wrappingKeySpec, keySpec);
  },
  async handler({
    input: { WrappingAlgorithm: algorithm, WrappingKeySpec: keySpec },
    targets: { key },
    kms,
  }) {
    const { publicKey, importToken, validTo } = await createImportParameters(kms, key, {
      algorithm,
      keySpec,
    });
    return {
      KeyId: key.arn,
      ImportToken: importToken,
      PublicKey: publicKey,
      ParametersValidTo: new Date(validTo),
    };
  },
});

const importInput = structure({
  KeyId: shapes.keyIdMember,
  ImportToken: required(shapes.importToken, 'The import token that GetParametersForImport returned.'),
  EncryptedKeyMaterial: required(
    shapes.ciphertext,
    'The key material, wrapped under the public key that GetParametersForImport returned with the import token: a secret of the length of the KeySpec, or a private key in PKCS #8 and DER.',
  ),
  ValidTo: optional(
    timestamp,
    'When the key material expires, at most 365 days from now. Required unless ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE.',
  ),
  ExpirationModel: optional(
    shapes.expirationModel,
    'Whether the key material expires; KEY_MATERIAL_EXPIRES by default.',
  ),
  ImportType: optional(
    shapes.importType,
    'Whether the key has had this key material before; of symmetric encryption keys. NEW_KEY_MATERIAL by default for the first import, EXISTING_KEY_MATERIAL for later ones.',
  ),
  KeyMaterialDescription: optional(
    shapes.keyMaterialDescription,
    'A description of the key material; of symmetric encryption keys. The present one, by default.',
  ),
  KeyMaterialId: optional(
    shapes.keyMaterialId,
    'The id that the key material has to have; of symmetric encryption keys, and not for NEW_KEY_MATERIAL.',
  ),
});

type ImportInput = ValueOf<typeof importInput>;

export const importKeyMaterial = operation({
  name: 'ImportKeyMaterial',
  summary:
    'Imports key material into a KMS key that was created for that (Origin EXTERNAL), or imports the same again after it has expired or was deleted, or with another expiration date. Further key material of a symmetric encryption key waits for RotateKeyOnDemand.',
  notes: ['For wrapping keys, algorithms and commands to follow, see [imported key material](import.md).'],
  input: importInput,
  output: structure({
    KeyId: keyIdOutput,
    KeyMaterialId: optional(shapes.keyMaterialId, 'The id of the key material.'),
  }),
  targets: {
    key: {
      ...importedKey('kms:ImportKeyMaterial', 'import'),
      kind: 'key',
      conditions: ({ ExpirationModel, ValidTo }) => ({
        'kms:ExpirationModel': ExpirationModel,
        // Dates in policies are whole seconds: a later one than what a policy allows must not count as allowed.
        'kms:ValidTo': ValidTo && String(Math.ceil(ValidTo.getTime() / 1000)),
      }),
    },
  },
  errors: [
    ...ERRORS,
    'ExpiredImportTokenException',
    'IncorrectKeyMaterialException',
    'InvalidCiphertextException',
    'InvalidImportTokenException',
  ],
  readOnly: false,
  quota: 'ImportKeyMaterial',
  audit: { response: ['KeyId', 'KeyMaterialId'] },
  examples: [
    {
      title: 'Import key material that does not expire',
      request: {
        KeyId: examples.EXTERNAL_KEY_ID,
        ImportToken: examples.IMPORT_TOKEN,
        EncryptedKeyMaterial: examples.ENCRYPTED_KEY_MATERIAL,
        ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      },
    },
    {
      title: 'Import key material that expires',
      request: {
        KeyId: examples.EXTERNAL_KEY_ID,
        ImportToken: examples.IMPORT_TOKEN,
        EncryptedKeyMaterial: examples.ENCRYPTED_KEY_MATERIAL,
        ExpirationModel: 'KEY_MATERIAL_EXPIRES',
        ValidTo: 1803211200,
      },
    },
  ],
  validate({ ExpirationModel: model = 'KEY_MATERIAL_EXPIRES', ValidTo }) {
    if (model === 'KEY_MATERIAL_EXPIRES' && ValidTo === undefined) throw validToMissing();
    if (model === 'KEY_MATERIAL_DOES_NOT_EXPIRE' && ValidTo !== undefined) throw validToUnexpected();
  },
  check({ input, targets: { key }, time }) {
    requireMaterialFacts(key, factsFrom(input));
    requireValidTo(input.ValidTo, time);
  },
  async handler({ input, targets: { key }, kms }) {
    const encrypted = Buffer.from(input.EncryptedKeyMaterial);
    const material = await unwrapImported(kms, key, input.ImportToken, encrypted);
    try {
      const keyMaterialId = await importMaterial(kms, key, material, factsFrom(input));
      return { KeyId: key.arn, KeyMaterialId: keyMaterialId };
    } finally {
      material.fill(0);
    }
  },
});

function factsFrom(input: ImportInput): MaterialFacts {
  return {
    importType: input.ImportType,
    keyMaterialId: input.KeyMaterialId,
    description: input.KeyMaterialDescription,
    validTo: input.ValidTo?.getTime(),
  };
}

const LONGEST_VALIDITY_IN_DAYS = 365;

function requireValidTo(validTo: Date | undefined, time: number): void {
  if (validTo === undefined) return;
  const validity = validTo.getTime() - time;
  if (validity <= 0 || validity > LONGEST_VALIDITY_IN_DAYS * DAY) throw validToInvalid(validTo);
}

export const deleteImportedKeyMaterial = operation({
  name: 'DeleteImportedKeyMaterial',
  summary:
    'Deletes imported key material at once. Until the same key material is imported again the KMS key cannot be used.',
  input: structure({
    KeyId: shapes.keyIdMember,
    KeyMaterialId: optional(
      shapes.keyMaterialId,
      'The id of the key material to delete; the current one, by default.',
    ),
  }),
  output: structure({
    KeyId: keyIdOutput,
    KeyMaterialId: optional(shapes.keyMaterialId, 'The id of the key material that was deleted.'),
  }),
  targets: { key: importedKey('kms:DeleteImportedKeyMaterial', 'deleteImported') },
  errors: ERRORS,
  readOnly: false,
  quota: 'DeleteImportedKeyMaterial',
  audit: { response: ['KeyId', 'KeyMaterialId'] },
  examples: [
    {
      title: 'Take the key material away',
      request: { KeyId: examples.EXTERNAL_KEY_ID },
    },
  ],
  async handler({ input, targets: { key }, kms }) {
    const keyMaterialId = await deleteMaterial(kms, key, input.KeyMaterialId);
    return { KeyId: key.arn, KeyMaterialId: keyMaterialId };
  },
});

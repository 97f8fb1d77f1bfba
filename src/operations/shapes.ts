import {
  ENCAPSULATION_ALGORITHMS,
  ENCRYPTION_ALGORITHMS,
  KEY_AGREEMENT_ALGORITHMS,
  KEY_SPECS,
  KEY_USAGES,
  MAC_ALGORITHMS,
  MESSAGE_TYPES,
  SIGNING_ALGORITHMS,
  WRAPPING_ALGORITHMS,
  WRAPPING_KEY_SPECS,
} from '../crypto/index.ts';
import { constraints, KEY_STATES, ORIGINS } from '../kms/index.ts';
import {
  blob,
  boolean,
  enumeration,
  integer,
  list,
  optional,
  required,
  string,
  stringMap,
  structure,
  timestamp,
} from '../model/index.ts';

/* Shapes that several operations share. Constraints: the AWS KMS service model. */

export const keyIdentifier = string({ min: 1, max: 2048 });
export const aliasName = string(constraints.ALIAS_NAME);
export const arn = string({ min: 20, max: 2048 });
export const description = string(constraints.DESCRIPTION);
export const policyDocument = string({
  min: 1,
  max: 131_072,
  pattern: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
});
export const policyVersion = integer({ min: 1 });
export const policyName = string({ min: 1, max: 128, pattern: '[\\w]+' });
export const plaintext = blob({ min: 1, max: 4096 });
export const ciphertext = blob({ min: 1, max: 6144 });
export const message = blob({ min: 1, max: 4096 });
export const publicKey = blob({ min: 1, max: 8192 });
export const keyMaterialId = string({ min: 64, max: 64, pattern: '^[a-f0-9]+$' });
export const customKeyStoreId = string({ min: 1, max: 64 });
export const numberOfBytes = integer({ min: 1, max: 1024 });

export const keySpec = enumeration(...KEY_SPECS);
export const customerMasterKeySpec = enumeration(
  'SYMMETRIC_DEFAULT',
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'HMAC_224',
  'HMAC_256',
  'HMAC_384',
  'HMAC_512',
  'SM2',
);
export const keyUsage = enumeration(...KEY_USAGES);
export const origin = enumeration(...ORIGINS);
export const keyState = enumeration(...KEY_STATES);
export const keyManager = enumeration('AWS', 'CUSTOMER');
export const encryptionAlgorithm = enumeration(...ENCRYPTION_ALGORITHMS);
export const signingAlgorithm = enumeration(...SIGNING_ALGORITHMS);
export const messageType = enumeration(...MESSAGE_TYPES);
export const macAlgorithm = enumeration(...MAC_ALGORITHMS);
export const keyAgreementAlgorithm = enumeration(...KEY_AGREEMENT_ALGORITHMS);
export const encapsulationAlgorithm = enumeration(...ENCAPSULATION_ALGORITHMS);
export const expirationModel = enumeration('KEY_MATERIAL_EXPIRES', 'KEY_MATERIAL_DOES_NOT_EXPIRE');
export const importType = enumeration('NEW_KEY_MATERIAL', 'EXISTING_KEY_MATERIAL');
export const importToken = blob({ min: 1, max: 6144 });
export const keyMaterialDescription = string({ max: 256, pattern: '^[a-zA-Z0-9:/_\\s.-]+$' });
export const wrappingAlgorithm = enumeration(...WRAPPING_ALGORITHMS);
export const wrappingKeySpec = enumeration(...WRAPPING_KEY_SPECS);
export const dryRunModifiers = list(enumeration('IGNORE_CIPHERTEXT'));
export const grantTokens = list(string({ min: 1, max: 8192, sensitive: true }), { max: 10 });

export const GRANT_OPERATION_NAMES = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'Sign',
  'Verify',
  'GetPublicKey',
  'CreateGrant',
  'RetireGrant',
  'DescribeKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateMac',
  'VerifyMac',
  'DeriveSharedSecret',
  'Encapsulate',
  'Decapsulate',
] as const;
export const grantOperation = enumeration(...GRANT_OPERATION_NAMES);
export const grantId = string({ min: 1, max: 128 });
export const grantToken = string({ min: 1, max: 8192, sensitive: true });
export const grantName = string({ min: 1, max: 256, pattern: '^[a-zA-Z0-9:/_-]+$' });
export const principalId = string({ min: 1, max: 256, pattern: '^[\\w+=,.@:/-]+$' });
export const servicePrincipal = string({
  min: 1,
  max: 128,
  pattern: '^([A-Za-z0-9\\-]+)\\.([A-Za-z0-9\\-]+)(\\.[A-Za-z0-9\\-]+)+$',
});
export const grantConstraints = structure({
  EncryptionContextSubset: optional(
    stringMap,
    'Pairs that the encryption context has to have, whatever else it has; at most 8.',
  ),
  EncryptionContextEquals: optional(stringMap, 'Exactly the pairs of the encryption context; at most 8.'),
  SourceArn: optional(
    string({ min: 20, max: 512, pattern: '^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$' }),
    'The resource for which a service asks.',
  ),
});
const grantListEntry = structure({
  KeyId: optional(keyIdentifier, 'The ARN of the key.'),
  GrantId: optional(grantId, 'The id of the grant.'),
  Name: optional(string(), 'The name of the grant; empty when it has none.'),
  CreationDate: optional(timestamp, 'When the grant was created.'),
  GranteePrincipal: optional(principalId, 'Whom it is for; by unique id when they are gone.'),
  RetiringPrincipal: optional(principalId, 'Who may retire it; by unique id when they are gone.'),
  IssuingAccount: optional(principalId, 'The account that created it.'),
  Operations: optional(list(grantOperation), 'The operations that it permits.'),
  Constraints: optional(grantConstraints, 'Its constraints.'),
  GranteeServicePrincipal: optional(servicePrincipal, 'The service that it is for.'),
  RetiringServicePrincipal: optional(servicePrincipal, 'The service that may retire it.'),
});

export const tag = structure({
  TagKey: required(string(constraints.TAG_KEY), 'The key of the tag.'),
  TagValue: required(string(constraints.TAG_VALUE), 'The value of the tag.'),
});
export const tagList = list(tag);

export const recipient = structure({
  KeyEncryptionAlgorithm: optional(
    enumeration('RSAES_OAEP_SHA_256'),
    'How the answer is encrypted to the public key in the attestation document.',
  ),
  AttestationDocument: optional(
    blob({ min: 1, max: 262_144 }),
    'A signed attestation document of an enclave.',
  ),
});

export const regionName = string({ min: 1, max: 32, pattern: '^([a-z]+-){2,3}\\d+$' });
const multiRegionKey = structure({
  Arn: optional(arn, 'The ARN of the key.'),
  Region: optional(regionName, 'The Region that it is in.'),
});
export const multiRegionConfiguration = structure({
  MultiRegionKeyType: optional(
    enumeration('PRIMARY', 'REPLICA'),
    'Whether the key is the primary key or a replica.',
  ),
  PrimaryKey: optional(multiRegionKey, 'The primary key.'),
  ReplicaKeys: optional(list(multiRegionKey), 'The replicas, which may be none.'),
});

export const keyMetadata = structure({
  AWSAccountId: optional(string(), 'The 12-digit account that owns the key.'),
  KeyId: required(keyIdentifier, 'The key id.'),
  Arn: optional(arn, 'The ARN of the key.'),
  CreationDate: optional(timestamp, 'When the key was created.'),
  Enabled: optional(boolean, 'Whether the key state is Enabled.'),
  Description: optional(description, 'The description of the key.'),
  KeyUsage: optional(keyUsage, 'The cryptographic operations that the key is for.'),
  KeyState: optional(keyState, 'The state of the key.'),
  DeletionDate: optional(timestamp, 'When the key will be destroyed; present in state PendingDeletion.'),
  PendingDeletionWindowInDays: optional(
    integer({ min: 1, max: 365 }),
    'The waiting period that begins when the last replica is gone; present in state PendingReplicaDeletion.',
  ),
  Origin: optional(origin, 'Where the key material came from.'),
  ExpirationModel: optional(expirationModel, 'Whether imported key material expires.'),
  ValidTo: optional(timestamp, 'When imported key material expires.'),
  KeyManager: optional(keyManager, 'Who manages the key.'),
  CustomerMasterKeySpec: optional(customerMasterKeySpec, 'The same as KeySpec; deprecated.'),
  KeySpec: optional(keySpec, 'The kind of key material.'),
  EncryptionAlgorithms: optional(
    list(encryptionAlgorithm),
    'The encryption algorithms that the key supports, when it is for encryption.',
  ),
  SigningAlgorithms: optional(
    list(signingAlgorithm),
    'The signing algorithms that the key supports, when it is for signing.',
  ),
  MacAlgorithms: optional(
    list(macAlgorithm),
    'The MAC algorithms that the key supports, when it is for MACs.',
  ),
  KeyAgreementAlgorithms: optional(
    list(keyAgreementAlgorithm),
    'The key agreement algorithms that the key supports, when it is for key agreement.',
  ),
  EncapsulationAlgorithms: optional(
    list(encapsulationAlgorithm),
    'The encapsulation algorithms that the key supports, when it is for encapsulation.',
  ),
  MultiRegion: optional(boolean, 'Whether the key is a multi-Region key.'),
  MultiRegionConfiguration: optional(multiRegionConfiguration, 'The siblings of a multi-Region key.'),
  CurrentKeyMaterialId: optional(keyMaterialId, 'The id of the key material that encrypts.'),
});

/* Members that read the same wherever they occur. */

export const dryRun = optional(
  boolean,
  'Checks whether the request would succeed, without doing anything: the answer is always an error, DryRunOperationException when it would.',
);
export const grantTokensMember = optional(
  grantTokens,
  'Grant tokens; QKMS never needs them, since grants take effect at once.',
);
export const encryptionContext = optional(
  stringMap,
  'The encryption context: non-secret pairs that are authenticated with the ciphertext. Decryption needs exactly the same pairs.',
);
export const recipientMember = optional(
  recipient,
  'Has the secret in the answer encrypted for an attested enclave: only it can read CiphertextForRecipient.',
);
export const ciphertextForRecipient = optional(
  ciphertext,
  'The secret, as CMS EnvelopedData that only the recipient can decrypt; in the place of the secret when the request has a Recipient.',
);
export const keyIdMember = required(keyIdentifier, 'The key: its key id or key ARN.');
export const anyKeyIdMember = required(
  keyIdentifier,
  'The key: its key id, key ARN, alias name or alias ARN.',
);
export const limit = optional(integer({ min: 1, max: 1000 }), 'The most items to return.');
export const marker = optional(
  string({ min: 1, max: 1024, pattern: '[\\u0020-\\u00FF]*' }),
  'Where to continue: the NextMarker of the previous answer.',
);
export const nextMarker = optional(
  string({ min: 1, max: 1024 }),
  'Where the next page begins; present when Truncated is true.',
);
export const truncated = optional(boolean, 'Whether there are more items.');

/** The output of operations that answer `{}`. */
export const empty = structure({});

/** The output of operations that list grants. */
export const grantPage = structure({
  Grants: optional(list(grantListEntry), 'The grants.'),
  NextMarker: nextMarker,
  Truncated: truncated,
});

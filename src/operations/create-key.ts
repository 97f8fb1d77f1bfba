import { algorithmsOf, generateKeyMaterial, isOfferedIn } from '../crypto/index.ts';
import { type KeyKind, newKeyId, SYMMETRIC_KEY, createKey as storeKey } from '../kms/index.ts';
import { boolean, optional, string, structure, type ValueOf } from '../model/index.ts';
import { policyConditions, tagConditions } from './common.ts';
import * as examples from './example-values.ts';
import { describeKeyEntry } from './key-metadata.ts';
import { kindConditions, newKeyMembers, readNewKey } from './new-key.ts';
import { operation } from './operation.ts';
import * as refusals from './refusals.ts';
import * as shapes from './shapes.ts';

const input = structure({
  ...newKeyMembers,
  KeyUsage: optional(
    shapes.keyUsage,
    'The cryptographic operations that the key is for. ENCRYPT_DECRYPT by default; required for every other KeySpec than SYMMETRIC_DEFAULT.',
  ),
  CustomerMasterKeySpec: optional(shapes.customerMasterKeySpec, 'Deprecated; use KeySpec.'),
  KeySpec: optional(shapes.keySpec, 'The kind of key material; SYMMETRIC_DEFAULT by default.'),
  Origin: optional(shapes.origin, 'Where the key material comes from; AWS_KMS by default.'),
  CustomKeyStoreId: optional(shapes.customKeyStoreId, 'The custom key store to create the key in.'),
  MultiRegion: optional(boolean, 'Creates a multi-Region primary key.'),
  XksKeyId: optional(
    string({ min: 1, max: 128, pattern: '^[a-zA-Z0-9-_.]+$' }),
    'The external key of a key in an external key store.',
  ),
});

type Input = ValueOf<typeof input>;

export const createKey = operation({
  name: 'CreateKey',
  summary: 'Creates a KMS key in the account and Region of the request.',
  input,
  output: structure({ KeyMetadata: optional(shapes.keyMetadata, 'What there is to know of the new key.') }),
  targets: {
    account: {
      kind: 'account',
      permission: 'kms:CreateKey',
      conditions: (input) => ({
        ...policyConditions(input),
        ...kindConditions(kindOf(input)),
        'kms:MultiRegion': String(input.MultiRegion ?? false),
        ...(input.MultiRegion === true ? { 'kms:MultiRegionKeyType': 'PRIMARY' } : {}),
        ...tagConditions(input.Tags),
      }),
    },
    tagging: {
      kind: 'account',
      permission: 'kms:TagResource',
      when: (input) => (input.Tags?.length ?? 0) > 0,
      conditions: (input) => tagConditions(input.Tags),
    },
  },
  errors: [
    'CloudHsmClusterInvalidConfigurationException',
    'CustomKeyStoreInvalidStateException',
    'CustomKeyStoreNotFoundException',
    'DependencyTimeoutException',
    'InvalidArnException',
    'KMSInternalException',
    'LimitExceededException',
    'MalformedPolicyDocumentException',
    'TagException',
    'UnsupportedOperationException',
    'XksKeyAlreadyInUseException',
    'XksKeyInvalidConfigurationException',
    'XksKeyNotFoundException',
  ],
  readOnly: false,
  quota: 'CreateKey',
  audit: {
    response: ['KeyMetadata'],
    names: { AWSAccountId: 'AWSAccountId' },
    created: ({ KeyMetadata }) => KeyMetadata?.Arn,
  },
  examples: [
    {
      title: 'Create a symmetric encryption key',
      request: { Description: 'orders database' },
    },
    {
      title: 'Create an RSA key pair to sign with',
      request: { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
    },
    { title: 'Create an HMAC key', request: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' } },
    { title: 'Create a multi-Region primary key', request: { MultiRegion: true } },
    { title: 'Create a key for imported key material', request: { Origin: 'EXTERNAL' } },
    {
      title: 'Create a key with a key policy and a tag',
      request: { Policy: examples.KEY_POLICY, Tags: [{ TagKey: 'team', TagValue: 'orders' }] },
    },
  ],
  check: ({ input, region }) => requireKind(input, region),
  async handler(call) {
    const { input, caller, region, kms } = call;
    const kind = kindOf(input);
    const isMultiRegion = input.MultiRegion === true;
    const keyId = newKeyId(isMultiRegion);
    const primaryRegion = isMultiRegion ? region : undefined;
    const key = { ...kind, region, keyId, primaryRegion };
    const requested = await readNewKey(call, key);
    const material = kind.origin === 'EXTERNAL' ? undefined : await generateKeyMaterial(kind.keySpec);
    try {
      const entry = await storeKey(kms, material, { ...key, ...requested, accountId: caller.account });
      return { KeyMetadata: describeKeyEntry(kms.partition, entry) };
    } finally {
      material?.fill(0);
    }
  },
});

/** What kind of key is asked for. */
function kindOf(input: Input): KeyKind {
  return {
    keySpec: input.KeySpec ?? input.CustomerMasterKeySpec ?? SYMMETRIC_KEY.keySpec,
    keyUsage: input.KeyUsage ?? SYMMETRIC_KEY.keyUsage,
    origin: input.Origin ?? SYMMETRIC_KEY.origin,
  };
}

/** The specs whose material cannot be imported (crypto.md section 1, and the documentation of CreateKey). */
const NEVER_IMPORTED = /^ML_/;

/** Refuses a kind of key that there is not, or not here. */
function requireKind(input: Input, region: string): void {
  if (input.KeySpec !== undefined && input.CustomerMasterKeySpec !== undefined)
    throw refusals.bothSpecsGiven();
  const { keySpec, keyUsage, origin } = kindOf(input);
  if (input.KeyUsage === undefined && keySpec !== 'SYMMETRIC_DEFAULT') throw refusals.keyUsageMissing();
  if (algorithmsOf(keySpec, keyUsage).length === 0) throw refusals.keyUsageIncompatible(keyUsage, keySpec);
  if (!isOfferedIn(region, keySpec)) throw refusals.keySpecOfOtherRegions(keySpec);
  if (input.XksKeyId !== undefined && origin !== 'EXTERNAL_KEY_STORE') throw refusals.xksKeyIdUnexpected();
  if (input.CustomKeyStoreId !== undefined) throw refusals.customKeyStoreNotFound();
  if (origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE')
    throw refusals.customKeyStoreMissing(origin);
  if (origin === 'EXTERNAL' && NEVER_IMPORTED.test(keySpec)) throw refusals.keySpecNotImported(keySpec);
}

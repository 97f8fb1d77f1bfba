import { randomBytes, randomUUID } from 'node:crypto';
import {
  addTags,
  defaultKeyPolicy,
  keyArn,
  NEW_KEY_TRAITS,
  policyLockout,
  createKey as storeKey,
} from '../kms/index.ts';
import { boolean, optional, string, structure, type ValueOf } from '../model/index.ts';
import { policyConditions, readNewKeyPolicy, tagConditions } from './common.ts';
import * as examples from './example-values.ts';
import { describeKeyEntry } from './key-metadata.ts';
import { operation } from './operation.ts';
import * as refusals from './refusals.ts';
import * as shapes from './shapes.ts';

const input = structure({
  Policy: optional(
    shapes.policyDocument,
    'The key policy, in JSON; at most 32,768 bytes. By default the account may delegate all access by identity policies.',
  ),
  Description: optional(shapes.description, 'A description of the key.'),
  KeyUsage: optional(
    shapes.keyUsage,
    'The cryptographic operations that the key is for. ENCRYPT_DECRYPT by default; required for every other KeySpec than SYMMETRIC_DEFAULT.',
  ),
  CustomerMasterKeySpec: optional(shapes.customerMasterKeySpec, 'Deprecated; use KeySpec.'),
  KeySpec: optional(shapes.keySpec, 'The kind of key material; SYMMETRIC_DEFAULT by default.'),
  Origin: optional(shapes.origin, 'Where the key material comes from; AWS_KMS by default.'),
  CustomKeyStoreId: optional(shapes.customKeyStoreId, 'The custom key store to create the key in.'),
  BypassPolicyLockoutSafetyCheck: optional(
    boolean,
    'Skips the policy lockout safety check. The key may become unmanageable.',
  ),
  Tags: optional(shapes.tagList, 'Tags to assign to the key; at most 50.'),
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
        'kms:KeySpec': keySpecOf(input),
        'kms:CustomerMasterKeySpec': keySpecOf(input),
        'kms:KeyUsage': input.KeyUsage ?? 'ENCRYPT_DECRYPT',
        'kms:CustomerMasterKeyUsage': input.KeyUsage ?? 'ENCRYPT_DECRYPT',
        'kms:KeyOrigin': input.Origin ?? 'AWS_KMS',
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
  examples: [
    {
      title: 'Create a symmetric encryption key',
      request: { Description: 'orders database' },
      response: { KeyMetadata: examples.KEY_METADATA },
    },
  ],
  check: ({ input }) => requireSupported(input),
  async handler({ input, caller, region, kms, iam, wouldAllow }) {
    const keyId = randomUUID();
    const arn = keyArn(kms.partition, region, caller.account, keyId);
    const policy = input.Policy ?? defaultKeyPolicy(kms.partition, caller.account);
    const { compiled, principals } = await readNewKeyPolicy(iam, policy);
    const tags = addTags(
      [],
      (input.Tags ?? []).map(({ TagKey, TagValue }) => ({ key: TagKey, value: TagValue })),
    );
    const key = { arn, record: { ...NEW_KEY_TRAITS, accountId: caller.account, tags }, aliases: [] };
    if (
      input.Policy !== undefined &&
      input.BypassPolicyLockoutSafetyCheck !== true &&
      !wouldAllow('kms:PutKeyPolicy', key, compiled, policyConditions(input))
    ) {
      throw policyLockout();
    }
    const material = randomBytes(32);
    try {
      const entry = await storeKey(kms, material, {
        region,
        keyId,
        accountId: caller.account,
        description: input.Description ?? '',
        policy,
        policyPrincipals: principals,
        policyPutBy: caller.principal.arn,
        tags,
      });
      return { KeyMetadata: describeKeyEntry(entry) };
    } finally {
      material.fill(0);
    }
  },
});

const SPECS_BY_USAGE: Readonly<Record<string, RegExp>> = {
  ENCRYPT_DECRYPT: /^(?:SYMMETRIC_DEFAULT|RSA_.*|SM2)$/,
  SIGN_VERIFY: /^(?:RSA_.*|ECC_.*|ML_DSA_.*|SM2)$/,
  GENERATE_VERIFY_MAC: /^HMAC_/,
  KEY_AGREEMENT: /^(?:ECC_NIST_P.*|SM2)$/,
  ENCAPSULATE_DECAPSULATE: /^ML_KEM_/,
};

function keySpecOf(input: Input): string {
  return input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT';
}

/** Refuses what AWS refuses, and then what this version cannot make. */
function requireSupported(input: Input): void {
  if (input.KeySpec !== undefined && input.CustomerMasterKeySpec !== undefined)
    throw refusals.bothSpecsGiven();
  const keySpec = keySpecOf(input);
  if (input.KeyUsage === undefined && keySpec !== 'SYMMETRIC_DEFAULT') throw refusals.keyUsageMissing();
  const keyUsage = input.KeyUsage ?? 'ENCRYPT_DECRYPT';
  if (SPECS_BY_USAGE[keyUsage]?.test(keySpec) !== true)
    throw refusals.keyUsageIncompatible(keyUsage, keySpec);
  if (keySpec === 'SM2') throw refusals.keySpecOfOtherRegions(keySpec);
  if (input.XksKeyId !== undefined && input.Origin !== 'EXTERNAL_KEY_STORE')
    throw refusals.xksKeyIdUnexpected();
  if (input.CustomKeyStoreId !== undefined) throw refusals.customKeyStoreNotFound();
  if (input.Origin !== undefined && input.Origin !== 'AWS_KMS')
    throw refusals.originUnsupported(input.Origin);
  if (keySpec !== 'SYMMETRIC_DEFAULT') throw refusals.keySpecUnsupported(keySpec);
  if (input.MultiRegion === true) throw refusals.multiRegionUnsupported();
}

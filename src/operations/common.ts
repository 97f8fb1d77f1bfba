import { algorithmsOf, factsOf } from '../crypto/index.ts';
import { findNamedPrincipals, type Iam } from '../iam/index.ts';
import {
  algorithmIncompatible,
  type GrantDetails,
  type IdentifierForm,
  type KeyEntry,
  type KeyStateClass,
  multiRegionKeyType,
  notPrimaryKey,
  type ReadKeyPolicy,
  readKeyPolicy,
} from '../kms/index.ts';
import type { Conditions, KeyUsageRule } from './operation.ts';
import { dataKeyUnderAsymmetricKey } from './refusals.ts';

/** Identifiers accepted by the operations that manage a key. */
export const ID_OR_ARN: readonly IdentifierForm[] = ['keyId', 'keyArn'];

/** Identifiers accepted by the operations that use or describe a key. */
export const ANY_IDENTIFIER: readonly IdentifierForm[] = ['keyId', 'keyArn', 'aliasName', 'aliasArn'];

/** Modeled errors of the operations that manage a key. */
export const MANAGEMENT_ERRORS: readonly string[] = [
  'DependencyTimeoutException',
  'InvalidArnException',
  'KMSInternalException',
  'KMSInvalidStateException',
  'NotFoundException',
];

/** Modeled errors of the operations that use a key's material. */
export const CRYPTOGRAPHIC_ERRORS: readonly string[] = [
  'DependencyTimeoutException',
  'DisabledException',
  'DryRunOperationException',
  'InvalidGrantTokenException',
  'InvalidKeyUsageException',
  'KMSInternalException',
  'KMSInvalidStateException',
  'KeyUnavailableException',
  'NotFoundException',
];

/** The target of an operation that manages the key named by `KeyId`, a key of the caller's account. */
export function managedKey(permission: `kms:${string}`, states: KeyStateClass) {
  return { kind: 'key', member: 'KeyId', accepts: ID_OR_ARN, permission, states } as const;
}

/** The target of an operation that uses the material of the key named by `KeyId`, of whichever account. */
export function usedKey(permission: `kms:${string}`, usage: KeyUsageRule) {
  return {
    kind: 'key',
    member: 'KeyId',
    accepts: ANY_IDENTIFIER,
    crossAccount: true,
    permission,
    states: 'cryptographic',
    usage,
  } as const;
}

/**
 * Refuses replicas, for what is changed with their primary key. Comes after the state of the key: a replica that is only
 * being created is refused for that.
 *
 * @throws ServiceError `UnsupportedOperationException`
 */
export function requirePrimary(key: KeyEntry): void {
  if (multiRegionKeyType(key) === 'REPLICA') throw notPrimaryKey(key.arn);
}

/**
 * Refuses an algorithm that a key does not work with.
 *
 * @throws ServiceError `InvalidKeyUsageException`
 */
export function requireAlgorithm({ keySpec, keyUsage }: KeyEntry, algorithm: string): void {
  if (!algorithmsOf(keySpec, keyUsage).includes(algorithm)) throw algorithmIncompatible(algorithm, keySpec);
}

export const ENCRYPT_DECRYPT: KeyUsageRule = { keyUsage: 'ENCRYPT_DECRYPT' };

/** A key that a ciphertext is to be decrypted with, and is not for that, is answered like a wrong one. */
export const DECRYPTION: KeyUsageRule = { ...ENCRYPT_DECRYPT, incorrectKey: true };

/** Modeled errors of the operations that decrypt. */
export const DECRYPTION_ERRORS: readonly string[] = [
  ...CRYPTOGRAPHIC_ERRORS,
  'IncorrectKeyException',
  'InvalidCiphertextException',
];

/** The target of an operation that makes a data key under the key named by `KeyId`, of whichever account. */
export function dataKeyTarget(permission: `kms:${string}`) {
  return {
    ...usedKey(permission, ENCRYPT_DECRYPT),
    requires({ keySpec }: KeyEntry) {
      if (factsOf(keySpec).type === 'asymmetric') throw dataKeyUnderAsymmetricKey();
    },
  } as const;
}

/** The default of every `EncryptionAlgorithm` member. */
export const SYMMETRIC_DEFAULT = 'SYMMETRIC_DEFAULT' as const;

/** Condition keys of an operation that encrypts or decrypts (policies.md section 6). */
export function encryptionConditions(
  context: Readonly<Record<string, string>> | undefined,
  algorithm: string | undefined,
): Conditions {
  const ofAlgorithm = { 'kms:EncryptionAlgorithm': algorithm ?? SYMMETRIC_DEFAULT };
  const pairs = Object.entries(context ?? {});
  if (pairs.length === 0) return ofAlgorithm;
  return {
    ...ofAlgorithm,
    'kms:EncryptionContextKeys': pairs.map(([key]) => key),
    ...pairConditions('kms:EncryptionContext:', pairs),
  };
}

/**
 * A condition key for each pair of names and values. Condition keys ignore case, the names do not: pairs whose names
 * differ only in case become one multi-valued condition key, with which policies fail closed, for which of them is
 * meant cannot be told.
 */
function pairConditions(
  prefix: string,
  pairs: readonly (readonly [name: string, value: string])[],
): Conditions {
  const byLowerCase = Map.groupBy(pairs, ([name]) => name.toLowerCase());
  return Object.fromEntries(
    Array.from(byLowerCase, ([lowerCase, spellings]) => {
      const values = spellings.map(([, value]) => value);
      return [prefix + lowerCase, values.length === 1 ? values[0] : values];
    }),
  );
}

interface GrantConstraintMembers {
  readonly EncryptionContextEquals?: Readonly<Record<string, string>> | undefined;
  readonly EncryptionContextSubset?: Readonly<Record<string, string>> | undefined;
}

/** Condition keys of the constraints of a grant; its pairs stand in the place of an encryption context. */
export function grantConditions(constraints: GrantConstraintMembers | undefined): Conditions {
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset } = constraints ?? {};
  const pairs = Object.entries(equals ?? subset ?? {});
  return {
    'kms:GrantConstraintType':
      equals === undefined ? subset && 'EncryptionContextSubset' : 'EncryptionContextEquals',
    ...(pairs.length > 0 && {
      'kms:EncryptionContextKeys': pairs.map(([key]) => key),
      ...pairConditions('kms:EncryptionContext:', pairs),
    }),
  };
}

/** Condition keys of a grant that exists (RetireGrant). */
export function conditionsOfGrant({ constraints = {} }: GrantDetails): Conditions {
  return grantConditions({
    EncryptionContextEquals: constraints.encryptionContextEquals,
    EncryptionContextSubset: constraints.encryptionContextSubset,
  });
}

/**
 * Reads a key policy that a caller wants to attach; users and roles that it names have to exist.
 *
 * @throws ServiceError `LimitExceededException` or `MalformedPolicyDocumentException`
 */
export function readNewKeyPolicy({ partition, store }: Iam, text: string): Promise<ReadKeyPolicy> {
  return readKeyPolicy(text, partition, (document) =>
    store.read((reader) => findNamedPrincipals(reader, partition, document)),
  );
}

/** Condition keys of a request that puts a key policy (policies.md section 6); absent when the member is. */
export function policyConditions(input: {
  readonly BypassPolicyLockoutSafetyCheck?: boolean | undefined;
}): Conditions {
  return { 'kms:BypassPolicyLockoutSafetyCheck': input.BypassPolicyLockoutSafetyCheck?.toString() };
}

/** Condition keys of a request that tags a key (policies.md section 6). */
export function tagConditions(
  tags: readonly { readonly TagKey: string; readonly TagValue: string }[] | undefined,
): Conditions {
  if (tags === undefined || tags.length === 0) return {};
  return {
    'aws:TagKeys': tags.map(({ TagKey }) => TagKey),
    ...pairConditions(
      'aws:RequestTag/',
      tags.map(({ TagKey, TagValue }) => [TagKey, TagValue]),
    ),
  };
}

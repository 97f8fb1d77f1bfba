import type { IdentifierForm } from '../kms/index.ts';
import type { Conditions, KeyUsageRule } from './operation.ts';

/** Identifiers accepted by the operations that manage a key. */
export const ID_OR_ARN: readonly IdentifierForm[] = ['keyId', 'keyArn'];

/** Identifiers accepted by the operations that use or describe a key. */
export const ANY_IDENTIFIER: readonly IdentifierForm[] = ['keyId', 'keyArn', 'aliasName', 'aliasArn'];

export const ENCRYPT_DECRYPT: KeyUsageRule = { keyUsage: 'ENCRYPT_DECRYPT' };

/** The default of every `EncryptionAlgorithm` member. */
export const SYMMETRIC_DEFAULT = 'SYMMETRIC_DEFAULT' as const;

/** Condition keys of an operation that encrypts or decrypts (policies.md section 6). */
export function encryptionConditions(
  context: Readonly<Record<string, string>> | undefined,
  algorithm: string | undefined,
): Conditions {
  const conditions: Record<string, string | readonly string[]> = {
    'kms:EncryptionAlgorithm': algorithm ?? SYMMETRIC_DEFAULT,
  };
  if (context === undefined) return conditions;
  const keys = Object.keys(context);
  if (keys.length > 0) conditions['kms:EncryptionContextKeys'] = keys;
  // Condition keys ignore case, encryption contexts do not. Pairs that differ only in the case of their key become
  // one multi-valued condition key, which no plain operator matches: which of them a policy means cannot be told.
  const byLowerCase = Map.groupBy(keys, (key) => key.toLowerCase());
  for (const [lowerCase, spellings] of byLowerCase) {
    const values = spellings.map((key) => context[key] ?? '');
    conditions[`kms:EncryptionContext:${lowerCase}`] = values.length === 1 ? (values[0] ?? '') : values;
  }
  return conditions;
}

/** Condition keys of a request that tags a key (policies.md section 6). */
export function tagConditions(
  tags: readonly { readonly TagKey: string; readonly TagValue: string }[] | undefined,
): Conditions {
  if (tags === undefined || tags.length === 0) return {};
  return {
    'aws:TagKeys': tags.map(({ TagKey }) => TagKey),
    ...Object.fromEntries(tags.map(({ TagKey, TagValue }) => [`aws:RequestTag/${TagKey}`, TagValue])),
  };
}

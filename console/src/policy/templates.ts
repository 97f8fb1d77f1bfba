/** What a key is for, as far as it matters to who needs which permission. */
export interface PolicyWish {
  readonly account: string;
  readonly keyUsage: string;
  /** ARNs of who may administer the key, but not use it. */
  readonly administrators: readonly string[];
  /** ARNs of who may use it. */
  readonly users: readonly string[];
}

/** What administrators of a key may do with it. */
export const ADMINISTRATION = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:CreateGrant',
  'kms:DeleteAlias',
  'kms:DeleteImportedKeyMaterial',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:DisableKeyRotation',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:GetParametersForImport',
  'kms:GetPublicKey',
  'kms:ImportKeyMaterial',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:RotateKeyOnDemand',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];

const USE: Readonly<Record<string, readonly string[]>> = {
  ENCRYPT_DECRYPT: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
  SIGN_VERIFY: ['kms:GetPublicKey', 'kms:Sign', 'kms:Verify'],
  GENERATE_VERIFY_MAC: ['kms:GenerateMac', 'kms:VerifyMac'],
  KEY_AGREEMENT: ['kms:DeriveSharedSecret', 'kms:GetPublicKey'],
  ENCAPSULATE_DECAPSULATE: ['kms:Decapsulate', 'kms:Encapsulate', 'kms:GetPublicKey'],
};

/** What users of a key may do with it, by what the key is for. */
export function actionsOfUsers(keyUsage: string): readonly string[] {
  return ['kms:DescribeKey', ...(USE[keyUsage] ?? [])];
}

/** What whoever only verifies may do with a key, by what the key is for. */
export function actionsOfVerifiers(keyUsage: string): readonly string[] {
  if (keyUsage === 'GENERATE_VERIFY_MAC') return ['kms:DescribeKey', 'kms:VerifyMac'];
  return ['kms:DescribeKey', 'kms:GetPublicKey', 'kms:Verify'];
}

/** A key policy that does what is wished for: the account administers the key, others as they are named. */
export function policyFor({ account, keyUsage, administrators, users }: PolicyWish): string {
  const statement = (sid: string, principals: readonly string[], actions: readonly string[] | string) => ({
    Sid: sid,
    Effect: 'Allow',
    Principal: { AWS: principals.length === 1 ? principals[0] : principals },
    Action: actions,
    Resource: '*',
  });
  const statements = [
    statement('Enable IAM User Permissions', [`arn:aws:iam::${account}:root`], 'kms:*'),
    ...(administrators.length === 0
      ? []
      : [statement('Allow access for key administrators', administrators, ADMINISTRATION)]),
    ...(users.length === 0 ? [] : [statement('Allow use of the key', users, actionsOfUsers(keyUsage))]),
  ];
  return JSON.stringify({ Version: '2012-10-17', Statement: statements }, undefined, 2);
}

/** A policy in the layout of this console; as it is when it is no JSON. */
export function formatPolicy(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

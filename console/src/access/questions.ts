const ADMINISTRATION = ['kms:DescribeKey', 'kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:CreateGrant'];

const USE: Readonly<Record<string, readonly string[]>> = {
  ENCRYPT_DECRYPT: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'],
  SIGN_VERIFY: ['kms:Sign', 'kms:Verify', 'kms:GetPublicKey'],
  GENERATE_VERIFY_MAC: ['kms:GenerateMac', 'kms:VerifyMac'],
  KEY_AGREEMENT: ['kms:DeriveSharedSecret', 'kms:GetPublicKey'],
  ENCAPSULATE_DECAPSULATE: ['kms:Encapsulate', 'kms:Decapsulate', 'kms:GetPublicKey'],
};

/** The actions by which keys of a usage are used, and the gravest of those by which they are administered. */
export function actionsToAsk(keyUsage: string): readonly string[] {
  return [...(USE[keyUsage] ?? []), ...ADMINISTRATION];
}

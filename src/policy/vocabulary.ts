/**
 * The names that policies are written in: what may be asked of KMS, and what its requests carry (policies.md,
 * sections 6 and 7; operations.md). The engine does not need them, it matches any name; they are for telling people
 * of names that will never match.
 */

/** What can be asked of a key, and so what a key policy decides. */
export const KMS_KEY_ACTIONS: readonly string[] = actions(
  'CancelKeyDeletion CreateAlias CreateGrant Decrypt DeleteAlias DeleteImportedKeyMaterial DeriveSharedSecret',
  'DescribeKey DisableKey DisableKeyRotation EnableKey EnableKeyRotation Encrypt GenerateDataKey',
  'GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac',
  'GetKeyLastUsage GetKeyPolicy GetKeyRotationStatus GetParametersForImport GetPublicKey ImportKeyMaterial',
  'ListGrants ListKeyPolicies ListKeyRotations ListResourceTags PutKeyPolicy ReEncryptFrom ReEncryptTo',
  'ReplicateKey RetireGrant RevokeGrant RotateKeyOnDemand ScheduleKeyDeletion Sign SynchronizeMultiRegionKey',
  'TagResource UntagResource UpdateAlias UpdateKeyDescription UpdatePrimaryRegion Verify VerifyMac',
);

/** What is asked of an account: no key policy decides it, and its resource is `*`. */
export const KMS_ACCOUNT_ACTIONS: readonly string[] = actions(
  'ConnectCustomKeyStore CreateCustomKeyStore CreateKey DeleteCustomKeyStore DescribeCustomKeyStores',
  'DisconnectCustomKeyStore GenerateRandom ListAliases ListKeys ListRetirableGrants UpdateCustomKeyStore',
);

/** What a trust policy decides. */
export const TRUST_ACTIONS: readonly string[] = [
  'sts:AssumeRole',
  'sts:AssumeRoleWithSAML',
  'sts:AssumeRoleWithWebIdentity',
  'sts:SetContext',
  'sts:SetSourceIdentity',
  'sts:TagSession',
];

/** What a condition key holds. */
export type ConditionKeyType = 'String' | 'ARN' | 'Bool' | 'Numeric' | 'Date' | 'IP';

/** A condition key that requests carry. */
export interface ConditionKey {
  /** As AWS writes it; of a family, with its prefix only. */
  readonly name: string;
  readonly type: ConditionKeyType;
  readonly isMultiValued: boolean;
}

const KEYS: readonly ConditionKey[] = [
  ...keys(
    'Bool',
    'kms:',
    'BypassPolicyLockoutSafetyCheck GrantIsForAWSResource MultiRegion ReEncryptOnSameKey',
  ),
  ...keys('String', 'kms:', 'CallerAccount CustomerMasterKeySpec CustomerMasterKeyUsage DataKeyPairSpec'),
  ...keys('String', 'kms:', 'EncryptionAlgorithm EncryptionContextKeys* ExpirationModel GrantConstraintType'),
  ...keys('ARN', 'kms:', 'GrantConstraintSourceArn'),
  ...keys('String', 'kms:', 'GrantOperations* GranteePrincipal RetiringPrincipal GranteeServicePrincipal'),
  ...keys('String', 'kms:', 'RetiringServicePrincipal KeyAgreementAlgorithm KeyOrigin KeySpec KeyUsage'),
  ...keys('String', 'kms:', 'MacAlgorithm MessageType MultiRegionKeyType PrimaryRegion ReplicaRegion'),
  ...keys('String', 'kms:', 'RequestAlias ResourceAliases* SigningAlgorithm ViaService WrappingAlgorithm'),
  ...keys('String', 'kms:', 'WrappingKeySpec RecipientAttestation:ImageSha384'),
  ...keys('Numeric', 'kms:', 'RotationPeriodInDays ScheduleKeyDeletionPendingWindowInDays'),
  ...keys('Numeric', 'kms:', 'TrailingDaysWithoutKeyUsage'),
  ...keys('Date', 'kms:', 'ValidTo'),
  ...keys('Date', 'aws:', 'CurrentTime EpochTime TokenIssueTime'),
  ...keys('Bool', 'aws:', 'SecureTransport PrincipalIsAWSService ViaAWSService MultiFactorAuthPresent'),
  ...keys('Numeric', 'aws:', 'MultiFactorAuthAge'),
  ...keys('IP', 'aws:', 'SourceIp VpcSourceIp'),
  ...keys('ARN', 'aws:', 'PrincipalArn SourceArn SourceVpcArn'),
  ...keys('String', 'aws:', 'SourceVpc SourceVpce UserAgent Referer RequestedRegion PrincipalAccount'),
  ...keys('String', 'aws:', 'PrincipalType userid username PrincipalOrgID PrincipalOrgPaths*'),
  ...keys('String', 'aws:', 'PrincipalServiceName PrincipalServiceNamesList* CalledVia* CalledViaFirst'),
  ...keys('String', 'aws:', 'CalledViaLast SourceAccount SourceOrgID SourceOrgPaths* ResourceAccount'),
  ...keys('String', 'aws:', 'ResourceOrgID ResourceOrgPaths* FederatedProvider SourceIdentity TagKeys*'),
  ...keys('String', 'sts:', 'ExternalId RoleSessionName SourceIdentity TransitiveTagKeys*'),
];

/** Keys that name one thing of the request each, behind the prefix. */
const FAMILIES: readonly ConditionKey[] = [
  ...keys('String', 'kms:', 'EncryptionContext: RecipientAttestation:PCR RecipientAttestation:NitroTPMPCR'),
  ...keys('String', 'aws:', 'RequestTag/ ResourceTag/ PrincipalTag/'),
];

const BY_NAME: ReadonlyMap<string, ConditionKey> = new Map(KEYS.map((key) => [key.name.toLowerCase(), key]));

/** The condition keys and prefixes that are known, as AWS writes them. */
export const CONDITION_KEY_NAMES: readonly string[] = [...KEYS, ...FAMILIES].map(({ name }) => name);

/** Looks up a condition key, in any case; undefined when no request to KMS or STS carries it. */
export function findConditionKey(name: string): ConditionKey | undefined {
  const lower = name.toLowerCase();
  return (
    BY_NAME.get(lower) ??
    FAMILIES.find(
      (family) => lower.startsWith(family.name.toLowerCase()) && lower.length > family.name.length,
    )
  );
}

/** Whether a condition key, in lower case, tells who the caller is, so that a caller is not free to carry any value. */
export function isAboutCaller(key: string): boolean {
  return ['aws:principalaccount', 'aws:principalarn', 'kms:calleraccount'].includes(key);
}

/**
 * The name among `known` that was probably meant: the nearest one, if a few letters make the difference. Case does
 * not count.
 */
export function nearestName(typed: string, known: readonly string[]): string | undefined {
  const most = Math.min(3, Math.floor(typed.length / 4));
  let nearest: { readonly name: string; readonly distance: number } | undefined;
  for (const name of known) {
    if (Math.abs(name.length - typed.length) > most) continue;
    const distance = editDistance(typed.toLowerCase(), name.toLowerCase());
    if (distance <= most && distance < (nearest?.distance ?? Number.POSITIVE_INFINITY)) {
      nearest = { name, distance };
    }
  }
  return nearest?.name;
}

/** How many letters have to be added, removed or replaced to get from one text to the other (Levenshtein). */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let at = 1; at <= one.length; at += 1) {
    const next = [at];
    for (let to = 1; to <= other.length; to += 1) {
      const replaced = (row[to - 1] ?? 0) + (one[at - 1] === other[to - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}

function actions(...lines: readonly string[]): readonly string[] {
  return Object.freeze(lines.flatMap((line) => line.split(' ')).map((name) => `kms:${name}`));
}

/** A star behind a name says that the key is multi-valued. */
function keys(type: ConditionKeyType, prefix: string, names: string): readonly ConditionKey[] {
  return names.split(' ').map((name) => {
    const isMultiValued = name.endsWith('*');
    return Object.freeze({ name: prefix + (isMultiValued ? name.slice(0, -1) : name), type, isMultiValued });
  });
}

/*
 * How many requests a second an account may make in a Region: quotas of their own for most operations, shared ones for
 * cryptographic operations and for the services beside KMS (quotas.md; "Request quotas" of the AWS KMS Developer Guide).
 */

/** Requests per second. */
interface Rates {
  /** The default of AWS; where that depends on the Region, in the Regions without a rate of their own. */
  readonly aws: number;
  readonly awsByRegion?: Readonly<Record<string, number>>;
  /** The default here; AWS's or 1,000, whichever is more, when absent. */
  readonly generous?: number;
}

const BY_REGION: Readonly<Record<string, number>> = {
  'us-east-1': 100_000,
  'us-west-2': 100_000,
  'eu-west-1': 100_000,
  'us-east-2': 20_000,
  'ap-southeast-1': 20_000,
  'ap-southeast-2': 20_000,
  'ap-northeast-1': 20_000,
  'eu-central-1': 20_000,
  'eu-west-2': 20_000,
};

/** The rates by the name of the quota, which in AWS's console is followed by "request rate". */
const RATES = {
  'Cryptographic operations (symmetric)': { aws: 10_000, awsByRegion: BY_REGION, generous: 100_000 },
  'Cryptographic operations (RSA)': { aws: 1_000, generous: 10_000 },
  'Cryptographic operations (ML-DSA)': { aws: 1_000, generous: 10_000 },
  'Cryptographic operations (ECC and SM2)': { aws: 1_000, generous: 10_000 },
  // AWS has published none for ML-KEM.
  'Cryptographic operations (ML-KEM)': { aws: 1_000, generous: 10_000 },
  'GenerateDataKeyPair (ECC_NIST_P256)': { aws: 100 },
  'GenerateDataKeyPair (ECC_NIST_P384)': { aws: 100 },
  'GenerateDataKeyPair (ECC_NIST_P521)': { aws: 100 },
  'GenerateDataKeyPair (ECC_SECG_P256K1)': { aws: 100 },
  'GenerateDataKeyPair (ECC_NIST_EDWARDS25519)': { aws: 100 },
  'GenerateDataKeyPair (ML_KEM_512)': { aws: 100 },
  'GenerateDataKeyPair (ML_KEM_768)': { aws: 100 },
  'GenerateDataKeyPair (ML_KEM_1024)': { aws: 100 },
  // More of these than anybody's processors make.
  'GenerateDataKeyPair (RSA_2048)': { aws: 20, generous: 200 },
  'GenerateDataKeyPair (RSA_3072)': { aws: 4, generous: 40 },
  'GenerateDataKeyPair (RSA_4096)': { aws: 1, generous: 10 },
  'GenerateDataKeyPair (SM2)': { aws: 25 },
  CancelKeyDeletion: { aws: 5 },
  ConnectCustomKeyStore: { aws: 5 },
  CreateAlias: { aws: 5 },
  CreateCustomKeyStore: { aws: 5 },
  CreateGrant: { aws: 50 },
  CreateKey: { aws: 5 },
  DeleteAlias: { aws: 15 },
  DeleteCustomKeyStore: { aws: 5 },
  DeleteImportedKeyMaterial: { aws: 15 },
  DescribeCustomKeyStores: { aws: 5 },
  DescribeKey: { aws: 2_000 },
  DisableKey: { aws: 5 },
  DisableKeyRotation: { aws: 5 },
  DisconnectCustomKeyStore: { aws: 5 },
  EnableKey: { aws: 5 },
  EnableKeyRotation: { aws: 15 },
  GetKeyLastUsage: { aws: 5 },
  GetKeyPolicy: { aws: 1_000 },
  GetKeyRotationStatus: { aws: 1_000 },
  GetParametersForImport: { aws: 1 },
  GetPublicKey: { aws: 2_000 },
  ImportKeyMaterial: { aws: 15 },
  ListAliases: { aws: 500 },
  ListGrants: { aws: 100 },
  ListKeyPolicies: { aws: 100 },
  ListKeyRotations: { aws: 100 },
  ListKeys: { aws: 500 },
  ListResourceTags: { aws: 2_000 },
  ListRetirableGrants: { aws: 100 },
  PutKeyPolicy: { aws: 15 },
  ReplicateKey: { aws: 5 },
  RetireGrant: { aws: 50 },
  RevokeGrant: { aws: 50 },
  RotateKeyOnDemand: { aws: 5 },
  ScheduleKeyDeletion: { aws: 15 },
  TagResource: { aws: 10 },
  UntagResource: { aws: 5 },
  UpdateAlias: { aws: 5 },
  UpdateCustomKeyStore: { aws: 5 },
  UpdateKeyDescription: { aws: 5 },
  UpdatePrimaryRegion: { aws: 5 },
  // AWS says how often STS and LookupEvents may be called; for the others it says nothing, or has nothing like them.
  'AWS CloudTrail': { aws: 2 },
  'AWS IAM': { aws: 1_000 },
  'AWS Organizations': { aws: 1_000 },
  'AWS STS': { aws: 600 },
  QKMS: { aws: 1_000 },
} satisfies Record<string, Rates>;

/** The name of a request-rate quota. */
export type RequestQuota = keyof typeof RATES;

/** Where the rates come from that nothing else is said about. */
export const REQUEST_QUOTA_DEFAULTS = ['generous', 'aws', 'off'] as const;
export type RequestQuotaDefaults = (typeof REQUEST_QUOTA_DEFAULTS)[number];

const LEAST_GENEROUS = 1_000;

export const REQUEST_QUOTAS: readonly RequestQuota[] = Object.keys(RATES).filter(isRequestQuota);

export function isRequestQuota(name: string): name is RequestQuota {
  return Object.hasOwn(RATES, name);
}

/** The default rate of a quota in a Region, in requests per second. */
export function defaultRate(
  quota: RequestQuota,
  region: string,
  defaults: Exclude<RequestQuotaDefaults, 'off'>,
): number {
  const { aws, awsByRegion, generous = Math.max(aws, LEAST_GENEROUS) }: Rates = RATES[quota];
  return defaults === 'generous' ? generous : (awsByRegion?.[region] ?? aws);
}

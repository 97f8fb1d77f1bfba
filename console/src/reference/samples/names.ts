/** What AWS SDKs call a service, by its name here. */
export const SDK_NAMES = {
  cloudtrail: { client: 'CloudTrail', module: 'cloudtrail', java: 'CloudTrail' },
  iam: { client: 'IAM', module: 'iam', java: 'Iam' },
  kms: { client: 'KMS', module: 'kms', java: 'Kms' },
  organizations: { client: 'Organizations', module: 'organizations', java: 'Organizations' },
  sts: { client: 'STS', module: 'sts', java: 'Sts' },
} as const;

export type SdkService = keyof typeof SDK_NAMES;

/** `GenerateDataKey` as `generate_data_key`, as botocore and the AWS SDK for Rust do it. */
export function snakeCase(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** `GenerateDataKey` as `generate-data-key`. */
export function kebabCase(name: string): string {
  return snakeCase(name).replaceAll('_', '-');
}

/** `KeyId` as `keyId`, `AWSServiceName` as `awsServiceName`. */
export function camelCase(name: string): string {
  return name.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+$|^[A-Z]/, (start) => start.toLowerCase());
}

/** The names that the service models give to structures and enumerations, by the member that holds them. */
const TYPES: Readonly<Record<string, string>> = {
  Constraints: 'GrantConstraints',
  ContextEntries: 'ContextEntry',
  LookupAttributes: 'LookupAttribute',
  DryRunModifiers: 'DryRunModifierType',
  Operations: 'GrantOperation',
  PolicyArns: 'PolicyDescriptorType',
  ProvidedContexts: 'ProvidedContext',
  Recipient: 'RecipientInfo',
  Tags: 'Tag',
  XksProxyAuthenticationCredential: 'XksProxyAuthenticationCredentialType',
};

export function typeNameOf(member: string): string {
  return TYPES[member] ?? member;
}

/** The services that are served on the one endpoint. */
export type ServiceName = 'cloudtrail' | 'iam' | 'kms' | 'organizations' | 'qkms' | 'sts';

/**
 * What signatures of requests to a service are scoped to. Operations of our own, which AWS has no name for, are signed
 * like those of KMS.
 */
export function signingNameOf(service: ServiceName): string {
  return service === 'qkms' ? 'kms' : service;
}

/** What `X-Amz-Target` begins with for an operation of a service that speaks AWS JSON 1.1. */
export const TARGET_PREFIXES = {
  cloudtrail: 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101',
  kms: 'TrentService',
  organizations: 'AWSOrganizationsV20161128',
  qkms: 'QKMS',
} as const satisfies Partial<Record<ServiceName, string>>;

/** The API version by which a request names a service that speaks the AWS Query protocol. */
export const QUERY_VERSIONS = {
  iam: '2010-05-08',
  sts: '2011-06-15',
} as const satisfies Partial<Record<ServiceName, string>>;

/** A service that speaks the AWS Query protocol: a form in, XML out. */
export type QueryService = keyof typeof QUERY_VERSIONS;

export function isQueryService(service: ServiceName): service is QueryService {
  return Object.hasOwn(QUERY_VERSIONS, service);
}

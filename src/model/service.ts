/** The services that are served on the one endpoint. */
export type ServiceName = 'iam' | 'kms' | 'organizations' | 'qkms' | 'sts';

/**
 * What signatures of requests to a service are scoped to. Operations of our own, which AWS has no name for, are signed
 * like those of KMS.
 */
export function signingNameOf(service: ServiceName): string {
  return service === 'qkms' ? 'kms' : service;
}

/** The services that are served on the one endpoint. */
export type ServiceName = 'iam' | 'kms' | 'organizations' | 'sts';

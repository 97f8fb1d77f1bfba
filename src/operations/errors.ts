/** What each wire code tells a caller, for the reference. Modeled errors that some operation declares. */
export const ERROR_DESCRIPTIONS: Readonly<Record<string, string>> = {
  AlreadyExistsException: 'There is already a resource of that name.',
  CloudHsmClusterInvalidConfigurationException:
    'The CloudHSM cluster of a custom key store is not configured as required.',
  CustomKeyStoreInvalidStateException: 'The custom key store is not in a state for this operation.',
  CustomKeyStoreNotFoundException: 'There is no custom key store of that id.',
  DeleteConflict: 'Something that belongs to the resource, or refers to it, keeps it from being deleted.',
  DependencyTimeoutException: 'The service waited too long for something it needs. Retry.',
  DisabledException: 'The KMS key is disabled.',
  DryRunOperationException: 'The request would have succeeded, but it is a dry run.',
  EntityAlreadyExists: 'There is already one of that name; names that differ only in case are the same.',
  ExpiredTokenException: 'The OpenID Connect token has expired.',
  IDPCommunicationError: 'The issuer of the OpenID Connect token could not be asked for its keys. Retry.',
  IDPRejectedClaim: 'A claim of the OpenID Connect token is not accepted.',
  IncorrectKeyException: 'The KMS key is not the one that encrypted the ciphertext.',
  InvalidAliasNameException: 'The alias name is not valid.',
  InvalidArnException: 'An ARN is not valid.',
  InvalidCiphertextException:
    'The ciphertext was not made by QKMS, was altered, or was made under another encryption context.',
  InvalidGrantTokenException: 'A grant token is not valid.',
  InvalidIdentityToken:
    'The OpenID Connect token is not valid: its form, signature, issuer, audience or time.',
  InvalidInput: 'A member of the request has a value that is not valid.',
  InvalidKeyUsageException: 'The KeyUsage or the algorithm does not fit the operation or the KMS key.',
  InvalidMarkerException: 'The marker does not say where to continue this listing.',
  KeyUnavailableException: 'The KMS key is not available at present. Retry.',
  KMSInternalException: 'The service failed. Retry.',
  KMSInvalidStateException: 'The state of the KMS key does not allow the operation.',
  LimitExceeded: 'A quota was exceeded.',
  LimitExceededException: 'A quota was exceeded.',
  MalformedPolicyDocument: 'The policy document is malformed, or names a principal that does not exist.',
  MalformedPolicyDocumentException:
    'The policy document is malformed, names a principal that is not one, or would lock the caller out.',
  NoSuchEntity: 'What the request names does not exist.',
  NotFoundException: 'The key, alias or policy does not exist, or its identifier is malformed.',
  PackedPolicyTooLarge: 'The session policies and tags do not fit into a session token.',
  TagException: 'A tag is not valid, or there are too many.',
  UnsupportedOperationException:
    'A parameter is not supported, or the resource is not one for this operation.',
  XksKeyAlreadyInUseException: 'The external key is already behind another KMS key.',
  XksKeyInvalidConfigurationException: 'The external key is not configured as required.',
  XksKeyNotFoundException: 'There is no such external key.',
};

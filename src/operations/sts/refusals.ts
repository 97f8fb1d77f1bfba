import { ServiceError } from '../../errors.ts';

/* Texts: what STS answers, where it is known. */

function invalid(message: string): ServiceError {
  return new ServiceError('ValidationError', message);
}

export function longerThanRoleAllows(): ServiceError {
  return invalid('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
}

export function longerThanRoleChaining(): ServiceError {
  return invalid(
    'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
  );
}

export function longerThanRootUserMay(): ServiceError {
  return invalid('The requested DurationSeconds exceeds the 1 hour session limit of the root user.');
}

export function duplicateTagKeys(): ServiceError {
  return new ServiceError(
    'InvalidParameterValue',
    'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
  );
}

export function reservedTagKey(): ServiceError {
  return new ServiceError(
    'InvalidParameterValue',
    'Invalid tag key: keys that begin with aws: are reserved for system use.',
  );
}

export function transitiveTagConflict(): ServiceError {
  return new ServiceError(
    'InvalidParameterValue',
    "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
  );
}

export function unknownTransitiveTag(key: string): ServiceError {
  return new ServiceError(
    'InvalidParameterValue',
    `The transitive tag key ${key} must be the key of one of the session tags.`,
  );
}

/** A source identity stays for as long as roles are assumed from roles. */
export function sourceIdentityIsSet(): ServiceError {
  return new ServiceError(
    'AccessDeniedException',
    'The source identity of the calling session cannot be changed.',
  );
}

/** There are no multi-factor authentication devices. */
export function secondFactorFailed(): ServiceError {
  return new ServiceError(
    'AccessDeniedException',
    'MultiFactorAuthentication failed, unable to validate MFA code. Please verify your MFA serial number is valid and associated with this user.',
  );
}

export function providedContextsUnsupported(): ServiceError {
  return new ServiceError(
    'InvalidParameterValue',
    'ProvidedContexts needs a context provider, and there are none here; leave it out.',
  );
}

export function providerIdUnsupported(): ServiceError {
  return invalid('ProviderId is for OAuth 2.0 access tokens; leave it out for an OpenID Connect token.');
}

export function userRequired(operation: string): ServiceError {
  return new ServiceError(
    'AccessDeniedException',
    `${operation} is for users and the root user; a service may assume a role instead.`,
  );
}

export function accessKeyUnknown(accessKeyId: string): ServiceError {
  return invalid(`The access key ${accessKeyId} is not one of this deployment.`);
}

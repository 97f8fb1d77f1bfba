import { ServiceError } from '../errors.ts';
import type { PolicyDocumentError } from '../policy/index.ts';

/* Codes and statuses: the IAM and STS API references. */

/** How messages call the kinds of identities. */
const NOUNS: Readonly<Record<string, string>> = {
  user: 'user',
  group: 'group',
  role: 'role',
  policy: 'policy',
  'oidc-provider': 'OpenIDConnect Provider',
  service: 'service principal',
};

export function noSuchEntity(message: string): ServiceError {
  return new ServiceError('NoSuchEntity', message, { status: 404 });
}

/** @param name the name, or the ARN where that is what the request gave */
export function identityNotFound(kind: string, name: string): ServiceError {
  if (kind === 'policy') return noSuchEntity(`Policy ${name} does not exist or is not attachable.`);
  if (kind === 'oidc-provider') return noSuchEntity(`OpenIDConnect Provider not found for arn ${name}`);
  return noSuchEntity(`The ${NOUNS[kind] ?? kind} with name ${name} cannot be found.`);
}

export function inlinePolicyNotFound(kind: string, policyName: string): ServiceError {
  return noSuchEntity(`The ${kind} policy with name ${policyName} cannot be found.`);
}

export function policyVersionNotFound(arn: string, versionId: string): ServiceError {
  return noSuchEntity(`Policy ${arn} version ${versionId} does not exist or is not attachable.`);
}

export function policyNotAttached(arn: string): ServiceError {
  return noSuchEntity(`Policy ${arn} was not found.`);
}

export function accessKeyNotFound(accessKeyId: string): ServiceError {
  return noSuchEntity(`The Access Key with id ${accessKeyId} cannot be found.`);
}

export function boundaryNotFound(kind: string, name: string): ServiceError {
  return noSuchEntity(`The ${kind} ${name} does not have a permissions boundary.`);
}

export function entityAlreadyExists(message: string): ServiceError {
  return new ServiceError('EntityAlreadyExists', message, { status: 409 });
}

export function identityAlreadyExists(kind: string, name: string): ServiceError {
  if (kind === 'policy')
    return entityAlreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`);
  if (kind === 'oidc-provider') return entityAlreadyExists(`Provider with url ${name} already exists.`);
  const noun = NOUNS[kind] ?? kind;
  return entityAlreadyExists(
    `${noun.charAt(0).toUpperCase()}${noun.slice(1)} with name ${name} already exists.`,
  );
}

export function deleteConflict(message: string): ServiceError {
  return new ServiceError('DeleteConflict', message, { status: 409 });
}

export function limitExceeded(message: string): ServiceError {
  return new ServiceError('LimitExceeded', message, { status: 409 });
}

/** @param cause holds all faults and where they are */
export function malformedPolicyDocument(cause: PolicyDocumentError): ServiceError {
  return new ServiceError('MalformedPolicyDocument', cause.message, { status: 400, cause });
}

export function invalidInput(message: string): ServiceError {
  return new ServiceError('InvalidInput', message, { status: 400 });
}

export function duplicateIdentityTags(): ServiceError {
  return invalidInput('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
}

export function invalidProviderUrl(url: string): ServiceError {
  return invalidInput(
    `Invalid Open ID Connect Provider URL: ${url}. It must be https:// (or, in a network that can be trusted, http://), a host and perhaps a path, without query, fragment and user.`,
  );
}

export function tooManyThumbprints(quota: number): ServiceError {
  return invalidInput(`Thumbprint list must contain at most ${quota} entries.`);
}

/** The caller is meant, but it is neither a user nor the root user. */
export function userNameMissing(): ServiceError {
  return new ServiceError('ValidationError', 'Must specify userName when calling with non-User credentials');
}

export function providerNotFound(issuer: string): ServiceError {
  return new ServiceError(
    'InvalidIdentityToken',
    `No OpenIDConnect provider found in your account for ${issuer}`,
  );
}

/** All session policies of a request together, as they are given. */
export function sessionPolicyTooLarge(limit: number): ServiceError {
  return new ServiceError(
    'PackedPolicyTooLarge',
    `The session policies are longer than ${limit} characters; shorten them.`,
  );
}

/** @param percent of the room that there is */
export function packedPolicyTooLarge(percent: number): ServiceError {
  return new ServiceError(
    'PackedPolicyTooLarge',
    `Serialized token too large for session: the policies and tags take ${percent} % of the room; shorten them.`,
  );
}

/** A service names a principal on whose behalf it may not make requests, or who does not exist. */
export function mayNotActFor(serviceName: string, arn: string): ServiceError {
  return new ServiceError(
    'AccessDeniedException',
    `The service ${serviceName} may not make requests on behalf of ${arn}.`,
  );
}

/** An access key that does not exist or is not active, or a session token that goes with none. */
export function unrecognizedClient(): ServiceError {
  return new ServiceError(
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
  );
}

export function expiredToken(): ServiceError {
  return new ServiceError('ExpiredTokenException', 'The security token included in the request is expired');
}

/** Keys that AWS keeps for itself. */
export function reservedTagKey(): ServiceError {
  return invalidInput('Invalid tag key: keys that begin with aws: are reserved for system use.');
}

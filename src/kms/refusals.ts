import { ServiceError } from '../errors.ts';
import type { PolicyDocumentError } from '../policy/index.ts';

/* Texts: specification errors.md sections 4 and 5, operations.md section 2. */

export function keyNotFound(keyArn: string): ServiceError {
  return new ServiceError('NotFoundException', `Key '${keyArn}' does not exist`);
}

export function invalidKeyId(keyId: string): ServiceError {
  return new ServiceError('NotFoundException', `Invalid keyId '${keyId}'`);
}

/** The key id inside an otherwise well-formed ARN is malformed; AWS leaves the quotes out here. */
export function invalidKeyIdInArn(keyId: string): ServiceError {
  return new ServiceError('NotFoundException', `Invalid keyId ${keyId}`);
}

/** The ARN names another Region than the one that was called. */
export function foreignRegion(region: string): ServiceError {
  return new ServiceError('NotFoundException', `Invalid arn ${region}`);
}

export function malformedArn(arn: string): ServiceError {
  return new ServiceError('InvalidArnException', `Invalid arn ${arn}`);
}

/** As `malformedArn`, for the operations that do not know `InvalidArnException`. */
export function malformedArnNotFound(arn: string): ServiceError {
  return new ServiceError('NotFoundException', `Invalid arn ${arn}`);
}

export function aliasNotFound(aliasArn: string): ServiceError {
  return new ServiceError('NotFoundException', `Alias ${aliasArn} is not found.`);
}

export function aliasExists(aliasArn: string): ServiceError {
  return new ServiceError('AlreadyExistsException', `An alias with the name ${aliasArn} already exists`);
}

export function aliasPrefixMissing(): ServiceError {
  return new ServiceError(
    'ValidationException',
    'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
  );
}

export function aliasReserved(): ServiceError {
  return new ServiceError(
    'InvalidAliasNameException',
    'The alias name for a customer managed CMK cannot begin with alias/aws/.',
  );
}

export function aliasCharacters(aliasName: string): ServiceError {
  return new ServiceError(
    'InvalidAliasNameException',
    `${aliasName} contains invalid characters for an alias: use letters, digits, "/", "_" and "-".`,
  );
}

export function aliasTargetMismatch(): ServiceError {
  return new ServiceError(
    'ValidationException',
    'The present and the new key of an alias must be of the same type (symmetric, asymmetric or HMAC) and have the same KeyUsage.',
  );
}

export function tooManyKeys(region: string, quota: number): ServiceError {
  return new ServiceError(
    'LimitExceededException',
    `The account already has ${quota} KMS keys in ${region}, the most it can have.`,
  );
}

export function tooManyAliases(keyArn: string, quota: number): ServiceError {
  return new ServiceError(
    'LimitExceededException',
    `${keyArn} already has ${quota} aliases, the most a key can have.`,
  );
}

export function grantNotFound(grantId: string): ServiceError {
  return new ServiceError('NotFoundException', `Grant ID ${grantId} not found`);
}

/** What was sent as a grant token is none of this deployment. */
export function invalidGrantToken(): ServiceError {
  return new ServiceError('InvalidGrantTokenException');
}

export function tooManyGrants(quota: number): ServiceError {
  return new ServiceError(
    'LimitExceededException',
    `The key already has ${quota} grants, the most a key can have.`,
  );
}

export function oneGrantConstraintExpected(): ServiceError {
  return new ServiceError(
    'ValidationException',
    'Specify either EncryptionContextEquals or EncryptionContextSubset, not both.',
  );
}

/** Only symmetric encryption keys have an encryption context (grants.md section 3). */
export function grantConstraintUnsupported(keyArn: string): ServiceError {
  return new ServiceError(
    'ValidationException',
    `Encryption context constraints are not supported by grants of ${keyArn}, which is not a symmetric encryption key.`,
  );
}

export function tooManyConstraintPairs(most: number): ServiceError {
  return new ServiceError('ValidationException', `A grant constraint has at most ${most} pairs.`);
}

export function constraintValueTooLong(most: number): ServiceError {
  return new ServiceError(
    'ValidationException',
    `A value of a grant constraint has at most ${most} characters.`,
  );
}

export function grantOperationUnsupported(name: string, keyArn: string): ServiceError {
  return new ServiceError(
    'ValidationException',
    `Operation ${name} is not supported by grants of ${keyArn}.`,
  );
}

export function keyDisabled(keyArn: string): ServiceError {
  return new ServiceError('DisabledException', `${keyArn} is disabled.`);
}

/** A state that an operation does not work in, e.g. `… is pending deletion.` */
export function invalidState(keyArn: string, condition: string): ServiceError {
  return new ServiceError('KMSInvalidStateException', `${keyArn} is ${condition}.`);
}

export function invalidKeyUsage(keyArn: string, keyUsage: string, operation: string): ServiceError {
  return new ServiceError(
    'InvalidKeyUsageException',
    `${keyArn} key usage is ${keyUsage} which is not valid for ${operation}.`,
  );
}

export function algorithmIncompatible(algorithm: string, keySpec: string): ServiceError {
  return new ServiceError(
    'InvalidKeyUsageException',
    `Algorithm ${algorithm} is incompatible with key spec ${keySpec}.`,
  );
}

export function plaintextTooLong(algorithm: string, keySpec: string, most: number): ServiceError {
  return new ServiceError(
    'ValidationException',
    `Algorithm ${algorithm} and key spec ${keySpec} cannot encrypt data larger than ${most} bytes.`,
  );
}

export function incorrectKey(): ServiceError {
  return new ServiceError(
    'IncorrectKeyException',
    'The key ID in the request does not identify a CMK that can perform this operation.',
  );
}

export function invalidCiphertext(): ServiceError {
  return new ServiceError('InvalidCiphertextException');
}

/** An operation for keys whose material comes from elsewhere. */
export function invalidOrigin(keyArn: string, origin: string): ServiceError {
  return new ServiceError(
    'UnsupportedOperationException',
    `${keyArn} origin is ${origin} which is not valid for this operation.`,
  );
}

/** Only the material of symmetric encryption keys is rotated. */
export function rotationUnsupported(): ServiceError {
  return new ServiceError('UnsupportedOperationException');
}

export function notMultiRegionKey(keyArn: string): ServiceError {
  return new ServiceError('UnsupportedOperationException', `${keyArn} is not a multi-region key.`);
}

export function notPrimaryKey(keyArn: string): ServiceError {
  return new ServiceError('UnsupportedOperationException', `${keyArn} is not a multi-region primary key.`);
}

export function tooManyRotations(keyArn: string): ServiceError {
  return new ServiceError(
    'LimitExceededException',
    `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${keyArn}`,
  );
}

export function automaticRotationNear(): ServiceError {
  return new ServiceError(
    'ConflictException',
    'An automatic rotation of this key is currently in progress or scheduled to begin within the next 20 minutes.',
  );
}

export function noMaterialPendingRotation(keyArn: string): ServiceError {
  return new ServiceError(
    'KMSInvalidStateException',
    `No available key material pending rotation for the key: ${keyArn}.`,
  );
}

export function replicaInPrimaryRegion(region: string): ServiceError {
  return new ServiceError(
    'UnsupportedOperationException',
    `${region} cannot have a replica because it contains the primary.`,
  );
}

export function replicaInOtherPartition(): ServiceError {
  return new ServiceError(
    'UnsupportedOperationException',
    'The replica key Region must be in the same AWS partition as the primary key Region.',
  );
}

export function replicaExists(keyArn: string): ServiceError {
  return new ServiceError('AlreadyExistsException', `The replica key ${keyArn} already exists.`);
}

export function primaryRegionUnchanged(region: string): ServiceError {
  return new ServiceError('UnsupportedOperationException', `${region} already contains the primary.`);
}

export function policyTooLarge(bytes: number, quota: number): ServiceError {
  return new ServiceError(
    'LimitExceededException',
    `The key policy is ${bytes} bytes long; a key policy can have at most ${quota} bytes.`,
  );
}

/** @param cause holds all faults and where they are */
export function malformedPolicy(message: string, cause?: PolicyDocumentError): ServiceError {
  return new ServiceError('MalformedPolicyDocumentException', message, { cause });
}

export function policyLockout(): ServiceError {
  return malformedPolicy('The new key policy will not allow you to update the key policy in the future.');
}

export function duplicateTagKeys(): ServiceError {
  return new ServiceError('TagException', 'Duplicate tag keys');
}

export function tooManyTags(): ServiceError {
  return new ServiceError('TagException', 'Too many tags');
}

export function reservedTagKey(): ServiceError {
  return new ServiceError('TagException', 'Tags beginning with aws: are reserved');
}

export function invalidMarker(): ServiceError {
  return new ServiceError('InvalidMarkerException');
}

import { ServiceError } from '../errors.ts';

/* Texts: specification errors.md section 5, where it has one. */

/** What was sent as an import token is none of this deployment for this key. */
export function invalidImportToken(keyArn: string): ServiceError {
  return new ServiceError(
    'InvalidImportTokenException',
    `The import token is not one that GetParametersForImport returned for ${keyArn}.`,
  );
}

export function expiredImportToken(): ServiceError {
  return new ServiceError('ExpiredImportTokenException', 'The import token has expired.');
}

/** What was unwrapped is no key material for the key. */
export function malformedKeyMaterial(keySpec: string, expected: string): ServiceError {
  return new ServiceError(
    'IncorrectKeyMaterialException',
    `The key material of a KMS key with KeySpec ${keySpec} must be ${expected}.`,
  );
}

export function keyMaterialKnown(keyArn: string, keyMaterialId: string): ServiceError {
  return new ServiceError(
    'IncorrectKeyMaterialException',
    `The key material (id: ${keyMaterialId}) is already associated with KMS key ${keyArn}.`,
  );
}

export function keyMaterialUnknown(keyArn: string, keyMaterialId: string): ServiceError {
  return new ServiceError(
    'IncorrectKeyMaterialException',
    `The key material (id: ${keyMaterialId}) is not the one that was imported into KMS key ${keyArn} before.`,
  );
}

/** The caller said which material it would be. */
export function otherKeyMaterial(keyMaterialId: string, expectedId: string): ServiceError {
  return new ServiceError(
    'IncorrectKeyMaterialException',
    `The id of the key material is ${keyMaterialId}, not ${expectedId}.`,
  );
}

export function keyMaterialNotFound(keyArn: string, keyMaterialId: string): ServiceError {
  return new ServiceError(
    'NotFoundException',
    `Key material (id: ${keyMaterialId}) is not associated with KMS key ${keyArn}.`,
  );
}

export function otherMaterialPending(
  keyArn: string,
  keyMaterialId: string,
  pendingKeyMaterialId: string,
): ServiceError {
  return new ServiceError(
    'KMSInvalidStateException',
    `New key material (id: ${keyMaterialId}) cannot be imported into KMS key ${keyArn}, because another key material (id: ${pendingKeyMaterialId}) is pending rotation.`,
  );
}

export function newMaterialWithId(): ServiceError {
  return new ServiceError(
    'ValidationException',
    'KeyMaterialId cannot be specified when ImportType is NEW_KEY_MATERIAL.',
  );
}

export function symmetricOnly(member: string): ServiceError {
  return new ServiceError(
    'ValidationException',
    `${member} is valid only for symmetric encryption KMS keys.`,
  );
}

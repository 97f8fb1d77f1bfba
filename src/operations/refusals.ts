import { ServiceError } from '../errors.ts';
import type { ServiceName } from '../model/index.ts';

/* Texts: specification errors.md section 4, where it has one. */

function invalid(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}

function unsupported(message: string): ServiceError {
  return new ServiceError('UnsupportedOperationException', message);
}

export function bothSpecsGiven(): ServiceError {
  return invalid(
    'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
  );
}

export function keyUsageMissing(): ServiceError {
  return invalid('You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.');
}

export function keyUsageIncompatible(keyUsage: string, keySpec: string): ServiceError {
  return invalid(`KeyUsage ${keyUsage} is not compatible with KeySpec ${keySpec}`);
}

/** SM2 exists in the China Regions only. */
export function keySpecOfOtherRegions(keySpec: string): ServiceError {
  return invalid(`KeySpec ${keySpec} is not supported in this Region`);
}

/** As `keySpecOfOtherRegions`, of a data key pair: ML-KEM is not there in the China Regions. */
export function keyPairSpecOfOtherRegions(keyPairSpec: string): ServiceError {
  return invalid(`KeyPairSpec ${keyPairSpec} is not supported in this Region`);
}

export function keySpecNotImported(keySpec: string): ServiceError {
  return unsupported(`Key material cannot be imported into a KMS key with KeySpec ${keySpec}.`);
}

/** A key of these origins lives in a custom key store. */
export function customKeyStoreMissing(origin: string): ServiceError {
  return invalid(
    `You must specify the CustomKeyStoreId of the custom key store for a KMS key with Origin ${origin}.`,
  );
}

export function invalidMac(): ServiceError {
  return new ServiceError('KMSInvalidMacException');
}

/** The public key of a peer is none, or is not on the curve of the key. */
export function peerKeyInvalid(): ServiceError {
  return new ServiceError('ValidationException');
}

export function invalidSignature(): ServiceError {
  return new ServiceError('KMSInvalidSignatureException');
}

export function messageTypeUnsupported(messageType: string, algorithm: string): ServiceError {
  return invalid(`MessageType ${messageType} is not supported by the signing algorithm ${algorithm}.`);
}

export function digestLengthInvalid(algorithm: string): ServiceError {
  return invalid(`Digest is invalid length for algorithm ${algorithm}.`);
}

export function wrappingKeySpecOfOtherRegions(wrappingKeySpec: string): ServiceError {
  return unsupported(`WrappingKeySpec ${wrappingKeySpec} is not supported in this Region`);
}

export function wrappingUnsupported(
  algorithm: string,
  wrappingKeySpec: string,
  keySpec: string,
): ServiceError {
  return unsupported(
    `Key material of KeySpec ${keySpec} cannot be wrapped with WrappingAlgorithm ${algorithm} and WrappingKeySpec ${wrappingKeySpec}.`,
  );
}

export function validToMissing(): ServiceError {
  return invalid('A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES');
}

export function validToUnexpected(): ServiceError {
  return invalid('A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE');
}

export function validToInvalid(validTo: Date): ServiceError {
  return invalid(
    `ValidTo is ${validTo.toISOString()}; it must be in the future, and at most 365 days from now.`,
  );
}

/** Only asymmetric keys have a public key. */
export function publicKeyMissing(): ServiceError {
  return new ServiceError('UnsupportedOperationException');
}

export function xksKeyIdUnexpected(): ServiceError {
  return invalid('XksKeyId is valid only for KMS keys whose Origin is EXTERNAL_KEY_STORE');
}

export function customKeyStoreNotFound(): ServiceError {
  return new ServiceError('CustomKeyStoreNotFoundException');
}

export function keyStoreMemberMissing(member: string, type: string): ServiceError {
  return invalid(`You must specify ${member} for a custom key store of type ${type}.`);
}

export function oneKeyStoreNameExpected(): ServiceError {
  return invalid('Specify either CustomKeyStoreId or CustomKeyStoreName, not both.');
}

/** There are no CloudHSM clusters where QKMS runs. */
export function cloudHsmClusterNotFound(clusterId: string): ServiceError {
  return new ServiceError(
    'CloudHsmClusterNotFoundException',
    `The CloudHSM cluster ${clusterId} does not exist: QKMS connects to no CloudHSM clusters.`,
  );
}

export function externalKeyStoresUnsupported(): ServiceError {
  return unsupported('External key stores are not supported by this version of QKMS.');
}

export function policyNameUnknown(): ServiceError {
  return new ServiceError('NotFoundException', 'No such policy exists');
}

export function onePolicyExpected(): ServiceError {
  return invalid('Specify either Policy or Version.');
}

export function policyNameUnsupported(policyName: string): ServiceError {
  return unsupported(`The policy name ${policyName} is not supported: the only valid name is default.`);
}

export function deletionWindowInvalid(days: number): ServiceError {
  return invalid(`PendingWindowInDays is ${days}; it must be between 7 and 30.`);
}

export function numberOfBytesMissing(): ServiceError {
  return invalid('NumberOfBytes is required.');
}

export function dataKeyUnderAsymmetricKey(): ServiceError {
  return new ServiceError(
    'InvalidKeyUsageException',
    'You cannot generate a data key with an asymmetric CMK',
  );
}

export function dataKeySizeMissing(): ServiceError {
  return invalid('Please specify either number of bytes or key spec.');
}

export function ciphertextMissing(): ServiceError {
  return invalid(
    "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
  );
}

export function ignoreCiphertextNeedsDryRun(): ServiceError {
  return invalid('DryRunModifiers IGNORE_CIPHERTEXT is valid only with DryRun and without a CiphertextBlob.');
}

/** Only symmetric keys authenticate an encryption context. */
export function contextUnsupported(): ServiceError {
  return invalid('EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.');
}

export function keyMissing(member: string): ServiceError {
  return invalid(`${member} is required when there is no CiphertextBlob.`);
}

export function limitTooLarge(limit: number, maximum: number): ServiceError {
  return invalid(
    `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value less than or equal to ${maximum}`,
  );
}

/** As InvalidMarkerException, for the other services. */
export function invalidPageMarker(service: ServiceName): ServiceError {
  return service === 'organizations'
    ? new ServiceError('InvalidInputException', 'Invalid NextToken: it is not one that this listing gave.')
    : new ServiceError('ValidationError', 'Invalid Marker: it is not one that this listing gave.');
}

export function oneGranteeExpected(): ServiceError {
  return invalid('Specify either GranteePrincipal or GranteeServicePrincipal.');
}

export function oneRetiringPrincipalExpected(): ServiceError {
  return invalid('Specify either RetiringPrincipal or RetiringServicePrincipal, not both.');
}

export function retiringPrincipalMissing(): ServiceError {
  return invalid('Specify either RetiringPrincipal or RetiringServicePrincipal.');
}

export function foreignRetiringPrincipal(): ServiceError {
  return invalid('The retiring principal must be a principal of your account, or the service that asks.');
}

export function grantOperationsMissing(): ServiceError {
  return invalid('Operations must name at least one operation.');
}

export function serviceGrantIncomplete(): ServiceError {
  return invalid(
    'A grant with GranteeServicePrincipal needs a SourceArn in Constraints, and a RetiringPrincipal or RetiringServicePrincipal.',
  );
}

export function grantNotNamed(): ServiceError {
  return invalid('Specify either GrantToken, or KeyId and GrantId.');
}

export function invalidPrincipalArn(arn: string): ServiceError {
  return new ServiceError('InvalidArnException', `ARN does not refer to a valid principal: ${arn}`);
}

export function invalidGrantId(grantId: string): ServiceError {
  return new ServiceError('InvalidGrantIdException', `Invalid grant ID: ${grantId}`);
}

export function policyVersionUnknown(version: number): ServiceError {
  return new ServiceError(
    'NotFoundException',
    `Policy version ${version} of the key does not exist, or is not remembered any more.`,
  );
}

export function notAnActionOnAKey(action: string): ServiceError {
  return invalid(`${action} is not an action on a KMS key; give one such as kms:Decrypt`);
}

export function invalidConditionKey(key: string): ServiceError {
  return invalid(`${key} is not a condition key; give one such as kms:EncryptionContext:department`);
}

export function repeatedConditionKey(key: string): ServiceError {
  return invalid(`The condition key ${key} is given twice; condition keys ignore case`);
}

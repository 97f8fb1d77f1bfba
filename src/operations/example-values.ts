/* Values that stand for real ones in the examples of the reference. */

export const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
export const KEY_ARN = `arn:aws:kms:us-east-1:111122223333:key/${KEY_ID}`;
export const OTHER_KEY_ID = '0987dcba-09fe-87dc-65ba-ab0987654321';
export const OTHER_KEY_ARN = `arn:aws:kms:us-east-1:111122223333:key/${OTHER_KEY_ID}`;
export const MULTI_REGION_KEY_ID = 'mrk-1234abcd12ab34cd56ef1234567890ab';
export const MULTI_REGION_KEY_ARN = `arn:aws:kms:us-east-1:111122223333:key/${MULTI_REGION_KEY_ID}`;
export const KEY_MATERIAL_ID = '0b7fd7ddbac6eef27907413567cad8c810e2883dc8a7534067a82ee1142fc1e6';
export const CREATION_DATE = 1791100800.123;
/** Stands for a ciphertext blob, base64. */
export const CIPHERTEXT = 'AQAbmg…';
/** Stands for a MAC, base64. */
export const MAC = 'y6J4q…';
/** Stands for a DER PrivateKeyInfo, base64. */
export const PRIVATE_KEY = 'MIGHAgEAMBMGByqGSM…';
/** A shared secret, base64. */
export const SHARED_SECRET = 'MCAKZ+y9kTNVpDVdT3v4lCw3UCDUTjz1YH7ZKYnTQiI=';
/** Stands for the ciphertext of a shared secret, base64. */
export const ENCAPSULATED_SECRET = 'c8kN0…';
/** Stands for a DER signature of ECDSA, base64. */
export const SIGNATURE = 'MEUCIQDh…';
/** Stands for a DER SubjectPublicKeyInfo, base64. */
export const PUBLIC_KEY = 'MFkwEwYHKoZIzj0CAQ…';
/** Stands for an import token, base64. */
export const IMPORT_TOKEN = 'AVd1kR…';
/** Stands for an RSA public key as DER SubjectPublicKeyInfo, base64. */
export const WRAPPING_KEY = 'MIICIjANBgkqhkiG9w0BAQ…';

export const KEY_METADATA = {
  AWSAccountId: '111122223333',
  KeyId: KEY_ID,
  Arn: KEY_ARN,
  CreationDate: CREATION_DATE,
  Enabled: true,
  Description: 'orders database',
  KeyUsage: 'ENCRYPT_DECRYPT',
  KeyState: 'Enabled',
  Origin: 'AWS_KMS',
  KeyManager: 'CUSTOMER',
  CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
  KeySpec: 'SYMMETRIC_DEFAULT',
  EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
  MultiRegion: false,
  CurrentKeyMaterialId: KEY_MATERIAL_ID,
};

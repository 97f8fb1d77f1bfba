import assert from 'node:assert/strict';
import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import type { ImportKeyMaterialCommandInput, KMS } from '@aws-sdk/client-kms';
import { createKey, type NewKey } from './keys.ts';

/** How key material is wrapped on its way to QKMS. */
export interface Wrapping {
  readonly WrappingAlgorithm:
    | 'RSAES_OAEP_SHA_1'
    | 'RSAES_OAEP_SHA_256'
    | 'RSA_AES_KEY_WRAP_SHA_1'
    | 'RSA_AES_KEY_WRAP_SHA_256';
  readonly WrappingKeySpec: 'RSA_2048' | 'RSA_3072' | 'RSA_4096';
}

export const OAEP: Wrapping = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' };
export const AES_KEY_WRAP: Wrapping = {
  WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256',
  WrappingKeySpec: 'RSA_2048',
};

export const NEVER_EXPIRES = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const;

/** What GetParametersForImport has answered. */
export interface Parameters extends Wrapping {
  readonly ImportToken: Uint8Array;
  readonly PublicKey: Uint8Array;
}

export async function getParameters(kms: KMS, KeyId: string, wrapping = OAEP): Promise<Parameters> {
  const { ImportToken, PublicKey } = await kms.getParametersForImport({ KeyId, ...wrapping });
  assert.ok(ImportToken !== undefined && PublicKey !== undefined);
  return { ...wrapping, ImportToken, PublicKey };
}

/** Wraps key material as the AWS documentation tells clients to. */
export function wrapMaterial({ WrappingAlgorithm, PublicKey }: Parameters, material: Uint8Array): Buffer {
  const oaep = (plaintext: Uint8Array) =>
    publicEncrypt(
      {
        key: createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' }),
        padding: constants.RSA_PKCS1_OAEP_PADDING,
        oaepHash: WrappingAlgorithm.endsWith('SHA_256') ? 'sha256' : 'sha1',
      },
      plaintext,
    );
  if (WrappingAlgorithm.startsWith('RSAES')) return oaep(material);
  const aesKey = randomBytes(32);
  const cipher = createCipheriv('id-aes256-wrap-pad', aesKey, Buffer.from('A65959A6', 'hex'));
  return Buffer.concat([oaep(aesKey), cipher.update(material), cipher.final()]);
}

type ImportFacts = Partial<ImportKeyMaterialCommandInput>;

/** Imports key material with parameters of its own, so that it never expires unless something else is asked for. */
export async function importMaterial(
  kms: KMS,
  KeyId: string,
  material: Uint8Array,
  facts: ImportFacts = {},
  wrapping = OAEP,
): Promise<string> {
  const parameters = await getParameters(kms, KeyId, wrapping);
  return importWith(kms, KeyId, parameters, material, facts);
}

/** Imports key material with parameters that are there already. */
export async function importWith(
  kms: KMS,
  KeyId: string,
  parameters: Parameters,
  material: Uint8Array,
  facts: ImportFacts = {},
): Promise<string> {
  const EncryptedKeyMaterial = wrapMaterial(parameters, material);
  const { ImportToken } = parameters;
  const expiration = facts.ValidTo === undefined ? NEVER_EXPIRES : {};
  const { KeyMaterialId } = await kms.importKeyMaterial({
    KeyId,
    ImportToken,
    EncryptedKeyMaterial,
    ...expiration,
    ...facts,
  });
  assert.ok(KeyMaterialId !== undefined);
  return KeyMaterialId;
}

/** A symmetric encryption key with imported key material. */
export async function createImportedKey(
  kms: KMS,
  facts: ImportFacts = {},
): Promise<NewKey & { readonly material: Buffer; readonly materialId: string }> {
  const key = await createKey(kms, { Origin: 'EXTERNAL' });
  const material = randomBytes(32);
  return { ...key, material, materialId: await importMaterial(kms, key.keyId, material, facts) };
}

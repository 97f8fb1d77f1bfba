import { DAY } from '../clock.ts';
import {
  generatePair,
  loadPair,
  unwrapKeyMaterial,
  WRAPPING_ALGORITHMS,
  WRAPPING_KEY_SPECS,
  type Wrapping,
} from '../crypto/index.ts';
import { expiredImportToken, invalidImportToken } from './import-refusals.ts';
import type { KeyEntry } from './key-entry.ts';
import type { Kms } from './kms.ts';
import { invalidCiphertext } from './refusals.ts';

/** How long a wrapping key and its import token are valid (crypto.md section 9), in milliseconds. */
const LIFETIME = DAY;

/**
 * What an import token holds, encrypted, for one KMS key: a line of text (when it expires, in milliseconds since the Unix
 * epoch; the wrapping algorithm; the wrapping key spec; separated by spaces) and the private wrapping key. Nothing is
 * stored: any process can open it.
 */
const END_OF_LINE = '\n';

/** With what key material is to be wrapped, and how long that is accepted. */
export interface ImportParameters {
  /** The wrapping key: DER SubjectPublicKeyInfo. */
  readonly publicKey: Buffer;
  readonly importToken: Buffer;
  /** Milliseconds since the Unix epoch. */
  readonly validTo: number;
}

/**
 * Makes a wrapping key and an import token for the key material of a KMS key.
 *
 * @param wrapping of which `canWrap` says that there is a way for the spec of the KMS key
 */
export async function createImportParameters(
  { keyring, clock }: Kms,
  key: KeyEntry,
  { algorithm, keySpec }: Wrapping,
): Promise<ImportParameters> {
  const wrappingKey = await generatePair(keySpec);
  const validTo = clock.now() + LIFETIME;
  const line = Buffer.from(`${validTo} ${algorithm} ${keySpec}${END_OF_LINE}`);
  const privateKey = wrappingKey.exportPrivateKey();
  const plaintext = Buffer.concat([line, privateKey]);
  try {
    const importToken = keyring.sealImportToken(identityOf(key), plaintext);
    return { publicKey: wrappingKey.subjectPublicKeyInfo, importToken, validTo };
  } finally {
    for (const secret of [privateKey, plaintext]) secret.fill(0);
  }
}

/**
 * Decrypts key material that was wrapped under the wrapping key of an import token.
 *
 * @returns the key material, the caller's to wipe
 * @throws ServiceError `InvalidImportTokenException` for a token that is not of this KMS key, or was altered;
 * `ExpiredImportTokenException`; `InvalidCiphertextException` when the material does not decrypt, whatever the reason
 */
export async function unwrapImported(
  { keyring, clock }: Kms,
  key: KeyEntry,
  importToken: Uint8Array,
  wrapped: Buffer,
): Promise<Buffer> {
  const plaintext = keyring.openImportToken(identityOf(key), importToken);
  if (plaintext === undefined) throw invalidImportToken(key.arn);
  try {
    const end = plaintext.indexOf(END_OF_LINE);
    const [validTo, algorithmName, keySpecName] = plaintext.toString('latin1', 0, end).split(' ');
    const algorithm = WRAPPING_ALGORITHMS.find((name) => name === algorithmName);
    const keySpec = WRAPPING_KEY_SPECS.find((name) => name === keySpecName);
    if (algorithm === undefined || keySpec === undefined) throw invalidImportToken(key.arn);
    if (Number(validTo) <= clock.now()) throw expiredImportToken();
    const wrappingKey = loadPair(keySpec, plaintext.subarray(end + END_OF_LINE.length));
    const material = await unwrapKeyMaterial(wrappingKey, algorithm, wrapped);
    if (material === undefined) throw invalidCiphertext();
    return material;
  } finally {
    plaintext.fill(0);
  }
}

function identityOf({ record: { accountId, region, keyId } }: KeyEntry): readonly string[] {
  return [accountId, region, keyId];
}

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { OperatorError } from '../errors.ts';
import { noTrustedRoots, recipientIncomplete } from './refusals.ts';

/** Who alone may read the answer to a request: the holder of the key in an attestation document that was verified. */
export interface Recipient {
  /** Condition keys of the document, in lower case. */
  readonly conditions: ReadonlyMap<string, string>;
  /** DER of a CMS ContentInfo with EnvelopedData (RFC 5652) that the holder can decrypt. */
  readonly encrypt: (plaintext: Uint8Array) => Buffer;
}

/** The Recipient member of a request. */
interface RecipientMember {
  readonly KeyEncryptionAlgorithm?: string | undefined;
  readonly AttestationDocument?: Uint8Array | undefined;
}

/** Verifies the Recipient of a request at a time, in milliseconds since the Unix epoch. */
export type ReadRecipient = (member: RecipientMember, time: number) => Promise<Recipient>;

/**
 * Makes what verifies recipients. What it takes to read their documents is loaded when the first one comes: most
 * processes never see one.
 *
 * @param roots DER of the root certificates that are trusted; without any, every recipient is refused
 */
export function recipientReader(roots: readonly Uint8Array[]): ReadRecipient {
  return async ({ KeyEncryptionAlgorithm, AttestationDocument }, time) => {
    if (AttestationDocument === undefined) throw recipientIncomplete('an AttestationDocument');
    if (KeyEncryptionAlgorithm === undefined) throw recipientIncomplete('a KeyEncryptionAlgorithm');
    if (roots.length === 0) throw noTrustedRoots();
    const { verifyAttestation } = await import('./verify.ts');
    return verifyAttestation(AttestationDocument, roots, time);
  };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Reads the root certificates of a PEM file.
 *
 * @returns DER of each
 * @throws OperatorError when it cannot be read, or holds none
 */
export function readAttestationRoots(file: string): readonly Uint8Array[] {
  try {
    const certificates = readFileSync(file, 'utf8').match(CERTIFICATE) ?? [];
    if (certificates.length === 0) throw new Error('it holds no certificate');
    return certificates.map((pem) => new X509Certificate(pem).raw);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(
      `cannot read the attestation roots ${file} (${reason}); give a PEM file of root certificates`,
      { cause: error },
    );
  }
}

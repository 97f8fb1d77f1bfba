import { decode, encode } from 'cborg';
import { invalidAttestation } from './refusals.ts';

/** A signed message (COSE_Sign1, RFC 9052 section 4.2). Nothing of it is authentic before its signature was verified. */
export interface SignedMessage {
  readonly payload: Uint8Array;
  /** What the signature is over: the encoded Sig_structure (RFC 9052 section 4.4). */
  readonly signed: Uint8Array;
  /** r and s, one after the other. */
  readonly signature: Uint8Array;
}

/** What an attestation document of AWS Nitro Enclaves or NitroTPM says. */
export interface AttestationDocument {
  /** When it was made, in milliseconds since the Unix epoch. */
  readonly timestamp: number;
  /** Platform configuration registers of an enclave, by index. */
  readonly pcrs: ReadonlyMap<number, Uint8Array>;
  /** Platform configuration registers of a NitroTPM. */
  readonly nitroTpmPcrs: ReadonlyMap<number, Uint8Array>;
  /** DER of the certificate that signed. */
  readonly certificate: Uint8Array;
  /** DER of the certificates that vouch for it, from the root on. */
  readonly caBundle: readonly Uint8Array[];
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
}

const COSE_SIGN1_TAG = 18;
const ALGORITHM_LABEL = 1;
/** ECDSA with SHA-384 (RFC 9053 section 2.1), the only algorithm of Nitro's documents. */
const ES384 = -35;
const SIGNATURE_LENGTH = 96;

const PCR_LENGTHS: readonly number[] = [32, 48, 64];
const ENCLAVE_PCRS = 32;
const NITRO_TPM_PCRS = 24;
/** More certificates than any chain has. */
const MOST_CERTIFICATES = 16;

function decodeCbor(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, {
      useMaps: true,
      rejectDuplicateMapKeys: true,
      tags: { [COSE_SIGN1_TAG]: (decodeContent) => decodeContent() },
    });
  } catch (error) {
    throw invalidAttestation('it is not CBOR', error);
  }
}

/**
 * Takes a COSE_Sign1 message apart, tagged or not.
 *
 * @throws ServiceError `ValidationException`
 */
export function readSignedMessage(bytes: Uint8Array): SignedMessage {
  const message = decodeCbor(bytes);
  if (!Array.isArray(message) || message.length !== 4)
    throw invalidAttestation('it is not a COSE_Sign1 message');
  const [protectedHeader, , payload, signature]: readonly unknown[] = message;
  if (
    !(protectedHeader instanceof Uint8Array) ||
    !(payload instanceof Uint8Array) ||
    !(signature instanceof Uint8Array)
  )
    throw invalidAttestation('it is not a COSE_Sign1 message');
  const header = decodeCbor(protectedHeader);
  if (!(header instanceof Map) || header.get(ALGORITHM_LABEL) !== ES384)
    throw invalidAttestation('its signature algorithm is not ES384');
  if (signature.length !== SIGNATURE_LENGTH) throw invalidAttestation('its signature does not verify');
  const signed = encode(['Signature1', protectedHeader, new Uint8Array(), payload]);
  return { payload, signed, signature };
}

/**
 * Reads the document in a signed message.
 *
 * @throws ServiceError `ValidationException` for the first member that is missing or not as it should be
 */
export function readDocument(payload: Uint8Array): AttestationDocument {
  const members = decodeCbor(payload);
  if (!(members instanceof Map)) throw invalidAttestation('its payload is not a map');
  const member = (name: string): unknown => members.get(name);
  if (typeof member('module_id') !== 'string') throw invalidAttestation('module_id is missing');
  if (member('digest') !== 'SHA384') throw invalidAttestation('digest is not SHA384');
  const timestamp = member('timestamp');
  if (typeof timestamp !== 'number' || timestamp <= 0) throw invalidAttestation('timestamp is missing');
  const pcrs = readPcrs(member('pcrs'), 'pcrs', ENCLAVE_PCRS);
  const nitroTpmPcrs = readPcrs(member('nitrotpm_pcrs'), 'nitrotpm_pcrs', NITRO_TPM_PCRS);
  if (pcrs.size + nitroTpmPcrs.size === 0) throw invalidAttestation('pcrs is missing');
  const caBundle = member('cabundle');
  if (!isListOfBytes(caBundle) || caBundle.length === 0 || caBundle.length > MOST_CERTIFICATES)
    throw invalidAttestation('cabundle is not a list of certificates');
  return {
    timestamp,
    pcrs,
    nitroTpmPcrs,
    certificate: readBytes(member('certificate'), 'certificate'),
    caBundle,
    publicKey: readBytes(member('public_key'), 'public_key'),
  };
}

function readBytes(value: unknown, name: string): Uint8Array {
  if (!(value instanceof Uint8Array)) throw invalidAttestation(`${name} is missing`);
  return value;
}

function isListOfBytes(value: unknown): value is readonly Uint8Array[] {
  return Array.isArray(value) && value.every((one) => one instanceof Uint8Array);
}

function readPcrs(value: unknown, name: string, count: number): ReadonlyMap<number, Uint8Array> {
  const pcrs = new Map<number, Uint8Array>();
  if (value === undefined || value === null) return pcrs;
  if (!(value instanceof Map)) throw invalidAttestation(`${name} is not a map`);
  for (const [index, digest] of value as ReadonlyMap<unknown, unknown>) {
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= count)
      throw invalidAttestation(`${name} has an index that is not one of 0 to ${count - 1}`);
    if (!(digest instanceof Uint8Array) || !PCR_LENGTHS.includes(digest.length))
      throw invalidAttestation(`${name} has a value that is not a digest`);
    pcrs.set(index, digest);
  }
  return pcrs;
}

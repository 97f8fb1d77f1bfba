import { createPublicKey, type KeyObject, verify, type X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { verifyChain } from './chain.ts';
import { type AttestationDocument, readDocument, readSignedMessage } from './document.ts';
import { encryptForHolder } from './enveloped-data.ts';
import type { Recipient } from './recipient.ts';
import { invalidAttestation } from './refusals.ts';

/** A document is accepted for so long after it was made, and so much before by another clock, in milliseconds. */
const MOST_SKEW = 5 * 60_000;

const SHORTEST_MODULUS = 2048;
const LONGEST_MODULUS = 4096;

const verifyOnThreadPool = promisify(verify);

/**
 * Verifies an attestation document of AWS Nitro Enclaves or NitroTPM: its COSE signature, the certificates up to a
 * trusted root, and its age.
 *
 * @param roots DER of the trusted root certificates
 * @param time milliseconds since the Unix epoch
 * @throws ServiceError `ValidationException` that says what is wrong
 */
export async function verifyAttestation(
  bytes: Uint8Array,
  roots: readonly Uint8Array[],
  time: number,
): Promise<Recipient> {
  const { payload, signed, signature } = readSignedMessage(bytes);
  const document = readDocument(payload);
  if (Math.abs(time - document.timestamp) > MOST_SKEW)
    throw invalidAttestation('it was not made within the last 5 minutes');
  const certificate = verifyChain(document, roots, time);
  await requireSignature(certificate, signed, signature);
  const publicKey = readPublicKey(document.publicKey);
  return {
    conditions: conditionsOf(document),
    encrypt: (plaintext) => encryptForHolder(publicKey, plaintext),
  };
}

async function requireSignature(
  { publicKey }: X509Certificate,
  signed: Uint8Array,
  signature: Uint8Array,
): Promise<void> {
  const isP384 = publicKey.asymmetricKeyDetails?.namedCurve === 'secp384r1';
  const isValid =
    isP384 &&
    (await verifyOnThreadPool('sha384', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature));
  if (!isValid) throw invalidAttestation('its signature does not verify');
}

function readPublicKey(der: Uint8Array): KeyObject {
  const publicKey = parsePublicKey(der);
  const { modulusLength = 0 } = publicKey.asymmetricKeyDetails ?? {};
  const isRsa = publicKey.asymmetricKeyType === 'rsa';
  if (!isRsa || modulusLength < SHORTEST_MODULUS || modulusLength > LONGEST_MODULUS)
    throw invalidAttestation('its public key is not an RSA key of 2,048 to 4,096 bits');
  return publicKey;
}

function parsePublicKey(der: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  } catch (error) {
    throw invalidAttestation('its public key is not a DER SubjectPublicKeyInfo', error);
  }
}

/** The condition keys `kms:RecipientAttestation:…`, in lower case, with digests in lower-case hex (policies.md section 6). */
function conditionsOf({ pcrs, nitroTpmPcrs }: AttestationDocument): ReadonlyMap<string, string> {
  const prefix = 'kms:recipientattestation:';
  const image = pcrs.get(0);
  const named: [string, Uint8Array][] = [
    ...(image === undefined ? [] : [['imagesha384', image] satisfies [string, Uint8Array]]),
    ...[...pcrs].map(([index, digest]): [string, Uint8Array] => [`pcr${index}`, digest]),
    ...[...nitroTpmPcrs].map(([index, digest]): [string, Uint8Array] => [`nitrotpmpcr${index}`, digest]),
  ];
  return new Map(named.map(([name, digest]) => [prefix + name, Buffer.from(digest).toString('hex')]));
}

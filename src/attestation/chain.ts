import { X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  BasicConstraints,
  Certificate,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  KeyUsage,
  KeyUsageFlags,
} from '@peculiar/asn1-x509';
import type { AttestationDocument } from './document.ts';
import { invalidAttestation } from './refusals.ts';

/** A certificate of a chain, read in both ways that its verification takes. */
interface Link {
  readonly certificate: X509Certificate;
  readonly parsed: Certificate;
}

/** The extensions that are understood here; another one, when critical, makes a certificate unusable (RFC 5280 section 4.2). */
const UNDERSTOOD: readonly string[] = [id_ce_basicConstraints, id_ce_keyUsage];

/**
 * Verifies the certificate that signed a document, up to a root that is trusted: signatures, names, dates, and what each
 * certificate may be used for (RFC 5280 section 6).
 *
 * @param roots DER of the trusted root certificates
 * @param time milliseconds since the Unix epoch
 * @returns the certificate that signed
 * @throws ServiceError `ValidationException`
 */
export function verifyChain(
  { certificate, caBundle }: Pick<AttestationDocument, 'certificate' | 'caBundle'>,
  roots: readonly Uint8Array[],
  time: number,
): X509Certificate {
  const chain = [certificate, ...caBundle.toReversed()].map(readLink);
  const [leaf] = chain;
  const root = chain.at(-1);
  if (leaf === undefined || root === undefined) throw invalidAttestation('it has no certificate');
  if (!roots.some((trusted) => root.certificate.raw.equals(trusted)))
    throw invalidAttestation('its certificate does not lead to a root that this server trusts');
  for (const [depth, link] of chain.entries()) {
    requireDates(link, time);
    requireUnderstood(link);
    if (depth > 0) requireAuthority(link, depth - 1);
  }
  requireUsage(leaf, KeyUsageFlags.digitalSignature);
  for (const [depth, link] of chain.entries()) requireIssued(link, chain[depth + 1] ?? link);
  return leaf.certificate;
}

function readLink(der: Uint8Array): Link {
  try {
    return { certificate: new X509Certificate(der), parsed: AsnConvert.parse(der, Certificate) };
  } catch (error) {
    throw invalidAttestation('a certificate of it is malformed', error);
  }
}

function requireDates({ certificate: { validFromDate, validToDate } }: Link, time: number): void {
  if (time < validFromDate.getTime() || time > validToDate.getTime())
    throw invalidAttestation('a certificate of it is not valid at this time');
}

function requireUnderstood({ parsed }: Link): void {
  const unknown = parsed.tbsCertificate.extensions?.find(
    ({ critical, extnID }) => critical && !UNDERSTOOD.includes(extnID),
  );
  if (unknown !== undefined)
    throw invalidAttestation(`a certificate of it has the unknown critical extension ${unknown.extnID}`);
}

/** @param below how many certificates that are authorities themselves it vouches for */
function requireAuthority(link: Link, below: number): void {
  const extension = link.parsed.tbsCertificate.extensions?.find(
    ({ extnID }) => extnID === id_ce_basicConstraints,
  );
  const constraints = extension && AsnConvert.parse(extension.extnValue, BasicConstraints);
  if (constraints?.cA !== true) throw invalidAttestation('a certificate of it is not one of an authority');
  if (constraints.pathLenConstraint !== undefined && constraints.pathLenConstraint < below)
    throw invalidAttestation('its chain of certificates is longer than allowed');
  requireUsage(link, KeyUsageFlags.keyCertSign);
}

function requireUsage({ parsed }: Link, usage: KeyUsageFlags): void {
  const extension = parsed.tbsCertificate.extensions?.find(({ extnID }) => extnID === id_ce_keyUsage);
  if (extension === undefined) return;
  if ((AsnConvert.parse(extension.extnValue, KeyUsage).toNumber() & usage) === 0)
    throw invalidAttestation('a certificate of it may not be used so');
}

function requireIssued({ certificate }: Link, { certificate: issuer }: Link): void {
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))
    throw invalidAttestation('a certificate of it was not signed by the next');
}

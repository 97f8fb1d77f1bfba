import { decode, toHex } from '../reference/form/bytes.ts';

/** Key material that was given: the bytes to wrap, PKCS #8 in DER of a private key; or why it cannot be imported. */
export type ReadMaterial = { readonly bytes: Uint8Array<ArrayBuffer> } | { readonly fault: string };

const CONVERT = 'openssl pkcs8 -topk8 -nocrypt makes PKCS #8 of it.';

/** By their labels in PEM (RFC 7468), what cannot be imported. */
const OTHERS: Readonly<Record<string, string>> = {
  'ENCRYPTED PRIVATE KEY': `The private key is encrypted. ${CONVERT}`,
  'RSA PRIVATE KEY': `The private key is in PKCS #1. ${CONVERT}`,
  'EC PRIVATE KEY': `The private key is in SEC 1. ${CONVERT}`,
  'EC PARAMETERS': `The private key is in SEC 1. ${CONVERT}`,
  'OPENSSH PRIVATE KEY': 'The private key is one of OpenSSH. ssh-keygen -p -m PKCS8 makes PKCS #8 of it.',
  'PUBLIC KEY': 'This is a public key.',
  CERTIFICATE: 'This is a certificate.',
};

/**
 * Reads a private key in PKCS #8 (RFC 5958), in PEM or DER.
 *
 * @param file in base64
 */
export function readPrivateKey(file: string): ReadMaterial {
  const bytes = decode(file);
  const text = new TextDecoder('latin1').decode(bytes);
  if (!text.includes('-----BEGIN ')) return readDer(bytes);
  const label = /-----BEGIN ([^-\n]+)-----/.exec(text)?.[1] ?? '';
  if (label !== 'PRIVATE KEY') return { fault: OTHERS[label] ?? 'This is no private key in PKCS #8.' };
  const [, body = ''] =
    /-----BEGIN PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END PRIVATE KEY-----/.exec(text) ?? [];
  try {
    return readDer(decode(body.replaceAll(/\s/g, '')));
  } catch {
    return { fault: 'The PEM is malformed.' };
  }
}

/** Tells by the first elements of the sequence what it is: version and algorithm, in PKCS #8. */
function readDer(der: Uint8Array<ArrayBuffer>): ReadMaterial {
  const begin = contentAt(der);
  const elements = toHex(der.subarray(begin, begin + 4));
  if (der[0] !== 0x30) return { fault: 'This is no private key in PKCS #8, in PEM or DER.' };
  if (/^02010[01]30/.test(elements)) return { bytes: der };
  if (/^02010002/.test(elements)) return { fault: OTHERS['RSA PRIVATE KEY'] ?? '' };
  if (/^02010104/.test(elements)) return { fault: OTHERS['EC PRIVATE KEY'] ?? '' };
  return { fault: 'This is no private key in PKCS #8, or it is encrypted.' };
}

/** Where the content of a DER element begins: behind its tag and length (X.690, section 8.1.3). */
function contentAt(der: Uint8Array): number {
  const length = der[1] ?? 0;
  return length < 0x80 ? 2 : 2 + (length & 0x7f);
}

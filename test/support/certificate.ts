import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsFiles } from '../../src/config.ts';
import type { TlsPair } from '../../src/http/tls.ts';

// The library's dependency injection asks for decorator metadata, and takes there being none for an answer.
Object.assign(Reflect, {
  getMetadata: () => undefined,
  getOwnMetadata: () => undefined,
  defineMetadata: () => {},
});
export const x509 = await import('@peculiar/x509');
x509.cryptoProvider.set(webcrypto);

const ECDSA_P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** The names of this machine for itself. */
const LOOPBACK = [
  { type: 'ip', value: '127.0.0.1' },
  { type: 'dns', value: 'localhost' },
] as const;

/** Makes a certificate for loopback addresses, or for another host, signed by itself, and its key. */
export async function issueCertificate(commonName: string, otherHost?: string): Promise<TlsPair> {
  const keys = await webcrypto.subtle.generateKey(ECDSA_P256, true, ['sign', 'verify']);
  const day = 24 * 60 * 60 * 1000;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + day),
    signingAlgorithm: ECDSA_P256,
    keys,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        otherHost === undefined ? [...LOOPBACK] : [{ type: 'dns', value: otherHost }],
      ),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificate: certificate.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
}

/** Writes `pair` into `directory`, over one written before. */
export function writeTlsFiles(directory: string, pair: TlsPair): TlsFiles {
  const files = { certificateFile: join(directory, 'certificate.pem'), keyFile: join(directory, 'key.pem') };
  writeFileSync(files.certificateFile, pair.certificate);
  writeFileSync(files.keyFile, pair.key, { mode: 0o600 });
  return files;
}

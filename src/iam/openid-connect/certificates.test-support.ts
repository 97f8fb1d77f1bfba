import { webcrypto, X509Certificate } from 'node:crypto';

// The library's dependency injection asks for decorator metadata, and takes there being none for an answer.
Object.assign(Reflect, {
  getMetadata: () => undefined,
  getOwnMetadata: () => undefined,
  defineMetadata: () => {},
});
const x509 = await import('@peculiar/x509');
x509.cryptoProvider.set(webcrypto);

const ECDSA_P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 24 * 60 * 60 * 1000;

interface Authority {
  readonly name: string;
  readonly keys: webcrypto.CryptoKeyPair;
}

export interface ChainOptions {
  /** The address that the server's certificate is for; 127.0.0.1 unless given. */
  readonly address?: string;
  /** When the server's certificate ends; in a day unless given. */
  readonly notAfter?: Date;
  /** Whether the intermediate certificate may sign others; it may unless given. */
  readonly intermediateIsAuthority?: boolean;
}

export interface Chain {
  /** What the server sends: its own certificate and the intermediate, not the root; PEM. */
  readonly certificate: string;
  /** The server's private key, PEM. */
  readonly key: string;
  /** SHA-1, 40 lower-case hex digits. */
  readonly thumbprints: Readonly<Record<'root' | 'intermediate' | 'leaf', string>>;
}

/** Makes a private root, an intermediate authority below it, and a server's certificate below that. */
export async function issueChain(options: ChainOptions = {}): Promise<Chain> {
  const { address = '127.0.0.1', notAfter, intermediateIsAuthority = true } = options;
  const root = await makeAuthority('CN=root');
  const intermediate = await makeAuthority('CN=intermediate');
  const leaf = await makeAuthority('CN=issuer');
  const rootCertificate = await certify(root, root, new x509.BasicConstraintsExtension(true));
  const intermediateCertificate = await certify(
    intermediate,
    root,
    new x509.BasicConstraintsExtension(intermediateIsAuthority),
  );
  const alternativeName = new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: address }]);
  const leafCertificate = await certify(leaf, intermediate, alternativeName, notAfter);
  const key = await webcrypto.subtle.exportKey('pkcs8', leaf.keys.privateKey);
  return {
    certificate: `${leafCertificate}\n${intermediateCertificate}`,
    key: x509.PemConverter.encode(key, 'PRIVATE KEY'),
    thumbprints: {
      root: thumbprint(rootCertificate),
      intermediate: thumbprint(intermediateCertificate),
      leaf: thumbprint(leafCertificate),
    },
  };
}

async function makeAuthority(name: string): Promise<Authority> {
  return { name, keys: await webcrypto.subtle.generateKey(ECDSA_P256, true, ['sign', 'verify']) };
}

async function certify(
  subject: Authority,
  issuer: Authority,
  extension: InstanceType<typeof x509.Extension>,
  notAfter = new Date(Date.now() + DAY),
): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.create({
    subject: subject.name,
    publicKey: subject.keys.publicKey,
    issuer: issuer.name,
    signingKey: issuer.keys.privateKey,
    notBefore: new Date(Date.now() - 2 * DAY),
    notAfter,
    signingAlgorithm: ECDSA_P256,
    extensions: [extension],
  });
  return certificate.toString('pem');
}

function thumbprint(certificate: string): string {
  return new X509Certificate(certificate).fingerprint.replaceAll(':', '').toLowerCase();
}

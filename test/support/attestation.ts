import assert from 'node:assert/strict';
import {
  constants,
  createDecipheriv,
  type KeyObject,
  privateDecrypt,
  randomBytes,
  webcrypto,
} from 'node:crypto';
import { ContentInfo, EnvelopedData } from '@peculiar/asn1-cms';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { encode } from 'cborg';
import { x509 } from './certificate.ts';

const ECDSA_P384 = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
const HOUR = 3_600_000;

type Certificate = InstanceType<typeof x509.X509Certificate>;
type KeyPair = webcrypto.CryptoKeyPair;

/** A certificate and the keys of its subject. */
interface Authority {
  readonly certificate: Certificate;
  readonly keys: KeyPair;
}

export interface IssueOptions {
  readonly isAuthority?: boolean;
  readonly pathLength?: number;
  readonly usages?: number;
  /** Milliseconds since the Unix epoch; an hour around `now` by default. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly extension?: InstanceType<typeof x509.Extension>;
}

async function issue(
  name: string,
  now: number,
  issuer: Authority | undefined,
  options: IssueOptions = {},
): Promise<Authority> {
  const { isAuthority = true, pathLength } = options;
  const usages =
    options.usages ?? (isAuthority ? x509.KeyUsageFlags.keyCertSign : x509.KeyUsageFlags.digitalSignature);
  const keys = await webcrypto.subtle.generateKey(ECDSA_P384, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: issuer?.certificate.subject ?? `CN=${name}`,
    notBefore: new Date(options.notBefore ?? now - HOUR),
    notAfter: new Date(options.notAfter ?? now + HOUR),
    signingAlgorithm: ECDSA_P384,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(isAuthority, pathLength, true),
      new x509.KeyUsagesExtension(usages, true),
      ...(options.extension === undefined ? [] : [options.extension]),
    ],
  });
  return { certificate, keys };
}

const derOf = ({ certificate }: Authority): Uint8Array => new Uint8Array(certificate.rawData);

/** What can be different in a document from one that is right. */
export interface DocumentOptions {
  readonly members?: Readonly<Record<string, unknown>>;
  readonly leaf?: IssueOptions;
  readonly intermediate?: IssueOptions;
  /** Certificates between the root and the leaf. */
  readonly depth?: number;
  readonly header?: Uint8Array;
  readonly signedBy?: 'leaf' | 'somebody else';
  /** Whose root certificate stands in the document, when it is not that of the attester itself. */
  readonly rootOf?: Attester;
}

/** A hypervisor that attests enclaves: its root certificate, and documents that it signs. */
export class Attester {
  readonly #root: Authority;

  private constructor(root: Authority) {
    this.#root = root;
  }

  /** @param now milliseconds since the Unix epoch */
  static async create(now: number): Promise<Attester> {
    return new Attester(await issue('root', now, undefined));
  }

  get rootPem(): string {
    return this.#root.certificate.toString('pem');
  }

  /**
   * An attestation document for an enclave that holds a key.
   *
   * @param publicKey DER SubjectPublicKeyInfo
   * @param pcrs by index
   */
  async attest(
    now: number,
    publicKey: Uint8Array,
    pcrs: Readonly<Record<number, Uint8Array>>,
    options: DocumentOptions = {},
  ): Promise<Buffer> {
    const chain = [this.#root];
    for (let depth = 0; depth < (options.depth ?? 1); depth += 1)
      chain.push(await issue(`intermediate ${depth}`, now, chain.at(-1), options.intermediate));
    const leaf = await issue('enclave', now, chain.at(-1), { isAuthority: false, ...options.leaf });
    const members = {
      module_id: 'i-0123456789abcdef0-enc0123456789abcdef',
      digest: 'SHA384',
      timestamp: now,
      pcrs: new Map(Object.entries(pcrs).map(([index, digest]) => [Number(index), digest])),
      certificate: derOf(leaf),
      cabundle: [(options.rootOf ?? this).#root, ...chain.slice(1)].map(derOf),
      public_key: publicKey,
      user_data: null,
      nonce: null,
      ...options.members,
    };
    const payload = encode(new Map(Object.entries(members).filter(([, value]) => value !== undefined)));
    const header = options.header ?? encode(new Map([[1, -35]]));
    const stranger = options.signedBy === 'somebody else';
    const { keys } = stranger ? await issue('stranger', now, undefined) : leaf;
    const signature = await signWith(keys, encode(['Signature1', header, new Uint8Array(), payload]));
    return Buffer.from(encode([header, new Map(), payload, signature]));
  }
}

async function signWith({ privateKey }: KeyPair, bytes: Uint8Array): Promise<Uint8Array> {
  const signature = await webcrypto.subtle.sign(ECDSA_P384, privateKey, Buffer.from(bytes));
  return new Uint8Array(signature);
}

/** A digest as a platform configuration register holds it. */
export function randomPcr(): Buffer {
  return randomBytes(48);
}

/** Opens CMS EnvelopedData for one recipient, under AES-256-CBC and RSAES-OAEP with SHA-256. */
export function openEnvelope(contentInfo: Uint8Array, privateKey: KeyObject): Buffer {
  const { content } = AsnConvert.parse(contentInfo, ContentInfo);
  const { recipientInfos, encryptedContentInfo } = AsnConvert.parse(content, EnvelopedData);
  const { parameters } = encryptedContentInfo.contentEncryptionAlgorithm;
  const [recipient] = recipientInfos;
  assert.ok(recipient?.ktri && parameters && encryptedContentInfo.encryptedContent?.value);
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const encryptedKey = Buffer.from(recipient.ktri.encryptedKey.buffer);
  const key = privateDecrypt({ key: privateKey, padding, oaepHash: 'sha256' }, encryptedKey);
  const { buffer: initializationVector } = AsnConvert.parse(parameters, OctetString);
  const decipher = createDecipheriv('aes-256-cbc', key, Buffer.from(initializationVector));
  const ciphertext = Buffer.from(encryptedContentInfo.encryptedContent.value.buffer);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

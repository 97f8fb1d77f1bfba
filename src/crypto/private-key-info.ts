import { createECDH, ECDH } from 'node:crypto';
import { type DerElement, derParts, readElements, readSequence, TAG } from './der.ts';
import { type KeyPairSpec, loadPair } from './key-pair.ts';
import { isRsaPrivateKey } from './rsa-private-key.ts';
import { SM2_CURVE } from './sm2.ts';

/** What a PrivateKeyInfo holds: views of its bytes. */
interface PrivateKeyInfo {
  readonly privateKey: Buffer;
  /** Present in version 2 only. */
  readonly publicKey: Buffer | undefined;
}

/**
 * How the private keys of a spec are written.
 *
 * @returns what `privateKey` holds in the one form in which it is stored, in parts; `undefined` when it is not such a key
 */
interface Encoding {
  /** The content of the AlgorithmIdentifier. */
  readonly algorithm: Buffer;
  readonly read: (info: PrivateKeyInfo) => Promise<readonly Uint8Array[] | undefined>;
}

const RSA_ENCRYPTION = Buffer.from('06092a864886f70d0101010500', 'hex');
const EC_PUBLIC_KEY = Buffer.from('06072a8648ce3d0201', 'hex');
const ED25519 = Buffer.from('06032b6570', 'hex');
const ED25519_LENGTH = 32;

const VERSION_1 = Buffer.of(0);
const VERSION_2 = Buffer.of(1);
const EC_VERSION = Buffer.of(1);
/** The first byte of an uncompressed point; the ones before it begin compressed ones. */
const UNCOMPRESSED = 4;

const rsa = (modulusLength: number): Encoding => ({
  algorithm: RSA_ENCRYPTION,
  async read({ privateKey, publicKey }) {
    // An RSA private key holds its public key: there is nothing to say it again for.
    const isKey = publicKey === undefined && (await isRsaPrivateKey(privateKey, modulusLength));
    return isKey ? [privateKey] : undefined;
  },
});

/** @param excluded a scalar below the order of the curve that is no private key all the same */
const ec = (namedCurve: string, curveOid: string, scalarLength: number, excluded?: Buffer): Encoding => {
  const curve = Buffer.from(curveOid, 'hex');
  return {
    algorithm: Buffer.concat([EC_PUBLIC_KEY, curve]),
    async read({ privateKey, publicKey }) {
      const key = readEcPrivateKey(privateKey, curve);
      if (key === undefined || key.scalar.length > scalarLength) return undefined;
      const leadingZeros = Buffer.alloc(scalarLength - key.scalar.length);
      const point = pointOf(namedCurve, key.scalar);
      const given = [key.publicKey, publicKey].filter((one) => one !== undefined);
      if (excluded?.equals(Buffer.concat([leadingZeros, key.scalar]))) return undefined;
      if (point === undefined || !given.every((one) => isPoint(namedCurve, one, point))) return undefined;
      return derParts(TAG.sequence, [
        ...derParts(TAG.integer, [EC_VERSION]),
        ...derParts(TAG.octetString, [leadingZeros, key.scalar]),
        ...derParts(TAG.constructed1, derParts(TAG.bitString, [Buffer.of(0), point])),
      ]);
    },
  };
};

const ed25519: Encoding = {
  algorithm: ED25519,
  async read({ privateKey, publicKey }) {
    const [seed, ...others] = readElements(privateKey) ?? [];
    if (seed?.tag !== TAG.octetString || seed.content.length !== ED25519_LENGTH || others.length > 0)
      return undefined;
    const parts = derParts(TAG.octetString, [seed.content]);
    return publicKey === undefined || publicKey.equals(ed25519PublicKey(parts)) ? parts : undefined;
  },
};

const ENCODINGS: Readonly<Partial<Record<KeyPairSpec, Encoding>>> = {
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: ec('prime256v1', '06082a8648ce3d030107', 32),
  ECC_NIST_P384: ec('secp384r1', '06052b81040022', 48),
  ECC_NIST_P521: ec('secp521r1', '06052b81040023', 66),
  ECC_SECG_P256K1: ec('secp256k1', '06052b8104000a', 32),
  ECC_NIST_EDWARDS25519: ed25519,
  // GM/T 0003.1-2012 section 6.1: at most n - 2. SM2DSA divides by the private key + 1.
  SM2: ec('SM2', '06082a811ccf5501822d', 32, Buffer.from((SM2_CURVE.n - 1n).toString(16), 'hex')),
};

/**
 * Checks a private key that was made elsewhere: DER PrivateKeyInfo or OneAsymmetricKey (PKCS #8, RFC 5958), unencrypted,
 * to the last byte, of exactly the algorithm and size or curve of a spec, with public keys that belong to the private
 * key wherever it holds some.
 *
 * @param bytes are the caller's to wipe
 * @returns the key as `exportPrivateKey` would write it, also the caller's to wipe; `undefined` when it is not such a key,
 * or keys of the spec cannot be imported
 */
export async function readPrivateKey(keySpec: KeyPairSpec, bytes: Buffer): Promise<Buffer | undefined> {
  const encoding = ENCODINGS[keySpec];
  const info = encoding && readPrivateKeyInfo(bytes, encoding.algorithm);
  const privateKey = info && (await encoding.read(info));
  return privateKey && writePrivateKeyInfo(encoding.algorithm, privateKey);
}

function writePrivateKeyInfo(algorithm: Buffer, privateKey: readonly Uint8Array[]): Buffer {
  const parts = derParts(TAG.sequence, [
    ...derParts(TAG.integer, [VERSION_1]),
    ...derParts(TAG.sequence, [algorithm]),
    ...derParts(TAG.octetString, privateKey),
  ]);
  return Buffer.concat(parts);
}

function readPrivateKeyInfo(bytes: Buffer, expectedAlgorithm: Buffer): PrivateKeyInfo | undefined {
  const [version, algorithm, privateKey, ...others] = readSequence(bytes) ?? [];
  if (version?.tag !== TAG.integer || algorithm?.tag !== TAG.sequence) return undefined;
  if (privateKey?.tag !== TAG.octetString || !algorithm.content.equals(expectedAlgorithm)) return undefined;
  // The attributes say what the key is called or used for, which does not concern us.
  const options = readOptional(others, TAG.constructed0, TAG.primitive1);
  if (options === undefined) return undefined;
  const expectedVersion = options.second === undefined ? VERSION_1 : VERSION_2;
  if (!version.content.equals(expectedVersion)) return undefined;
  return { privateKey: privateKey.content, publicKey: options.second && readBitString(options.second) };
}

/** ECPrivateKey (RFC 5915); tools that write the scalar without its leading zeros are forgiven. */
function readEcPrivateKey(
  bytes: Buffer,
  curve: Buffer,
): { readonly scalar: Buffer; readonly publicKey: Buffer | undefined } | undefined {
  const [version, scalar, ...others] = readSequence(bytes) ?? [];
  if (version?.tag !== TAG.integer || !version.content.equals(EC_VERSION)) return undefined;
  const options = readOptional(others, TAG.constructed0, TAG.constructed1);
  if (scalar?.tag !== TAG.octetString || options === undefined) return undefined;
  const { first: parameters, second } = options;
  if (parameters !== undefined && !parameters.content.equals(curve)) return undefined;
  const [publicKey, ...rest] = second === undefined ? [] : (readElements(second.content) ?? []);
  if (second !== undefined && (publicKey?.tag !== TAG.bitString || rest.length > 0)) return undefined;
  return { scalar: scalar.content, publicKey: publicKey && readBitString(publicKey) };
}

/** Members that may each be absent; `undefined` when there is anything else. */
function readOptional(
  elements: readonly DerElement[],
  firstTag: number,
  secondTag: number,
): { readonly first: DerElement | undefined; readonly second: DerElement | undefined } | undefined {
  const rest = [...elements];
  const first = rest[0]?.tag === firstTag ? rest.shift() : undefined;
  const second = rest[0]?.tag === secondTag ? rest.shift() : undefined;
  return rest.length === 0 ? { first, second } : undefined;
}

/** The bytes of a BIT STRING of whole bytes; no bytes at all when it is none, which are no public key. */
function readBitString({ content }: DerElement): Buffer {
  return content[0] === 0 ? content.subarray(1) : Buffer.of();
}

/** The public key of a scalar, uncompressed; `undefined` when the scalar is out of range. */
function pointOf(namedCurve: string, scalar: Buffer): Buffer | undefined {
  const ecdh = createECDH(namedCurve);
  try {
    ecdh.setPrivateKey(scalar);
    return ecdh.getPublicKey();
  } catch {
    return undefined;
  }
}

/** Whether bytes are this point of a curve, compressed or not (RFC 5480 section 2.2; nobody writes the hybrid form). */
function isPoint(namedCurve: string, bytes: Buffer, point: Buffer): boolean {
  if (bytes[0] === undefined || bytes[0] > UNCOMPRESSED) return false;
  try {
    const uncompressed = ECDH.convertKey(bytes, namedCurve, undefined, undefined, 'uncompressed');
    return point.equals(Buffer.from(uncompressed));
  } catch {
    return false;
  }
}

function ed25519PublicKey(privateKey: readonly Uint8Array[]): Buffer {
  const key = writePrivateKeyInfo(ED25519, privateKey);
  try {
    return loadPair('ECC_NIST_EDWARDS25519', key).subjectPublicKeyInfo.subarray(-ED25519_LENGTH);
  } finally {
    key.fill(0);
  }
}

import {
  constants,
  sign as openSslSign,
  verify as openSslVerify,
  type SignKeyObjectInput,
  type VerifyKeyObjectInput,
} from 'node:crypto';
import { promisify } from 'node:util';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import type { KeyPair, KeyPairSpec } from './key-pair.ts';
import type { SigningAlgorithm } from './key-specs.ts';
import { sm2Digest } from './sm2.ts';
import { runInWorkerThread } from './worker-thread.ts';

/** What is signed: a message; its digest; or what ML-DSA makes of it, μ (FIPS 204 section 6.2). */
export const MESSAGE_TYPES = ['RAW', 'DIGEST', 'EXTERNAL_MU'] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

interface SigningFacts {
  /** What OpenSSL hashes messages with; `null` when that is part of the algorithm. */
  readonly hash: string | null;
  /** Bytes of a message of each type that the algorithm takes. */
  readonly lengths: Readonly<Partial<Record<MessageType, number | 'any'>>>;
}

const sha = (bits: 256 | 384 | 512): SigningFacts => ({
  hash: `sha${bits}`,
  lengths: { RAW: 'any', DIGEST: bits / 8 },
});

/** Source: crypto.md section 3. */
const FACTS: Readonly<Record<SigningAlgorithm, SigningFacts>> = {
  RSASSA_PKCS1_V1_5_SHA_256: sha(256),
  RSASSA_PKCS1_V1_5_SHA_384: sha(384),
  RSASSA_PKCS1_V1_5_SHA_512: sha(512),
  RSASSA_PSS_SHA_256: sha(256),
  RSASSA_PSS_SHA_384: sha(384),
  RSASSA_PSS_SHA_512: sha(512),
  ECDSA_SHA_256: sha(256),
  ECDSA_SHA_384: sha(384),
  ECDSA_SHA_512: sha(512),
  ED25519_SHA_512: { hash: null, lengths: { RAW: 'any' } },
  ED25519_PH_SHA_512: { hash: null, lengths: { DIGEST: 64 } },
  ML_DSA_SHAKE_256: { hash: null, lengths: { RAW: 'any', EXTERNAL_MU: 64 } },
  SM2DSA: { hash: null, lengths: { RAW: 'any', DIGEST: 32 } },
};

/**
 * How long a message of a type has to be that an algorithm signs.
 *
 * @returns bytes; `undefined` when the algorithm does not take messages of the type
 */
export function messageLengthOf(
  algorithm: SigningAlgorithm,
  messageType: MessageType,
): number | 'any' | undefined {
  return FACTS[algorithm].lengths[messageType];
}

/**
 * Signs a message or a digest. What takes longer than the way to another thread and back is done there.
 *
 * RSASSA: the length of the modulus; PSS with a salt as long as the digest. ECDSA and SM2DSA: DER. Ed25519 and ML-DSA: as in
 * RFC 8032 and FIPS 204, with an empty context, ML-DSA hedged.
 *
 * @param algorithm one that the key spec has
 * @param message of a length that `messageLengthOf` gives
 * @throws ServiceError `ThrottlingException` when too many signatures are waited for
 */
export async function sign(
  pair: KeyPair,
  algorithm: SigningAlgorithm,
  messageType: MessageType,
  message: Uint8Array,
): Promise<Uint8Array> {
  const { keySpec, privateKey } = pair;
  const digest = digestOf(pair, algorithm, messageType, message);
  if (digest !== undefined) return runInWorkerThread('signPrehashed', keySpec, algorithm, privateKey, digest);
  const { hash } = FACTS[algorithm];
  const key: SignKeyObjectInput = { key: privateKey, ...encodingOf(algorithm) };
  return QUICK_TO_SIGN.has(keySpec)
    ? openSslSign(hash, message, key)
    : limitOf(keySpec).run(() => signInPool(hash, message, key));
}

/**
 * Whether a signature is one that `sign` could have made.
 *
 * @param algorithm one that the key spec has
 * @param message of a length that `messageLengthOf` gives
 * @throws ServiceError `ThrottlingException` when too many signatures are waited for
 */
export async function verify(
  pair: Pick<KeyPair, 'keySpec' | 'publicKey'>,
  algorithm: SigningAlgorithm,
  messageType: MessageType,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const { keySpec, publicKey } = pair;
  const digest = digestOf(pair, algorithm, messageType, message);
  if (digest !== undefined)
    return runInWorkerThread('verifyPrehashed', keySpec, algorithm, publicKey, digest, signature);
  const { hash } = FACTS[algorithm];
  const key: VerifyKeyObjectInput = { key: publicKey, ...encodingOf(algorithm) };
  return QUICK_TO_VERIFY.has(keySpec)
    ? openSslVerify(hash, message, key, signature)
    : limitOf(keySpec).run(() => verifyInPool(hash, message, key, signature));
}

const signInPool = promisify<string | null, Uint8Array, SignKeyObjectInput, Uint8Array>(openSslSign);
const verifyInPool = promisify<string | null, Uint8Array, VerifyKeyObjectInput, Uint8Array, boolean>(
  openSslVerify,
);

/** Keys that sign in less than 100 µs, and that verify in less than 200. */
const QUICK_TO_SIGN: ReadonlySet<KeyPairSpec> = new Set(['ECC_NIST_P256', 'ECC_NIST_EDWARDS25519']);
const QUICK_TO_VERIFY: ReadonlySet<KeyPairSpec> = new Set([
  ...QUICK_TO_SIGN,
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
]);

/** Keys whose signatures take the thread pool less than half a millisecond. */
const SHORT_IN_POOL: ReadonlySet<KeyPairSpec> = new Set(['RSA_2048', 'ECC_SECG_P256K1']);
const MOST_WAITING = 512;
const limits = new Map<KeyPairSpec, ConcurrencyLimit>();

/**
 * How many signatures of one spec the thread pool works on at a time, so that a flood of them leaves threads and cores to
 * everything else. Of short ones a second is there when the first is done: its thread need not wait for the next.
 */
function limitOf(keySpec: KeyPairSpec): ConcurrencyLimit {
  return limits.getOrInsertComputed(
    keySpec,
    () => new ConcurrencyLimit(SHORT_IN_POOL.has(keySpec) ? 2 : 1, MOST_WAITING),
  );
}

/** What is signed in place of a message, where OpenSSL does not do all of it; `undefined` where it does. */
function digestOf(
  { publicKey }: Pick<KeyPair, 'publicKey'>,
  algorithm: SigningAlgorithm,
  messageType: MessageType,
  message: Uint8Array,
): Uint8Array | undefined {
  if (messageType !== 'RAW') return message;
  return algorithm === 'SM2DSA' ? sm2Digest(publicKey, message) : undefined;
}

function encodingOf(algorithm: SigningAlgorithm): Omit<SignKeyObjectInput, 'key'> {
  if (algorithm.startsWith('RSASSA_PSS'))
    return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return algorithm.startsWith('RSASSA_PKCS1') ? { padding: constants.RSA_PKCS1_PADDING } : {};
}

import { ENCRYPTION_ALGORITHMS, SIGNING_ALGORITHMS } from '../crypto/index.ts';
import type { ServiceName } from '../model/index.ts';
import { type Charge, REQUEST_QUOTAS, type RequestQuota } from '../quotas/index.ts';

/*
 * What requests count under when they are held to request-rate quotas (quotas.md). It follows from the request alone, so
 * that it is known before any key is looked up.
 */

/** Which request-rate quotas requests to an operation count under. */
export interface QuotaRule {
  /** All that it can be. */
  readonly among: readonly RequestQuota[];
  /** @param input as far as it could be read: maybe without members */
  readonly charges: (input: Readonly<Record<string, unknown>>) => readonly Charge[];
}

/** The services beside KMS have one quota each for all of their operations. */
const SERVICE_QUOTAS: Readonly<Record<Exclude<ServiceName, 'kms'>, RequestQuota>> = {
  cloudtrail: 'AWS CloudTrail',
  iam: 'AWS IAM',
  organizations: 'AWS Organizations',
  qkms: 'QKMS',
  sts: 'AWS STS',
};

/**
 * The rule that a declaration means.
 *
 * @throws Error when an operation of KMS declares none
 */
export function quotaRule(declared: RequestQuota | QuotaRule | undefined, service: ServiceName): QuotaRule {
  if (typeof declared === 'object') return declared;
  if (declared !== undefined) return always(declared);
  if (service === 'kms') throw new Error('an operation of KMS declares no request-rate quota');
  return always(SERVICE_QUOTAS[service]);
}

/** All requests count under the same quota. */
function always(quota: RequestQuota): QuotaRule {
  const charges = chargesOf(quota);
  return { among: [quota], charges: () => charges };
}

export const SYMMETRIC_QUOTA = 'Cryptographic operations (symmetric)';

/** By how the names of algorithms begin. */
const BY_ALGORITHM: readonly (readonly [prefix: string, RequestQuota])[] = [
  ['RSA', 'Cryptographic operations (RSA)'],
  ['ECDSA', 'Cryptographic operations (ECC and SM2)'],
  ['ED25519', 'Cryptographic operations (ECC and SM2)'],
  ['SM2', 'Cryptographic operations (ECC and SM2)'],
  ['ML_DSA', 'Cryptographic operations (ML-DSA)'],
];

/** Charges are found, not made, for each request. */
const CHARGES: ReadonlyMap<string, readonly Charge[]> = new Map(
  REQUEST_QUOTAS.map((quota) => [quota, [{ quota }]]),
);

function quotaOf(algorithm: unknown): RequestQuota | undefined {
  const name = typeof algorithm === 'string' ? algorithm : '';
  return BY_ALGORITHM.find(([prefix]) => name.startsWith(prefix))?.[1];
}

/**
 * Requests count under the quota of the algorithms that their members name; once, where these come under the same.
 * Whether the key is one for the algorithm is seen later, and costs nothing that has to be held back.
 */
export function byAlgorithm(...members: readonly string[]): QuotaRule {
  const algorithms = members.includes('SigningAlgorithm') ? SIGNING_ALGORITHMS : ENCRYPTION_ALGORITHMS;
  const among = [...new Set(algorithms.map((name) => quotaOf(name) ?? SYMMETRIC_QUOTA))];
  // Of the first algorithm, which is the default, if there is one.
  const [otherwise = SYMMETRIC_QUOTA] = among;
  return {
    among,
    charges(input) {
      const [first = otherwise, second = first] = members.map(
        (member) => quotaOf(input[member]) ?? otherwise,
      );
      return first === second ? chargesOf(first) : [{ quota: first }, { quota: second }];
    },
  };
}

const PAIR_QUOTAS = REQUEST_QUOTAS.filter((quota) => quota.startsWith('GenerateDataKeyPair ('));
/** What requests count under that name no kind of key pair: the most expensive. */
const UNKNOWN_PAIR_QUOTA = 'GenerateDataKeyPair (RSA_4096)';

/** Making key pairs of a kind has a quota of its own. */
export const byKeyPairSpec: QuotaRule = {
  among: PAIR_QUOTAS,
  charges: ({ KeyPairSpec }) =>
    CHARGES.get(`GenerateDataKeyPair (${KeyPairSpec})`) ?? chargesOf(UNKNOWN_PAIR_QUOTA),
};

/** A replica is created in its own Region, where that counts as two requests: AWS tries first whether it can be. */
export const replicaQuota: QuotaRule = {
  among: ['ReplicateKey', 'CreateKey'],
  charges: ({ ReplicaRegion }) => [
    { quota: 'ReplicateKey' },
    ...(isText(ReplicaRegion) ? [{ quota: 'CreateKey', region: ReplicaRegion, count: 2 } as const] : []),
  ],
};

/** Counts in both Regions. */
export const primaryRegionQuota: QuotaRule = {
  among: ['UpdatePrimaryRegion'],
  charges: ({ PrimaryRegion }) => [
    { quota: 'UpdatePrimaryRegion' },
    ...(isText(PrimaryRegion) ? [{ quota: 'UpdatePrimaryRegion', region: PrimaryRegion } as const] : []),
  ],
};

function chargesOf(quota: RequestQuota): readonly Charge[] {
  return CHARGES.get(quota) ?? [{ quota }];
}

function isText(member: unknown): member is string {
  return typeof member === 'string';
}

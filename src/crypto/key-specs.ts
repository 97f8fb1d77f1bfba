/*
 * Which kinds of keys there are, and what each can do. Source: crypto.md section 1; the order of algorithms is the one
 * in which KMS lists them.
 */

export const KEY_SPECS = [
  'SYMMETRIC_DEFAULT',
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'ECC_NIST_EDWARDS25519',
  'HMAC_224',
  'HMAC_256',
  'HMAC_384',
  'HMAC_512',
  'ML_DSA_44',
  'ML_DSA_65',
  'ML_DSA_87',
  'ML_KEM_512',
  'ML_KEM_768',
  'ML_KEM_1024',
  'SM2',
] as const;
export type KeySpec = (typeof KEY_SPECS)[number];

export const KEY_USAGES = [
  'ENCRYPT_DECRYPT',
  'SIGN_VERIFY',
  'GENERATE_VERIFY_MAC',
  'KEY_AGREEMENT',
  'ENCAPSULATE_DECAPSULATE',
] as const;
export type KeyUsage = (typeof KEY_USAGES)[number];

export const ENCRYPTION_ALGORITHMS = [
  'SYMMETRIC_DEFAULT',
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'SM2PKE',
] as const;
export type EncryptionAlgorithm = (typeof ENCRYPTION_ALGORITHMS)[number];

export const SIGNING_ALGORITHMS = [
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
  'ECDSA_SHA_256',
  'ECDSA_SHA_384',
  'ECDSA_SHA_512',
  'ED25519_SHA_512',
  'ED25519_PH_SHA_512',
  'ML_DSA_SHAKE_256',
  'SM2DSA',
] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

export const MAC_ALGORITHMS = ['HMAC_SHA_224', 'HMAC_SHA_256', 'HMAC_SHA_384', 'HMAC_SHA_512'] as const;
export type MacAlgorithm = (typeof MAC_ALGORITHMS)[number];

export const KEY_AGREEMENT_ALGORITHMS = ['ECDH'] as const;
export type KeyAgreementAlgorithm = (typeof KEY_AGREEMENT_ALGORITHMS)[number];

export const ENCAPSULATION_ALGORITHMS = ['ML_KEM'] as const;
export type EncapsulationAlgorithm = (typeof ENCAPSULATION_ALGORITHMS)[number];

export type KeyType = 'symmetric' | 'asymmetric' | 'HMAC';

/** What a key of a spec can do: by what it is used for, the algorithms that it then works with. */
export interface KeySpecFacts {
  readonly type: KeyType;
  readonly encryption?: readonly EncryptionAlgorithm[];
  readonly signing?: readonly SigningAlgorithm[];
  readonly mac?: readonly MacAlgorithm[];
  readonly keyAgreement?: readonly KeyAgreementAlgorithm[];
  readonly encapsulation?: readonly EncapsulationAlgorithm[];
}

const RSA: KeySpecFacts = {
  type: 'asymmetric',
  encryption: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
  signing: [
    'RSASSA_PKCS1_V1_5_SHA_256',
    'RSASSA_PKCS1_V1_5_SHA_384',
    'RSASSA_PKCS1_V1_5_SHA_512',
    'RSASSA_PSS_SHA_256',
    'RSASSA_PSS_SHA_384',
    'RSASSA_PSS_SHA_512',
  ],
};
const ML_DSA: KeySpecFacts = { type: 'asymmetric', signing: ['ML_DSA_SHAKE_256'] };
const ML_KEM: KeySpecFacts = { type: 'asymmetric', encapsulation: ['ML_KEM'] };

const FACTS: Readonly<Record<KeySpec, KeySpecFacts>> = {
  SYMMETRIC_DEFAULT: { type: 'symmetric', encryption: ['SYMMETRIC_DEFAULT'] },
  RSA_2048: RSA,
  RSA_3072: RSA,
  RSA_4096: RSA,
  ECC_NIST_P256: { type: 'asymmetric', signing: ['ECDSA_SHA_256'], keyAgreement: ['ECDH'] },
  ECC_NIST_P384: { type: 'asymmetric', signing: ['ECDSA_SHA_384'], keyAgreement: ['ECDH'] },
  ECC_NIST_P521: { type: 'asymmetric', signing: ['ECDSA_SHA_512'], keyAgreement: ['ECDH'] },
  ECC_SECG_P256K1: { type: 'asymmetric', signing: ['ECDSA_SHA_256'] },
  ECC_NIST_EDWARDS25519: { type: 'asymmetric', signing: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'] },
  HMAC_224: { type: 'HMAC', mac: ['HMAC_SHA_224'] },
  HMAC_256: { type: 'HMAC', mac: ['HMAC_SHA_256'] },
  HMAC_384: { type: 'HMAC', mac: ['HMAC_SHA_384'] },
  HMAC_512: { type: 'HMAC', mac: ['HMAC_SHA_512'] },
  ML_DSA_44: ML_DSA,
  ML_DSA_65: ML_DSA,
  ML_DSA_87: ML_DSA,
  ML_KEM_512: ML_KEM,
  ML_KEM_768: ML_KEM,
  ML_KEM_1024: ML_KEM,
  SM2: { type: 'asymmetric', encryption: ['SM2PKE'], signing: ['SM2DSA'], keyAgreement: ['ECDH'] },
};

/** What a key of a spec can do. */
export function factsOf(keySpec: KeySpec): KeySpecFacts {
  return FACTS[keySpec];
}

/** The algorithms that a key of a spec works with when it is for a usage; none when it cannot be for that. */
export function algorithmsOf(keySpec: KeySpec, keyUsage: KeyUsage): readonly string[] {
  const { encryption, signing, mac, keyAgreement, encapsulation } = FACTS[keySpec];
  const byUsage = {
    ENCRYPT_DECRYPT: encryption,
    SIGN_VERIFY: signing,
    GENERATE_VERIFY_MAC: mac,
    KEY_AGREEMENT: keyAgreement,
    ENCAPSULATE_DECAPSULATE: encapsulation,
  };
  return byUsage[keyUsage] ?? [];
}

/**
 * Whether keys of a spec are offered in a Region: SM2 in the China Regions only, ML-KEM everywhere else (crypto.md
 * section 1, operations.md on Encapsulate).
 */
export function isOfferedIn(region: string, keySpec: KeySpec): boolean {
  return region.startsWith('cn-') ? !keySpec.startsWith('ML_KEM') : keySpec !== 'SM2';
}

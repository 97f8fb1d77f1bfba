import { randomBytes, randomUUID } from 'node:crypto';
import type { CreateKeyCommandInput, KMS } from '@aws-sdk/client-kms';
import { getParameters, importWith, NEVER_EXPIRES, OAEP, wrapMaterial } from './import.ts';
import { allow, keyPolicy, rootOf } from './key-policies.ts';
import { createAlias, createKey, encrypt } from './keys.ts';
import { THIRD_REGION } from './multi-region.ts';
import { ACCOUNT } from './server.ts';

/** The classes of operations.md section 2 that this version has operations of. */
export type StateClass =
  | 'CRYPTO'
  | 'ANY'
  | 'META'
  | 'ALIAS'
  | 'UPALIAS'
  | 'ENDIS'
  | 'ROT'
  | 'RODEM'
  | 'CANCEL'
  | 'SCHED'
  | 'IMPGET'
  | 'IMP'
  | 'DELMAT'
  | 'REPL'
  | 'UPPRIM';

/** A member by which an operation names a key, as operations.md section 1 specifies it. */
export interface KeyOperation {
  readonly operation: string;
  readonly member: string;
  readonly acceptsAliases: boolean;
  readonly crossAccount: boolean;
  readonly states: StateClass;
  /** The action that the key policy has to allow; ListAliases asks no key policy. */
  readonly permission: string | undefined;
  /** The kind of key that it is for; a symmetric encryption key, when empty. */
  readonly kind: CreateKeyCommandInput;
  /** Has an enabled key of that kind make what the call takes: a ciphertext, a MAC, … */
  readonly prepare: (kms: KMS, keyId: string) => Promise<Uint8Array>;
  /** Makes a call that succeeds unless the key forbids it. */
  readonly call: (kms: KMS, key: string, besides: Besides) => Promise<unknown>;
}

/** What some calls need besides the key that is looked at. */
export interface Besides {
  /** What the key that is looked at has made. */
  readonly made: Uint8Array;
  /** Another key of the caller, which allows everything. */
  readonly otherKeyId: string;
  readonly otherCiphertext: Uint8Array;
}

type Facts = Partial<Omit<KeyOperation, 'operation' | 'call'>>;

const DECRYPTION: Facts = { prepare: (kms, keyId) => encrypt(kms, keyId) };
const HMAC: Facts = { kind: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' } };
const ML_KEM: Facts = { kind: { KeySpec: 'ML_KEM_512', KeyUsage: 'ENCAPSULATE_DECAPSULATE' } };
const SIGNING: Facts = { kind: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' } };

const NOTHING_TO_PREPARE = async () => Buffer.of(1);

function keyOperation(
  operation: string,
  states: StateClass,
  call: KeyOperation['call'],
  facts: Facts = {},
): KeyOperation {
  return {
    operation,
    member: 'KeyId',
    acceptsAliases: false,
    crossAccount: false,
    permission: `kms:${operation}`,
    states,
    kind: {},
    prepare: NOTHING_TO_PREPARE,
    call,
    ...facts,
  };
}

async function generateMac(kms: KMS, KeyId: string): Promise<Uint8Array> {
  const { Mac } = await kms.generateMac({ KeyId, Message: Buffer.of(1), MacAlgorithm: 'HMAC_SHA_256' });
  return Mac ?? Buffer.of();
}

async function getPublicKey(kms: KMS, KeyId: string): Promise<Uint8Array> {
  const { PublicKey } = await kms.getPublicKey({ KeyId });
  return PublicKey ?? Buffer.of();
}

const SIGNATURE_REQUEST = { Message: Buffer.of(1), SigningAlgorithm: 'ECDSA_SHA_256' } as const;

async function sign(kms: KMS, KeyId: string): Promise<Uint8Array> {
  const { Signature } = await kms.sign({ KeyId, ...SIGNATURE_REQUEST });
  return Signature ?? Buffer.of();
}

/** Bytes of what an RSA_2048 wrapping key encrypts. */
const WRAPPED_LENGTH = 256;

/** Imports the first material of a key, and returns what it takes to import it again: it, wrapped, and the token. */
async function importFirst(kms: KMS, KeyId: string): Promise<Uint8Array> {
  const parameters = await getParameters(kms, KeyId);
  const material = randomBytes(32);
  await importWith(kms, KeyId, parameters, material);
  return Buffer.concat([wrapMaterial(parameters, material), parameters.ImportToken]);
}

/** Whatever else was made is neither wrapped key material nor a token. */
function importOf(made: Uint8Array) {
  const end = made.length > WRAPPED_LENGTH ? WRAPPED_LENGTH : 0;
  return { EncryptedKeyMaterial: made.subarray(0, end || made.length), ImportToken: made.subarray(end) };
}

const IMPORTED: Facts = { kind: { Origin: 'EXTERNAL' }, prepare: importFirst };

async function replicateToThirdRegion(kms: KMS, KeyId: string): Promise<Uint8Array> {
  await kms.replicateKey({ KeyId, ReplicaRegion: THIRD_REGION });
  return NOTHING_TO_PREPARE();
}

const ANY_IDENTIFIER: Facts = { acceptsAliases: true, crossAccount: true };

const NO_GRANT = '0'.repeat(64);

/** Whether there is such a grant is asked last, of whoever may revoke it. */
function unlessOnlyMissing(error: unknown): void {
  if (!(error instanceof Error && error.message === `Grant ID ${NO_GRANT} not found`)) throw error;
}

/**
 * Every member by which an operation names a key; those that change who may use the key, and how, come last,
 * so that all of them can be called on one key, one after the other.
 */
export const KEY_OPERATIONS: readonly KeyOperation[] = [
  keyOperation('DescribeKey', 'ANY', (kms, KeyId) => kms.describeKey({ KeyId }), ANY_IDENTIFIER),
  keyOperation(
    'Encrypt',
    'CRYPTO',
    (kms, KeyId) => kms.encrypt({ KeyId, Plaintext: Buffer.of(1) }),
    ANY_IDENTIFIER,
  ),
  keyOperation(
    'Decrypt',
    'CRYPTO',
    (kms, KeyId, { made: CiphertextBlob }) => kms.decrypt({ KeyId, CiphertextBlob }),
    { ...ANY_IDENTIFIER, ...DECRYPTION },
  ),
  keyOperation(
    'ReEncrypt',
    'CRYPTO',
    (kms, SourceKeyId, { made: CiphertextBlob, otherKeyId: DestinationKeyId }) =>
      kms.reEncrypt({ SourceKeyId, CiphertextBlob, DestinationKeyId }),
    { ...ANY_IDENTIFIER, ...DECRYPTION, member: 'SourceKeyId', permission: 'kms:ReEncryptFrom' },
  ),
  keyOperation(
    'ReEncrypt',
    'CRYPTO',
    (kms, DestinationKeyId, { otherCiphertext }) =>
      kms.reEncrypt({ DestinationKeyId, CiphertextBlob: otherCiphertext }),
    { ...ANY_IDENTIFIER, member: 'DestinationKeyId', permission: 'kms:ReEncryptTo' },
  ),
  keyOperation(
    'GenerateDataKey',
    'CRYPTO',
    (kms, KeyId) => kms.generateDataKey({ KeyId, KeySpec: 'AES_256' }),
    ANY_IDENTIFIER,
  ),
  keyOperation(
    'GenerateDataKeyWithoutPlaintext',
    'CRYPTO',
    (kms, KeyId) => kms.generateDataKeyWithoutPlaintext({ KeyId, KeySpec: 'AES_256' }),
    ANY_IDENTIFIER,
  ),
  keyOperation(
    'GenerateDataKeyPair',
    'CRYPTO',
    (kms, KeyId) => kms.generateDataKeyPair({ KeyId, KeyPairSpec: 'ECC_NIST_P256' }),
    ANY_IDENTIFIER,
  ),
  keyOperation(
    'GenerateDataKeyPairWithoutPlaintext',
    'CRYPTO',
    (kms, KeyId) => kms.generateDataKeyPairWithoutPlaintext({ KeyId, KeyPairSpec: 'ECC_NIST_P256' }),
    ANY_IDENTIFIER,
  ),
  keyOperation(
    'GenerateMac',
    'CRYPTO',
    (kms, KeyId) => kms.generateMac({ KeyId, Message: Buffer.of(1), MacAlgorithm: 'HMAC_SHA_256' }),
    { ...ANY_IDENTIFIER, ...HMAC },
  ),
  keyOperation(
    'VerifyMac',
    'CRYPTO',
    (kms, KeyId, { made: Mac }) =>
      kms.verifyMac({ KeyId, Message: Buffer.of(1), MacAlgorithm: 'HMAC_SHA_256', Mac }),
    { ...ANY_IDENTIFIER, ...HMAC, prepare: generateMac },
  ),
  keyOperation('Sign', 'CRYPTO', (kms, KeyId) => kms.sign({ KeyId, ...SIGNATURE_REQUEST }), {
    ...ANY_IDENTIFIER,
    ...SIGNING,
  }),
  keyOperation(
    'Verify',
    'CRYPTO',
    (kms, KeyId, { made: Signature }) => kms.verify({ KeyId, ...SIGNATURE_REQUEST, Signature }),
    { ...ANY_IDENTIFIER, ...SIGNING, prepare: sign },
  ),
  keyOperation('GetPublicKey', 'CRYPTO', (kms, KeyId) => kms.getPublicKey({ KeyId }), {
    ...ANY_IDENTIFIER,
    ...SIGNING,
  }),
  keyOperation('GetKeyLastUsage', 'ANY', (kms, KeyId) => kms.getKeyLastUsage({ KeyId })),
  keyOperation(
    'DeriveSharedSecret',
    'CRYPTO',
    (kms, KeyId, { made: PublicKey }) =>
      kms.deriveSharedSecret({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey }),
    {
      ...ANY_IDENTIFIER,
      kind: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
      prepare: getPublicKey,
    },
  ),
  keyOperation(
    'Encapsulate',
    'CRYPTO',
    (kms, KeyId) => kms.encapsulate({ KeyId, EncapsulationAlgorithm: 'ML_KEM' }),
    { ...ANY_IDENTIFIER, ...ML_KEM },
  ),
  keyOperation(
    'Decapsulate',
    'CRYPTO',
    (kms, KeyId) =>
      kms.decapsulate({
        KeyId,
        EncapsulationAlgorithm: 'ML_KEM',
        SharedSecretCiphertextBlob: Buffer.alloc(768),
      }),
    { ...ANY_IDENTIFIER, ...ML_KEM },
  ),
  keyOperation('GetKeyPolicy', 'ANY', (kms, KeyId) => kms.getKeyPolicy({ KeyId })),
  keyOperation('ListKeyPolicies', 'ANY', (kms, KeyId) => kms.listKeyPolicies({ KeyId })),
  keyOperation('ListAliases', 'ANY', (kms, KeyId) => kms.listAliases({ KeyId }), { permission: undefined }),
  keyOperation('ListResourceTags', 'ANY', (kms, KeyId) => kms.listResourceTags({ KeyId })),
  keyOperation(
    'CreateGrant',
    'CRYPTO',
    (kms, KeyId) =>
      kms.createGrant({ KeyId, GranteePrincipal: rootOf(ACCOUNT), Operations: ['DescribeKey'] }),
    { crossAccount: true },
  ),
  keyOperation('ListGrants', 'ANY', (kms, KeyId) => kms.listGrants({ KeyId }), { crossAccount: true }),
  keyOperation(
    'RevokeGrant',
    'ANY',
    (kms, KeyId) => kms.revokeGrant({ KeyId, GrantId: NO_GRANT }).catch(unlessOnlyMissing),
    { crossAccount: true },
  ),
  keyOperation('GetKeyRotationStatus', 'ANY', (kms, KeyId) => kms.getKeyRotationStatus({ KeyId }), {
    crossAccount: true,
  }),
  keyOperation('ListKeyRotations', 'ANY', (kms, KeyId) => kms.listKeyRotations({ KeyId })),
  keyOperation('EnableKeyRotation', 'ROT', (kms, KeyId) => kms.enableKeyRotation({ KeyId })),
  keyOperation('RotateKeyOnDemand', 'RODEM', (kms, KeyId) => kms.rotateKeyOnDemand({ KeyId })),
  keyOperation('DisableKeyRotation', 'ROT', (kms, KeyId) => kms.disableKeyRotation({ KeyId })),
  keyOperation('TagResource', 'META', (kms, KeyId) =>
    kms.tagResource({ KeyId, Tags: [{ TagKey: 'team', TagValue: 'orders' }] }),
  ),
  keyOperation('UntagResource', 'META', (kms, KeyId) => kms.untagResource({ KeyId, TagKeys: ['team'] })),
  keyOperation('UpdateKeyDescription', 'META', (kms, KeyId) =>
    kms.updateKeyDescription({ KeyId, Description: 'changed' }),
  ),
  keyOperation(
    'CreateAlias',
    'ALIAS',
    (kms, TargetKeyId) => kms.createAlias({ AliasName: `alias/${randomUUID()}`, TargetKeyId }),
    { member: 'TargetKeyId' },
  ),
  keyOperation(
    'UpdateAlias',
    'UPALIAS',
    async (kms, TargetKeyId, { otherKeyId }) =>
      kms.updateAlias({ AliasName: await createAlias(kms, otherKeyId), TargetKeyId }),
    { member: 'TargetKeyId' },
  ),
  keyOperation(
    'GetParametersForImport',
    'IMPGET',
    (kms, KeyId) => kms.getParametersForImport({ KeyId, ...OAEP }),
    IMPORTED,
  ),
  keyOperation(
    'ImportKeyMaterial',
    'IMP',
    (kms, KeyId, { made }) => kms.importKeyMaterial({ KeyId, ...importOf(made), ...NEVER_EXPIRES }),
    IMPORTED,
  ),
  keyOperation(
    'DeleteImportedKeyMaterial',
    'DELMAT',
    (kms, KeyId) => kms.deleteImportedKeyMaterial({ KeyId }),
    IMPORTED,
  ),
  keyOperation(
    'ReplicateKey',
    'REPL',
    (kms, KeyId) => kms.replicateKey({ KeyId, ReplicaRegion: 'ca-central-1' }),
    { kind: { MultiRegion: true } },
  ),
  keyOperation(
    'UpdatePrimaryRegion',
    'UPPRIM',
    (kms, KeyId) => kms.updatePrimaryRegion({ KeyId, PrimaryRegion: THIRD_REGION }),
    { kind: { MultiRegion: true }, prepare: replicateToThirdRegion },
  ),
  keyOperation('DisableKey', 'ENDIS', (kms, KeyId) => kms.disableKey({ KeyId })),
  keyOperation('EnableKey', 'ENDIS', (kms, KeyId) => kms.enableKey({ KeyId })),
  keyOperation('ScheduleKeyDeletion', 'SCHED', (kms, KeyId) => kms.scheduleKeyDeletion({ KeyId })),
  keyOperation('CancelKeyDeletion', 'CANCEL', (kms, KeyId) => kms.cancelKeyDeletion({ KeyId })),
  keyOperation('PutKeyPolicy', 'ANY', (kms, KeyId) =>
    kms.putKeyPolicy({
      KeyId,
      Policy: keyPolicy(allow({ Principal: '*' })),
      BypassPolicyLockoutSafetyCheck: true,
    }),
  ),
];

/** The operations by which a key can be named twice tell the two apart. */
export function describeOperation({ operation, member }: KeyOperation): string {
  return member === 'KeyId' ? operation : `${operation} (${member})`;
}

/** What the calls need of an account besides the key that is looked at. */
export async function createBesides(kms: KMS): Promise<Omit<Besides, 'made'>> {
  const { keyId: otherKeyId } = await createKey(kms);
  return { otherKeyId, otherCiphertext: await encrypt(kms, otherKeyId) };
}

import { randomBytes } from 'node:crypto';
import { factsOf, type KeyType, type KeyUsage } from '../crypto/index.ts';
import {
  type AuthorizationRequest,
  type Grant,
  type GrantConstraints,
  type GrantIndex,
  indexGrants,
  type Principal,
} from '../policy/index.ts';
import { DEFAULT_RESOURCE_QUOTAS } from '../quotas/index.ts';
import {
  countGrants,
  deleteGrant,
  findKey,
  findSameGrant,
  type GrantRecord,
  insertGrant,
  listGrantsTo,
  type Reader,
  RevisionConflict,
  type Writer,
} from '../store/index.ts';
import { rootArn } from './identifiers.ts';
import type { KeyEntry } from './key-entry.ts';
import type { Kms } from './kms.ts';
import {
  constraintValueTooLong,
  grantConstraintUnsupported,
  grantNotFound,
  grantOperationUnsupported,
  invalidGrantToken,
  oneGrantConstraintExpected,
  tooManyConstraintPairs,
  tooManyGrants,
} from './refusals.ts';

/** Of a constraint (grants.md section 3); lengths in characters. */
const CONSTRAINT_PAIRS = 8;
const CONSTRAINT_VALUE_LENGTH = 384;

/** The operations that grants of every key can be for (grants.md section 2). */
const COMMON_OPERATIONS: readonly string[] = ['CreateGrant', 'DescribeKey', 'RetireGrant'];

const ENCRYPTION_OPERATIONS: readonly string[] = ['Decrypt', 'Encrypt', 'ReEncryptFrom', 'ReEncryptTo'];

/** Those that only keys with some usage can be for. */
const OPERATIONS_BY_USAGE: Readonly<Record<KeyUsage, readonly string[]>> = {
  ENCRYPT_DECRYPT: ENCRYPTION_OPERATIONS,
  SIGN_VERIFY: ['Sign', 'Verify'],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac'],
  KEY_AGREEMENT: ['DeriveSharedSecret'],
  ENCAPSULATE_DECAPSULATE: ['Decapsulate', 'Encapsulate'],
};

/** Those that only keys of some type can be for. */
const OPERATIONS_BY_TYPE: Readonly<Record<KeyType, readonly string[]>> = {
  symmetric: [
    'GenerateDataKey',
    'GenerateDataKeyPair',
    'GenerateDataKeyPairWithoutPlaintext',
    'GenerateDataKeyWithoutPlaintext',
  ],
  asymmetric: ['GetPublicKey'],
  HMAC: [],
};

/** What a grant permits, and under which conditions. */
export interface GrantDetails {
  /** Sorted, each once. */
  readonly operations: readonly string[];
  readonly constraints?: GrantConstraints;
  /** The grantee, or who may retire the grant, is a service. */
  readonly granteeIsService?: true;
  readonly retiringPrincipalIsService?: true;
}

/** The grants of a key to one grantee, as the policy engine takes them. */
export interface GrantsEntry {
  /** By id. */
  readonly grants: readonly Grant[];
  readonly index: GrantIndex;
}

/** What distinguishes a new grant. */
export interface NewGrant {
  readonly name: string;
  readonly grantee: string;
  readonly retiringPrincipal: string | undefined;
  readonly issuingAccount: string;
  readonly details: GrantDetails;
}

/** Loads the grants of a key to a grantee; an entry without grants when there are none, so that this is known too. */
export async function loadGrantsEntry(
  reader: Reader,
  region: string,
  keyId: string,
  grantee: string,
): Promise<GrantsEntry> {
  const grants = (await listGrantsTo(reader, region, keyId, grantee)).map(toGrant);
  return Object.freeze({ grants, index: indexGrants(grants) });
}

/** What a grant permits. The record was authenticated, so that its details are what was stored. */
export function detailsOf({ details }: GrantRecord): GrantDetails {
  const parsed: GrantDetails = JSON.parse(details);
  return parsed;
}

/** A grant as the policy engine takes it. */
export function toGrant(record: GrantRecord): Grant {
  const { operations, constraints, granteeIsService } = detailsOf(record);
  const grantee = granteeIsService
    ? { granteeServicePrincipal: record.grantee }
    : { granteePrincipal: record.grantee };
  return { grantId: record.grantId, ...grantee, operations, ...(constraints && { constraints }) };
}

/** The operations that a grant of a key can be for. */
function grantOperationsOf({ keySpec, keyUsage }: KeyEntry): readonly string[] {
  return [
    ...COMMON_OPERATIONS,
    ...OPERATIONS_BY_USAGE[keyUsage],
    ...OPERATIONS_BY_TYPE[factsOf(keySpec).type],
  ];
}

/**
 * Refuses a grant that no key, or not this one, can have (grants.md sections 2 and 3).
 *
 * @throws ServiceError `ValidationException` for an operation that the key is not for; for constraints of two kinds, of
 * more than eight pairs or with a value over 384 characters
 */
export function requireGrantDetails(key: KeyEntry, { operations, constraints = {} }: GrantDetails): void {
  const possible = grantOperationsOf(key);
  const impossible = operations.find((name) => !possible.includes(name));
  if (impossible !== undefined) throw grantOperationUnsupported(impossible, key.arn);
  const { encryptionContextEquals: equals, encryptionContextSubset: subset } = constraints;
  if (equals !== undefined && subset !== undefined) throw oneGrantConstraintExpected();
  const pairs = Object.entries(equals ?? subset ?? {});
  if ((equals ?? subset) !== undefined && key.keySpec !== 'SYMMETRIC_DEFAULT')
    throw grantConstraintUnsupported(key.arn);
  if (pairs.length > CONSTRAINT_PAIRS) throw tooManyConstraintPairs(CONSTRAINT_PAIRS);
  if (pairs.some(([, value]) => value.length > CONSTRAINT_VALUE_LENGTH))
    throw constraintValueTooLong(CONSTRAINT_VALUE_LENGTH);
}

/** The grants of a key that can concern a caller: those to itself, its role and its account. */
export async function grantsTo(kms: Kms, key: KeyPlace, principal: Principal): Promise<readonly Grant[]> {
  return (await entriesFor(kms, key, principal)).flatMap(({ grants }) => grants);
}

/** Those of them that can permit the caller an action such as `kms:Decrypt` in a context. */
export async function grantsFor(
  kms: Kms,
  key: KeyPlace,
  { principal, action, context }: Pick<AuthorizationRequest, 'principal' | 'action' | 'context'>,
): Promise<readonly Grant[]> {
  const found = (await entriesFor(kms, key, principal))
    .map(({ index }) => index.candidates(action, context))
    .filter((grants) => grants.length > 0);
  return found.length === 1 ? (found[0] ?? []) : found.flat();
}

interface KeyPlace {
  readonly region: string;
  readonly keyId: string;
}

async function entriesFor(
  kms: Kms,
  { region, keyId }: KeyPlace,
  principal: Principal,
): Promise<readonly GrantsEntry[]> {
  const entries: GrantsEntry[] = [];
  for (const grantee of granteesOf(kms.partition, principal)) {
    const cached = kms.grants.get(`${region}/${keyId}/${grantee}`);
    const entry = cached instanceof Promise ? await cached : cached;
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/** The names under which grants to a caller are stored. */
function granteesOf(partition: string, principal: Principal): readonly string[] {
  if (principal.kind === 'service') return [principal.serviceName];
  const account = rootArn(partition, principal.account);
  switch (principal.kind) {
    case 'user':
      return [principal.uniqueId, account];
    case 'assumed-role':
      return [principal.arn, principal.uniqueId, account];
    case 'federated-user':
      return [principal.arn, ...(principal.userUniqueId ? [principal.userUniqueId] : []), account];
    case 'root':
      return [account];
    case 'web-identity':
      return [];
  }
}

/**
 * Creates a grant; one that has a name is created once, however often it is asked for.
 *
 * @throws ServiceError `LimitExceededException` when the key has as many as it may have
 * @throws RevisionConflict when the key has changed since the request was judged
 */
export function createGrant(kms: Kms, key: KeyEntry, grant: NewGrant): Promise<GrantRecord> {
  const { grantsPerKey } = kms.resourceQuotasOf(key.record.accountId);
  return kms.store.write((writer) => createGrantWithin(writer, kms, key, grant, grantsPerKey));
}

/**
 * `createGrant` as a part of a transaction.
 *
 * @param quota how many grants the key may have
 */
export async function createGrantWithin(
  writer: Writer,
  { clock }: Pick<Kms, 'clock'>,
  { record: { region, keyId, revision } }: KeyEntry,
  { details, ...grant }: NewGrant,
  quota = DEFAULT_RESOURCE_QUOTAS.grantsPerKey,
): Promise<GrantRecord> {
  if ((await findKey(writer, region, keyId))?.revision !== revision) throw new RevisionConflict();
  const record: GrantRecord = {
    ...grant,
    region,
    keyId,
    grantId: randomBytes(32).toString('hex'),
    creationDate: clock.now(),
    details: JSON.stringify(details),
  };
  const same = record.name === '' ? undefined : await findSameGrant(writer, record);
  if (same !== undefined) return same;
  if ((await countGrants(writer, region, keyId)) >= quota) throw tooManyGrants(quota);
  await insertGrant(writer, record);
  return record;
}

/** @throws ServiceError `NotFoundException` when it is gone */
export async function removeGrant({ store }: Kms, record: GrantRecord): Promise<void> {
  const wasThere = await store.write((writer) => deleteGrant(writer, record));
  if (!wasThere) throw grantNotFound(record.grantId);
}

/** Where a grant is. */
export interface GrantPlace {
  readonly region: string;
  readonly keyId: string;
  readonly grantId: string;
}

/** A new token of a grant: each is different, all mean the same. */
export function issueGrantToken({ keyring }: Kms, { region, keyId, grantId }: GrantPlace): string {
  return keyring.sealGrantToken(`${region}/${keyId}/${grantId}`);
}

/** @throws ServiceError `InvalidGrantTokenException` for what is no token of this deployment */
export function readGrantToken({ keyring }: Kms, token: string): GrantPlace {
  const [region, keyId, grantId] = keyring.openGrantToken(token)?.split('/') ?? [];
  if (region === undefined || keyId === undefined || grantId === undefined) throw invalidGrantToken();
  return { region, keyId, grantId };
}

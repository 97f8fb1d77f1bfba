import { type Row, type StoredRow, verifyRow } from './rows.ts';
import type { Reader } from './store.ts';

/** Key and value of a tag. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** A KMS key as it is stored, without its material. Dates are milliseconds since the Unix epoch. */
export interface KeyRecord {
  readonly region: string;
  readonly keyId: string;
  readonly accountId: string;
  readonly revision: number;
  readonly creationDate: number;
  readonly description: string;
  readonly keySpec: string;
  readonly keyUsage: string;
  readonly origin: string;
  readonly keyManager: string;
  readonly keyState: string;
  /** The state that ends `Creating` and `Updating`. */
  readonly settledKeyState: string | undefined;
  readonly deletionDate: number | undefined;
  /** The waiting period that begins when the last replica is gone, in days. */
  readonly pendingWindowInDays: number | undefined;
  /** Of a multi-Region key. */
  readonly primaryRegion: string | undefined;
  /** Automatic rotation is enabled when both are there. */
  readonly rotationPeriodInDays: number | undefined;
  readonly nextRotationDate: number | undefined;
  /** The key policy, as it was given. */
  readonly policy: string;
  /** Unique ids of the users and roles that the policy names, by the ARN by which it names them. */
  readonly policyPrincipals: ReadonlyMap<string, string>;
  /** Counts from 1: how many policies the key has had. */
  readonly policyVersion: number;
  /** The ARN of whoever put the policy, and when. */
  readonly policyPutBy: string;
  readonly policyPutDate: number;
  /** Sorted by key. */
  readonly tags: readonly Tag[];
  readonly currentKeyMaterialId: string | undefined;
}

/** The columns of a key. */
export function toKeyRow(record: KeyRecord): Row<'keys'> {
  return {
    region: record.region,
    key_id: record.keyId,
    account_id: record.accountId,
    revision: record.revision,
    creation_date: record.creationDate,
    description: JSON.stringify(record.description),
    key_spec: record.keySpec,
    key_usage: record.keyUsage,
    origin: record.origin,
    key_manager: record.keyManager,
    key_state: record.keyState,
    settled_key_state: record.settledKeyState ?? null,
    deletion_date: record.deletionDate ?? null,
    pending_window_in_days: record.pendingWindowInDays ?? null,
    primary_region: record.primaryRegion ?? null,
    rotation_period_in_days: record.rotationPeriodInDays ?? null,
    next_rotation_date: record.nextRotationDate ?? null,
    policy: record.policy,
    policy_principals: JSON.stringify([...record.policyPrincipals]),
    policy_version: record.policyVersion,
    policy_put_by: record.policyPutBy,
    policy_put_date: record.policyPutDate,
    tags: JSON.stringify(record.tags.map(({ key, value }) => [key, value])),
    current_key_material_id: record.currentKeyMaterialId ?? null,
  };
}

/**
 * Reads a key as it is stored.
 *
 * @throws ServiceError `KMSInternalException` when the row is not authentic
 */
export function toKeyRecord(reader: Reader, stored: StoredRow<'keys'>): KeyRecord {
  const row = verifyRow(reader.keyring, 'keys', stored);
  const description: string = JSON.parse(row.description);
  const tags: readonly [string, string][] = JSON.parse(row.tags);
  const policyPrincipals: readonly [string, string][] = JSON.parse(row.policy_principals);
  return {
    region: row.region,
    keyId: row.key_id,
    accountId: row.account_id,
    revision: row.revision,
    creationDate: row.creation_date,
    description,
    keySpec: row.key_spec,
    keyUsage: row.key_usage,
    origin: row.origin,
    keyManager: row.key_manager,
    keyState: row.key_state,
    settledKeyState: row.settled_key_state ?? undefined,
    deletionDate: row.deletion_date ?? undefined,
    pendingWindowInDays: row.pending_window_in_days ?? undefined,
    primaryRegion: row.primary_region ?? undefined,
    rotationPeriodInDays: row.rotation_period_in_days ?? undefined,
    nextRotationDate: row.next_rotation_date ?? undefined,
    policy: row.policy,
    policyPrincipals: new Map(policyPrincipals),
    policyVersion: row.policy_version,
    policyPutBy: row.policy_put_by,
    policyPutDate: row.policy_put_date,
    tags: tags.map(([key, value]) => ({ key, value })),
    currentKeyMaterialId: row.current_key_material_id ?? undefined,
  };
}

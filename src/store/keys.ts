import { addToKeyCount } from './key-counts.ts';
import { RevisionConflict } from './refusals.ts';
import type { StoredRow } from './rows.ts';
import { authenticateRow, type Row, verifyRow } from './rows.ts';
import type { Reader, Writer } from './store.ts';

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

/** The entity under which changes of a key are logged. */
export function keyEntity(region: string, keyId: string): string {
  return `key/${region}/${keyId}`;
}

/** How many keys of the whole store are in each key state. */
export async function countKeysByState({ db }: Reader): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('keys')
    .select(['key_state', ({ fn }) => fn.countAll().as('count')])
    .groupBy('key_state')
    .execute();
  return new Map(rows.map(({ key_state, count }) => [key_state, Number(count)]));
}

export async function findKey(reader: Reader, region: string, keyId: string): Promise<KeyRecord | undefined> {
  const row = await reader.db
    .selectFrom('keys')
    .selectAll()
    .where('region', '=', region)
    .where('key_id', '=', keyId)
    .executeTakeFirst();
  return row && toRecord(reader, row);
}

/** A multi-Region key in each of its Regions, in alphabetical order of these. */
export async function listFamily(reader: Reader, keyId: string): Promise<readonly KeyRecord[]> {
  const rows = await reader.db
    .selectFrom('keys')
    .selectAll()
    .where('key_id', '=', keyId)
    .where('primary_region', 'is not', null)
    .orderBy('region')
    .execute();
  return rows.map((row) => toRecord(reader, row));
}

/** The ids of an account's keys in a Region in ascending order, after `after`, at most `limit`. */
export async function listKeyIds(
  reader: Reader,
  accountId: string,
  region: string,
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const rows = await reader.db
    .selectFrom('keys')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('region', '=', region)
    .where('key_id', '>', after)
    .orderBy('key_id')
    .limit(limit)
    .execute();
  return rows.map((row) => verifyRow(reader.keyring, 'keys', row).key_id);
}

/** Keys whose waiting period ends at or before a date, earliest first, at most `limit`. */
export async function listKeysDueForDeletion(
  reader: Reader,
  date: number,
  limit: number,
): Promise<readonly KeyRecord[]> {
  const rows = await reader.db
    .selectFrom('keys')
    .selectAll()
    .where('deletion_date', '<=', date)
    .orderBy('deletion_date')
    .limit(limit)
    .execute();
  return rows.map((row) => toRecord(reader, row));
}

/** The date of the next scheduled deletion in the whole store. */
export async function nextDeletionDate(reader: Reader): Promise<number | undefined> {
  const row = await reader.db
    .selectFrom('keys')
    .select('deletion_date')
    .where('deletion_date', 'is not', null)
    .orderBy('deletion_date')
    .limit(1)
    .executeTakeFirst();
  return row?.deletion_date ?? undefined;
}

/**
 * Enabled keys whose automatic rotation is due at or before a date, earliest first, at most `limit`; of a multi-Region
 * key the primary.
 */
export async function listKeysDueForRotation(
  reader: Reader,
  date: number,
  limit: number,
): Promise<readonly KeyRecord[]> {
  const rows = await rotatingKeys(reader)
    .selectAll()
    .where('next_rotation_date', '<=', date)
    .limit(limit)
    .execute();
  return rows.map((row) => toRecord(reader, row));
}

/** The date of the next automatic rotation in the whole store. */
export async function nextRotationDate(reader: Reader): Promise<number | undefined> {
  const row = await rotatingKeys(reader)
    .select('next_rotation_date')
    .where('next_rotation_date', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  return row?.next_rotation_date ?? undefined;
}

/** What automatic rotation waits for while a key is not enabled; replicas are rotated with their primary key. */
function rotatingKeys({ db }: Reader) {
  return db
    .selectFrom('keys')
    .where('key_state', '=', 'Enabled')
    .where((key) =>
      key.or([key('primary_region', 'is', null), key('primary_region', '=', key.ref('region'))]),
    )
    .orderBy('next_rotation_date');
}

/** Keys that are to leave `Creating` and `Updating`, at most `limit`. */
export async function listUnsettledKeys(reader: Reader, limit: number): Promise<readonly KeyRecord[]> {
  const rows = await reader.db
    .selectFrom('keys')
    .selectAll()
    .where('settled_key_state', 'is not', null)
    .limit(limit)
    .execute();
  return rows.map((row) => toRecord(reader, row));
}

export async function insertKey(writer: Writer, record: KeyRecord): Promise<void> {
  await writer.db
    .insertInto('keys')
    .values(authenticateRow(writer.keyring, 'keys', toRow(record)))
    .execute();
  if (isCounted(record)) await addToKeyCount(writer, record, 1);
  writer.changed(keyEntity(record.region, record.keyId));
}

/**
 * Replaces a key's record by a changed one of the same revision, and advances the revision.
 *
 * @throws RevisionConflict when the key has changed, or is gone, since `record` was read
 */
export async function updateKey(writer: Writer, record: KeyRecord): Promise<void> {
  const row = toRow({ ...record, revision: record.revision + 1 });
  const { numUpdatedRows } = await writer.db
    .updateTable('keys')
    .set(authenticateRow(writer.keyring, 'keys', row))
    .where('region', '=', record.region)
    .where('key_id', '=', record.keyId)
    .where('revision', '=', record.revision)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new RevisionConflict();
  writer.changed(keyEntity(record.region, record.keyId));
}

/**
 * Removes a key; what belongs to it is removed by itself.
 *
 * @throws RevisionConflict when the key has changed, or is gone, since `record` was read
 */
export async function deleteKey(writer: Writer, record: KeyRecord): Promise<void> {
  const { numDeletedRows } = await writer.db
    .deleteFrom('keys')
    .where('region', '=', record.region)
    .where('key_id', '=', record.keyId)
    .where('revision', '=', record.revision)
    .executeTakeFirst();
  if (numDeletedRows !== 1n) throw new RevisionConflict();
  if (isCounted(record)) await addToKeyCount(writer, record, -1);
  writer.changed(keyEntity(record.region, record.keyId));
}

/** AWS managed keys count towards nobody's quota. */
function isCounted({ keyManager }: KeyRecord): boolean {
  return keyManager === 'CUSTOMER';
}

function toRow(record: KeyRecord): Row<'keys'> {
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

function toRecord(reader: Reader, stored: StoredRow<'keys'>): KeyRecord {
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

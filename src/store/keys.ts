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
  readonly multiRegion: boolean;
  readonly keyState: string;
  readonly deletionDate: number | undefined;
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

/** One version of a key's material, wrapped under the keyring. */
export interface KeyMaterialRecord {
  readonly region: string;
  readonly keyId: string;
  readonly keyMaterialId: string;
  readonly creationDate: number;
  readonly wrappedKeyMaterial: Uint8Array;
}

/** The entity under which changes of a key are logged. */
export function keyEntity(region: string, keyId: string): string {
  return `key/${region}/${keyId}`;
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

/** Stores a new key with its first material. */
export async function insertKey(
  writer: Writer,
  record: KeyRecord,
  material: KeyMaterialRecord,
): Promise<void> {
  const { db, keyring } = writer;
  await db
    .insertInto('keys')
    .values(authenticateRow(keyring, 'keys', toRow(record)))
    .execute();
  await db
    .insertInto('key_materials')
    .values(
      authenticateRow(keyring, 'key_materials', {
        region: material.region,
        key_id: material.keyId,
        key_material_id: material.keyMaterialId,
        creation_date: material.creationDate,
        wrapped_key_material: material.wrappedKeyMaterial,
      }),
    )
    .execute();
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
 * Removes a key and all of its material.
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
  await writer.db
    .deleteFrom('key_materials')
    .where('region', '=', record.region)
    .where('key_id', '=', record.keyId)
    .execute();
  writer.changed(keyEntity(record.region, record.keyId));
}

/** Every version of a key's material. */
export async function listKeyMaterials(
  reader: Reader,
  region: string,
  keyId: string,
): Promise<readonly KeyMaterialRecord[]> {
  const rows = await reader.db
    .selectFrom('key_materials')
    .selectAll()
    .where('region', '=', region)
    .where('key_id', '=', keyId)
    .execute();
  return rows.map((stored) => {
    const row = verifyRow(reader.keyring, 'key_materials', stored);
    return {
      region: row.region,
      keyId: row.key_id,
      keyMaterialId: row.key_material_id,
      creationDate: row.creation_date,
      wrappedKeyMaterial: row.wrapped_key_material,
    };
  });
}

function toRow(record: KeyRecord): Row<'keys'> {
  return {
    region: record.region,
    key_id: record.keyId,
    account_id: record.accountId,
    revision: record.revision,
    creation_date: record.creationDate,
    description: record.description,
    key_spec: record.keySpec,
    key_usage: record.keyUsage,
    origin: record.origin,
    key_manager: record.keyManager,
    multi_region: record.multiRegion ? 1 : 0,
    key_state: record.keyState,
    deletion_date: record.deletionDate ?? null,
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
  const tags: readonly [string, string][] = JSON.parse(row.tags);
  const policyPrincipals: readonly [string, string][] = JSON.parse(row.policy_principals);
  return {
    region: row.region,
    keyId: row.key_id,
    accountId: row.account_id,
    revision: row.revision,
    creationDate: row.creation_date,
    description: row.description,
    keySpec: row.key_spec,
    keyUsage: row.key_usage,
    origin: row.origin,
    keyManager: row.key_manager,
    multiRegion: row.multi_region === 1,
    keyState: row.key_state,
    deletionDate: row.deletion_date ?? undefined,
    policy: row.policy,
    policyPrincipals: new Map(policyPrincipals),
    policyVersion: row.policy_version,
    policyPutBy: row.policy_put_by,
    policyPutDate: row.policy_put_date,
    tags: tags.map(([key, value]) => ({ key, value })),
    currentKeyMaterialId: row.current_key_material_id ?? undefined,
  };
}

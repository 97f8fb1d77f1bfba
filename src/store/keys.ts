import { addToKeyCount } from './key-counts.ts';
import { type KeyRecord, toKeyRecord, toKeyRow } from './key-record.ts';
import { RevisionConflict } from './refusals.ts';
import { authenticateRow, verifyRow } from './rows.ts';
import type { Reader, Writer } from './store.ts';

export type { KeyRecord, Tag } from './key-record.ts';

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
  return row && toKeyRecord(reader, row);
}

/** Finds those of many keys of a Region that there are, in order of their ids, in one look. */
export async function findKeys(
  reader: Reader,
  region: string,
  keyIds: readonly string[],
): Promise<readonly KeyRecord[]> {
  const rows = await reader.db
    .selectFrom('keys')
    .selectAll()
    .where('region', '=', region)
    .where('key_id', 'in', reader.dialect.elementsOf(keyIds))
    .orderBy('key_id')
    .execute();
  return rows.map((row) => toKeyRecord(reader, row));
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
  return rows.map((row) => toKeyRecord(reader, row));
}

/** Multi-Region keys in each of their Regions, in alphabetical order of these. */
export async function listFamilies(reader: Reader, keyIds: readonly string[]): Promise<readonly KeyRecord[]> {
  const rows = await reader.db
    .selectFrom('keys')
    .selectAll()
    .where('key_id', 'in', reader.dialect.elementsOf(keyIds))
    .where('primary_region', 'is not', null)
    .orderBy('region')
    .execute();
  return rows.map((row) => toKeyRecord(reader, row));
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
  return rows.map((row) => toKeyRecord(reader, row));
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
  return rows.map((row) => toKeyRecord(reader, row));
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
  return rows.map((row) => toKeyRecord(reader, row));
}

export async function insertKey(writer: Writer, record: KeyRecord): Promise<void> {
  await writer.db
    .insertInto('keys')
    .values(authenticateRow(writer.keyring, 'keys', toKeyRow(record)))
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
  const row = toKeyRow({ ...record, revision: record.revision + 1 });
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

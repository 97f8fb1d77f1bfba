import { authenticateRow, type Row, type StoredRow, verifyRow } from './rows.ts';
import type { Reader, Writer } from './store.ts';

/** A grant of a KMS key. Dates are milliseconds since the Unix epoch. */
export interface GrantRecord {
  readonly region: string;
  readonly keyId: string;
  /** 64 hexadecimal digits. */
  readonly grantId: string;
  /** `''` when it was given none. */
  readonly name: string;
  /**
   * Whom the grant is for: the unique id of a user or role, the ARN of an account's root, a role session or a federated
   * user, or a service's name.
   */
  readonly grantee: string;
  /** Who may retire it, in the same form. */
  readonly retiringPrincipal: string | undefined;
  /** The 12-digit account that created it. */
  readonly issuingAccount: string;
  readonly creationDate: number;
  /** JSON: operations and constraints. */
  readonly details: string;
}

/** Which grants a listing holds: those of a key, or those that somebody may retire in a Region. */
export type GrantFilter =
  | {
      readonly region: string;
      readonly keyId: string;
      readonly grantId?: string | undefined;
      readonly grantee?: string | undefined;
    }
  | { readonly region: string; readonly retiringPrincipal: string };

/** The entity under which changes of the grants of a key to a grantee are logged. */
export function grantsEntity(region: string, keyId: string, grantee: string): string {
  return `grants/${region}/${keyId}/${grantee}`;
}

export async function findGrant(
  reader: Reader,
  region: string,
  keyId: string,
  grantId: string,
): Promise<GrantRecord | undefined> {
  const row = await reader.db
    .selectFrom('grants')
    .selectAll()
    .where('region', '=', region)
    .where('key_id', '=', keyId)
    .where('grant_id', '=', grantId)
    .executeTakeFirst();
  return row && toRecord(reader, row);
}

/** Grants by id, after one (`''`: from the beginning), at most so many. */
export async function listGrants(
  reader: Reader,
  filter: GrantFilter,
  after: string,
  limit: number,
): Promise<readonly GrantRecord[]> {
  let query = reader.db
    .selectFrom('grants')
    .selectAll()
    .where('region', '=', filter.region)
    .where('grant_id', '>', after);
  if ('retiringPrincipal' in filter) {
    query = query.where('retiring_principal', '=', filter.retiringPrincipal);
  } else {
    query = query.where('key_id', '=', filter.keyId);
    if (filter.grantId !== undefined) query = query.where('grant_id', '=', filter.grantId);
    if (filter.grantee !== undefined) query = query.where('grantee', '=', filter.grantee);
  }
  const rows = await query.orderBy('grant_id').limit(limit).execute();
  return rows.map((row) => toRecord(reader, row));
}

/** All grants of a key to a grantee. */
export function listGrantsTo(
  reader: Reader,
  region: string,
  keyId: string,
  grantee: string,
): Promise<readonly GrantRecord[]> {
  return listGrants(reader, { region, keyId, grantee }, '', Number.MAX_SAFE_INTEGER);
}

/** The grant that says the same as another, of the same name; that they differ in id and date does not count. */
export async function findSameGrant(reader: Reader, grant: GrantRecord): Promise<GrantRecord | undefined> {
  const { region, key_id, name, grantee, retiring_principal, issuing_account, details } = toRow(grant);
  const row = await reader.db
    .selectFrom('grants')
    .selectAll()
    .where('region', '=', region)
    .where('key_id', '=', key_id)
    .where('grantee', '=', grantee)
    .where('name', '=', name)
    // Of the index only those with a name are part.
    .where('name', '<>', '')
    .where('issuing_account', '=', issuing_account)
    .where('retiring_principal', 'is not distinct from', retiring_principal)
    .where('details', '=', details)
    .limit(1)
    .executeTakeFirst();
  return row && toRecord(reader, row);
}

/** How many grants a key has; they are not counted for it. */
export async function countGrants(reader: Reader, region: string, keyId: string): Promise<number> {
  const row = await reader.db
    .selectFrom('grant_counts')
    .selectAll()
    .where('region', '=', region)
    .where('key_id', '=', keyId)
    .executeTakeFirst();
  return row === undefined ? 0 : verifyRow(reader.keyring, 'grant_counts', row).count;
}

export async function insertGrant(writer: Writer, record: GrantRecord): Promise<void> {
  await writer.db
    .insertInto('grants')
    .values(authenticateRow(writer.keyring, 'grants', toRow(record)))
    .execute();
  noteChange(writer, record);
  await addToCount(writer, record, 1);
}

/** @returns whether it was there */
export async function deleteGrant(writer: Writer, record: GrantRecord): Promise<boolean> {
  const { numDeletedRows } = await writer.db
    .deleteFrom('grants')
    .where('region', '=', record.region)
    .where('key_id', '=', record.keyId)
    .where('grant_id', '=', record.grantId)
    .executeTakeFirst();
  if (numDeletedRows === 0n) return false;
  noteChange(writer, record);
  await addToCount(writer, record, -1);
  return true;
}

async function addToCount(writer: Writer, { region, keyId }: GrantRecord, difference: 1 | -1): Promise<void> {
  const count = (await countGrants(writer, region, keyId)) + difference;
  const row = authenticateRow(writer.keyring, 'grant_counts', { region, key_id: keyId, count });
  await writer.db
    .insertInto('grant_counts')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['region', 'key_id']).doUpdateSet({ count: row.count, mac: row.mac }),
    )
    .execute();
}

/** Removes all grants of a key that is no more: nothing can be asked of it, so that no cache has to know. */
export async function deleteGrantsOfKey(writer: Writer, region: string, keyId: string): Promise<void> {
  for (const table of ['grants', 'grant_counts'] as const)
    await writer.db.deleteFrom(table).where('region', '=', region).where('key_id', '=', keyId).execute();
}

function noteChange(writer: Writer, { region, keyId, grantee }: GrantRecord): void {
  writer.changed(grantsEntity(region, keyId, grantee));
}

function toRow(record: GrantRecord): Row<'grants'> {
  return {
    region: record.region,
    key_id: record.keyId,
    grant_id: record.grantId,
    name: record.name,
    grantee: record.grantee,
    retiring_principal: record.retiringPrincipal ?? null,
    issuing_account: record.issuingAccount,
    creation_date: record.creationDate,
    details: record.details,
  };
}

function toRecord(reader: Reader, stored: StoredRow<'grants'>): GrantRecord {
  const row = verifyRow(reader.keyring, 'grants', stored);
  return {
    region: row.region,
    keyId: row.key_id,
    grantId: row.grant_id,
    name: row.name,
    grantee: row.grantee,
    retiringPrincipal: row.retiring_principal ?? undefined,
    issuingAccount: row.issuing_account,
    creationDate: row.creation_date,
    details: row.details,
  };
}

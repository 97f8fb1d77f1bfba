import { authenticateRow, type Row, type StoredRow, verifyRow } from './rows.ts';
import type { Reader, Writer } from './store.ts';

/** A friendly name of a key, unique in its account and Region. `aliasName` begins with `alias/`. */
export interface AliasRecord {
  readonly accountId: string;
  readonly region: string;
  readonly aliasName: string;
  readonly targetKeyId: string;
  /** Milliseconds since the Unix epoch. */
  readonly creationDate: number;
  readonly lastUpdatedDate: number;
}

/** The entity under which changes of an alias are logged. */
export function aliasEntity(accountId: string, region: string, aliasName: string): string {
  return `alias/${accountId}/${region}/${aliasName}`;
}

export async function findAlias(
  reader: Reader,
  accountId: string,
  region: string,
  aliasName: string,
): Promise<AliasRecord | undefined> {
  const row = await reader.db
    .selectFrom('aliases')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('region', '=', region)
    .where('alias_name', '=', aliasName)
    .executeTakeFirst();
  return row && toRecord(reader, row);
}

/** An account's aliases in a Region by name, after `after`, at most `limit`; only those of one key when it is given. */
export async function listAliases(
  reader: Reader,
  filter: { readonly accountId: string; readonly region: string; readonly targetKeyId?: string | undefined },
  after: string,
  limit: number,
): Promise<readonly AliasRecord[]> {
  let query = reader.db
    .selectFrom('aliases')
    .selectAll()
    .where('account_id', '=', filter.accountId)
    .where('region', '=', filter.region)
    .where('alias_name', '>', after);
  if (filter.targetKeyId !== undefined) query = query.where('target_key_id', '=', filter.targetKeyId);
  const rows = await query.orderBy('alias_name').limit(limit).execute();
  return rows.map((row) => toRecord(reader, row));
}

/** The aliases of a key, by name. */
export async function listAliasesOfKey(
  reader: Reader,
  region: string,
  keyId: string,
): Promise<readonly AliasRecord[]> {
  const rows = await reader.db
    .selectFrom('aliases')
    .selectAll()
    .where('region', '=', region)
    .where('target_key_id', '=', keyId)
    .orderBy('alias_name')
    .execute();
  return rows.map((row) => toRecord(reader, row));
}

/** The aliases of many keys of a Region, by name. */
export async function listAliasesOfKeys(
  reader: Reader,
  region: string,
  keyIds: readonly string[],
): Promise<readonly AliasRecord[]> {
  const rows = await reader.db
    .selectFrom('aliases')
    .selectAll()
    .where('region', '=', region)
    .where('target_key_id', 'in', reader.dialect.elementsOf(keyIds))
    .orderBy('alias_name')
    .execute();
  return rows.map((row) => toRecord(reader, row));
}

export async function insertAlias(writer: Writer, record: AliasRecord): Promise<void> {
  await writer.db
    .insertInto('aliases')
    .values(authenticateRow(writer.keyring, 'aliases', toRow(record)))
    .execute();
  noteChange(writer, record);
}

export async function updateAlias(writer: Writer, record: AliasRecord): Promise<void> {
  await writer.db
    .updateTable('aliases')
    .set(authenticateRow(writer.keyring, 'aliases', toRow(record)))
    .where('account_id', '=', record.accountId)
    .where('region', '=', record.region)
    .where('alias_name', '=', record.aliasName)
    .execute();
  noteChange(writer, record);
}

export async function deleteAlias(writer: Writer, record: AliasRecord): Promise<void> {
  await writer.db
    .deleteFrom('aliases')
    .where('account_id', '=', record.accountId)
    .where('region', '=', record.region)
    .where('alias_name', '=', record.aliasName)
    .execute();
  noteChange(writer, record);
}

function noteChange(writer: Writer, { accountId, region, aliasName }: AliasRecord): void {
  writer.changed(aliasEntity(accountId, region, aliasName));
}

function toRow(record: AliasRecord): Row<'aliases'> {
  return {
    account_id: record.accountId,
    region: record.region,
    alias_name: record.aliasName,
    target_key_id: record.targetKeyId,
    creation_date: record.creationDate,
    last_updated_date: record.lastUpdatedDate,
  };
}

function toRecord(reader: Reader, stored: StoredRow<'aliases'>): AliasRecord {
  const row = verifyRow(reader.keyring, 'aliases', stored);
  return {
    accountId: row.account_id,
    region: row.region,
    aliasName: row.alias_name,
    targetKeyId: row.target_key_id,
    creationDate: row.creation_date,
    lastUpdatedDate: row.last_updated_date,
  };
}

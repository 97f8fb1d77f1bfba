import { authenticateRow, type Row, type StoredRow, verifyRow } from './rows.ts';
import type { Reader, Writer } from './store.ts';

export type AccessKeyStatus = 'Active' | 'Inactive';

/** A long-term credential. The secret access key is wrapped under the keyring. */
export interface AccessKeyRecord {
  readonly accessKeyId: string;
  readonly accountId: string;
  /** Unique id of the user or service that signs with it; of a root user the account. */
  readonly principalId: string;
  readonly status: AccessKeyStatus;
  /** Milliseconds since the Unix epoch. */
  readonly creationDate: number;
  readonly wrappedSecret: Uint8Array;
}

/** When and for what an access key was last used. Written with a delay. */
export interface AccessKeyUse {
  readonly accessKeyId: string;
  /** Milliseconds since the Unix epoch. */
  readonly lastUsedDate: number;
  /** As in the scope of the signature, such as `kms`. */
  readonly service: string;
  readonly region: string;
}

/** The entity under which changes of an access key are logged. */
export function accessKeyEntity(accessKeyId: string): string {
  return `access-key/${accessKeyId}`;
}

export async function findAccessKey(
  reader: Reader,
  accessKeyId: string,
): Promise<AccessKeyRecord | undefined> {
  const row = await reader.db
    .selectFrom('access_keys')
    .selectAll()
    .where('access_key_id', '=', accessKeyId)
    .executeTakeFirst();
  return row && toRecord(reader, row);
}

/** The access keys of a principal, by id. */
export async function listAccessKeys(
  reader: Reader,
  principalId: string,
): Promise<readonly AccessKeyRecord[]> {
  const rows = await reader.db
    .selectFrom('access_keys')
    .selectAll()
    .where('principal_id', '=', principalId)
    .orderBy('access_key_id')
    .execute();
  return rows.map((row) => toRecord(reader, row));
}

export async function insertAccessKey(writer: Writer, record: AccessKeyRecord): Promise<void> {
  await writer.db
    .insertInto('access_keys')
    .values(authenticateRow(writer.keyring, 'access_keys', toRow(record)))
    .execute();
  writer.changed(accessKeyEntity(record.accessKeyId));
}

export async function updateAccessKey(writer: Writer, record: AccessKeyRecord): Promise<void> {
  await writer.db
    .updateTable('access_keys')
    .set(authenticateRow(writer.keyring, 'access_keys', toRow(record)))
    .where('access_key_id', '=', record.accessKeyId)
    .execute();
  writer.changed(accessKeyEntity(record.accessKeyId));
}

export async function deleteAccessKey(writer: Writer, accessKeyId: string): Promise<void> {
  await writer.db.deleteFrom('access_keys').where('access_key_id', '=', accessKeyId).execute();
  await writer.db.deleteFrom('access_key_uses').where('access_key_id', '=', accessKeyId).execute();
  writer.changed(accessKeyEntity(accessKeyId));
}

export async function findAccessKeyUse(
  reader: Reader,
  accessKeyId: string,
): Promise<AccessKeyUse | undefined> {
  const stored = await reader.db
    .selectFrom('access_key_uses')
    .selectAll()
    .where('access_key_id', '=', accessKeyId)
    .executeTakeFirst();
  if (stored === undefined) return undefined;
  const row = verifyRow(reader.keyring, 'access_key_uses', stored);
  return {
    accessKeyId: row.access_key_id,
    lastUsedDate: row.last_used_date,
    service: row.service,
    region: row.region,
  };
}

/** Notes the last use of an access key, unless a later one is noted or the key is gone. Nobody's cache depends on it. */
export async function noteAccessKeyUse({ db, keyring }: Writer, use: AccessKeyUse): Promise<void> {
  const row = authenticateRow(keyring, 'access_key_uses', {
    access_key_id: use.accessKeyId,
    last_used_date: use.lastUsedDate,
    service: use.service,
    region: use.region,
  });
  const key = await db
    .selectFrom('access_keys')
    .select('access_key_id')
    .where('access_key_id', '=', use.accessKeyId)
    .executeTakeFirst();
  if (key === undefined) return;
  await db
    .insertInto('access_key_uses')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .column('access_key_id')
        .doUpdateSet(row)
        .where('access_key_uses.last_used_date', '<', use.lastUsedDate),
    )
    .execute();
}

function toRow(record: AccessKeyRecord): Row<'access_keys'> {
  return {
    access_key_id: record.accessKeyId,
    account_id: record.accountId,
    principal_id: record.principalId,
    status: record.status,
    creation_date: record.creationDate,
    wrapped_secret: record.wrappedSecret,
  };
}

function toRecord(reader: Reader, stored: StoredRow<'access_keys'>): AccessKeyRecord {
  const row = verifyRow(reader.keyring, 'access_keys', stored);
  return {
    accessKeyId: row.access_key_id,
    accountId: row.account_id,
    principalId: row.principal_id,
    status: row.status === 'Active' ? 'Active' : 'Inactive',
    creationDate: row.creation_date,
    wrappedSecret: row.wrapped_secret,
  };
}

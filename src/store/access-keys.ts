import { authenticateRow, verifyRow } from './rows.ts';
import type { Reader, Writer } from './store.ts';

/** A long-term credential. The secret access key is wrapped under the keyring. */
export interface AccessKeyRecord {
  readonly accessKeyId: string;
  readonly accountId: string;
  readonly principalArn: string;
  /** Milliseconds since the Unix epoch. */
  readonly creationDate: number;
  readonly wrappedSecret: Uint8Array;
}

export async function findAccessKey(
  reader: Reader,
  accessKeyId: string,
): Promise<AccessKeyRecord | undefined> {
  const stored = await reader.db
    .selectFrom('access_keys')
    .selectAll()
    .where('access_key_id', '=', accessKeyId)
    .executeTakeFirst();
  if (stored === undefined) return undefined;
  const row = verifyRow(reader.keyring, 'access_keys', stored);
  return {
    accessKeyId: row.access_key_id,
    accountId: row.account_id,
    principalArn: row.principal_arn,
    creationDate: row.creation_date,
    wrappedSecret: row.wrapped_secret,
  };
}

/** Whether there is any access key in the store. */
export async function existsAccessKey(reader: Reader): Promise<boolean> {
  const row = await reader.db.selectFrom('access_keys').selectAll().limit(1).executeTakeFirst();
  if (row !== undefined) verifyRow(reader.keyring, 'access_keys', row);
  return row !== undefined;
}

export async function listAccessKeyIds(reader: Reader, principalArn: string): Promise<readonly string[]> {
  const rows = await reader.db
    .selectFrom('access_keys')
    .selectAll()
    .where('principal_arn', '=', principalArn)
    .orderBy('access_key_id')
    .execute();
  return rows.map((row) => verifyRow(reader.keyring, 'access_keys', row).access_key_id);
}

export async function insertAccessKey(writer: Writer, record: AccessKeyRecord): Promise<void> {
  await writer.db
    .insertInto('access_keys')
    .values(
      authenticateRow(writer.keyring, 'access_keys', {
        access_key_id: record.accessKeyId,
        account_id: record.accountId,
        principal_arn: record.principalArn,
        creation_date: record.creationDate,
        wrapped_secret: record.wrappedSecret,
      }),
    )
    .execute();
  noteChange(writer, record.accessKeyId);
}

export async function deleteAccessKey(writer: Writer, accessKeyId: string): Promise<void> {
  await writer.db.deleteFrom('access_keys').where('access_key_id', '=', accessKeyId).execute();
  noteChange(writer, accessKeyId);
}

function noteChange(writer: Writer, accessKeyId: string): void {
  writer.changed(`access-key/${accessKeyId}`);
}

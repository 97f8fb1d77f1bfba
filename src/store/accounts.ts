import { authenticateRow, type StoredRow, verifyRow } from './rows.ts';
import type { Reader, Writer } from './store.ts';

/** An account of the deployment. */
export interface AccountRecord {
  /** Twelve digits. */
  readonly accountId: string;
  readonly name: string;
  /** Whom to write to about it; empty when nobody was named. */
  readonly email: string;
  /** Milliseconds since the Unix epoch. */
  readonly creationDate: number;
}

/** The entity under which changes of an account are logged. */
export function accountEntity(accountId: string): string {
  return `account/${accountId}`;
}

export async function findAccount(reader: Reader, accountId: string): Promise<AccountRecord | undefined> {
  const row = await reader.db
    .selectFrom('accounts')
    .selectAll()
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row && toRecord(reader, row);
}

/** Finds those of many accounts that there are, in one look. */
export async function findAccounts(
  reader: Reader,
  accountIds: readonly string[],
): Promise<readonly AccountRecord[]> {
  if (accountIds.length === 0) return [];
  const rows = await reader.db
    .selectFrom('accounts')
    .selectAll()
    .where('account_id', 'in', reader.dialect.elementsOf(accountIds))
    .execute();
  return rows.map((row) => toRecord(reader, row));
}

/** Every account, by id. */
export function listAccounts(reader: Reader): Promise<readonly AccountRecord[]> {
  return listAccountsAfter(reader, '', Number.MAX_SAFE_INTEGER);
}

/** Accounts by id, after one (`''`: from the beginning), at most so many. */
export async function listAccountsAfter(
  reader: Reader,
  after: string,
  limit: number,
): Promise<readonly AccountRecord[]> {
  const rows = await reader.db
    .selectFrom('accounts')
    .selectAll()
    .where('account_id', '>', after)
    .orderBy('account_id')
    .limit(limit)
    .execute();
  return rows.map((row) => toRecord(reader, row));
}

/** Finds the account that has an address. */
export async function findAccountByEmail(reader: Reader, email: string): Promise<AccountRecord | undefined> {
  const row = await reader.db
    .selectFrom('accounts')
    .selectAll()
    .where('email', '=', email)
    .executeTakeFirst();
  return row && toRecord(reader, row);
}

export async function insertAccount(writer: Writer, record: AccountRecord): Promise<void> {
  await writer.db
    .insertInto('accounts')
    .values(
      authenticateRow(writer.keyring, 'accounts', {
        account_id: record.accountId,
        name: record.name,
        email: record.email,
        creation_date: record.creationDate,
      }),
    )
    .execute();
  writer.changed(accountEntity(record.accountId));
}

function toRecord(reader: Reader, stored: StoredRow<'accounts'>): AccountRecord {
  const row = verifyRow(reader.keyring, 'accounts', stored);
  return { accountId: row.account_id, name: row.name, email: row.email, creationDate: row.creation_date };
}

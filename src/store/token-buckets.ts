import { authenticateRow, verifyRow } from './rows.ts';
import type { Writer } from './store.ts';

/** What requests of an account in a Region under a quota are still to be had. */
export interface TokenBucket {
  /** `<account id>/<Region>/<quota>` */
  readonly name: string;
  /** When it is full if nothing more is taken, in microseconds since the Unix epoch. */
  readonly fullDate: number;
  /** When something was taken last, in milliseconds since the Unix epoch, by the clock that was ahead of the others. */
  readonly takenDate: number;
}

export async function findTokenBucket(
  { db, keyring }: Writer,
  name: string,
): Promise<TokenBucket | undefined> {
  const stored = await db.selectFrom('token_buckets').selectAll().where('name', '=', name).executeTakeFirst();
  if (stored === undefined) return undefined;
  const { full_date, taken_date } = verifyRow(keyring, 'token_buckets', stored);
  return { name, fullDate: full_date, takenDate: taken_date };
}

/** Notes what was taken. No cache follows it: whoever takes reads it first. */
export async function putTokenBucket(
  { db, keyring }: Writer,
  { name, fullDate, takenDate }: TokenBucket,
): Promise<void> {
  const row = authenticateRow(keyring, 'token_buckets', { name, full_date: fullDate, taken_date: takenDate });
  await db
    .insertInto('token_buckets')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
}

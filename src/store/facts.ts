import type { Keyring } from '../keyring/index.ts';
import { authenticateRow, verifyRow } from './rows.ts';
import type { Database } from './schema.ts';
import type { Reader } from './store.ts';

/** What a store says about itself under a name. */
export async function findFact({ db, keyring }: Reader, name: string): Promise<string | undefined> {
  const row = await db.selectFrom('meta').selectAll().where('name', '=', name).executeTakeFirst();
  return row && verifyRow(keyring, 'meta', row).value;
}

export async function writeFact(
  { db, keyring }: { readonly db: Database; readonly keyring: Keyring },
  name: string,
  value: string,
): Promise<void> {
  const row = authenticateRow(keyring, 'meta', { name, value });
  await db.deleteFrom('meta').where('name', '=', name).execute();
  await db.insertInto('meta').values(row).execute();
}

import { authenticateRow, verifyRow } from './rows.ts';
import type { Reader, Writer } from './store.ts';

/** Whose keys are counted, and where. */
interface KeyCountPlace {
  readonly accountId: string;
  readonly region: string;
}

/** How many customer managed keys an account has in a Region; they are not counted for it. */
export async function countKeys(reader: Reader, { accountId, region }: KeyCountPlace): Promise<number> {
  const row = await reader.db
    .selectFrom('key_counts')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('region', '=', region)
    .executeTakeFirst();
  return row === undefined ? 0 : verifyRow(reader.keyring, 'key_counts', row).count;
}

/** Notes that there is one key more, or less. */
export async function addToKeyCount(writer: Writer, place: KeyCountPlace, difference: 1 | -1): Promise<void> {
  const count = (await countKeys(writer, place)) + difference;
  const { accountId: account_id, region } = place;
  const row = authenticateRow(writer.keyring, 'key_counts', { account_id, region, count });
  await writer.db
    .insertInto('key_counts')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'region']).doUpdateSet({ count: row.count, mac: row.mac }),
    )
    .execute();
}

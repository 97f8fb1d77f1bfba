import { DAY } from '../clock.ts';
import { keyEntity } from './keys.ts';
import { authenticateRow, type StoredRow, verifyRow } from './rows.ts';
import type { Reader, Writer } from './store.ts';

/** The last successful cryptographic operation with a key. Written with a delay. */
export interface KeyUse {
  readonly region: string;
  readonly keyId: string;
  readonly operation: string;
  /** Milliseconds since the Unix epoch. */
  readonly lastUsedDate: number;
  readonly requestId: string;
  /** The id of the audit event for the key's account; `undefined` when calls are not recorded. */
  readonly eventId: string | undefined;
}

export async function findKeyUse(reader: Reader, region: string, keyId: string): Promise<KeyUse | undefined> {
  const stored = await reader.db
    .selectFrom('key_uses')
    .selectAll()
    .where('region', '=', region)
    .where('key_id', '=', keyId)
    .executeTakeFirst();
  return stored && toRecord(reader, stored);
}

/** The last uses of many keys of a Region, as far as they were used. */
export async function findKeyUses(
  reader: Reader,
  region: string,
  keyIds: readonly string[],
): Promise<readonly KeyUse[]> {
  const rows = await reader.db
    .selectFrom('key_uses')
    .selectAll()
    .where('region', '=', region)
    .where('key_id', 'in', reader.dialect.elementsOf(keyIds))
    .execute();
  return rows.map((row) => toRecord(reader, row));
}

/**
 * Notes the last use of a key, unless a later one is noted or the key is gone. Caches follow by the day, which is the
 * unit in which policies ask for it.
 */
export async function putKeyUse(writer: Writer, use: KeyUse): Promise<void> {
  const { region, keyId, lastUsedDate } = use;
  const key = await writer.db
    .selectFrom('keys')
    .select('key_id')
    .where('region', '=', region)
    .where('key_id', '=', keyId)
    .executeTakeFirst();
  const noted = await findKeyUse(writer, region, keyId);
  if (key === undefined || (noted !== undefined && noted.lastUsedDate >= lastUsedDate)) return;
  const row = authenticateRow(writer.keyring, 'key_uses', {
    region,
    key_id: keyId,
    operation: use.operation,
    last_used_date: lastUsedDate,
    request_id: use.requestId,
    event_id: use.eventId ?? null,
  });
  await writer.db
    .insertInto('key_uses')
    .values(row)
    .onConflict((conflict) => conflict.columns(['region', 'key_id']).doUpdateSet(row))
    .execute();
  const day = Math.floor(lastUsedDate / DAY);
  if (noted === undefined || Math.floor(noted.lastUsedDate / DAY) < day)
    writer.changed(keyEntity(region, keyId));
}

export async function deleteKeyUse({ db }: Writer, region: string, keyId: string): Promise<void> {
  await db.deleteFrom('key_uses').where('region', '=', region).where('key_id', '=', keyId).execute();
}

function toRecord(reader: Reader, stored: StoredRow<'key_uses'>): KeyUse {
  const row = verifyRow(reader.keyring, 'key_uses', stored);
  return {
    region: row.region,
    keyId: row.key_id,
    operation: row.operation,
    lastUsedDate: row.last_used_date,
    requestId: row.request_id,
    eventId: row.event_id ?? undefined,
  };
}

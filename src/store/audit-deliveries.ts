import { authenticateRow, verifyRow } from './rows.ts';
import type { Reader, Writer } from './store.ts';

/** How far the audit log has been delivered somewhere. */
export interface AuditDelivery {
  /** The name of the sink or witness. */
  readonly name: string;
  /** The index of the first record that has not been delivered. */
  readonly nextIndex: number;
  /** The size of the last checkpoint that has been delivered; 0 when none has. */
  readonly checkpointSize: number;
}

/** How far the log has been delivered to whatever goes by a name; `undefined` when nothing ever was. */
export async function findAuditDelivery(
  { db, keyring }: Reader,
  name: string,
): Promise<AuditDelivery | undefined> {
  const stored = await db
    .selectFrom('audit_deliveries')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst();
  if (stored === undefined) return undefined;
  const row = verifyRow(keyring, 'audit_deliveries', stored);
  return { name: row.name, nextIndex: row.next_index, checkpointSize: row.checkpoint_size };
}

export async function putAuditDelivery({ db, keyring }: Writer, delivery: AuditDelivery): Promise<void> {
  const row = authenticateRow(keyring, 'audit_deliveries', {
    name: delivery.name,
    next_index: delivery.nextIndex,
    checkpoint_size: delivery.checkpointSize,
  });
  await db
    .insertInto('audit_deliveries')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
}

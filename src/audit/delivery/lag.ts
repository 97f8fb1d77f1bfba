import type { Clock } from '../../clock.ts';
import {
  findAuditDelivery,
  findAuditHead,
  listAuditRecords,
  type Reader,
  type Transactions,
} from '../../store/index.ts';

/** How far a sink is behind the audit log. */
export interface DeliveryLag {
  /** The name of the sink. */
  readonly sink: string;
  /** How many records it has not got. */
  readonly recordsBehind: number;
  /** How long ago the first of these was written, in seconds; 0 when it has all. */
  readonly secondsBehind: number;
}

/**
 * How far sinks are behind the audit log of a store, whichever process delivers to them.
 *
 * @throws ServiceError when the store cannot be read
 */
export function readDeliveryLags(
  { store, clock }: { readonly store: Transactions; readonly clock: Clock },
  sinks: readonly string[],
): Promise<readonly DeliveryLag[]> {
  return store.read((reader) => Promise.all(sinks.map((sink) => lagOf(reader, sink, clock.now()))));
}

async function lagOf(reader: Reader, sink: string, now: number): Promise<DeliveryLag> {
  const size = (await findAuditHead(reader))?.size ?? 0;
  const next = (await findAuditDelivery(reader, sink))?.nextIndex ?? 0;
  const [row] = size > next ? await listAuditRecords(reader, next, 1) : [];
  if (row === undefined) return { sink, recordsBehind: 0, secondsBehind: 0 };
  return {
    sink,
    recordsBehind: size - Math.max(next, row.firstIndex),
    secondsBehind: Math.max(0, now - row.firstDate) / 1000,
  };
}

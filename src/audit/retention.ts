import { type Clock, DAY } from '../clock.ts';
import {
  deleteAuditRecords,
  findAuditCheckpoint,
  findAuditDelivery,
  listAuditRecords,
  type Store,
  type Writer,
} from '../store/index.ts';

/** How often what is old is looked for, in milliseconds. */
const INTERVAL = 3_600_000;
/** How many records are deleted in a transaction, about: as long nothing else is written. */
const MOST_TOGETHER = 50_000;

/**
 * Deletes records when they are old, up to a checkpoint: an export of what stays begins there. Any number of processes may do
 * so at once.
 *
 * @param days how long records are kept at least
 * @param receivers names of the sinks and witnesses for which records are kept until they have been delivered
 * @param failed is told of each failure; it is tried again later
 * @returns a function that stops it
 */
export function startRetention(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  days: number,
  receivers: readonly string[],
  failed: (error: unknown) => void,
): () => void {
  let cancel = () => {};
  let isStopped = false;
  const run = async () => {
    try {
      while (!isStopped && (await deleteSome(store, clock.now() - days * DAY, receivers)));
    } catch (error) {
      if (!isStopped) failed(error);
    }
    if (!isStopped) cancel = clock.schedule(INTERVAL, run);
  };
  void run();
  return () => {
    isStopped = true;
    cancel();
  };
}

/** @returns whether there may be more */
function deleteSome(store: Store, before: number, receivers: readonly string[]): Promise<boolean> {
  return store.write(async (writer) => {
    const [oldest] = await listAuditRecords(writer, 0, 1);
    if (oldest === undefined || oldest.firstDate > before) return false;
    const size = Math.min(oldest.firstIndex + MOST_TOGETHER, await deliveredEverywhere(writer, receivers));
    const checkpoint = await findAuditCheckpoint(writer, { size, date: before });
    if (checkpoint === undefined || checkpoint.size <= oldest.firstIndex) return false;
    await deleteAuditRecords(writer, checkpoint.size);
    return true;
  });
}

/** Up to which index every sink and witness has what it needs. */
async function deliveredEverywhere(writer: Writer, receivers: readonly string[]): Promise<number> {
  let least = Number.MAX_SAFE_INTEGER;
  for (const name of receivers)
    least = Math.min(least, (await findAuditDelivery(writer, name))?.nextIndex ?? 0);
  return least;
}

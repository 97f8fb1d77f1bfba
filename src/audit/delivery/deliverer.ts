import type { Clock } from '../../clock.ts';
import {
  type AuditDelivery,
  findAuditDelivery,
  holdLease,
  type Lease,
  LeaseLost,
  putAuditDelivery,
  returnLease,
  type Store,
  takeLease,
} from '../../store/index.ts';
import { type NextBatch, readNextBatch } from './batch.ts';
import type { AuditSink } from './sink.ts';

/** How often it is looked whether there is something to deliver, in milliseconds. */
const LOOK_INTERVAL = 1_000;
/** How long the deliveries of a process that died are left alone, in milliseconds. */
const LEASE_DURATION = 15_000;
/** How long one delivery may take, in milliseconds: less than the lease lasts. */
const DELIVERY_TIMEOUT = 10_000;
/** The first pause after a failure, in milliseconds; it doubles with each that follows. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

/** What is told of deliveries. */
export interface DeliveryReport {
  /** @param pause how soon it is tried again, in milliseconds */
  failed(sink: string, error: unknown, pause: number): void;
  /** After failures something was delivered again. */
  recovered(sink: string): void;
  /** Records were deleted before the sink had them: those from an index on, before another. */
  missed(sink: string, from: number, to: number): void;
}

interface Context {
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * Delivers the audit log to a sink, for as long as the service runs: record after record, each at least once. Of all the
 * processes on all machines that share a store one does it, under a lease; how far it has come is kept in the store,
 * so that whoever goes on later goes on from there.
 *
 * @returns a function that stops it, and resolves when it has stopped
 */
export function startDelivery(
  context: Context,
  sink: AuditSink,
  report: DeliveryReport,
): () => Promise<void> {
  const { clock } = context;
  const stopping = new AbortController();
  let cancel = () => {};
  let failures = 0;
  const run = async () => {
    let pause = LOOK_INTERVAL;
    try {
      const isDelivered = await deliverAll(context, sink, stopping.signal, report);
      if (isDelivered && failures > 0) report.recovered(sink.name);
      if (isDelivered) failures = 0;
    } catch (error) {
      if (stopping.signal.aborted) return;
      pause = Math.min(FIRST_PAUSE * 2 ** failures, LONGEST_PAUSE);
      failures += 1;
      report.failed(sink.name, error, pause);
    }
    if (!stopping.signal.aborted) cancel = clock.schedule(pause, start);
  };
  let running = Promise.resolve();
  const start = () => {
    running = run();
  };
  start();
  return async () => {
    stopping.abort(new Error('the service is stopping'));
    cancel();
    await running;
  };
}

/**
 * Delivers what is there, unless another process is at it.
 *
 * @returns whether anything was delivered
 */
async function deliverAll(
  context: Context,
  sink: AuditSink,
  stopping: AbortSignal,
  report: DeliveryReport,
): Promise<boolean> {
  const { store, clock } = context;
  if ((await nextBatch(context, sink)) === undefined) return false;
  const name = `audit-delivery ${sink.name}`;
  const { lease, isTaken } = await store.write((writer) =>
    takeLease(writer, name, clock.now(), LEASE_DURATION),
  );
  if (!isTaken) return false;
  let isDelivered = false;
  try {
    while (!stopping.aborted && (await deliverNext(context, sink, lease, stopping, report)))
      isDelivered = true;
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
  } finally {
    await store.write((writer) => returnLease(writer, lease));
  }
  return isDelivered;
}

/** @returns whether there was something to deliver */
async function deliverNext(
  context: Context,
  sink: AuditSink,
  lease: Lease,
  stopping: AbortSignal,
  report: DeliveryReport,
): Promise<boolean> {
  const { store, clock } = context;
  const next = await nextBatch(context, sink);
  if (next === undefined) return false;
  const { batch, position } = next;
  await sink.deliver(batch, AbortSignal.any([stopping, AbortSignal.timeout(DELIVERY_TIMEOUT)]));
  await store.write(async (writer) => {
    await holdLease(writer, lease, clock.now(), LEASE_DURATION);
    await putAuditDelivery(writer, positionAfter(position, batch));
  });
  const first = batch.records[0]?.index ?? position.nextIndex;
  if (first > position.nextIndex && position.nextIndex > 0)
    report.missed(sink.name, position.nextIndex, first);
  return true;
}

/** What is due for a sink, and how far it has come. */
async function nextBatch(
  { store, clock }: Context,
  sink: AuditSink,
): Promise<{ readonly batch: NextBatch; readonly position: AuditDelivery } | undefined> {
  return store.read(async (reader) => {
    const position = (await findAuditDelivery(reader, sink.name)) ?? {
      name: sink.name,
      nextIndex: 0,
      checkpointSize: 0,
    };
    const batch = await readNextBatch(reader, position, sink);
    return batch === undefined || batch.dueDate > clock.now() ? undefined : { batch, position };
  });
}

function positionAfter(
  { name, nextIndex, checkpointSize }: AuditDelivery,
  { records, checkpoints }: NextBatch,
): AuditDelivery {
  const last = records.at(-1);
  return {
    name,
    nextIndex: last === undefined ? nextIndex : last.index + 1,
    checkpointSize: checkpoints.at(-1)?.size ?? checkpointSize,
  };
}

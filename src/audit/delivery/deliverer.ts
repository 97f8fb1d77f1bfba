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
import type { Delivery, DeliveryStep } from './delivery.ts';

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
  failed(name: string, error: unknown, pause: number): void;
  /** After failures something was delivered again. */
  recovered(name: string): void;
  /** Records were deleted before they could be delivered: those from an index on, before another. */
  missed(name: string, from: number, to: number): void;
}

interface Context {
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * Delivers the audit log, for as long as the service runs: step after step, each at least once. Of all the
 * processes on all machines that share a store one does it, under a lease; how far it has come is kept in the store,
 * so that whoever goes on later goes on from there.
 *
 * @returns a function that stops it, and resolves when it has stopped
 */
export function startDelivery(
  context: Context,
  delivery: Delivery,
  report: DeliveryReport,
): () => Promise<void> {
  const { clock } = context;
  const stopping = new AbortController();
  let cancel = () => {};
  let failures = 0;
  const run = async () => {
    let pause = LOOK_INTERVAL;
    try {
      const isDelivered = await deliverAll(context, delivery, stopping.signal, report);
      if (isDelivered && failures > 0) report.recovered(delivery.name);
      if (isDelivered) failures = 0;
    } catch (error) {
      if (stopping.signal.aborted) return;
      pause = Math.min(FIRST_PAUSE * 2 ** failures, LONGEST_PAUSE);
      failures += 1;
      report.failed(delivery.name, error, pause);
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
  delivery: Delivery,
  stopping: AbortSignal,
  report: DeliveryReport,
): Promise<boolean> {
  const { store, clock } = context;
  if ((await nextStep(context, delivery)) === undefined) return false;
  const name = `audit-delivery ${delivery.name}`;
  const { lease, isTaken } = await store.write((writer) =>
    takeLease(writer, name, clock.now(), LEASE_DURATION),
  );
  if (!isTaken) return false;
  let isDelivered = false;
  try {
    while (!stopping.aborted && (await deliverNext(context, delivery, lease, stopping, report)))
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
  delivery: Delivery,
  lease: Lease,
  stopping: AbortSignal,
  report: DeliveryReport,
): Promise<boolean> {
  const { store, clock } = context;
  const next = await nextStep(context, delivery);
  if (next === undefined) return false;
  const { step, position } = next;
  const keep = await step.deliver(AbortSignal.any([stopping, AbortSignal.timeout(DELIVERY_TIMEOUT)]));
  await store.write(async (writer) => {
    await holdLease(writer, lease, clock.now(), LEASE_DURATION);
    await keep?.(writer);
    await putAuditDelivery(writer, step.position);
  });
  const { firstIndex = position.nextIndex } = step;
  if (firstIndex > position.nextIndex && position.nextIndex > 0)
    report.missed(delivery.name, position.nextIndex, firstIndex);
  return true;
}

/** What is due, and how far the delivery has come. */
async function nextStep(
  { store, clock }: Context,
  delivery: Delivery,
): Promise<{ readonly step: DeliveryStep; readonly position: AuditDelivery } | undefined> {
  return store.read(async (reader) => {
    const { name } = delivery;
    const position = (await findAuditDelivery(reader, name)) ?? { name, nextIndex: 0, checkpointSize: 0 };
    const step = await delivery.next(reader, position, clock.now());
    return step && { step, position };
  });
}

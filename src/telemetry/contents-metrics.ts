import { Counter, Gauge, type Registry } from 'prom-client';
import type { DeliveryLag } from '../audit/index.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { UnreadyCause, UnreadyReason } from '../readiness.ts';
import { countKeysByState, findAuditHead, nextExpiryDate, type Store } from '../store/index.ts';

/** How long what was counted stands, in milliseconds: to count a million keys takes a tenth of a second. */
const LONGEST_AGE = 60_000;

const CAUSES: readonly UnreadyCause[] = ['store', 'root-key', 'clock', 'audit'];

/** What a store holds, whoever put it there. */
interface Contents {
  readonly keysByState: ReadonlyMap<string, number>;
  /** Milliseconds since the Unix epoch. */
  readonly nextExpiryDate: number | undefined;
  readonly auditLogSize: number | undefined;
  /** Milliseconds. */
  readonly clockSkew: number;
  readonly sinkLags: readonly DeliveryLag[];
}

/**
 * Shows what a store holds and whether it can be used. One process of a node does. While the store cannot be read nothing
 * is said of what it holds.
 */
export function showContents(
  registry: Registry,
  {
    store,
    clock,
    sinkLags,
    unreadyReason,
  }: {
    readonly store: Store;
    readonly clock: Clock;
    sinkLags(): Promise<readonly DeliveryLag[]>;
    unreadyReason(): Promise<UnreadyReason | undefined>;
  },
): void {
  const read = remembering(clock, () => readContents(store, sinkLags));
  const registers = [registry];
  new Gauge({
    name: 'qkms_unready',
    help: 'Whether the node cannot answer, by cause.',
    labelNames: ['cause'],
    registers,
    async collect() {
      const reason = await unreadyReason();
      for (const cause of CAUSES) this.set({ cause }, reason?.causes.includes(cause) ? 1 : 0);
    },
  });
  new Gauge({
    name: 'qkms_keys',
    help: 'KMS keys in the store, by key state.',
    labelNames: ['state'],
    registers,
    async collect() {
      this.reset();
      for (const [state, count] of (await read())?.keysByState ?? []) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'qkms_imported_key_material_next_expiry_timestamp_seconds',
    help: 'When the imported key material expires that expires next.',
    registers,
    async collect() {
      showIfKnown(this, (await read())?.nextExpiryDate, 1_000);
    },
  });
  new Counter({
    name: 'qkms_audit_log_records_total',
    help: 'Records that the audit log of the store has had; the same at every node.',
    registers,
    async collect() {
      const size = (await read())?.auditLogSize;
      this.reset();
      if (size === undefined) this.remove();
      else this.inc(size);
    },
  });
  new Gauge({
    name: 'qkms_audit_sink_lag_records',
    help: 'Audit records that a sink has not got.',
    labelNames: ['sink'],
    registers,
    async collect() {
      this.reset();
      for (const { sink, recordsBehind } of (await read())?.sinkLags ?? []) this.set({ sink }, recordsBehind);
    },
  });
  new Gauge({
    name: 'qkms_audit_sink_lag_seconds',
    help: 'How long the first of the audit records has been there that a sink has not got; 0 when it has all.',
    labelNames: ['sink'],
    registers,
    async collect() {
      this.reset();
      for (const { sink, secondsBehind } of (await read())?.sinkLags ?? []) this.set({ sink }, secondsBehind);
    },
  });
  new Gauge({
    name: 'qkms_store_clock_skew_seconds',
    help: 'By how much the clock of the database is ahead of that of this machine.',
    registers,
    async collect() {
      showIfKnown(this, (await read())?.clockSkew, 1_000);
    },
  });
}

function showIfKnown(gauge: Gauge, value: number | undefined, divisor: number): void {
  if (value === undefined) gauge.remove();
  else gauge.set(value / divisor);
}

async function readContents(
  store: Store,
  sinkLags: () => Promise<readonly DeliveryLag[]>,
): Promise<Contents> {
  const clockSkew = await store.clockSkew(systemClock);
  const lags = await sinkLags();
  return store.read(async (reader) => ({
    keysByState: await countKeysByState(reader),
    nextExpiryDate: await nextExpiryDate(reader),
    auditLogSize: (await findAuditHead(reader))?.size,
    clockSkew,
    sinkLags: lags,
  }));
}

/** Reads again when what was read has grown old; `undefined` when that fails. */
function remembering<T>(clock: Clock, read: () => Promise<T>): () => Promise<T | undefined> {
  let readAt = Number.NEGATIVE_INFINITY;
  let last: Promise<T | undefined> = Promise.resolve(undefined);
  return () => {
    if (clock.now() - readAt < LONGEST_AGE) return last;
    readAt = clock.now();
    last = read().catch(() => {
      readAt = Number.NEGATIVE_INFINITY;
      return undefined;
    });
    return last;
  };
}

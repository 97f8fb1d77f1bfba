import type { Clock } from '../clock.ts';
import {
  type AuditHead,
  insertAuditRecords,
  putAuditCheckpoint,
  readAuditHead,
  type Store,
  updateAuditHead,
  type Writer,
} from '../store/index.ts';
import type { AuditKey } from './audit-key.ts';
import { packLines } from './batches.ts';
import type { AuditEvent } from './events/call-event.ts';
import { signCheckpoint } from './log/checkpoint.ts';
import { GrowingTree } from './log/merkle.ts';
import { LogHead } from './log/record.ts';

/** Whether answers wait until their records are durable, or these follow within a tenth of a second. */
export type AuditDurability = 'strict' | 'soon';

/** How long a record waits at most before it is written, in milliseconds, when answers do not wait for it. */
const LONGEST_WAIT = 100;
/** How many records wait at most; whatever comes then waits for them. */
const MOST_WAITING = 5_000;
/** How many records are appended together at most. */
const MOST_TOGETHER = 500;
/** How long records are there at most before a checkpoint covers them, in milliseconds. */
const CHECKPOINT_INTERVAL = 10_000;
/** How soon it is tried again to write what could not be written, in milliseconds. */
const RETRY_PAUSE = 1_000;

/** Appends events in a transaction of their own; resolves when they are durable. */
export type AppendEvents = (events: readonly AuditEvent[]) => Promise<void>;

interface Waiting {
  readonly event: AuditEvent;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Appends events to the audit log of a store. All processes that share the store append to the same log.
 */
export class AuditTrail {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #key: AuditKey;
  readonly #durability: AuditDurability;
  readonly #appendElsewhere: AppendEvents | undefined;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #cancelWrite: (() => void) | undefined;
  #cancelCheckpoint: (() => void) | undefined;
  #failure: unknown;
  #lastCheckpoint = Number.NEGATIVE_INFINITY;

  /** @param parts.appendElsewhere appends events that belong to no change; the trail itself does so by default */
  constructor(parts: {
    readonly store: Store;
    readonly clock: Clock;
    readonly key: AuditKey;
    readonly durability: AuditDurability;
    readonly appendElsewhere?: AppendEvents | undefined;
  }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#key = parts.key;
    this.#durability = parts.durability;
    this.#appendElsewhere = parts.appendElsewhere;
  }

  get durability(): AuditDurability {
    return this.#durability;
  }

  /** Whether no call may be carried out now, because what earlier ones did is not recorded yet. */
  get isBlocked(): boolean {
    return this.#failure !== undefined && this.#durability === 'soon';
  }

  /** How many records wait to be written. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Why nothing could be recorded at last; `undefined` when it could. */
  get failure(): unknown {
    return this.#failure;
  }

  /**
   * Records events that belong to no change. Resolves when they are durable, or, where answers do not wait for that,
   * when there is room for them.
   *
   * @throws ServiceError when they could not be written
   */
  async record(events: readonly AuditEvent[]): Promise<void> {
    const written = events.map(
      (event) =>
        new Promise<void>((done, failed) => {
          this.#waiting.push({ event, done, failed });
        }),
    );
    const isToWait = this.#durability === 'strict' || this.#waiting.length > MOST_WAITING;
    if (isToWait) {
      this.#writing ??= this.#writeAll();
      await Promise.all(written);
    } else {
      for (const each of written) each.catch(() => {});
      if (this.#waiting.length >= MOST_TOGETHER && !this.isBlocked) this.#writing ??= this.#writeAll();
      this.#cancelWrite ??= this.#clock.schedule(LONGEST_WAIT, () => void this.#writeSoon());
    }
  }

  /** Records events within the transaction of the change that they tell of. */
  async append(writer: Writer, events: readonly AuditEvent[]): Promise<void> {
    if (events.length === 0) return;
    const now = this.#clock.now();
    const log = logFrom(this.#key.origin, await readAuditHead(writer));
    const firstIndex = log.tree.size;
    const lines = events.map(({ text }) => log.append(text).text);
    await insertAuditRecords(writer, {
      firstIndex,
      recordCount: lines.length,
      firstDate: now,
      lastDate: now,
      records: packLines(lines),
    });
    await updateAuditHead(writer, headOf(log));
    if (now - this.#lastCheckpoint >= CHECKPOINT_INTERVAL) await this.#sign(writer, log);
    else this.#cancelCheckpoint ??= this.#clock.schedule(CHECKPOINT_INTERVAL, () => void this.#signSoon());
  }

  /** Records events in a transaction of their own; resolves when they are durable. */
  appendAlone(events: readonly AuditEvent[]): Promise<void> {
    return this.#store.write((writer) => this.append(writer, events));
  }

  /** Writes what waits, and signs the log as it is then. */
  async close(): Promise<void> {
    this.#cancelWrite?.();
    this.#cancelCheckpoint?.();
    await this.#writing;
    await this.#writeAll();
    await this.signCheckpoint();
  }

  /** Signs the log as it is now. */
  async signCheckpoint(): Promise<void> {
    await this.#store.write(async (writer) => {
      await this.#sign(writer, logFrom(this.#key.origin, await readAuditHead(writer)));
    });
  }

  async #sign(writer: Writer, log: LogHead): Promise<void> {
    const signedDate = this.#clock.now();
    const { size, note } = signCheckpoint(log.origin, log.tree, this.#key.privateKey);
    await putAuditCheckpoint(writer, { size, signedDate, note, subtrees: log.tree.subtrees });
    this.#lastCheckpoint = signedDate;
  }

  /** A checkpoint that cannot be signed now is signed with what is written next. */
  async #signSoon(): Promise<void> {
    this.#cancelCheckpoint = undefined;
    await this.signCheckpoint().catch(() => {});
  }

  async #writeSoon(): Promise<void> {
    this.#cancelWrite = undefined;
    this.#writing ??= this.#writeAll();
    await this.#writing;
  }

  /** Tries again to write, also when nothing waits: calls are refused until something can be written. */
  async #retry(): Promise<void> {
    await this.#writeSoon();
    if (this.#failure === undefined) return;
    try {
      await this.signCheckpoint();
      this.#failure = undefined;
    } catch {
      this.#cancelWrite ??= this.#clock.schedule(RETRY_PAUSE, () => void this.#retry());
    }
  }

  /** Writes all that waits: what comes while some of it is being written goes with the next. */
  async #writeAll(): Promise<void> {
    // Calls that are answered in the same turn of the event loop share a transaction.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST_TOGETHER);
      try {
        const events = batch.map(({ event }) => event);
        await (this.#appendElsewhere?.(events) ?? this.appendAlone(events));
        this.#failure = undefined;
        for (const { done } of batch) done();
      } catch (error) {
        this.#fail(batch, error);
        break;
      }
    }
    this.#writing = undefined;
  }

  /** Answers that wait are refused. What no answer waits for has been done already: it is tried again until it is written. */
  #fail(batch: readonly Waiting[], error: unknown): void {
    this.#failure = error;
    this.#waiting.unshift(...batch);
    const kept = this.#durability === 'soon' ? MOST_WAITING : 0;
    for (const { failed } of this.#waiting.splice(kept)) failed(error);
    this.#cancelWrite ??= this.#clock.schedule(RETRY_PAUSE, () => void this.#retry());
  }
}

function logFrom(origin: string, { size, lastHash, subtrees }: AuditHead): LogHead {
  const tree = GrowingTree.from(size, subtrees);
  if (tree === undefined) throw new Error('the audit log has not as many subtrees as its size has');
  return LogHead.resume({ origin, hash: lastHash }, tree);
}

function headOf({ tree, lastHash }: LogHead): AuditHead {
  return { size: tree.size, lastHash, subtrees: tree.subtrees };
}

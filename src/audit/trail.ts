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
/** From how many records on those that wait are appended together, without others. */
const MOST_TOGETHER = 500;
/** How many such batches wait at most; whatever comes then waits for them. */
const MOST_WAITING = 10;
/** How long records are there at most before a checkpoint covers them, in milliseconds. */
const CHECKPOINT_INTERVAL = 10_000;
/** How soon it is tried again to write what could not be written, in milliseconds. */
const RETRY_PAUSE = 1_000;

/** Appends the texts of events in a transaction of their own; resolves when they are durable. */
export type AppendTexts = (texts: readonly string[]) => Promise<void>;

/** Events that are appended together, and the promise of that: there are too many events for a promise each. */
interface Batch {
  readonly texts: string[];
  readonly written: PromiseWithResolvers<void>;
}

/**
 * Appends events to the audit log of a store. All processes that share the store append to the same log.
 */
export class AuditTrail {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #key: AuditKey;
  readonly #durability: AuditDurability;
  readonly #appendAlone: AppendTexts;
  readonly #waiting: Batch[] = [];
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
    readonly appendElsewhere?: AppendTexts | undefined;
  }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#key = parts.key;
    this.#durability = parts.durability;
    this.#appendAlone = parts.appendElsewhere ?? ((texts) => this.appendAlone(texts));
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
    return this.#waiting.reduce((count, { texts }) => count + texts.length, 0);
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
    const batch = this.#openBatch();
    for (const { text } of events) batch.texts.push(text);
    if (this.#durability === 'strict' || this.#waiting.length > MOST_WAITING) {
      this.#writing ??= this.#writeAll();
      await batch.written.promise;
    } else {
      if (batch.texts.length >= MOST_TOGETHER && !this.isBlocked) this.#writing ??= this.#writeAll();
      this.#cancelWrite ??= this.#clock.schedule(LONGEST_WAIT, () => void this.#writeSoon());
    }
  }

  /** The batch that the next events go with. */
  #openBatch(): Batch {
    const last = this.#waiting.at(-1);
    if (last !== undefined && last.texts.length < MOST_TOGETHER) return last;
    const batch = { texts: [], written: Promise.withResolvers<void>() };
    // Where no answer waits for it, the trail says that it is blocked.
    batch.written.promise.catch(() => {});
    this.#waiting.push(batch);
    return batch;
  }

  /** Records events within the transaction of the change that they tell of. */
  append(writer: Writer, events: readonly AuditEvent[]): Promise<void> {
    return this.#appendTexts(
      writer,
      events.map(({ text }) => text),
    );
  }

  async #appendTexts(writer: Writer, texts: readonly string[]): Promise<void> {
    if (texts.length === 0) return;
    const now = this.#clock.now();
    const log = logFrom(this.#key.origin, await readAuditHead(writer));
    const firstIndex = log.tree.size;
    const lines = texts.map((text) => log.append(text).text);
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

  /** Records events, by their texts, in a transaction of their own; resolves when they are durable. */
  appendAlone(texts: readonly string[]): Promise<void> {
    return this.#store.write((writer) => this.#appendTexts(writer, texts));
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
    for (let batch = this.#waiting.shift(); batch !== undefined; batch = this.#waiting.shift()) {
      try {
        await this.#appendAlone(batch.texts);
        this.#failure = undefined;
        batch.written.resolve();
      } catch (error) {
        this.#fail(batch, error);
        break;
      }
    }
    this.#writing = undefined;
  }

  /** Answers that wait are refused. What no answer waits for has been done already: it is tried again until it is written. */
  #fail(batch: Batch, error: unknown): void {
    this.#failure = error;
    this.#waiting.unshift(batch);
    const kept = this.#durability === 'soon' ? MOST_WAITING : 0;
    for (const { written } of this.#waiting.splice(kept)) written.reject(error);
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

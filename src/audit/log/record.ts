import { parseObject } from './checkpoint.ts';
import { GrowingTree, HASH_LENGTH, hashLeaf } from './merkle.ts';
import { decodeBase64 } from './note.ts';

/** What the first record of a log has in the place of the hash of the one before it. */
const NO_PREVIOUS_HASH = Buffer.alloc(HASH_LENGTH);

/** A record as it stands in its log. */
export interface LogRecord {
  readonly origin: string;
  /** Counts from 0. */
  readonly index: number;
  /** JSON in one line: what the hash is over. */
  readonly text: string;
  /** The hash of the leaf. */
  readonly hash: Buffer;
}

/** A record with what it says of the one before it. */
export interface LinkedRecord extends LogRecord {
  readonly previousHash: Buffer;
}

/** The end of a log: all that it takes to append to it. */
export class LogHead {
  readonly origin: string;
  readonly tree: GrowingTree;
  #lastHash: Buffer;

  private constructor(origin: string, tree: GrowingTree, lastHash: Buffer) {
    this.origin = origin;
    this.tree = tree;
    this.#lastHash = lastHash;
  }

  /** A log without records. */
  static begin(origin: string): LogHead {
    return new LogHead(origin, new GrowingTree(), NO_PREVIOUS_HASH);
  }

  /** A log that goes on after its last record. */
  static resume({ origin, hash }: Pick<LogRecord, 'origin' | 'hash'>, tree: GrowingTree): LogHead {
    return new LogHead(origin, tree.copy(), hash);
  }

  /** The hash of the last record. */
  get lastHash(): Buffer {
    return this.#lastHash;
  }

  /**
   * Appends an event: its record is the event with one more member, `auditLog`, in the end.
   *
   * @param event a JSON object with members, in one line
   */
  append(event: string): LogRecord {
    const { origin } = this;
    const { size: index } = this.tree;
    const previousHash = this.#lastHash.toString('base64');
    const text = `${event.slice(0, -1)},"auditLog":{"origin":"${origin}","index":${index},"previousHash":"${previousHash}"}}`;
    const hash = hashLeaf(text);
    this.tree.append(hash);
    this.#lastHash = hash;
    return { origin, index, text, hash };
  }
}

/** The record in a line; `undefined` when the line is not a record. Nothing it says is verified. */
export function readRecord(text: string): LinkedRecord | undefined {
  const { auditLog } = parseObject(text) ?? {};
  if (typeof auditLog !== 'object' || auditLog === null) return undefined;
  const {
    origin,
    index,
    previousHash: previousHashText,
  } = { ...auditLog } as Readonly<Record<string, unknown>>;
  const previousHash = typeof previousHashText === 'string' ? decodeBase64(previousHashText) : undefined;
  if (typeof origin !== 'string' || typeof index !== 'number' || previousHash?.length !== HASH_LENGTH)
    return undefined;
  if (!Number.isSafeInteger(index) || index < 0) return undefined;
  return { origin, index, text, hash: hashLeaf(text), previousHash };
}

/** Whether a record says that it follows one with that hash; the first follows none. */
export function follows(record: LinkedRecord, lastHash: Buffer | undefined): boolean {
  return record.previousHash.equals(lastHash ?? NO_PREVIOUS_HASH);
}

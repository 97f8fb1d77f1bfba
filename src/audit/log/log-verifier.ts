import type { Checkpoint, ResumableCheckpoint } from './checkpoint.ts';
import { GrowingTree } from './merkle.ts';
import { follows, type LinkedRecord } from './record.ts';

/** What is wrong with an export, and where. */
export interface Fault {
  /** The line of the export, from 1; `undefined` for what the export lacks. */
  readonly line: number | undefined;
  readonly origin: string | undefined;
  /** The record that is the first not to be what was written; `undefined` when the fault is not in a record. */
  readonly index: number | undefined;
  readonly message: string;
}

/** What an export holds of a log. */
export interface VerifiedLog {
  readonly origin: string;
  /** The index of the first record that is there. */
  readonly first: number;
  /** The index after the last one. */
  readonly end: number;
  /** The index after the last record that a signed checkpoint covers. */
  readonly coveredEnd: number;
}

/** A record with the line that it was found in. */
interface FoundRecord {
  readonly record: LinkedRecord;
  readonly line: number;
}

/**
 * Follows the records of one log. The hashes of the chain tell which record was altered; the signed roots tell that the
 * chain is the one that was written.
 */
export class LogVerifier {
  readonly #origin: string;
  readonly #first: number;
  /** By size. */
  readonly #checkpoints = new Map<number, (Checkpoint | ResumableCheckpoint)[]>();
  /** The longest that the log is known to have been. */
  readonly #longest: number;
  /** Of all records of the log so far, once known: from the first record on, or from a checkpoint. */
  #tree: GrowingTree | undefined;
  /** The same without the last record. */
  #treeBefore: GrowingTree | undefined;
  #last: FoundRecord | undefined;
  #next: number;
  #coveredEnd: number;
  /** The last record and the one before it do not go together; the record after them tells which one was altered. */
  #unlinked: readonly [FoundRecord, FoundRecord] | undefined;
  #fault: Fault | undefined;

  /**
   * @param first record of the log that is there
   * @param checkpoints of the log, with verified signatures
   * @param isPart whether the log may begin anywhere, not only with its first record or where a checkpoint is
   */
  constructor(
    { record: { origin, index }, line }: FoundRecord,
    checkpoints: readonly (Checkpoint | ResumableCheckpoint)[],
    isPart: boolean,
  ) {
    this.#origin = origin;
    this.#first = index;
    this.#next = index;
    this.#coveredEnd = index;
    if (index === 0) this.#tree = new GrowingTree();
    let longest = 0;
    for (const checkpoint of checkpoints) {
      longest = Math.max(longest, checkpoint.size);
      const ofSize = this.#checkpoints.get(checkpoint.size);
      if (ofSize === undefined) this.#checkpoints.set(checkpoint.size, [checkpoint]);
      else ofSize.push(checkpoint);
    }
    this.#longest = longest;
    this.#meetCheckpoints(undefined);
    if (this.#tree === undefined && !isPart)
      this.#refuse(line, 0, `the log begins with record ${index}, where no checkpoint is`);
  }

  /** What is wrong first, if anything. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  get report(): VerifiedLog {
    return { origin: this.#origin, first: this.#first, end: this.#next, coveredEnd: this.#coveredEnd };
  }

  /** Takes the record that comes next. After a fault nothing more is verified. */
  add(record: LinkedRecord, line: number): void {
    if (this.#fault !== undefined) return;
    const found = { record, line };
    if (this.#unlinked !== undefined) this.#blame(this.#unlinked, found);
    else if (record.index !== this.#next) this.#refuseIndex(found);
    else if (!this.#isLinked(record)) this.#suspect(found);
    else this.#accept(found);
  }

  /** To be called after the last record. */
  finish(): void {
    if (this.#fault !== undefined) return;
    if (this.#unlinked !== undefined) this.#blame(this.#unlinked, undefined);
    else if (this.#longest > this.#next)
      this.#refuse(
        undefined,
        this.#next,
        `the end is missing: the log had ${this.#longest} records when it was signed, and ends before record ${this.#next}`,
      );
  }

  #isLinked(record: LinkedRecord): boolean {
    return record.index > 0 && this.#last === undefined ? true : follows(record, this.#last?.record.hash);
  }

  #accept(found: FoundRecord): void {
    this.#last = found;
    this.#next += 1;
    this.#treeBefore = this.#tree?.copy();
    this.#tree?.append(found.record.hash);
    this.#meetCheckpoints(found.line);
  }

  /** Compares the log with what was signed when it was as long as it is now. */
  #meetCheckpoints(line: number | undefined): void {
    const checkpoints = this.#checkpoints.get(this.#next) ?? [];
    const from = this.#coveredEnd;
    for (const checkpoint of checkpoints) {
      if (this.#tree === undefined && 'tree' in checkpoint)
        this.#tree = GrowingTree.from(checkpoint.size, checkpoint.tree.subtrees);
      else if (this.#tree === undefined) continue;
      else if (this.#tree.root().equals(checkpoint.root)) this.#coveredEnd = this.#next;
      else {
        const message = `records ${from} to ${this.#next - 1} are not those that were there when the log was signed`;
        this.#refuse(line, from, message);
        return;
      }
    }
  }

  #refuseIndex({ record, line }: FoundRecord): void {
    const { index, hash } = record;
    const expected = this.#next;
    const last = this.#last?.record;
    if (last !== undefined && this.#isLinked(record))
      this.#refuse(line, expected, `record ${expected} was altered`);
    else if (last?.index === index && !last.hash.equals(hash))
      this.#refuse(line, index, `record ${index} is there twice, and not the same`);
    else if (index < expected)
      this.#refuse(line, expected, `record ${index} is there again in the place of ${expected}`);
    else this.#refuse(line, expected, `record ${expected} is missing, ${index} is in its place`);
  }

  #suspect(found: FoundRecord): void {
    const before = this.#last;
    // What a checkpoint covers is as it was: only the record after it can be wrong.
    if (before === undefined || this.#coveredEnd === this.#next)
      this.#refuse(found.line, found.record.index, `record ${found.record.index} was altered`);
    else this.#unlinked = [before, found];
  }

  /** Two records do not go together: the second was altered if what comes after it does not know it either. */
  #blame([before, found]: readonly [FoundRecord, FoundRecord], next: FoundRecord | undefined): void {
    const isKnown =
      next === undefined ? this.#isSigned(found.record) : follows(next.record, found.record.hash);
    const { record, line } = isKnown ? before : found;
    this.#refuse(line, record.index, `record ${record.index} was altered`);
  }

  /** Whether a log that ends in a record, and in what this one says of the record before it, was signed. */
  #isSigned(record: LinkedRecord): boolean {
    const tree = this.#treeBefore?.copy();
    tree?.append(record.previousHash);
    tree?.append(record.hash);
    const checkpoints = this.#checkpoints.get(record.index + 1) ?? [];
    return tree !== undefined && checkpoints.some(({ root }) => tree.root().equals(root));
  }

  #refuse(line: number | undefined, index: number, message: string): void {
    this.#fault = { line, origin: this.#origin, index, message };
  }
}

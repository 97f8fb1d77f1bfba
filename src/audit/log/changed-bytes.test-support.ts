import type { KeyObject } from 'node:crypto';
import { randomInt } from 'node:crypto';
import { CHECKPOINT_LINE_BEGINNING, type ResumableCheckpoint, readCheckpointLine } from './checkpoint.ts';
import { readLines } from './lines.ts';
import { verifyLogs } from './verify.ts';

/** The records of a log between two checkpoints: an export that whoever has both checkpoints can verify. */
export interface LogPart {
  /** The line of the checkpoint before; `undefined` in the beginning of the log. */
  readonly before: string | undefined;
  /** The lines of the records. */
  readonly records: Buffer;
  /** The line of the checkpoint after. */
  readonly after: string;
}

/** The parts of a log that ends with a checkpoint. */
export function partsOf(lines: readonly string[]): readonly LogPart[] {
  const parts: LogPart[] = [];
  let records: string[] = [];
  for (const line of lines) {
    if (!line.startsWith(CHECKPOINT_LINE_BEGINNING)) {
      records.push(`${line}\n`);
      continue;
    }
    parts.push({ before: parts.at(-1)?.after, records: Buffer.from(records.join('')), after: line });
    records = [];
  }
  return parts;
}

/** How many bytes there are in the records of a part and the checkpoint after them. */
export function sizeOf({ records, after }: LogPart): number {
  return records.length + Buffer.byteLength(after) + 1;
}

/** A part of a log, of which bytes can be changed. */
export class VerifiedPart {
  readonly #part: LogPart;
  readonly #publicKey: KeyObject;
  /** Whoever looks for a changed byte has read these once, and not for each. */
  readonly #checkpoints: readonly ResumableCheckpoint[];
  /** The records with the checkpoint. */
  readonly #all: Buffer;

  constructor(part: LogPart, publicKey: KeyObject) {
    this.#part = part;
    this.#publicKey = publicKey;
    const read = (line: string) => readCheckpointLine(line, publicKey);
    this.#checkpoints = [part.before, part.after]
      .flatMap((line) => (line === undefined ? [] : [read(line)]))
      .filter((checkpoint) => checkpoint !== undefined);
    this.#all = Buffer.concat([part.records, Buffer.from(`${part.after}\n`)]);
  }

  /** Whether it is what was signed: its records by themselves, and with the checkpoint after them. */
  async isWhole(): Promise<boolean> {
    return (await this.#isVerified(this.#part.records)) && (await this.#isVerified(this.#all));
  }

  /** Whether it is noticed that the byte at a position of its records, or of the checkpoint after them, is another one. */
  async isNoticed(position: number): Promise<boolean> {
    // A change in a record is looked for in the records: then no signature has to be verified again.
    const { records } = this.#part;
    const altered = Buffer.from(position < records.length ? records : this.#all);
    altered[position] = (altered[position] ?? 0) ^ randomInt(1, 256);
    return !(await this.#isVerified(altered));
  }

  async #isVerified(bytes: Buffer): Promise<boolean> {
    const chunks = async function* () {
      yield bytes;
    };
    const { logs, faults } = await verifyLogs(() => readLines(chunks()), this.#publicKey, {
      witnessed: this.#checkpoints,
    });
    const [log] = logs;
    return faults.length === 0 && logs.length === 1 && log?.end === log?.coveredEnd;
  }
}

/**
 * Changes bytes of parts of a log, one at a time.
 *
 * @param step every which byte is changed; 1 changes all
 * @returns how many there were, and those that were not noticed
 */
export async function changeBytes(
  parts: readonly LogPart[],
  publicKey: KeyObject,
  step: number,
): Promise<{ readonly changes: number; readonly unnoticed: readonly string[] }> {
  const unnoticed: string[] = [];
  let changes = 0;
  let position = randomInt(step);
  for (const part of parts) {
    const verified = new VerifiedPart(part, publicKey);
    if (!(await verified.isWhole())) unnoticed.push(`the part before ${part.after} is not whole`);
    const size = sizeOf(part);
    for (; position < size; position += step) {
      changes += 1;
      if (!(await verified.isNoticed(position))) unnoticed.push(`byte ${position} before ${part.after}`);
    }
    position -= size;
  }
  return { changes, unnoticed };
}

import {
  type AuditCheckpoint,
  findAuditCheckpoint,
  listAuditCheckpoints,
  listAuditRecords,
  type Reader,
  type Transactions,
} from '../store/index.ts';
import { unpackLines } from './batches.ts';
import { checkpointLine } from './log/checkpoint.ts';
import { GrowingTree } from './log/merkle.ts';

/** How many transactions of records, or checkpoints, are read at a time. */
const BATCH = 100;

/** A record of the log of a store. */
export interface StoredRecord {
  readonly index: number;
  readonly text: string;
}

/** The records of the log from an index on, in order, up to those that are there when they are asked for. */
export async function* readRecords(store: Transactions, fromIndex: number): AsyncIterable<StoredRecord> {
  let next = fromIndex;
  for (;;) {
    const batches = await store.read((reader) => listAuditRecords(reader, next, BATCH));
    for (const { firstIndex, records } of batches) {
      for (const [position, text] of unpackLines(records).entries()) {
        if (firstIndex + position < next) continue;
        next = firstIndex + position + 1;
        yield { index: firstIndex + position, text };
      }
    }
    if (batches.length < BATCH) return;
  }
}

/**
 * The lines of an export that can be verified by itself (docs/audit-log-format.md): it begins with the first record, or where
 * a checkpoint is, and ends where one is.
 *
 * @param range.from the index of the first record that is wanted
 * @param range.to the index after the last record that is wanted
 */
export async function* exportLines(
  store: Transactions,
  range: { readonly from: number; readonly to: number },
): AsyncIterable<string> {
  const start = await store.read((reader) => startOf(reader, range.from));
  let checkpoints = await store.read((reader) => listAuditCheckpoints(reader, start, BATCH));
  const linesOfSize = async function* (size: number) {
    while (checkpoints[0] !== undefined && checkpoints[0].size <= size) {
      const [checkpoint] = checkpoints;
      const { size: signed } = checkpoint;
      if (signed === size) yield storedCheckpointLine(checkpoint);
      checkpoints = checkpoints.slice(1);
      if (checkpoints.length === 0)
        checkpoints = await store.read((reader) => listAuditCheckpoints(reader, signed + 1, BATCH));
    }
  };
  yield* linesOfSize(start);
  for await (const { index, text } of readRecords(store, start)) {
    yield text;
    const isSigned = checkpoints[0]?.size === index + 1;
    yield* linesOfSize(index + 1);
    if (isSigned && index + 1 >= range.to) return;
  }
}

/** The line of an export that holds a checkpoint. */
export function storedCheckpointLine({ note, size, subtrees }: AuditCheckpoint): string {
  const tree = GrowingTree.from(size, subtrees);
  if (tree === undefined) throw new Error('a checkpoint has not as many subtrees as its size has');
  return checkpointLine({ note }, tree);
}

/** Where an export begins that holds the record of an index. */
async function startOf(reader: Reader, from: number): Promise<number> {
  const checkpoint = await findAuditCheckpoint(reader, { size: from });
  return checkpoint?.size ?? 0;
}

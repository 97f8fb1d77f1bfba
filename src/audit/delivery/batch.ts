import {
  type AuditDelivery,
  findAuditCheckpoint,
  findAuditHead,
  listAuditCheckpoints,
  listAuditRecords,
  type Reader,
} from '../../store/index.ts';
import { unpackLines } from '../batches.ts';
import type { StoredRecord } from '../reading.ts';
import type { AuditSink, DeliveryBatch } from './sink.ts';

/** How many transactions of records are read at a time. */
const ROWS = 20;
/** How many characters of records are delivered together at most, about. */
const MOST_CHARACTERS = 4_000_000;
/** How many checkpoints are delivered together at most. */
const MOST_CHECKPOINTS = 500;

/** What comes next for a sink. */
export interface NextBatch extends DeliveryBatch {
  /** When it is to be delivered, in milliseconds since the Unix epoch: before, more can come to it. */
  readonly dueDate: number;
}

/** What a sink has not got yet, as much of it as it takes at a time; `undefined` when it has all. */
export async function readNextBatch(
  reader: Reader,
  { nextIndex, checkpointSize }: AuditDelivery,
  sink: AuditSink,
): Promise<NextBatch | undefined> {
  const head = await findAuditHead(reader);
  if (head === undefined) return undefined;
  const { records, firstDate } =
    head.size > nextIndex ? await readRecords(reader, nextIndex, sink.mostRecords) : NOTHING;
  if (records.length === 0 && !sink.takesCheckpoints) return undefined;
  const end = (records.at(-1)?.index ?? nextIndex - 1) + 1;
  const checkpoints = sink.takesCheckpoints ? await readCheckpoints(reader, checkpointSize, end) : [];
  if (records.length === 0 && checkpoints.length === 0) return undefined;
  const isFull = head.size > end;
  return { records, checkpoints, dueDate: isFull ? firstDate : firstDate + sink.longestWait };
}

const NOTHING = { records: [], firstDate: Number.NEGATIVE_INFINITY };

async function readRecords(reader: Reader, from: number, most: number) {
  const records: StoredRecord[] = [];
  let firstDate: number | undefined;
  let characters = 0;
  for (let next = from; ; ) {
    const rows = await listAuditRecords(reader, next, ROWS);
    for (const row of rows) {
      for (const [position, text] of unpackLines(row.records).entries()) {
        const index = row.firstIndex + position;
        if (index < next) continue;
        firstDate ??= row.firstDate;
        records.push({ index, text });
        characters += text.length;
        next = index + 1;
        if (records.length === most || characters >= MOST_CHARACTERS) return { records, firstDate };
      }
    }
    if (rows.length < ROWS) return { records, firstDate: firstDate ?? 0 };
  }
}

async function readCheckpoints(reader: Reader, after: number, upTo: number) {
  // A single look tells that there are none, which is most often so.
  const last = await findAuditCheckpoint(reader, { size: upTo });
  if (last === undefined || last.size <= after) return [];
  const checkpoints = await listAuditCheckpoints(reader, after + 1, MOST_CHECKPOINTS);
  return checkpoints.filter(({ size }) => size <= upTo);
}

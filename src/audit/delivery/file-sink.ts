import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { flushDirectory } from '../../keyring/index.ts';
import type { FileSinkUrl } from '../../sink-url.ts';
import type { AuditCheckpoint } from '../../store/index.ts';
import { checkpointLine } from '../log/checkpoint.ts';
import { readLines } from '../log/lines.ts';
import { GrowingTree } from '../log/merkle.ts';
import { readRecord } from '../log/record.ts';
import type { AuditSink, DeliveryBatch } from './sink.ts';

const NEWLINE = 0x0a;
const HOUR = 3_600_000;
/** How much of the end of a file is read first to find its last record, in bytes. */
const FIRST_LOOK = 65_536;
/** Rotated files sort in the order of the log. */
const INDEX_DIGITS = 15;

/** What a file of lines holds. */
interface FileContent {
  /** In bytes, without a line that was not written to its end. */
  readonly size: number;
  readonly origin: string | undefined;
  readonly firstIndex: number | undefined;
  /** When its first record's event was, in milliseconds since the Unix epoch. */
  readonly firstDate: number | undefined;
  readonly lastIndex: number | undefined;
}

/**
 * A file of lines as in an export, records and checkpoints, so that it can be verified. It is rotated, before lines are
 * added, when it is large or old; the rotated file is called after its first record. Records that a delivery that was cut
 * off has written already are not written again.
 */
export function fileSink({ name, path, maxBytes, maxAgeHours, keep }: FileSinkUrl, clock: Clock): AuditSink {
  async function rotate({ firstIndex = 0 }: FileContent): Promise<void> {
    await rename(path, `${path}.${String(firstIndex).padStart(INDEX_DIGITS, '0')}`);
    if (keep === undefined) return;
    const rotated = (await readdir(dirname(path))).filter((file) => isRotated(file, basename(path))).sort();
    for (const file of rotated.slice(0, -keep)) await rm(join(dirname(path), file));
  }

  return {
    name,
    mostRecords: 5_000,
    longestWait: 0,
    takesCheckpoints: true,
    async deliver(batch) {
      await mkdir(dirname(path), { recursive: true });
      let content = await readContent(path);
      const { firstDate = clock.now(), firstIndex } = content;
      const isOld = clock.now() - firstDate >= maxAgeHours * HOUR;
      if (firstIndex !== undefined && (isOld || content.size >= maxBytes)) {
        await rotate(content);
        content = { ...content, size: 0 };
      }
      await append(path, content.size, linesAfter(batch, content));
      await flushDirectory(dirname(path));
    },
  };
}

function isRotated(file: string, name: string): boolean {
  const suffix = file.startsWith(`${name}.`) ? file.slice(name.length + 1) : '';
  return suffix.length === INDEX_DIGITS && /^\d+$/.test(suffix);
}

/** The lines of a batch as an export has them, without the records that are in the file. */
function linesAfter(
  { records, checkpoints }: DeliveryBatch,
  { origin, lastIndex = -1 }: FileContent,
): string {
  const isGoingOn =
    origin !== undefined && records[0] !== undefined && readRecord(records[0].text)?.origin === origin;
  const lines: string[] = [];
  let next = 0;
  const addCheckpoints = (size: number) => {
    for (
      let checkpoint = checkpoints[next];
      checkpoint !== undefined && checkpoint.size <= size;
      checkpoint = checkpoints[next]
    ) {
      lines.push(lineOf(checkpoint));
      next += 1;
    }
  };
  for (const { index, text } of records) {
    addCheckpoints(index);
    if (!isGoingOn || index > lastIndex) lines.push(text);
  }
  addCheckpoints(Number.POSITIVE_INFINITY);
  return lines.map((line) => `${line}\n`).join('');
}

function lineOf({ note, size, subtrees }: AuditCheckpoint): string {
  const tree = GrowingTree.from(size, subtrees);
  if (tree === undefined) throw new Error('a checkpoint has not as many subtrees as its size has');
  return checkpointLine({ note }, tree);
}

/** Adds lines to a file after so many bytes, and makes them durable. */
async function append(path: string, size: number, lines: string): Promise<void> {
  const file = await open(path, 'a', 0o600);
  try {
    await file.truncate(size);
    await file.appendFile(lines);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function readContent(path: string): Promise<FileContent> {
  const file = await openIfPresent(path);
  if (file === undefined)
    return { size: 0, origin: undefined, firstIndex: undefined, firstDate: undefined, lastIndex: undefined };
  try {
    const { size, lastRecord } = await readEnd(file, (await file.stat()).size);
    const first = lastRecord === undefined ? undefined : await readFirst(path);
    return {
      size,
      origin: lastRecord?.origin,
      firstIndex: first?.firstIndex,
      firstDate: first?.firstDate,
      lastIndex: lastRecord?.index,
    };
  } finally {
    await file.close();
  }
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Where the last whole line of a file ends, and its last record. */
async function readEnd(file: FileHandle, size: number) {
  for (let length = Math.min(size, FIRST_LOOK); ; length = Math.min(size, length * 4)) {
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const end = buffer.lastIndexOf(NEWLINE) + 1;
    const lines = buffer
      .toString('utf8', 0, end)
      .split('\n')
      .slice(length === size ? 0 : 1, -1);
    const lastRecord = lines.map(readRecord).findLast((record) => record !== undefined);
    if (lastRecord !== undefined || length === size) return { size: size - length + end, lastRecord };
  }
}

async function readFirst(path: string) {
  for await (const line of readLines(createReadStream(path))) {
    const record = readRecord(line);
    if (record === undefined) continue;
    const { eventTime }: { eventTime?: unknown } = JSON.parse(line);
    const firstDate = Date.parse(String(eventTime));
    return { firstIndex: record.index, firstDate: Number.isNaN(firstDate) ? undefined : firstDate };
  }
  return undefined;
}

import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { flushDirectory } from '../../keyring/index.ts';
import { readLines } from '../log/lines.ts';
import { readRecord } from '../log/record.ts';

const NEWLINE = 0x0a;
/** How much of the end of a file is read first to find its last record, in bytes. */
const FIRST_LOOK = 65_536;

/** What a file of records and checkpoints holds. */
export interface LineFile {
  /** In bytes, without a line that was not written to its end. */
  readonly size: number;
  readonly origin: string | undefined;
  readonly firstIndex: number | undefined;
  /** When its first record's event was, in milliseconds since the Unix epoch. */
  readonly firstDate: number | undefined;
  readonly lastIndex: number | undefined;
}

const ABSENT: LineFile = {
  size: 0,
  origin: undefined,
  firstIndex: undefined,
  firstDate: undefined,
  lastIndex: undefined,
};

/** What a file holds; nothing, where there is none. */
export async function readLineFile(path: string): Promise<LineFile> {
  const file = await openIfPresent(path);
  if (file === undefined) return ABSENT;
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

/** Adds lines to a file after so many bytes, and makes them durable. The file, and its directory, are created if need be. */
export async function appendLines(path: string, size: number, lines: readonly string[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a', 0o600);
  try {
    await file.truncate(size);
    await file.appendFile(lines.map((line) => `${line}\n`).join(''));
    await file.datasync();
  } finally {
    await file.close();
  }
  await flushDirectory(dirname(path));
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

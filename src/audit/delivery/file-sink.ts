import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import type { FileSinkUrl } from '../../sink-url.ts';
import { readRecord } from '../log/record.ts';
import { storedCheckpointLine } from '../reading.ts';
import { appendLines, type LineFile, readLineFile } from './line-file.ts';
import type { AuditSink, DeliveryBatch } from './sink.ts';

const HOUR = 3_600_000;
/** Rotated files sort in the order of the log. */
const INDEX_DIGITS = 15;

/**
 * A file of lines as in an export, records and checkpoints, so that it can be verified. It is rotated, before lines are
 * added, when it is large or old; the rotated file is called after its first record. Records that a delivery that was cut
 * off has written already are not written again.
 */
export function fileSink({ name, path, maxBytes, maxAgeHours, keep }: FileSinkUrl, clock: Clock): AuditSink {
  async function rotate({ firstIndex = 0 }: LineFile): Promise<void> {
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
      let content = await readLineFile(path);
      const { firstDate = clock.now(), firstIndex } = content;
      const isOld = clock.now() - firstDate >= maxAgeHours * HOUR;
      if (firstIndex !== undefined && (isOld || content.size >= maxBytes)) {
        await rotate(content);
        content = { ...content, size: 0 };
      }
      await appendLines(path, content.size, linesAfter(batch, content));
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
  { origin, lastIndex = -1 }: LineFile,
): readonly string[] {
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
      lines.push(storedCheckpointLine(checkpoint));
      next += 1;
    }
  };
  for (const { index, text } of records) {
    addCheckpoints(index);
    if (!isGoingOn || index > lastIndex) lines.push(text);
  }
  addCheckpoints(Number.POSITIVE_INFINITY);
  return lines;
}

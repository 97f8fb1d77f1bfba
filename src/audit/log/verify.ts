import type { KeyObject } from 'node:crypto';
import {
  CHECKPOINT_LINE_BEGINNING,
  type Checkpoint,
  type ResumableCheckpoint,
  readCheckpointLine,
} from './checkpoint.ts';
import { type Fault, LogVerifier, type VerifiedLog } from './log-verifier.ts';
import { readRecord } from './record.ts';

export interface Verification {
  readonly logs: readonly VerifiedLog[];
  /** The first of each log, and lines that are of no log; empty when nothing was changed or cut out. */
  readonly faults: readonly Fault[];
}

/** Lines of an export, without the newlines: records and checkpoints, those of a log in order. */
export type ReadLines = () => AsyncIterable<string>;

/**
 * Verifies records with nothing but the public key: that none of them was changed, removed, added or moved since the
 * checkpoints were signed. Reads the lines twice.
 *
 * @param options.witnessed checkpoints that were kept elsewhere: the logs have to be as long as these say
 * @param options.isPart whether logs may begin anywhere, not only with their first record or where a checkpoint is
 */
export async function verifyLogs(
  readLines: ReadLines,
  publicKey: KeyObject,
  options: { readonly witnessed?: readonly Checkpoint[]; readonly isPart?: boolean } = {},
): Promise<Verification> {
  const { witnessed = [], isPart = false } = options;
  const { checkpoints, faults } = await readCheckpoints(readLines, publicKey);
  const known = Map.groupBy<string, Checkpoint>([...checkpoints, ...witnessed], ({ origin }) => origin);
  const logs = new Map<string, LogVerifier>();
  let line = 0;
  for await (const text of readLines()) {
    line += 1;
    if (text.startsWith(CHECKPOINT_LINE_BEGINNING)) continue;
    const record = readRecord(text);
    if (record === undefined) {
      faults.push(faultOfLine(line, 'neither a record nor a checkpoint'));
      continue;
    }
    let log = logs.get(record.origin);
    if (log === undefined) {
      log = new LogVerifier({ record, line }, known.get(record.origin) ?? [], isPart);
      logs.set(record.origin, log);
    }
    log.add(record, line);
  }
  for (const log of logs.values()) log.finish();
  for (const [origin, all] of known) {
    const start = checkpoints.find((checkpoint) => checkpoint.origin === origin)?.size ?? 0;
    const end = Math.max(...all.map(({ size }) => size));
    const message = `all records are missing: the log had ${end} when it was signed`;
    if (end > start && !logs.has(origin)) faults.push({ line: undefined, origin, index: start, message });
  }
  const ofLogs = [...logs.values()].flatMap(({ fault }) => (fault === undefined ? [] : [fault]));
  return {
    logs: [...logs.values()].map(({ report }) => report),
    faults: [...faults, ...ofLogs].sort((one, other) => (one.line ?? line + 1) - (other.line ?? line + 1)),
  };
}

async function readCheckpoints(
  readLines: ReadLines,
  publicKey: KeyObject,
): Promise<{ readonly checkpoints: readonly ResumableCheckpoint[]; readonly faults: Fault[] }> {
  const checkpoints: ResumableCheckpoint[] = [];
  const faults: Fault[] = [];
  let line = 0;
  for await (const text of readLines()) {
    line += 1;
    if (!text.startsWith(CHECKPOINT_LINE_BEGINNING)) continue;
    const checkpoint = readCheckpointLine(text, publicKey);
    if (checkpoint !== undefined) checkpoints.push(checkpoint);
    else faults.push(faultOfLine(line, 'the checkpoint was altered, or signed with another key'));
  }
  return { checkpoints, faults };
}

function faultOfLine(line: number, message: string): Fault {
  return { line, origin: undefined, index: undefined, message };
}

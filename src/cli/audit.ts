import type { KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import {
  type Checkpoint,
  cosignedTime,
  type Fault,
  openCheckpoint,
  readCheckpointLine,
  readLines,
  type VerifiedLog,
  verifyLogs,
  type Witness,
} from '../audit/log/index.ts';
import { OperatorError } from '../errors.ts';
import { readPublicKey, readWhole, readWitnessKeyFile, unreadable } from './audit-files.ts';
import type { Report } from './policies.ts';

/**
 * Verifies the audit logs in files.
 *
 * @param files in the order in which their lines are to be read
 * @param options.publicKey path of the PEM file
 * @param options.witness paths of files that hold checkpoints: a note each, or lines as in an export
 * @param options.witnessKey path of the file of the verifier key of the witness, who has to have cosigned them
 */
export async function verifyExports(
  files: readonly string[],
  options: {
    readonly publicKey: string;
    readonly witness: readonly string[];
    readonly witnessKey?: string;
    readonly part?: true;
    readonly json?: true;
  },
): Promise<Report & { readonly problem: string }> {
  try {
    const publicKey = await readPublicKey(options.publicKey);
    const by = options.witnessKey === undefined ? undefined : await readWitnessKeyFile(options.witnessKey);
    const witnessed = (
      await Promise.all(options.witness.map((file) => readWitness(file, publicKey, by)))
    ).flat();
    const lines = new LinesOfFiles(files);
    const { logs, faults } = await verifyLogs(() => lines.read(), publicKey, {
      witnessed,
      isPart: options.part === true,
    });
    const placed = faults.map((fault) => ({ ...fault, ...lines.placeOf(fault.line) }));
    const isCovered = logs.every(({ end, coveredEnd }) => end === coveredEnd);
    const output =
      options.json === true
        ? `${JSON.stringify({ logs, faults: placed }, null, 2)}\n`
        : toLines(logs, placed);
    return { output, problem: '', exitCode: faults.length > 0 ? 1 : isCovered ? 0 : 2 };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { output: '', problem: `qkms: ${error.message}\n`, exitCode: 2 };
  }
}

/** The first bytes of a file that is compressed with gzip (RFC 1952). */
const GZIP = 0x1f8b;

/** Lines of several files, one after the other, which are counted together. */
class LinesOfFiles {
  readonly #files: readonly string[];
  /** How many lines there are before each file. */
  #before: number[] = [];

  constructor(files: readonly string[]) {
    this.#files = files;
  }

  /** @throws OperatorError when a file cannot be read */
  async *read(): AsyncIterable<string> {
    this.#before = [];
    let count = 0;
    for (const file of this.#files) {
      this.#before.push(count);
      try {
        for await (const line of readLines(await openExport(file))) {
          count += 1;
          yield line;
        }
      } catch (error) {
        throw unreadable('the export', file, error);
      }
    }
  }

  placeOf(line: number | undefined): { readonly file?: string; readonly line?: number } {
    if (line === undefined) return {};
    const at = this.#before.findLastIndex((before) => before < line);
    return { file: this.#files[at] ?? '', line: line - (this.#before[at] ?? 0) };
  }
}

/** The bytes of a file, unpacked if they are compressed with gzip. */
async function openExport(path: string): Promise<Readable> {
  const file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
  await file.close();
  const stream = createReadStream(path);
  const isCompressed = bytesRead === 2 && buffer.readUInt16BE() === GZIP;
  return isCompressed ? pipeline(stream, createGunzip(), () => {}) : stream;
}

/** @param by who has to have cosigned the checkpoints */
async function readWitness(
  file: string,
  publicKey: KeyObject,
  by: Witness | undefined,
): Promise<readonly Checkpoint[]> {
  const text = await readWhole('the checkpoints of a witness', file);
  const isLines = text.startsWith('{');
  const checkpoints = isLines
    ? text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => readCheckpointLine(line, publicKey))
    : [openCheckpoint(text, publicKey)];
  return checkpoints.map((checkpoint, at) => {
    const place = isLines ? `${file}:${at + 1}` : file;
    if (checkpoint !== undefined && by !== undefined && cosignedTime(checkpoint.note, by) === undefined)
      throw new OperatorError(
        `${place} is not cosigned by ${by.name}; give checkpoints that the witness has seen`,
      );
    if (checkpoint !== undefined) return checkpoint;
    throw new OperatorError(`${place} is not a checkpoint that the audit key signed; give those of this log`);
  });
}

function toLines(
  logs: readonly VerifiedLog[],
  faults: readonly (Fault & { readonly file?: string })[],
): string {
  const found = faults.map(({ file, line, origin, message }) => {
    const place = file === undefined ? '' : `${file}:${line}: `;
    return `${place}${origin === undefined ? '' : `${origin}: `}${message}`;
  });
  const broken = new Set(faults.map(({ origin }) => origin));
  const verified = logs.filter(({ origin }) => !broken.has(origin)).map(summaryOf);
  return [...found, ...verified, ...(logs.length + found.length === 0 ? ['no records'] : [])]
    .map((line) => `${line}\n`)
    .join('');
}

function summaryOf({ origin, first, end, coveredEnd }: VerifiedLog): string {
  const all = `${origin}: records ${first} to ${end - 1}`;
  if (coveredEnd === end) return `${all} are as they were signed`;
  const rest = `no checkpoint covers those from ${coveredEnd} on`;
  return `${all} are linked to each other; ${rest}`;
}

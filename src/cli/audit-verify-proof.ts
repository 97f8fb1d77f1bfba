import { readFile } from 'node:fs/promises';
import { type Checkpoint, cosignedTime, type ProofVerification, verifyProof } from '../audit/log/index.ts';
import { OperatorError } from '../errors.ts';
import { readPublicKey, readWhole, readWitnessKeyFile, unreadable } from './audit-files.ts';
import type { Report } from './policies.ts';

/** A proof that shows what it is to show. */
type Proven = Extract<ProofVerification, { readonly checkpoint: Checkpoint }>;

/** A newline. */
const NEWLINE = 0x0a;

/**
 * Verifies the proof in a file.
 *
 * @param options.publicKey path of the PEM file
 * @param options.record path of the file of the record; by default it is the one in the proof
 * @param options.witnessKey path of the file of the verifier key of a witness, who has to have cosigned its checkpoints
 */
export async function verifyProofFile(
  file: string,
  options: {
    readonly publicKey: string;
    readonly record?: string;
    readonly witnessKey?: string;
    readonly json?: true;
  },
): Promise<Report & { readonly problem: string }> {
  try {
    const publicKey = await readPublicKey(options.publicKey);
    const record = options.record === undefined ? undefined : await readRecordFile(options.record);
    const verified = verifyProof(await readWhole('the proof', file), publicKey, record);
    if (verified.kind === 'no record')
      throw new OperatorError(`${file} holds no record; give the file of the record with --record`);
    if (verified.kind === 'fault')
      return {
        output: options.json ? toJson({ fault: verified.message }) : `${file}: ${verified.message}\n`,
        problem: '',
        exitCode: 1,
      };
    if (options.witnessKey !== undefined) await requireCosigned(file, verified, options.witnessKey);
    const output = options.json ? toJson(factsOf(verified)) : summaryOf(verified);
    return { output, problem: '', exitCode: 0 };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { output: '', problem: `qkms: ${error.message}\n`, exitCode: 2 };
  }
}

/** The bytes of a record, which a newline may end as in an export. */
async function readRecordFile(file: string): Promise<Buffer> {
  try {
    const bytes = await readFile(file);
    return bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes;
  } catch (error) {
    throw unreadable('the record', file, error);
  }
}

async function requireCosigned(file: string, proven: Proven, witnessKey: string): Promise<void> {
  const witness = await readWitnessKeyFile(witnessKey);
  const checkpoints = proven.kind === 'inclusion' ? [proven.checkpoint] : [proven.old, proven.checkpoint];
  for (const { size, note } of checkpoints) {
    if (cosignedTime(note, witness) !== undefined) continue;
    throw new OperatorError(
      `the checkpoint of ${size} records in ${file} is not cosigned by ${witness.name}; give a proof against one that is`,
    );
  }
}

function factsOf(proven: Proven) {
  const { origin, size } = proven.checkpoint;
  return proven.kind === 'inclusion'
    ? { origin, index: proven.record.index, size, record: proven.record.text }
    : { origin, oldSize: proven.old.size, size };
}

function summaryOf(proven: Proven): string {
  const { origin, size } = proven.checkpoint;
  return proven.kind === 'inclusion'
    ? `${origin}: record ${proven.record.index} is among the ${size} that were signed:\n${proven.record.text}\n`
    : `${origin}: the log of ${size} records goes on from that of ${proven.old.size}\n`;
}

function toJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

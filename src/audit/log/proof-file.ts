import type { KeyObject } from 'node:crypto';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { textOf } from './lines.ts';
import { HASH_LENGTH, provesConsistency, provesInclusion } from './merkle.ts';
import { decodeBase64 } from './note.ts';
import { type LinkedRecord, readRecord } from './record.ts';

/*
 * Proofs as files (docs/audit-log-format.md): that a record is in a log (https://c2sp.org/tlog-proof), and that a log goes on
 * from what it was earlier. With the public key they hold all that it takes to verify them.
 */

/** How the file of a proof of inclusion begins. */
const INCLUSION = 'c2sp.org/tlog-proof@v1';
/** How the file of a proof of consistency begins. */
const CONSISTENCY = 'qkms-audit/consistency-proof@v1';

/** A number that JavaScript holds exactly, without leading zeros. */
const INDEX_LINE = /^index (0|[1-9]\d{0,14})$/;

/** That a record is in the log of a checkpoint. */
export interface InclusionProof {
  readonly kind: 'inclusion';
  /** The bytes of the record; `undefined` when the file holds only the proof. */
  readonly record: Buffer | undefined;
  readonly index: number;
  /** From the neighbour of the leaf upwards (RFC 9162, section 2.1.3.1). */
  readonly hashes: readonly Buffer[];
  /** The checkpoint, a signed note. */
  readonly note: string;
}

/** That the log of a checkpoint goes on from that of an older one. */
export interface ConsistencyProof {
  readonly kind: 'consistency';
  /** As RFC 9162, section 2.1.4.1, has them. */
  readonly hashes: readonly Buffer[];
  /** The older checkpoint, a signed note. */
  readonly oldNote: string;
  /** The newer checkpoint, a signed note. */
  readonly note: string;
}

/** What a proof shows, or why it shows nothing. */
export type ProofVerification =
  | { readonly kind: 'inclusion'; readonly record: LinkedRecord; readonly checkpoint: Checkpoint }
  | { readonly kind: 'consistency'; readonly old: Checkpoint; readonly checkpoint: Checkpoint }
  /** Something is not as it was signed. */
  | { readonly kind: 'fault'; readonly message: string }
  /** The file holds no record, and none was given. */
  | { readonly kind: 'no record' };

/** A proof as the text of a file. */
export function writeProof(proof: InclusionProof | ConsistencyProof): string {
  const hashes = proof.hashes.map((hash) => `${hash.toString('base64')}\n`).join('');
  if (proof.kind === 'consistency') return `${CONSISTENCY}\n${hashes}\n${proof.oldNote}\n${proof.note}`;
  const extra = proof.record === undefined ? '' : `extra ${proof.record.toString('base64')}\n`;
  return `${INCLUSION}\n${extra}index ${proof.index}\n${hashes}\n${proof.note}`;
}

/** The proof in the text of a file; `undefined` when it is none, or not whole. */
export function readProof(text: string): InclusionProof | ConsistencyProof | undefined {
  const [head = '', ...notes] = text.split('\n\n');
  const [form, ...lines] = head.split('\n');
  if (notes.length === 0) return undefined;
  if (form === INCLUSION) return readInclusion(lines, notes.join('\n\n'));
  if (form !== CONSISTENCY || notes.length !== 4) return undefined;
  const hashes = readHashes(lines);
  const oldNote = `${notes.slice(0, 2).join('\n\n')}\n`;
  return hashes && { kind: 'consistency', hashes, oldNote, note: notes.slice(2).join('\n\n') };
}

function readInclusion(lines: readonly string[], note: string): InclusionProof | undefined {
  const [extra] = lines;
  const hasExtra = extra?.startsWith('extra ') === true;
  const record = hasExtra ? decodeBase64(extra.slice('extra '.length)) : undefined;
  if (hasExtra && record === undefined) return undefined;
  const [indexLine = '', ...hashLines] = hasExtra ? lines.slice(1) : lines;
  const [, index] = INDEX_LINE.exec(indexLine) ?? [];
  const hashes = readHashes(hashLines);
  if (index === undefined || hashes === undefined) return undefined;
  return { kind: 'inclusion', record, index: Number(index), hashes, note };
}

function readHashes(lines: readonly string[]): readonly Buffer[] | undefined {
  const hashes = lines.map(decodeBase64).filter((hash) => hash?.length === HASH_LENGTH);
  const known = hashes.filter((hash) => hash !== undefined);
  return known.length === lines.length ? known : undefined;
}

/**
 * Verifies a proof with nothing but the public key.
 *
 * @param text of the file
 * @param recordGiven the bytes of the record that the proof is to be of, without a newline; that in the file by default
 */
export function verifyProof(text: string, publicKey: KeyObject, recordGiven?: Buffer): ProofVerification {
  const proof = readProof(text);
  if (proof === undefined) return fault('not a proof of inclusion or of consistency, or not all of one');
  const checkpoint = openCheckpoint(proof.note, publicKey);
  if (checkpoint === undefined) return fault('the checkpoint was altered, or signed with another key');
  return proof.kind === 'inclusion'
    ? verifyInclusion(proof, checkpoint, recordGiven ?? proof.record)
    : verifyConsistency(proof, checkpoint, publicKey);
}

function verifyInclusion(
  { index, hashes }: InclusionProof,
  checkpoint: Checkpoint,
  bytes: Buffer | undefined,
): ProofVerification {
  if (bytes === undefined) return { kind: 'no record' };
  const record = readRecord(textOf(bytes));
  if (record === undefined) return fault('what the proof is to be of is not a record');
  if (record.origin !== checkpoint.origin || record.index !== index)
    return fault(
      `the proof is of record ${index} of ${checkpoint.origin}, the record is ${record.index} of ${record.origin}`,
    );
  if (index >= checkpoint.size)
    return fault(`record ${index} is not among the ${checkpoint.size} records of the checkpoint`);
  return provesInclusion(hashes, record, checkpoint)
    ? { kind: 'inclusion', record, checkpoint }
    : fault(`record ${index}, or the proof, was altered: the checkpoint is of a log with another one`);
}

function verifyConsistency(
  { hashes, oldNote }: ConsistencyProof,
  checkpoint: Checkpoint,
  publicKey: KeyObject,
): ProofVerification {
  const old = openCheckpoint(oldNote, publicKey);
  if (old === undefined) return fault('the older checkpoint was altered, or signed with another key');
  if (old.origin !== checkpoint.origin)
    return fault(`the checkpoints are of two logs, ${old.origin} and ${checkpoint.origin}`);
  return provesConsistency(hashes, old, checkpoint)
    ? { kind: 'consistency', old, checkpoint }
    : fault(
        `the log of ${checkpoint.size} records is not shown to go on from that of ${old.size}: the proof was altered, or the log written anew`,
      );
}

function fault(message: string): ProofVerification {
  return { kind: 'fault', message };
}

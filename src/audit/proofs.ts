import type { KeyObject } from 'node:crypto';
import {
  type AuditCheckpoint,
  findAuditCheckpoint,
  listAuditCheckpoints,
  type Reader,
  type Transactions,
} from '../store/index.ts';
import { consistencyProof, hashLeaf, inclusionProof, subtreeHashes } from './log/merkle.ts';
import { type ConsistencyProof, type InclusionProof, verifyProof, writeProof } from './log/proof-file.ts';
import { readRecords } from './reading.ts';

/** How many checkpoints are read at a time. */
const BATCH = 100;

/**
 * The proof that the log of a size goes on from that of a smaller size (RFC 9162, section 2.1.4).
 *
 * @param oldSize 0, or the size of a checkpoint
 * @throws RangeError when there is no checkpoint of the smaller size, or records in between are gone
 */
export async function proveConsistency(
  store: Transactions,
  oldSize: number,
  size: number,
): Promise<readonly Buffer[]> {
  if (oldSize === 0 || oldSize === size) return [];
  const { before, leafHashes } = await hashesBetween(store, oldSize, size);
  if (before.size !== oldSize) throw new RangeError(`there is no checkpoint of ${oldSize} records any more`);
  return consistencyProof(oldSize, size, subtreeHashes(before, leafHashes));
}

/**
 * The file of a proof that a record is in the log (docs/audit-log-format.md), with the record.
 *
 * @param index less than the size of the checkpoint
 * @throws RangeError when the record, or one after it, is not kept any more
 */
export async function inclusionProofFile(
  store: Transactions,
  index: number,
  { size, note }: AuditCheckpoint,
  publicKey: KeyObject,
): Promise<string> {
  const text = await readText(store, index);
  const { before, leafHashes } = await hashesBetween(store, index, size);
  const hashes = inclusionProof(index, size, subtreeHashes(before, leafHashes));
  return verifiedFile({ kind: 'inclusion', record: Buffer.from(text), index, hashes, note }, publicKey);
}

/**
 * The file of a proof that the log goes on from what it was earlier (docs/audit-log-format.md).
 *
 * @param old at most as large as the other checkpoint
 * @throws RangeError when records in between are not kept any more
 */
export async function consistencyProofFile(
  store: Transactions,
  old: AuditCheckpoint,
  { size, note }: AuditCheckpoint,
  publicKey: KeyObject,
): Promise<string> {
  const hashes = await proveConsistency(store, old.size, size);
  return verifiedFile({ kind: 'consistency', hashes, oldNote: old.note, note }, publicKey);
}

/**
 * The smallest checkpoint of at least a size; `undefined` when there is none.
 *
 * @param isWanted whether a signed note may be it
 */
export async function findCheckpointFrom(
  store: Transactions,
  size: number,
  isWanted: (note: string) => boolean,
): Promise<AuditCheckpoint | undefined> {
  for (let from = size; ; ) {
    const checkpoints = await store.read((reader) => listAuditCheckpoints(reader, from, BATCH));
    const found = checkpoints.find(({ note }) => isWanted(note));
    const last = checkpoints.at(-1);
    if (found !== undefined || last === undefined) return found;
    from = last.size + 1;
  }
}

/** Nobody is given a proof that does not show what it is to show. */
function verifiedFile(proof: InclusionProof | ConsistencyProof, publicKey: KeyObject): string {
  const file = writeProof(proof);
  const verified = verifyProof(file, publicKey);
  if (verified.kind === proof.kind) return file;
  const reason = verified.kind === 'fault' ? `: ${verified.message}` : '';
  throw new RangeError(`the audit log is not as it was signed${reason}`);
}

async function readText(store: Transactions, index: number): Promise<string> {
  for await (const record of readRecords(store, index)) {
    if (record.index === index) return record.text;
    break;
  }
  throw new RangeError(`record ${index} is not kept any more`);
}

/** The hashes of records up to a size, and the subtrees of those before: from the last checkpoint at or before an index on. */
async function hashesBetween(store: Transactions, index: number, size: number) {
  const before = await store.read((reader) => startOf(reader, index));
  const leafHashes: Buffer[] = [];
  for await (const record of readRecords(store, before.size)) {
    if (record.index !== before.size + leafHashes.length)
      throw new RangeError(`record ${before.size + leafHashes.length} is not kept any more`);
    if (record.index >= size) break;
    leafHashes.push(hashLeaf(record.text));
  }
  if (before.size + leafHashes.length < size) throw new RangeError(`the log has no ${size} records`);
  return { before, leafHashes };
}

async function startOf(reader: Reader, index: number) {
  const checkpoint = await findAuditCheckpoint(reader, { size: index });
  return { size: checkpoint?.size ?? 0, subtrees: checkpoint?.subtrees ?? [] };
}

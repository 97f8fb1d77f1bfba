import { findAuditCheckpoint, type Reader, type Transactions } from '../store/index.ts';
import { consistencyProof, hashLeaf, subtreeHashes } from './log/merkle.ts';
import { readRecords } from './reading.ts';

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

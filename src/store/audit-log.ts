import { damagedRecord } from './refusals.ts';
import { authenticateRow, verifyRow } from './rows.ts';
import type { AuditCheckpointsTable, AuditRecordsTable } from './schema.ts';
import type { Reader, Writer } from './store.ts';

const HASH_LENGTH = 32;
const THE_HEAD = 1;

/** Where the audit log ends. */
export interface AuditHead {
  /** The number of records that there have been. */
  readonly size: number;
  /** The hash of the last record. */
  readonly lastHash: Buffer;
  /** The roots of the perfect subtrees of the log's Merkle tree, from left to right. */
  readonly subtrees: readonly Buffer[];
}

/** Audit records that were appended together. Dates are milliseconds since the Unix epoch. */
export interface AuditRecords {
  readonly firstIndex: number;
  readonly recordCount: number;
  readonly firstDate: number;
  readonly lastDate: number;
  /** Lines, compressed with Zstandard. */
  readonly records: Uint8Array;
}

/** A signed checkpoint of the audit log. */
export interface AuditCheckpoint {
  readonly size: number;
  readonly signedDate: number;
  /** A signed note. */
  readonly note: string;
  readonly subtrees: readonly Buffer[];
}

/** @throws ServiceError `KMSInternalException` when there is none: it was there since the log was begun */
export async function readAuditHead(reader: Reader): Promise<AuditHead> {
  const head = await findAuditHead(reader);
  if (head === undefined) throw damagedRecord('audit_head');
  return head;
}

/** The end of the log; `undefined` when it has not been begun. */
export async function findAuditHead({ db, keyring }: Reader): Promise<AuditHead | undefined> {
  const stored = await db.selectFrom('audit_head').selectAll().executeTakeFirst();
  if (stored === undefined) return undefined;
  const row = verifyRow(keyring, 'audit_head', stored);
  return { size: row.size, lastHash: Buffer.from(row.last_hash), subtrees: hashesIn(row.subtrees) };
}

/** Makes the row that `updateAuditHead` changes. */
export async function insertAuditHead(writer: Writer, head: AuditHead): Promise<void> {
  await writer.db.insertInto('audit_head').values(headRow(writer, head)).execute();
}

export async function updateAuditHead(writer: Writer, head: AuditHead): Promise<void> {
  await writer.db.updateTable('audit_head').set(headRow(writer, head)).execute();
}

function headRow({ keyring }: Writer, { size, lastHash, subtrees }: AuditHead) {
  return authenticateRow(keyring, 'audit_head', {
    id: THE_HEAD,
    size,
    last_hash: lastHash,
    subtrees: Buffer.concat(subtrees),
  });
}

export async function insertAuditRecords({ db, keyring }: Writer, records: AuditRecords): Promise<void> {
  const row = authenticateRow(keyring, 'audit_records', {
    first_index: records.firstIndex,
    record_count: records.recordCount,
    first_date: records.firstDate,
    last_date: records.lastDate,
    records: records.records,
  });
  await db.insertInto('audit_records').values(row).execute();
}

/** Records in order, from those that hold the record of an index on, at most so many appended together. */
export async function listAuditRecords(
  { db, keyring }: Reader,
  fromIndex: number,
  limit: number,
): Promise<readonly AuditRecords[]> {
  const before = await db
    .selectFrom('audit_records')
    .select('first_index')
    .where('first_index', '<=', fromIndex)
    .orderBy('first_index', 'desc')
    .limit(1)
    .executeTakeFirst();
  const rows = await db
    .selectFrom('audit_records')
    .selectAll()
    .where('first_index', '>=', before?.first_index ?? 0)
    .orderBy('first_index')
    .limit(limit)
    .execute();
  return rows.map((row) => recordsIn(verifyRow(keyring, 'audit_records', row)));
}

/** Records, the newest first, that were appended in a time, up to those before an index. */
export async function listAuditRecordsBackwards(
  { db, keyring }: Reader,
  range: { readonly from: number; readonly to: number; readonly beforeIndex: number },
  limit: number,
): Promise<readonly AuditRecords[]> {
  const rows = await db
    .selectFrom('audit_records')
    .selectAll()
    .where('first_index', '<', range.beforeIndex)
    .where('last_date', '>=', range.from)
    .where('first_date', '<=', range.to)
    .orderBy('first_index', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => recordsIn(verifyRow(keyring, 'audit_records', row)));
}

/** Removes the records before a size of the log, all of them that were appended together. */
export async function deleteAuditRecords({ db }: Writer, size: number): Promise<void> {
  await db.deleteFrom('audit_records').where('first_index', '<', size).execute();
  await db.deleteFrom('audit_checkpoints').where('size', '<', size).execute();
}

function recordsIn(row: Omit<AuditRecordsTable, 'mac'>): AuditRecords {
  return {
    firstIndex: row.first_index,
    recordCount: row.record_count,
    firstDate: row.first_date,
    lastDate: row.last_date,
    records: row.records,
  };
}

/** Keeps a checkpoint, unless another process has signed one of the same size. */
export async function putAuditCheckpoint(
  { db, keyring }: Writer,
  checkpoint: AuditCheckpoint,
): Promise<void> {
  const row = authenticateRow(keyring, 'audit_checkpoints', {
    size: checkpoint.size,
    signed_date: checkpoint.signedDate,
    note: checkpoint.note,
    subtrees: Buffer.concat(checkpoint.subtrees),
  });
  await db
    .insertInto('audit_checkpoints')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Replaces the note of a checkpoint by one with more signatures, if the checkpoint is still there. */
export async function changeAuditCheckpoint(
  writer: Writer,
  size: number,
  change: (note: string) => string,
): Promise<void> {
  const checkpoint = await findAuditCheckpoint(writer, { size });
  if (checkpoint?.size !== size) return;
  const { db, keyring } = writer;
  const row = authenticateRow(keyring, 'audit_checkpoints', {
    size,
    signed_date: checkpoint.signedDate,
    note: change(checkpoint.note),
    subtrees: Buffer.concat(checkpoint.subtrees),
  });
  await db.updateTable('audit_checkpoints').set(row).where('size', '=', size).execute();
}

/** Checkpoints in order of their sizes, from a size on, at most so many. */
export async function listAuditCheckpoints(
  { db, keyring }: Reader,
  fromSize: number,
  limit: number,
): Promise<readonly AuditCheckpoint[]> {
  const rows = await db
    .selectFrom('audit_checkpoints')
    .selectAll()
    .where('size', '>=', fromSize)
    .orderBy('size')
    .limit(limit)
    .execute();
  return rows.map((row) => checkpointIn(verifyRow(keyring, 'audit_checkpoints', row)));
}

/** The largest checkpoint of at most a size that was signed at a time or before. */
export async function findAuditCheckpoint(
  { db, keyring }: Reader,
  upTo: { readonly size?: number; readonly date?: number } = {},
): Promise<AuditCheckpoint | undefined> {
  const { size = Number.MAX_SAFE_INTEGER, date = Number.MAX_SAFE_INTEGER } = upTo;
  const row = await db
    .selectFrom('audit_checkpoints')
    .selectAll()
    .where('size', '<=', size)
    .where('signed_date', '<=', date)
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && checkpointIn(verifyRow(keyring, 'audit_checkpoints', row));
}

function checkpointIn(row: Omit<AuditCheckpointsTable, 'mac'>): AuditCheckpoint {
  return { size: row.size, signedDate: row.signed_date, note: row.note, subtrees: hashesIn(row.subtrees) };
}

function hashesIn(bytes: Uint8Array): readonly Buffer[] {
  const hashes: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += HASH_LENGTH)
    hashes.push(Buffer.from(bytes.subarray(start, start + HASH_LENGTH)));
  return hashes;
}

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const KINDS = ['make directory', 'create', 'unlink', 'write', 'truncate', 'sync'] as const;
const HEADER_LENGTH = 32;

/** What disk-recorder.c writes down of one system call. */
export interface DiskRecord {
  readonly kind: (typeof KINDS)[number];
  readonly path: string;
  /** The inode. */
  readonly file: number;
  /** Of a write, in bytes; of a truncation, the size that is left. */
  readonly offset: number;
  readonly data: Buffer;
  /** The length of the journal up to the end of this record. */
  readonly position: number;
}

/** Reads the records of a journal. */
export function readJournal(journal: Buffer): readonly DiskRecord[] {
  const records: DiskRecord[] = [];
  for (let start = 0; start < journal.length; ) {
    const kind = KINDS[journal.readUInt32LE(start) - 1];
    assert.ok(kind !== undefined, `no record begins at ${start}`);
    const path = start + HEADER_LENGTH;
    const data = path + journal.readUInt32LE(start + 4);
    const position = data + Number(journal.readBigUInt64LE(start + 24));
    records.push({
      kind,
      path: journal.toString('utf8', path, data),
      file: Number(journal.readBigUInt64LE(start + 8)),
      offset: Number(journal.readBigUInt64LE(start + 16)),
      data: journal.subarray(data, position),
      position,
    });
    start = position;
  }
  return records;
}

/** What disks write as a whole or not at all, in bytes: the least that any has. */
const SECTOR = 512;

/** What is found where a disk is looked at: a file's content, or a directory. */
export type Found = Buffer | 'directory';

interface DiskFile {
  readonly isDirectory: boolean;
  /** What is on the disk for sure. */
  content: Buffer;
  /** What was done to it since it was synced. */
  pending: DiskRecord[];
}

/** A name that was given to a file, or taken away. */
interface Naming {
  readonly path: string;
  readonly file: DiskFile | undefined;
}

/**
 * A disk that does what POSIX promises of fsync, and no more: what was written to a file is kept once the file was
 * synced, and a name once its directory was. Of all else any part may be kept, by sectors, whatever was done first.
 */
export class Disk {
  readonly #root: string;
  /** By inode. */
  readonly #files = new Map<number, DiskFile>();
  readonly #names = new Map<string, DiskFile>();
  #pendingNames: readonly Naming[] = [];

  /** @param root the directory below which everything happens; what is in it is on the disk for sure */
  constructor(root: string) {
    this.#root = root;
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const isDirectory = entry.isDirectory();
      const content = isDirectory ? Buffer.alloc(0) : readFileSync(path);
      const file = { isDirectory, content, pending: [] };
      this.#files.set(statSync(path).ino, file);
      this.#names.set(path, file);
    }
  }

  apply(record: DiskRecord): void {
    const { kind, path, file } = record;
    if (kind === 'sync') this.#sync(path, file);
    else if (kind === 'unlink') this.#name({ path, file: undefined });
    else if (kind === 'make directory' || kind === 'create') this.#create(record);
    else this.#files.get(file)?.pending.push(record);
  }

  /**
   * What is there after a power cut at this moment, by path.
   *
   * @param keeps decides of each part that was not synced whether it is kept
   */
  cut(keeps: () => boolean): ReadonlyMap<string, Found> {
    const names = new Map(this.#names);
    for (const naming of this.#pendingNames) if (keeps()) applyNaming(names, naming);
    const found = new Map<string, Found>();
    // Directories come before what is in them.
    for (const [path, file] of [...names].sort(([one], [other]) => (one < other ? -1 : 1))) {
      const parent = dirname(path);
      if (parent !== this.#root && !found.has(parent)) continue;
      found.set(path, file.isDirectory ? 'directory' : contentAfterCut(file, keeps));
    }
    return found;
  }

  #create({ kind, path, file: inode }: DiskRecord): void {
    const names = this.#namesNow();
    const known = this.#files.get(inode);
    if (known !== undefined && names.get(path) === known) return;
    // The number of a file that has no name any more may be given to another one.
    const isLink = known !== undefined && [...names.values()].includes(known);
    const isDirectory = kind === 'make directory';
    const file = isLink ? known : { isDirectory, content: Buffer.alloc(0), pending: [] };
    this.#files.set(inode, file);
    this.#name({ path, file });
  }

  #name(naming: Naming): void {
    this.#pendingNames = [...this.#pendingNames, naming];
  }

  #namesNow(): ReadonlyMap<string, DiskFile> {
    const names = new Map(this.#names);
    for (const naming of this.#pendingNames) applyNaming(names, naming);
    return names;
  }

  #sync(path: string, inode: number): void {
    const file = this.#files.get(inode);
    if (file !== undefined) {
      file.content = changeContent(file.content, file.pending);
      file.pending = [];
    }
    const isOfDirectory = (naming: Naming) => dirname(naming.path) === path;
    for (const naming of this.#pendingNames) if (isOfDirectory(naming)) applyNaming(this.#names, naming);
    this.#pendingNames = this.#pendingNames.filter((naming) => !isOfDirectory(naming));
  }
}

function applyNaming(names: Map<string, DiskFile>, { path, file }: Naming): void {
  if (file === undefined) names.delete(path);
  else names.set(path, file);
}

function contentAfterCut({ content, pending }: DiskFile, keeps: () => boolean): Buffer {
  return changeContent(content, pending.flatMap(sectorsOf).filter(keeps));
}

/** A write as those of single sectors. */
function sectorsOf(record: DiskRecord): readonly DiskRecord[] {
  if (record.kind !== 'write') return [record];
  const sectors: DiskRecord[] = [];
  const { offset, data } = record;
  for (let start = 0; start < data.length; ) {
    const end = Math.min(start + SECTOR - ((offset + start) % SECTOR), data.length);
    sectors.push({ ...record, offset: offset + start, data: data.subarray(start, end) });
    start = end;
  }
  return sectors;
}

/** Carries out writes and truncations; what nobody has written is zero. */
function changeContent(content: Buffer, changes: readonly DiskRecord[]): Buffer {
  const end = ({ offset, data }: DiskRecord) => offset + data.length;
  const room = changes.reduce((most, change) => Math.max(most, end(change)), content.length);
  const changed = Buffer.alloc(room);
  content.copy(changed);
  let size = content.length;
  for (const change of changes) {
    if (change.kind === 'truncate') changed.fill(0, change.offset);
    else change.data.copy(changed, change.offset);
    size = change.kind === 'truncate' ? change.offset : Math.max(size, end(change));
  }
  return changed.subarray(0, size);
}

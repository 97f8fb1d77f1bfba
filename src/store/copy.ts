import { OperatorError } from '../errors.ts';
import type { Keyring } from '../keyring/index.ts';
import { type LogPosition, readPosition } from './change-log.ts';
import {
  CONTENT_TABLES,
  countRows,
  DEFINING_TABLES,
  isAuthentic,
  lastKeyOf,
  nameOfRow,
  type PrimaryKey,
  readBatch,
  readLastKey,
  requireAuthentic,
  type Table,
  type WholeRow,
} from './copy-tables.ts';
import { type Beginning, brokenOff, CopyTarget } from './copy-target.ts';
import type { Engine, EngineReader } from './engine.ts';
import type { Database } from './schema.ts';

/** Whoever wants to know how a copy is getting on. */
export interface CopyObserver {
  begun(beginning: Beginning): void;
  /** So many rows of a table have been dealt with, of so many that it has. */
  progressed(step: 'copying' | 'comparing', table: string, done: number, total: number): void;
}

/**
 * Copies a store into another database, row by row as it is: the authentication codes, and what is wrapped, stay the
 * same under the same root key. Then reads both again and compares them. Nothing of the source is changed.
 *
 * Broken off at any moment, it goes on after the last whole batch when it is run again. Until it is whole no QKMS starts
 * on the target.
 *
 * The source is read in many short transactions, each of which makes sure that the last change of the store is still the
 * one with which the copy began. That makes them one consistent view, as one long transaction would be, without holding
 * back the source's log or versions of its rows for hours, and it holds over restarts of either side.
 *
 * @param keyring of the store; verified
 * @returns the number of records
 * @throws OperatorError when a record is not authentic, when the store changes meanwhile, or when there is no room for
 *   it in the target
 */
export async function copyStore(
  sourceEngine: EngineReader,
  targetEngine: Engine,
  keyring: Keyring,
  storeId: string,
  observer: CopyObserver,
): Promise<number> {
  const source = await CopySource.open(sourceEngine, keyring);
  const contents: { readonly table: Table; readonly total: number }[] = [];
  for (const table of CONTENT_TABLES)
    contents.push({ table, total: await source.read((db) => countRows(db, table)) });
  const target = new CopyTarget(targetEngine, keyring, storeId);
  observer.begun(await target.begin(source.position));
  for (const { table, total } of contents)
    await copyTable(source, target, table, (done) => observer.progressed('copying', table.name, done, total));
  try {
    for (const { table, total } of contents)
      await compareTable(source, target, keyring, table, (done) =>
        observer.progressed('comparing', table.name, done, total),
      );
  } catch (error) {
    if (error instanceof CopyDiffers) await target.discard();
    throw error;
  }
  const defining: (readonly [Table, readonly WholeRow[]])[] = [];
  for (const table of DEFINING_TABLES)
    for await (const rows of source.batches(table)) defining.push([table, rows]);
  await target.finish(defining);
  const count = defining.reduce((sum, [, rows]) => sum + rows.length, 0);
  return contents.reduce((sum, { total }) => sum + total, count);
}

/** A copy that cannot be continued. */
class CopyDiffers extends OperatorError {}

/** A store that is being copied, as it was at one position. */
class CopySource {
  readonly position: LogPosition;
  readonly #engine: EngineReader;
  readonly #keyring: Keyring;

  static async open(engine: EngineReader, keyring: Keyring): Promise<CopySource> {
    const { dialect } = engine;
    const position = await reading(engine, (db) => readPosition({ db, dialect, keyring }));
    return new CopySource(engine, keyring, position);
  }

  private constructor(engine: EngineReader, keyring: Keyring, position: LogPosition) {
    this.#engine = engine;
    this.#keyring = keyring;
    this.position = position;
  }

  /** @throws OperatorError when the store has changed */
  read<T>(work: (db: Database) => Promise<T>): Promise<T> {
    const { dialect } = this.#engine;
    return reading(this.#engine, async (db) => {
      const { version, stamp } = await readPosition({ db, dialect, keyring: this.#keyring });
      if (version === this.position.version && stamp === this.position.stamp) return work(db);
      throw new OperatorError(
        `the store has changed since the copy began: the copy is of change ${this.position.version}, the store is at ` +
          `change ${version}; stop every QKMS that runs on it, and run qkms migrate-store again, which starts over`,
      );
    });
  }

  /**
   * The rows of a table after the one with a primary key, in its order.
   *
   * @throws OperatorError when the store has changed, or a row is not authentic
   */
  async *batches(table: Table, start?: PrimaryKey): AsyncGenerator<readonly WholeRow[], void> {
    for (let after = start; ; ) {
      const key = after;
      const rows = await this.read((db) => readBatch(db, table, key));
      if (rows.length === 0) return;
      requireAuthentic(this.#keyring, table, rows);
      yield rows;
      after = lastKeyOf(table, rows);
    }
  }
}

async function reading<T>(engine: EngineReader, work: (db: Database) => Promise<T>): Promise<T> {
  try {
    return await engine.read(work);
  } catch (error) {
    throw brokenOff('cannot read the store', engine, error);
  }
}

async function copyTable(
  source: CopySource,
  target: CopyTarget,
  table: Table,
  progressed: (done: number) => void,
): Promise<void> {
  const last = await target.read((db) => readLastKey(db, table));
  let done = await target.read((db) => countRows(db, table));
  progressed(done);
  for await (const rows of source.batches(table, last)) {
    await target.insert(table, rows);
    done += rows.length;
    progressed(done);
  }
}

async function compareTable(
  source: CopySource,
  target: CopyTarget,
  keyring: Keyring,
  table: Table,
  progressed: (done: number) => void,
): Promise<void> {
  let done = 0;
  for (let after: PrimaryKey | undefined; ; ) {
    const key = after;
    const rows = await source.read((db) => readBatch(db, table, key));
    const copies = await target.read((db) => readBatch(db, table, key));
    requireSame(keyring, table, rows, copies);
    if (rows.length === 0) return;
    after = lastKeyOf(table, rows);
    done += rows.length;
    progressed(done);
  }
}

/** @throws CopyDiffers naming the first row that is in one place only, or not the same in both */
function requireSame(
  keyring: Keyring,
  table: Table,
  rows: readonly WholeRow[],
  copies: readonly WholeRow[],
): void {
  for (let index = 0; index < Math.max(rows.length, copies.length); index += 1) {
    const [row, copy] = [rows[index], copies[index]];
    if (row !== undefined && copy !== undefined && isSame(keyring, table, row, copy)) continue;
    throw new CopyDiffers(
      `the record ${nameOfRow(table, row ?? copy ?? {})} is not the same in the store and in the copy: something has ` +
        'written to one of them meanwhile; stop every QKMS that runs on the store, and run qkms migrate-store again, which starts over',
    );
  }
}

function isSame(keyring: Keyring, table: Table, original: WholeRow, copy: WholeRow): boolean {
  const [code, its] = [original['mac'], copy['mac']];
  if (!(code instanceof Uint8Array) || !(its instanceof Uint8Array)) return false;
  return Buffer.compare(code, its) === 0 && isAuthentic(keyring, table, copy);
}

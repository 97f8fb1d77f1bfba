import { randomUUID } from 'node:crypto';
import { OperatorError } from '../errors.ts';
import type { Keyring } from '../keyring/index.ts';
import type { LogPosition } from './change-log.ts';
import { insertRows, type Table, type WholeRow } from './copy-tables.ts';
import type { Engine, EngineReader } from './engine.ts';
import { findFact, writeFact } from './facts.ts';
import { createTables, readDatabaseFacts, UNFINISHED_COPY, verifyIdentity } from './migrate.ts';
import { migrations } from './migrations.ts';
import { type Database, PRIMARY_KEYS } from './schema.ts';

/** How a copy begins: on empty ground, after the last row of one that was broken off, or with nothing of that kept. */
export type Beginning = 'new' | 'continued' | 'started over';

/** The position of a copy that is not to be continued: no store is ever at it. */
const NOWHERE: LogPosition = { version: -1, stamp: '' };

/** What the fact of an unfinished copy holds. */
interface Mark {
  /** The last change of the store when the copy began. */
  readonly position: LogPosition;
  /** Of the process that copies, so that two never do. */
  readonly run: string;
}

/**
 * Checks that a store may be copied into a database, and reads of which position it holds an unfinished copy;
 * `undefined` when it is empty.
 *
 * @throws OperatorError when the database holds anything else
 */
export async function requireRoomForCopy(
  engine: EngineReader,
  db: Database,
  keyring: Keyring,
  storeId: string,
): Promise<LogPosition | undefined> {
  const facts = await readDatabaseFacts(engine, db);
  if (facts === undefined) return undefined;
  const isSame = facts.storeId === storeId;
  if (!isSame || !facts.isUnfinishedCopy) throw noRoom(facts.isUnfinishedCopy, isSame);
  if (facts.schemaVersion !== migrations.length) {
    throw new OperatorError(
      `the target holds an unfinished copy that a version of QKMS with schema ${facts.schemaVersion} began ` +
        `(this one has ${migrations.length}); finish it with that version, or empty the target`,
    );
  }
  await verifyIdentity(db, keyring);
  return (await readMark(engine, db, keyring))?.position;
}

function noRoom(isUnfinished: boolean, isSame: boolean): OperatorError {
  const holds = isUnfinished
    ? 'an unfinished copy of another store'
    : isSame
      ? 'this store'
      : 'another store';
  const advice =
    isSame && !isUnfinished
      ? 'start QKMS on it, or choose an empty target to copy it again'
      : 'choose an empty target';
  return new OperatorError(`the target holds ${holds} already; ${advice}`);
}

/** What an error of a database means to the operator who copies a store. */
export function brokenOff(problem: string, engine: EngineReader, error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const explained = engine.explain(error);
  const reason = explained instanceof Error ? explained.message : String(explained);
  return new OperatorError(
    `${problem}: ${reason}; put that right, and run qkms migrate-store again, which goes on from there`,
    { cause: error },
  );
}

/** The side of a copy that is written: a database that no QKMS starts on until the copy is whole. */
export class CopyTarget {
  readonly #engine: Engine;
  readonly #keyring: Keyring;
  readonly #storeId: string;
  readonly #run = randomUUID();

  constructor(engine: Engine, keyring: Keyring, storeId: string) {
    this.#engine = engine;
    this.#keyring = keyring;
    this.#storeId = storeId;
  }

  async read<T>(work: (db: Database) => Promise<T>): Promise<T> {
    try {
      return await this.#engine.read(work);
    } catch (error) {
      throw brokenOff('cannot read the target', this.#engine, error);
    }
  }

  /**
   * Makes the database ready for a copy of the store at a position.
   *
   * @throws OperatorError when there is no room for it; nothing is changed
   */
  begin(position: LogPosition): Promise<Beginning> {
    return this.#write(async (db) => {
      const present = await requireRoomForCopy(this.#engine, db, this.#keyring, this.#storeId);
      const isContinued = present?.version === position.version && present.stamp === position.stamp;
      if (!isContinued) {
        if (present !== undefined) await dropTables(db);
        await createTables(this.#engine, db, this.#keyring, this.#storeId);
      }
      await this.#writeMark(db, position);
      if (isContinued) return 'continued';
      return present === undefined ? 'new' : 'started over';
    });
  }

  /** @throws OperatorError when another process has taken over */
  insert(table: Table, rows: readonly WholeRow[]): Promise<void> {
    return this.#continue((db) => insertRows(db, table, rows));
  }

  /** Has the next run start over. */
  discard(): Promise<void> {
    return this.#continue((db) => this.#writeMark(db, NOWHERE));
  }

  /**
   * Makes the copy a store.
   *
   * @param rows of the tables that make it one
   */
  finish(rows: readonly (readonly [Table, readonly WholeRow[]])[]): Promise<void> {
    return this.#continue(async (db) => {
      await db.deleteFrom('meta').execute();
      for (const [table, batch] of rows) await insertRows(db, table, batch);
    });
  }

  #continue(work: (db: Database) => Promise<void>): Promise<void> {
    return this.#write(async (db) => {
      const mark = await readMark(this.#engine, db, this.#keyring);
      if (mark?.run !== this.#run)
        throw new OperatorError('another qkms migrate-store has taken over; leave the target to that one');
      await work(db);
    });
  }

  async #write<T>(work: (db: Database) => Promise<T>): Promise<T> {
    try {
      return await this.#engine.write(work);
    } catch (error) {
      throw brokenOff('cannot write the target', this.#engine, error);
    }
  }

  #writeMark(db: Database, { version, stamp }: LogPosition): Promise<void> {
    return writeFact({ db, keyring: this.#keyring }, UNFINISHED_COPY, [version, stamp, this.#run].join(' '));
  }
}

async function readMark(
  { dialect }: EngineReader,
  db: Database,
  keyring: Keyring,
): Promise<Mark | undefined> {
  const value = await findFact({ db, dialect, keyring }, UNFINISHED_COPY);
  if (value === undefined) return undefined;
  const [version, stamp = '', run = ''] = value.split(' ');
  return { position: { version: Number(version), stamp }, run };
}

async function dropTables(db: Database): Promise<void> {
  for (const table of Object.keys(PRIMARY_KEYS)) await db.schema.dropTable(table).execute();
}

import type { RawBuilder } from 'kysely';
import type { ServiceError } from '../errors.ts';
import type { ColumnTypes, Database } from './schema.ts';

/** What differs between the SQL of the engines beyond what Kysely evens out. */
export interface Dialect {
  readonly types: ColumnTypes;
  /** The names of the tables that there are where those of the store belong. */
  tableNames(db: Database): Promise<readonly string[]>;
  /** A list of texts as the right side of `in`: any number of them is one parameter of one statement. */
  elementsOf(texts: readonly string[]): RawBuilder<string>;
  /** A list of rows of three texts as the right side of `in`, likewise. */
  triplesOf(rows: readonly (readonly [string, string, string])[]): RawBuilder<unknown>;
}

/** A database that holds a store, as far as it can be read. */
export interface EngineReader {
  readonly dialect: Dialect;

  /** Runs reads against one consistent view of the database. */
  read<T>(work: (db: Database) => Promise<T>): Promise<T>;

  /** What a failure of the engine is to the operator who has it opened; failures of other things stay as they are. */
  explain(error: unknown): unknown;

  close(): Promise<void>;
}

/** A database that holds a store, by whatever means it does so. */
export interface Engine extends EngineReader {
  /**
   * Runs a transaction that no other of this kind overlaps, on any process or machine: what it reads cannot change
   * before it commits. When this resolves its changes are durable.
   *
   * @param work may be run again, when the engine has undone what it did for reasons of its own
   */
  write<T>(work: (db: Database) => Promise<T>): Promise<T>;

  /**
   * Something that differs from what it was before whenever another connection has committed a change of the store in
   * the meantime. At once where it costs a microsecond.
   */
  fenceMark(): number | Promise<string>;

  /** What time it is where the database is, in milliseconds since the Unix epoch. */
  now(): Promise<number>;

  /**
   * Removes what was deleted from the files, not only from the tables, as far as the engine can be told to.
   *
   * @returns whether nothing is left to do
   */
  forgetDeleted(): boolean;

  /** What a failure of the engine is to whoever made the request. */
  refusalOf(error: unknown): ServiceError;
}

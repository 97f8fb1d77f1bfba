import { sql } from 'kysely';
import { OperatorError } from '../errors.ts';
import type { Keyring, RecordColumns } from '../keyring/index.ts';
import { type Database, PRIMARY_KEYS } from './schema.ts';

/** As many as fit into one statement of any engine (65,535 parameters), of whatever table, with ease. */
const ROWS_PER_BATCH = 250;

/** A table as copying sees it: rows in the order of a primary key. */
export interface Table {
  readonly name: string;
  readonly primaryKey: readonly string[];
}

/** A row with all of its columns, its authentication code included. */
export type WholeRow = Readonly<Record<string, RecordColumns[string]>>;

/** The values of the columns of a primary key. */
export type PrimaryKey = readonly RecordColumns[string][];

const ALL: readonly Table[] = Object.entries(PRIMARY_KEYS).map(([name, primaryKey]) => ({
  name,
  primaryKey,
}));

/** The tables by which a database says what it is, and at which change: without them it is no store. */
export const DEFINING_TABLES = ALL.filter(({ name }) => name === 'meta' || name === 'fence');
/** All others. */
export const CONTENT_TABLES = ALL.filter((table) => !DEFINING_TABLES.includes(table));

/** The next rows of a table in the order of its primary key, none when there are no more. */
export async function readBatch(
  db: Database,
  { name, primaryKey }: Table,
  after: PrimaryKey | undefined,
): Promise<readonly WholeRow[]> {
  const key = sql.join(primaryKey.map((column) => sql.ref(column)));
  const rest = after === undefined ? sql`` : sql`where (${key}) > (${sql.join(after)})`;
  const { rows } = await sql<WholeRow>`
    select * from ${sql.table(name)} ${rest} order by ${key} limit ${sql.lit(ROWS_PER_BATCH)}`.execute(db);
  return rows;
}

/** The primary key of the last row of a table; `undefined` when there is none. */
export async function readLastKey(db: Database, table: Table): Promise<PrimaryKey | undefined> {
  const order = sql.join(table.primaryKey.map((column) => sql`${sql.ref(column)} desc`));
  const { rows } = await sql<WholeRow>`
    select * from ${sql.table(table.name)} order by ${order} limit 1`.execute(db);
  return lastKeyOf(table, rows);
}

export async function countRows(db: Database, { name }: Table): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(name)}`.execute(db);
  return rows[0]?.count ?? 0;
}

/** @param rows at least one, and at most as many as a batch has */
export async function insertRows(db: Database, { name }: Table, rows: readonly WholeRow[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const values = rows.map((row) => sql`(${sql.join(columns.map((column) => row[column]))})`);
  await sql`
    insert into ${sql.table(name)} (${sql.join(columns.map((column) => sql.ref(column)))})
    values ${sql.join(values)}`.execute(db);
}

/** The primary key of the last of these rows. */
export function lastKeyOf({ primaryKey }: Table, rows: readonly WholeRow[]): PrimaryKey | undefined {
  const last = rows.at(-1);
  return last && primaryKey.map((column) => last[column] ?? null);
}

/** What messages call a row, whatever stands in it. */
export function nameOfRow(table: Table, row: WholeRow): string {
  return `${table.name} ${JSON.stringify(lastKeyOf(table, [row]))}`;
}

/** Whether the authentication code of a row is that of its columns. */
export function isAuthentic(keyring: Keyring, { name }: Table, { mac, ...columns }: WholeRow): boolean {
  return mac instanceof Uint8Array && keyring.verifyRecord(name, columns, mac);
}

/** @throws OperatorError naming the first of these rows of a store that is not what QKMS wrote */
export function requireAuthentic(keyring: Keyring, table: Table, rows: readonly WholeRow[]): void {
  const altered = rows.find((row) => !isAuthentic(keyring, table, row));
  if (altered === undefined) return;
  throw new OperatorError(
    `the record ${nameOfRow(table, altered)} of the store is not authentic: it was damaged, or changed without QKMS; ` +
      'restore the store from a backup',
  );
}

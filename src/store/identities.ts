import { type SqlBool, sql } from 'kysely';
import { authenticateRow, type Row, type StoredRow, verifyRow } from './rows.ts';
import type { Reader, Writer } from './store.ts';

/** The kinds of things that IAM names within an account. */
export const IDENTITY_KINDS = ['user', 'group', 'role', 'policy', 'oidc-provider', 'service'] as const;
export type IdentityKind = (typeof IDENTITY_KINDS)[number];

/** How an identity refers to another: as a member of a group, by having a policy attached, by its boundary. */
export type IdentityRelation = 'member' | 'attachment' | 'boundary';

/** A user, group, role, managed policy, … of an account. What distinguishes it beyond its name is in `details`. */
export interface IdentityRecord {
  readonly accountId: string;
  readonly kind: IdentityKind;
  /** Unique among the account's identities of its kind, whatever the case of its letters. */
  readonly name: string;
  /** `/` or `/division/team/`. */
  readonly path: string;
  /** `AIDA…`, `AGPA…`, `AROA…`, `ANPA…`; never given twice. */
  readonly uniqueId: string;
  /** Milliseconds since the Unix epoch. */
  readonly creationDate: number;
  /** JSON, by kind. */
  readonly details: string;
}

/** What an identity goes by in its account. */
export type IdentityName = Pick<IdentityRecord, 'accountId' | 'kind' | 'name'>;

/** What an identity refers to, so that the way back can be found. */
export interface IdentityReference {
  readonly relation: IdentityRelation;
  /** Unique id. */
  readonly target: string;
}

/** The entity under which changes of an identity are logged. */
export function identityEntity(uniqueId: string): string {
  return `identity/${uniqueId}`;
}

/** Finds an identity by its name. Names that differ only in case cannot both exist; only the exact one finds it. */
export async function findIdentity(
  reader: Reader,
  accountId: string,
  kind: IdentityKind,
  name: string,
): Promise<IdentityRecord | undefined> {
  const found = await findSimilarIdentity(reader, accountId, kind, name);
  return found?.name === name ? found : undefined;
}

/** Finds the identity that keeps a name from being given to another: one that differs at most in case. */
export async function findSimilarIdentity(
  reader: Reader,
  accountId: string,
  kind: IdentityKind,
  name: string,
): Promise<IdentityRecord | undefined> {
  const row = await reader.db
    .selectFrom('identities')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('kind', '=', kind)
    .where('name_key', '=', nameKey(name))
    .executeTakeFirst();
  return row && toRecord(reader, row);
}

export async function findIdentityById(
  reader: Reader,
  uniqueId: string,
): Promise<IdentityRecord | undefined> {
  const row = await reader.db
    .selectFrom('identities')
    .selectAll()
    .where('unique_id', '=', uniqueId)
    .executeTakeFirst();
  return row && toRecord(reader, row);
}

/** Finds those of many identities that there are, by their names, in one look. */
export async function findIdentities(
  reader: Reader,
  names: readonly IdentityName[],
): Promise<readonly IdentityRecord[]> {
  if (names.length === 0) return [];
  const exact = new Set(names.map(({ accountId, kind, name }) => `${accountId}/${kind}/${name}`));
  const sought = reader.dialect.triplesOf(
    names.map(({ accountId, kind, name }) => [accountId, kind, nameKey(name)]),
  );
  const rows = await reader.db
    .selectFrom('identities')
    .selectAll()
    .where(sql<SqlBool>`(account_id, kind, name_key) in ${sought}`)
    .execute();
  return rows
    .filter(({ account_id, kind, name }) => exact.has(`${account_id}/${kind}/${name}`))
    .map((row) => toRecord(reader, row));
}

/** Finds those of many identities that there are, by their unique ids, in one look. */
export async function findIdentitiesById(
  reader: Reader,
  uniqueIds: readonly string[],
): Promise<readonly IdentityRecord[]> {
  if (uniqueIds.length === 0) return [];
  const rows = await reader.db
    .selectFrom('identities')
    .selectAll()
    .where('unique_id', 'in', reader.dialect.elementsOf(uniqueIds))
    .execute();
  return rows.map((row) => toRecord(reader, row));
}

/** Which identities a listing holds. */
export interface IdentityFilter {
  readonly accountId: string;
  readonly kind: IdentityKind;
  /** What their paths begin with; everything, when absent. */
  readonly pathPrefix?: string | undefined;
  /** Only those that others refer to in each of these ways. */
  readonly referredAs?: readonly IdentityRelation[];
}

/** Identities by name, after the one of a name (`''`: from the beginning), at most so many. */
export async function listIdentities(
  reader: Reader,
  { accountId, kind, pathPrefix = '/', referredAs = [] }: IdentityFilter,
  after: string,
  limit: number,
): Promise<readonly IdentityRecord[]> {
  let query = reader.db
    .selectFrom('identities')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('kind', '=', kind)
    .where('name_key', '>', nameKey(after));
  if (pathPrefix !== '/') query = query.where(pathBeginsWith(pathPrefix));
  for (const relation of referredAs) {
    query = query.where(({ exists, selectFrom }) =>
      exists(
        selectFrom('identity_references')
          .select('owner')
          .whereRef('target', '=', 'identities.unique_id')
          .where('relation', '=', relation),
      ),
    );
  }
  const rows = await query.orderBy('name_key').limit(limit).execute();
  return rows.map((row) => toRecord(reader, row));
}

export async function countIdentities(
  reader: Reader,
  accountId: string,
  kind: IdentityKind,
): Promise<number> {
  const { count } = await reader.db
    .selectFrom('identities')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('kind', '=', kind)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Which of the identities that refer to one a listing holds. */
export interface ReferrerFilter extends IdentityReference {
  readonly kind?: IdentityKind | undefined;
  /** What their paths begin with; everything, when absent. */
  readonly pathPrefix?: string | undefined;
}

/** The identities of an account that refer to one, by unique id, after one (`''`: from the beginning), at most so many. */
export async function listReferrers(
  reader: Reader,
  accountId: string,
  { target, relation, kind, pathPrefix = '/' }: ReferrerFilter,
  after: string,
  limit: number,
): Promise<readonly IdentityRecord[]> {
  let query = reader.db
    .selectFrom('identity_references')
    .innerJoin('identities', 'identities.unique_id', 'identity_references.owner')
    .selectAll('identities')
    .select('identity_references.mac as reference_mac')
    .where('identity_references.target', '=', target)
    .where('identity_references.relation', '=', relation)
    .where('identity_references.owner', '>', after)
    .where('identities.account_id', '=', accountId);
  if (kind !== undefined) query = query.where('identities.kind', '=', kind);
  if (pathPrefix !== '/') query = query.where(pathBeginsWith(pathPrefix));
  const rows = await query.orderBy('identity_references.owner').limit(limit).execute();
  return rows.map(({ reference_mac: mac, ...row }) => {
    verifyRow(reader.keyring, 'identity_references', { target, relation, owner: row.unique_id, mac });
    return toRecord(reader, row);
  });
}

/** How many identities of an account refer to one. */
export async function countReferrers(
  reader: Reader,
  accountId: string,
  { target, relation }: IdentityReference,
): Promise<number> {
  const { count } = await reader.db
    .selectFrom('identity_references')
    .innerJoin('identities', 'identities.unique_id', 'identity_references.owner')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('identity_references.target', '=', target)
    .where('identity_references.relation', '=', relation)
    .where('identities.account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function insertIdentity(
  writer: Writer,
  record: IdentityRecord,
  references: readonly IdentityReference[],
): Promise<void> {
  await writer.db
    .insertInto('identities')
    .values(authenticateRow(writer.keyring, 'identities', toRow(record)))
    .execute();
  await insertReferences(writer, record.uniqueId, references);
  writer.changed(identityEntity(record.uniqueId));
}

/** Replaces what is stored under the unique id of `record`, which must have been read in the same transaction. */
export async function updateIdentity(
  writer: Writer,
  record: IdentityRecord,
  references: readonly IdentityReference[],
): Promise<void> {
  await writer.db
    .updateTable('identities')
    .set(authenticateRow(writer.keyring, 'identities', toRow(record)))
    .where('unique_id', '=', record.uniqueId)
    .execute();
  await writer.db.deleteFrom('identity_references').where('owner', '=', record.uniqueId).execute();
  await insertReferences(writer, record.uniqueId, references);
  writer.changed(identityEntity(record.uniqueId));
}

export async function deleteIdentity(writer: Writer, uniqueId: string): Promise<void> {
  await writer.db.deleteFrom('identities').where('unique_id', '=', uniqueId).execute();
  await writer.db.deleteFrom('identity_references').where('owner', '=', uniqueId).execute();
  writer.changed(identityEntity(uniqueId));
}

async function insertReferences(
  { db, keyring }: Writer,
  owner: string,
  references: readonly IdentityReference[],
): Promise<void> {
  for (const { target, relation } of references) {
    const row = authenticateRow(keyring, 'identity_references', { target, relation, owner });
    await db.insertInto('identity_references').values(row).execute();
  }
}

function pathBeginsWith(prefix: string) {
  return sql<SqlBool>`substr(identities.path, 1, ${prefix.length}) = ${prefix}`;
}

function nameKey(name: string): string {
  return name.toLowerCase();
}

function toRow(record: IdentityRecord): Row<'identities'> {
  return {
    account_id: record.accountId,
    kind: record.kind,
    name_key: nameKey(record.name),
    name: record.name,
    path: record.path,
    unique_id: record.uniqueId,
    creation_date: record.creationDate,
    details: record.details,
  };
}

function toRecord(reader: Reader, stored: StoredRow<'identities'>): IdentityRecord {
  const row = verifyRow(reader.keyring, 'identities', stored);
  const kind = IDENTITY_KINDS.find((known) => known === row.kind);
  if (kind === undefined) throw new Error(`the identity ${row.unique_id} is of an unknown kind`);
  return {
    accountId: row.account_id,
    kind,
    name: row.name,
    path: row.path,
    uniqueId: row.unique_id,
    creationDate: row.creation_date,
    details: row.details,
  };
}

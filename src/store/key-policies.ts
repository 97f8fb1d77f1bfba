import { authenticateRow, type Row, type StoredRow, verifyRow } from './rows.ts';
import type { Reader, Writer } from './store.ts';

/** A policy that a key had. */
export interface KeyPolicyRecord {
  readonly region: string;
  readonly keyId: string;
  /** Counts from 1. */
  readonly version: number;
  /** As it was given. */
  readonly policy: string;
  /** Unique ids of the users and roles that it names, by the ARN by which it names them. */
  readonly policyPrincipals: ReadonlyMap<string, string>;
  /** The ARN of whoever put it. */
  readonly putBy: string;
  /** Milliseconds since the Unix epoch. */
  readonly putDate: number;
}

/** The replaced policies of a key from the newest on, below a version (`Infinity`: from the beginning), at most so many. */
export async function listKeyPolicyVersions(
  reader: Reader,
  region: string,
  keyId: string,
  below: number,
  limit: number,
): Promise<readonly KeyPolicyRecord[]> {
  const rows = await reader.db
    .selectFrom('key_policies')
    .selectAll()
    .where('region', '=', region)
    .where('key_id', '=', keyId)
    .where('version', '<', Math.min(below, Number.MAX_SAFE_INTEGER))
    .orderBy('version', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => toRecord(reader, row));
}

export async function findKeyPolicyVersion(
  reader: Reader,
  region: string,
  keyId: string,
  version: number,
): Promise<KeyPolicyRecord | undefined> {
  const row = await reader.db
    .selectFrom('key_policies')
    .selectAll()
    .where('region', '=', region)
    .where('key_id', '=', keyId)
    .where('version', '=', version)
    .executeTakeFirst();
  return row && toRecord(reader, row);
}

/** Keeps a policy that is being replaced, and forgets those beyond the newest so many. */
export async function insertKeyPolicyVersion(
  writer: Writer,
  record: KeyPolicyRecord,
  kept: number,
): Promise<void> {
  const { region, keyId, version } = record;
  await writer.db
    .insertInto('key_policies')
    .values(authenticateRow(writer.keyring, 'key_policies', toRow(record)))
    .execute();
  await writer.db
    .deleteFrom('key_policies')
    .where('region', '=', region)
    .where('key_id', '=', keyId)
    .where('version', '<=', version - kept)
    .execute();
}

/** Removes the policies of a key that is no more. */
export async function deleteKeyPolicyVersions(writer: Writer, region: string, keyId: string): Promise<void> {
  await writer.db
    .deleteFrom('key_policies')
    .where('region', '=', region)
    .where('key_id', '=', keyId)
    .execute();
}

function toRow(record: KeyPolicyRecord): Row<'key_policies'> {
  return {
    region: record.region,
    key_id: record.keyId,
    version: record.version,
    policy: record.policy,
    policy_principals: JSON.stringify([...record.policyPrincipals]),
    put_by: record.putBy,
    put_date: record.putDate,
  };
}

function toRecord(reader: Reader, stored: StoredRow<'key_policies'>): KeyPolicyRecord {
  const row = verifyRow(reader.keyring, 'key_policies', stored);
  const policyPrincipals: readonly [string, string][] = JSON.parse(row.policy_principals);
  return {
    region: row.region,
    keyId: row.key_id,
    version: row.version,
    policy: row.policy,
    policyPrincipals: new Map(policyPrincipals),
    putBy: row.put_by,
    putDate: row.put_date,
  };
}

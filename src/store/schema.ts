import type { ColumnDataType, Expression, Kysely, Transaction } from 'kysely';
import { sql } from 'kysely';

/** Every table carries `mac`, the authentication code of its other columns under the keyring. */
interface Authenticated {
  mac: Uint8Array;
}

/** Facts about the store itself: `store_id`, `schema_version`, `root_key_id`; of a copy that is not whole `unfinished_copy`. */
export interface MetaTable extends Authenticated {
  name: string;
  value: string;
}

/** A KMS key without its material. Dates are milliseconds since the Unix epoch. */
export interface KeysTable extends Authenticated {
  region: string;
  key_id: string;
  account_id: string;
  /** Advances with every change of the key, its aliases included; a change judged by an older revision is not written. */
  revision: number;
  creation_date: number;
  /** JSON, because it may hold characters that not every database can, such as U+0000. */
  description: string;
  key_spec: string;
  key_usage: string;
  origin: string;
  key_manager: string;
  key_state: string;
  /** The state that ends Creating and Updating. */
  settled_key_state: string | null;
  deletion_date: number | null;
  /** The waiting period that begins when the last replica is gone, in days. */
  pending_window_in_days: number | null;
  /** Of a multi-Region key. */
  primary_region: string | null;
  /** Automatic rotation is enabled when both are there. */
  rotation_period_in_days: number | null;
  next_rotation_date: number | null;
  policy: string;
  /** JSON: `[[ARN, unique id], …]` of the users and roles that the policy names. */
  policy_principals: string;
  /** Counts from 1: how many policies the key has had. */
  policy_version: number;
  /** The ARN of whoever put the policy. */
  policy_put_by: string;
  policy_put_date: number;
  /** JSON: `[[key, value], …]` sorted by key. */
  tags: string;
  current_key_material_id: string | null;
}

export interface KeyMaterialsTable extends Authenticated {
  region: string;
  key_id: string;
  key_material_id: string;
  creation_date: number;
  /** Null when imported material has expired or was deleted. */
  wrapped_key_material: Uint8Array | null;
  /** Why material that was never current is not: `ROTATION`, or `MULTI_REGION_IMPORT_AND_ROTATION`. */
  pending: string | null;
  /** How and when it became current, when that was by rotation. */
  rotation_type: string | null;
  rotation_date: number | null;
  /** Of imported material. */
  description: string;
  valid_to: number | null;
}

/** Key policies that were replaced. */
export interface KeyPoliciesTable extends Authenticated {
  region: string;
  key_id: string;
  version: number;
  policy: string;
  policy_principals: string;
  put_by: string;
  put_date: number;
}

/** Grants, by key. */
export interface GrantsTable extends Authenticated {
  region: string;
  key_id: string;
  grant_id: string;
  name: string;
  grantee: string;
  retiring_principal: string | null;
  issuing_account: string;
  creation_date: number;
  /** JSON: operations and constraints. */
  details: string;
}

/** How many customer managed keys each account has in a Region, so that nobody has to count them. */
export interface KeyCountsTable extends Authenticated {
  account_id: string;
  region: string;
  count: number;
}

/** How many grants each key has, so that nobody has to count them. */
export interface GrantCountsTable extends Authenticated {
  region: string;
  key_id: string;
  count: number;
}

export interface AliasesTable extends Authenticated {
  account_id: string;
  region: string;
  alias_name: string;
  target_key_id: string;
  creation_date: number;
  last_updated_date: number;
}

/** The accounts of the deployment. */
export interface AccountsTable extends Authenticated {
  account_id: string;
  name: string;
  /** Empty when the account was not given one. */
  email: string;
  creation_date: number;
}

/** Users, groups, roles, managed policies, OpenID Connect providers and service principals. */
export interface IdentitiesTable extends Authenticated {
  account_id: string;
  kind: string;
  /** The name in lower case: names that differ only in case are the same. */
  name_key: string;
  name: string;
  path: string;
  unique_id: string;
  creation_date: number;
  /** JSON, by kind. */
  details: string;
}

/** The way back from an identity to those whose details refer to it; derived from those. */
export interface IdentityReferencesTable extends Authenticated {
  target: string;
  relation: string;
  owner: string;
}

export interface AccessKeysTable extends Authenticated {
  access_key_id: string;
  account_id: string;
  /** Unique id of the user or service; of a root user the account. */
  principal_id: string;
  status: string;
  creation_date: number;
  wrapped_secret: Uint8Array;
}

/** When and for what an access key was used last; may lag behind. */
export interface AccessKeyUsesTable extends Authenticated {
  access_key_id: string;
  last_used_date: number;
  service: string;
  region: string;
}

/** The last cryptographic operation with each key; may lag behind. */
export interface KeyUsesTable extends Authenticated {
  region: string;
  key_id: string;
  operation: string;
  last_used_date: number;
  request_id: string;
  /** Of the audit event; null when it was not recorded. */
  event_id: string | null;
}

/** One row: the number of write transactions committed so far, and the stamp of the last one. */
export interface FenceTable extends Authenticated {
  id: number;
  version: number;
  /** At random for each transaction: after a failover that lost some, the same version can be another transaction's. */
  stamp: string;
}

/** Who does alone what goes by a name, and until when. */
export interface LeasesTable extends Authenticated {
  name: string;
  holder: string;
  expiry_date: number;
}

/** What each account may still ask for under the request-rate quotas; may lag behind. */
export interface TokenBucketsTable extends Authenticated {
  name: string;
  full_date: number;
  taken_date: number;
}

/** Which entities each write transaction changed, so that caches can follow. */
export interface ChangeLogTable extends Authenticated {
  version: number;
  position: number;
  entity: string;
  /** The transaction's, as in `fence`. */
  stamp: string;
}

/** One row: where the audit log ends. */
export interface AuditHeadTable extends Authenticated {
  id: number;
  /** The number of records that there have been. */
  size: number;
  /** The hash of the last record. */
  last_hash: Uint8Array;
  /** The roots of the perfect subtrees of the log's Merkle tree, from left to right. */
  subtrees: Uint8Array;
}

/** Audit records as they were appended, many at a time. */
export interface AuditRecordsTable extends Authenticated {
  first_index: number;
  record_count: number;
  /** When the first and the last of them were appended. */
  first_date: number;
  last_date: number;
  /** Lines, compressed with Zstandard. */
  records: Uint8Array;
}

/** Signed checkpoints of the audit log. */
export interface AuditCheckpointsTable extends Authenticated {
  size: number;
  signed_date: number;
  /** A signed note. */
  note: string;
  subtrees: Uint8Array;
}

/** How far the audit log has been delivered to each sink and witness. */
export interface AuditDeliveriesTable extends Authenticated {
  name: string;
  next_index: number;
  checkpoint_size: number;
}

export interface Schema {
  meta: MetaTable;
  keys: KeysTable;
  key_materials: KeyMaterialsTable;
  key_policies: KeyPoliciesTable;
  key_uses: KeyUsesTable;
  key_counts: KeyCountsTable;
  grants: GrantsTable;
  grant_counts: GrantCountsTable;
  aliases: AliasesTable;
  accounts: AccountsTable;
  identities: IdentitiesTable;
  identity_references: IdentityReferencesTable;
  access_keys: AccessKeysTable;
  access_key_uses: AccessKeyUsesTable;
  leases: LeasesTable;
  token_buckets: TokenBucketsTable;
  fence: FenceTable;
  change_log: ChangeLogTable;
  audit_head: AuditHeadTable;
  audit_records: AuditRecordsTable;
  audit_checkpoints: AuditCheckpointsTable;
  audit_deliveries: AuditDeliveriesTable;
}

/** The columns of the primary key of each table, in their order. */
export const PRIMARY_KEYS: { readonly [T in keyof Schema]: readonly (keyof Schema[T] & string)[] } = {
  meta: ['name'],
  keys: ['region', 'key_id'],
  key_materials: ['region', 'key_id', 'key_material_id'],
  key_policies: ['region', 'key_id', 'version'],
  key_uses: ['region', 'key_id'],
  key_counts: ['account_id', 'region'],
  grants: ['region', 'key_id', 'grant_id'],
  grant_counts: ['region', 'key_id'],
  aliases: ['account_id', 'region', 'alias_name'],
  accounts: ['account_id'],
  identities: ['account_id', 'kind', 'name_key'],
  identity_references: ['target', 'relation', 'owner'],
  access_keys: ['access_key_id'],
  access_key_uses: ['access_key_id'],
  leases: ['name'],
  token_buckets: ['name'],
  fence: ['id'],
  change_log: ['version', 'position'],
  audit_head: ['id'],
  audit_records: ['first_index'],
  audit_checkpoints: ['size'],
  audit_deliveries: ['name'],
};

export type Database = Kysely<Schema> | Transaction<Schema>;

/** What an engine calls the types of columns. Whole numbers are `bigint` everywhere: dates outgrow 32 bits. */
export interface ColumnTypes {
  /** Unicode text that is compared and sorted by its code points, whatever the locale. */
  readonly text: ColumnDataType | Expression<unknown>;
  readonly bytes: ColumnDataType | Expression<unknown>;
}

/**
 * Forward-only migrations: the n-th brings a store from schema version n to n + 1. Each runs inside the
 * transaction that also records the new version. Never edit one that has been released.
 */
export const migrations: readonly ((db: Database, types: ColumnTypes) => Promise<void>)[] = [
  createInitialSchema,
];

async function createInitialSchema(db: Database, { text, bytes }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('meta')
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('value', text, (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('keys')
    .addColumn('region', text, (column) => column.notNull())
    .addColumn('key_id', text, (column) => column.notNull())
    .addColumn('account_id', text, (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .addColumn('creation_date', 'bigint', (column) => column.notNull())
    .addColumn('description', text, (column) => column.notNull())
    .addColumn('key_spec', text, (column) => column.notNull())
    .addColumn('key_usage', text, (column) => column.notNull())
    .addColumn('origin', text, (column) => column.notNull())
    .addColumn('key_manager', text, (column) => column.notNull())
    .addColumn('key_state', text, (column) => column.notNull())
    .addColumn('settled_key_state', text)
    .addColumn('deletion_date', 'bigint')
    .addColumn('pending_window_in_days', 'bigint')
    .addColumn('primary_region', text)
    .addColumn('rotation_period_in_days', 'bigint')
    .addColumn('next_rotation_date', 'bigint')
    .addColumn('policy', text, (column) => column.notNull())
    .addColumn('policy_principals', text, (column) => column.notNull())
    .addColumn('policy_version', 'bigint', (column) => column.notNull())
    .addColumn('policy_put_by', text, (column) => column.notNull())
    .addColumn('policy_put_date', 'bigint', (column) => column.notNull())
    .addColumn('tags', text, (column) => column.notNull())
    .addColumn('current_key_material_id', text)
    .addColumn('mac', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('keys_primary_key', ['region', 'key_id'])
    .execute();
  await db.schema
    .createIndex('keys_by_account')
    .on('keys')
    .columns(['account_id', 'region', 'key_id'])
    .execute();
  await db.schema
    .createIndex('keys_by_deletion_date')
    .on('keys')
    .column('deletion_date')
    .where('deletion_date', 'is not', null)
    .execute();
  await db.schema
    .createIndex('keys_by_rotation_date')
    .on('keys')
    .columns(['key_state', 'next_rotation_date'])
    .where('next_rotation_date', 'is not', null)
    .execute();
  await db.schema
    .createIndex('keys_by_settled_key_state')
    .on('keys')
    .column('settled_key_state')
    .where('settled_key_state', 'is not', null)
    .execute();
  await db.schema.createIndex('keys_by_key_state').on('keys').column('key_state').execute();
  await db.schema
    .createIndex('keys_of_many_regions')
    .on('keys')
    .columns(['key_id', 'primary_region'])
    .where('primary_region', 'is not', null)
    .execute();
  await db.schema
    .createTable('key_materials')
    .addColumn('region', text, (column) => column.notNull())
    .addColumn('key_id', text, (column) => column.notNull())
    .addColumn('key_material_id', text, (column) => column.notNull())
    .addColumn('creation_date', 'bigint', (column) => column.notNull())
    .addColumn('wrapped_key_material', bytes)
    .addColumn('pending', text)
    .addColumn('rotation_type', text)
    .addColumn('rotation_date', 'bigint')
    .addColumn('description', text, (column) => column.notNull())
    .addColumn('valid_to', 'bigint')
    .addColumn('mac', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('key_materials_primary_key', ['region', 'key_id', 'key_material_id'])
    .execute();
  await db.schema
    .createIndex('key_materials_by_expiry')
    .on('key_materials')
    .column('valid_to')
    .where('valid_to', 'is not', null)
    .execute();
  await db.schema
    .createTable('key_policies')
    .addColumn('region', text, (column) => column.notNull())
    .addColumn('key_id', text, (column) => column.notNull())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('policy', text, (column) => column.notNull())
    .addColumn('policy_principals', text, (column) => column.notNull())
    .addColumn('put_by', text, (column) => column.notNull())
    .addColumn('put_date', 'bigint', (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('key_policies_primary_key', ['region', 'key_id', 'version'])
    .execute();
  await db.schema
    .createTable('key_uses')
    .addColumn('region', text, (column) => column.notNull())
    .addColumn('key_id', text, (column) => column.notNull())
    .addColumn('operation', text, (column) => column.notNull())
    .addColumn('last_used_date', 'bigint', (column) => column.notNull())
    .addColumn('request_id', text, (column) => column.notNull())
    .addColumn('event_id', text)
    .addColumn('mac', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('key_uses_primary_key', ['region', 'key_id'])
    .execute();
  await db.schema
    .createTable('key_counts')
    .addColumn('account_id', text, (column) => column.notNull())
    .addColumn('region', text, (column) => column.notNull())
    .addColumn('count', 'bigint', (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('key_counts_primary_key', ['account_id', 'region'])
    .execute();
  await db.schema
    .createTable('grants')
    .addColumn('region', text, (column) => column.notNull())
    .addColumn('key_id', text, (column) => column.notNull())
    .addColumn('grant_id', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('grantee', text, (column) => column.notNull())
    .addColumn('retiring_principal', text)
    .addColumn('issuing_account', text, (column) => column.notNull())
    .addColumn('creation_date', 'bigint', (column) => column.notNull())
    .addColumn('details', text, (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('grants_primary_key', ['region', 'key_id', 'grant_id'])
    .execute();
  await db.schema
    .createIndex('grants_by_grantee')
    .on('grants')
    .columns(['region', 'key_id', 'grantee', 'grant_id'])
    .execute();
  await db.schema
    .createIndex('grants_by_name')
    .on('grants')
    .columns(['region', 'key_id', 'grantee', 'name'])
    .where('name', '<>', '')
    .execute();
  await db.schema
    .createIndex('grants_by_retiring_principal')
    .on('grants')
    .columns(['retiring_principal', 'region', 'grant_id'])
    .where('retiring_principal', 'is not', null)
    .execute();
  await db.schema
    .createTable('grant_counts')
    .addColumn('region', text, (column) => column.notNull())
    .addColumn('key_id', text, (column) => column.notNull())
    .addColumn('count', 'bigint', (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('grant_counts_primary_key', ['region', 'key_id'])
    .execute();
  await db.schema
    .createTable('aliases')
    .addColumn('account_id', text, (column) => column.notNull())
    .addColumn('region', text, (column) => column.notNull())
    .addColumn('alias_name', text, (column) => column.notNull())
    .addColumn('target_key_id', text, (column) => column.notNull())
    .addColumn('creation_date', 'bigint', (column) => column.notNull())
    .addColumn('last_updated_date', 'bigint', (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('aliases_primary_key', ['account_id', 'region', 'alias_name'])
    .execute();
  await db.schema
    .createIndex('aliases_by_target')
    .on('aliases')
    .columns(['region', 'target_key_id', 'alias_name'])
    .execute();
  await db.schema
    .createTable('accounts')
    .addColumn('account_id', text, (column) => column.primaryKey())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('email', text, (column) => column.notNull())
    .addColumn('creation_date', 'bigint', (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('identities')
    .addColumn('account_id', text, (column) => column.notNull())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('name_key', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('path', text, (column) => column.notNull())
    .addColumn('unique_id', text, (column) => column.notNull().unique())
    .addColumn('creation_date', 'bigint', (column) => column.notNull())
    .addColumn('details', text, (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('identities_primary_key', ['account_id', 'kind', 'name_key'])
    .execute();
  await db.schema
    .createTable('identity_references')
    .addColumn('target', text, (column) => column.notNull())
    .addColumn('relation', text, (column) => column.notNull())
    .addColumn('owner', text, (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('identity_references_primary_key', ['target', 'relation', 'owner'])
    .execute();
  await db.schema
    .createIndex('identity_references_by_owner')
    .on('identity_references')
    .column('owner')
    .execute();
  await db.schema
    .createTable('access_keys')
    .addColumn('access_key_id', text, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.notNull())
    .addColumn('principal_id', text, (column) => column.notNull())
    .addColumn('status', text, (column) => column.notNull())
    .addColumn('creation_date', 'bigint', (column) => column.notNull())
    .addColumn('wrapped_secret', bytes, (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('access_keys_by_principal')
    .on('access_keys')
    .columns(['principal_id', 'access_key_id'])
    .execute();
  await db.schema
    .createTable('access_key_uses')
    .addColumn('access_key_id', text, (column) => column.primaryKey())
    .addColumn('last_used_date', 'bigint', (column) => column.notNull())
    .addColumn('service', text, (column) => column.notNull())
    .addColumn('region', text, (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('leases')
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('holder', text, (column) => column.notNull())
    .addColumn('expiry_date', 'bigint', (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('token_buckets')
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('full_date', 'bigint', (column) => column.notNull())
    .addColumn('taken_date', 'bigint', (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('fence')
    .addColumn('id', 'bigint', (column) => column.primaryKey().check(sql`id = 1`))
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('stamp', text, (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('change_log')
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('position', 'bigint', (column) => column.notNull())
    .addColumn('entity', text, (column) => column.notNull())
    .addColumn('stamp', text, (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('change_log_primary_key', ['version', 'position'])
    .execute();
  await db.schema
    .createTable('audit_head')
    .addColumn('id', 'bigint', (column) => column.primaryKey().check(sql`id = 1`))
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addColumn('last_hash', bytes, (column) => column.notNull())
    .addColumn('subtrees', bytes, (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('audit_records')
    .addColumn('first_index', 'bigint', (column) => column.primaryKey())
    .addColumn('record_count', 'bigint', (column) => column.notNull())
    .addColumn('first_date', 'bigint', (column) => column.notNull())
    .addColumn('last_date', 'bigint', (column) => column.notNull())
    .addColumn('records', bytes, (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('audit_records_by_date')
    .on('audit_records')
    .columns(['last_date', 'first_index'])
    .execute();
  await db.schema
    .createTable('audit_checkpoints')
    .addColumn('size', 'bigint', (column) => column.primaryKey())
    .addColumn('signed_date', 'bigint', (column) => column.notNull())
    .addColumn('note', text, (column) => column.notNull())
    .addColumn('subtrees', bytes, (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('audit_deliveries')
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('next_index', 'bigint', (column) => column.notNull())
    .addColumn('checkpoint_size', 'bigint', (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .execute();
}

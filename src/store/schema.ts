import type { ColumnDataType, Expression, Kysely, Transaction } from 'kysely';

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

import { sql } from 'kysely';
import type { ColumnTypes, Database } from './schema.ts';

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

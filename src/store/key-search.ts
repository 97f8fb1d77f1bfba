import type { KeyRecord, Tag } from './key-record.ts';
import type { Reader } from './store.ts';

/**
 * A key as a search looks at it before it reads it as a whole. It is not authenticated, so that nothing may rest on it
 * but what to read next.
 */
export interface ScannedKey
  extends Pick<
    KeyRecord,
    'keyId' | 'description' | 'keySpec' | 'keyUsage' | 'origin' | 'keyManager' | 'keyState' | 'primaryRegion'
  > {
  readonly tags: readonly Tag[];
  /** None, when they were not asked for. */
  readonly aliasNames: readonly string[];
}

/** An account's keys in a Region in order of their ids, after `after`, at most `limit`. */
export async function scanKeys(
  reader: Reader,
  place: { readonly accountId: string; readonly region: string; readonly withAliases: boolean },
  after: string,
  limit: number,
): Promise<readonly ScannedKey[]> {
  const rows = await reader.db
    .selectFrom('keys')
    .select([
      'key_id',
      'description',
      'key_spec',
      'key_usage',
      'origin',
      'key_manager',
      'key_state',
      'primary_region',
      'tags',
    ])
    .where('account_id', '=', place.accountId)
    .where('region', '=', place.region)
    .where('key_id', '>', after)
    .orderBy('key_id')
    .limit(limit)
    .execute();
  const keyIds = rows.map((row) => row.key_id);
  const aliasNames = place.withAliases ? await scanAliases(reader, place.region, keyIds) : undefined;
  return rows.map((row) => {
    const description: string = JSON.parse(row.description);
    const tags: readonly [string, string][] = JSON.parse(row.tags);
    return {
      keyId: row.key_id,
      description,
      keySpec: row.key_spec,
      keyUsage: row.key_usage,
      origin: row.origin,
      keyManager: row.key_manager,
      keyState: row.key_state,
      primaryRegion: row.primary_region ?? undefined,
      tags: tags.map(([key, value]) => ({ key, value })),
      aliasNames: aliasNames?.get(row.key_id)?.map((alias) => alias.alias_name) ?? [],
    };
  });
}

async function scanAliases({ db, dialect }: Reader, region: string, keyIds: readonly string[]) {
  const rows = await db
    .selectFrom('aliases')
    .select(['target_key_id', 'alias_name'])
    .where('region', '=', region)
    .where('target_key_id', 'in', dialect.elementsOf(keyIds))
    .execute();
  return Map.groupBy(rows, (row) => row.target_key_id);
}

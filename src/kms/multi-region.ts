import type { KeyRecord } from '../store/index.ts';
import { keyArn } from './identifiers.ts';
import type { KeyEntry } from './key-entry.ts';

/** What a key is among its siblings; `undefined` for a key of one Region. */
export function multiRegionKeyType({
  record: { region, primaryRegion },
}: {
  readonly record: Pick<KeyRecord, 'region' | 'primaryRegion'>;
}): 'PRIMARY' | 'REPLICA' | undefined {
  if (primaryRegion === undefined) return undefined;
  return region === primaryRegion ? 'PRIMARY' : 'REPLICA';
}

/** A key of a multi-Region family. */
export interface Sibling {
  readonly arn: string;
  readonly region: string;
}

/** The primary key and the replicas of the family of a multi-Region key; `undefined` for a key of one Region. */
export function familyOf(
  partition: string,
  { record, regions }: KeyEntry,
): { readonly primary: Sibling; readonly replicas: readonly Sibling[] } | undefined {
  const { primaryRegion, accountId, keyId } = record;
  if (primaryRegion === undefined) return undefined;
  const sibling = (region: string) => ({ arn: keyArn(partition, region, accountId, keyId), region });
  return {
    primary: sibling(primaryRegion),
    replicas: regions.filter((region) => region !== primaryRegion).map(sibling),
  };
}

import { type KeyRecord, listFamily, updateKey, type Writer } from '../store/index.ts';
import { keyArn } from './identifiers.ts';
import type { KeyOutline } from './key-entry.ts';

/** What a key is among its siblings; `undefined` for a key of one Region. */
export function multiRegionKeyType({
  record: { region, primaryRegion },
}: {
  readonly record: Pick<KeyRecord, 'region' | 'primaryRegion'>;
}): 'PRIMARY' | 'REPLICA' | undefined {
  if (primaryRegion === undefined) return undefined;
  return region === primaryRegion ? 'PRIMARY' : 'REPLICA';
}

/** The AWS partitions beside `aws`, by what the names of their Regions begin with (AWS endpoints, "partitions"). */
const PARTITIONS: readonly string[] = [
  'cn-',
  'us-gov-',
  'us-iso-',
  'us-isob-',
  'us-isof-',
  'eu-isoe-',
  'eusc-',
];

/** Whether two Regions are in one AWS partition. A Region that an operator has invented is in the partition `aws`. */
export function areInOnePartition(region: string, other: string): boolean {
  return PARTITIONS.every((prefix) => region.startsWith(prefix) === other.startsWith(prefix));
}

/** A key of a multi-Region family. */
export interface Sibling {
  readonly arn: string;
  readonly region: string;
}

/** The primary key and the replicas of the family of a multi-Region key; `undefined` for a key of one Region. */
export function familyOf(
  partition: string,
  { record, regions }: Pick<KeyOutline, 'record' | 'regions'>,
): { readonly primary: Sibling; readonly replicas: readonly Sibling[] } | undefined {
  const { primaryRegion, accountId, keyId } = record;
  if (primaryRegion === undefined) return undefined;
  const sibling = (region: string) => ({ arn: keyArn(partition, region, accountId, keyId), region });
  return {
    primary: sibling(primaryRegion),
    replicas: regions.filter((region) => region !== primaryRegion).map(sibling),
  };
}

/**
 * Changes what a key has in common with its siblings in other Regions: in each of these Regions, in one transaction.
 *
 * @param record the key as it was judged
 * @param change makes the record of a Region from the present one, and may write what belongs to it
 * @returns the key and its siblings as they were before, the key first
 * @throws RevisionConflict when the key has changed, or is gone, since it was judged
 */
export async function changeFamily(
  writer: Writer,
  record: KeyRecord,
  change: (member: KeyRecord) => KeyRecord | Promise<KeyRecord>,
): Promise<readonly KeyRecord[]> {
  const { primaryRegion, region, keyId } = record;
  const others = primaryRegion === undefined ? [] : await listFamily(writer, keyId);
  const family = [record, ...others.filter((sibling) => sibling.region !== region)];
  for (const member of family) await updateKey(writer, await change(member));
  return family;
}

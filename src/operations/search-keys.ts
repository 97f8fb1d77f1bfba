import {
  type KeyFilter,
  type KeyOutline,
  type SeenKey,
  searchKeys as searchStoredKeys,
} from '../kms/index.ts';
import {
  boolean,
  enumeration,
  integer,
  list,
  optional,
  required,
  type Shape,
  string,
  structure,
  type ValueOf,
} from '../model/index.ts';
import { describeKeyEntry } from './key-metadata.ts';
import { describeKeyUse, keyLastUsage } from './last-usage.ts';
import { type Call, operation } from './operation.ts';
import { markersOf } from './pagination.ts';
import * as shapes from './shapes.ts';

/** Any of some values. */
function anyOf<S extends Shape>(values: S) {
  return list(values, { min: 1, max: 50 });
}

const tagFilter = structure({
  TagKey: required(shapes.tag.members.TagKey.shape, 'The key of the tag.'),
  TagValue: optional(shapes.tag.members.TagValue.shape, 'Its value; any, when absent.'),
});

const filterMembers = {
  KeyStates: optional(anyOf(shapes.keyState), 'Only keys in one of these states.'),
  KeySpecs: optional(anyOf(shapes.keySpec), 'Only keys of one of these kinds.'),
  KeyUsages: optional(anyOf(shapes.keyUsage), 'Only keys for one of these usages.'),
  Origins: optional(anyOf(shapes.origin), 'Only keys whose material comes from one of these.'),
  KeyManagers: optional(anyOf(shapes.keyManager), 'Only keys that one of these manages.'),
  MultiRegion: optional(boolean, 'Only multi-Region keys, or only others.'),
  Tags: optional(list(tagFilter, { min: 1, max: 50 }), 'Only keys that have all of these tags.'),
  Texts: optional(
    list(string({ min: 1, max: 256 }), { min: 1, max: 10 }),
    'Only keys with each of these texts in the key id, the description or the name of an alias, whatever its case.',
  ),
};
const filterShape = structure(filterMembers);

const PERMISSIONS = [
  'kms:DescribeKey',
  'kms:GetKeyLastUsage',
  'kms:ListAliases',
  'kms:ListResourceTags',
] as const;

const foundKey = structure({
  KeyMetadata: required(shapes.keyMetadata, 'The key, as DescribeKey tells of it.'),
  AliasNames: optional(
    list(shapes.aliasName),
    'The names of its aliases; absent when the caller may not kms:ListAliases.',
  ),
  Tags: optional(shapes.tagList, 'Its tags; absent when the caller may not kms:ListResourceTags of the key.'),
  KeyLastUsage: optional(
    keyLastUsage,
    'The last operation, empty when it was never used; absent when the caller may not kms:GetKeyLastUsage of the key.',
  ),
});

export const searchKeys = operation({
  name: 'SearchKeys',
  service: 'qkms',
  summary:
    'Searches the KMS keys of the account in the Region of the request, in order of their ids, and tells of each that is found what DescribeKey, ListAliases, ListResourceTags and GetKeyLastUsage would.',
  notes: [
    'A request passes over at most 1,000 keys. An answer may hold few keys, or none, and yet have a NextMarker: ask on until there is none.',
    'Keys that the caller may not kms:DescribeKey are left out. Tags and aliases that the caller may not list count for no filter.',
  ],
  input: structure({ ...filterMembers, Limit: shapes.limit, Marker: shapes.marker }),
  output: structure({
    Keys: required(list(foundKey), 'The keys.'),
    MissingPermissions: required(
      list(enumeration(...PERMISSIONS)),
      'The permissions for want of which something is left out. Of keys that are left out whole, kms:DescribeKey, only a search without filters tells: others would tell what these keys are.',
    ),
    ScannedCount: required(integer(), 'How many keys were passed over, found or not.'),
    NextMarker: shapes.nextMarker,
    Truncated: optional(boolean, 'Whether there are more keys to pass over.'),
  }),
  targets: { account: { kind: 'account', permission: 'kms:ListKeys' } },
  errors: ['DependencyTimeoutException', 'InvalidMarkerException', 'KMSInternalException'],
  readOnly: true,
  pagination: { defaultLimit: 50, maximumLimit: 100 },
  examples: [
    {
      title: 'Find the disabled keys of a team',
      request: { KeyStates: ['Disabled'], Tags: [{ TagKey: 'team', TagValue: 'orders' }] },
    },
    { title: 'Find keys by their aliases and descriptions', request: { Texts: ['orders'] } },
  ],
  async handler(call) {
    const { input, caller, region, kms, operation } = call;
    const { Limit = operation.pagination?.defaultLimit ?? 0, Marker, ...wanted } = input;
    const markers = markersOf(call, [JSON.stringify(wanted)]);
    const mayListAliases = call.isAllowed('kms:ListAliases', '*');
    await kms.keyUses.write();
    const { found, hiddenCount, scannedCount, next } = await searchStoredKeys(
      kms,
      { accountId: caller.account, region },
      filterOf(wanted),
      { after: markers.open(Marker), limit: Limit },
      (key) => lookAt(call, key, mayListAliases),
    );
    const isFiltered = Object.values(wanted).some((member) => member !== undefined);
    const isMissing: Readonly<Record<(typeof PERMISSIONS)[number], boolean>> = {
      'kms:DescribeKey': hiddenCount > 0 && !isFiltered,
      'kms:GetKeyLastUsage': found.some(({ isLastUseVisible }) => !isLastUseVisible),
      'kms:ListAliases': !mayListAliases,
      'kms:ListResourceTags': found.some(({ tags }) => tags === undefined),
    };
    return {
      Keys: found.map((seen) => describe(kms.partition, seen)),
      MissingPermissions: PERMISSIONS.filter((permission) => isMissing[permission]),
      ScannedCount: scannedCount,
      ...(next === undefined ? { Truncated: false } : { NextMarker: markers.seal(next), Truncated: true }),
    };
  },
});

function filterOf(wanted: ValueOf<typeof filterShape>): KeyFilter {
  return {
    keyStates: wanted.KeyStates,
    keySpecs: wanted.KeySpecs,
    keyUsages: wanted.KeyUsages,
    origins: wanted.Origins,
    keyManagers: wanted.KeyManagers,
    isMultiRegion: wanted.MultiRegion,
    tags: wanted.Tags?.map(({ TagKey, TagValue }) => ({ key: TagKey, value: TagValue })),
    texts: wanted.Texts,
  };
}

/** What the caller may see of a key. */
async function lookAt(
  { isAllowedOnKey }: Pick<Call, 'isAllowedOnKey'>,
  key: KeyOutline,
  mayListAliases: boolean,
): Promise<SeenKey | undefined> {
  if (!(await isAllowedOnKey('kms:DescribeKey', key))) return undefined;
  const { aliases, record } = key;
  return {
    key,
    aliasNames: mayListAliases ? aliases.map(({ aliasName }) => aliasName) : undefined,
    tags: (await isAllowedOnKey('kms:ListResourceTags', key)) ? record.tags : undefined,
    isLastUseVisible: await isAllowedOnKey('kms:GetKeyLastUsage', key),
  };
}

function describe(
  partition: string,
  { key, aliasNames, tags, isLastUseVisible }: SeenKey,
): ValueOf<typeof foundKey> {
  return {
    KeyMetadata: describeKeyEntry(partition, key),
    ...(aliasNames && { AliasNames: aliasNames }),
    ...(tags && { Tags: tags.map((tag) => ({ TagKey: tag.key, TagValue: tag.value })) }),
    ...(isLastUseVisible && { KeyLastUsage: describeKeyUse(key.lastUse) }),
  };
}

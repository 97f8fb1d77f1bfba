import type { CompiledPolicy } from '../policy/index.ts';
import {
  findKeys,
  findKeyUses,
  type KeyRecord,
  listAliasesOfKeys,
  listFamilies,
  listMaterialsOfKeys,
  type Reader,
  type ScannedKey,
  scanKeys,
  type Tag,
} from '../store/index.ts';
import { compileKeyPolicy, type KeyOutline, outlineOf } from './key-entry.ts';
import type { Kms } from './kms.ts';

/** As many keys are passed over in one search, however few are found. */
const MOST_SCANNED = 1_000;
/** As many keys are read as a whole at once. */
const READ_AT_ONCE = 50;

/** What keys are searched for; all of what is given has to be so. */
export interface KeyFilter {
  /** Any of them, as for the next four. */
  readonly keyStates?: readonly string[] | undefined;
  readonly keySpecs?: readonly string[] | undefined;
  readonly keyUsages?: readonly string[] | undefined;
  readonly origins?: readonly string[] | undefined;
  readonly keyManagers?: readonly string[] | undefined;
  readonly isMultiRegion?: boolean | undefined;
  /** All of them; with any value where none is given. */
  readonly tags?: readonly { readonly key: string; readonly value?: string | undefined }[] | undefined;
  /** Each is in the key id, the description or the name of an alias, whatever its case. */
  readonly texts?: readonly string[] | undefined;
}

/** A key with what whoever searches may see of it. */
export interface SeenKey {
  readonly key: KeyOutline;
  /** `undefined` when they may not be seen, as for the tags. */
  readonly aliasNames: readonly string[] | undefined;
  readonly tags: readonly Tag[] | undefined;
  readonly isLastUseVisible: boolean;
}

export interface KeySearch {
  readonly found: readonly SeenKey[];
  /** How many keys were passed over, found or not. */
  readonly scannedCount: number;
  /** How many of those that were looked at may not be seen. */
  readonly hiddenCount: number;
  /** The id of the last key that was passed over, if there are more. */
  readonly next: string | undefined;
}

/**
 * Searches an account's keys in a Region in order of their ids, passing over at most 1,000 of them.
 *
 * @param page.after the id of the key after which it begins (`''`: from the beginning)
 * @param page.limit as many are found at most
 * @param look what may be seen of a key; `undefined` when it may not be seen itself. Only by that is it found.
 */
export async function searchKeys(
  kms: Kms,
  place: { readonly accountId: string; readonly region: string },
  filter: KeyFilter,
  { after, limit }: { readonly after: string; readonly limit: number },
  look: (key: KeyOutline) => Promise<SeenKey | undefined>,
): Promise<KeySearch> {
  const withAliases = filter.texts !== undefined;
  const passed: string[] = [];
  const found: SeenKey[] = [];
  let hiddenCount = 0;
  // A page of all keys is full with the first of them; what is rare takes many.
  for (const most of [limit + 1, MOST_SCANNED]) {
    const last = passed.at(-1) ?? after;
    const size = most - passed.length;
    const rows = await kms.store.read((reader) =>
      scanKeys(reader, { ...place, withAliases }, last, size + 1),
    );
    const scanned = rows.slice(0, size);
    passed.push(...scanned.map(({ keyId }) => keyId));
    const candidates = scanned.filter((key) => mayMatch(filter, key)).map(({ keyId }) => keyId);
    const seen = await lookAtKeys(kms, place.region, candidates, filter, limit + 1 - found.length, look);
    found.push(...seen.found);
    hiddenCount += seen.hiddenCount;
    const end = found.length > limit ? found[limit - 1]?.key.record.keyId : undefined;
    if (end !== undefined) {
      const scannedCount = passed.indexOf(end) + 1;
      return { found: found.slice(0, limit), scannedCount, hiddenCount, next: end };
    }
    if (rows.length === scanned.length)
      return { found, scannedCount: passed.length, hiddenCount, next: undefined };
  }
  return { found, scannedCount: passed.length, hiddenCount, next: passed.at(-1) };
}

/** Reads keys as a whole until enough of them match. */
async function lookAtKeys(
  kms: Kms,
  region: string,
  keyIds: readonly string[],
  filter: KeyFilter,
  enough: number,
  look: (key: KeyOutline) => Promise<SeenKey | undefined>,
): Promise<Pick<KeySearch, 'found' | 'hiddenCount'>> {
  const found: SeenKey[] = [];
  let hiddenCount = 0;
  for (let first = 0; first < keyIds.length && found.length < enough; first += READ_AT_ONCE) {
    const next = keyIds.slice(first, first + READ_AT_ONCE);
    const keys = await kms.store.read((reader) => loadKeyOutlines(reader, kms, region, next));
    for (const seen of await Promise.all(keys.map(look))) {
      if (seen === undefined) hiddenCount += 1;
      else if (matches(filter, scannedAs(seen))) found.push(seen);
    }
  }
  return { found, hiddenCount };
}

/** Loads many keys of a Region, without their material; those that are gone are missing. In order of their ids. */
async function loadKeyOutlines(
  reader: Reader,
  kms: Pick<Kms, 'partition' | 'clock'>,
  region: string,
  keyIds: readonly string[],
): Promise<readonly KeyOutline[]> {
  const records = await findKeys(reader, region, keyIds);
  const idsWhere = (isSo: (record: KeyRecord) => boolean) => records.filter(isSo).map(({ keyId }) => keyId);
  const imported = idsWhere(({ origin }) => origin === 'EXTERNAL');
  const ofManyRegions = idsWhere(({ primaryRegion }) => primaryRegion !== undefined);
  const materials = imported.length === 0 ? [] : await listMaterialsOfKeys(reader, region, imported);
  const siblings = ofManyRegions.length === 0 ? [] : await listFamilies(reader, ofManyRegions);
  const aliases = await listAliasesOfKeys(reader, region, keyIds);
  const materialsOf = Map.groupBy(materials, ({ keyId }) => keyId);
  const siblingsOf = Map.groupBy(siblings, ({ keyId }) => keyId);
  const aliasesOf = Map.groupBy(aliases, ({ targetKeyId }) => targetKeyId);
  const uses = new Map((await findKeyUses(reader, region, keyIds)).map((use) => [use.keyId, use]));
  const compile = policyCompiler();
  return records.map((record) =>
    outlineOf(kms, record, compile(record), {
      materialRecords: materialsOf.get(record.keyId) ?? [],
      aliases: aliasesOf.get(record.keyId) ?? [],
      regions: siblingsOf.get(record.keyId)?.map((sibling) => sibling.region) ?? [],
      lastUse: uses.get(record.keyId),
    }),
  );
}

/** Compiles each policy once: most keys of an account have the same. */
function policyCompiler(): (record: KeyRecord) => CompiledPolicy {
  const compiled = new Map<string, CompiledPolicy>();
  return (record) => {
    const name = JSON.stringify([record.policy, ...record.policyPrincipals]);
    const policy = compiled.get(name) ?? compileKeyPolicy(record);
    compiled.set(name, policy);
    return policy;
  };
}

/** Whether a key can be one that matches when it is read as a whole: imported material may have expired. */
function mayMatch({ keyStates, ...filter }: KeyFilter, key: ScannedKey): boolean {
  return matches(key.origin === 'EXTERNAL' ? filter : { keyStates, ...filter }, key);
}

/** As much of a key as may be seen. */
function scannedAs({ key, aliasNames = [], tags = [] }: SeenKey): ScannedKey {
  return { ...key.record, keyState: key.state, aliasNames, tags };
}

function matches(filter: KeyFilter, key: ScannedKey): boolean {
  const { isMultiRegion = key.primaryRegion !== undefined, tags = [], texts = [] } = filter;
  return (
    isAmong(filter.keyStates, key.keyState) &&
    isAmong(filter.keySpecs, key.keySpec) &&
    isAmong(filter.keyUsages, key.keyUsage) &&
    isAmong(filter.origins, key.origin) &&
    isAmong(filter.keyManagers, key.keyManager) &&
    isMultiRegion === (key.primaryRegion !== undefined) &&
    tags.every((wanted) => key.tags.some((tag) => isTag(wanted, tag))) &&
    texts.every((text) => contains(key, text))
  );
}

function isAmong(wanted: readonly string[] | undefined, text: string): boolean {
  return wanted === undefined || wanted.includes(text);
}

function isTag(wanted: { readonly key: string; readonly value?: string | undefined }, tag: Tag): boolean {
  return tag.key === wanted.key && (wanted.value === undefined || tag.value === wanted.value);
}

function contains({ keyId, description, aliasNames }: ScannedKey, text: string): boolean {
  const sought = text.toLowerCase();
  return [keyId, description, ...aliasNames].some((one) => one.toLowerCase().includes(sought));
}

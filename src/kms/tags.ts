import type { Tag } from '../store/index.ts';
import { duplicateTagKeys, reservedTagKey, tooManyTags } from './refusals.ts';

/** The most tags that a key can have (quotas.md). */
const TAG_QUOTA = 50;

/**
 * The tags of a key after more have been added to it; a present tag of the same key is replaced.
 *
 * @returns the tags sorted by key
 * @throws ServiceError `TagException` for duplicate keys among `added`, more than 50 tags in all, or the reserved prefix `aws:`
 */
export function addTags(present: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const addedKeys = new Set(added.map(({ key }) => key));
  if (addedKeys.size < added.length) throw duplicateTagKeys();
  const tags = [...present.filter(({ key }) => !addedKeys.has(key)), ...added];
  if (tags.length > TAG_QUOTA) throw tooManyTags();
  for (const { key } of added) requireUnreserved(key);
  return tags.sort((one, other) => (one.key < other.key ? -1 : 1));
}

/**
 * The tags of a key without some; keys that it does not have are ignored.
 *
 * @throws ServiceError `TagException` for a key with the reserved prefix `aws:`
 */
export function removeTags(present: readonly Tag[], removedKeys: readonly string[]): readonly Tag[] {
  for (const key of removedKeys) requireUnreserved(key);
  return present.filter(({ key }) => !removedKeys.includes(key));
}

function requireUnreserved(key: string): void {
  if (key.toLowerCase().startsWith('aws:')) throw reservedTagKey();
}

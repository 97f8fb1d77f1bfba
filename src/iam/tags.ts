import type { IdentityTag } from './identity.ts';
import { TAGS_PER_IDENTITY } from './quotas.ts';
import { duplicateIdentityTags, limitExceeded, reservedTagKey } from './refusals.ts';

/**
 * The tags of an identity after more have been added to it; a key that is there, in whichever case, gets the new value.
 *
 * @returns the tags sorted by key
 * @throws ServiceError `InvalidInput` when a key is given twice or begins with `aws:`; `LimitExceeded` over 50 tags
 */
export function addIdentityTags(
  present: readonly IdentityTag[],
  added: readonly IdentityTag[],
): readonly IdentityTag[] {
  const tags = new Map(present.map((tag) => [tag.key.toLowerCase(), tag]));
  const keys = new Set(added.map(({ key }) => key.toLowerCase()));
  if (keys.size < added.length) throw duplicateIdentityTags();
  if ([...keys].some((key) => key.startsWith('aws:'))) throw reservedTagKey();
  for (const tag of added) tags.set(tag.key.toLowerCase(), tag);
  if (tags.size > TAGS_PER_IDENTITY)
    throw limitExceeded(`The number of tags has reached the maximum limit: ${TAGS_PER_IDENTITY}.`);
  return [...tags.values()].sort((one, other) => (one.key < other.key ? -1 : 1));
}

import { changeIdentity, type Iam, type Identity, type IdentityTag } from '../../iam/index.ts';
import { list, required, structure } from '../../model/index.ts';
import type { Call } from '../operation.ts';
import { addTags, type TagMember } from './common.ts';
import { showTags } from './descriptions.ts';
import { iamPage, type PageRequest, pageOfAll } from './pages.ts';
import * as shapes from './shapes.ts';

/* What the operations that tag users, roles, policies and providers have in common. */

type Tagged = 'user' | 'role' | 'policy' | 'oidc-provider';

export const givenTags = required(
  shapes.tags,
  'The tags. One whose key is there already, in whichever case, takes its place.',
);

export const givenTagKeys = required(
  shapes.tagKeys,
  'The keys of the tags, in whichever case. Keys that are not there are passed over.',
);

export const tagList = structure({
  Tags: required(list(shapes.tag), 'The tags, by key.'),
  ...shapes.pageAnswer,
});

export const TAG_ERRORS: readonly string[] = ['InvalidInput', 'LimitExceeded', 'NoSuchEntity'];

export const EXAMPLE_TAG = { Key: 'team', Value: 'orders' };

/** @throws ServiceError `InvalidInput` when a key is given twice; `LimitExceeded` over 50 tags */
export async function putTags<K extends Tagged>(
  iam: Iam,
  kind: K,
  identity: Identity<K>,
  given: readonly TagMember[],
): Promise<void> {
  await changeTags(iam, kind, identity, (tags) => addTags(tags, given));
}

/** Takes away the tags that have the keys, in whichever case. */
export async function removeTags<K extends Tagged>(
  iam: Iam,
  kind: K,
  identity: Identity<K>,
  keys: readonly string[],
): Promise<void> {
  const removed = new Set(keys.map((key) => key.toLowerCase()));
  await changeTags(iam, kind, identity, (tags) => tags.filter(({ key }) => !removed.has(key.toLowerCase())));
}

async function changeTags<K extends Tagged>(
  iam: Iam,
  kind: K,
  identity: Identity<K>,
  change: (tags: readonly IdentityTag[]) => readonly IdentityTag[],
): Promise<void> {
  await changeIdentity(iam, kind, identity, ({ details }) => ({
    details: { ...details, tags: change(details.tags) },
  }));
}

/** One page of the tags of an identity. */
export async function pageOfTags(call: Call<PageRequest, unknown>, { uniqueId, details }: Identity<Tagged>) {
  const positionOf = ({ key }: IdentityTag) => key;
  const { items, page } = await iamPage(call, [uniqueId], pageOfAll(details.tags, positionOf), positionOf);
  return { Tags: showTags(items), ...page };
}

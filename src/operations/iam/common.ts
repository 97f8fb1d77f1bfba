import type { Reader } from '../../iam/index.ts';
import {
  addIdentityTags,
  countIdentities,
  decodeIdentity,
  findManagedPolicy,
  type Iam,
  type Identity,
  type IdentityKind,
  type IdentityTag,
  isOfKind,
  limitExceeded,
  listIdentities,
  quotas,
} from '../../iam/index.ts';
import type { Conditions } from '../operation.ts';

/** A tag as requests and answers have it. */
export interface TagMember {
  readonly Key: string;
  readonly Value: string;
}

/** Condition keys of a request that tags. */
export function requestTagConditions(tags: readonly TagMember[] | undefined): Conditions {
  if (tags === undefined || tags.length === 0) return {};
  return {
    'aws:TagKeys': tags.map(({ Key }) => Key),
    ...Object.fromEntries(tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
  };
}

/**
 * Adds tags to those there are; a key that is there, in whichever case, gets the new value.
 *
 * @throws ServiceError `InvalidInput` when a key is given twice; `LimitExceeded` over 50 tags
 */
export function addTags(
  present: readonly IdentityTag[],
  given: readonly TagMember[],
): readonly IdentityTag[] {
  return addIdentityTags(
    present,
    given.map(({ Key, Value }) => ({ key: Key, value: Value })),
  );
}

/** @throws ServiceError `LimitExceeded` when the account has all that it may have of a kind */
export async function requireRoom(
  reader: Reader,
  accountId: string,
  kind: keyof typeof quotas.PER_ACCOUNT,
): Promise<void> {
  const quota = quotas.PER_ACCOUNT[kind];
  if ((await countIdentities(reader, accountId, kind)) >= quota.limit)
    throw limitExceeded(`Cannot exceed quota for ${quota.name}: ${quota.limit}`);
}

/** Identities of a kind by name, after one (`''`: from the beginning), at most so many. */
export function listOfKind<K extends IdentityKind>(
  { store, partition }: Iam,
  kind: K,
  accountId: string,
  pathPrefix: string | undefined,
  after: string,
  limit: number,
): Promise<readonly Identity<K>[]> {
  return store.read(async (reader) => {
    const records = await listIdentities(reader, { accountId, kind, pathPrefix }, after, limit);
    return records
      .map((record) => decodeIdentity(partition, record))
      .filter((identity) => isOfKind(identity, kind));
  });
}

/** The unique id of the managed policy that is to be a permissions boundary. */
export async function findBoundary(
  reader: Reader,
  { partition }: Iam,
  accountId: string,
  arn: string,
): Promise<string> {
  return (await findManagedPolicy(reader, partition, accountId, arn)).uniqueId;
}

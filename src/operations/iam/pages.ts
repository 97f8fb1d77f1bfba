import type { Call } from '../operation.ts';
import { pageOf } from '../pagination.ts';

/** How many items a page of IAM has unless the request says otherwise. */
const DEFAULT_ITEMS = 100;

/** What every listing of IAM is asked with. */
export interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/**
 * One page of a listing of IAM.
 *
 * @param scope what else the listing is limited to, e.g. a user
 * @param fetch the items after a position (`''`: from the beginning), in order, at most so many
 * @throws ServiceError `ValidationError` for a marker of something else
 */
export async function iamPage<T>(
  call: Call<PageRequest, unknown>,
  scope: readonly string[],
  fetch: (after: string, limit: number) => readonly T[] | Promise<readonly T[]>,
  positionOf: (item: T) => string,
): Promise<{
  readonly items: readonly T[];
  readonly page: { readonly IsTruncated: boolean; readonly Marker?: string };
}> {
  const { Marker: marker, MaxItems: limit = DEFAULT_ITEMS } = call.input;
  const { items, next } = await pageOf(call, { marker, limit, scope }, fetch, positionOf);
  return { items, page: next === undefined ? { IsTruncated: false } : { IsTruncated: true, Marker: next } };
}

/** One page of items that are all at hand, in the order of their positions. */
export function pageOfAll<T>(
  items: readonly T[],
  positionOf: (item: T) => string,
): (after: string, limit: number) => readonly T[] {
  const sorted = items.toSorted((one, other) => (positionOf(one) < positionOf(other) ? -1 : 1));
  return (after, limit) => sorted.filter((item) => positionOf(item) > after).slice(0, limit);
}

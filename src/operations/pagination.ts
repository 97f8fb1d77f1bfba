import { invalidMarker } from '../kms/index.ts';
import type { AnyInput, Call, Operation } from './operation.ts';
import { invalidPageMarker, limitTooLarge } from './refusals.ts';

interface PageRequest {
  readonly Limit?: number | undefined;
  readonly Marker?: string | undefined;
}

/**
 * Refuses a page larger than a listing has, which does not depend on what is listed.
 *
 * @throws ServiceError `ValidationException`
 */
export function requirePageSize({ pagination }: Operation, { Limit }: AnyInput): void {
  if (pagination === undefined || typeof Limit !== 'number') return;
  if (Limit > pagination.maximumLimit) throw limitTooLarge(Limit, pagination.maximumLimit);
}

/**
 * One page of a listing of KMS.
 *
 * @param scope what else the listing is limited to, e.g. a key id
 * @param fetch the items after a position (`''`: from the beginning), in order, at most so many
 * @throws ServiceError `InvalidMarkerException` for a marker of something else
 */
export async function paginate<T>(
  call: Call<PageRequest, unknown>,
  scope: string,
  fetch: (after: string, limit: number) => readonly T[] | Promise<readonly T[]>,
  positionOf: (item: T) => string,
): Promise<{ readonly items: readonly T[]; readonly NextMarker?: string; readonly Truncated: boolean }> {
  const { Marker: marker, Limit } = call.input;
  const limit = Limit ?? call.operation.pagination?.defaultLimit ?? 0;
  const { items, next } = await pageOf(call, { marker, limit, scope: [scope] }, fetch, positionOf);
  return next === undefined ? { items, Truncated: false } : { items, NextMarker: next, Truncated: true };
}

/** Turns positions in a listing into markers and back. */
interface Markers {
  /** @throws ServiceError `InvalidMarkerException`, or what the service has instead, for a marker of something else */
  open(marker: string | undefined): string;
  seal(position: string): string;
}

/**
 * The markers of a listing: opaque, authenticated, and good only for the same listing in the same account and Region.
 *
 * @param scope what else the listing is limited to
 */
export function markersOf(
  { operation, caller, region, kms }: Call<object, unknown>,
  scope: readonly string[],
): Markers {
  const markerScope = [operation.name, caller.account, region, ...scope];
  return {
    open(marker) {
      const position = marker === undefined ? '' : kms.keyring.openMarker(markerScope, marker);
      if (position !== undefined) return position;
      throw ['kms', 'qkms'].includes(operation.service)
        ? invalidMarker()
        : invalidPageMarker(operation.service);
    },
    seal: (position) => kms.keyring.sealMarker(markerScope, position),
  };
}

/**
 * One page of a listing. The marker holds the position of the last item, so that items that come or go between two
 * pages are neither repeated nor passed over.
 *
 * @throws ServiceError `InvalidMarkerException`, or what the service has instead, for a marker of something else
 */
export async function pageOf<T>(
  call: Call<object, unknown>,
  page: {
    readonly marker: string | undefined;
    readonly limit: number;
    readonly scope: readonly string[];
  },
  fetch: (after: string, limit: number) => readonly T[] | Promise<readonly T[]>,
  positionOf: (item: T) => string,
): Promise<{ readonly items: readonly T[]; readonly next: string | undefined }> {
  const { marker, limit } = page;
  const positions = markersOf(call, page.scope);
  const after = positions.open(marker);
  const found = await fetch(after, limit + 1);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (found.length <= limit || last === undefined) return { items, next: undefined };
  return { items, next: positions.seal(positionOf(last)) };
}

import { useState } from 'react';
import { callOwn } from '../api/call.ts';
import type { Signing } from '../api/credentials.ts';
import type { FoundKey } from '../api/own-operations.ts';
import { type Loaded, useLoaded } from '../layout/use-loaded.ts';
import { type KeyQuery, toFilter } from './key-query.ts';

/** A page of keys that were found. */
export interface KeyPage {
  readonly keys: readonly FoundKey[];
  /** For want of which permissions something is left out. */
  readonly missingPermissions: readonly string[];
  /** How many keys were passed over. */
  readonly scanned: number;
  /** Where the next page begins; `undefined` when all keys were passed over. */
  readonly nextMarker: string | undefined;
}

const NOTHING: KeyPage = { keys: [], missingPermissions: [], scanned: 0, nextMarker: undefined };

/** How many requests are made for a page: the server passes over 1,000 keys for each. */
const MOST_REQUESTS = 100;

/**
 * Searches until a page is full, or all keys, or 100,000 of them, were passed over: what was found so far, again and again.
 *
 * @throws ApiError
 */
async function* searchPage(
  signing: Signing,
  query: KeyQuery,
  size: number,
  marker: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<KeyPage> {
  let page: KeyPage = { ...NOTHING, nextMarker: marker };
  for (let requests = 0; requests < MOST_REQUESTS; requests += 1) {
    const { nextMarker } = page;
    const answer = await callOwn(
      signing,
      'SearchKeys',
      {
        ...toFilter(query),
        Limit: size - page.keys.length,
        ...(nextMarker !== undefined && { Marker: nextMarker }),
      },
      signal,
    );
    page = {
      keys: [...page.keys, ...answer.Keys],
      missingPermissions: [...new Set([...page.missingPermissions, ...answer.MissingPermissions])],
      scanned: page.scanned + answer.ScannedCount,
      nextMarker: answer.NextMarker,
    };
    yield page;
    if (page.nextMarker === undefined || page.keys.length === size) return;
  }
}

/** Fetches a page of keys. What is there of it is shown while the rest is on its way. */
export function useKeySearch(
  signing: Signing,
  query: KeyQuery,
  size: number,
  marker: string | undefined,
): Loaded<KeyPage> & { readonly value: KeyPage } {
  const [soFar, setSoFar] = useState(NOTHING);
  const page = useLoaded(
    async (signal) => {
      setSoFar(NOTHING);
      let latest = NOTHING;
      for await (latest of searchPage(signing, query, size, marker, signal))
        if (!signal.aborted) setSoFar(latest);
      return latest;
    },
    [signing, query, size, marker],
  );
  return { ...page, value: page.value ?? (page.error === undefined ? soFar : NOTHING) };
}

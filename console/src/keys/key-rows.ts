import { useEffect, useState } from 'react';
import { callKms, type OutputOf } from '../api/call.ts';
import type { Signing } from '../api/credentials.ts';
import { type ApiError, asApiError, notUnderstood } from '../api/errors.ts';
import { forEach } from '../api/pool.ts';
import { type Loaded, useLoaded } from '../layout/use-loaded.ts';

export type KeyMetadata = NonNullable<OutputOf<'DescribeKey'>['KeyMetadata']>;

/** A part of a row: it, or why it cannot be shown, or neither while it is on its way. */
export type Part<T> = { readonly value: T } | { readonly error: ApiError } | undefined;

/** A key of the list. All but its id comes afterwards, and each part may be denied by itself. */
export interface KeyRow {
  readonly keyId: string;
  readonly metadata?: Part<KeyMetadata>;
  readonly aliases?: Part<readonly string[]>;
  readonly tags?: Part<readonly { readonly key: string; readonly value: string }[]>;
  /** `undefined` inside when the key was never used. */
  readonly lastUsed?: Part<Date | undefined>;
}

/** A page of the keys of an account in a Region. */
export interface KeyPage extends Loaded<readonly KeyRow[]> {
  /** Where the next page begins; `undefined` on the last one. */
  readonly nextMarker: string | undefined;
}

/** Fetches a page of keys, and then what there is to tell of each. */
export function useKeyPage(signing: Signing, limit: number, marker: string | undefined): KeyPage {
  const page = useLoaded(
    (signal) =>
      callKms(signing, 'ListKeys', { Limit: limit, ...(marker !== undefined && { Marker: marker }) }, signal),
    [signing, limit, marker],
  );
  const [rows, setRows] = useState<readonly KeyRow[]>();

  useEffect(() => {
    const ids = page.value?.Keys?.map(({ KeyId = '' }) => KeyId);
    setRows(ids?.map((keyId) => ({ keyId })));
    if (ids === undefined) return;
    const controller = new AbortController();
    void forEach(ids, controller.signal, async (keyId) => {
      const details = await detailsOf(signing, keyId, controller.signal);
      if (controller.signal.aborted) return;
      setRows((before) => before?.map((row) => (row.keyId === keyId ? { keyId, ...details } : row)));
    });
    return () => controller.abort();
  }, [signing, page.value]);

  return { ...page, value: rows, nextMarker: page.value?.NextMarker };
}

async function detailsOf(
  signing: Signing,
  keyId: string,
  signal: AbortSignal,
): Promise<Omit<KeyRow, 'keyId'>> {
  const KeyId = keyId;
  const [metadata, aliases, tags, lastUsed] = await Promise.all([
    part(describeKey(signing, keyId, signal)),
    part(
      callKms(signing, 'ListAliases', { KeyId }, signal).then(({ Aliases = [] }) =>
        Aliases.map(({ AliasName = '' }) => AliasName),
      ),
    ),
    part(
      callKms(signing, 'ListResourceTags', { KeyId }, signal).then(({ Tags = [] }) =>
        Tags.map(({ TagKey = '', TagValue = '' }) => ({ key: TagKey, value: TagValue })),
      ),
    ),
    part(callKms(signing, 'GetKeyLastUsage', { KeyId }, signal).then(lastUseOf)),
  ]);
  return { metadata, aliases, tags, lastUsed };
}

/**
 * What there is to know of a key.
 *
 * @param identifier a key id, key ARN, alias name or alias ARN
 * @throws ApiError
 */
export async function describeKey(
  signing: Signing,
  identifier: string,
  signal?: AbortSignal,
): Promise<KeyMetadata> {
  const { KeyMetadata } = await callKms(signing, 'DescribeKey', { KeyId: identifier }, signal);
  if (KeyMetadata === undefined) throw notUnderstood('');
  return KeyMetadata;
}

function lastUseOf({ KeyLastUsage }: OutputOf<'GetKeyLastUsage'>): Date | undefined {
  const seconds = KeyLastUsage?.Timestamp;
  return seconds === undefined ? undefined : new Date(seconds * 1000);
}

/** A part of a row, when it has come or failed; never rejects. */
export async function part<T>(coming: Promise<T>): Promise<NonNullable<Part<T>>> {
  try {
    return { value: await coming };
  } catch (error) {
    return { error: asApiError(error) };
  }
}

import { callQuery } from '../api/call.ts';
import type { Signing } from '../api/credentials.ts';
import { listAt, textAt, type XmlValue } from '../api/xml.ts';
import { formatPolicy } from '../policy/templates.ts';

/** How many items a page has. */
export const PAGE_SIZE = 25;

/** How many items are fetched of a listing at most, for choosing among them. */
const MOST = 1_000;

/**
 * Calls an operation of IAM.
 *
 * @throws ApiError
 */
export function callIam(
  signing: Signing,
  operation: string,
  input: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
): Promise<XmlValue | undefined> {
  return callQuery(signing, 'iam', operation, input, signal);
}

/**
 * The items of a listing, all that there are up to a thousand.
 *
 * @param list the member of the answer that holds them
 * @throws ApiError
 */
export async function allItems(
  signing: Signing,
  operation: string,
  input: Readonly<Record<string, unknown>>,
  list: string,
  signal?: AbortSignal,
): Promise<readonly XmlValue[]> {
  const items: XmlValue[] = [];
  let Marker: string | undefined;
  do {
    const answer = await callIam(signing, operation, { ...input, Marker, MaxItems: 100 }, signal);
    items.push(...listAt(answer, list));
    Marker = textAt(answer, 'Marker') || undefined;
  } while (Marker !== undefined && items.length < MOST);
  return items;
}

/** A policy document of an answer, which is URL-encoded, as it is shown. */
export function documentIn(encoded: string): string {
  return formatPolicy(decodeURIComponent(encoded));
}

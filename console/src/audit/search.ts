import { callLookupEvents } from '../api/call.ts';
import type { Signing } from '../api/credentials.ts';
import type { EventAttribute } from '../api/lookup-events.ts';
import { type AuditEvent, readEvent } from './event.ts';

/** Which events are looked for. */
export interface EventSearch {
  readonly attribute?: EventAttribute | undefined;
  readonly value?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** Only calls that were refused, or failed. */
  readonly refusedOnly?: boolean | undefined;
}

/** A page of what was found. */
export interface FoundEvents {
  readonly events: readonly AuditEvent[];
  /** Where the next page begins; `undefined` when all of the log was gone through. */
  readonly nextToken: string | undefined;
}

/** How many requests are made for a page: the server goes through 20,000 records for each. */
const MOST_REQUESTS = 10;
/** As many as LookupEvents gives at once. */
const MOST_AT_ONCE = 50;

/**
 * Looks for events, the newest first. A page may be shorter than asked for and yet have a next one, when what is looked for
 * is rare.
 *
 * @throws ApiError
 */
export async function searchEvents(
  signing: Signing,
  search: EventSearch,
  page: { readonly size: number; readonly token?: string | undefined },
  signal?: AbortSignal,
): Promise<FoundEvents> {
  const { attribute, value = '', from, to, refusedOnly = false } = search;
  const events: AuditEvent[] = [];
  let nextToken = page.token;
  for (let requests = 0; requests < MOST_REQUESTS; requests += 1) {
    const answer = await callLookupEvents(
      signing,
      {
        ...(attribute !== undefined && {
          LookupAttributes: [{ AttributeKey: attribute, AttributeValue: value }],
        }),
        ...(from && { StartTime: from.getTime() / 1000 }),
        ...(to && { EndTime: to.getTime() / 1000 }),
        MaxResults: Math.min(page.size - events.length, MOST_AT_ONCE),
        NextToken: nextToken,
      },
      signal,
    );
    for (const { CloudTrailEvent = '' } of answer.Events ?? []) {
      const event = readEvent(CloudTrailEvent);
      if (event !== undefined && (!refusedOnly || event.errorCode !== undefined)) events.push(event);
    }
    nextToken = answer.NextToken;
    if (nextToken === undefined || events.length === page.size) break;
  }
  return { events, nextToken };
}

/**
 * The event of an id, or of a request.
 *
 * @param time when it happened, which spares going through the whole log
 * @throws ApiError
 */
export async function findEvent(
  signing: Signing,
  attribute: 'EventId' | 'RequestId',
  value: string,
  time?: Date,
  signal?: AbortSignal,
): Promise<AuditEvent | undefined> {
  const search = { attribute, value, from: time, to: time };
  let token: string | undefined;
  do {
    const { events, nextToken } = await searchEvents(signing, search, { size: 1, token }, signal);
    if (events[0] !== undefined) return events[0];
    token = nextToken;
  } while (token !== undefined);
  return undefined;
}

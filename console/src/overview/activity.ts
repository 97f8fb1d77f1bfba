import type { Signing } from '../api/credentials.ts';
import { serverTime } from '../api/exchange.ts';
import type { AuditEvent } from '../audit/event.ts';
import { searchEvents } from '../audit/search.ts';

/** A stretch of time that activity is shown for. */
export interface Stretch {
  readonly id: string;
  readonly label: string;
  /** In milliseconds. */
  readonly length: number;
  /** How long each bar of it is, in milliseconds. */
  readonly step: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const STRETCHES = [
  { id: 'hour', label: 'Last hour', length: HOUR, step: 5 * MINUTE },
  { id: 'day', label: 'Last day', length: 24 * HOUR, step: HOUR },
  { id: 'week', label: 'Last 7 days', length: 168 * HOUR, step: 6 * HOUR },
] as const satisfies readonly Stretch[];

/** Calls of KMS over time. */
export interface Activity {
  /** Where each bar begins. */
  readonly starts: readonly Date[];
  /** Of the operations that were called most, and of all others together: how often, bar by bar. */
  readonly operations: readonly { readonly name: string; readonly counts: readonly number[] }[];
  /** How many were refused or failed, bar by bar. */
  readonly refused: readonly number[];
  readonly total: number;
  readonly totalRefused: number;
  /** Since when all calls are counted: the beginning, unless there were too many. */
  readonly since: Date;
  readonly isWhole: boolean;
}

/** As many calls are counted, the newest ones. */
export const MOST_COUNTED = 1_000;
const PAGE_SIZE = 50;
/** So many operations have a colour of their own. */
const MOST_NAMED = 5;
const OTHERS = 'Others';

/**
 * Counts the calls of KMS that the audit log has of a stretch of time that ends now.
 *
 * @throws ApiError
 */
export async function loadActivity(
  signing: Signing,
  stretch: Stretch,
  signal: AbortSignal,
): Promise<Activity> {
  const to = new Date(serverTime());
  const from = new Date(to.getTime() - stretch.length);
  const search = { attribute: 'EventSource', value: 'kms.amazonaws.com', from, to } as const;
  const events: AuditEvent[] = [];
  let token: string | undefined;
  do {
    const page = await searchEvents(signing, search, { size: PAGE_SIZE, token }, signal);
    events.push(...page.events);
    token = page.nextToken;
  } while (token !== undefined && events.length < MOST_COUNTED);
  const oldest = events.at(-1)?.time;
  const since = token === undefined || oldest === undefined ? from : oldest;
  return { ...countEvents(events, { from: since, to, step: stretch.step }), isWhole: token === undefined };
}

function countEvents(
  events: readonly AuditEvent[],
  { from, to, step }: { readonly from: Date; readonly to: Date; readonly step: number },
): Omit<Activity, 'isWhole'> {
  const first = Math.floor(from.getTime() / step);
  const length = Math.floor(to.getTime() / step) - first + 1;
  const bars = Array.from({ length }, () => 0);
  const barOf = ({ time }: AuditEvent) => Math.floor(time.getTime() / step) - first;
  const countsOf = (counted: readonly AuditEvent[]) => {
    const counts = [...bars];
    for (const event of counted) counts[barOf(event)] = (counts[barOf(event)] ?? 0) + 1;
    return counts;
  };
  const byName = Object.entries(Object.groupBy(events, ({ name }) => name))
    .map(([name, counted = []]) => ({ name, counted }))
    .sort((one, other) => other.counted.length - one.counted.length);
  const others = byName.slice(MOST_NAMED).flatMap(({ counted }) => counted);
  const named = byName.slice(0, MOST_NAMED);
  const refused = events.filter(({ errorCode }) => errorCode !== undefined);
  return {
    starts: bars.map((_, index) => new Date((first + index) * step)),
    operations: [...named, ...(others.length === 0 ? [] : [{ name: OTHERS, counted: others }])].map(
      ({ name, counted }) => ({ name, counts: countsOf(counted) }),
    ),
    refused: countsOf(refused),
    total: events.length,
    totalRefused: refused.length,
    since: from,
  };
}

import { InvalidArgumentError } from 'commander';

/** Later than any event, and early enough to be reckoned with. */
export const LATEST_TIME = 8e15;

/** A time as it is typed, in milliseconds since the Unix epoch. */
export function readTime(typed: string): number {
  const time = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(typed)
    ? Date.parse(typed)
    : Number.NaN;
  if (Number.isNaN(time)) throw new InvalidArgumentError('Give a time such as 2026-01-31T12:00:00Z.');
  return time;
}

/** The index of a record, or the number of records, as it is typed. */
export function readIndex(typed: string): number {
  if (!/^\d{1,15}$/.test(typed)) throw new InvalidArgumentError('Give a whole number from 0.');
  return Number(typed);
}

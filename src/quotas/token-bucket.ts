/** How much a bucket holds: what becomes available in so many microseconds, and at least one token. */
const BURST = 1_000_000;
/** The part of a token that may be missing: dates are whole microseconds. */
const ROUNDING = 0.0005;

/** What was taken from a bucket, and its state from then on. */
export interface Taken {
  readonly taken: number;
  readonly fullDate: number;
}

/**
 * Takes tokens from a bucket that holds a second's worth of them: as many as there are, within bounds, or none. All there
 * is to know of a bucket is when it will be full again (the generic cell rate algorithm, ITU-T I.371 annex A).
 *
 * @param bucket.fullDate microseconds since the Unix epoch
 * @param bucket.rate tokens per second
 * @param wanted.least not 0; a bucket that is smaller grows for it
 * @param now milliseconds since the Unix epoch
 */
export function takeTokens(
  bucket: { readonly fullDate: number; readonly rate: number },
  wanted: { readonly least: number; readonly most: number },
  now: number,
): Taken {
  const { least, most } = wanted;
  const cost = BURST / bucket.rate;
  const capacity = Math.max(BURST, least * cost);
  const instant = now * 1_000;
  // A bucket that seems to be more than empty was drawn from by a clock that was put back since.
  const fullDate = Math.min(Math.max(bucket.fullDate, instant), instant + capacity);
  const available = Math.floor((instant + capacity - fullDate) / cost + ROUNDING);
  const taken = available < least ? 0 : Math.min(available, most);
  return { taken, fullDate: Math.round(fullDate + taken * cost) };
}

/** How long it takes until so many tokens are there, in milliseconds; 0 when they are. */
export function timeUntil(
  bucket: { readonly fullDate: number; readonly rate: number },
  tokens: number,
  now: number,
): number {
  const cost = BURST / bucket.rate;
  const capacity = Math.max(BURST, tokens * cost);
  return Math.max(0, (bucket.fullDate + tokens * cost - capacity) / 1_000 - now);
}

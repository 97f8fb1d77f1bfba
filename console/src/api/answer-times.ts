/** How long answers took that this page waited for, by operation, in milliseconds: the last ones of each. */
const times = new Map<string, number[]>();

/** As many are kept of an operation. */
const MOST_KEPT = 200;

/** Notes how long an answer took. */
export function noteAnswerTime(operation: string, milliseconds: number): void {
  const kept = times.get(operation) ?? [];
  times.set(operation, [...kept, milliseconds].slice(-MOST_KEPT));
}

/** How long answers to an operation took. */
export interface AnswerTimes {
  readonly operation: string;
  readonly count: number;
  readonly median: number;
  readonly longest: number;
}

/** By operation, those that were waited for most often first. */
export function answerTimes(): readonly AnswerTimes[] {
  return [...times]
    .map(([operation, kept]) => {
      const sorted = kept.toSorted((one, other) => one - other);
      return {
        operation,
        count: kept.length,
        median: sorted[Math.floor(sorted.length / 2)] ?? 0,
        longest: sorted.at(-1) ?? 0,
      };
    })
    .sort((one, other) => other.count - one.count);
}

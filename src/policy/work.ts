/**
 * What one question has cost so far.
 *
 * Each comparison is linear in the text that it looks at. But a policy can hold thousands of patterns, a policy variable
 * can put a text of the request into each of them, and a request can carry thousands of characters to hold against all
 * of them: together that could take seconds. No honest policy comes near the limit; what lies beyond it cannot be judged
 * and fails closed (`condition.ts`).
 */
export interface Work {
  /** Each takes some nanoseconds. */
  steps: number;
}

/** Enough for a hundred patterns with several wildcards against the longest encryption context. */
const MOST_STEPS = 1_000_000;

/** The work of a question of which nothing has been done. */
export function newWork(): Work {
  return { steps: 0 };
}

/** Whether no more is done for a question. */
export function isExhausted({ steps }: Work): boolean {
  return steps > MOST_STEPS;
}

import type { RepeatedRefusals } from './audit/index.ts';
import type { CallInProgress } from './call-in-progress.ts';
import { systemClock } from './clock.ts';
import type { ServiceError } from './errors.ts';
import type { RequestIdentity } from './iam/index.ts';
import type { AnyInput, Operation } from './operations/index.ts';
import { type RequestLimiter, sourceOf, Throttled } from './quotas/index.ts';

/*
 * Answers to requests over their quotas are held back, in milliseconds: whoever waits for one asks less often. Those of a
 * source follow each other at some distance, so that what it asks next does not come all at once either.
 */
const SHORTEST_DELAY = 100;
const LONGEST_DELAY = 2_000;
const DISTANCE = 2;
const MOST_SOURCES = 10_000;

/**
 * Counts a call of somebody known; at once, or when it is known whether it is within all quotas.
 *
 * @param input as far as it could be read: maybe without members
 * @throws ServiceError `ThrottlingException` when it is not, also later
 */
export type CountCall = (identity: RequestIdentity, input: AnyInput) => Promise<void> | undefined;

/** Keeps those who ask too often, or are refused too often, from taking what others need. */
export class Throttling {
  readonly #limiter: RequestLimiter | undefined;
  readonly #repeatedRefusals: RepeatedRefusals;
  /** When the last answer is due that is held back, by source. */
  readonly #lastDue = new Map<string, number>();

  /** @param parts.limiter what holds accounts to their request-rate quotas, if anything does */
  constructor(parts: {
    readonly limiter: RequestLimiter | undefined;
    readonly repeatedRefusals: RepeatedRefusals;
  }) {
    this.#limiter = parts.limiter;
    this.#repeatedRefusals = parts.repeatedRefusals;
  }

  /** What counts one call, once, however often it is judged. */
  counterOf({ quota }: Operation): CountCall {
    let isCounted = false;
    return ({ caller, region }, input) => {
      if (isCounted) return undefined;
      isCounted = true;
      return this.#limiter?.count(caller.account, region, quota.charges(input));
    };
  }

  /** How a call is refused: who is refused before it is known who they are cannot ask as often as they like. */
  limit({ caller, origin }: CallInProgress, refusal: ServiceError): ServiceError {
    const isUnknown = caller === undefined && refusal.status < 500;
    return isUnknown && this.#limiter?.isOverRate(origin.sourceAddress)
      ? new Throttled(sourceOf(origin.sourceAddress))
      : refusal;
  }

  /** Whether a refused call is to be recorded; not each is of those that anybody can send without end. */
  isToBeRecorded(call: CallInProgress): boolean {
    const { caller, origin, refusal } = call;
    if (caller !== undefined && !(refusal instanceof Throttled)) return true;
    return this.#repeatedRefusals.isToBeRecorded(caller?.account ?? sourceOf(origin.sourceAddress), call);
  }

  /** Resolves when a refusal may be answered. */
  async holdBack(refusal: ServiceError): Promise<void> {
    if (!(refusal instanceof Throttled)) return;
    // By the machine's own clock: what is to be gained is time for others.
    const delay = this.#delayOf(refusal.source, performance.now());
    await new Promise<void>((resolve) => void systemClock.schedule(delay, resolve));
  }

  #delayOf(source: string, now: number): number {
    const next = (this.#lastDue.get(source) ?? 0) + DISTANCE;
    const due = Math.min(Math.max(now + SHORTEST_DELAY, next), now + LONGEST_DELAY);
    if (this.#lastDue.size >= MOST_SOURCES) this.#lastDue.clear();
    this.#lastDue.set(source, due);
    return due - now;
  }
}

import type { Clock } from '../clock.ts';
import { findTokenBucket, putTokenBucket, type Transactions } from '../store/index.ts';
import { Throttled } from './refusals.ts';
import type { RequestQuota } from './request-quotas.ts';
import { type Taken, takeTokens, timeUntil } from './token-bucket.ts';

/** How much is leased at a time: what becomes available in so much of a second. */
const LEASE = 0.1;
/** How long a process does not ask again for what there was none of, in milliseconds, at least. */
const SHORTEST_PAUSE = 250;
/** How long a process goes by itself when the store cannot be written, in milliseconds. */
const TIME_ALONE = 10_000;
/** A clock that is ahead by more than the service puts up with, in milliseconds, was wrong. */
const MOST_AHEAD = 60_000;

/** Which bucket, and how fast it fills: in tokens per second. */
interface BucketFacts {
  /** In the store. */
  readonly name: string;
  readonly accountId: string;
  readonly quota: RequestQuota;
  readonly rate: number;
  /** The part of the rate that this process may use without a word to the others. */
  readonly share: number;
}

/**
 * What one process may still let through of the requests of an account in a Region under a quota. All processes draw on
 * one bucket in the store: each takes tokens from there in advance, many at a time, and none as long as the little that
 * each has for itself will do.
 */
export class AccountBucket {
  readonly #facts: BucketFacts;
  readonly #store: Pick<Transactions, 'write'>;
  readonly #clock: Clock;
  #leased = 0;
  /** As of a token bucket: of the process's own share, and of what it goes by while the store cannot be written. */
  #shareFullDate = 0;
  #aloneFullDate = 0;
  #leasing: Promise<void> | undefined;
  /** By how much other clocks are ahead, in milliseconds: all go by one time, lest those get everything. */
  #behind = 0;
  /** From when until when it is known that nothing can be leased, or that the store cannot be written. */
  #empty = NEVER;
  #alone = NEVER;

  constructor(facts: BucketFacts, store: Pick<Transactions, 'write'>, clock: Clock) {
    this.#facts = facts;
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Takes tokens: at once, or when some have been leased.
   *
   * @throws ServiceError `ThrottlingException`, also later
   */
  take(count: number): Promise<void> | undefined {
    if (this.#takeHere(count)) return undefined;
    if (isDuring(this.#empty, this.#clock.now()))
      throw new Throttled(this.#facts.accountId, this.#facts.quota);
    return this.#takeLeased(count);
  }

  async #takeLeased(count: number): Promise<void> {
    while (!this.#takeHere(count)) {
      if (isDuring(this.#empty, this.#clock.now()))
        throw new Throttled(this.#facts.accountId, this.#facts.quota);
      // Whoever comes while tokens are being leased waits for these.
      this.#leasing ??= this.#lease(count).finally(() => {
        this.#leasing = undefined;
      });
      await this.#leasing;
    }
  }

  #takeHere(count: number): boolean {
    if (this.#leased >= count) {
      this.#leased -= count;
      return true;
    }
    const { share } = this.#facts;
    // What fills more slowly than by a token a second has no room for one.
    if (share < count) return false;
    const wanted = { least: count, most: count };
    const { taken, fullDate } = takeTokens(
      { fullDate: this.#shareFullDate, rate: share },
      wanted,
      this.#clock.now(),
    );
    this.#shareFullDate = fullDate;
    return taken === count;
  }

  /** Leases tokens, or learns until when there are none. */
  async #lease(least: number): Promise<void> {
    const { rate } = this.#facts;
    const wanted = { least, most: Math.max(least, Math.floor(rate * LEASE)) };
    const { taken, pause } = await this.#draw(wanted);
    this.#leased += taken;
    if (taken === wanted.most) return;
    const from = this.#clock.now();
    this.#empty = { from, until: from + Math.max(SHORTEST_PAUSE, pause) };
  }

  async #draw(wanted: Wanted): Promise<Drawn> {
    if (isDuring(this.#alone, this.#clock.now())) return this.#drawAlone(wanted);
    try {
      return await this.#drawFromStore(wanted);
    } catch {
      // Whoever cannot read the store does not get past the fence. That nothing can be written, as on a full disk, is no
      // reason to refuse what needs no writing.
      const from = this.#clock.now();
      this.#alone = { from, until: from + TIME_ALONE };
      return this.#drawAlone(wanted);
    }
  }

  #drawFromStore(wanted: Wanted): Promise<Drawn> {
    const { name, rate } = this.#facts;
    return this.#store.write(async (writer) => {
      const bucket = await findTokenBucket(writer, name);
      const present = this.#clock.now();
      const ahead = (bucket?.takenDate ?? present) - present;
      const isKnown = bucket !== undefined && ahead <= MOST_AHEAD;
      if (isKnown) this.#behind = Math.max(this.#behind, ahead);
      const now = present + this.#behind;
      const fullDate = isKnown ? bucket.fullDate : 0;
      const drawn = takeTokens({ fullDate, rate }, wanted, now);
      if (drawn.taken > 0) await putTokenBucket(writer, { name, fullDate: drawn.fullDate, takenDate: now });
      return this.#drawn(drawn, wanted, now);
    });
  }

  #drawAlone(wanted: Wanted): Drawn {
    const now = this.#clock.now();
    const drawn = takeTokens({ fullDate: this.#aloneFullDate, rate: this.#facts.rate }, wanted, now);
    this.#aloneFullDate = drawn.fullDate;
    return this.#drawn(drawn, wanted, now);
  }

  #drawn({ taken, fullDate }: Taken, { least }: Wanted, now: number): Drawn {
    return { taken, pause: timeUntil({ fullDate, rate: this.#facts.rate }, least, now) };
  }
}

interface Wanted {
  readonly least: number;
  readonly most: number;
}

interface Drawn {
  readonly taken: number;
  /** How long it takes until there is more, in milliseconds. */
  readonly pause: number;
}

/** A time, in milliseconds since the Unix epoch; a clock that was put back is not in it any more. */
interface Period {
  readonly from: number;
  readonly until: number;
}

const NEVER: Period = { from: 0, until: 0 };

function isDuring({ from, until }: Period, now: number): boolean {
  return now >= from && now < until;
}

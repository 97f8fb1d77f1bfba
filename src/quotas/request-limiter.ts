import type { Clock } from '../clock.ts';
import type { Transactions } from '../store/index.ts';
import { AccountBucket } from './account-bucket.ts';
import type { RequestQuota } from './request-quotas.ts';
import { type QuotaSettings, rateOf } from './settings.ts';
import { SourceAddresses } from './source-addresses.ts';

/** What a request counts as under a quota. */
export interface Charge {
  readonly quota: RequestQuota;
  /** That of the request, when absent. */
  readonly region?: string;
  /** 1, when absent. */
  readonly count?: number;
}

/** The part of every rate that the processes of a node together may use without a word to other nodes. */
const SHARE_OF_NODE = 0.02;
/** How many accounts a process keeps buckets of; one that is forgotten begins anew with what the store says. */
const MOST_ACCOUNTS = 10_000;
/** How many Regions of an account have buckets of their own: names of Regions that callers invent give them no more. */
const MOST_REGIONS = 64;
const OTHER_REGIONS = 'other';

/** An account's buckets, by Region and quota; `undefined` where there is no limit. */
type AccountBuckets = Map<string, Map<RequestQuota, AccountBucket | undefined>>;

/** Holds accounts to their request-rate quotas, together with all other processes that share the store. */
export class RequestLimiter {
  readonly #store: Pick<Transactions, 'write'>;
  readonly #clock: Clock;
  readonly #settings: QuotaSettings;
  readonly #share: number;
  readonly #accounts = new Map<string, AccountBuckets>();
  readonly #addresses: SourceAddresses;

  /** @param parts.processes how many processes of this node serve */
  constructor(parts: {
    readonly store: Pick<Transactions, 'write'>;
    readonly clock: Clock;
    readonly settings: QuotaSettings;
    readonly processes: number;
  }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#settings = parts.settings;
    this.#share = SHARE_OF_NODE / parts.processes;
    this.#addresses = new SourceAddresses(parts.clock);
  }

  /**
   * Counts a request of an account; at once, or when it is known whether it is within all quotas.
   *
   * @throws ServiceError `ThrottlingException` when it is not, also later
   */
  count(accountId: string, region: string, charges: readonly Charge[]): Promise<void> | undefined {
    const [charge, ...others] = charges;
    if (charge === undefined) return undefined;
    const { quota, count = 1 } = charge;
    const waiting = this.#bucketOf(accountId, charge.region ?? region, quota)?.take(count);
    if (others.length === 0) return waiting;
    if (waiting === undefined) return this.count(accountId, region, others);
    return waiting.then(() => this.count(accountId, region, others));
  }

  /** Counts a request of nobody known, and says whether too many of these came from there. */
  isOverRate(sourceAddress: string): boolean {
    return this.#addresses.isOverRate(sourceAddress);
  }

  #bucketOf(accountId: string, named: string, quota: RequestQuota): AccountBucket | undefined {
    const account = this.#bucketsOf(accountId);
    const region = account.has(named) || account.size < MOST_REGIONS ? named : OTHER_REGIONS;
    let buckets = account.get(region);
    if (buckets === undefined) {
      buckets = new Map();
      account.set(region, buckets);
    }
    const known = buckets.get(quota);
    if (known !== undefined || buckets.has(quota)) return known;
    const bucket = this.#newBucket(accountId, region, quota);
    buckets.set(quota, bucket);
    return bucket;
  }

  #bucketsOf(accountId: string): AccountBuckets {
    const known = this.#accounts.get(accountId);
    if (known !== undefined) return known;
    const [oldest] = this.#accounts.keys();
    if (oldest !== undefined && this.#accounts.size >= MOST_ACCOUNTS) this.#accounts.delete(oldest);
    const buckets: AccountBuckets = new Map();
    this.#accounts.set(accountId, buckets);
    return buckets;
  }

  #newBucket(accountId: string, region: string, quota: RequestQuota): AccountBucket | undefined {
    const rate = rateOf(this.#settings, accountId, region, quota);
    if (rate === Number.POSITIVE_INFINITY) return undefined;
    const name = `${accountId}/${region}/${quota}`;
    const facts = { name, accountId, quota, rate, share: rate * this.#share };
    return new AccountBucket(facts, this.#store, this.#clock);
  }
}

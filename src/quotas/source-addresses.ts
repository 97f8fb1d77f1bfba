import { isIPv6 } from 'node:net';
import type { Clock } from '../clock.ts';
import { takeTokens } from './token-bucket.ts';

/** Requests of nobody known that a source may send, a second. */
const RATE = 1_000;
const MOST_SOURCES = 10_000;

/**
 * The network that a source address is counted as: whoever has one IPv6 address has the 2^64 addresses of its subnet.
 */
export function sourceOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  // An IPv4 address at the end stands for two groups.
  const length = groups.length + after.length + (address.includes('.') ? 1 : 0);
  const all = [...groups, ...Array(Math.max(0, 8 - length)).fill('0'), ...after];
  return `${all.slice(0, 4).join(':')}::/64`;
}

/** Holds sources of requests that are not, or not rightly, signed to a rate. Each process counts for itself. */
export class SourceAddresses {
  readonly #clock: Clock;
  readonly #fullDates = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Counts a request of nobody known.
   *
   * @returns whether it is one too many
   */
  isOverRate(address: string): boolean {
    const source = sourceOf(address);
    const bucket = { fullDate: this.#fullDates.get(source) ?? 0, rate: RATE };
    const { taken, fullDate } = takeTokens(bucket, { least: 1, most: 1 }, this.#clock.now());
    if (taken === 0) return true;
    const [oldest] = this.#fullDates.keys();
    if (oldest !== undefined && this.#fullDates.size >= MOST_SOURCES) this.#fullDates.delete(oldest);
    this.#fullDates.set(source, fullDate);
    return false;
  }
}

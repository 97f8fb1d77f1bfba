import type { Work } from './work.ts';

/** What a comparison may cost; what would cost more is left out, and the answer says so. */
export interface ComparisonLimits {
  /** How much work it may be. A step is the least that is done and takes ten nanoseconds or so. */
  readonly steps: number;
  /**
   * How many characters the changes may have as JSON, about: the first is told however long it is. The principals of the
   * vocabulary may have a quarter of them.
   */
  readonly characters: number;
}

/** As many steps as the engine counts are one here. */
const ENGINE_STEPS = 2;

/** As many things are told that were left out. */
const MOST_TOLD = 20;

/**
 * How much work may still be done, in steps, and what was left out for want of it. The steps are counted before the
 * work is done, and whatever the clock says, so that the same question has the same answer everywhere.
 */
export class Budget {
  #left: number;
  readonly #parent: Budget | undefined;
  readonly #omitted: Set<string>;

  constructor(steps: number, parent?: Budget) {
    this.#left = steps;
    this.#parent = parent;
    this.#omitted = parent === undefined ? new Set() : parent.#omitted;
  }

  /** A part of what is left, for one kind of work. What that does not use stays for others. */
  allow(part: number): Budget {
    return new Budget(Math.floor(this.#left * part), this);
  }

  /** Pays for some work; false, and nothing paid, when it is too much. */
  pay(steps: number): boolean {
    if (steps > this.#left || this.#parent?.pay(steps) === false) return false;
    this.#left -= steps;
    return true;
  }

  /** For how many things there is enough left. */
  affords(price: number): number {
    return Math.max(0, Math.floor(this.#left / price));
  }

  /** Pays for as many of `count` things as there is enough for. */
  buy(count: number, price: number): number {
    const bought = Math.min(count, this.affords(price));
    return this.pay(bought * price) ? bought : 0;
  }

  /** Pays for work that the engine has done already, if need be with what is not there. */
  settle(work: Work): void {
    this.#left -= Math.ceil(work.steps / ENGINE_STEPS);
    this.#parent?.settle(work);
  }

  /** Whether more has been done than there was enough for. */
  get isOverdrawn(): boolean {
    return this.#left < 0;
  }

  /** Notes what was left out, in words. */
  omit(what: string): void {
    this.#omitted.add(what);
  }

  /** What was left out, each thing once; not all of it where that is very much. */
  get omitted(): readonly string[] {
    const all = [...this.#omitted];
    return all.length <= MOST_TOLD
      ? all
      : [...all.slice(0, MOST_TOLD), `and ${all.length - MOST_TOLD} more like these`];
  }
}

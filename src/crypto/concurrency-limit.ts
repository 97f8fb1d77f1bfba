import { rateExceeded } from './refusals.ts';

/**
 * Lets a few jobs of a kind run at a time, and the others wait for their turn: what floods the thread pool with one kind
 * of work leaves threads, and cores, to the rest.
 */
export class ConcurrencyLimit {
  readonly #mostRunning: number;
  readonly #mostWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(mostRunning: number, mostWaiting: number) {
    this.#mostRunning = mostRunning;
    this.#mostWaiting = mostWaiting;
  }

  /**
   * Runs a job when it is its turn, first come, first served.
   *
   * @throws ServiceError `ThrottlingException` when too many wait already
   */
  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#running < this.#mostRunning) this.#running += 1;
    else await this.#turn();
    try {
      return await job();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#mostWaiting) throw rateExceeded();
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }
}

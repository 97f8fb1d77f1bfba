/** A day, in milliseconds. */
export const DAY = 86_400_000;

/** The service's only source of time, passed in so that tests can move it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /**
   * Calls `task` once after `delay` milliseconds of this clock; the returned function cancels.
   * A pending task never keeps the process alive.
   */
  schedule(delay: number, task: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delay, task) {
    const timer = setTimeout(task, delay);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

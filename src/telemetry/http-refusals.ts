import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';

/** Why a request, or a connection, was refused before it could be told what it is for. */
export type HttpRefusal = (typeof HTTP_REFUSALS)[number];

/** All causes there are. */
export const HTTP_REFUSALS = [
  /** More connections than a process takes: dropped without an answer. */
  'connection-limit',
  /** A TLS handshake that failed, or was broken off. */
  'tls-handshake',
  /** Bytes that are not HTTP/1.1, or not all of a request (400). */
  'malformed',
  /** A request that did not arrive in time (408). */
  'timeout',
  /** A body larger than is read (413). */
  'body-too-large',
  /** An expectation that cannot be met (417). */
  'expectation',
  /** Headers larger, or more of them, than are read (431). */
  'headers-too-large',
] as const;

/** How many refusals of a cause the log tells of one by one, and in which time, in milliseconds. */
const MOST_LOGGED = 10;
const WINDOW = 10_000;

/** The refusals of a cause. */
interface Figures {
  count: number;
  windowBegan: number;
  logged: number;
  unlogged: number;
}

/**
 * Counts what is refused before the walk begins, and tells the log of it: one by one, but not more often than is good for
 * the log, whatever is sent.
 */
export class HttpRefusals {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #figures: Readonly<Record<HttpRefusal, Figures>>;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
    const none = (): Figures => ({
      count: 0,
      windowBegan: Number.NEGATIVE_INFINITY,
      logged: 0,
      unlogged: 0,
    });
    this.#figures = {
      'connection-limit': none(),
      'tls-handshake': none(),
      malformed: none(),
      timeout: none(),
      'body-too-large': none(),
      expectation: none(),
      'headers-too-large': none(),
    };
  }

  /** @param sourceAddress of the connection */
  note(cause: HttpRefusal, sourceAddress: string | undefined): void {
    const figures = this.#figures[cause];
    figures.count += 1;
    const now = this.#clock.now();
    // A clock that was put back begins anew, too.
    if (now < figures.windowBegan || now >= figures.windowBegan + WINDOW)
      Object.assign(figures, { windowBegan: now, logged: 0 });
    if (figures.logged >= MOST_LOGGED) {
      figures.unlogged += 1;
      return;
    }
    figures.logged += 1;
    const unlogged = figures.unlogged === 0 ? {} : { similarNotLogged: figures.unlogged };
    figures.unlogged = 0;
    // That there are too many connections is for the operator; what clients send is for whoever looks into it.
    const level = cause === 'connection-limit' ? 'warn' : 'debug';
    this.#logger[level]({ cause, sourceAddress, ...unlogged }, 'request refused before it was read');
  }

  /** How often there was each cause. */
  counts(): readonly (readonly [HttpRefusal, number])[] {
    return HTTP_REFUSALS.map((cause) => [cause, this.#figures[cause].count]);
  }
}

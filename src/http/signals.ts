import { constants } from 'node:os';
import type { Logger } from 'pino';
import type { Configuration } from '../config.ts';

/**
 * Signals so close to the first are the same wish: Ctrl-C under `npm` arrives twice, once from the terminal and once
 * from npm. In milliseconds.
 */
const ECHO = 500;

/**
 * Lets the process be ended and reloaded by signals: SIGTERM and SIGINT drain and exit with 0, a second one exits at
 * once, SIGHUP reloads, SIGUSR2 turns debugging on and off.
 *
 * @param hangUpEnds whether SIGHUP has its older meaning instead, that the terminal is gone: it then ends the process
 */
export function obeySignals({
  drain,
  reload,
  switchDebugging,
  hangUpEnds,
  logger,
}: {
  drain(): Promise<void>;
  reload(): void;
  switchDebugging(): void;
  readonly hangUpEnds: boolean;
  readonly logger: Logger;
}): void {
  let drainingSince: number | undefined;

  async function end(signal: NodeJS.Signals): Promise<void> {
    const now = performance.now();
    if (drainingSince === undefined) {
      drainingSince = now;
      logger.info({ signal }, 'draining');
      try {
        await drain();
        process.exit(0);
      } catch (error) {
        logger.fatal({ err: error }, 'draining failed');
        process.exit(1);
      }
    }
    if (now - drainingSince > ECHO) process.exit(128 + constants.signals[signal]);
  }

  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('SIGHUP', hangUpEnds ? end : reload);
  process.on('SIGUSR2', switchDebugging);
}

/** A development server that has nothing to reload goes with the terminal it was started in. */
export function hangUpEnds({ mode, tls }: Configuration): boolean {
  return mode === 'development' && tls === undefined;
}

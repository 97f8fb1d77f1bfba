import type { Logger } from 'pino';
import type { LogLevel } from '../settings.ts';

/** What the log says more of while somebody looks for the cause of something. */
const DEBUGGING: LogLevel = 'debug';
/** And less of, where it says all that from the start. */
const USUAL: LogLevel = 'info';

/**
 * What turns debugging on, and off again: with each call the log is at the other one of two levels.
 *
 * @param configured the level that the operator chose
 * @param change makes all processes go to a level
 */
export function debuggingSwitch(configured: LogLevel, change: (level: LogLevel) => void): () => void {
  const other = configured === DEBUGGING || configured === 'trace' ? USUAL : DEBUGGING;
  let level = configured;
  return () => {
    level = level === configured ? other : configured;
    change(level);
  };
}

/** Changes what a log says from now on; that it does is said in any case. */
export function changeLogLevel(logger: Logger, level: LogLevel): void {
  logger.level = USUAL;
  logger.info({ logLevel: level }, 'log level changed');
  logger.level = level;
}

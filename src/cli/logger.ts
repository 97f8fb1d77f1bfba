import { destination, type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogLevel } from '../settings.ts';

/** The log: JSON lines on standard error, written before anything else happens, so that a crash loses none. */
export function createLogger(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ fd: process.stderr.fd, sync: true }),
  );
}

/** Ends the process with a line in the log when a defect leaves it in a state that nobody planned. */
export function logDefects(logger: Logger): void {
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'defect in qkms, the process ends');
    process.exit(1);
  });
}

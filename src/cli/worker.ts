import { serveAsWorker } from '../http/worker.ts';
import { hostedService } from './hosted-service.ts';
import { createLogger, logDefects } from './logger.ts';

/** Runs this process as a worker of the `qkms` that forked it. */
export function runWorker(): void {
  serveAsWorker(hostedService, (level) => {
    const logger = createLogger(level);
    logDefects(logger);
    return logger;
  });
}

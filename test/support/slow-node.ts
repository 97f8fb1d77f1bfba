import cluster from 'node:cluster';
import { createLogger } from '../../src/cli/logger.ts';
import { readConfiguration } from '../../src/config.ts';
import { OperatorError } from '../../src/errors.ts';
import { serveAlone } from '../../src/http/alone.ts';
import type { ServiceModule } from '../../src/http/hosting.ts';
import { supervise } from '../../src/http/supervise.ts';
import { serveAsWorker } from '../../src/http/worker.ts';

/*
 * A node with the real process model around a service that does what a request's body says, for tests of how
 * processes live and die. Configured by environment variables.
 */

const answers: Readonly<Record<string, () => Promise<string>>> = {
  /** Which process answers. */
  pid: async () => String(process.pid),
  /** Still in flight when a signal comes right after. */
  slow: async () => {
    process.stderr.write('answering slowly\n');
    await new Promise((resolve) => setTimeout(resolve, 300));
    return 'done';
  },
  /** Never answered. */
  never: () => {
    process.stderr.write('answering never\n');
    return new Promise(() => {});
  },
  directory: async () => String(dataDirectory),
};

let dataDirectory: string | undefined;

const service: ServiceModule = {
  async prepareService() {
    if (process.env['PREPARE_FOREVER']) {
      process.stderr.write('preparing\n');
      // A timer that never comes, for a process that waits for nothing at all ends.
      await new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1));
    }
    return { notices: ['first notice', 'second notice'] };
  },
  async openService(configuration, { scheduler }) {
    dataDirectory = configuration.dataDirectory;
    if (process.env['REFUSE_WORKERS'] && !scheduler) throw new OperatorError('the store is locked');
    return {
      answer: async ({ body }) => ({
        status: 200,
        contentType: 'text/plain',
        body: (await answers[body.toString()]?.()) ?? '',
      }),
      unreadyReason: async () => undefined,
      auditSinkLags: async () => [],
      auditPublicKey: undefined,
      noteRefusal() {},
      metrics: () => undefined,
      close: async () => void process.stderr.write(`closed ${scheduler ? 'scheduler' : 'worker'}\n`),
    };
  },
};

if (cluster.isWorker) {
  serveAsWorker(service, createLogger);
} else {
  const mode = process.env['PRODUCTION'] ? 'production' : 'development';
  const configuration = readConfiguration(mode, {}, process.env);
  const host = {
    configuration,
    service,
    logger: createLogger(configuration.logLevel),
    announce: (line: string) => process.stdout.write(`${line}\n`),
  };
  try {
    await (configuration.workers === 1 ? serveAlone(host) : supervise(host, import.meta.filename));
  } catch (error) {
    process.stderr.write(`refused: ${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
}

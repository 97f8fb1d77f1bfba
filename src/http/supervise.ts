import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Configuration } from '../config.ts';
import type { Host } from './hosting.ts';
import { METRICS_SETTINGS, reservePort, urlOf } from './listening.ts';
import { changeLogLevel, debuggingSwitch } from './log-level.ts';
import { openNodeMetrics } from './node-metrics.ts';
import { hangUpEnds, obeySignals } from './signals.ts';
import { readTlsPair, reloadTlsPair } from './tls.ts';
import { forkWorkers } from './workers.ts';

/**
 * Runs a node of several processes: this one prepares, does what is due by time and watches over the workers, which
 * serve. Resolves when all of them do; from then on signals govern it.
 *
 * @param entry the file that workers run
 * @throws OperatorError when it cannot start
 */
export async function supervise(
  { configuration: given, service, logger, announce }: Host,
  entry: string,
): Promise<void> {
  const { tls } = given;
  let drain = async () => {};
  let reload = () => {};
  let switchDebugging = () => {};
  obeySignals({
    drain: () => drain(),
    reload: () => reload(),
    switchDebugging: () => switchDebugging(),
    hangUpEnds: hangUpEnds(given),
    logger,
  });

  const pair = tls && readTlsPair(tls);
  const { host } = given;
  const port = await reservePort(given);
  if (given.metricsListen) await reservePort(given.metricsListen, METRICS_SETTINGS);
  const workers = forkWorkers(given.workers, entry, logger);
  drain = () => workers.drain();

  const temporaryDirectory = given.dataDirectory === undefined ? createTemporaryDirectory() : undefined;
  const configuration: Configuration = {
    ...given,
    port,
    dataDirectory: given.dataDirectory ?? temporaryDirectory,
  };
  for (const notice of (await service.prepareService(configuration)).notices) announce(notice);
  const scheduler = await service.openService(configuration, { logger, scheduler: true });
  const metrics = await openNodeMetrics({
    configuration,
    tls: pair,
    async collect() {
      const [own, others] = await Promise.all([scheduler.metrics(), workers.metrics()]);
      return { processes: new Map([...others, [process.pid, own]]), deaths: workers.deaths() };
    },
    logger,
  });
  drain = async () => {
    await workers.drain();
    await scheduler.close();
    metrics?.close();
  };

  const listening = workers.serve({
    kind: 'serve',
    configuration,
    ...(pair === undefined ? {} : { tls: pair }),
    ...(temporaryDirectory === undefined ? {} : { temporaryDirectory }),
  });
  reload = () =>
    reloadTlsPair(tls, logger, (next) => {
      workers.replaceTlsPair(next);
      metrics?.replaceTlsPair(next);
    });
  switchDebugging = debuggingSwitch(given.logLevel, (level) => {
    changeLogLevel(logger, level);
    workers.changeLogLevel(level);
  });
  await listening;
  if (metrics !== undefined) announce(`qkms metrics on ${metrics.url}`);
  announce(`qkms ready on ${urlOf({ host, port }, tls !== undefined)}`);
}

/** What several processes share although nothing is to be kept: in memory where the system has a place for it. */
function createTemporaryDirectory(): string {
  const memory = '/dev/shm';
  const directory = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'qkms-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

import { developmentAccountOf } from '../config.ts';
import type { Host } from './hosting.ts';
import { METRICS_SETTINGS, reservePort, urlOf } from './listening.ts';
import { changeLogLevel, debuggingSwitch } from './log-level.ts';
import { openNodeMetrics } from './node-metrics.ts';
import { openHttpServer } from './server.ts';
import { hangUpEnds, obeySignals } from './signals.ts';
import { readTlsPair, reloadTlsPair } from './tls.ts';

/**
 * Runs a node that is this one process. Resolves when it serves; from then on signals govern it.
 *
 * @throws OperatorError when it cannot start
 */
export async function serveAlone({ configuration, service, logger, announce }: Host): Promise<void> {
  const { host, port, tls } = configuration;
  let drain = async () => {};
  let reload = () => {};
  obeySignals({
    drain: () => drain(),
    reload: () => reload(),
    switchDebugging: debuggingSwitch(configuration.logLevel, (level) => changeLogLevel(logger, level)),
    hangUpEnds: hangUpEnds(configuration),
    logger,
  });

  const pair = tls && readTlsPair(tls);
  // Before anything is created or shown once: a second node started by mistake leaves no trace.
  await reservePort({ host, port });
  if (configuration.metricsListen) await reservePort(configuration.metricsListen, METRICS_SETTINGS);
  for (const notice of (await service.prepareService(configuration)).notices) announce(notice);
  const hosted = await service.openService(configuration, { logger, scheduler: true });
  const server = await openHttpServer({
    address: { host, port },
    tls: pair,
    answer: hosted.answer,
    unreadyReason: () => hosted.unreadyReason(),
    auditSinkLags: () => hosted.auditSinkLags(),
    auditPublicKey: hosted.auditPublicKey,
    noteRefusal: (...refusal) => hosted.noteRefusal(...refusal),
    trustedProxies: configuration.trustedProxies,
    developmentAccount: developmentAccountOf(configuration),
    logger,
  });

  const metrics = await openNodeMetrics({
    configuration,
    tls: pair,
    collect: async () => ({ processes: new Map([[process.pid, await hosted.metrics()]]), deaths: 0 }),
    logger,
  });

  drain = async () => {
    await server.drain();
    await hosted.close();
    metrics?.close();
  };
  reload = () =>
    reloadTlsPair(tls, logger, (next) => {
      server.replaceTlsPair(next);
      metrics?.replaceTlsPair(next);
    });
  if (metrics !== undefined) announce(`qkms metrics on ${metrics.url}`);
  announce(`qkms ready on ${urlOf({ host, port: server.port }, tls !== undefined)}`);
}

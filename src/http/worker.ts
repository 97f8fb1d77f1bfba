import cluster from 'node:cluster';
import { rmSync } from 'node:fs';
import type { Logger } from 'pino';
import { developmentAccountOf } from '../config.ts';
import { OperatorError } from '../errors.ts';
import type { LogLevel } from '../settings.ts';
import type { HostedService, ServiceModule } from './hosting.ts';
import { changeLogLevel } from './log-level.ts';
import { isOrder, type Order, type Report } from './orders.ts';
import { type HttpServer, openHttpServer } from './server.ts';
import type { TlsPair } from './tls.ts';

/**
 * Runs this process as a worker: it does what the primary tells it, and ends at once when the primary is gone.
 */
export function serveAsWorker(service: ServiceModule, createLogger: (level: LogLevel) => Logger): void {
  let server: HttpServer | undefined;
  let hosted: HostedService | undefined;
  let logger: Logger | undefined;
  /** Newer than the one that the server was opened with. */
  let replacement: TlsPair | undefined;
  let drain = async () => {};

  async function serve({ configuration, tls, temporaryDirectory }: Order & { kind: 'serve' }): Promise<void> {
    // The cluster module ends this process with the channel; what is left to do must be done before.
    if (temporaryDirectory !== undefined) {
      cluster.worker?.once('disconnect', () => rmSync(temporaryDirectory, { recursive: true, force: true }));
    }
    const log = createLogger(configuration.logLevel);
    logger = log;
    try {
      const opened = await service.openService(configuration, { logger: log, scheduler: false });
      hosted = opened;
      const listening = await openHttpServer({
        address: configuration,
        tls,
        answer: opened.answer,
        unreadyReason: () => opened.unreadyReason(),
        auditSinkLags: () => opened.auditSinkLags(),
        auditPublicKey: opened.auditPublicKey,
        noteRefusal: (...refusal) => opened.noteRefusal(...refusal),
        trustedProxies: configuration.trustedProxies,
        developmentAccount: developmentAccountOf(configuration),
        logger: log,
      });
      server = listening;
      if (replacement !== undefined) listening.replaceTlsPair(replacement);
      drain = async () => {
        await listening.drain();
        await opened.close();
      };
      report({ kind: 'listening' });
    } catch (error) {
      if (!(error instanceof OperatorError)) log.fatal({ err: error }, 'starting failed');
      const message = error instanceof Error ? error.message : String(error);
      report({ kind: 'failed', message }, () => process.exit(1));
    }
  }

  async function reportMetrics(): Promise<void> {
    report({ kind: 'metrics', snapshot: (await hosted?.metrics()) ?? [] });
  }

  // A terminal signals every process of the group, but it is the primary that decides.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => {});

  process.on('message', (order: unknown) => {
    if (!isOrder(order)) return;
    switch (order.kind) {
      case 'serve':
        void serve(order);
        break;
      case 'replace-tls-pair':
        replacement = order.tls;
        server?.replaceTlsPair(order.tls);
        break;
      case 'change-log-level':
        if (logger !== undefined) changeLogLevel(logger, order.level);
        break;
      case 'report-metrics':
        void reportMetrics();
        break;
      case 'drain':
        void drain().finally(() => process.exit(0));
    }
  });
  report({ kind: 'standing-by' });
}

/** @param sent is called when the primary has it, or cannot have it any more */
function report(report: Report, sent?: () => void): void {
  process.send?.(report, undefined, undefined, () => sent?.());
}

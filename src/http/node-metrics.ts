import type { Logger } from 'pino';
import type { Configuration } from '../config.ts';
import type { ProcessGroup } from '../telemetry/process-group.ts';
import { type MetricsServer, openMetricsServer } from './metrics-server.ts';
import type { TlsPair } from './tls.ts';

/**
 * Serves the metrics of all processes of a node.
 *
 * @param parts.collect asks the processes
 * @returns `undefined` when nobody wants metrics
 * @throws OperatorError when the address cannot be listened on
 */
export async function openNodeMetrics({
  configuration: { metricsListen: address, metricsToken: token },
  tls,
  collect,
  logger,
}: {
  readonly configuration: Configuration;
  readonly tls: TlsPair | undefined;
  collect(): Promise<ProcessGroup>;
  readonly logger: Logger;
}): Promise<MetricsServer | undefined> {
  if (address === undefined) return undefined;
  // Loaded only where somebody wants metrics.
  const { ProcessGroupMetrics } = await import('../telemetry/process-group.ts');
  const group = new ProcessGroupMetrics();
  const render = async () => group.render(await collect());
  return openMetricsServer({ address, tls, token, render, logger });
}

import type { Logger } from 'pino';
import {
  type DeliveryLag,
  type DeliveryReport,
  openSink,
  readDeliveryLags,
  startDelivery,
} from './audit/index.ts';
import type { Clock } from './clock.ts';
import type { SinkUrl } from './sink-url.ts';
import type { Store } from './store/index.ts';

/** The deliveries of audit records as one process sees them. */
export interface Deliveries {
  /**
   * How far each audit sink is behind, whichever process delivers to it.
   *
   * @throws ServiceError when the store cannot be read
   */
  lags(): Promise<readonly DeliveryLag[]>;
  stop(): Promise<void>;
}

/**
 * Delivers the audit log to sinks, and logs what goes wrong.
 *
 * @param parts.delivers whether this process does so; any number may
 */
export function startDeliveries(
  {
    store,
    clock,
    logger,
    delivers,
  }: {
    readonly store: Store;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly delivers: boolean;
  },
  sinks: readonly SinkUrl[],
): Deliveries {
  const lags = () =>
    readDeliveryLags(
      { store, clock },
      sinks.map(({ name }) => name),
    );
  const report = reportTo(logger, lags);
  const stops = delivers
    ? sinks.map((url) => startDelivery({ store, clock }, openSink(url, clock), report))
    : [];
  return {
    lags,
    async stop() {
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

/** Tells the log of deliveries: of each failure with how much waits because of it. */
function reportTo(logger: Logger, lags: Deliveries['lags']): DeliveryReport {
  return {
    async failed(sink, error, pause) {
      const known = await lags().catch(() => []);
      const lag = known.find((each) => each.sink === sink);
      logger.error(
        { sink, ...lag, err: error, retryInSeconds: pause / 1000 },
        'delivering audit records failed; trying again',
      );
    },
    recovered: (sink) => logger.info({ sink }, 'audit records are delivered again'),
    missed: (sink, from, to) =>
      logger.error({ sink, from, to }, 'audit records were deleted before they could be delivered'),
  };
}

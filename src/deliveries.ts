import type { Logger } from 'pino';
import {
  type DeliveryLag,
  type DeliveryReport,
  deliveryToSink,
  deliveryToWitness,
  readDeliveryLags,
  startDelivery,
} from './audit/index.ts';
import type { Clock } from './clock.ts';
import type { Configuration } from './config.ts';
import type { Store } from './store/index.ts';

/** The deliveries of the audit log as one process sees them. */
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
 * Delivers the audit log to sinks and witnesses, and logs what goes wrong.
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
  { auditSinks, auditWitnesses }: Pick<Configuration, 'auditSinks' | 'auditWitnesses'>,
): Deliveries {
  const names = auditSinks.map(({ name }) => name);
  const lags = () => readDeliveryLags({ store, clock }, names);
  const report = reportTo(logger, lags);
  const deliveries = [
    ...auditSinks.map((url) => deliveryToSink(url, clock)),
    ...auditWitnesses.map((url) => deliveryToWitness(url, store)),
  ];
  const stops = delivers
    ? deliveries.map((delivery) => startDelivery({ store, clock }, delivery, report))
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
    async failed(to, error, pause) {
      const known = await lags().catch(() => []);
      const { recordsBehind, secondsBehind } = known.find(({ sink }) => sink === to) ?? {};
      logger.error(
        { to, recordsBehind, secondsBehind, err: error, retryInSeconds: pause / 1000 },
        'delivering the audit log failed; trying again',
      );
    },
    recovered: (to) => logger.info({ to }, 'the audit log is delivered again'),
    missed: (to, from, before) =>
      logger.error({ to, from, before }, 'audit records were deleted before they could be delivered'),
  };
}

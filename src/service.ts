import type { Logger } from 'pino';
import { readAttestationRoots, recipientReader } from './attestation/index.ts';
import {
  AuditTrail,
  type DeliveryLag,
  eventOfService,
  eventsOfCall,
  openAuditKey,
  operatorRecorder,
  publicKeyOf,
  type RecordOperatorAction,
  RepeatedRefusals,
  rootCredentialsReset,
  startRetention,
} from './audit/index.ts';
import { AuditThread } from './audit-thread.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Configuration } from './config.ts';
import { startDeliveries } from './deliveries.ts';
import { OperatorError, ServiceError } from './errors.ts';
import * as iam from './iam/index.ts';
import { createKms, keyArn, type RecordKeyEvents, startScheduler } from './kms/index.ts';
import {
  isFile,
  isKept,
  nameOfStore,
  openKeptStore,
  openPresentStore,
  openStoreInMemory,
  type WatchEngine,
} from './opening.ts';
import { type Answer, createPipeline } from './pipeline.ts';
import { RequestLimiter, resourceQuotasOf } from './quotas/index.ts';
import { findUnreadyReason, requireSameTime, type UnreadyReason } from './readiness.ts';
import type { Ground, NamedSeed } from './seed/index.ts';
import type { OpenedStore, Store, Writer } from './store/index.ts';
import { type HttpRefusal, HttpRefusals } from './telemetry/http-refusals.ts';
import type { Metrics, MetricsSnapshot } from './telemetry/metrics.ts';
import { observe } from './telemetry/observation.ts';
import type { Tracing } from './telemetry/tracing.ts';
import { Throttling } from './throttling.ts';

/** The running service of one process, apart from how requests reach it. */
export interface Service {
  readonly answer: Answer;
  /** Why the service cannot answer now; `undefined` when it can. */
  unreadyReason(): Promise<UnreadyReason | undefined>;
  /**
   * How far each audit sink is behind, whichever process delivers to it.
   *
   * @throws ServiceError when the store cannot be read
   */
  auditSinkLags(): Promise<readonly DeliveryLag[]>;
  /** By which the audit log is verified (PEM); `undefined` when nothing is recorded. */
  readonly auditPublicKey: string | undefined;
  /** Counts what HTTP refuses before it reaches `answer`. */
  noteRefusal(cause: HttpRefusal, sourceAddress: string | undefined): void;
  /** The figures of this process; `undefined` where nobody wants any. */
  metrics(): Promise<MetricsSnapshot> | undefined;
  close(): Promise<void>;
}

/** What the account is called that is there from the start. */
const FIRST_ACCOUNT_NAME = 'operator';

/**
 * Lets the operator work on the identities of a store, beside the server or without it.
 *
 * @param work is also given what puts on record what it does
 * @throws OperatorError when there is no store yet, or it cannot be opened, or the work is refused
 */
export async function withIdentities<T>(
  configuration: Configuration,
  work: (identities: iam.SharedIam, record: RecordOperatorAction) => Promise<T>,
): Promise<T> {
  const { partition, accountId } = configuration;
  const { store, keyring } = await openPresentStore(configuration);
  try {
    const clock = systemClock;
    const record = operatorRecorder({ store, keyring, clock });
    return await work(
      iam.createIam({ partition, operatorAccount: accountId, store, keyring, clock }),
      record,
    );
  } catch (error) {
    throw error instanceof ServiceError ? new OperatorError(error.message, { cause: error }) : error;
  } finally {
    await store.close();
    keyring.destroy();
  }
}

/** What the operator should be told before the service opens. */
export interface PreparedService {
  readonly notices: readonly string[];
}

/**
 * Does what a node does once, before any process of it serves: creates the data directory, the root key, the store and
 * the root user's credentials where they do not exist yet, brings the store to the newest schema, and creates what the
 * seed file holds.
 *
 * @throws OperatorError when something has to be put right first; nothing that exists is overwritten
 */
export async function prepareService(configuration: Configuration): Promise<PreparedService> {
  const { partition } = configuration;
  if (!isKept(configuration)) return { notices: [] };
  const seed = await readSeed(configuration);
  const { store, keyring } = await openKeptStore(configuration);
  try {
    const record = operatorRecorder({ store, keyring, clock: systemClock });
    const notices = await prepareRootCredentials(configuration, store, record);
    if (seed !== undefined)
      await plant(configuration, { partition, store, keyring, clock: systemClock }, seed);
    return { notices };
  } finally {
    await store.close();
    keyring.destroy();
  }
}

/** The seed of a configuration that names a seed file. */
async function readSeed({ seedFile }: Configuration): Promise<NamedSeed | undefined> {
  if (seedFile === undefined) return undefined;
  // Loaded only where there is a seed: production has none, and YAML takes its time.
  const { readSeedFile } = await import('./seed/index.ts');
  return readSeedFile(seedFile);
}

async function plant(
  { auditDurability }: Configuration,
  ground: Omit<Ground, 'record'> & Pick<OpenedStore, 'store'>,
  { name, seed }: NamedSeed,
): Promise<void> {
  const { applySeed } = await import('./seed/index.ts');
  if (auditDurability !== 'none') await openAuditKey(ground.store, ground.keyring);
  await applySeed({ ...ground, record: operatorRecorder(ground) }, seed, name);
}

/**
 * Opens the service in this process.
 *
 * @param options.scheduler whether this process also does what is due by time, such as deleting keys
 * @param options.keyPairsAhead how many RSA key pairs of a size are generated ahead, in idle time; none by default
 * @param options.seed what a store in memory begins with, instead of the seed file of the configuration
 * @throws OperatorError when the store cannot be opened, or the seed has mistakes
 */
export async function openService(
  configuration: Configuration,
  options: {
    readonly clock?: Clock;
    readonly logger: Logger;
    readonly scheduler: boolean;
    readonly seed?: NamedSeed | undefined;
    readonly keyPairsAhead?: number;
  },
): Promise<Service> {
  const { clock = systemClock, logger } = options;
  const { partition, accountId } = configuration;
  const metrics = configuration.metricsListen === undefined ? undefined : await createMetrics();
  const { store, keyring } = isKept(configuration)
    ? await openKeptStore(configuration, metrics?.watchEngine)
    : await openSeededStore(configuration, clock, { seed: options.seed, watch: metrics?.watchEngine });
  const { auditDurability: durability } = configuration;
  const auditKey = durability === 'none' ? undefined : await openAuditKey(store, keyring);
  const auditThread =
    durability !== 'none' && isFile(configuration) && options.clock === undefined
      ? new AuditThread(configuration)
      : undefined;
  const audit =
    durability === 'none' || auditKey === undefined
      ? undefined
      : new AuditTrail({
          store,
          clock,
          key: auditKey,
          durability,
          appendElsewhere: auditThread && ((texts) => auditThread.append(texts)),
        });
  const recordEvents: RecordKeyEvents = async (writer, events) =>
    audit?.append(
      writer,
      events.map(({ name, key: { region, accountId, keyId }, details = {} }) =>
        eventOfService({
          name,
          keyArn: keyArn(partition, region, accountId, keyId),
          region,
          time: clock.now(),
          details,
        }),
      ),
    );
  const { keyPairsAhead } = options;
  const { quotas, workers: processes } = configuration;
  const kms = createKms({
    partition,
    store,
    keyring,
    clock,
    keyPairsAhead,
    recordEvents,
    resourceQuotasOf: (account) => resourceQuotasOf(quotas, account),
  });
  const identities = iam.createIam({ partition, operatorAccount: accountId, store, keyring, clock });
  const repeatedRefusals = new RepeatedRefusals(clock, async (call) =>
    audit?.record(eventsOfCall(call, accountId)),
  );
  const limiter =
    quotas.requestQuotas === 'off'
      ? undefined
      : new RequestLimiter({ store, clock, settings: quotas, processes });
  const { attestationRootsFile } = configuration;
  const readRecipient = recipientReader(
    attestationRootsFile === undefined ? [] : readAttestationRoots(attestationRootsFile),
  );
  const authenticate =
    configuration.mode === 'development'
      ? iam.developmentAuthentication(accountId)
      : iam.signatureAuthentication();
  // A clock that somebody passed in goes as it likes.
  const requireRightClock = async () => {
    if (options.clock === undefined) await requireSameTime(store);
  };
  const stopScheduler = options.scheduler
    ? startScheduler(
        kms,
        {
          done: ({ name, key: { accountId, region, keyId } }) =>
            logger.info({ accountId, region, keyId }, name),
          failed: (error) => logger.error({ err: error }, 'doing what is due failed; trying again'),
        },
        requireRightClock,
      )
    : () => {};
  const { auditSinks, auditWitnesses } = configuration;
  const receivers = [...auditSinks, ...auditWitnesses].map(({ name }) => name);
  const stopRetention = options.scheduler
    ? startRetention({ store, clock }, configuration.auditRetentionDays, receivers, (error) =>
        logger.error({ err: error }, 'deleting old audit records failed; trying again'),
      )
    : () => {};
  const deliveries = startDeliveries({ store, clock, logger, delivers: options.scheduler }, configuration);
  const unreadyReason = () => findUnreadyReason({ store, keyring, audit, requireRightClock });
  const httpRefusals = new HttpRefusals(logger, clock);
  metrics?.showService(store, audit, httpRefusals);
  if (options.scheduler) metrics?.showStore({ store, clock, sinkLags: deliveries.lags, unreadyReason });
  const tracing = await createTracing(configuration, logger);
  const observers = { metrics: metrics?.requests, tracing, logger };
  return {
    answer: createPipeline({
      store,
      kms,
      iam: identities,
      audit,
      throttling: new Throttling({ limiter, repeatedRefusals }),
      authenticate,
      readRecipient,
      observe: (request) => observe(observers, request),
      logger,
    }),
    unreadyReason,
    auditSinkLags: deliveries.lags,
    auditPublicKey: auditKey && publicKeyOf(auditKey),
    noteRefusal: (...refusal) => httpRefusals.note(...refusal),
    metrics: () => metrics?.snapshot(),
    async close() {
      stopScheduler();
      stopRetention();
      await deliveries.stop();
      kms.keyPairs.close();
      await repeatedRefusals
        .close()
        .catch((error: unknown) => logger.error({ err: error }, 'recording refused calls failed'));
      await audit
        ?.close()
        .catch((error: unknown) => logger.error({ err: error }, 'closing the audit log failed'));
      await auditThread?.close();
      for (const uses of [identities.accessKeyUses, kms.keyUses]) {
        await uses
          .write()
          .catch((error: unknown) => logger.warn({ err: error }, 'last uses of keys were not written'));
      }
      await tracing?.close();
      await store.close();
      keyring.destroy();
    },
  };
}

/** Loads what traces need only where somebody wants them. */
async function createTracing(
  { tracesEndpoint: endpoint, tracesSampleRatio: sampleRatio }: Configuration,
  logger: Logger,
): Promise<Tracing | undefined> {
  if (endpoint === undefined) return undefined;
  const { Tracing } = await import('./telemetry/tracing.ts');
  return new Tracing({ endpoint, sampleRatio, logger });
}

/** Loads what metrics need only where somebody wants them. */
async function createMetrics(): Promise<Metrics> {
  const { Metrics } = await import('./telemetry/metrics.ts');
  return new Metrics();
}

/** A store that lives and dies with this process, under a root key of its own, with what the seed holds. */
async function openSeededStore(
  configuration: Configuration,
  clock: Clock,
  options: { readonly seed: NamedSeed | undefined; readonly watch: WatchEngine | undefined },
): Promise<OpenedStore> {
  const seed = options.seed ?? (await readSeed(configuration));
  const opened = await openStoreInMemory(options.watch);
  if (seed === undefined) return opened;
  try {
    await plant(configuration, { partition: configuration.partition, clock, ...opened }, seed);
    return opened;
  } catch (error) {
    await opened.store.close();
    opened.keyring.destroy();
    throw error;
  }
}

/**
 * Makes sure that the account's root user can sign in: with the configured credentials, or with ones made on first start.
 *
 * @throws OperatorError in development mode when the store has credentials to check
 */
async function prepareRootCredentials(
  configuration: Configuration,
  store: Store,
  recordAction: RecordOperatorAction,
): Promise<readonly string[]> {
  const { mode, partition, accountId, rootAccessKeyId, rootSecretAccessKey } = configuration;
  if (mode === 'development') {
    if (!(await iam.hasRootCredentials(store))) return [];
    throw new OperatorError(
      `${nameOfStore(configuration)} was made by a server that checks credentials, and in development mode ` +
        'anybody could use its keys; choose another --data-dir, or database',
    );
  }
  const context = { store, clock: systemClock };
  const account = { accountId, name: FIRST_ACCOUNT_NAME };
  const record = (writer: Writer, { accessKeyId }: iam.AccessKey) =>
    recordAction(writer, rootCredentialsReset(partition, accountId, accessKeyId));
  if (rootAccessKeyId !== undefined && rootSecretAccessKey !== undefined) {
    const given = { accessKeyId: rootAccessKeyId, secretAccessKey: rootSecretAccessKey };
    if (await iam.giveRootCredentials(context, account, given, record)) return [];
    return [
      `the configured credentials of the root user of account ${accountId} (${rootAccessKeyId}) are not in use: they were replaced, deactivated or deleted`,
    ];
  }
  const accessKey = await iam.generateRootCredentials(context, account, record);
  if (accessKey === undefined) return [];
  return [
    `credentials of the root user of account ${accountId}, shown only this once:`,
    `  AWS_ACCESS_KEY_ID=${accessKey.accessKeyId}`,
    `  AWS_SECRET_ACCESS_KEY=${accessKey.secretAccessKey}`,
  ];
}

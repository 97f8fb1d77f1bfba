import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IAM } from '@aws-sdk/client-iam';
import { KMS } from '@aws-sdk/client-kms';
import { STS } from '@aws-sdk/client-sts';
import { pino } from 'pino';
import { type Configuration, developmentAccountOf, type Mode, readConfiguration } from '../../src/config.ts';
import { openHttpServer } from '../../src/http/server.ts';
import type { RequestQuotaDefaults } from '../../src/quotas/request-quotas.ts';
import { openService, prepareService } from '../../src/service.ts';
import type { AuditDurability, TypedFlags } from '../../src/settings.ts';
import { ProcessGroupMetrics } from '../../src/telemetry/process-group.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { engineFlags, SKIP_UNLESS_SQLITE } from './engine.ts';
import { type Exposition, parseExposition } from './metrics.ts';

export const ACCOUNT = '111122223333';
export const OTHER_ACCOUNT = '444455556666';
export const REGION = 'us-east-1';

/** Credentials of the root user of ACCOUNT on a production server of the tests. */
export const ROOT_CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

/** Credentials as AWS SDKs take them; with a session token if they are temporary. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Who signs what a client sends, and for which Region. */
export interface ClientOptions {
  readonly account?: string;
  readonly region?: string;
  readonly credentials?: Credentials;
}

/** A QKMS in this process, reached over HTTP, with a clock that stands still until a test moves it. */
export interface TestServer {
  readonly endpoint: string;
  readonly clock: ManualClock;
  /** Its figures, of a server with metrics. */
  metrics(): Promise<Exposition>;
  /** What the server logged, a JSON object a line. */
  readonly log: readonly string[];
  /**
   * A stock AWS SDK client, signing with the credentials given, else as the root user of an account (on a production
   * server: of ACCOUNT only). It does not retry, and its time is the server's.
   */
  client(options?: ClientOptions): KMS;
  iam(options?: ClientOptions): IAM;
  sts(options?: ClientOptions): STS;
  close(): Promise<void>;
}

/**
 * Starts a QKMS on a free port.
 *
 * By default it is a development server with nothing on disk, so that any account's root user can sign in. With a data
 * directory it is a production server that checks signatures; ROOT_CREDENTIALS are those of ACCOUNT.
 */
export async function startTestServer(
  options: {
    readonly dataDirectory?: string;
    readonly trustedProxies?: readonly string[];
    readonly attestationRootsFile?: string;
    readonly auditDurability?: AuditDurability;
    /** URLs, separated by commas. */
    readonly auditSinks?: string;
    readonly auditWitnesses?: string;
    readonly metrics?: boolean;
    readonly tracesEndpoint?: string;
    readonly tracesSampleRatio?: string;
    /** `off` by default: with a clock that stands still, nothing becomes available again. */
    readonly requestQuotas?: RequestQuotaDefaults;
    readonly quotasFile?: string;
  } = {},
): Promise<TestServer> {
  const {
    dataDirectory,
    attestationRootsFile,
    auditDurability,
    auditSinks,
    auditWitnesses,
    metrics = false,
  } = options;
  const { requestQuotas = 'off', quotasFile } = options;
  const clock = new ManualClock();
  const log: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void log.push(line) });
  // Also a store of which nothing is to be kept needs a directory on PostgreSQL: for its root key.
  const temporary =
    dataDirectory === undefined && SKIP_UNLESS_SQLITE
      ? await mkdtemp(join(tmpdir(), 'qkms-server-'))
      : undefined;
  const directory = dataDirectory ?? temporary;
  const configuration = configure(dataDirectory === undefined ? 'development' : 'production', {
    requestQuotas,
    ...(quotasFile === undefined ? {} : { quotasFile }),
    ...(attestationRootsFile === undefined ? {} : { attestationRootsFile }),
    ...(auditDurability === undefined ? {} : { auditDurability }),
    ...(auditSinks === undefined ? {} : { auditSinks }),
    ...(options.tracesEndpoint === undefined ? {} : { tracesEndpoint: options.tracesEndpoint }),
    ...(options.tracesSampleRatio === undefined ? {} : { tracesSampleRatio: options.tracesSampleRatio }),
    ...(metrics ? { metricsListen: '127.0.0.1:0' } : {}),
    ...(auditWitnesses === undefined ? {} : { auditWitnesses }),
    ...(directory === undefined ? {} : { dataDirectory: directory, ...(await engineFlags(directory)) }),
  });
  await prepareService(configuration);
  const service = await openService(configuration, { clock, logger, scheduler: true });
  const http = await openHttpServer({
    address: { host: configuration.host, port: 0 },
    tls: undefined,
    answer: service.answer,
    unreadyReason: service.unreadyReason,
    auditSinkLags: service.auditSinkLags,
    auditPublicKey: service.auditPublicKey,
    noteRefusal: service.noteRefusal,
    trustedProxies: options.trustedProxies ?? [],
    developmentAccount: developmentAccountOf(configuration),
    clock,
    logger,
  });
  const endpoint = `http://127.0.0.1:${http.port}`;
  const clients: { destroy(): void }[] = [];
  const settingsOf = ({ account = ACCOUNT, region = REGION, credentials }: ClientOptions = {}) => ({
    endpoint,
    region,
    maxAttempts: 1,
    credentials:
      credentials ??
      (dataDirectory === undefined ? { accessKeyId: account, secretAccessKey: 'any' } : ROOT_CREDENTIALS),
  });
  function keep<C extends { readonly config: object; destroy(): void }>(client: C): C {
    signByClock(client, clock);
    clients.push(client);
    return client;
  }
  return {
    endpoint,
    clock,
    log,
    async metrics() {
      const processes = new Map([[process.pid, await service.metrics()]]);
      return parseExposition((await new ProcessGroupMetrics().render({ processes, deaths: 0 })).text);
    },
    client: (options) => keep(new KMS(settingsOf(options))),
    iam: (options) => keep(new IAM(settingsOf(options))),
    sts: (options) => keep(new STS(settingsOf(options))),
    async close() {
      for (const client of clients) client.destroy();
      await http.drain();
      await service.close();
      if (temporary !== undefined) await rm(temporary, { recursive: true });
    },
  };
}

/** The SDK puts its clock right only once a request was refused: it goes by that of the server from the beginning. */
function signByClock(client: { readonly config: object }, clock: ManualClock): void {
  Object.defineProperty(client.config, 'systemClockOffset', {
    get: () => clock.now() - Date.now(),
    set() {},
  });
}

function configure(mode: Mode, flags: TypedFlags): Configuration {
  if (mode === 'development') return readConfiguration(mode, flags, {});
  return readConfiguration(
    mode,
    { workers: '1', ...flags },
    {
      QKMS_ROOT_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
      QKMS_ROOT_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
    },
  );
}

import { createLogger } from '../cli/logger.ts';
import type { Clock } from '../clock.ts';
import { readConfiguration } from '../config.ts';
import { openHttpServer } from '../http/server.ts';
import type { NamedSeed } from '../seed/index.ts';
import { openService } from '../service.ts';

/*
 * A QKMS in the process of a test suite: the server itself, without a process, a port or a file to look after.
 *
 *   const qkms = await startQkms();
 *   const kms = qkms.client(KMSClient);
 *   …
 *   await qkms.stop();
 */

export type { Clock } from '../clock.ts';
export { ManualClock } from './manual-clock.ts';

/** What a QKMS for tests is started with; everything may be left out. */
export interface QkmsOptions {
  /** The accounts, identities and keys that are there from the start: an object like a seed file, or the text of one. */
  readonly seed?: object | string;
  /** The path of a seed file, instead of `seed`. */
  readonly seedFile?: string;
  /** The account whose root user everybody is who signs with credentials that nobody was given. 12 digits. */
  readonly accountId?: string;
  /** The Region that clients are configured for. */
  readonly region?: string;
  /** The time that the service goes by, such as a `ManualClock`. */
  readonly clock?: Clock;
}

/** Credentials as AWS SDKs take them; with a session token if they are temporary. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Whom a client signs as, in this order of precedence; the root user of the default account, if nothing is given. */
export interface ClientOptions {
  readonly credentials?: Credentials;
  /** An access key of the seed: its user. */
  readonly accessKeyId?: string;
  /** The root user of this account. */
  readonly accountId?: string;
  readonly region?: string;
}

/** What the clients of AWS SDKs for JavaScript are made with. */
export interface ClientConfiguration {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
}

/** A QKMS that runs in this process. */
export interface Qkms extends AsyncDisposable {
  /** `http://127.0.0.1:…` */
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  /**
   * `new KMSClient(qkms.configuration())`
   *
   * @throws Error when the seed has no such access key
   */
  configuration(options?: ClientOptions): ClientConfiguration;
  /**
   * Makes a client of any class of the AWS SDK, which is destroyed when the server stops: `qkms.client(KMSClient)`.
   *
   * @throws Error when the seed has no such access key
   */
  client<C extends { destroy(): void }>(
    Client: new (configuration: ClientConfiguration) => C,
    options?: ClientOptions,
  ): C;
  /** Stops the server and forgets everything; calling it again does no harm. */
  stop(): Promise<void>;
}

/**
 * Starts a QKMS in this process on a free port of loopback, in development mode, with nothing on disk. Any number may
 * run at once, and none knows of the others.
 *
 * @throws OperatorError when the seed has mistakes, with all of them
 */
export async function startQkms(options: QkmsOptions = {}): Promise<Qkms> {
  const { clock, region = 'us-east-1' } = options;
  const configuration = readConfiguration(
    'development',
    // The clock of a test may stand still, and so would what becomes available with time.
    {
      port: '0',
      requestQuotas: 'off',
      ...(options.accountId === undefined ? {} : { accountId: options.accountId }),
    },
    {},
  );
  const { accountId, host } = configuration;
  const seed = await readSeed(options);
  // What goes wrong inside is of interest; what happens is not.
  const logger = createLogger('error');
  const service = await openService(configuration, {
    ...(clock === undefined ? {} : { clock }),
    logger,
    scheduler: true,
    seed,
  });
  const server = await openHttpServer({
    address: { host, port: 0 },
    tls: undefined,
    answer: service.answer,
    unreadyReason: () => service.unreadyReason(),
    noteRefusal: (...refusal) => service.noteRefusal(...refusal),
    developmentAccount: accountId,
    logger,
    clock,
  });
  const endpoint = `http://${host}:${server.port}`;
  const secrets = secretsOf(seed);
  const clients: { destroy(): void }[] = [];
  let stopped: Promise<void> | undefined;

  function credentialsOf(given: ClientOptions): Credentials {
    if (given.credentials !== undefined) return given.credentials;
    const { accessKeyId } = given;
    if (accessKeyId === undefined)
      return { accessKeyId: given.accountId ?? accountId, secretAccessKey: 'any' };
    const secretAccessKey = secrets.get(accessKeyId);
    if (secretAccessKey !== undefined) return { accessKeyId, secretAccessKey };
    throw new Error(`the seed has no access key ${JSON.stringify(accessKeyId)}; give one that it has`);
  }
  function configurationOf(given: ClientOptions = {}): ClientConfiguration {
    return { endpoint, region: given.region ?? region, credentials: credentialsOf(given) };
  }
  async function stop(): Promise<void> {
    for (const client of clients) client.destroy();
    await server.drain();
    await service.close();
  }

  const qkms: Qkms = {
    endpoint,
    region,
    accountId,
    configuration: configurationOf,
    client(Client, given) {
      const client = new Client(configurationOf(given));
      clients.push(client);
      return client;
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
    [Symbol.asyncDispose]: () => qkms.stop(),
  };
  return qkms;
}

/** What messages call a seed that is no file. */
const SEED_NAME = 'seed';

async function readSeed({ seed, seedFile }: QkmsOptions): Promise<NamedSeed | undefined> {
  if (seed !== undefined && seedFile !== undefined)
    throw new TypeError('both seed and seedFile are given; give one of them');
  if (seedFile === undefined && seed === undefined) return undefined;
  // Loaded only where there is a seed: YAML takes its time.
  const { parseSeed, readSeedFile, seedOfObject } = await import('../seed/index.ts');
  if (seedFile !== undefined) return readSeedFile(seedFile);
  return typeof seed === 'object' ? seedOfObject(SEED_NAME, seed) : parseSeed(SEED_NAME, seed ?? '');
}

/** Secret access keys by access key id. */
function secretsOf(given: NamedSeed | undefined): ReadonlyMap<string, string> {
  const users = given?.seed.accounts.flatMap((account) => account.users) ?? [];
  const accessKeys = users.flatMap((user) => user.accessKeys);
  return new Map(accessKeys.map(({ accessKeyId, secretAccessKey }) => [accessKeyId.value, secretAccessKey]));
}

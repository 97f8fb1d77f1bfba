import { KMS } from '@aws-sdk/client-kms';
import { pino } from 'pino';
import { type Configuration, readConfiguration } from '../../src/config.ts';
import { openHttpServer } from '../../src/http/server.ts';
import { openService, prepareService } from '../../src/service.ts';
import { ManualClock } from './clock.ts';

export const ACCOUNT = '111122223333';
export const OTHER_ACCOUNT = '444455556666';
export const REGION = 'us-east-1';

/** Credentials of the root user of ACCOUNT on a production server of the tests. */
export const ROOT_CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

/** A QKMS in this process, reached over HTTP, with a clock that stands still until a test moves it. */
export interface TestServer {
  readonly endpoint: string;
  readonly clock: ManualClock;
  /** What the server logged, a JSON object a line. */
  readonly log: readonly string[];
  /**
   * A stock AWS SDK client, signing as the root user of an account (on a production server: of ACCOUNT only).
   * It does not retry, and its time is the server's.
   */
  client(options?: { readonly account?: string; readonly region?: string }): KMS;
  close(): Promise<void>;
}

/**
 * Starts a QKMS on a free port.
 *
 * By default it is a development server with nothing on disk, so that any account's root user can sign in. With a data
 * directory it is a production server that checks signatures; ROOT_CREDENTIALS are those of ACCOUNT.
 */
export async function startTestServer(
  options: { readonly dataDirectory?: string } = {},
): Promise<TestServer> {
  const { dataDirectory } = options;
  const clock = new ManualClock();
  const log: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void log.push(line) });
  const configuration = configure(dataDirectory);
  await prepareService(configuration);
  const service = await openService(configuration, { clock, logger, scheduler: true });
  const http = await openHttpServer({
    address: { host: configuration.host, port: 0 },
    tls: undefined,
    answer: service.answer,
    unreadyReason: service.unreadyReason,
    logger,
  });
  const endpoint = `http://127.0.0.1:${http.port}`;
  const clients: KMS[] = [];
  return {
    endpoint,
    clock,
    log,
    client({ account = ACCOUNT, region = REGION } = {}) {
      const credentials =
        dataDirectory === undefined ? { accessKeyId: account, secretAccessKey: 'any' } : ROOT_CREDENTIALS;
      const client = new KMS({ endpoint, region, credentials, maxAttempts: 1 });
      signByClock(client, clock);
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.destroy();
      await http.drain();
      await service.close();
    },
  };
}

/** The SDK would put its clock right by the Date header, which is the machine's time: its own corrections are ignored. */
function signByClock(client: KMS, clock: ManualClock): void {
  Object.defineProperty(client.config, 'systemClockOffset', {
    get: () => clock.now() - Date.now(),
    set() {},
  });
}

function configure(dataDirectory: string | undefined): Configuration {
  if (dataDirectory === undefined) return readConfiguration('development', {}, {});
  return readConfiguration(
    'production',
    { dataDirectory, workers: '1' },
    {
      QKMS_ROOT_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
      QKMS_ROOT_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
    },
  );
}

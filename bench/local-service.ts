import type { IncomingHttpHeaders } from 'node:http';
import { pino } from 'pino';
import { readConfiguration } from '../src/config.ts';
import type { SharedIam } from '../src/iam/index.ts';
import type { Answer, WireReply, WireRequest } from '../src/pipeline.ts';
import type { RequestQuotaDefaults } from '../src/quotas/request-quotas.ts';
import { openService, prepareService, withIdentities } from '../src/service.ts';
import { CREDENTIALS, type SignedRequest, signRequests } from './requests.ts';

/** Requests that are under way together, as when a server reads what so many connections have sent. */
const TOGETHER = 32;

/** QKMS in production mode in this process, asked without HTTP. */
export interface LocalService {
  answer(request: WireRequest): Promise<WireReply>;
  /**
   * Asks as the root user.
   *
   * @throws Error when the answer is not 200
   */
  ask(operation: string, input: object): Promise<Record<string, unknown>>;
  /**
   * Signs requests of the root user that are to be sent, by turns, once it is measured what they cost.
   *
   * @param status what they have to be answered with
   */
  prepare(
    operation: string,
    inputs: readonly object[],
    status?: number,
  ): (index: number) => Promise<Record<string, unknown>>;
  /** Works on its store, past the service, as another process would. */
  inStore<T>(work: (identities: SharedIam) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Opens a service on a data directory, which is created if it is not there.
 *
 * @param requestQuotas `off` by default: much is made here to be measured with
 * @param traces where they are sent; none, by default
 */
export async function openLocalService(
  dataDirectory: string,
  requestQuotas: RequestQuotaDefaults = 'off',
  traces: { readonly tracesEndpoint?: string; readonly tracesSampleRatio?: string } = {},
): Promise<LocalService> {
  const configuration = readConfiguration(
    'production',
    { dataDirectory, requestQuotas, auditDurability: 'none', ...traces },
    {
      QKMS_ROOT_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      QKMS_ROOT_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    },
  );
  await prepareService(configuration);
  const { answer, close } = await openService(configuration, {
    logger: pino({ level: 'silent' }),
    scheduler: false,
  });
  const prepare: LocalService['prepare'] = (operation, inputs, status = 200) => {
    const bodies = inputs.map((input) => JSON.stringify(input));
    const signed = signRequests(0, operation, bodies).map(receive);
    return async (index) => {
      const request = signed[index % signed.length];
      if (request === undefined) throw new Error('nothing was signed');
      const reply = await answer(request);
      if (reply.status === status) return JSON.parse(reply.body);
      throw new Error(`${operation} was answered with ${reply.status}: ${reply.body}`);
    };
  };
  return {
    answer,
    ask: (operation, input) => prepare(operation, [input])(0),
    prepare,
    inStore: (work) => withIdentities(configuration, work),
    close,
  };
}

/** The request as HTTP would hand it over: it shares no text with any other. */
export function receive({ rawHeaders, body }: SignedRequest): WireRequest {
  const lines = rawHeaders.map((text) => Buffer.from(text, 'latin1').toString('latin1'));
  const headers: IncomingHttpHeaders = {};
  for (let at = 0; at < lines.length; at += 2) headers[(lines[at] ?? '').toLowerCase()] = lines[at + 1];
  return {
    id: '1234abcd-12ab-34cd-56ef-1234567890ab',
    method: 'POST',
    url: '/',
    rawHeaders: lines,
    headers,
    body: Buffer.from(body),
    sourceAddress: '127.0.0.1',
    secureTransport: false,
  };
}

/** Answers requests, and says what one of them cost on average, in microseconds of CPU. */
export async function answerAll(answer: Answer, requests: readonly WireRequest[]): Promise<number> {
  const before = process.cpuUsage();
  for (let from = 0; from < requests.length; from += TOGETHER) {
    await Promise.all(requests.slice(from, from + TOGETHER).map(answer));
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requests.length;
}

import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { signingNameOf } from '../../../src/model/service.ts';
import { noteAnswerTime } from './answer-times.ts';
import type { Signing } from './credentials.ts';
import { unreachable } from './errors.ts';
import { bodyOf, headersOf, type Request } from './wire.ts';

/** A request as it was sent, with the answer to it. */
export interface Exchange {
  readonly request: { readonly headers: Readonly<Record<string, string>>; readonly body: string };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
  readonly requestId: string;
  readonly milliseconds: number;
}

/** How long an answer may take, in milliseconds; RSA key pairs of 4096 bits take the longest. */
const TIMEOUT = 30_000;

/** How far the clock of this machine is off that of the server, in milliseconds, as far as that ever mattered. */
let clockOffset = 0;
/** Servers refuse signatures that are off by five minutes. */
const MOST_SKEW = 4 * 60_000;

/** The time of the server, as far as it is known, in milliseconds since the Unix epoch. */
export function serverTime(): number {
  return Date.now() + clockOffset;
}

/**
 * Sends a signed request and waits for the answer, whatever it is. If it is refused because the clock of this machine
 * is wrong, it is signed again by that of the server.
 *
 * @throws ApiError when there is no answer
 */
export async function exchange(signing: Signing, request: Request, signal?: AbortSignal): Promise<Exchange> {
  const answered = await send(signing, request, signal);
  const now = Date.parse(answered.response.headers['date'] ?? '');
  const isSkewed = Math.abs(now - serverTime()) > MOST_SKEW;
  const isRefused = answered.response.status >= 400 && answered.response.status < 500;
  if (!isRefused || !isSkewed) return answered;
  clockOffset = now - Date.now();
  return send(signing, request, signal);
}

async function send(signing: Signing, request: Request, signal: AbortSignal | undefined): Promise<Exchange> {
  const body = bodyOf(request);
  const headers = request.unsigned ? headersOf(request) : await signedHeaders(signing, request, body);
  const since = performance.now();
  try {
    const response = await fetch('/', {
      method: 'POST',
      headers,
      body,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT), ...(signal === undefined ? [] : [signal])]),
    });
    const text = await response.text();
    const milliseconds = performance.now() - since;
    noteAnswerTime(request.operation, milliseconds);
    return {
      request: { headers, body },
      response: { status: response.status, headers: Object.fromEntries(response.headers), body: text },
      requestId: response.headers.get('x-amzn-requestid') ?? '',
      milliseconds,
    };
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw unreachable(error instanceof DOMException && error.name === 'TimeoutError');
  }
}

async function signedHeaders(
  { credentials, region }: Signing,
  request: Request,
  body: string,
): Promise<Readonly<Record<string, string>>> {
  const { protocol, host, hostname } = window.location;
  const signer = new SignatureV4({
    service: signingNameOf(request.service),
    region,
    credentials,
    sha256: Sha256,
    applyChecksum: false,
  });
  const { headers } = await signer.sign(
    {
      method: 'POST',
      protocol,
      hostname,
      path: '/',
      query: {},
      headers: { ...headersOf(request), host },
      body,
    },
    { signingDate: new Date(serverTime()) },
  );
  // Browsers set it themselves, and forbid others to.
  const { host: _, ...sent } = headers;
  return sent;
}

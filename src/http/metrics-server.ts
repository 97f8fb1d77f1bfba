import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { ListenAddress } from '../listen-address.ts';
import { LIMITS } from './limits.ts';
import { listen, METRICS_SETTINGS, urlOf } from './listening.ts';
import { createNodeServer, replaceTlsPair } from './node-server.ts';
import type { TlsPair } from './tls.ts';

const PATH = '/metrics';
/** A few Prometheus servers keep one each. */
const CONNECTIONS = 64;

/** Metrics as text, and the media type of that. */
export interface RenderedMetrics {
  readonly contentType: string;
  readonly text: string;
}

/** A server of metrics that listens. */
export interface MetricsServer {
  /** Of the metrics. */
  readonly url: string;
  replaceTlsPair(pair: TlsPair): void;
  /** Takes no more requests, and cuts those that are under way. */
  close(): void;
}

/**
 * Serves the metrics of a node at an address of their own, to those who show the token if there is one.
 *
 * @param parts.render is asked once for all requests that come while it is at it
 * @throws OperatorError when the address cannot be listened on
 */
export async function openMetricsServer({
  address,
  tls,
  token,
  render,
  logger,
}: {
  readonly address: ListenAddress;
  /** Serves HTTPS with this; without, plain HTTP. */
  readonly tls: TlsPair | undefined;
  readonly token: string | undefined;
  render(): Promise<RenderedMetrics>;
  readonly logger: Logger;
}): Promise<MetricsServer> {
  const isAllowed = tokenCheck(token);
  let rendering: Promise<RenderedMetrics> | undefined;
  const renderOnce = () => {
    rendering ??= render().finally(() => {
      rendering = undefined;
    });
    return rendering;
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const { method = '', url = '', headers } = request;
    const refuse = (status: number, text: string, more: Readonly<Record<string, string>> = {}) =>
      response.writeHead(status, { 'Content-Type': 'text/plain', ...more }).end(`${text}\n`);
    if (url.split('?', 1)[0] !== PATH) refuse(404, `metrics are at ${PATH}`);
    else if (method !== 'GET' && method !== 'HEAD')
      refuse(405, 'metrics can be read only', { Allow: 'GET, HEAD' });
    else if (!isAllowed(headers.authorization))
      refuse(401, 'metrics need the bearer token', { 'WWW-Authenticate': 'Bearer' });
    else {
      const { contentType, text } = await renderOnce();
      response.writeHead(200, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(text) });
      response.end(text);
    }
  }

  const server = createNodeServer(tls, { ...LIMITS, connections: CONNECTIONS });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((error: unknown) => {
      logger.error({ err: error }, 'metrics could not be shown');
      response.destroy();
    });
  });
  const { host } = address;
  const port = await listen(server, address, METRICS_SETTINGS);
  return {
    url: `${urlOf({ host, port }, tls !== undefined)}${PATH}`,
    replaceTlsPair: (pair) => replaceTlsPair(server, pair),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Whether an `Authorization` header shows the token (RFC 6750), found out in the same time for all that do not. */
function tokenCheck(token: string | undefined): (authorization: string | undefined) => boolean {
  if (token === undefined) return () => true;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return (authorization = '') => {
    const [, given = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    return timingSafeEqual(digest(given), expected);
  };
}

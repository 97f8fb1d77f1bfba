import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createServer as createTlsServer } from 'node:tls';
import type { TlsPair } from '../../src/http/tls.ts';

/** What was posted to an HTTP endpoint. */
interface Posted {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An HTTP endpoint on loopback that answers as it is told. */
export interface HttpReceiver {
  readonly url: string;
  readonly posted: readonly Posted[];
  /** Says with which status and body it answers from now on; it takes everything at first. */
  answerWith(status: number, body?: string): void;
  close(): Promise<void>;
}

export async function receiveHttp(): Promise<HttpReceiver> {
  const posted: Posted[] = [];
  let answer = { status: 200, body: '' };
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request)).toString();
    posted.push({ url: request.url ?? '', headers: request.headers, body });
    response.writeHead(answer.status);
    response.end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${portOf(server.address())}/records`,
    posted,
    answerWith(status, body = '') {
      answer = { status, body };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A receiver of bytes over TLS on loopback. */
export interface TlsReceiver {
  readonly port: number;
  /** What came over each connection that was closed in order. */
  readonly received: readonly Buffer[];
  /** Says whether it cuts connections, from now on. */
  cut(isCutting: boolean): void;
  close(): Promise<void>;
}

export async function receiveTls({ certificate, key }: TlsPair): Promise<TlsReceiver> {
  const received: Buffer[] = [];
  let isCutting = false;
  const server = createTlsServer({ cert: certificate, key }, (socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => received.push(Buffer.concat(chunks)));
    socket.on('error', () => {});
  });
  server.on('connection', (socket) => {
    if (isCutting) socket.resetAndDestroy();
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server.address()),
    received,
    cut(isToBeCut) {
      isCutting = isToBeCut;
    },
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}

function portOf(address: unknown): number {
  if (typeof address === 'object' && address !== null && 'port' in address) return Number(address.port);
  throw new Error('the receiver has no port');
}

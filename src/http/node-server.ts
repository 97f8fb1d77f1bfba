import type { Server, ServerOptions } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { Limits } from './limits.ts';
import { createServer, createTlsServer } from './node-http.ts';
import { secureContextOf, type TlsPair } from './tls.ts';

/** A server of Node's, HTTPS with a pair and plain HTTP without, that keeps to limits and does not listen yet. */
export function createNodeServer(tls: TlsPair | undefined, limits: Limits): Server {
  const options: ServerOptions = {
    maxHeaderSize: limits.headerSize,
    // We refuse it ourselves: Node's refusal has neither body nor request id.
    requireHostHeader: false,
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    connectionsCheckingInterval: limits.timeoutCheckInterval,
  };
  const server =
    tls === undefined
      ? createServer(options)
      : createTlsServer({ ...options, ...secureContextOf(tls), handshakeTimeout: limits.handshakeTimeout });
  server.maxHeadersCount = limits.headerCount;
  server.maxConnections = limits.connections;
  // Otherwise full workers would pass a connection round among themselves for as long as they are full.
  return Object.assign(server, { dropMaxConnection: true });
}

/** New connections get `pair`; open ones keep what they have. */
export function replaceTlsPair(server: Server, pair: TlsPair): void {
  if (isTlsServer(server)) server.setSecureContext(secureContextOf(pair));
}

function isTlsServer(server: Server): server is TlsServer {
  return 'setSecureContext' in server;
}

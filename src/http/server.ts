import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { ListenAddress } from '../listen-address.ts';
import type { Answer } from '../pipeline.ts';
import type { UnreadyReason } from '../readiness.ts';
import type { HttpRefusal } from '../telemetry/http-refusals.ts';
import { collectBody } from './body.ts';
import { refuseBrokenRequests } from './broken-requests.ts';
import { type Connection, type Connections, trackConnections } from './connections.ts';
import { CONSOLE_DIRECTORY, consoleFiles } from './console.ts';
import { LIMITS, type Limits } from './limits.ts';
import { listen } from './listening.ts';
import { createNodeServer, replaceTlsPair } from './node-server.ts';
import { originFinder } from './origin.ts';
import { bodyTooLarge, internalFailure, malformedRequest, replyHeaders, type Send } from './reply.ts';
import { createRoutes, isEndpoint } from './routes.ts';
import type { TlsPair } from './tls.ts';

export interface HttpServerOptions {
  readonly address: ListenAddress;
  /** Serves HTTPS with this; without, plain HTTP. */
  readonly tls: TlsPair | undefined;
  readonly answer: Answer;
  /** Why the service cannot answer now; `undefined` when it can. */
  unreadyReason(): Promise<UnreadyReason | undefined>;
  /** How far each audit sink is behind, to be shown to operators. */
  auditSinkLags?(): Promise<readonly object[]>;
  /** By which audit logs are verified (PEM); absent when there is none. */
  readonly auditPublicKey?: string | undefined;
  /** Is told of what is refused before it reaches `answer`. */
  noteRefusal?(cause: HttpRefusal, sourceAddress: string | undefined): void;
  readonly logger: Logger;
  readonly limits?: Limits;
  /** Addresses and networks of proxies whose word on where a request comes from is taken. */
  readonly trustedProxies?: readonly string[];
  /** Tells the console that nobody has to sign in: whom it signs as, by account id. */
  readonly developmentAccount?: string | undefined;
  /** Of a service that does not go by the machine's time: replies tell its time, by which clients sign then. */
  readonly clock?: Clock | undefined;
}

const DRAINING: UnreadyReason = { causes: ['draining'], reason: 'draining' };

/** A server that listens. */
export interface HttpServer {
  readonly port: number;
  /** New connections get `pair`; open ones keep what they have. */
  replaceTlsPair(pair: TlsPair): void;
  /**
   * Takes no more connections, closes the idle ones and lets requests in flight finish, for at most
   * `limits.drainTimeout`. Resolves when no connection is left; never rejects.
   */
  drain(): Promise<void>;
}

/**
 * Starts to listen.
 *
 * Requests to the AWS API are taken before Fastify sees them: its request and reply objects would add a quarter to
 * what all of HTTP costs. Everything else goes its way.
 *
 * @throws OperatorError when the address cannot be listened on
 */
export async function openHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { answer, logger, limits = LIMITS } = options;
  const secureTransport = options.tls !== undefined;
  const bodyLimits = { limit: limits.bodySize, discardLimit: limits.discardedBodySize };
  const noteRefusal: NonNullable<HttpServerOptions['noteRefusal']> = (...refusal) =>
    options.noteRefusal?.(...refusal);
  let draining = false;

  const send: Send = (response, reply, id = randomUUID()) => {
    const closing = draining || reply.close === true;
    const time = options.clock?.now();
    response.writeHead(reply.status, replyHeaders(id, reply, { secureTransport, closing, time }));
    response.end(reply.body);
  };

  const unreadyReason = async () => (draining ? DRAINING : options.unreadyReason());
  const webConsole = consoleFiles(CONSOLE_DIRECTORY, options.developmentAccount);
  const routes = await createRoutes({
    send,
    unreadyReason,
    auditSinkLags: async () => options.auditSinkLags?.() ?? [],
    auditPublicKey: options.auditPublicKey,
    webConsole,
    logger,
  });
  const server = createNodeServer(options.tls, limits);
  const connections = trackConnections(server, secureTransport);
  const originOf = originFinder(options.trustedProxies ?? [], secureTransport);

  function answerRequest(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    collectBody(request, bodyLimits, async (body) => {
      connection.inFlight += 1;
      if (body === undefined) noteRefusal('body-too-large', connection.address);
      const id = randomUUID();
      const { method = '', url = '', rawHeaders, headers } = request;
      const origin = originOf(request, connection.address);
      // What a proxy has negotiated with us says nothing of its client.
      const tls = origin.sourceAddress === connection.address ? connection.tls : undefined;
      try {
        const reply =
          body === undefined
            ? bodyTooLarge(limits.bodySize)
            : await answer({ id, method, url, rawHeaders, headers, body, ...origin, tls });
        send(response, reply, id);
      } catch (error) {
        logger.error({ err: error, requestId: id }, 'answering failed');
        if (response.headersSent) response.destroy();
        else send(response, internalFailure(), id);
      } finally {
        connection.inFlight -= 1;
      }
    });
  }

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const connection = connections.of(request.socket);
    if (connection === undefined) return void response.destroy();
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      noteRefusal('malformed', connection.address);
      send(response, malformedRequest());
    } else if (request.method === 'POST' && request.url !== undefined && isEndpoint(request.url)) {
      answerRequest(connection, request, response);
    } else {
      routes(request, response);
    }
  });
  refuseBrokenRequests(server, { connections, send, limits, secureTransport, noteRefusal });

  const port = await listen(server, options.address);
  server.on('error', (error) => logger.error({ err: error }, 'the listening socket failed'));

  return {
    port,
    replaceTlsPair(pair) {
      replaceTlsPair(server, pair);
    },
    drain() {
      draining = true;
      return drainServer(server, connections, limits);
    },
  };
}

/** How often a draining server looks for connections that have become idle, in milliseconds. */
const SWEEP_INTERVAL = 50;

function drainServer(server: Server, connections: Connections, limits: Limits): Promise<void> {
  return new Promise((resolve) => {
    // Node closes what is idle when asked to and what becomes idle after a reply that says `Connection: close`; a
    // connection whose last reply was just on its way is neither.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_INTERVAL);
    const cut = setTimeout(() => connections.destroyAll(), limits.drainTimeout);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(cut);
      resolve();
    });
    connections.closeSilent();
  });
}

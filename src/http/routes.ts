import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { fastify } from 'fastify';
import type { Logger } from 'pino';
import type { UnreadyReason } from '../readiness.ts';
import { type ConsoleFiles, isConsolePage, malformedConsoleAddress } from './console.ts';
import {
  type HttpReply,
  internalFailure,
  jsonReply,
  malformedRequest,
  methodNotAllowed,
  notFound,
  pemReply,
  redirectToConsole,
  type Send,
  unknownOperation,
} from './reply.ts';

/** The path of the AWS API and the methods it answers to. */
const ENDPOINT = '/';
const ENDPOINT_METHODS = 'POST';
const READING_METHODS = 'GET, HEAD';
/** Where the public key is by which audit logs are verified. */
const AUDIT_PUBLIC_KEY = '/.well-known/qkms-audit-public-key';

/** Whether a request target is the AWS API's, with or without a query string. */
export function isEndpoint(url: string): boolean {
  return url === ENDPOINT || url.startsWith('/?');
}

/**
 * All that is served beside the AWS API, and the refusal of what is not served at all.
 *
 * `unreadyReason` says why the server should get no requests now; `undefined` when it should.
 */
export async function createRoutes({
  send,
  unreadyReason,
  auditSinkLags,
  auditPublicKey,
  webConsole,
  logger,
}: {
  readonly send: Send;
  unreadyReason(): Promise<UnreadyReason | undefined>;
  auditSinkLags(): Promise<readonly object[]>;
  readonly auditPublicKey: string | undefined;
  readonly webConsole: ConsoleFiles;
  readonly logger: Logger;
}): Promise<RequestListener> {
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    frameworkErrors(_error, request, reply) {
      reply.hijack();
      send(reply.raw, isConsolePage(request.url) ? malformedConsoleAddress() : malformedRequest());
    },
  });

  // No route here takes a body: whatever comes is read past.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume();
    done(null);
  });

  app.route({
    method: ['GET', 'HEAD'],
    url: '/health/live',
    handler(_request, reply) {
      reply.hijack();
      send(reply.raw, jsonReply(200, { status: 'live' }));
    },
  });
  app.route({
    method: ['GET', 'HEAD'],
    url: '/health/ready',
    async handler(_request, reply) {
      reply.hijack();
      const reason = await unreadyReason();
      send(
        reply.raw,
        reason === undefined
          ? jsonReply(200, { status: 'ready', ...(await sinksOf(auditSinkLags)) })
          : jsonReply(503, { status: 'unready', ...reason }),
      );
    },
  });

  app.route({
    method: ['GET', 'HEAD'],
    url: AUDIT_PUBLIC_KEY,
    handler(_request, reply) {
      reply.hijack();
      send(reply.raw, auditPublicKey === undefined ? notFound() : pemReply(auditPublicKey));
    },
  });

  for (const url of ['/console', '/console/*']) {
    app.route({
      method: ['GET', 'HEAD'],
      url,
      async handler(request, reply) {
        reply.hijack();
        send(reply.raw, await webConsole.find(request.url, request.headers['accept-encoding']));
      },
    });
  }
  app.route({
    method: ['GET', 'HEAD'],
    url: ENDPOINT,
    handler(request, reply) {
      reply.hijack();
      send(
        reply.raw,
        isBrowser(request.headers.accept) ? redirectToConsole() : methodNotAllowed(ENDPOINT_METHODS),
      );
    },
  });

  app.setNotFoundHandler((request, reply) => {
    reply.hijack();
    send(reply.raw, refuseRoute(request.method, request.url));
  });
  app.setErrorHandler((error, request, reply) => {
    const blamesRequest = isBlamedOnRequest(error);
    const requestId = randomUUID();
    if (!blamesRequest) logger.error({ err: error, requestId }, 'a route failed');
    reply.hijack();
    send(reply.raw, blamesRequest ? refuseRoute(request.method, request.url) : internalFailure(), requestId);
  });

  await app.ready();
  return app.routing;
}

/** A node whose audit sinks are behind, or cannot even be told about, is ready nevertheless. */
async function sinksOf(auditSinkLags: () => Promise<readonly object[]>): Promise<object> {
  const auditSinks = await auditSinkLags().catch(() => []);
  return auditSinks.length === 0 ? {} : { auditSinks };
}

/** Whether a request is one for a page: whoever asks for one outright is a browser, in front of which a person sits. */
function isBrowser(accept: string | undefined): boolean {
  return accept?.includes('text/html') ?? false;
}

function refuseRoute(method: string, url: string): HttpReply {
  const path = url.split('?', 1)[0];
  if (path === ENDPOINT) return methodNotAllowed(ENDPOINT_METHODS);
  if (method === 'POST') return unknownOperation();
  if (path === '/health/live' || path === '/health/ready' || path === AUDIT_PUBLIC_KEY)
    return methodNotAllowed(READING_METHODS);
  if (isConsolePage(url)) return methodNotAllowed(READING_METHODS);
  return notFound();
}

/** Fastify's own errors, such as an odd Content-Type where no body is wanted, carry the status they stand for. */
function isBlamedOnRequest(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return false;
  return typeof error.statusCode === 'number' && error.statusCode < 500;
}

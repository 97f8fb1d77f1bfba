import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { DropArgument, Socket } from 'node:net';
import type { HttpRefusal } from '../telemetry/http-refusals.ts';
import type { Connections } from './connections.ts';
import type { Limits } from './limits.ts';
import { STATUS_CODES } from './node-http.ts';
import {
  bodyTooLarge,
  expectationFailed,
  type HttpReply,
  headersTooLarge,
  malformedRequest,
  replyHeaders,
  requestTimedOut,
  type Send,
} from './reply.ts';

/** Answers what never becomes a request: bytes that are not HTTP, headers too large, clients too slow; each is noted. */
export function refuseBrokenRequests(
  server: Server,
  {
    connections,
    send,
    limits,
    secureTransport,
    noteRefusal,
  }: {
    readonly connections: Connections;
    readonly send: Send;
    readonly limits: Limits;
    readonly secureTransport: boolean;
    noteRefusal(cause: HttpRefusal, sourceAddress: string | undefined): void;
  },
): void {
  server.on('clientError', (error: Error & { code?: string }, socket: Socket) => {
    const connection = connections.of(socket);
    const cause = connection === undefined ? 'tls-handshake' : causeOf(error.code);
    if (cause !== undefined) noteRefusal(cause, connection?.address ?? socket.remoteAddress);
    // Before its TLS handshake is over a client could not read an answer; with a request in flight it would take
    // this one for that request's.
    if (connection === undefined || connection.inFlight > 0 || !socket.writable) {
      socket.destroy();
      return;
    }
    socket.end(rawReply(replyTo(error.code, limits), secureTransport), () => socket.destroy());
  });

  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // A client that asks before it sends a body too large need not send it.
    if (Number(request.headers['content-length']) > limits.bodySize) {
      noteRefusal('body-too-large', connections.of(request.socket)?.address);
      send(response, bodyTooLarge(limits.bodySize));
      return;
    }
    response.writeContinue();
    server.emit('request', request, response);
  });

  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    noteRefusal('expectation', connections.of(request.socket)?.address);
    send(response, expectationFailed());
  });

  server.on('drop', (dropped?: DropArgument) => noteRefusal('connection-limit', dropped?.remoteAddress));
}

/** @param code of Node's error; that a client breaks off, with or without a request under way, is nobody's refusal */
function causeOf(code: string | undefined): HttpRefusal | undefined {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return 'headers-too-large';
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'timeout';
    default:
      return code?.startsWith('HPE_') === true && code !== 'HPE_INVALID_EOF_STATE' ? 'malformed' : undefined;
  }
}

/** @param code of Node's error */
function replyTo(code: string | undefined, limits: Limits): HttpReply {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return headersTooLarge(limits.headerSize, limits.headerCount);
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return requestTimedOut();
    default:
      return malformedRequest();
  }
}

/** A whole reply as bytes, for a connection that Node gives us no response object for. */
function rawReply(reply: HttpReply, secureTransport: boolean): string {
  const headers = replyHeaders(randomUUID(), reply, { secureTransport, closing: true });
  let head = `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status]}\r\nDate: ${new Date().toUTCString()}\r\n`;
  for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return `${head}\r\n${reply.body}`;
}

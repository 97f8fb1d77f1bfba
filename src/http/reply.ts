import type { ServerResponse } from 'node:http';
import type { WireReply } from '../pipeline.ts';

const JSON_TYPE = 'application/json';
const AWS_JSON_TYPE = 'application/x-amz-json-1.1';

/** Says that browsers shall use TLS here for a year. */
const STRICT_TRANSPORT_SECURITY = 'max-age=31536000';

const NOT_TO_BE_KEPT: readonly string[] = [
  'Cache-Control',
  'no-cache, no-store, must-revalidate, private',
  'Expires',
  '0',
  'Pragma',
  'no-cache',
];

/** A reply, with what only HTTP's own refusals and files need besides. */
export interface HttpReply extends Omit<WireReply, 'body'> {
  readonly body: string | Uint8Array;
  /** Names and values in turn, in place of those that forbid to keep the reply. */
  readonly headers?: readonly string[];
  /** The methods that the path answers to, with a 405. */
  readonly allow?: string;
  /** Whether the connection ends with this reply whatever the client wants. */
  readonly close?: boolean;
}

/** Answers one request; the only way by which a reply leaves the server. `id` is made up where there is none yet. */
export type Send = (response: ServerResponse, reply: HttpReply, id?: string) => void;

/**
 * The headers of a reply as the flat list that `writeHead` takes: one write, no header object.
 *
 * @param closing whether the connection ends with this reply
 * @param time what `Date` says, in milliseconds since the Unix epoch; Node says the machine's time, when absent
 */
export function replyHeaders(
  requestId: string,
  reply: HttpReply,
  {
    secureTransport,
    closing,
    time,
  }: { readonly secureTransport: boolean; readonly closing: boolean; readonly time?: number | undefined },
): string[] {
  const headers = [
    'Content-Type',
    reply.contentType,
    'Content-Length',
    String(Buffer.byteLength(reply.body)),
    'x-amzn-RequestId',
    requestId,
    ...(reply.headers ?? NOT_TO_BE_KEPT),
    'X-Content-Type-Options',
    'nosniff',
  ];
  if (secureTransport) headers.push('Strict-Transport-Security', STRICT_TRANSPORT_SECURITY);
  if (reply.allow !== undefined) headers.push('Allow', reply.allow);
  if (closing) headers.push('Connection', 'close');
  if (time !== undefined) headers.push('Date', new Date(time).toUTCString());
  return headers;
}

/** A reply of plain JSON, for what is not part of the AWS API. */
export function jsonReply(status: number, body: Readonly<Record<string, unknown>>): WireReply {
  return { status, contentType: JSON_TYPE, body: JSON.stringify(body) };
}

/** A reply that is a key or a certificate in PEM (RFC 7468). */
export function pemReply(pem: string): WireReply {
  return { status: 200, contentType: 'application/x-pem-file', body: pem };
}

/** A refusal in the form of the AWS JSON protocol, so that every client of ours can read it. */
function refusal(status: number, code: string, message?: string): WireReply {
  return {
    status,
    contentType: AWS_JSON_TYPE,
    body: JSON.stringify(message === undefined ? { __type: code } : { __type: code, message }),
  };
}

/** Leads whoever looks at the endpoint with a browser to the console. */
export function redirectToConsole(): HttpReply {
  const headers = ['Location', '/console', 'Vary', 'Accept', 'Cache-Control', 'no-cache'];
  return { status: 302, contentType: 'text/plain', body: '', headers };
}

/** POST to a path that is no endpoint of the API. */
export function unknownOperation(): WireReply {
  return refusal(400, 'UnknownOperationException');
}

export function notFound(): WireReply {
  return refusal(404, 'ResourceNotFoundException', 'nothing is served at this path');
}

export function methodNotAllowed(allow: string): HttpReply {
  return { ...refusal(405, 'MethodNotAllowedException', `this path answers to ${allow} only`), allow };
}

export function bodyTooLarge(limit: number): HttpReply {
  const message = `the request body is larger than ${limit} bytes`;
  return { ...refusal(413, 'RequestEntityTooLargeException', message), close: true };
}

export function headersTooLarge(size: number, count: number): HttpReply {
  const message = `the request has more than ${size} bytes or ${count} lines of headers`;
  return { ...refusal(431, 'RequestHeaderFieldsTooLargeException', message), close: true };
}

export function requestTimedOut(): HttpReply {
  return { ...refusal(408, 'RequestTimeoutException', 'the request did not arrive in time'), close: true };
}

export function malformedRequest(): HttpReply {
  return {
    ...refusal(400, 'MalformedHttpRequestException', 'the request is not well-formed HTTP/1.1'),
    close: true,
  };
}

export function expectationFailed(): HttpReply {
  const message = 'the only expectation that can be met is 100-continue';
  return { ...refusal(417, 'ExpectationFailedException', message), close: true };
}

/** For what should never happen: it tells the caller nothing, the log says why. */
export function internalFailure(): WireReply {
  return refusal(500, 'InternalFailure');
}

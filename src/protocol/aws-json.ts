import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import type { ServiceError } from '../errors.ts';
import { type ServiceName, TARGET_PREFIXES } from '../model/index.ts';
import { mediaType } from './media-type.ts';
import type { Protocol } from './protocol.ts';
import { notJson, notUtf8, unknownOperation, unsupportedContentType } from './refusals.ts';

const AWS_JSON = 'application/x-amz-json-1.1';

const ACCEPTED_CONTENT_TYPES: ReadonlySet<string> = new Set([
  AWS_JSON,
  'application/x-amz-json-1.0',
  'application/json',
]);

/** The services that speak this protocol, by the prefix of their targets. */
const SERVICES: ReadonlyMap<string, ServiceName> = new Map([
  [TARGET_PREFIXES.kms, 'kms'],
  [TARGET_PREFIXES.cloudtrail, 'cloudtrail'],
  // As newer clients have it.
  ['CloudTrail_20131101', 'cloudtrail'],
  [TARGET_PREFIXES.organizations, 'organizations'],
  [TARGET_PREFIXES.qkms, 'qkms'],
]);

/** Codes whose text AWS sends as `Message` instead of `message` (specification: errors.md section 1). */
const CAPITAL_MESSAGE: ReadonlySet<string> = new Set(['AccessDeniedException', 'SerializationException']);

/** AWS JSON 1.1, which KMS, CloudTrail and Organizations speak; every answer is of this version, whichever of the accepted ones the request used. */
export const awsJson: Protocol = {
  contentType: AWS_JSON,
  readTarget: ({ headers }) => readTarget(headers),
  readInput: ({ body }) => parseBody(body),
  unknownOperationText: () => '',
  renderOutput: (operation, output) => operation.encode(output),
  renderRefusal: (error) => ({ status: error.status, body: renderError(error) }),
};

/** The operation that an `X-Amz-Target: TrentService.<Operation>` header names. */
function readTarget(headers: IncomingHttpHeaders): ReturnType<Protocol['readTarget']> {
  const target = headers['x-amz-target'];
  const dot = typeof target === 'string' ? target.lastIndexOf('.') : -1;
  if (typeof target !== 'string' || dot === -1) throw unknownOperation();
  const service = SERVICES.get(target.slice(0, dot));
  if (service === undefined) throw unknownOperation();
  const contentType = headers['content-type'];
  if (contentType !== AWS_JSON && !ACCEPTED_CONTENT_TYPES.has(mediaType(contentType))) {
    throw unsupportedContentType([...ACCEPTED_CONTENT_TYPES]);
  }
  return { service, operation: target.slice(dot + 1) };
}

/** An empty body means `{}`, as AWS takes it for operations without required members. */
function parseBody(body: Buffer): unknown {
  if (body.length === 0) return {};
  if (!isUtf8(body)) throw notUtf8();
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw notJson();
  }
}

/** The JSON body of a refusal: `{"__type":…,"message":…}`, without a message member where there is no text. */
function renderError(error: ServiceError): string {
  const { code, message } = error;
  if (message === '') return JSON.stringify({ __type: code });
  return JSON.stringify({ __type: code, [CAPITAL_MESSAGE.has(code) ? 'Message' : 'message']: message });
}

import type { IncomingHttpHeaders } from 'node:http';
import { awsJson } from './aws-json.ts';
import { awsQuery } from './aws-query.ts';
import { mediaType } from './media-type.ts';
import type { Protocol } from './protocol.ts';

export type { Protocol } from './protocol.ts';
export { unknownOperation } from './refusals.ts';

/** The protocol that a request is in: a form is AWS Query; all else, and whatever names a target, is taken for AWS JSON. */
export function protocolOf(headers: IncomingHttpHeaders): Protocol {
  if (headers['x-amz-target'] !== undefined) return awsJson;
  const isForm = mediaType(headers['content-type']) === 'application/x-www-form-urlencoded';
  return isForm ? awsQuery : awsJson;
}

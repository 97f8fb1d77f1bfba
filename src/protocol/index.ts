import type { IncomingHttpHeaders } from 'node:http';
import { awsJson } from './aws-json.ts';
import { awsQuery } from './aws-query.ts';
import { mediaType } from './media-type.ts';
import type { Protocol } from './protocol.ts';

export type { Protocol } from './protocol.ts';
export { unknownOperation } from './refusals.ts';

/** The protocol that a request is in: a form is AWS Query, all else is taken for AWS JSON. */
export function protocolOf(headers: IncomingHttpHeaders): Protocol {
  const contentType = headers['content-type'];
  if (contentType === awsJson.contentType) return awsJson;
  return mediaType(contentType) === 'application/x-www-form-urlencoded' ? awsQuery : awsJson;
}

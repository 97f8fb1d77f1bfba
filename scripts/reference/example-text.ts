import { bodyOf, headersOf } from '../../console/src/api/wire.ts';
import { isQueryService } from '../../src/model/service.ts';
import type { Example, OperationPage } from './model.ts';

/** The request of an example as it goes over the wire, before it is signed. */
export function requestText({ service, name }: OperationPage, { request }: Example): string {
  const wire = { service, operation: name, input: request };
  const headers = Object.entries(headersOf(wire)).map(([header, value]) => `${header}: ${value}`);
  const body = isQueryService(service) ? bodyOf(wire) : JSON.stringify(request, undefined, 2);
  return `POST / HTTP/1.1\n${headers.join('\n')}\n\n${body}`;
}

/** The answer to an example as it came over the wire, laid out. */
export function responseText({ response: { status, contentType, body } }: Example): string {
  return `HTTP/1.1 ${status}\ncontent-type: ${contentType}\n\n${body}`;
}

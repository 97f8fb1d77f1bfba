import {
  isQueryService,
  QUERY_VERSIONS,
  type ServiceName,
  TARGET_PREFIXES,
} from '../../../src/model/service.ts';
import { queryForm } from './query-form.ts';

/** What is asked of the server: the same as any client could ask. */
export interface Request {
  readonly service: ServiceName;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** The operation takes no signature. */
  readonly unsigned?: boolean;
}

/** The body of a request: JSON, or a form for IAM and STS. */
export function bodyOf({ service, operation, input }: Request): string {
  if (!isQueryService(service)) return JSON.stringify(input);
  return queryForm(operation, QUERY_VERSIONS[service], input);
}

/** The headers of a request that is not signed yet. */
export function headersOf({ service, operation }: Request): Readonly<Record<string, string>> {
  return isQueryService(service)
    ? { 'content-type': 'application/x-www-form-urlencoded' }
    : {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `${TARGET_PREFIXES[service]}.${operation}`,
      };
}

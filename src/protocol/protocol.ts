import type { IncomingHttpHeaders } from 'node:http';
import type { ServiceError } from '../errors.ts';
import type { ServiceName, StructureShape } from '../model/index.ts';

/** What a protocol reads of a request. */
export interface ProtocolRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a protocol needs to know of an operation to write its answer. */
export interface ProtocolOperation {
  readonly service: ServiceName;
  readonly name: string;
  readonly output: StructureShape;
  /** Writes an output as JSON. */
  readonly encode: (output: object) => string;
}

/** How requests name an operation and carry its input, and how they are answered. */
export interface Protocol {
  /** Of every answer. */
  readonly contentType: string;
  /** @throws ServiceError `UnknownOperationException` when the request names no operation */
  readTarget(request: ProtocolRequest): { readonly service: ServiceName; readonly operation: string };
  /**
   * The input as a JSON value, for the shape's own decoder to check.
   *
   * @throws ServiceError `SerializationException`
   */
  readInput(request: ProtocolRequest, shape: StructureShape): unknown;
  /** What is said of an operation that does not exist; `''` for nothing. */
  unknownOperationText(name: string): string;
  renderOutput(operation: ProtocolOperation, output: object, requestId: string): string;
  renderRefusal(error: ServiceError, requestId: string): { readonly status: number; readonly body: string };
}

import type { Server, ServerOptions } from 'node:https';

/**
 * Node's HTTP, which is not imported for a reason: importing `node:http` as an ES module runs all its getters, one of
 * which loads an entire HTTP client: 16 MB of memory and up to a tenth of a second for every process.
 */
export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http');

/** Loads what TLS needs only where there is TLS. */
export function createTlsServer(options: ServerOptions): Server {
  return process.getBuiltinModule('node:https').createServer(options);
}

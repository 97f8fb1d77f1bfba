import { isIP } from 'node:net';

/** Where a server listens. */
export interface ListenAddress {
  /** A host name or an address; an IPv6 address without brackets. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

const MAXIMUM_PORT = 65_535;

/** A host name or an address as it is used: without the brackets of an IPv6 address. `undefined` when it is none. */
export function parseHost(typed: string): string | undefined {
  const host = /^\[(.*)\]$/.exec(typed)?.[1] ?? typed;
  const wellFormed = typed === host ? /^[\w.:%-]+$/.test(host) : isIP(host) === 6;
  return wellFormed && (!host.includes(':') || isIP(host) === 6) ? host : undefined;
}

/** `127.0.0.1:9464` or `[::1]:9464`; `undefined` when it is no address with a port. */
export function parseListenAddress(typed: string): ListenAddress | undefined {
  const [, typedHost = '', digits = ''] = /^(\[.*\]|[^:]*):(\d{1,5})$/.exec(typed) ?? [];
  const host = parseHost(typedHost);
  const port = Number(digits);
  return host !== undefined && port <= MAXIMUM_PORT ? Object.freeze({ host, port }) : undefined;
}

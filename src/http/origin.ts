import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { all, compile } from '@fastify/proxy-addr';

/** Where a request comes from, and whether it came over TLS, as far as anybody can vouch for it. */
export interface Origin {
  readonly sourceAddress: string;
  readonly secureTransport: boolean;
}

/** Tells where a request comes from whose connection is from an address. */
export type FindOrigin = (request: IncomingMessage, connectionAddress: string) => Origin;

const IPV4_MAPPED = '::ffff:';

/**
 * How origins are found: from the connection, or, where that is a trusted proxy's, from what the proxy says in
 * `X-Forwarded-For` and `X-Forwarded-Proto` (de facto standards; the rightmost address that is no trusted proxy's counts,
 * for whatever stands to the left of it anybody can have written).
 *
 * @param trustedProxies addresses and networks (CIDR); none: the headers mean nothing
 * @param secureTransport whether connections are TLS
 */
export function originFinder(trustedProxies: readonly string[], secureTransport: boolean): FindOrigin {
  if (trustedProxies.length === 0)
    return (_, connectionAddress) => ({ sourceAddress: connectionAddress, secureTransport });
  const isTrusted = compile([...trustedProxies]);
  return (request, connectionAddress) => {
    if (!isTrusted(connectionAddress, 0)) return { sourceAddress: connectionAddress, secureTransport };
    const said = all(request, isTrusted).at(-1)?.trim() ?? '';
    const address = said.startsWith(IPV4_MAPPED) ? said.slice(IPV4_MAPPED.length) : said;
    const protocol = String(request.headers['x-forwarded-proto'] ?? '')
      .split(',')
      .at(-1)
      ?.trim()
      .toLowerCase();
    return {
      sourceAddress: isIP(address) === 0 ? connectionAddress : address,
      secureTransport: protocol === undefined || protocol === '' ? secureTransport : protocol === 'https',
    };
  };
}

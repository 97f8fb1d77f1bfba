import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** One connection over which requests come: after the TLS handshake, where there is one. */
export interface Connection {
  /** The client's address; IPv4 in dotted form even where it came in over IPv6. */
  readonly address: string;
  /** How it is encrypted, such as `TLSv1.3` and `TLS_AES_128_GCM_SHA256`; `undefined` without TLS. */
  readonly tls: { readonly version: string; readonly cipherSuite: string } | undefined;
  /** Requests that have arrived whole and are not answered yet; more than one only where the client pipelines. */
  inFlight: number;
}

/** The open connections of a server. */
export interface Connections {
  /** `undefined` for a socket that is no connection (yet), such as one whose TLS handshake failed. */
  of(socket: Socket): Connection | undefined;
  /** Closes the connections over which nothing has come yet. */
  closeSilent(): void;
  /** Closes everything at once, whatever it is doing. */
  destroyAll(): void;
}

/** Keeps account of the connections of `server` from here on. */
export function trackConnections(server: Server, secure: boolean): Connections {
  const connections = new Map<Socket, Connection>();
  // With TLS, what is accepted and what brings requests are two sockets, one upon the other.
  const accepted = new Set<Socket>();

  server.on('connection', (socket: Socket) => {
    accepted.add(socket);
    socket.once('close', () => accepted.delete(socket));
  });
  server.on(secure ? 'secureConnection' : 'connection', (socket: Socket) => {
    connections.set(socket, { address: addressOf(socket), tls: tlsOf(socket), inFlight: 0 });
    socket.once('close', () => connections.delete(socket));
  });

  return {
    of: (socket) => connections.get(socket),
    closeSilent() {
      for (const socket of accepted) if (socket.bytesRead === 0) socket.destroy();
    },
    destroyAll() {
      for (const socket of accepted) socket.destroy();
    },
  };
}

function tlsOf(socket: Socket): Connection['tls'] {
  if (!(socket instanceof TLSSocket)) return undefined;
  return { version: socket.getProtocol() ?? '', cipherSuite: socket.getCipher().standardName };
}

const IPV4_MAPPED = '::ffff:';

function addressOf(socket: Socket): string {
  const address = socket.remoteAddress ?? '';
  return address.startsWith(IPV4_MAPPED) && address.includes('.')
    ? address.slice(IPV4_MAPPED.length)
    : address;
}

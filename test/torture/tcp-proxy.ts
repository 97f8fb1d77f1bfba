import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** What a proxy holds back when it is frozen. */
export const DIRECTIONS = ['requests', 'answers', 'both'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** A way to a port of this machine that can be cut and frozen, as networks are. */
export interface TcpProxy {
  readonly port: number;
  /** Where connections lead that are opened from now on. */
  leadTo(port: number): void;
  /** Ends all connections at once, and those that are opened from now on. */
  cut(): void;
  /** Holds bytes back. They are not lost: those that fit into the system's buffers are on their way already. */
  freeze(direction: Direction): void;
  /** Lets everything arrive so many milliseconds late from now on. */
  delay(milliseconds: number): void;
  /** Lets everything pass again at once, what was held back first. */
  heal(): void;
  close(): Promise<void>;
}

/** A connection of a client, and what leads on from it. */
interface Line {
  readonly client: Socket;
  readonly server: Socket;
}

/** Opens a proxy on a free port. */
export async function openTcpProxy(target?: number): Promise<TcpProxy> {
  let port = target;
  let isCut = false;
  let latency = 0;
  let frozen: Direction | undefined;
  const lines = new Set<Line>();

  const isHeldBack = (direction: Direction) => frozen === direction || frozen === 'both';

  function open(client: Socket): void {
    client.on('error', () => {});
    if (isCut || port === undefined) {
      client.destroy();
      return;
    }
    const server = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    const line = { client, server };
    lines.add(line);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.setNoDelay();
      socket.on('error', () => {});
      socket.once('close', () => {
        lines.delete(line);
        other.destroy();
      });
    }
    forward(client, server, 'requests');
    forward(server, client, 'answers');
  }

  function forward(from: Socket, to: Socket, direction: Direction): void {
    let lag = 0;
    let underWay = 0;
    const arrive = (act: () => void) => {
      // Nothing overtakes what is still under way.
      lag = underWay > 0 ? Math.max(lag, latency) : latency;
      if (lag === 0) return act();
      underWay += 1;
      setTimeout(() => {
        underWay -= 1;
        act();
      }, lag);
    };
    from.on('data', (chunk) =>
      arrive(() => {
        if (!to.write(chunk)) from.pause();
      }),
    );
    to.on('drain', () => {
      if (!isHeldBack(direction)) from.resume();
    });
    from.once('end', () => arrive(() => to.end()));
    if (isHeldBack(direction)) from.pause();
  }

  // Not by resetAndDestroy(), which can leave Node with a handle that never closes.
  function end({ client, server }: Line): void {
    client.destroy();
    server.destroy();
  }

  const listener = createServer({ allowHalfOpen: true }, open).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy does not listen on a port');
  return {
    port: address.port,
    leadTo(next) {
      port = next;
    },
    cut() {
      isCut = true;
      for (const line of lines) end(line);
    },
    freeze(direction) {
      frozen = direction;
      for (const { client, server } of lines) {
        if (isHeldBack('requests')) client.pause();
        if (isHeldBack('answers')) server.pause();
      }
    },
    delay(milliseconds) {
      latency = milliseconds;
    },
    heal() {
      isCut = false;
      frozen = undefined;
      latency = 0;
      for (const { client, server } of lines) {
        client.resume();
        server.resume();
      }
    },
    async close() {
      for (const line of lines) end(line);
      listener.close();
      await once(listener, 'close');
    },
  };
}

import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** How often a node is asked whether it is ready, and how long it may take to say so, in milliseconds. */
const CHECK_INTERVAL = 250;
const CHECK_TIMEOUT = 1_000;

interface Node {
  readonly port: number;
  isReady: boolean;
  /** Those of clients that are connected to it. */
  readonly clients: Set<Socket>;
}

/**
 * Gives TCP connections to the nodes on this machine that answer `GET /health/ready` with 200, in turn. When a node dies
 * or is not ready any more, its connections are closed: clients connect again, and get to another one.
 */
export class LoadBalancer {
  readonly #server: Server;
  readonly #nodes: Node[] = [];
  readonly #closed = new AbortController();
  #turn = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (client) => {
      // A connection that breaks is closed, which is all that there is to do.
      client.on('error', () => {});
      this.#connect(client);
    });
  }

  /**
   * Listens on a port of the loopback address, 0 for any free one. Until nodes are added it closes all connections.
   *
   * @throws Error when the port is taken
   */
  static async listen(port: number): Promise<LoadBalancer> {
    // Who has finished sending may still be waiting for the answer.
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return new LoadBalancer(server);
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the load balancer does not listen');
    return address.port;
  }

  /** Adds a node, and resolves when it is ready, if it is so before the load balancer closes. */
  async add(port: number): Promise<void> {
    const node: Node = { port, isReady: false, clients: new Set() };
    this.#nodes.push(node);
    await new Promise<void>((resolve) => this.#watch(node, resolve));
  }

  /** Takes no more connections. Those that are there go on. */
  stopListening(): void {
    this.#server.close();
  }

  /** Ends it with all connections. */
  close(): void {
    this.stopListening();
    this.#closed.abort();
    for (const node of this.#nodes) disconnect(node);
  }

  async #watch(node: Node, ready: () => void): Promise<void> {
    while (!this.#closed.signal.aborted) {
      node.isReady = await isReady(node.port);
      if (node.isReady) ready();
      else disconnect(node);
      await delay(CHECK_INTERVAL, undefined, { signal: this.#closed.signal }).catch(() => {});
    }
  }

  #connect(client: Socket): void {
    const node = this.#next();
    if (node === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect({ port: node.port, host: '127.0.0.1', allowHalfOpen: true });
    upstream.once('connect', () => {
      if (client.destroyed) {
        upstream.destroy();
        return;
      }
      node.clients.add(client);
      client.once('close', () => node.clients.delete(client));
      join(client, upstream);
    });
    upstream.on('error', () => {
      if (client.destroyed || node.clients.has(client)) return;
      // Nothing was sent yet, so another node can have it.
      node.isReady = false;
      this.#connect(client);
    });
  }

  #next(): Node | undefined {
    const ready = this.#nodes.filter(({ isReady }) => isReady);
    this.#turn += 1;
    return ready[this.#turn % ready.length];
  }
}

/** Passes on what either side writes, until both have ended. */
function join(client: Socket, upstream: Socket): void {
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.setNoDelay(true).pipe(other);
    one.once('close', () => other.destroySoon());
  }
}

function disconnect({ clients }: Node): void {
  for (const client of clients) client.destroy();
}

async function isReady(port: number): Promise<boolean> {
  try {
    const url = `http://127.0.0.1:${port}/health/ready`;
    const response = await fetch(url, { signal: AbortSignal.timeout(CHECK_TIMEOUT) });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}

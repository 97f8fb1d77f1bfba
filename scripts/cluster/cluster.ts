import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresServer } from '../../test/support/postgres.ts';
import { startDatabase } from './database.ts';
import { LoadBalancer } from './load-balancer.ts';
import { type RunningNode, startNode } from './node.ts';

/** Before what has ended is started again, in milliseconds; twice as long each time that it does not start. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

export interface ClusterOptions {
  readonly nodes: number;
  /** Of the load balancer; the nodes have those that follow. 0 for any free ones. */
  readonly port: number;
  /** Of each node. */
  readonly workers: number;
  /** Where everything is kept. */
  readonly directory: string;
}

interface Running {
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

/** PostgreSQL, nodes and a load balancer on this machine. What ends unasked is started again. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #say: (line: string) => void;
  readonly #nodes = new Set<RunningNode>();
  #isStopping = false;
  #balancer: LoadBalancer | undefined;
  #database: PostgresServer | undefined;

  /** @param say tells the operator a line */
  constructor(options: ClusterOptions, say: (line: string) => void) {
    this.#options = options;
    this.#say = say;
  }

  /**
   * Starts it, and resolves to its endpoint when all nodes serve. Nothing of it outlives this process.
   *
   * @throws Error when something does not start
   */
  async start(): Promise<string> {
    const { nodes, port, directory } = this.#options;
    // Before anything is created: a second cluster started by mistake leaves no trace.
    const balancer = await LoadBalancer.listen(port);
    this.#balancer = balancer;
    await mkdir(directory, { recursive: true });
    // As root, PostgreSQL runs as another user, who has to get to its own directory in this one.
    await chmod(directory, 0o711);
    const { server, url } = await startDatabase(directory);
    this.#database = server;
    this.#say(`PostgreSQL on 127.0.0.1:${server.port}, URL in ${join(directory, 'database-url')}`);
    const restart = async () => {
      await server.start();
      return { ended: server.ended() };
    };
    void this.#keep('PostgreSQL', { ended: server.ended() }, restart);

    const add = async (number: number) => {
      const node = await this.#startNode(number, port === 0 ? 0 : port + number, url);
      void this.#keep(`node ${number}`, node, () => this.#startNode(number, node.port, url));
      await balancer.add(node.port);
    };
    // The first one makes the root key and the credentials of the root user.
    await add(1);
    await Promise.all(Array.from({ length: nodes - 1 }, (_, index) => add(index + 2)));
    return `http://127.0.0.1:${balancer.port}`;
  }

  /** Stops it in order: no more connections, then the nodes, which finish what they were asked, then PostgreSQL. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#balancer?.stopListening();
    const nodes = [...this.#nodes];
    for (const { pid } of nodes) process.kill(pid, 'SIGTERM');
    await Promise.all(nodes.map(({ ended }) => ended));
    this.#balancer?.close();
    await this.#database?.stop();
  }

  async #startNode(number: number, port: number, databaseUrl: string): Promise<RunningNode> {
    const { directory, workers } = this.#options;
    const node = await startNode({ port, workers, directory, databaseUrl, announce: this.#say });
    this.#nodes.add(node);
    void node.ended.then(() => this.#nodes.delete(node));
    this.#say(`node ${number} on http://127.0.0.1:${node.port}, process ${node.pid}`);
    return node;
  }

  async #keep(name: string, first: Running, start: () => Promise<Running>): Promise<void> {
    let running: Running | undefined = first;
    let pause = FIRST_PAUSE;
    for (;;) {
      await running?.ended;
      if (this.#isStopping) return;
      if (running !== undefined) this.#say(`${name} ended; starting it again`);
      await delay(pause);
      try {
        running = await start();
        pause = FIRST_PAUSE;
      } catch (error) {
        this.#say(`${name} does not start: ${error instanceof Error ? error.message : error}`);
        running = undefined;
        pause = Math.min(2 * pause, LONGEST_PAUSE);
      }
    }
  }
}

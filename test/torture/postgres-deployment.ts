import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { rootKeyFileOf, verifyStore } from '../support/inside.ts';
import { type NodeProcess, startNode } from '../support/node-process.ts';
import { startPostgres } from '../support/postgres.ts';
import type { Deployment, Environment, Way } from './deployment.ts';
import type { Fault } from './faults.ts';
import { cut, freeze, pause } from './processes.ts';
import { openTcpProxy } from './tcp-proxy.ts';

const NODES = 3;

const NODE_FAULTS = [
  ...(['kill a node', 'restart a node in order', 'pause a node'] as const),
  ...(['cut a node from its clients', 'freeze a node and its clients'] as const),
  ...(['cut a node from the database', 'freeze a node and the database'] as const),
] as const;
const DATABASE_FAULTS = ['kill the database', 'restart the database', 'pause the database'] as const;
type NodeFault = (typeof NODE_FAULTS)[number];
type DatabaseFault = (typeof DATABASE_FAULTS)[number];

/** A node that clients and the node itself reach everything through proxies. */
interface ProxiedNode {
  readonly way: Way;
  suffer(fault: Fault<NodeFault>): Promise<void>;
  stop(): Promise<number | null>;
  destroy(): Promise<void>;
}

/** Three nodes on one PostgreSQL, each with proxies between itself and its clients, and itself and the database. */
export async function deployOnPostgres(
  environment: Environment,
): Promise<Deployment<NodeFault | DatabaseFault>> {
  const directory = await mkdtemp(join(tmpdir(), 'qkms-torture-'));
  const postgres = await startPostgres();
  const { url } = await postgres.createDatabase();
  const nodes: ProxiedNode[] = [];
  // One after the other: the first creates the root key, which all of them need.
  for (let number = 0; number < NODES; number += 1) {
    nodes.push(await startProxiedNode({ number, directory, url, databasePort: postgres.port, environment }));
  }

  async function sufferDatabase({ kind, duration }: Fault<DatabaseFault>): Promise<void> {
    switch (kind) {
      case 'kill the database':
        await postgres.kill();
        await delay(duration);
        return postgres.start();
      case 'restart the database':
        return postgres.restart();
      case 'pause the database':
        postgres.pause();
        await delay(duration);
        postgres.resume();
    }
  }

  return {
    ways: nodes.map(({ way }) => way),
    faultKinds: [...NODE_FAULTS, ...DATABASE_FAULTS],
    async suffer(fault) {
      if (isOfDatabase(fault)) await sufferDatabase(fault);
      else if (isOfNode(fault)) await nodes[fault.place % NODES]?.suffer(fault);
    },
    async finish() {
      for (const node of nodes) assert.equal(await node.stop(), 0);
      return verifyStore(directoryOf(directory, 0), url);
    },
    async destroy() {
      for (const node of nodes) await node.destroy();
      await postgres[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function isOfDatabase(fault: Fault): fault is Fault<DatabaseFault> {
  return DATABASE_FAULTS.some((kind) => kind === fault.kind);
}

function isOfNode(fault: Fault): fault is Fault<NodeFault> {
  return NODE_FAULTS.some((kind) => kind === fault.kind);
}

function directoryOf(directory: string, number: number): string {
  return join(directory, `node-${number + 1}`);
}

async function startProxiedNode({
  number,
  directory,
  url,
  databasePort,
  environment,
}: {
  readonly number: number;
  readonly directory: string;
  readonly url: string;
  readonly databasePort: number;
  readonly environment: Environment;
}): Promise<ProxiedNode> {
  const clients = await openTcpProxy();
  const database = await openTcpProxy(databasePort);
  const databaseUrl = new URL(url);
  databaseUrl.port = String(database.port);
  const flags = [
    ...['--database-url', databaseUrl.href],
    ...['--root-key-file', rootKeyFileOf(directoryOf(directory, 0))],
  ];
  let node = await start();
  let isOpen = true;

  async function start(): Promise<NodeProcess> {
    const dataDirectory = directoryOf(directory, number);
    const started = await startNode({ dataDirectory, workers: 1, flags, environment });
    clients.leadTo(Number(new URL(started.endpoint).port));
    return started;
  }

  async function whileClosed(work: () => Promise<unknown>): Promise<void> {
    isOpen = false;
    await work();
    isOpen = true;
  }

  const replace = (end: () => Promise<unknown>) =>
    whileClosed(async () => {
      await end();
      node = await start();
    });

  return {
    way: {
      name: `node ${number + 1}`,
      endpoint: `http://127.0.0.1:${clients.port}`,
      isOpen: () => isOpen,
    },
    suffer(fault) {
      switch (fault.kind) {
        case 'kill a node':
          return replace(() => node.kill());
        case 'restart a node in order':
          return replace(async () => assert.equal(await node.stop(), 0));
        case 'pause a node':
          return pause([node.pid], fault.duration);
        case 'cut a node from its clients':
          return whileClosed(() => cut(clients, fault));
        case 'freeze a node and its clients':
          return freeze(clients, fault);
        case 'cut a node from the database':
          return cut(database, fault);
        case 'freeze a node and the database':
          return freeze(database, fault);
      }
    },
    stop: () => node.stop(),
    async destroy() {
      await node.kill();
      await clients.close();
      await database.close();
    },
  };
}

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processTree } from '../../bench/processes.ts';
import { verifyStore } from '../support/inside.ts';
import { type NodeProcess, startNode } from '../support/node-process.ts';
import type { Deployment, Environment } from './deployment.ts';
import type { Fault } from './faults.ts';
import { cut, freeze, pause, signal } from './processes.ts';
import { openTcpProxy } from './tcp-proxy.ts';

const WORKERS = 2;

const FAULT_KINDS = [
  ...(['kill a worker', 'kill the primary', 'kill everything', 'restart in order'] as const),
  ...([
    'pause a worker',
    'pause the primary',
    'pause everything',
    'cut the clients',
    'freeze the clients',
  ] as const),
] as const;
type SqliteFault = (typeof FAULT_KINDS)[number];

/**
 * One node with two workers on one SQLite database, reached through a proxy.
 *
 * @param environment variables of the node
 */
export async function deployOnSqlite(environment: Environment): Promise<Deployment<SqliteFault>> {
  const directory = await mkdtemp(join(tmpdir(), 'qkms-torture-'));
  const dataDirectory = join(directory, 'data');
  const proxy = await openTcpProxy();
  let node = await start();
  let isOpen = true;

  async function start(): Promise<NodeProcess> {
    const started = await startNode({ dataDirectory, workers: WORKERS, environment });
    proxy.leadTo(Number(new URL(started.endpoint).port));
    return started;
  }

  /** Ends the node in some way and starts another. */
  async function replace(end: () => Promise<unknown>): Promise<void> {
    isOpen = false;
    await end();
    node = await start();
    isOpen = true;
  }

  const workers = () => processTree(node.pid).slice(1);
  const someWorker = (place: number) => workers().at(place % WORKERS);

  return {
    // Connections are dealt out to the workers in turn.
    ways: Array.from({ length: WORKERS }, (_, number) => ({
      name: `connection ${number + 1}`,
      endpoint: `http://127.0.0.1:${proxy.port}`,
      isOpen: () => isOpen,
    })),
    faultKinds: FAULT_KINDS,
    async suffer(fault: Fault<SqliteFault>) {
      const { kind, place, duration } = fault;
      switch (kind) {
        case 'kill a worker':
          signal(someWorker(place), 'SIGKILL');
          break;
        case 'kill the primary':
          return replace(() => node.kill());
        case 'kill everything':
          return replace(() => node.kill({ everything: true }));
        case 'restart in order':
          return replace(async () => assert.equal(await node.stop(), 0));
        case 'pause a worker':
          return pause([someWorker(place)], duration);
        case 'pause the primary':
          return pause([node.pid], duration);
        case 'pause everything':
          return pause(processTree(node.pid), duration);
        case 'cut the clients':
          isOpen = false;
          await cut(proxy, fault);
          isOpen = true;
          break;
        case 'freeze the clients':
          await freeze(proxy, fault);
      }
    },
    async finish() {
      assert.equal(await node.stop(), 0);
      return verifyStore(dataDirectory);
    },
    async destroy() {
      await node.kill({ everything: true });
      await proxy.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

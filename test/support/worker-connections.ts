import { Agent } from 'node:http';
import { KMS } from '@aws-sdk/client-kms';
import { REGION, ROOT_CREDENTIALS } from './server.ts';

export type WorkerNumber = 0 | 1;

/** Two connections to each of the two workers of a node, for requests that shall reach a certain one of them. */
export interface WorkerConnections {
  /** Agents that keep one connection each, by worker. */
  readonly uses: readonly [Agent, Agent];
  readonly changes: readonly [Agent, Agent];
  /** Whether they are still the connections that they were. */
  areKept(): boolean;
  close(): void;
}

/** Opens them one after the other: a node deals connections out to its workers in turn. */
export async function connectToWorkers(endpoint: string): Promise<WorkerConnections> {
  const open = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const settings = { endpoint, region: REGION, credentials: ROOT_CREDENTIALS, maxAttempts: 1 };
    await new KMS({ ...settings, requestHandler: { httpAgent: agent } }).listKeys({ Limit: 1 });
    return agent;
  };
  const uses = [await open(), await open()] as const;
  const changes = [await open(), await open()] as const;
  const agents = [...uses, ...changes];
  const socketsOf = ({ sockets, freeSockets }: Agent) =>
    [sockets, freeSockets].flatMap((byHost) => Object.values(byHost).flatMap((some = []) => some));
  const opened = agents.map((agent) => socketsOf(agent)[0]);
  return {
    uses,
    changes,
    areKept: () => opened.every((socket) => socket?.destroyed === false),
    close() {
      for (const agent of agents) agent.destroy();
    },
  };
}

/*
 * What recording calls in the audit log takes from a node, by when records are durable. `bench.ts` forks it; it sends one
 * `AuditReport`.
 */
import { join } from 'node:path';
import { AUDIT_DURABILITIES } from '../src/settings.ts';
import { type LoadResult, startLoadGenerators } from './load.ts';
import { cpuSeconds } from './processes.ts';
import { createKey, decryptions, signedRequests } from './requests.ts';
import { median } from './rounds.ts';
import { type RunningServer, startQkms } from './servers.ts';

/** Decrypt with one durability of the audit log. */
export interface AuditCost {
  readonly durability: string;
  readonly requestsPerSecond: number;
  /** Per request, user and system, all threads. */
  readonly cpuMicroseconds: number;
  readonly p50: number;
  readonly p99: number;
}

export interface AuditReport {
  readonly connections: number;
  readonly costs: readonly AuditCost[];
}

const CONNECTIONS = 64;
const ROUNDS = 7;
/** Of the first rounds a part goes into compiling. */
const WARM_UP_ROUNDS = 3;
const MILLISECONDS = 3_000;
const REQUESTS = 2_000;

const [directory = ''] = process.argv.slice(2);
const generators = startLoadGenerators(1);
const running: RunningServer[] = [];

try {
  const subjects: Subject[] = [];
  for (const durability of AUDIT_DURABILITIES) {
    const dataDirectory = join(directory, durability);
    const server = await startQkms(dataDirectory, 1, { auditDurability: durability });
    running.push(server);
    subjects.push({
      durability,
      server,
      bodies: await decryptions(server.port, await createKey(server.port), REQUESTS),
    });
  }
  const rounds: AuditCost[][] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    const costs: AuditCost[] = [];
    for (const subject of subjects) costs.push(await measure(subject));
    if (round >= WARM_UP_ROUNDS) rounds.push(costs);
  }
  const report: AuditReport = {
    connections: CONNECTIONS,
    costs: AUDIT_DURABILITIES.map((durability) =>
      summarize(
        durability,
        rounds.flat().filter((cost) => cost.durability === durability),
      ),
    ),
  };
  if (process.send === undefined) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else process.send(report);
} finally {
  generators.stop();
  await Promise.all(running.map((server) => server.stop()));
}
process.disconnect?.();

interface Subject {
  readonly durability: string;
  readonly server: RunningServer;
  readonly bodies: readonly string[];
}

async function measure({ durability, server, bodies }: Subject): Promise<AuditCost> {
  const before = cpuSeconds(server.pid);
  const { requestsPerSecond, answered, p50, p99 }: LoadResult = await generators.run({
    ports: [server.port],
    connections: CONNECTIONS,
    milliseconds: MILLISECONDS,
    requests: signedRequests(server.port, 'Decrypt', bodies),
  });
  const cpuMicroseconds = ((cpuSeconds(server.pid) - before) * 1e6) / answered;
  return { durability, requestsPerSecond, cpuMicroseconds, p50, p99 };
}

function summarize(durability: string, costs: readonly AuditCost[]): AuditCost {
  const of = (figure: (cost: AuditCost) => number) => median(costs, figure);
  return {
    durability,
    requestsPerSecond: of((cost) => cost.requestsPerSecond),
    cpuMicroseconds: of((cost) => cost.cpuMicroseconds),
    p50: of((cost) => cost.p50),
    p99: of((cost) => cost.p99),
  };
}

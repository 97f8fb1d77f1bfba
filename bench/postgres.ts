/*
 * What nodes on PostgreSQL take and give, beside a node on SQLite. `bench.ts` forks it; it sends one `PostgresReport`.
 * PostgreSQL comes from npm, on the same machine, and commits to disk.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { migrateStore } from '../src/cli/migrate-store.ts';
import { query } from '../test/support/postgres/database.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { addKeys } from './large-store.ts';
import { type LoadResult, startLoadGenerators } from './load.ts';
import { cpuSeconds } from './processes.ts';
import { call, createKey, decryptions, signedRequests } from './requests.ts';
import { median } from './rounds.ts';
import { type RunningServer, startQkms } from './servers.ts';

/** Decrypt by some nodes. */
export interface NodesCost {
  readonly name: string;
  readonly requestsPerSecond: number;
  /** Of all nodes, without the database. */
  readonly cpuMicroseconds: number;
  readonly p50: number;
  readonly p99: number;
  /** Transactions in the database for each request, reads of the fence among them; undefined on SQLite. */
  readonly transactions: number | undefined;
}

export interface PostgresReport {
  readonly version: string;
  readonly connections: number;
  /** At all connections, and at one. */
  readonly nodes: readonly NodesCost[];
  readonly alone: readonly NodesCost[];
  /** One node, stores of different sizes. */
  readonly stores: readonly (NodesCost & { readonly keys: number; readonly copySeconds: number })[];
  /** One node, while another changes the policies of the keys. */
  readonly changes: readonly (NodesCost & { readonly wanted: number; readonly made: number })[];
}

const CONNECTIONS = 64;
const ROUNDS = 3;
const MILLISECONDS = 3_000;
const REQUESTS = 2_000;
const STORES = [1_000, 100_000, ...(process.argv.includes('--million') ? [1_000_000] : [])];
/** More than a process keeps: asked for in turn, none is ever found in its cache. */
const UNCACHED_KEYS = 20_000;
const CHANGED_KEYS = 100;
const QUIET = { isTTY: false, write: () => true };
const CHANGE_RATES = [0, 10, 100];
/** PostgreSQL tells what has happened about a second late. */
const STATISTICS_DELAY = 1_500;

const [directory = ''] = process.argv.slice(2);
await mkdir(directory, { recursive: true });
await using postgres = await startPostgres({ fsync: true });
const { url } = await postgres.createDatabase();
const dataDirectory = join(directory, 'postgres');
const generators = startLoadGenerators(1);
const running: RunningServer[] = [];
/** How many requests have been sent: loads go on where the last one stopped. */
let asked = 0;

try {
  const sqlite = await up(startQkms(join(directory, 'sqlite'), 1));
  const nodes = [await node(), await node(), await node()] as const;
  const [first, second, third] = nodes;
  const ofSqlite = {
    name: 'SQLite, 1 node',
    servers: [sqlite],
    bodies: await decryptions(sqlite.port, await createKey(sqlite.port), REQUESTS),
  };
  const bodies = await decryptions(first.port, await createKey(first.port), REQUESTS);
  const subjects = [
    ofSqlite,
    { name: 'PostgreSQL, 1 node', servers: [first], bodies, url },
    { name: 'PostgreSQL, 2 nodes', servers: [first, second], bodies, url },
    { name: 'PostgreSQL, 3 nodes', servers: [first, second, third], bodies, url },
  ];
  const [row] = await postgres.query('select version()');
  const report: PostgresReport = {
    version: String(row?.['version']).split(' ', 2).join(' '),
    connections: CONNECTIONS,
    nodes: await measure(subjects, CONNECTIONS),
    alone: await measure(subjects.slice(0, 2), 1),
    changes: await measureChanges(first, second),
    stores: await measureStores(),
  };
  if (process.send === undefined) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else process.send(report);
} finally {
  generators.stop();
  await Promise.all(running.map((server) => server.stop()));
}
process.disconnect?.();

interface Subject {
  readonly name: string;
  readonly servers: readonly RunningServer[];
  readonly bodies: readonly string[];
  /** Of the database whose transactions are counted. */
  readonly url?: string;
}

/** Loads every subject in turn, round after round; the first round warms up. */
async function measure(subjects: readonly Subject[], connections: number): Promise<NodesCost[]> {
  const rounds = subjects.map((subject) => ({ subject, costs: [] as NodesCost[] }));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { subject, costs } of rounds) {
      const cost = await measureOnce(subject, connections);
      if (round > 0) costs.push(cost);
    }
  }
  return rounds.map(({ subject: { name }, costs }) => summarize(name, costs));
}

function summarize(name: string, costs: readonly NodesCost[]): NodesCost {
  const of = (figure: (cost: NodesCost) => number) => median(costs, figure);
  const counted = costs.flatMap(({ transactions }) => transactions ?? []);
  return {
    name,
    requestsPerSecond: of((cost) => cost.requestsPerSecond),
    cpuMicroseconds: of((cost) => cost.cpuMicroseconds),
    p50: of((cost) => cost.p50),
    p99: of((cost) => cost.p99),
    transactions: counted.length === 0 ? undefined : median(counted, (count) => count),
  };
}

async function measureOnce(subject: Subject, connections: number): Promise<NodesCost> {
  const { name, servers, bodies } = subject;
  const start = asked % bodies.length;
  const inTurn = [...bodies.slice(start), ...bodies.slice(0, start)];
  const cpu = () => servers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
  const [cpuBefore, transactionsBefore] = [cpu(), await countTransactions(subject)];
  const result: LoadResult = await generators.run({
    ports: servers.map(({ port }) => port),
    connections,
    milliseconds: MILLISECONDS,
    requests: signedRequests(servers[0]?.port ?? 0, 'Decrypt', inTurn),
  });
  const cpuMicroseconds = ((cpu() - cpuBefore) * 1e6) / result.answered;
  asked += result.answered;
  const transactionsAfter = await countTransactions(subject);
  const transactions =
    transactionsBefore === undefined || transactionsAfter === undefined
      ? undefined
      : (transactionsAfter - transactionsBefore) / result.answered;
  const { requestsPerSecond, p50, p99 } = result;
  return { name, requestsPerSecond, cpuMicroseconds, p50, p99, transactions };
}

async function countTransactions({ url: database }: Subject): Promise<number | undefined> {
  if (database === undefined) return undefined;
  await delay(STATISTICS_DELAY);
  const text = 'select xact_commit from pg_stat_database where datname = current_database()';
  const [row] = await query({ url: database }, text);
  return Number(row?.['xact_commit']);
}

/** Stores of different sizes, asked under keys that are not in any cache, as far as there are so many. */
async function measureStores(): Promise<PostgresReport['stores']> {
  const costs: PostgresReport['stores'][number][] = [];
  const source = join(directory, 'stores');
  await (await startQkms(source, 1)).stop();
  let present = 0;
  for (const keys of STORES) {
    // Single rows go much faster into a file than into PostgreSQL, and copies of stores go there in great statements.
    const samples = Math.min(UNCACHED_KEYS, keys - present);
    const ciphertexts = await addKeys({ dataDirectory: source }, keys - present, samples, () => {});
    present = keys;
    const { url } = await postgres.createDatabase();
    const begin = performance.now();
    await migrateStore({ name: 'from', typed: source }, { name: 'to', typed: url }, undefined, QUIET);
    const copySeconds = (performance.now() - begin) / 1000;
    const server = await startQkms(source, 1, { databaseUrl: url });
    try {
      const bodies = ciphertexts.map((CiphertextBlob) => JSON.stringify({ CiphertextBlob }));
      const [cost] = await measure([{ name: `${keys} keys`, servers: [server], bodies, url }], CONNECTIONS);
      if (cost !== undefined) costs.push({ ...cost, keys, copySeconds });
    } finally {
      await server.stop();
    }
  }
  return costs;
}

async function measureChanges(
  asker: RunningServer,
  changer: RunningServer,
): Promise<PostgresReport['changes']> {
  const keyIds: string[] = [];
  for (let made = 0; made < CHANGED_KEYS; made += 1) keyIds.push(await createKey(changer.port));
  const bodies: string[] = [];
  for (const KeyId of keyIds)
    bodies.push(...(await decryptions(changer.port, KeyId, REQUESTS / CHANGED_KEYS)));
  const policies: string[] = [];
  for (const KeyId of keyIds)
    policies.push(String((await call(changer.port, 'GetKeyPolicy', { KeyId }))['Policy']));
  const costs: (NodesCost & { wanted: number; made: number })[] = [];
  for (const wanted of CHANGE_RATES) {
    const changing = changeAtRate(wanted, async (index) => {
      const at = index % CHANGED_KEYS;
      await call(changer.port, 'PutKeyPolicy', { KeyId: keyIds[at], Policy: policies[at] });
    });
    const subject = { name: `${wanted} changes a second`, servers: [asker], bodies, url };
    const [cost] = await measure([subject], CONNECTIONS);
    const made = await changing.stop();
    if (cost !== undefined) costs.push({ ...cost, wanted, made });
  }
  return costs;
}

/** Makes changes one after the other, so many a second at most, until it is stopped; resolves to the rate reached. */
function changeAtRate(rate: number, change: (index: number) => Promise<void>) {
  const begin = performance.now();
  let made = 0;
  let isStopped = rate === 0;
  const changing = (async () => {
    while (!isStopped) {
      await change(made);
      made += 1;
      await delay(Math.max(0, begin + (made * 1000) / rate - performance.now()));
    }
  })();
  return {
    async stop(): Promise<number> {
      isStopped = true;
      await changing;
      return (made * 1000) / (performance.now() - begin);
    },
  };
}

async function up(starting: Promise<RunningServer>): Promise<RunningServer> {
  const server = await starting;
  running.push(server);
  return server;
}

function node(): Promise<RunningServer> {
  return up(startQkms(dataDirectory, 1, { databaseUrl: url }));
}

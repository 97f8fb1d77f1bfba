/*
 * What an account notices of others who flood the server, with quotas and without. `bench.ts` forks it; it sends one
 * `FloodReport`.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { createAccount } from '../src/cli/identities.ts';
import { readConfiguration } from '../src/config.ts';
import { credentialsIn } from '../test/support/identities.ts';
import { type LoadGenerators, type LoadResult, startLoadGenerators } from './load.ts';
import { call, signedRequests } from './requests.ts';
import { median } from './rounds.ts';
import { type RunningServer, startQkms } from './servers.ts';

/** What an account is answered while somebody else sends something besides. */
export interface FloodCost {
  readonly name: string;
  /** Of the account. */
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Its p99 by the one that it has alone. */
  readonly p99ToAlone: number;
  /** Answers to whoever floods, a second, and how many of them refused. */
  readonly floodAnswers: number;
  readonly floodRefusals: number;
}

export interface FloodReport {
  readonly connections: number;
  readonly rate: number;
  /** Of the machine over the minute before: what else it had to do. */
  readonly loadAverage: number;
  readonly cores: number;
  readonly costs: readonly FloodCost[];
}

const FLOODER = '444455556666';
const QUOTA = 'Cryptographic operations (symmetric)';
/** What the account that floods may send, a second. */
const RATE = 500;
/** Of the account that does not flood. */
const CONNECTIONS = 4;
const ROUNDS = 5;
const MILLISECONDS = 3_000;
const REQUESTS = 1_000;

/** How somebody floods. */
interface Flood {
  readonly name: string;
  /** Of the account. */
  readonly server: 'limited' | 'unlimited';
  /** The one that is flooded, where it is another. */
  readonly flooded?: 'elsewhere';
  readonly connections: number;
  readonly credentials?: 'right' | 'wrong';
}

const FLOODS: readonly Flood[] = [
  { name: 'alone', server: 'limited', connections: 0 },
  // What the flood costs whoever shares the machine with it, and not the server.
  {
    name: 'the same flood of another server, 64 connections',
    server: 'limited',
    flooded: 'elsewhere',
    connections: 64,
  },
  { name: 'another account over its quota, 64 connections', server: 'limited', connections: 64 },
  { name: 'another account over its quota, 512 connections', server: 'limited', connections: 512 },
  { name: 'wrong credentials, 64 connections', server: 'limited', connections: 64, credentials: 'wrong' },
  { name: 'another account without quotas, 64 connections', server: 'unlimited', connections: 64 },
];

const [directory = ''] = process.argv.slice(2);
await mkdir(directory, { recursive: true });
const generators = { account: startLoadGenerators(1), flood: startLoadGenerators(1) };
const running: RunningServer[] = [];
const [loadAverage = 0] = loadavg();

try {
  const quotasFile = join(directory, 'quotas.json');
  const accounts = { [FLOODER]: { requestRates: { [QUOTA]: RATE } } };
  await writeFile(quotasFile, JSON.stringify({ accounts }));
  const report: FloodReport = {
    connections: CONNECTIONS,
    rate: RATE,
    loadAverage,
    cores: availableParallelism(),
    costs: await measure({
      limited: await prepare('limited', { quotasFile }),
      elsewhere: await prepare('elsewhere', { quotasFile }),
      unlimited: await prepare('unlimited', { requestQuotas: 'off' }),
    }),
  };
  if (process.send === undefined) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else process.send(report);
} finally {
  for (const some of Object.values(generators)) some.stop();
  await Promise.all(running.map((server) => server.stop()));
}
process.disconnect?.();

/** A server with two accounts, and what they ask of it. */
interface Prepared {
  readonly port: number;
  readonly encryptions: readonly Uint8Array[];
  readonly flood: Readonly<Record<'right' | 'wrong', readonly Uint8Array[]>>;
}

async function prepare(name: string, options: Parameters<typeof startQkms>[2]): Promise<Prepared> {
  const dataDirectory = join(directory, name);
  const server = await startQkms(dataDirectory, 1, options);
  running.push(server);
  const { port } = server;
  const configuration = readConfiguration('production', { dataDirectory }, {});
  const credentials = credentialsIn((await createAccount(configuration, FLOODER, 'flooder')).join('\n'));
  const { KeyMetadata } = await call(port, 'CreateKey', {});
  const own = Object(KeyMetadata).KeyId;
  const encryptions = Array.from({ length: REQUESTS }, () =>
    JSON.stringify({ KeyId: own, Plaintext: randomBytes(64).toString('base64') }),
  );
  const randoms = Array.from({ length: REQUESTS }, () => '{"NumberOfBytes":32}');
  const wrong = { accessKeyId: 'AKIAI44QH8DHBEXAMPLE', secretAccessKey: credentials.secretAccessKey };
  return {
    port,
    encryptions: signedRequests(port, 'Encrypt', encryptions),
    flood: {
      right: signedRequests(port, 'GenerateRandom', randoms, credentials),
      wrong: signedRequests(port, 'GenerateRandom', randoms, wrong),
    },
  };
}

type Servers = Readonly<Record<Flood['server'] | 'elsewhere', Prepared>>;

/** Every flood in turn, round after round; the first round warms up. */
async function measure(servers: Servers): Promise<FloodCost[]> {
  const measured = FLOODS.map((flood) => ({ flood, rounds: [] as (FloodCost & { alone: number })[] }));
  for (let round = 0; round <= ROUNDS; round += 1) {
    let alone = 0;
    for (const { flood, rounds } of measured) {
      const [account, flooded] = await measureOnce(flood, servers);
      alone ||= account.p99;
      const cost = { ...costOf(flood.name, account, flooded), p99ToAlone: account.p99 / alone, alone };
      if (round > 0) rounds.push(cost);
    }
  }
  return measured.map(({ flood: { name }, rounds }) => {
    const of = (figure: (cost: FloodCost) => number) => median(rounds, figure);
    return {
      name,
      requestsPerSecond: of((cost) => cost.requestsPerSecond),
      p50: of((cost) => cost.p50),
      p99: of((cost) => cost.p99),
      p99ToAlone: of((cost) => cost.p99ToAlone),
      floodAnswers: of((cost) => cost.floodAnswers),
      floodRefusals: of((cost) => cost.floodRefusals),
    };
  });
}

type Flooded = Pick<LoadResult, 'requestsPerSecond' | 'refusedPerSecond'>;

async function measureOnce(flood: Flood, servers: Servers): Promise<readonly [LoadResult, Flooded]> {
  const { port, encryptions } = servers[flood.server];
  const target = servers[flood.flooded ?? flood.server];
  const order = { ports: [port], milliseconds: MILLISECONDS };
  const ask = (some: LoadGenerators) =>
    some.run({ ...order, connections: CONNECTIONS, requests: encryptions });
  if (flood.connections === 0)
    return [await ask(generators.account), { requestsPerSecond: 0, refusedPerSecond: 0 }];
  const flooding = {
    ...order,
    ports: [target.port],
    connections: flood.connections,
    requests: target.flood[flood.credentials ?? 'right'],
    mayBeRefused: true,
  };
  return Promise.all([ask(generators.account), generators.flood.run(flooding)]);
}

function costOf(
  name: string,
  { requestsPerSecond, p50, p99 }: LoadResult,
  flooded: Flooded,
): Omit<FloodCost, 'p99ToAlone'> {
  return {
    name,
    requestsPerSecond,
    p50,
    p99,
    floodAnswers: flooded.requestsPerSecond,
    floodRefusals: flooded.refusedPerSecond,
  };
}

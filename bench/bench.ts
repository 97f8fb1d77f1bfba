/*
 * `npm run bench`: measures QKMS beside what Node can do at best and beside a peer, and writes bench/results.md.
 * What is measured and how stands in `report.ts`, in the words of the results.
 */
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { addKeys } from './large-store.ts';
import { type LoadGenerators, startLoadGenerators } from './load.ts';
import { type Options, readOptions } from './options.ts';
import { memory, processTree } from './processes.ts';
import { type Footprint, type LargeStore, type Results, renderResults } from './report.ts';
import { type Apart, type ApartReports, replaceApart } from './report-apart.ts';
import { call } from './requests.ts';
import { measureRounds, median, type Subject } from './rounds.ts';
import { findMoto, NODE_FLAGS, type RunningServer, startEcho, startMoto, startQkms } from './servers.ts';

/** Requests made in advance for each load. */
const REQUESTS = 2_000;
const PLAINTEXT_LENGTH = 64;
const STARTS = 5;
const LARGE_STORE_KEYS = 1_000_000;
/** More keys than a process keeps: asked for in turn, none of them is ever found in its cache. */
const UNCACHED_KEYS = 20_000;

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const asked = readOptions();
if (asked?.only !== undefined) await benchApart(asked.only, asked.isQuick, asked.options);
else if (asked !== undefined) await bench(asked.options, asked.isQuick);

async function bench(options: Options, isQuick: boolean): Promise<void> {
  if (process.platform !== 'linux') throw new Error('CPU and memory are read from /proc: run this on Linux');
  const directory = await temporaryDirectory();
  const running: RunningServer[] = [];
  const generators = startLoadGenerators(options.workers);
  const up = async (starting: Promise<RunningServer>): Promise<RunningServer> => {
    const server = await starting;
    running.push(server);
    return server;
  };
  try {
    const footprint = await measureFootprint(join(directory, 'small'), options.workers);
    const echo = await up(startEcho(options.workers));
    const qkms = await up(startQkms(join(directory, 'small'), options.workers));
    const motoVersion = findMoto();
    const moto = motoVersion === undefined ? undefined : await up(startMoto());

    say(`comparing, ${options.rounds} rounds`);
    const { encrypt, decrypt, bodies } = await subjectsOf('QKMS', qkms);
    const peer = moto && (await subjectsOf(`moto ${motoVersion}`, moto));
    const comparison = {
      echo: { name: 'bare echo', server: echo, operation: 'Encrypt', bodies },
      qkms: [encrypt, decrypt],
      peer: peer === undefined ? [] : [peer.encrypt, peer.decrypt],
    };
    const measurements = await measureRounds(
      generators,
      [comparison.echo, ...comparison.qkms, ...comparison.peer],
      options,
    );
    const busyMemory = processTree(qkms.pid).map(memory);

    const walk = await runApart<Results['walk']>('walk', directory);
    const apart: ApartReports = {
      policy: await measureApart('policy', directory),
      identities: await measureApart('identities', directory),
      grants: await measureApart('grants', directory),
      signing: await measureApart('signing', directory),
      audit: await measureApart('audit', directory),
      tracing: await measureApart('tracing', directory),
      postgres: await measureApart('postgres', directory, options),
      flood: await measureApart('flood', directory),
      console: await measureApart('console', directory),
    };
    const largeStore = options.million
      ? await measureLargeStore(directory, generators, decrypt, options)
      : undefined;

    const results: Results = {
      options,
      comparison,
      measurements,
      footprint,
      busyMemory,
      walk,
      apart,
      largeStore,
    };
    const text = renderResults(results);
    process.stdout.write(text);
    if (!isQuick) await writeFile(new URL('results.md', import.meta.url), text);
  } finally {
    generators.stop();
    await Promise.all(running.map((server) => server.stop()));
  }
}

/** Makes a key on a server that speaks KMS, and what it is going to be asked. */
async function subjectsOf(
  name: string,
  server: RunningServer,
): Promise<{ encrypt: Subject; decrypt: Subject; bodies: readonly string[] }> {
  const { KeyMetadata } = await call(server.port, 'CreateKey', {});
  const KeyId = Object(KeyMetadata).KeyId;
  const inputs = Array.from({ length: REQUESTS }, () => ({
    KeyId,
    Plaintext: randomBytes(PLAINTEXT_LENGTH).toString('base64'),
  }));
  const ciphertexts: string[] = [];
  for (const input of inputs) {
    const { CiphertextBlob } = await call(server.port, 'Encrypt', input);
    ciphertexts.push(JSON.stringify({ CiphertextBlob }));
  }
  const decrypted = await call(server.port, 'Decrypt', JSON.parse(ciphertexts[0] ?? ''));
  if (decrypted['Plaintext'] !== inputs[0]?.Plaintext) throw new Error(`${name} decrypts to something else`);
  const bodies = inputs.map((input) => JSON.stringify(input));
  return {
    encrypt: { name: `${name} Encrypt`, server, operation: 'Encrypt', bodies },
    decrypt: { name: `${name} Decrypt`, server, operation: 'Decrypt', bodies: ciphertexts },
    bodies,
  };
}

/** Starts QKMS again and again on the same store, and looks at what it takes while it has nothing to do. */
async function measureFootprint(dataDirectory: string, workers: number): Promise<Footprint> {
  say('starting and stopping');
  await (await startQkms(dataDirectory, workers)).stop();
  const startTimes: number[] = [];
  let idleMemory: Footprint['idleMemory'] = [];
  for (let started = 0; started < STARTS; started += 1) {
    const server = await startQkms(dataDirectory, workers);
    startTimes.push(server.startTime);
    await delay(1_000);
    idleMemory = processTree(server.pid).map(memory);
    await server.stop();
  }
  return { startTime: median(startTimes, (time) => time), idleMemory };
}

function measureApart<A extends Apart>(
  name: A,
  directory: string,
  { million }: Partial<Options> = {},
): Promise<ApartReports[A]> {
  return runApart(name, directory, ...(million === true ? ['--million'] : []));
}

/** Runs a program that measures in a process of its own, and answers with what it sends. */
async function runApart<R>(name: string, directory: string, ...flags: readonly string[]): Promise<R> {
  say(`measuring: ${name}`);
  const path = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const child = fork(path, [join(directory, name), ...flags], { execArgv: [...NODE_FLAGS] });
  const death = once(child, 'exit').then(() => Promise.reject(new Error(`${name} failed`)));
  const [report]: R[] = await Promise.race([once(child, 'message'), death]);
  if (report === undefined) throw new Error(`${name} measured nothing`);
  death.catch(() => {});
  return report;
}

/** Measures one section again, and puts it into the results that there are. */
async function benchApart(name: Apart, isQuick: boolean, options: Options): Promise<void> {
  const directory = await temporaryDirectory();
  const results = new URL('results.md', import.meta.url);
  const report = await measureApart(name, directory, options);
  const text = replaceApart(await readFile(results, 'utf8'), name, report);
  if (isQuick) process.stdout.write(text);
  else await writeFile(results, text);
}

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'qkms-bench-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Fills a store, and compares a Decrypt whose key is cached with that of a small store and with one whose key is not. */
async function measureLargeStore(
  directory: string,
  generators: LoadGenerators,
  small: Subject,
  options: Options,
): Promise<LargeStore> {
  const dataDirectory = join(directory, 'large');
  await (await startQkms(dataDirectory, 1)).stop();
  const begin = performance.now();
  const ciphertexts = await addKeys({ dataDirectory }, LARGE_STORE_KEYS, UNCACHED_KEYS, (done) => {
    if (done % 100_000 === 0) say(`filling: ${done} keys`);
  });
  const fillSeconds = (performance.now() - begin) / 1000;
  const server = await startQkms(dataDirectory, options.workers);
  try {
    const idleMemory = processTree(server.pid).map(memory);
    const { decrypt } = await subjectsOf('1,000,000 keys', server);
    const uncached: Subject = {
      ...decrypt,
      name: '1,000,000 keys, never cached',
      bodies: ciphertexts.map((CiphertextBlob) => JSON.stringify({ CiphertextBlob })),
    };
    say('comparing the large store');
    const cachedRounds = await measureRounds(generators, [small, decrypt], options);
    const latencies = await measureRounds(generators, [decrypt, uncached], { ...options, connections: 1 });
    return {
      fillSeconds,
      startTime: server.startTime,
      idleMemory,
      small: cachedRounds.get(small) ?? [],
      cached: cachedRounds.get(decrypt) ?? [],
      cachedAlone: latencies.get(decrypt) ?? [],
      uncachedAlone: latencies.get(uncached) ?? [],
    };
  } finally {
    await server.stop();
  }
}

function say(text: string): void {
  process.stderr.write(`${text} …\n`);
}

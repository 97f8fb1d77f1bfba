import { cpus, totalmem } from 'node:os';
import { list, percent, ratio, section, table, today, whole } from './markdown.ts';
import type { Options } from './options.ts';
import type { Memory } from './processes.ts';
import { type ApartReports, renderAllApart } from './report-apart.ts';
import { type Measurement, type Measurements, median, medianRatio, type Subject } from './rounds.ts';
import { NODE_FLAGS } from './servers.ts';
import type { WalkReport } from './walk.ts';

/** How long QKMS takes to start, and what it occupies when it has nothing to do. */
export interface Footprint {
  /** Milliseconds from the start of the process until it says that it is ready. */
  readonly startTime: number;
  /** Of each process, the first one first. */
  readonly idleMemory: readonly Memory[];
}

/** A store of a million keys. */
export interface LargeStore extends Footprint {
  readonly fillSeconds: number;
  /** Decrypt under one cached key, in the small and in the large store, at the usual number of connections. */
  readonly small: readonly Measurement[];
  readonly cached: readonly Measurement[];
  /** Decrypt in the large store over one connection, under one cached key and under keys that never are. */
  readonly cachedAlone: readonly Measurement[];
  readonly uncachedAlone: readonly Measurement[];
}

/** All that was measured. */
export interface Results {
  readonly options: Options;
  readonly comparison: {
    readonly echo: Subject;
    readonly qkms: readonly Subject[];
    readonly peer: readonly Subject[];
  };
  readonly measurements: Measurements;
  readonly footprint: Footprint;
  /** Of each process of QKMS, after the load. */
  readonly busyMemory: readonly Memory[];
  readonly walk: Readonly<Record<'Encrypt' | 'Decrypt', WalkReport>>;
  readonly apart: ApartReports;
  readonly largeStore: LargeStore | undefined;
}

const OUTSIDE = 'HTTP, event loop, kernel: all that is not the walk';
const TOTAL = 'total';

/** Renders results as Markdown; nothing in them tells which machine it was. */
export function renderResults(results: Results): string {
  const { options, largeStore } = results;
  return section(
    '# Benchmark results',
    `Written by \`npm run bench\` on ${today()}.`,
    renderMachine(options),
    renderComparison(results),
    renderWalk(results),
    ...renderAllApart(results.apart),
    renderFootprint(results),
    largeStore === undefined ? '' : renderLargeStore(largeStore, options),
    renderMethod(options),
  ).concat('\n');
}

function renderMachine({ workers, connections, rounds, duration }: Options): string {
  const processors = cpus();
  return list([
    `${processors.length} × ${processors[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux, Node.js ${process.versions.node} (${NODE_FLAGS.join(' ') || 'no flags'}), OpenSSL ${process.versions.openssl}`,
    `${workers} server process${workers === 1 ? '' : 'es'}, ${connections} connections, ${rounds} rounds of ${duration} s for each subject`,
  ]);
}

function renderComparison({ comparison, measurements }: Results): string {
  const reference = measurements.get(comparison.echo) ?? [];
  const rows = [comparison.echo, ...comparison.qkms, ...comparison.peer].map((subject) => {
    const values = measurements.get(subject) ?? [];
    return [
      subject.name,
      whole(median(values, ({ requestsPerSecond }) => requestsPerSecond)),
      ratio(medianRatio(values, reference, ({ requestsPerSecond }) => requestsPerSecond)),
      median(values, ({ cpuMicroseconds }) => cpuMicroseconds).toFixed(1),
      ratio(medianRatio(values, reference, ({ cpuMicroseconds }) => cpuMicroseconds)),
      median(values, ({ p50 }) => p50).toFixed(2),
      median(values, ({ p99 }) => p99).toFixed(2),
      percent(median(values, ({ generatorUse }) => generatorUse)),
    ];
  });
  return [
    '## Encrypt and Decrypt of 64 bytes',
    table(
      [
        'subject',
        'requests/s',
        '÷ echo',
        'server CPU µs/request',
        '÷ echo',
        'p50 ms',
        'p99 ms',
        'load generator',
      ],
      rows,
    ),
    'QKMS runs as `npm start` does: signature, key policy, fence and cache included. Medians of the rounds; each ratio is the median of the ratios within the rounds. The last column is the share of a core that the (busiest) load generator took.',
  ].join('\n\n');
}

function renderWalk({ comparison, measurements, walk }: Results): string {
  const columns = [walk.Encrypt, walk.Decrypt].map(({ microseconds, stages }, index) => {
    const subject = comparison.qkms[index];
    const values = (subject && measurements.get(subject)) ?? [];
    const total = median(values, ({ cpuMicroseconds }) => cpuMicroseconds);
    const parts = stages.map(({ name, share }): [string, number] => [name, share * microseconds]);
    return new Map([[OUTSIDE, total - microseconds], ...parts, [TOTAL, total]]);
  });
  const names = [OUTSIDE, ...walk.Encrypt.stages.map(({ name }) => name), TOTAL];
  const rows = names.map((name) => [name, ...columns.map((column) => (column.get(name) ?? 0).toFixed(1))]);
  return [
    '## Where each microsecond goes',
    table(['CPU µs per request', 'Encrypt', 'Decrypt'], rows),
    'The walk of a request, from its last byte to its answer as text, is measured without HTTP (`bench/walk.ts`, 32 requests together) and divided by the samples of a profile: what Node, V8 and OpenSSL do counts for the part of QKMS that called them. The first line is what remains of the CPU per request above.',
  ].join('\n\n');
}

function renderFootprint({ footprint, busyMemory }: Results): string {
  return [
    '## Start and memory',
    list([
      `start to ready: ${whole(footprint.startTime)} ms (median of 5, on an existing store, compile cache warm; \`npm\` itself not included)`,
      `idle: ${memories(footprint.idleMemory)}`,
      `after the load above: ${memories(busyMemory)}`,
    ]),
  ].join('\n\n');
}

function renderLargeStore(largeStore: LargeStore, { connections }: Options): string {
  const { small, cached, cachedAlone, uncachedAlone, fillSeconds, startTime, idleMemory } = largeStore;
  const p50 = (values: readonly Measurement[]) => median(values, (value) => value.p50);
  const cpu = (values: readonly Measurement[]) => median(values, ({ cpuMicroseconds }) => cpuMicroseconds);
  const speed = (values: readonly Measurement[]) =>
    whole(median(values, ({ requestsPerSecond }) => requestsPerSecond));
  const row = (name: string, at: string, values: readonly Measurement[]) => [
    name,
    at,
    speed(values),
    cpu(values).toFixed(1),
    p50(values).toFixed(2),
    median(values, ({ p99 }) => p99).toFixed(2),
  ];
  return [
    '## A store of 1,000,000 keys',
    table(
      ['Decrypt of 64 bytes', 'connections', 'requests/s', 'server CPU µs/request', 'p50 ms', 'p99 ms'],
      [
        row('1 key, cached', String(connections), small),
        row('1,000,001 keys, cached', String(connections), cached),
        row('1,000,001 keys, cached', '1', cachedAlone),
        row('1,000,001 keys, never cached', '1', uncachedAlone),
      ],
    ),
    list([
      `cached Decrypt, large store ÷ small store: ${ratio(medianRatio(cached, small, ({ requestsPerSecond }) => requestsPerSecond))} of the requests/s, ${ratio(medianRatio(cached, small, ({ cpuMicroseconds }) => cpuMicroseconds))} of the CPU`,
      `a Decrypt whose key has to be loaded takes ${(p50(uncachedAlone) - p50(cachedAlone)).toFixed(2)} ms more (difference of the medians)`,
      `start to ready: ${whole(startTime)} ms; idle: ${memories(idleMemory)}; the store was filled in ${whole(fillSeconds)} s`,
    ]),
  ].join('\n\n');
}

function renderMethod({ workers }: Options): string {
  return [
    '## Method',
    list([
      'Subjects take turns, round after round, after a round that warms up and is not counted: a machine that becomes busier does so for all of them.',
      'The echo is `bench/echo-server.ts`: `node:http`, parses the JSON of the request and answers JSON as long as that of Encrypt, in as many processes and under the same Node flags. It gets the very bytes that Encrypt gets.',
      'Moto’s server checks neither signatures nor policies.',
      'Requests are made before each load: 2,000 of them, each with its own body and signature (`Host`, `Content-Type`, `X-Amz-Target`, `X-Amz-Date`, `X-Amz-Content-Sha256`), sent in turn. The caller is the root user of the account, the key has the default key policy, there is no encryption context.',
      `The load comes from ${workers === 1 ? 'a process' : `${workers} processes`} of its own on the same machine (\`bench/load-generator.ts\`), over kept connections that ask again as soon as they are answered. It writes ready-made bytes and looks at status and length only: it takes less than half of the CPU that autocannon takes for a request, which on two cores would itself have been what is measured.`,
      'Latency is from the write of a request until its answer is complete, as the generator sees it.',
      'CPU is user and system time of the server’s processes and their children, from `/proc/<pid>/stat`, before and after each load, divided by the requests answered. It includes garbage collection and the kernel’s work for the server’s own system calls (on the loopback device also the delivery of the answer), and nothing of the generator.',
    ]),
  ].join('\n\n');
}

function memories(processes: readonly Memory[]): string {
  return processes.map(({ rss, pss }) => `RSS ${whole(rss)} MB, PSS ${whole(pss)} MB`).join('; ');
}

import { cpus, totalmem } from 'node:os';
import type { IdentityReport } from './identities.ts';
import type { Options } from './options.ts';
import type { Memory } from './processes.ts';
import { type Measurement, type Measurements, median, medianRatio, type Subject } from './rounds.ts';
import { NODE_FLAGS } from './servers.ts';
import type { SigningReport } from './signing.ts';
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
  readonly identities: IdentityReport;
  readonly signing: SigningReport;
  readonly largeStore: LargeStore | undefined;
}

const OUTSIDE = 'HTTP, event loop, kernel: all that is not the walk';
const TOTAL = 'total';

/** Renders results as Markdown; nothing in them tells which machine it was. */
export function renderResults(results: Results): string {
  const { options, largeStore } = results;
  return [
    '# Benchmark results',
    `Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}.`,
    renderMachine(options),
    renderComparison(results),
    renderWalk(results),
    renderIdentities(results.identities),
    renderSigning(results.signing),
    renderFootprint(results),
    largeStore === undefined ? '' : renderLargeStore(largeStore, options),
    renderMethod(options),
  ]
    .filter((section) => section !== '')
    .join('\n\n')
    .concat('\n');
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

function renderIdentities(report: IdentityReport): string {
  const row = (what: string, microseconds: number) => [what, microseconds.toFixed(1)];
  return [
    `## Who asks: ${whole(report.users)} users, ${whole(report.roles)} roles`,
    table(
      ['', 'µs'],
      [
        row('authenticate a user: signature, credential, all policies (cached)', report.authenticateUser),
        row('of that: collect the policies', report.collectPolicies),
        row(
          'authenticate a role session: signature, token, all policies (cached)',
          report.authenticateSession,
        ),
        row('open a session token not seen before', report.openToken),
        row(
          'open one with a session policy of four statements that another session has too',
          report.openLongToken,
        ),
        row('authenticate a user of whom nothing is cached', report.authenticateUncached),
        row('find the grants of a key to a user and decide by one: 5 grants', report.decideByFewGrants),
        row('the same with 50,000 grants', report.decideByManyGrants),
      ],
    ),
    `Each user has an inline policy, two attached ones and two groups with one each; each role an inline and an attached one; policies have two to five statements. 1,000 of them ask in turn (\`bench/identities.ts\`, without HTTP). The store was filled in ${whole(report.fillSeconds)} s.`,
  ].join('\n\n');
}

function renderSigning(report: SigningReport): string {
  const { signatures, openSslVersion, idle, busy, busyToIdle, slowSignatures, slowKeys } = report;
  const rows = signatures.map(({ keySpec, requestsPerSecond, server, node, openSsl }) => [
    keySpec,
    whole(requestsPerSecond),
    server.toFixed(1),
    node.toFixed(1),
    ratio(node / server),
    ...(openSsl === undefined ? [] : [openSsl.toFixed(1), ratio(openSsl / server)]),
  ]);
  const openSslColumns =
    openSslVersion === undefined ? [] : [`\`openssl speed\`, ${openSslVersion}`, '÷ server'];
  return [
    '## Signatures',
    table(
      [
        'Sign of 64 bytes',
        'requests/s',
        'server CPU µs/request',
        'OpenSSL in Node, CPU µs',
        '÷ server',
        ...openSslColumns,
      ],
      rows,
    ),
    'The server’s CPU is that of all its threads: a ratio of 0.8 means that on one core it makes 0.8 of the signatures that OpenSSL alone makes there. OpenSSL in Node is a loop of `crypto.sign` in one thread.',
    table(
      ['Decrypt, one connection', 'p50 ms', 'p99 ms'],
      [
        ['nothing else', idle.p50.toFixed(2), idle.p99.toFixed(2)],
        ['under a full load of Sign and CreateKey with RSA_4096', busy.p50.toFixed(2), busy.p99.toFixed(2)],
      ],
    ),
    `The p99 is ${ratio(busyToIdle)} of that without the load (median of the ratios within the rounds), while ${whole(slowSignatures)} signatures and ${slowKeys.toFixed(1)} keys a second are made (\`bench/signing.ts\`).`,
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

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function ratio(value: number): string {
  return value.toFixed(value < 0.1 ? 3 : 2);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

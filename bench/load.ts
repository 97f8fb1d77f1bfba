import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Latencies are counted in buckets of so many milliseconds; the last bucket takes all that is longer. */
export const HISTOGRAM_STEP = 0.01;
export const HISTOGRAM_BUCKETS = 200_000;

/** What a generator is told to do. */
export interface LoadOrder {
  /** Of each server; connections are divided among them. */
  readonly ports: readonly number[];
  readonly connections: number;
  readonly milliseconds: number;
  /** Whole HTTP requests, sent in turn. */
  readonly requests: readonly Uint8Array[];
  /** Refusals are counted instead of being an error. */
  readonly mayBeRefused?: boolean;
}

/** What a generator saw. */
export interface LoadReport {
  readonly answered: number;
  /** Answers of another status than 200; they count as answered, too. */
  readonly refused: number;
  readonly firstRefusal: string | undefined;
  readonly seconds: number;
  /** CPU time of the generator, user and system. */
  readonly cpuSeconds: number;
  readonly histogram: Uint32Array;
}

/** What came of one load. Times are milliseconds. */
export interface LoadResult {
  readonly answered: number;
  /** All answers, refusals among them. */
  readonly requestsPerSecond: number;
  readonly refusedPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** The share of one core that the busiest generator took: near 1, it and not the server was measured. */
  readonly generatorUse: number;
}

/** Processes that put load on servers, one server at a time. */
export interface LoadGenerators {
  /** @throws Error when the server refuses anything, and may not */
  run(order: LoadOrder): Promise<LoadResult>;
  stop(): void;
}

/** Starts generators, among which the connections of a load are divided. */
export function startLoadGenerators(count: number): LoadGenerators {
  const program = fileURLToPath(new URL('load-generator.ts', import.meta.url));
  const generators = Array.from({ length: count }, () =>
    fork(program, { serialization: 'advanced', execArgv: [] }),
  );
  return {
    async run(order) {
      const busy = generators.slice(0, order.connections);
      const shares = busy.map((generator, index) => {
        const connections = Math.floor((order.connections + index) / busy.length);
        const from = Math.floor((order.requests.length * index) / busy.length);
        const requests = [...order.requests.slice(from), ...order.requests.slice(0, from)];
        return ask(generator, { ...order, connections, requests });
      });
      const reports = await Promise.all(shares);
      if (order.mayBeRefused !== true) requireNoRefusals(reports);
      return summarize(reports);
    },
    stop() {
      for (const generator of generators) generator.kill();
    },
  };
}

function ask(generator: ChildProcess, order: LoadOrder): Promise<LoadReport> {
  return new Promise((resolve, reject) => {
    const die = () => reject(new Error('a load generator died'));
    generator.once('exit', die);
    generator.once('message', (report: LoadReport) => {
      generator.off('exit', die);
      resolve(report);
    });
    generator.send(order);
  });
}

function requireNoRefusals(reports: readonly LoadReport[]): void {
  for (const { refused, firstRefusal } of reports)
    if (refused > 0) throw new Error(`${refused} requests were refused: ${firstRefusal}`);
}

function summarize(reports: readonly LoadReport[]): LoadResult {
  const histogram = new Uint32Array(HISTOGRAM_BUCKETS);
  let answered = 0;
  let requestsPerSecond = 0;
  let refusedPerSecond = 0;
  for (const report of reports) {
    answered += report.answered;
    requestsPerSecond += report.answered / report.seconds;
    refusedPerSecond += report.refused / report.seconds;
    report.histogram.forEach((count, bucket) => {
      histogram[bucket] = (histogram[bucket] ?? 0) + count;
    });
  }
  return {
    answered,
    requestsPerSecond,
    refusedPerSecond,
    p50: quantile(histogram, answered * 0.5),
    p99: quantile(histogram, answered * 0.99),
    generatorUse: Math.max(...reports.map(({ cpuSeconds, seconds }) => cpuSeconds / seconds)),
  };
}

/** The upper edge of the bucket in which the `rank`-th shortest latency lies. */
function quantile(histogram: Uint32Array, rank: number): number {
  let seen = 0;
  for (const [bucket, count] of histogram.entries()) {
    seen += count;
    if (seen >= rank) return (bucket + 1) * HISTOGRAM_STEP;
  }
  return Number.POSITIVE_INFINITY;
}

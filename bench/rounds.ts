import type { LoadGenerators, LoadResult } from './load.ts';
import { cpuSeconds } from './processes.ts';
import { signedRequests } from './requests.ts';
import type { RunningServer } from './servers.ts';

/** One server asked one thing. */
export interface Subject {
  readonly name: string;
  readonly server: RunningServer;
  readonly operation: string;
  /** Bodies of requests, sent in turn. */
  readonly bodies: readonly string[];
}

/** One load on one subject. */
export interface Measurement extends LoadResult {
  /** Of the server, per request, user and system. */
  readonly cpuMicroseconds: number;
}

/** What every round measured, by subject. */
export type Measurements = ReadonlyMap<Subject, readonly Measurement[]>;

/**
 * Loads every subject in turn, round after round, so that a machine that becomes slower or busier does so for all of
 * them. A first round warms up and is not kept.
 */
export async function measureRounds(
  generators: LoadGenerators,
  subjects: readonly Subject[],
  load: { readonly rounds: number; readonly connections: number; readonly duration: number },
): Promise<Measurements> {
  const progress = subjects.map((subject) => ({ subject, asked: 0, measurements: [] as Measurement[] }));
  for (let round = 0; round <= load.rounds; round += 1) {
    for (const each of progress) {
      const measurement = await measure(generators, each.subject, each.asked, load);
      // Each load goes on where the last one stopped: what is asked in turn is not found in a cache by accident.
      each.asked += measurement.answered;
      if (round > 0) each.measurements.push(measurement);
    }
  }
  return new Map(progress.map(({ subject, measurements }) => [subject, measurements]));
}

/** @param asked how many requests have been sent before */
async function measure(
  generators: LoadGenerators,
  { server, operation, bodies }: Subject,
  asked: number,
  { connections, duration }: { readonly connections: number; readonly duration: number },
): Promise<Measurement> {
  const start = asked % bodies.length;
  const requests = signedRequests(server.port, operation, [
    ...bodies.slice(start),
    ...bodies.slice(0, start),
  ]);
  const before = cpuSeconds(server.pid);
  const result = await generators.run({
    ports: [server.port],
    connections,
    milliseconds: duration * 1000,
    requests,
  });
  const cpuMicroseconds = ((cpuSeconds(server.pid) - before) * 1e6) / result.answered;
  return { ...result, cpuMicroseconds };
}

/** The median of a figure over the rounds. */
export function median<T>(values: readonly T[], figure: (value: T, round: number) => number): number {
  const sorted = values.map(figure).sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** The median over the rounds of the ratio that a figure of one has to that of another in the same round. */
export function medianRatio(
  values: readonly Measurement[],
  others: readonly Measurement[],
  figure: (value: Measurement) => number,
): number {
  return median(values, (value, round) => {
    const other = others[round];
    return other === undefined ? Number.NaN : figure(value) / figure(other);
  });
}

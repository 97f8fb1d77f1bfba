import type { FloodReport } from './flood.ts';
import { ratio, section, table, whole } from './markdown.ts';

/** The section of the results about accounts that flood. */
export function renderFlood({ connections, rate, loadAverage, cores, costs }: FloodReport): string {
  return section(
    table(
      [
        `Encrypt of 64 bytes, ${connections} connections of an account`,
        'requests/s',
        'p50 ms',
        'p99 ms',
        'p99 ÷ alone',
        'answers to the flood/s',
        'of these refused',
      ],
      costs.map((cost) => [
        cost.name,
        whole(cost.requestsPerSecond),
        cost.p50.toFixed(2),
        cost.p99.toFixed(2),
        ratio(cost.p99ToAlone),
        cost.floodAnswers === 0 ? '' : whole(cost.floodAnswers),
        cost.floodAnswers === 0 ? '' : whole(cost.floodRefusals),
      ]),
    ),
    `One process on SQLite; the account that floods sends GenerateRandom and may do so ${whole(rate)} times a second. Everybody sends the next request as soon as the last one is answered, which to who is over a quota is 100 ms to two seconds later. Server and load generators share one machine, so that floods also cost what sending them takes. What the flood of another server costs is the machine’s part of it: two servers know nothing of each other. Medians of rounds in turn, ratios within the rounds (\`bench/flood.ts\`). The load average of the ${cores} cores was ${loadAverage.toFixed(1)} before: what a busy machine does besides makes every p99 longer, and the ratios uncertain.`,
  );
}

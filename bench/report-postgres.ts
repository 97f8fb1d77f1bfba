import { list, ratio, section, table, whole } from './markdown.ts';
import type { NodesCost, PostgresReport } from './postgres.ts';

/* The section of the results about nodes on PostgreSQL. */

const HEAD = ['requests/s', 'node CPU µs/request', 'p50 ms', 'p99 ms', 'transactions/request'];

export function renderPostgres({
  version,
  connections,
  nodes,
  alone,
  stores,
  changes,
}: PostgresReport): string {
  const [sqliteAlone, postgresAlone] = alone;
  const added = (postgresAlone?.p50 ?? Number.NaN) - (sqliteAlone?.p50 ?? Number.NaN);
  const cells = (cost: NodesCost) => [
    whole(cost.requestsPerSecond),
    cost.cpuMicroseconds.toFixed(1),
    cost.p50.toFixed(2),
    cost.p99.toFixed(2),
    cost.transactions === undefined ? '' : ratio(cost.transactions),
  ];
  const rows = (costs: readonly NodesCost[], at: number) =>
    costs.map((cost) => [`${cost.name}, ${at} connection${at === 1 ? '' : 's'}`, ...cells(cost)]);
  return section(
    table(['Decrypt of 64 bytes, one cached key', ...HEAD], [...rows(nodes, connections), ...rows(alone, 1)]),
    list([
      `the fence on PostgreSQL adds ${added.toFixed(2)} ms to the p50 over one connection, which waits for a read of its own each time`,
      'transactions in the database are all that it did meanwhile, reads of the fence and statistics included',
    ]),
    table(
      [
        `Decrypt by 1 node, ${connections} connections, keys that are not cached (of 1,000: all are)`,
        ...HEAD,
      ],
      stores.map((cost) => [`${whole(cost.keys)} keys`, ...cells(cost)]),
    ),
    list(
      stores.map(
        ({ keys, copySeconds }) =>
          `\`qkms migrate-store\` copied the store of ${whole(keys)} keys from SQLite in ${copySeconds.toFixed(0)} s`,
      ),
    ),
    table(
      [`Decrypt by 1 node, ${connections} connections, 100 keys`, ...HEAD],
      changes.map((cost) => [
        cost.wanted === 0 ? 'no changes' : `${whole(cost.made)} policy changes a second by another node`,
        ...cells(cost),
      ]),
    ),
    `${version} with fsync, the nodes (one process each) and the load generator share one machine: more nodes cannot answer more here, but show what several of them cost (\`bench/postgres.ts\`). Medians of rounds in turn.`,
  );
}

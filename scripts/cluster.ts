/*
 * `npm run cluster`: a trial of a QKMS of several nodes on one machine.
 */
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { createLogger } from '../src/cli/logger.ts';
import { endWithNpm } from '../src/cli/npm.ts';
import { obeySignals } from '../src/http/signals.ts';
import { Cluster, type ClusterOptions } from './cluster/cluster.ts';

await new Command('npm run cluster --')
  .description(
    'Runs PostgreSQL, several QKMS nodes and a load balancer on this machine, for a trial. Whatever ends is started again; ' +
      'Ctrl-C stops it all. What is kept is there again at the next start.',
  )
  .option('--nodes <count>', 'how many nodes', numberBetween(1, 20), 3)
  .option(
    '--port <port>',
    'port of the load balancer; the nodes have those after it (0: any)',
    numberBetween(0, 65_515),
    8600,
  )
  .option('--workers <count>', 'processes of each node that serve', numberBetween(1, 64), 1)
  .option(
    '--directory <path>',
    'where everything is kept',
    (path: string) => resolve(path),
    resolve('data/cluster'),
  )
  .action(run)
  .parseAsync();

async function run(options: ClusterOptions): Promise<void> {
  endWithNpm();
  // Whoever reads our standard output may leave; the cluster goes on.
  process.stdout.on('error', () => {});
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const cluster = new Cluster(options, say);
  // What has not started yet ends with this process.
  let stop = async () => {};
  obeySignals({
    drain: () => stop(),
    reload: () => {},
    switchDebugging: () => {},
    hangUpEnds: true,
    logger: createLogger('warn'),
  });
  try {
    const endpoint = await cluster.start();
    stop = () => cluster.stop();
    say(`qkms cluster ready on ${endpoint}`);
  } catch (error) {
    process.stderr.write(`cluster: ${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
}

function numberBetween(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`);
  };
}

import { parseArgs } from 'node:util';
import { type Apart, isApart } from './report-apart.ts';

/** What is measured, and for how long. */
export interface Options {
  /** Of one load, in seconds. */
  readonly duration: number;
  readonly connections: number;
  /** Processes of each Node server. */
  readonly workers: number;
  readonly rounds: number;
  /** Also measure a store of a million keys. */
  readonly million: boolean;
}

const USAGE = `Usage: npm run bench -- [options]

Measures QKMS beside a bare node:http echo server, and beside moto where this machine has it, in rounds (each server
in turn, again and again), and writes bench/results.md.

  --duration <seconds>    of each load (default: 4)
  --connections <number>  that ask at a time (default: 32)
  --workers <number>      server processes, and load generators (default: 1)
  --rounds <number>       every figure is the median of so many (default: 7)
  --million               also fill a store with 1,000,000 keys and measure it, and one on PostgreSQL where that is
                          measured: 10 minutes each, 3 GB of disk
  --only <section>        measures one section again, and puts it into bench/results.md: policy, identities, grants,
                          signing, audit, postgres, flood or console
  --quick                 2 rounds of 1 second, to see that it works; writes no results
  --help                  shows this
`;

/** What was asked for. */
interface Asked {
  readonly options: Options;
  /** Only to see that it works: the results are not worth writing down. */
  readonly isQuick: boolean;
  readonly only: Apart | undefined;
}

/** What was asked for; undefined when the answer was text alone. */
export function readOptions(): Asked | undefined {
  try {
    return parseOptions();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}; --help says what there is\n`);
    process.exitCode = 1;
    return undefined;
  }
}

function parseOptions(): Asked | undefined {
  const { values } = parseArgs({
    options: {
      duration: { type: 'string' },
      connections: { type: 'string', default: '32' },
      workers: { type: 'string', default: '1' },
      rounds: { type: 'string' },
      million: { type: 'boolean', default: false },
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return undefined;
  }
  const { only } = values;
  if (only !== undefined && !isApart(only))
    throw new Error(`--only: there is no section ${only} that can be measured by itself`);
  return {
    isQuick: values.quick,
    only,
    options: {
      duration: positive('--duration', values.duration ?? (values.quick ? '1' : '4')),
      connections: positive('--connections', values.connections),
      workers: positive('--workers', values.workers),
      rounds: positive('--rounds', values.rounds ?? (values.quick ? '2' : '7')),
      million: values.million,
    },
  };
}

function positive(flag: string, text: string): number {
  const number = Number(text);
  if (number > 0 && (flag === '--duration' || Number.isInteger(number))) return number;
  throw new Error(`${flag}: ${text} is not a positive number`);
}

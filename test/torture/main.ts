/*
 * `npm run torture`: lets clients use keys and change who may use them, while processes are killed, paused, cut off and
 * restarted, and decides whether everything that was answered was right.
 */
import { randomInt } from 'node:crypto';
import { inspect, parseArgs } from 'node:util';
import { endNodes } from '../support/node-process.ts';
import type { Environment } from './deployment.ts';
import { brokenFence, deploy, ENGINES, type Engine, isEngine } from './deployments.ts';
import { renderResult } from './report.ts';
import { torture } from './torture.ts';

const USAGE = `Usage: npm run torture -- [options]

Clients of QKMS create keys, change their policies, states, tags, aliases and grants and the users who may use them, encrypt
and decrypt, while processes are killed, paused, cut off and restarted. A checker then decides for each key whether the
history is linearizable: no answer by anything that had been replaced before the request began, nothing lost that was
acknowledged, every ciphertext decrypts.

  --engine <engine>    sqlite (two workers) or postgres (three nodes) (default: both, one after the other)
  --seconds <number>   how long, for each engine (default: 60)
  --seed <number>      the same commands and faults again; how they meet differs from run to run (default: random)
  --broken-fence       breaks QKMS on purpose: the checker has to notice
  --help               shows this

Exit status: 0 if all is well, 1 if something was found, 2 if the run itself failed.
`;

const OPTIONS = {
  engine: { type: 'string' },
  seconds: { type: 'string', default: '60' },
  seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  'broken-fence': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Something is wrong with what was asked for. */
class OptionError extends Error {}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(2));
process.exitCode = await main();
endNodes();

async function main(): Promise<number> {
  try {
    const options = readOptions();
    if (options !== undefined) return await tortureAll(options);
    process.stdout.write(USAGE);
    return 0;
  } catch (error) {
    say(error instanceof OptionError ? `${error.message}; --help says what there is` : inspect(error));
    return 2;
  }
}

interface Options {
  readonly engines: readonly Engine[];
  readonly seconds: number;
  readonly seed: number;
  readonly environment: Environment;
}

async function tortureAll({ engines, seconds, seed, environment }: Options): Promise<number> {
  let isWell = true;
  for (const engine of engines) {
    say(`${engine}, seed ${seed}, ${seconds} seconds`);
    const deployment = await deploy(engine, environment);
    try {
      const result = await torture(deployment, { seed, seconds, report: say });
      process.stdout.write(`${engine}, seed ${seed}\n${renderResult(result)}\n`);
      isWell &&= result.findings.length === 0;
    } finally {
      await deployment.destroy();
    }
  }
  return isWell ? 0 : 1;
}

/** What was asked for; undefined for help. */
function readOptions(): Options | undefined {
  const values = parse();
  if (values.help) return undefined;
  const { engine } = values;
  if (engine !== undefined && !isEngine(engine))
    throw new OptionError(`--engine: ${engine} is none of ${ENGINES.join(', ')}`);
  return {
    engines: engine === undefined ? ENGINES : [engine],
    seconds: wholeNumber('--seconds', values.seconds),
    seed: wholeNumber('--seed', values.seed),
    environment: values['broken-fence'] ? brokenFence() : {},
  };
}

function parse() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(flag: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new OptionError(`${flag}: ${text} is not a whole number`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

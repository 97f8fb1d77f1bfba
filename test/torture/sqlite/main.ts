/*
 * `npm run torture:sqlite`: kills nodes and cuts the power, and checks that SQLite loses nothing that was acknowledged.
 */
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endNodes } from '../../support/node-process.ts';
import { recorderUnavailableReason } from './disk-recorder.ts';
import { runKills } from './kills.ts';
import { isSynchronousMode, runPowerCuts, type SynchronousMode } from './power-cuts.ts';

const USAGE = `Usage: npm run torture:sqlite -- [options]

Nodes are killed (kill -9) at random moments while clients write, and started again: all that was acknowledged has to be
there, and the store has to verify. Then what nodes do to their disk is recorded, and QKMS is started on what power cuts
at random moments would have left on it (on Linux, with a C compiler).

  --kills <number>      how often nodes are killed (default: 1000)
  --cuts <number>       how often the power is cut (default: 1000)
  --lanes <number>      how many stores at a time have their nodes killed (default: the cores of this machine)
  --seed <text>         the same calls, kills and power cuts again, as far as the machine allows (default: random)
  --synchronous <mode>  cuts the power of a QKMS that syncs too little: off or normal, of SQLite's modes
  --help                shows this

Exit status: 0 if nothing was lost, else 1; then stores and recordings are left where they are.
`;

const PROGRESS_INTERVAL = 50;

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(2));
await main().catch((error: unknown) => {
  say(error instanceof Error ? String(error.stack) : String(error));
  process.exitCode = 1;
});
endNodes();

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) {
    process.stdout.write(USAGE);
    return;
  }
  const directory = await mkdtemp(join(tmpdir(), 'qkms-torture-'));
  say(`seed ${options.seed}, in ${directory}`);
  await kill(directory, options);
  await cutPower(directory, options);
  await rm(directory, { recursive: true });
}

async function kill(directory: string, { kills, lanes, seed }: Options): Promise<void> {
  const started = performance.now();
  const report = await runKills({
    directory,
    kills,
    lanes,
    seed,
    progress: ({ kills }) => sayNowAndThen(kills, 'kills', started),
  });
  const { stores, calls, looks } = report;
  process.stdout.write(
    `${report.kills} kills of nodes of ${stores} stores in ${since(started)}: ${calls} calls were acknowledged, keys and ` +
      `users were looked at ${looks} times, and nothing was lost\n`,
  );
}

async function cutPower(directory: string, { cuts, seed, synchronous }: Options): Promise<void> {
  const reason = recorderUnavailableReason();
  if (reason !== undefined) return say(`no power cuts: ${reason}`);
  const started = performance.now();
  const { recordings, records, looks, failures } = await runPowerCuts({
    directory,
    cuts,
    seed,
    synchronous,
    progress: ({ cuts }) => sayNowAndThen(cuts, 'power cuts', started),
  });
  for (const { seed, records, error } of failures)
    process.stdout.write(`after ${records} system calls of recording ${seed}: ${firstLine(error)}\n`);
  process.stdout.write(
    `${cuts} power cuts in ${since(started)}, in the midst of ${records} system calls of ${recordings} recordings: keys and ` +
      `users were looked at ${looks} times, and something was lost after ${failures.length} of them\n`,
  );
  if (failures.length > 0) throw new Error(`something was lost; everything is in ${directory}`);
}

interface Options {
  readonly kills: number;
  readonly cuts: number;
  readonly lanes: number;
  readonly seed: string;
  readonly synchronous: SynchronousMode;
}

/** What was asked for; undefined when it was this text. */
function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '1000' },
      cuts: { type: 'string', default: '1000' },
      lanes: { type: 'string', default: String(availableParallelism()) },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
      synchronous: { type: 'string', default: 'full' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { seed, synchronous } = values;
  if (!isSynchronousMode(synchronous))
    throw new Error(`--synchronous: ${synchronous} is neither off nor normal`);
  return {
    kills: wholeNumber('--kills', values.kills),
    cuts: wholeNumber('--cuts', values.cuts),
    lanes: wholeNumber('--lanes', values.lanes),
    seed,
    synchronous,
  };
}

function wholeNumber(flag: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`${flag}: ${text} is not a whole number`);
}

function sayNowAndThen(count: number, what: string, started: number): void {
  if (count % PROGRESS_INTERVAL === 0) say(`${count} ${what} in ${since(started)}`);
}

function since(started: number): string {
  return `${Math.round((performance.now() - started) / 1_000)} s`;
}

function firstLine(error: unknown): string {
  return String(error).split('\n', 1)[0] ?? '';
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { verifyUsers } from '../../support/identity-load.ts';
import { verifyStore } from '../../support/inside.ts';
import { type Random, seededRandom } from '../../support/random.ts';
import { type Credentials, startTestServer } from '../../support/server.ts';
import { verifyLedger } from '../../support/write-load.ts';
import { Disk, type DiskRecord, type Found, readJournal } from './disk.ts';
import { compileRecorder, type Recorder, type SelfKill } from './disk-recorder.ts';
import { DATA_DIRECTORY, type Knowledge, type Lives, Recording } from './recording.ts';

const CUTS_PER_RECORDING = 50;
/** Each recording but the first begins with what a power cut in the one before has left; then there is a new store. */
const RECORDINGS_PER_STORE = 5;
/** How much of what was not synced a power cut leaves. */
const SHARES = [0, 0.1, 0.5, 0.9, 1];
const PRECISION = 1_000;

/** The least records of a node that ends by itself: more than a first start makes. */
const FEWEST_RECORDS = 300;
/** Enough for SQLite to move the whole log into the database once. */
const MOST_RECORDS = 2_500;
const MOST_CALLS = 60;

const SYNCHRONOUS_MODES = ['full', 'normal', 'off'] as const;
const BROKEN_MODES = pathToFileURL(join(import.meta.dirname, 'synchronous.ts')).href;

/** What SQLite syncs: what QKMS tells it to (`full`), or too little. */
export type SynchronousMode = (typeof SYNCHRONOUS_MODES)[number];

export function isSynchronousMode(text: string): text is SynchronousMode {
  return SYNCHRONOUS_MODES.some((mode) => mode === text);
}

/** A power cut after which something was missing or damaged. */
export interface FailedCut {
  /** The recording, by its seed. */
  readonly seed: string;
  /** How many records of it were made before. */
  readonly records: number;
  readonly error: unknown;
}

/** What power cuts have been worked out. */
export interface PowerCutReport {
  cuts: number;
  recordings: number;
  /** System calls that were recorded. */
  records: number;
  /** Keys and users that were looked at after power cuts. */
  looks: number;
  readonly failures: FailedCut[];
}

export interface PowerCutOptions {
  /** Where everything lies: the recordings, and what power cuts have left. */
  readonly directory: string;
  readonly cuts: number;
  /** Decides what is written, when the power is cut, and what that leaves. */
  readonly seed: string;
  readonly synchronous: SynchronousMode;
  readonly progress?: (report: PowerCutReport) => void;
}

/** What a power cut has left, and what clients knew when it came. */
interface Remains {
  readonly found: ReadonlyMap<string, Found>;
  readonly knowledge: Knowledge;
}

/**
 * Records what nodes do to a disk, works out what is on it after power cuts at random moments, and starts QKMS on each:
 * all that was acknowledged before that moment has to be there, and the store has to verify.
 */
export async function runPowerCuts(options: PowerCutOptions): Promise<PowerCutReport> {
  const report: PowerCutReport = { cuts: 0, recordings: 0, records: 0, looks: 0, failures: [] };
  const recorder = compileRecorder(options.directory);
  let remains: Remains | undefined;
  while (report.cuts < options.cuts) {
    const seed = `${options.seed}/${report.recordings}`;
    const recorded = await record(options, { recorder, seed, remains });
    report.recordings += 1;
    report.records += recorded.records.length;
    remains = await cutAndCheck(options, recorded, report);
    if (report.recordings % RECORDINGS_PER_STORE === 0) remains = undefined;
  }
  return report;
}

/** What nodes have done to a disk. */
interface Recorded {
  readonly seed: string;
  readonly random: Random;
  readonly root: string;
  /** As it was before. */
  readonly disk: Disk;
  readonly records: readonly DiskRecord[];
  readonly recording: Recording;
}

async function record(
  { directory, synchronous }: PowerCutOptions,
  {
    recorder,
    seed,
    remains,
  }: { readonly recorder: Recorder; readonly seed: string; readonly remains: Remains | undefined },
): Promise<Recorded> {
  const random = seededRandom(seed);
  const place = await mkdtemp(join(await realpath(directory), 'recording-'));
  const [root, journal] = [join(place, 'disk'), join(place, 'journal')];
  await layOut(remains?.found ?? new Map(), root);
  const disk = new Disk(root);
  const environment = (selfKill?: SelfKill) => ({
    ...recorder({ root, journal, selfKill }),
    ...(synchronous === 'full'
      ? {}
      : { NODE_OPTIONS: `--import=${BROKEN_MODES}`, QKMS_TEST_SYNCHRONOUS: synchronous }),
  });
  const recording = new Recording({ root, journal, environment, seed });
  await recording.make(remains?.knowledge ?? { keys: [], users: [] }, someLives(random, synchronous));
  return { seed, random, root, disk, records: readJournal(await readFile(journal)), recording };
}

function someLives(random: Random, synchronous: SynchronousMode): Lives {
  const killed = Array.from({ length: 1 + random(2) }, () => ({
    records: FEWEST_RECORDS + random(MOST_RECORDS - FEWEST_RECORDS),
    // Otherwise there may never be a sync.
    atSync: random(2) === 0 && synchronous === 'full',
  }));
  return { killed, lastCalls: 1 + random(MOST_CALLS), lastIsKilled: random(2) === 0 };
}

/** When the power is cut, and what it leaves. */
interface PowerCut {
  /** After so many records. */
  readonly records: number;
  /** How much of what was not synced is kept. */
  readonly share: number;
}

/** So many power cuts in the order of time: at random, and whenever a node was ready. */
function someCuts({ random, records, recording }: Recorded, count: number): readonly PowerCut[] {
  const atStarts = recording.starts.map((start) => ({
    records: records.filter(({ position }) => position <= start).length,
    share: 0,
  }));
  const others = Array.from({ length: Math.max(count - atStarts.length, 0) }, () => ({
    records: 1 + random(records.length),
    share: SHARES[random(SHARES.length)] ?? 0,
  }));
  return [...atStarts, ...others].slice(0, count).sort((one, other) => one.records - other.records);
}

/** @returns what one of the power cuts has left, unless something was missing or damaged */
async function cutAndCheck(
  { directory, cuts, progress }: PowerCutOptions,
  recorded: Recorded,
  report: PowerCutReport,
): Promise<Remains | undefined> {
  const { seed, random, root, disk, records, recording } = recorded;
  const powerCuts = someCuts(recorded, Math.min(CUTS_PER_RECORDING, cuts - report.cuts));
  const chosen = powerCuts[random(powerCuts.length)];
  const failuresBefore = report.failures.length;
  let remains: Remains | undefined;
  let applied = 0;
  for (const powerCut of powerCuts) {
    for (const record of records.slice(applied, powerCut.records)) disk.apply(record);
    applied = powerCut.records;
    const position = records[applied - 1]?.position ?? 0;
    const found = relativeTo(
      root,
      disk.cut(() => random(PRECISION) < powerCut.share * PRECISION),
    );
    if (powerCut === chosen) remains = { found, knowledge: recording.knowledgeAt(position) };
    const image = join(directory, 'image');
    const knowledge = recording.knowledgeAt(position);
    await layOut(found, image);
    try {
      await verifyRemains(join(image, DATA_DIRECTORY), knowledge);
    } catch (error) {
      report.failures.push({ seed, records: applied, error });
    }
    await rm(image, { recursive: true });
    report.cuts += 1;
    report.looks += knowledge.keys.length + knowledge.users.length;
    progress?.(report);
  }
  return report.failures.length === failuresBefore ? remains : undefined;
}

function relativeTo(root: string, found: ReadonlyMap<string, Found>): ReadonlyMap<string, Found> {
  return new Map([...found].map(([path, what]) => [relative(root, path), what]));
}

/** Puts what was found on the recorded disk into a new directory on the real one. */
async function layOut(found: ReadonlyMap<string, Found>, directory: string): Promise<void> {
  await mkdir(directory);
  for (const [path, what] of found) {
    if (what === 'directory') await mkdir(join(directory, path), { mode: 0o700 });
    else await writeFile(join(directory, path), what, { mode: 0o600 });
  }
}

/** Starts QKMS on a data directory and checks that all is there that clients know of. */
async function verifyRemains(dataDirectory: string, { keys, users }: Knowledge): Promise<void> {
  const server = await startTestServer({ dataDirectory });
  const [kms, iam] = [server.client(), server.iam()];
  try {
    await verifyLedger(kms, keys);
    const sts = (credentials: Credentials) => server.sts({ credentials });
    await verifyUsers({ client: () => kms, iam: () => iam, sts }, users);
  } finally {
    await server.close();
  }
  await verifyStore(dataDirectory);
}

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type UserLedger, verifyUsers, writeUsersUntilBroken } from '../../support/identity-load.ts';
import { verifyStore } from '../../support/inside.ts';
import { killNodeWhileItStarts, type NodeProcess, startNode } from '../../support/node-process.ts';
import { type Random, seededRandom } from '../../support/random.ts';
import { type Ledger, verifyCiphertexts, verifyLedger, writeUntilBroken } from '../../support/write-load.ts';

const KEY_WRITERS = 2;
const USER_WRITERS = 1;
/** The most calls that are confirmed before a node is killed. */
const MOST_CALLS = 40;
/** The longest pause between the last of them and the kill, in microseconds: about as long as a call takes. */
const LONGEST_PAUSE = 4_000;
/** How often nodes of one store are killed before it is given up for a new one. */
const KILLS_PER_STORE = 10;
/** One in so many nodes has worker processes. */
const WORKERS_SHARE = 8;
/** One in so many is asked to end just before it is killed. */
const DRAIN_SHARE = 8;
/** One in so many is preceded by one that is killed while it starts. */
const START_SHARE = 8;
/** About as long as a start takes, in milliseconds. */
const LONGEST_START = 500;

/** How a node is killed. */
export interface Killing {
  /** After so many calls have been confirmed. */
  readonly calls: number;
  /** And after such a pause, in microseconds. */
  readonly pause: number;
  /** The primary process and its workers at the same moment; else the primary alone, whose workers end themselves. */
  readonly everything: boolean;
  /** Whether it is asked to end before the pause. */
  readonly drains: boolean;
}

/** What has been killed, and found well again. */
export interface KillReport {
  kills: number;
  stores: number;
  /** Calls that were confirmed. */
  calls: number;
  /** Keys and users that were looked at after restarts. */
  looks: number;
}

/**
 * Kills nodes in the midst of their work, starts them again, and checks each time that nothing is lost that was
 * acknowledged, and that the store verifies.
 *
 * @param options.directory where the stores lie
 * @param options.lanes how many stores there are at a time
 * @param options.seed decides what is written and when nodes are killed, as far as that is not up to the machine
 * @throws AssertionError when something is lost or damaged
 */
export async function runKills({
  directory,
  kills,
  lanes,
  seed,
  progress,
}: {
  readonly directory: string;
  readonly kills: number;
  readonly lanes: number;
  readonly seed: string;
  readonly progress?: (report: KillReport) => void;
}): Promise<KillReport> {
  const report: KillReport = { kills: 0, stores: 0, calls: 0, looks: 0 };
  let left = kills;
  const lane = async () => {
    while (left > 0) {
      const count = Math.min(KILLS_PER_STORE, left);
      left -= count;
      const name = `store-${report.stores}`;
      report.stores += 1;
      const store = new KilledStore(join(directory, name), `${seed}/${name}`, report);
      for (let kill = 0; kill < count; kill += 1) {
        await store.kill();
        report.kills += 1;
        progress?.(report);
      }
      await store.verifyAtLast();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return report;
}

/** A store whose nodes are killed one after the other, with what their clients know. */
class KilledStore {
  readonly #dataDirectory: string;
  readonly #report: KillReport;
  readonly #random: Random;
  readonly #writers: readonly { readonly ledger: Ledger; readonly random: Random }[];
  readonly #userWriters: readonly { readonly ledger: UserLedger; readonly random: Random }[];
  #kills = 0;

  constructor(dataDirectory: string, seed: string, report: KillReport) {
    this.#dataDirectory = dataDirectory;
    this.#report = report;
    this.#random = seededRandom(seed);
    const writer = (index: number) => ({ ledger: [], random: seededRandom(`${seed}/${index}`) });
    this.#writers = Array.from({ length: KEY_WRITERS }, (_, index) => writer(index));
    this.#userWriters = Array.from({ length: USER_WRITERS }, (_, index) => writer(KEY_WRITERS + index));
  }

  /** Starts a node, checks what it has, lets it work, and kills it. */
  async kill(): Promise<void> {
    const random = this.#random;
    const dataDirectory = this.#dataDirectory;
    const workers = random(WORKERS_SHARE) === 0 ? 2 : 1;
    if (random(START_SHARE) === 0)
      await killNodeWhileItStarts({ dataDirectory, workers }, random(LONGEST_START));
    const node = await startNode({ dataDirectory, workers });
    await this.#verify(node);
    const killing = {
      calls: 1 + random(MOST_CALLS),
      pause: random(LONGEST_PAUSE),
      everything: random(2) === 0,
      drains: random(DRAIN_SHARE) === 0,
    };
    this.#report.calls += await killInTheMidst(node, killing, (confirmed) => [
      ...this.#writers.map(({ ledger, random }) =>
        writeUntilBroken(node.client(), ledger, confirmed, random),
      ),
      ...this.#userWriters.map(({ ledger, random }) =>
        writeUsersUntilBroken(node, ledger, confirmed, random),
      ),
    ]);
    this.#kills += 1;
  }

  /** Checks everything once more, makes every key usable, and lets the node end by itself. */
  async verifyAtLast(): Promise<void> {
    const node = await startNode({ dataDirectory: this.#dataDirectory, workers: 1 });
    await this.#verify(node);
    for (const { ledger } of this.#writers) await verifyCiphertexts(node.client(), ledger);
    assert.equal(await node.stop(), 0);
    await verifyStore(this.#dataDirectory);
  }

  async #verify(node: NodeProcess): Promise<void> {
    for (const { ledger } of this.#writers) await verifyLedger(node.client(), ledger);
    for (const { ledger } of this.#userWriters) await verifyUsers(node, ledger);
    const keys = await verifyStore(this.#dataDirectory);
    const users = this.#userWriters.flatMap(({ ledger }) => ledger).length;
    const known = this.#writers.flatMap(({ ledger }) => ledger).length + users;
    // A key may have been created whose creator was never told.
    const unknown = (KEY_WRITERS + USER_WRITERS) * this.#kills;
    assert.ok(keys >= known && keys <= known + unknown, `${keys} keys, ${known} of them known`);
    this.#report.looks += known + users;
  }
}

/**
 * Kills a node as soon as it has confirmed some of the calls that writers make.
 *
 * @param startWriters starts writers, which tell of each call that was confirmed, and end when the node does
 * @returns the number of confirmed calls
 */
export async function killInTheMidst(
  node: NodeProcess,
  { calls, pause, everything, drains }: Killing,
  startWriters: (confirmed: () => void) => readonly Promise<void>[],
): Promise<number> {
  let confirmed = 0;
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const writers = startWriters(() => {
    confirmed += 1;
    if (confirmed === calls) resolve();
  });
  await Promise.race([enough, Promise.all(writers)]);
  assert.ok(confirmed >= calls, 'the node broke before it was killed');
  const stopped = drains ? node.stop() : undefined;
  waitPrecisely(pause);
  await node.kill({ everything });
  await Promise.all([stopped, ...writers]);
  return confirmed;
}

/** Holds up this process, as timers are not that precise. */
function waitPrecisely(microseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, microseconds / 1_000);
}

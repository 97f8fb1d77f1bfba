import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type UserLedger, verifyUsers, writeUsersUntilBroken } from '../../support/identity-load.ts';
import { type NodeProcess, startNode } from '../../support/node-process.ts';
import { seededRandom } from '../../support/random.ts';
import { type Ledger, verifyLedger, writeUntilBroken } from '../../support/write-load.ts';
import type { SelfKill } from './disk-recorder.ts';

/** Where nodes keep everything, below the directory that is recorded. */
export const DATA_DIRECTORY = 'data';

/** What clients know. */
export interface Knowledge {
  readonly keys: Ledger;
  readonly users: UserLedger;
}

/** How nodes live, one after the other. */
export interface Lives {
  readonly killed: readonly SelfKill[];
  /** How many calls the last one confirms before it is asked to end, or killed with its two workers. */
  readonly lastCalls: number;
  readonly lastIsKilled: boolean;
}

/** What one writer knew when the journal had a certain length. */
interface Moment<W> {
  readonly position: number;
  readonly ledger: readonly W[];
}

/** What clients knew while nodes were recorded. */
export class Recording {
  readonly #options: RecordingOptions;
  readonly #keys: Moment<Ledger[number]>[] = [];
  readonly #users: Moment<UserLedger[number]>[] = [];
  readonly #starts: number[] = [];

  constructor(options: RecordingOptions) {
    this.#options = options;
  }

  /**
   * Lets nodes live, each on what the one before has left, and has clients check that and write on.
   *
   * @param knowledge what clients know from before
   */
  async make(knowledge: Knowledge, { killed, lastCalls, lastIsKilled }: Lives): Promise<void> {
    for (const selfKill of killed) {
      const node = await this.#start(knowledge, 1, selfKill);
      await this.#work(node, knowledge, () => {});
      // It has ended by itself.
      await node.kill();
    }
    const node = await this.#start(knowledge, lastIsKilled ? 2 : 1);
    let calls = 0;
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    const work = this.#work(node, knowledge, () => {
      calls += 1;
      if (calls === lastCalls) resolve();
    });
    await Promise.race([enough, work]);
    if (lastIsKilled) await node.kill({ everything: true });
    else assert.equal(await node.stop(), 0);
    await work;
    this.#keys.push({ position: Number.POSITIVE_INFINITY, ledger: knowledge.keys.map(asAttempted) });
    this.#users.push({ position: Number.POSITIVE_INFINITY, ledger: knowledge.users.map(asAttempted) });
  }

  /** The lengths that the journal had when nodes were ready. */
  get starts(): readonly number[] {
    return this.#starts;
  }

  /** What clients knew when the journal had a certain length; what they asked for next may have been done by then. */
  knowledgeAt(position: number): Knowledge {
    return { keys: knownAt(this.#keys, position), users: knownAt(this.#users, position) };
  }

  async #start(knowledge: Knowledge, workers: number, selfKill?: SelfKill): Promise<NodeProcess> {
    const { root, environment } = this.#options;
    const dataDirectory = join(root, DATA_DIRECTORY);
    const node = await startNode({ dataDirectory, workers, environment: environment(selfKill) });
    // Whoever can see something may rely on it: it counts from here, for nobody has written anything since.
    const position = this.#position();
    await verifyLedger(node.client(), knowledge.keys);
    await verifyUsers(node, knowledge.users);
    this.#starts.push(position);
    this.#keys.push({ position, ledger: structuredClone(knowledge.keys) });
    this.#users.push({ position, ledger: structuredClone(knowledge.users) });
    return node;
  }

  async #work(node: NodeProcess, knowledge: Knowledge, confirmed: () => void): Promise<void> {
    const { keys, users } = knowledge;
    const { seed } = this.#options;
    const random = seededRandom(`${seed}/keys/${this.#keys.length}`);
    const randomOfUsers = seededRandom(`${seed}/users/${this.#users.length}`);
    const keysConfirmed = () => {
      this.#keys.push({ position: this.#position(), ledger: structuredClone(keys) });
      confirmed();
    };
    const usersConfirmed = () => {
      this.#users.push({ position: this.#position(), ledger: structuredClone(users) });
      confirmed();
    };
    await Promise.all([
      writeUntilBroken(node.client(), keys, keysConfirmed, random),
      writeUsersUntilBroken(node, users, usersConfirmed, randomOfUsers),
    ]);
  }

  #position(): number {
    return statSync(this.#options.journal).size;
  }
}

export interface RecordingOptions {
  /** The directory below which nodes keep everything. */
  readonly root: string;
  /** What nodes append their records to. */
  readonly journal: string;
  /** Of a node that is recorded. */
  readonly environment: (selfKill?: SelfKill) => Readonly<Record<string, string>>;
  /** Decides what clients ask for. */
  readonly seed: string;
}

/** Something that a writer has created. */
interface Written<F> {
  acknowledged: F;
  attempted?: F;
}

function asAttempted<F, W extends Written<F>>(written: W): W {
  const { acknowledged, attempted = acknowledged } = structuredClone(written);
  return { ...written, acknowledged: attempted };
}

function knownAt<F, W extends Written<F>>(moments: readonly Moment<W>[], position: number): W[] {
  const later = moments.findIndex((moment) => moment.position > position);
  const known = moments[later - 1]?.ledger ?? [];
  const next = moments[later]?.ledger ?? [];
  return known.map(({ acknowledged }, index) => {
    const successor = next[index];
    assert.ok(successor !== undefined);
    return structuredClone({ ...successor, acknowledged, attempted: successor.acknowledged });
  });
}

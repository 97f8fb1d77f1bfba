import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createKey } from '../support/keys.ts';
import type { Cell } from './cell.ts';
import type { Command } from './cell-commands.ts';
import { CELL, type CellState } from './cell-model.ts';
import { closeCell } from './closing.ts';
import type { Deployment } from './deployment.ts';
import { describeFault, faultsOf } from './faults.ts';
import { checkHistory, type Verdict } from './linearizability.ts';
import { Load } from './load.ts';

const CELLS_AT_A_TIME = 3;
const PROGRESS_INTERVAL = 5_000;
/** How long there is no fault at most, and how often calls are counted meanwhile, in milliseconds. */
const LONGEST_CALM = 10_000;
const POLL_INTERVAL = 10;

export interface TortureOptions {
  readonly seed: number;
  /** How long the load goes on, in seconds, and then until the round of faults is over. */
  readonly seconds: number;
  /** Whether anything goes wrong; it does by default. */
  readonly hasFaults?: boolean;
  /** Is told what goes on, a line at a time. */
  readonly report: (line: string) => void;
}

/** A cell whose history is not linearizable, or not decided. */
export interface Finding {
  readonly cell: string;
  readonly verdict: Exclude<Verdict<CellState, Command>, { readonly is: 'linearizable' }>;
}

/** What a run came to. */
export interface TortureResult {
  readonly cells: number;
  /** How many calls were answered how: `done`, the code of a refusal, or `lost`. */
  readonly answers: ReadonlyMap<string, number>;
  /** How often each kind of fault was made. */
  readonly faults: ReadonlyMap<string, number>;
  readonly ciphertexts: number;
  /** Keys in the store, every record of which was verified in the end; undefined if something was found before. */
  readonly keys: number | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Lets clients use and change cells while a deployment suffers faults, and decides for each cell whether what was answered
 * is linearizable. In the end everything is read again, every ciphertext is decrypted, and the store verified.
 */
export async function torture(deployment: Deployment, options: TortureOptions): Promise<TortureResult> {
  const { seed, report, hasFaults = true } = options;
  const answers = new Map<string, number>();
  const faults = new Map<string, number>();
  const cells: Cell[] = [];
  const findings: Finding[] = [];
  const loads = Array.from({ length: CELLS_AT_A_TIME }, () => new Load(deployment.ways, answers));
  // Names are unlike those of other runs: a store may be used again.
  const run = randomUUID().slice(0, 8);
  let begun = 0;
  let isOver = false;

  const check = (cell: Cell) => {
    const verdict = checkHistory(CELL, cell.history());
    if (verdict.is === 'linearizable') return;
    findings.push({ cell: cell.name, verdict });
    if (verdict.is === 'violated') isOver = true;
  };

  async function fillWithCells(load: Load, anchorArn: string): Promise<void> {
    while (!isOver) {
      const number = begun;
      begun += 1;
      const cell = await load.createCell(`cell-${run}-${number}`, anchorArn);
      cells.push(cell);
      await load.use(cell, { seed, cell: number }, () => isOver);
      check(cell);
    }
  }

  /** Resolves when so many more calls have been answered, or after a while. */
  async function calm(count: number): Promise<void> {
    const enough = sum(answers) + count;
    const latest = performance.now() + LONGEST_CALM;
    while (!isOver && sum(answers) < enough && performance.now() < latest) await delay(POLL_INTERVAL);
  }

  async function makeFaults(): Promise<void> {
    const end = performance.now() + options.seconds * 1_000;
    while (!hasFaults && !isOver && performance.now() < end) await delay(POLL_INTERVAL);
    for (let round = 0; (hasFaults && round === 0) || performance.now() < end; round += 1) {
      for (const fault of faultsOf(deployment.faultKinds, { seed, round })) {
        await calm(fault.after);
        if (isOver) return;
        report(`fault: ${describeFault(fault)}`);
        await deployment.suffer(fault);
        faults.set(fault.kind, (faults.get(fault.kind) ?? 0) + 1);
      }
    }
    isOver = true;
  }

  async function closeAll(): Promise<void> {
    report(`all is healed: everything is read again in ${cells.length} cells`);
    const waiting = [...cells];
    const closeSome = async (load: Load) => {
      for (let cell = waiting.pop(); cell !== undefined; cell = waiting.pop()) {
        await closeCell(load, cell);
        check(cell);
      }
    };
    await Promise.all(loads.map(closeSome));
  }

  const progress = setInterval(() => report(progressOf(cells, answers, faults)), PROGRESS_INTERVAL);
  try {
    const [first] = loads;
    const anchorArn = first && (await createKey((await first.clients()).kms())).arn;
    if (anchorArn === undefined) throw new Error('there are no clients');
    await Promise.all([makeFaults(), ...loads.map((load) => fillWithCells(load, anchorArn))]);
    if (findings.length === 0) await closeAll();
  } finally {
    isOver = true;
    clearInterval(progress);
    for (const load of loads) load.close();
  }
  return {
    cells: cells.length,
    answers,
    faults,
    ciphertexts: cells.reduce((sum, cell) => sum + cell.ciphertexts().length, 0),
    keys: findings.length === 0 ? await deployment.finish() : undefined,
    findings,
  };
}

function progressOf(
  cells: readonly Cell[],
  answers: ReadonlyMap<string, number>,
  faults: ReadonlyMap<string, number>,
): string {
  const lost = answers.get('lost') ?? 0;
  return `${sum(answers)} calls in ${cells.length} cells, ${lost} of them lost, ${sum(faults)} faults`;
}

export function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

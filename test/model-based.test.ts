import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createAccount } from '../src/cli/identities.ts';
import { answerUse, initialState, type Model, type ModelAnswer } from './support/authorization-model.ts';
import { applyChange } from './support/authorization-model-changes.ts';
import { prepareWorlds, type World } from './support/authorization-world.ts';
import { runsOr, SEED } from './support/fuzz-runs.ts';
import { credentialsIn } from './support/identities.ts';
import { type Command, commands, concerns, OPENING, USES, type Use } from './support/model-commands.ts';
import { endNodes, type NodeProcess, startNode } from './support/node-process.ts';
import { DELEGATION, renderKeyPolicy } from './support/policy-forms.ts';
import { createPrincipals } from './support/principals.ts';
import { OTHER_ACCOUNT, ROOT_CREDENTIALS } from './support/server.ts';
import { operatorConfiguration } from './support/services.ts';
import { connectToWorkers, type WorkerConnections, type WorkerNumber } from './support/worker-connections.ts';

/*
 * Principals use keys and change who may use them, in any order, through the two processes of a node. Every answer is the
 * one that a simple model gives at that instant: what a change has done counts everywhere as soon as it has returned.
 *
 * A failure prints the seed and the commands; QKMS_FUZZ_SEED asks for them again, QKMS_FUZZ_RUNS for more sequences.
 */

const NORMAL_RUNS = 14;
const RUNS = runsOr(NORMAL_RUNS);
/** How many uses are asked for around each change: of those that it decides otherwise than before, and of those near. */
const AFFECTED_USES = 3;
const NEAR_USES = 2;

let dataDirectory: string;
let node: NodeProcess;
let connections: WorkerConnections;
let beginWorld: () => Promise<World>;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-model-'));
  node = await startNode({ dataDirectory, workers: 2 });
  const configuration = await operatorConfiguration(dataDirectory);
  const shown = await createAccount(configuration, OTHER_ACCOUNT, 'other');
  const otherRoot = credentialsIn(shown.join('\n'));
  const principals = await createPrincipals({
    rootCredentials: ROOT_CREDENTIALS,
    iam: node.iam(),
    otherIam: node.iam(otherRoot),
    sts: node.sts,
  });
  connections = await connectToWorkers(node.endpoint);
  beginWorld = prepareWorlds(node.endpoint, connections, principals, otherRoot);
});
after(async () => {
  connections.close();
  await node.stop();
  endNodes();
  await rm(dataDirectory, { recursive: true });
});

/** How often what was answered. */
const answers = { uses: new Map<string, number>(), changes: new Map<string, number>() };

function count(counts: Map<string, number>, answer: string): void {
  const kind = answer.replace(/:.*/, '');
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

/**
 * Makes the change of a command. Both workers are asked for uses before it or, when it is busy, while it is made, and
 * again from the moment when it has returned.
 */
async function follow(world: World, model: Model, command: Command): Promise<Model> {
  const { answer: expected, after } = applyChange(model, command);
  const uses = usesAround(model, after, command);
  const askAll = async (worker: WorkerNumber, models: readonly Model[]) => {
    for (const use of uses) await ask(world, use, worker, models);
  };
  if (!command.isBusy) await settle([askAll(0, [model]), askAll(1, [model])]);

  let isReturned = false;
  const making = world.change(command).finally(() => {
    isReturned = true;
  });
  const askAround = async (worker: WorkerNumber) => {
    for (let at = 0; command.isBusy && !isReturned; at += 1) {
      const use = uses[at % uses.length];
      if (use !== undefined) await ask(world, use, worker, [model, after]);
    }
    await making;
    await askAll(worker, [after]);
  };
  await settle([assertChange(command, making, expected), askAround(0), askAround(1)]);
  return after;
}

async function assertChange(
  { by, change }: Command,
  making: Promise<ModelAnswer>,
  expected: ModelAnswer,
): Promise<void> {
  const answer = await making;
  assert.equal(answer, expected, `the change by ${by}`);
  count(answers.changes, `${change.change} ${answer}`);
}

/** Waits for all, also when one fails: nothing of a sequence shall happen during the next one. */
async function settle(works: readonly Promise<void>[]): Promise<void> {
  for (const settled of await Promise.allSettled(works))
    if (settled.status === 'rejected') throw settled.reason;
}

/** The answer has to be right by one of the models. */
async function ask(world: World, use: Use, worker: WorkerNumber, models: readonly Model[]): Promise<void> {
  const expected = models.map((model) => answerUse(model, use));
  const answer = await world.use(use, worker);
  const shown = `worker ${worker} answers ${answer}, not ${expected.join(' or ')}: ${JSON.stringify(use)}`;
  assert.ok(expected.includes(answer), shown);
  count(answers.uses, answer);
}

/** By model: what comes after one change comes before the next. */
const known = new WeakMap<Model, readonly ModelAnswer[]>();

/** What every use is answered. */
function answersOf(model: Model): readonly ModelAnswer[] {
  const found = known.get(model) ?? USES.map((use) => answerUse(model, use));
  known.set(model, found);
  return found;
}

function usesAround(before: Model, after: Model, { change, seed }: Command): readonly Use[] {
  const [answersBefore, answersAfter] = [answersOf(before), answersOf(after)];
  const affected = USES.filter((_, at) => answersBefore[at] !== answersAfter[at]);
  const near = USES.filter((use) => concerns(change, use));
  return [...pick(affected, AFFECTED_USES, seed), ...pick(near, NEAR_USES, seed)];
}

/** Some of many, spread over all. */
function pick<Item>(items: readonly Item[], most: number, seed: number): readonly Item[] {
  const stride = Math.max(1, Math.floor(items.length / most));
  const picked = Array.from({ length: most }, (_, at) => items[(seed + at * stride) % items.length]);
  return [...new Set(picked.filter((item) => item !== undefined))];
}

describe(`whoever changes what, every use is answered by the state of that instant (${RUNS} runs, seed ${SEED})`, () => {
  it('as a model has it, through either worker', async (t) => {
    const property = fc.asyncProperty(commands, async (sequence) => {
      const world = await beginWorld();
      const { names } = world;
      let model: Model = { names, state: initialState(renderKeyPolicy(names, DELEGATION)) };
      for (const command of OPENING) {
        const { answer, after } = applyChange(model, command);
        assert.equal(await world.change(command), answer);
        model = after;
      }
      for (const [number, command] of sequence.entries()) {
        try {
          model = await follow(world, model, command);
        } catch (error) {
          throw new Error(`at command ${number + 1} of ${sequence.length}`, { cause: error });
        }
      }
    });
    await fc.assert(property, { numRuns: RUNS, seed: SEED });
    assert.ok(connections.areKept(), 'each worker was asked over the same connections all the time');
    for (const [name, counts] of Object.entries(answers)) {
      const total = [...counts.values()].reduce((sum, some) => sum + some, 0);
      t.diagnostic(
        `${total} ${name}: ${[...counts]
          .sort()
          .map((each) => each.join(' '))
          .join(', ')}`,
      );
    }
    // Worth something only if both are common.
    if (RUNS < NORMAL_RUNS) return;
    for (const answer of ['done', 'AccessDeniedException'])
      assert.ok((answers.uses.get(answer) ?? 0) > RUNS * 10, `few uses were answered ${answer}`);
  });
});

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runsOr, SEED } from '../support/fuzz-runs.ts';
import { createKey } from '../support/keys.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createCell } from './cell.ts';
import { plansOf } from './cell-commands.ts';
import { CELL, DONE } from './cell-model.ts';
import { clientsOf, type SharedClients } from './clients.ts';

const NORMAL_RUNS = 5;
const RUNS = runsOr(NORMAL_RUNS);
const LENGTH = 200;

describe(`a cell whose commands come one after the other answers as its model (${RUNS} runs, seed ${SEED})`, () => {
  let dataDirectory: string;
  let server: TestServer;
  let clients: SharedClients;
  let anchorArn: string;
  before(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-cell-'));
    server = await startTestServer({ dataDirectory });
    server.clock.advance(Date.now() - server.clock.now());
    clients = clientsOf(server.endpoint);
    anchorArn = (await createKey(clients.kms())).arn;
  });
  after(async () => {
    clients.close();
    await server.close();
    await rm(dataDirectory, { recursive: true });
  });

  it('whatever is done', async (t) => {
    const answers = new Map<string, number>();
    for (let run = 0; run < RUNS; run += 1) {
      const cell = await createCell(clients, `cell-${run}`, anchorArn);
      const [plans = []] = plansOf({ seed: SEED, cell: run }, { clients: 1, length: LENGTH });
      let state = CELL.initial;
      for (const [at, plan] of plans.entries()) {
        const command = cell.resolve(plan, at + 1);
        if (command === undefined) continue;
        const expected = CELL.apply(state, command);
        await cell.ask(clients, 'client', command);
        const answer = cell.history().at(-1)?.returned?.answer;
        assert.equal(answer, expected.answer, JSON.stringify({ run, at, command, state }));
        state = expected.after;
        const kind = `${command.operation} ${expected.answer.replace(/:.*/, '')}`;
        answers.set(kind, (answers.get(kind) ?? 0) + 1);
      }
    }
    const counts = [...answers].sort().map((each) => each.join(' '));
    t.diagnostic(counts.join(', '));
    if (RUNS < NORMAL_RUNS) return;
    const uses = ['Encrypt', 'Decrypt', 'GenerateDataKey', 'DescribeKey'];
    for (const answer of [DONE, 'AccessDeniedException', 'UnrecognizedClientException']) {
      for (const use of uses) assert.ok(answers.has(`${use} ${answer}`), `no ${use} was answered ${answer}`);
    }
  });
});

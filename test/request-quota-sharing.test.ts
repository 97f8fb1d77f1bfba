import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openKeptStore } from '../src/opening.ts';
import { RequestLimiter } from '../src/quotas/request-limiter.ts';
import type { RequestQuota } from '../src/quotas/request-quotas.ts';
import { NO_CHANGES, type QuotaSettings, type RequestRates } from '../src/quotas/settings.ts';
import type { OpenedStore, Store } from '../src/store/index.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';
import { engineFlags } from './support/engine.ts';

/* What processes that share a store let through together, by a clock that the tests move. */

const ACCOUNT = '111122223333';
const OTHER_ACCOUNT = '444455556666';
const QUOTA = 'Cryptographic operations (symmetric)';

let dataDirectory: string;
let opened: readonly OpenedStore[];
before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-limiter-'));
  const location = { dataDirectory, ...(await engineFlags(dataDirectory)) };
  const first = await openKeptStore(location);
  opened = [first, await openKeptStore(location)];
});
after(async () => {
  for (const { store, keyring } of opened) {
    await store.close();
    keyring.destroy();
  }
  await rm(dataDirectory, { recursive: true });
});

let tested = 0;
/** A Region that no test has used. */
function newRegion(): string {
  tested += 1;
  return `eu-test-${tested}`;
}

function settingsOf(requestRates: RequestRates, accounts: QuotaSettings['accounts'] = {}): QuotaSettings {
  return { requestQuotas: 'generous', changes: { ...NO_CHANGES, requestRates }, accounts };
}

/** A process of a node, and how often it has written to the store. */
function startProcess(
  settings: QuotaSettings,
  clock: ManualClock,
  options: { readonly node?: number; readonly processes?: number; readonly isBroken?: () => boolean } = {},
) {
  const { node = 0, processes = 1, isBroken = () => false } = options;
  const store = opened[node]?.store;
  assert.ok(store);
  const state = { writes: 0 };
  const write: Store['write'] = (work) => {
    state.writes += 1;
    return isBroken() ? Promise.reject(new Error('the disk is full')) : store.write(work);
  };
  const limiter = new RequestLimiter({ store: { write }, clock, settings, processes });
  return {
    state,
    /** Sends so many requests at once, and says how many were let through. */
    async send(count: number, region: string, quota: RequestQuota = QUOTA, account = ACCOUNT) {
      const sent = Array.from({ length: count }, async () => limiter.count(account, region, [{ quota }]));
      const outcomes = await Promise.allSettled(sent);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'ThrottlingException');
      return outcomes.filter(({ status }) => status === 'fulfilled').length;
    },
    limiter,
  };
}

describe('a request-rate quota', () => {
  it('lets through a second of its rate at once, and then its rate', async () => {
    const [clock, region] = [new ManualClock(), newRegion()];
    const { send } = startProcess(settingsOf({ CreateKey: 20 }), clock);
    assert.equal(await send(30, region, 'CreateKey'), 20);
    clock.advance(249);
    assert.equal(await send(5, region, 'CreateKey'), 0);
    clock.advance(1);
    assert.equal(await send(30, region, 'CreateKey'), 5);
    clock.advance(10_000);
    assert.equal(await send(30, region, 'CreateKey'), 20);
  });

  it('is one for each account, Region and quota', async () => {
    const [clock, region] = [new ManualClock(), newRegion()];
    const { send } = startProcess(settingsOf({ CreateKey: 5, CreateAlias: 5 }), clock);
    assert.equal(await send(9, region, 'CreateKey'), 5);
    assert.equal(await send(9, region, 'CreateKey', OTHER_ACCOUNT), 5);
    assert.equal(await send(9, newRegion(), 'CreateKey'), 5);
    assert.equal(await send(9, region, 'CreateAlias'), 5);
    assert.equal(await send(9, region, 'CreateKey'), 0);
  });

  it('can be another for an account, or unlimited', async () => {
    const [clock, region] = [new ManualClock(), newRegion()];
    const accounts = {
      [OTHER_ACCOUNT]: { resources: {}, requestRates: { CreateKey: 'unlimited', CreateAlias: 3 } },
    } as const;
    const { send, state } = startProcess(settingsOf({ CreateKey: 5 }, accounts), clock);
    assert.equal(await send(200, region, 'CreateKey', OTHER_ACCOUNT), 200);
    assert.equal(state.writes, 0);
    assert.equal(await send(9, region, 'CreateAlias', OTHER_ACCOUNT), 3);
    assert.equal(await send(9, region, 'CreateKey'), 5);
  });

  it('of more than one kind is counted for each', async () => {
    const [clock, region, other] = [new ManualClock(), newRegion(), newRegion()];
    const { limiter, send } = startProcess(settingsOf({ ReplicateKey: 5, CreateKey: 4 }), clock);
    const replicate = async () =>
      limiter.count(ACCOUNT, region, [
        { quota: 'ReplicateKey' },
        { quota: 'CreateKey', region: other, count: 2 },
      ]);
    await replicate();
    await replicate();
    await assert.rejects(replicate(), { code: 'ThrottlingException', status: 400 });
    assert.equal(await send(9, other, 'CreateKey'), 0);
    assert.equal(await send(9, region, 'CreateKey'), 4);
    assert.equal(await send(9, region, 'ReplicateKey'), 2);
  });

  it('gives nothing more to whoever invents Regions', async () => {
    const clock = new ManualClock();
    const { send } = startProcess(settingsOf({ CreateKey: 1 }), clock);
    let passed = 0;
    for (let number = 0; number < 200; number += 1)
      passed += await send(2, `xx-invented-${number}`, 'CreateKey', '777788889999');
    assert.equal(passed, 65);
  });
});

describe('processes that share a store', () => {
  /** Keeps processes busy for ten seconds, and says what they let through and how often they wrote. */
  async function flood(rate: number, processes: number, perStep: readonly number[]) {
    const [clock, region] = [new ManualClock(), newRegion()];
    const settings = settingsOf({ [QUOTA]: rate });
    const all = Array.from({ length: processes }, (_, index) =>
      startProcess(settings, clock, { node: index % opened.length, processes }),
    );
    let passed = 0;
    for (let step = 0; step < 200; step += 1) {
      const sent = all.map(({ send }, index) => send(perStep[index % perStep.length] ?? 0, region));
      for (const count of await Promise.all(sent)) passed += count;
      clock.advance(50);
    }
    return { passed, writes: all.reduce((sum, { state }) => sum + state.writes, 0) };
  }

  for (const processes of [1, 2, 4]) {
    it(`let through what one would, within a tenth: ${processes}`, async () => {
      const { passed, writes } = await flood(400, processes, [100]);
      const expected = 400 * 11;
      assert.ok(Math.abs(passed - expected) <= expected * 0.1, `${passed} were let through, not ${expected}`);
      assert.ok(writes <= 10 * (10 + 4 * processes), `${writes} transactions in ten seconds`);
    });
  }

  it('do so too when one of them is asked for much more than the other', async () => {
    const { passed } = await flood(400, 2, [150, 3]);
    const expected = 400 * 11;
    assert.ok(Math.abs(passed - expected) <= expected * 0.1, `${passed} were let through, not ${expected}`);
  });

  it('need not tell each other anything far from the limit', async () => {
    const { passed, writes } = await flood(10_000, 2, [5]);
    assert.deepEqual({ passed, writes }, { passed: 2 * 5 * 200, writes: 0 });
  });

  it('share one time, though their clocks differ', async () => {
    const region = newRegion();
    const now = Date.now();
    const clocks = [new ManualClock(now + 2_000), new ManualClock(now)];
    const settings = settingsOf({ CreateKey: 50 });
    const all = clocks.map((clock, node) => startProcess(settings, clock, { node }));
    const passed = [0, 0];
    for (let step = 0; step < 40; step += 1) {
      for (const index of step % 2 === 0 ? [0, 1] : [1, 0])
        passed[index] = (passed[index] ?? 0) + ((await all[index]?.send(20, region, 'CreateKey')) ?? 0);
      for (const clock of clocks) clock.advance(250);
    }
    const [ahead = 0, behind = 0] = passed;
    assert.ok(Math.abs(ahead + behind - 550) <= 55, `${ahead} and ${behind} were let through`);
    assert.ok(behind > 100, `only ${behind} were let through by the clock that is behind`);
  });
});

describe('when the store cannot be written', () => {
  it('each process holds to the rate by itself, and with the others again when it can', async () => {
    const [clock, region] = [new ManualClock(), newRegion()];
    let isBroken = true;
    const options = { isBroken: () => isBroken };
    const { send, state } = startProcess(settingsOf({ CreateKey: 20 }), clock, options);
    assert.equal(await send(50, region, 'CreateKey'), 20);
    assert.equal(state.writes, 1);
    clock.advance(500);
    assert.equal(await send(50, region, 'CreateKey'), 10);
    isBroken = false;
    clock.advance(10_000);
    assert.equal(await send(50, region, 'CreateKey'), 20);
    assert.ok(state.writes > 1);
  });
});

describe('a clock that is put back', () => {
  it('does not keep an account waiting', async () => {
    const [clock, region] = [new ManualClock(Date.now() + 3_600_000), newRegion()];
    const { send } = startProcess(settingsOf({ CreateKey: 10 }), clock);
    assert.equal(await send(20, region, 'CreateKey'), 10);
    clock.advance(-3_600_000);
    await send(20, region, 'CreateKey');
    clock.advance(1_000);
    assert.equal(await send(20, region, 'CreateKey'), 10);
  });
});

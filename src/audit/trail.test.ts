import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openStoreInMemory } from '../opening.ts';
import { findAuditHead, listAuditCheckpoints, listAuditRecords, type OpenedStore } from '../store/index.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { type AuditKey, openAuditKey } from './audit-key.ts';
import type { AuditEvent } from './events/call-event.ts';
import { readRecords } from './reading.ts';
import { startRetention } from './retention.ts';
import { type AuditDurability, AuditTrail } from './trail.ts';

const DAY = 86_400_000;

let opened: OpenedStore;
let key: AuditKey;

before(async () => {
  opened = await openStoreInMemory();
  key = await openAuditKey(opened.store, opened.keyring);
});
after(async () => {
  await opened.store.close();
  opened.keyring.destroy();
});

let count = 0;
function event(): AuditEvent {
  count += 1;
  return {
    eventId: `event ${count}`,
    accountId: '111122223333',
    text: JSON.stringify({ eventID: `event ${count}` }),
  };
}

function trailOf(durability: AuditDurability, clock = new ManualClock(), store = opened.store) {
  return { clock, trail: new AuditTrail({ store, clock, key, durability }) };
}

const sizeOfLog = async () => (await opened.store.read(findAuditHead))?.size;

/** A store that refuses to write for as long as it is told to. */
function flaky() {
  const state = { isBroken: false };
  const store = new Proxy(opened.store, {
    get(target, name) {
      if (name === 'write' && state.isBroken) return () => Promise.reject(new Error('disk full'));
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { state, store };
}

describe('records that answers wait for', () => {
  it('are durable when they resolve, those of one turn in one transaction', async () => {
    const { trail } = trailOf('strict');
    const size = (await sizeOfLog()) ?? 0;
    await Promise.all(Array.from({ length: 20 }, () => trail.record([event()])));
    assert.equal(await sizeOfLog(), size + 20);
    const batches = await opened.store.read((reader) => listAuditRecords(reader, size, 100));
    assert.deepEqual(
      batches.map(({ recordCount }) => recordCount),
      [20],
    );
  });

  it('are refused when they cannot be written, and then again written', async () => {
    const { state, store } = flaky();
    const { trail } = trailOf('strict', new ManualClock(), store);
    state.isBroken = true;
    await assert.rejects(trail.record([event()]), /disk full/);
    assert.ok(trail.failure instanceof Error && !trail.isBlocked);
    state.isBroken = false;
    const size = (await sizeOfLog()) ?? 0;
    await trail.record([event()]);
    assert.equal(await sizeOfLog(), size + 1);
    assert.equal(trail.failure, undefined);
  });
});

describe('records that answers do not wait for', () => {
  it('are written within 100 ms', async () => {
    const { trail, clock } = trailOf('soon');
    const size = (await sizeOfLog()) ?? 0;
    await trail.record([event(), event()]);
    assert.equal(await sizeOfLog(), size);
    clock.advance(100);
    await trail.close();
    assert.equal(await sizeOfLog(), size + 2);
  });

  it('are written at once when there are many', async () => {
    const { trail } = trailOf('soon');
    const size = (await sizeOfLog()) ?? 0;
    for (let round = 0; round < 6_000; round += 1) await trail.record([event()]);
    assert.ok(((await sizeOfLog()) ?? 0) > size);
    await trail.close();
    assert.equal(await sizeOfLog(), size + 6_000);
  });

  it('block further calls when they cannot be written, and are not lost', async () => {
    const { state, store } = flaky();
    const { trail, clock } = trailOf('soon', new ManualClock(), store);
    const size = (await sizeOfLog()) ?? 0;
    state.isBroken = true;
    await trail.record([event()]);
    clock.advance(100);
    await trail.close().catch(() => {});
    assert.ok(trail.isBlocked);
    state.isBroken = false;
    await trail.close();
    assert.ok(!trail.isBlocked);
    assert.equal(await sizeOfLog(), size + 1);
  });
});

describe('checkpoints', () => {
  it('are signed with the first records, and again when ten seconds have gone by', async () => {
    const { trail, clock } = trailOf('strict');
    const signed = async () =>
      (await opened.store.read((reader) => listAuditCheckpoints(reader, 0, 1000))).length;
    const before = await signed();
    await trail.record([event()]);
    await trail.record([event()]);
    assert.equal(await signed(), before + 1);
    clock.advance(10_000);
    await trail.record([event()]);
    assert.equal(await signed(), before + 2);
  });
});

describe('old records', () => {
  it('are deleted up to a checkpoint', async () => {
    const { trail, clock } = trailOf('strict');
    await trail.record([event()]);
    await trail.signCheckpoint();
    const size = await sizeOfLog();
    clock.advance(3 * DAY);
    await trail.record([event()]);
    const stop = startRetention({ store: opened.store, clock }, 2, [], assert.ifError);
    // The store does one write after the other.
    await opened.store.write(async () => {});
    await opened.store.write(async () => {});
    stop();
    const [first] = await Array.fromAsync(readRecords(opened.store, 0));
    assert.equal(first?.index, size);
    const [checkpoint] = await opened.store.read((reader) => listAuditCheckpoints(reader, 0, 1));
    assert.equal(checkpoint?.size, size);
  });
});

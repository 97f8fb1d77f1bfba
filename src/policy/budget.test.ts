import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Budget } from './budget.ts';

describe('Budget', () => {
  it('pays only for what there is enough for', () => {
    const budget = new Budget(10);
    assert.deepEqual(
      [budget.pay(7), budget.pay(4), budget.pay(3), budget.pay(1)],
      [true, false, true, false],
    );
    assert.equal(budget.affords(1), 0);
  });

  it('allows a part of what is left, and keeps what that does not use', () => {
    const budget = new Budget(101);
    const half = budget.allow(1 / 2);
    assert.deepEqual([half.affords(1), half.pay(51), half.pay(30)], [50, false, true]);
    assert.equal(budget.affords(1), 71);
    assert.ok(budget.pay(60));
    assert.equal(half.pay(20), false);
  });

  it('buys as many as it can', () => {
    const budget = new Budget(10);
    assert.deepEqual([budget.buy(2, 3), budget.buy(9, 3), budget.affords(1)], [2, 1, 1]);
    assert.equal(new Budget(10).buy(Number.POSITIVE_INFINITY, 3), 3);
  });

  it('settles what the engine has counted, and owes what was too much', () => {
    const budget = new Budget(100);
    const own = budget.allow(1 / 2);
    own.settle({ steps: 60 });
    assert.deepEqual([own.affords(1), own.isOverdrawn, budget.affords(1)], [20, false, 70]);
    own.settle({ steps: 61 });
    assert.deepEqual([own.affords(1), own.isOverdrawn, budget.affords(1)], [0, true, 39]);
    assert.deepEqual([own.pay(1), own.buy(3, 1), own.allow(1).affords(1)], [false, 0, 0]);
  });

  it('tells once what was left out, and not more than can be read', () => {
    const budget = new Budget(1);
    budget.allow(1).omit('one');
    budget.omit('one');
    assert.deepEqual(budget.omitted, ['one']);
    for (let index = 0; index < 40; index += 1) budget.omit(String(index));
    assert.equal(budget.omitted.length, 21);
    assert.equal(budget.omitted.at(-1), 'and 21 more like these');
  });
});

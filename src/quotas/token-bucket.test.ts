import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { takeTokens, timeUntil } from './token-bucket.ts';

const ONE = { least: 1, most: 1 };

describe('a token bucket', () => {
  it('holds a second of its rate, and fills at that rate', () => {
    let bucket = { fullDate: 0, rate: 10 };
    const take = (now: number, wanted = ONE) => {
      const { taken, fullDate } = takeTokens(bucket, wanted, now);
      bucket = { ...bucket, fullDate };
      return taken;
    };
    const start = 1_800_000_000_000;
    assert.equal(take(start, { least: 1, most: 100 }), 10);
    assert.equal(take(start), 0);
    assert.equal(timeUntil(bucket, 1, start), 100);
    assert.equal(take(start + 99), 0);
    assert.equal(take(start + 100), 1);
    assert.equal(take(start + 450, { least: 3, most: 9 }), 3);
    assert.equal(take(start + 450, { least: 1, most: 9 }), 0);
    assert.equal(take(start + 999_999, { least: 1, most: 100 }), 10);
  });

  it('has room for one token, or as many as are wanted at once, however slowly it fills', () => {
    const rate = 0.1;
    const { taken, fullDate } = takeTokens({ fullDate: 0, rate }, ONE, 50_000);
    assert.equal(taken, 1);
    assert.equal(timeUntil({ fullDate, rate }, 1, 50_000), 10_000);
    assert.equal(takeTokens({ fullDate, rate }, ONE, 59_990).taken, 0);
    assert.equal(takeTokens({ fullDate, rate }, ONE, 60_000).taken, 1);
    assert.equal(takeTokens({ fullDate: 0, rate }, { least: 2, most: 2 }, 50_000).taken, 2);
  });

  it('is never more than empty, whichever clock it was drawn from by', () => {
    const { fullDate } = takeTokens({ fullDate: 0, rate: 5 }, { least: 1, most: 5 }, 9_000_000_000_000);
    const drawn = takeTokens({ fullDate, rate: 5 }, ONE, 1_000);
    assert.equal(drawn.taken, 0);
    assert.equal(timeUntil({ fullDate: drawn.fullDate, rate: 5 }, 1, 1_000), 200);
  });

  it('never gives more than its rate and what it holds', () => {
    const steps = fc.array(fc.record({ pause: fc.nat(2_000), most: fc.integer({ min: 1, max: 50 }) }));
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 5_000, noNaN: true }), steps, (rate, taking) => {
        let bucket = { fullDate: 0, rate };
        let now = 1_000_000;
        let total = 0;
        for (const { pause, most } of taking) {
          now += pause;
          const { taken, fullDate } = takeTokens(bucket, { least: 1, most }, now);
          assert.ok(taken === 0 || (taken >= 1 && taken <= most));
          bucket = { rate, fullDate };
          total += taken;
        }
        const elapsed = (now - 1_000_000) / 1_000;
        assert.ok(
          total <= rate * elapsed + Math.max(rate, 1) + 0.001 * taking.length,
          `${total} in ${elapsed} s at ${rate}`,
        );
      }),
    );
  });
});

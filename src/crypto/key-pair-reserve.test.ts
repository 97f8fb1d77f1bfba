import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { generatePair, type KeyPair } from './key-pair.ts';
import { KeyPairReserve } from './key-pair-reserve.ts';

let pairs: readonly KeyPair[];

before(async () => {
  pairs = await Promise.all(Array.from({ length: 6 }, () => generatePair('RSA_2048')));
});

/** A reserve of so many key pairs, idle times that come when the test says so, and the number of pairs generated. */
function openReserve(perSpec: number) {
  const idle: (() => void)[] = [];
  let generated = 0;
  const reserve = new KeyPairReserve(perSpec, {
    async generate() {
      const pair = pairs[generated];
      generated += 1;
      return pair ?? assert.fail('more key pairs were generated than expected');
    },
    whenIdle: (work) => void idle.push(work),
  });
  return {
    reserve,
    generated: () => generated,
    isWaiting: () => idle.length > 0,
    async passIdleTime() {
      idle.shift()?.();
      await setImmediate();
    },
  };
}

function privateKeyOf(pair: KeyPair | undefined): string {
  return pair?.exportPrivateKey().toString('hex') ?? assert.fail();
}

describe('the reserve of key pairs', () => {
  it('generates key pairs ahead in idle time, one after the other, of a spec that was asked for', async () => {
    const { reserve, generated, isWaiting, passIdleTime } = openReserve(2);
    assert.equal(isWaiting(), false);
    await reserve.take('RSA_2048');
    for (const expected of [2, 3]) {
      assert.ok(isWaiting());
      await passIdleTime();
      assert.equal(generated(), expected);
    }
    assert.equal(isWaiting(), false, 'it is full');
  });

  it('gives each key pair once, and generates when there is none', async () => {
    const { reserve, generated, passIdleTime } = openReserve(1);
    const given = [await reserve.take('RSA_2048')];
    await passIdleTime();
    given.push(await reserve.take('RSA_2048'));
    assert.equal(generated(), 2);
    given.push(await reserve.take('RSA_2048'));
    assert.equal(generated(), 3);
    assert.deepEqual(given.map(privateKeyOf), pairs.slice(0, 3).map(privateKeyOf));
  });

  it('keeps none of what is quick to generate, and none at all unless it is to', async () => {
    for (const { perSpec, keySpec } of [
      { perSpec: 2, keySpec: 'ECC_NIST_P256' },
      { perSpec: 0, keySpec: 'RSA_2048' },
    ] as const) {
      const { reserve, isWaiting } = openReserve(perSpec);
      await reserve.take(keySpec);
      assert.equal(isWaiting(), false);
    }
  });

  it('generates nothing more once it is closed', async () => {
    const { reserve, generated, isWaiting, passIdleTime } = openReserve(2);
    await reserve.take('RSA_2048');
    reserve.close();
    await passIdleTime();
    assert.equal(generated(), 1);
    assert.equal(isWaiting(), false);
  });
});

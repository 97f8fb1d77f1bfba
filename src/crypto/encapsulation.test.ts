import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { describe, it } from 'node:test';
import { decapsulate } from './encapsulation.ts';
import { KeyPair } from './key-pair.ts';
import { WYCHEPROOF_ABSENT, wycheproofGroups } from './wycheproof.test-support.ts';

const SEED_LENGTH = 64;

for (const size of [512, 768, 1024] as const) {
  describe(`decapsulation with ML_KEM_${size}`, () => {
    it('agrees with Wycheproof', async (t) => {
      const groups = wycheproofGroups(`mlkem_${size}_test.json`);
      if (groups === undefined) return t.skip(WYCHEPROOF_ABSENT);
      const tests = groups.flatMap((group) => group.list('tests'));
      assert(tests.length > 150);
      let decapsulations = 0;
      for (const test of tests) {
        const seed = test.bytes('seed');
        // Keys of a wrong length are no input of ours.
        if (seed.length !== SEED_LENGTH) continue;
        const asymmetricKeyType = `ml-kem-${size}` as const;
        const privateKey = createPrivateKey({ key: seed, format: 'raw-seed', asymmetricKeyType });
        const pair = new KeyPair(`ML_KEM_${size}`, privateKey);
        const secret = await decapsulate(pair, test.bytes('c'));
        const title = `test case ${test.number('tcId')}`;
        assert.deepEqual(secret, test.text('result') === 'valid' ? test.bytes('K') : undefined, title);
        decapsulations += 1;
      }
      assert(decapsulations > 150);
    });
  });
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generatePair } from './key-pair.ts';

describe('the generation of key pairs', () => {
  it('has quick ones not wait for many slow ones', async () => {
    let slowOnes = 0;
    const slow = Array.from({ length: 8 }, async () => {
      await generatePair('RSA_3072');
      slowOnes += 1;
    });
    await generatePair('ECC_NIST_P256');
    assert.ok(slowOnes < 4, `${slowOnes} slow ones came first`);
    await Promise.all(slow);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hkdfSha256 } from './hkdf-sha256.ts';
import { WYCHEPROOF_ABSENT, wycheproofGroups } from './wycheproof.test-support.ts';

describe('HKDF-SHA256', () => {
  it('agrees with Wycheproof', (t) => {
    const groups = wycheproofGroups('hkdf_sha256_test.json');
    if (groups === undefined) return t.skip(WYCHEPROOF_ABSENT);
    const tests = groups.flatMap((group) => group.list('tests'));
    assert(tests.length > 80);
    for (const test of tests) {
      const derive = () =>
        hkdfSha256(test.bytes('ikm'), test.bytes('salt'), test.bytes('info'), test.number('size'));
      if (test.text('result') === 'valid') {
        assert.deepEqual(derive(), test.bytes('okm'), `test case ${test.number('tcId')}`);
      } else {
        assert.throws(derive, `test case ${test.number('tcId')}`);
      }
    }
  });

  it('agrees with test case 1 of RFC 5869', () => {
    const okm = hkdfSha256(
      Buffer.alloc(22, 0x0b),
      Buffer.from('000102030405060708090a0b0c', 'hex'),
      Buffer.from('f0f1f2f3f4f5f6f7f8f9', 'hex'),
      42,
    );
    assert.equal(
      okm.toString('hex'),
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MacAlgorithm } from './key-specs.ts';
import { generateMac, HmacKeyMaterial, macsEqual } from './mac.ts';
import { WYCHEPROOF_ABSENT, wycheproofGroups } from './wycheproof.test-support.ts';

const WYCHEPROOF_FILES = {
  HMAC_SHA_224: 'hmac_sha224_test.json',
  HMAC_SHA_256: 'hmac_sha256_test.json',
  HMAC_SHA_384: 'hmac_sha384_test.json',
  HMAC_SHA_512: 'hmac_sha512_test.json',
} as const satisfies Record<MacAlgorithm, string>;

/** Test case 2 of RFC 4231: a key that is shorter than the hash. */
const RFC_4231_CASE_2: Readonly<Record<MacAlgorithm, string>> = {
  HMAC_SHA_224: 'a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44',
  HMAC_SHA_256: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  HMAC_SHA_384:
    'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
  HMAC_SHA_512:
    '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
};

/** Test case 6 of RFC 4231: a key of 131 bytes, longer than a block of any of the hashes. */
const RFC_4231_CASE_6: Readonly<Record<MacAlgorithm, string>> = {
  HMAC_SHA_224: '95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e',
  HMAC_SHA_256: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  HMAC_SHA_384:
    '4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952',
  HMAC_SHA_512:
    '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
};

const algorithms: readonly MacAlgorithm[] = ['HMAC_SHA_224', 'HMAC_SHA_256', 'HMAC_SHA_384', 'HMAC_SHA_512'];

for (const algorithm of algorithms) {
  describe(algorithm, () => {
    it('agrees with Wycheproof', (t) => {
      const groups = wycheproofGroups(WYCHEPROOF_FILES[algorithm]);
      if (groups === undefined) return t.skip(WYCHEPROOF_ABSENT);
      let tests = 0;
      for (const group of groups) {
        for (const test of group.list('tests')) {
          const mac = generateMac(new HmacKeyMaterial(test.bytes('key')), algorithm, test.bytes('msg'));
          // Wycheproof has truncated MACs, too, which KMS does not make.
          const truncated = mac.subarray(0, group.number('tagSize') / 8);
          const isValid = test.text('result') === 'valid';
          assert.equal(macsEqual(truncated, test.bytes('tag')), isValid, `test case ${test.number('tcId')}`);
          tests += 1;
        }
      }
      assert(tests > 150);
    });

    it('agrees with RFC 4231', () => {
      const short = generateMac(
        new HmacKeyMaterial(Buffer.from('Jefe')),
        algorithm,
        Buffer.from('what do ya want for nothing?'),
      );
      assert.equal(short.toString('hex'), RFC_4231_CASE_2[algorithm]);
      const long = generateMac(
        new HmacKeyMaterial(Buffer.alloc(131, 0xaa)),
        algorithm,
        Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First'),
      );
      assert.equal(long.toString('hex'), RFC_4231_CASE_6[algorithm]);
    });
  });
}

describe('macsEqual', () => {
  it('takes no part of a MAC for the MAC', () => {
    const mac = Buffer.alloc(32, 7);
    assert.equal(macsEqual(mac, Buffer.from(mac)), true);
    for (const other of [mac.subarray(1), Buffer.concat([mac, mac]), Buffer.alloc(0), Buffer.alloc(32)])
      assert.equal(macsEqual(mac, other), false);
  });
});

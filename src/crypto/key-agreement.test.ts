import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { describe, it } from 'node:test';
import { deriveSharedSecret, readPeerKey } from './key-agreement.ts';
import { generatePair, KeyPair } from './key-pair.ts';
import { WYCHEPROOF_ABSENT, wycheproofGroups } from './wycheproof.test-support.ts';

const CURVES = [
  { keySpec: 'ECC_NIST_P256', name: 'secp256r1', namedCurve: 'prime256v1', length: 32 },
  { keySpec: 'ECC_NIST_P384', name: 'secp384r1', namedCurve: 'secp384r1', length: 48 },
  { keySpec: 'ECC_NIST_P521', name: 'secp521r1', namedCurve: 'secp521r1', length: 66 },
] as const;

for (const { keySpec, name, namedCurve, length } of CURVES) {
  describe(`key agreement with ${keySpec}`, () => {
    /** @param scalar big-endian, with or without zeros in front */
    function pairOf(scalar: Buffer): KeyPair {
      const key = Buffer.concat([Buffer.alloc(length), scalar]).subarray(-length);
      return new KeyPair(
        keySpec,
        createPrivateKey({ key, format: 'raw-private', asymmetricKeyType: 'ec', namedCurve }),
      );
    }

    it('agrees with Wycheproof, and takes of what Wycheproof calls acceptable nothing', async (t) => {
      const groups = wycheproofGroups(`ecdh_${name}_test.json`);
      if (groups === undefined) return t.skip(WYCHEPROOF_ABSENT);
      const tests = groups.flatMap((group) => group.list('tests'));
      assert(tests.length > 400);
      for (const test of tests) {
        const own = pairOf(test.bytes('private'));
        const peerKey = readPeerKey(own, test.bytes('public'));
        const title = `test case ${test.number('tcId')}`;
        assert.equal(peerKey !== undefined, test.text('result') === 'valid', title);
        if (peerKey === undefined) continue;
        const secret = await deriveSharedSecret(own, peerKey);
        assert.equal(secret.toString('hex'), test.text('shared'), title);
      }
    });
  });
}

describe('key agreement', () => {
  it('is for the keys of KEY_AGREEMENT only', async () => {
    for (const keySpec of ['ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519'] as const) {
      const pair = await generatePair(keySpec);
      assert.equal(readPeerKey(pair, pair.subjectPublicKeyInfo), undefined);
    }
  });
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { openAes256Gcm, sealAes256Gcm, TAG_LENGTH } from './aes-256-gcm.ts';
import { WYCHEPROOF_ABSENT, wycheproofGroups } from './wycheproof.test-support.ts';

describe('AES-256-GCM', () => {
  it('agrees with Wycheproof for 256-bit keys, 96-bit nonces and 128-bit tags', (t) => {
    const groups = wycheproofGroups('aes_gcm_test.json');
    if (groups === undefined) return t.skip(WYCHEPROOF_ABSENT);
    let checked = 0;
    for (const group of groups) {
      const used = group.number('keySize') === 256 && group.number('ivSize') === 96;
      if (!used || group.number('tagSize') !== 8 * TAG_LENGTH) continue;
      for (const test of group.list('tests')) {
        const name = `test case ${test.number('tcId')}`;
        const [key, nonce, additionalData] = [test.bytes('key'), test.bytes('iv'), test.bytes('aad')];
        const [plaintext, sealed] = [test.bytes('msg'), Buffer.concat([test.bytes('ct'), test.bytes('tag')])];
        const opened = openAes256Gcm(key, nonce, sealed, additionalData);
        if (test.text('result') === 'valid') {
          assert.deepEqual(opened, plaintext, name);
          assert.deepEqual(sealAes256Gcm(key, nonce, plaintext, additionalData), sealed, name);
        } else {
          assert.equal(opened, undefined, name);
        }
        checked++;
      }
    }
    assert(checked >= 60, `only ${checked} test cases apply`);
  });

  it('opens nothing that is shorter than a tag', () => {
    const [key, nonce, additionalData] = [randomBytes(32), randomBytes(12), Buffer.alloc(0)];
    const sealed = sealAes256Gcm(key, nonce, Buffer.alloc(0), additionalData);
    assert.deepEqual(openAes256Gcm(key, nonce, sealed, additionalData), Buffer.alloc(0));
    for (let length = 0; length < TAG_LENGTH; length++) {
      assert.equal(openAes256Gcm(key, nonce, sealed.subarray(0, length), additionalData), undefined);
    }
  });
});

import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { KeyPair } from './key-pair.ts';
import { decryptOaep, encryptOaep, mostOaepBytes } from './rsa-oaep.ts';
import { WYCHEPROOF_ABSENT, wycheproofGroups } from './wycheproof.test-support.ts';

const FILES = [
  { file: 'rsa_oaep_2048_sha1_mgf1sha1_test.json', keySpec: 'RSA_2048', algorithm: 'RSAES_OAEP_SHA_1' },
  { file: 'rsa_oaep_2048_sha256_mgf1sha256_test.json', keySpec: 'RSA_2048', algorithm: 'RSAES_OAEP_SHA_256' },
  { file: 'rsa_oaep_3072_sha256_mgf1sha256_test.json', keySpec: 'RSA_3072', algorithm: 'RSAES_OAEP_SHA_256' },
  { file: 'rsa_oaep_4096_sha256_mgf1sha256_test.json', keySpec: 'RSA_4096', algorithm: 'RSAES_OAEP_SHA_256' },
] as const;

describe('RSAES-OAEP', () => {
  for (const { file, keySpec, algorithm } of FILES) {
    it(`of ${keySpec} with ${algorithm} agrees with Wycheproof`, async (t) => {
      const groups = wycheproofGroups(file);
      if (groups === undefined) return t.skip(WYCHEPROOF_ABSENT);
      let decrypted = 0;
      for (const group of groups) {
        const key = group.bytes('privateKeyPkcs8');
        const pair = new KeyPair(keySpec, createPrivateKey({ key, format: 'der', type: 'pkcs8' }));
        for (const test of group.list('tests')) {
          // Labels are always empty here.
          const isValid = test.text('result') === 'valid' && test.text('label') === '';
          const plaintext = await decryptOaep(pair, algorithm, test.bytes('ct'));
          const title = `test case ${test.number('tcId')}`;
          assert.deepEqual(plaintext, isValid ? test.bytes('msg') : undefined, title);
          if (isValid) decrypted += 1;
        }
      }
      assert(decrypted > 5);
    });
  }

  it('encrypts what it decrypts, up to the limit', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pair = new KeyPair('RSA_2048', privateKey);
    for (const [algorithm, most] of [
      ['RSAES_OAEP_SHA_1', 214],
      ['RSAES_OAEP_SHA_256', 190],
    ] as const) {
      assert.equal(mostOaepBytes(pair, algorithm), most);
      const plaintext = Buffer.alloc(most, 7);
      const ciphertext = encryptOaep(pair, algorithm, plaintext);
      assert.deepEqual(await decryptOaep(pair, algorithm, ciphertext), plaintext);
      assert.throws(() => encryptOaep(pair, algorithm, Buffer.alloc(most + 1)));
    }
  });

  it('refuses to decrypt more at once than it has patience for, and does the others', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pair = new KeyPair('RSA_2048', privateKey);
    const ciphertext = encryptOaep(pair, 'RSAES_OAEP_SHA_1', Buffer.of(1));
    const decrypt = () => decryptOaep(pair, 'RSAES_OAEP_SHA_1', ciphertext);
    const results = await Promise.allSettled(Array.from({ length: 600 }, decrypt));
    const refused = results.filter(({ status }) => status === 'rejected');
    assert.equal(refused.length, 600 - 512 - 2);
    for (const result of refused)
      assert.match(String(Object(result).reason), /^ThrottlingException: You have exceeded the rate/);
    assert.deepEqual(await decrypt(), Buffer.of(1));
  });

  it('takes no ciphertext that is shorter or longer than the modulus', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pair = new KeyPair('RSA_2048', privateKey);
    const algorithm = 'RSAES_OAEP_SHA_256';
    let ciphertext: Buffer;
    do ciphertext = encryptOaep(pair, algorithm, Buffer.of(1));
    while (ciphertext[0] !== 0);
    assert.equal(await decryptOaep(pair, algorithm, ciphertext.subarray(1)), undefined);
    const longer = Buffer.concat([Buffer.of(0), ciphertext]);
    assert.equal(await decryptOaep(pair, algorithm, longer), undefined);
    assert.deepEqual(await decryptOaep(pair, algorithm, ciphertext), Buffer.of(1));
  });
});

import assert from 'node:assert/strict';
import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import {
  canWrap,
  unwrapKeyMaterial,
  WRAPPING_ALGORITHMS,
  type WrappingAlgorithm,
} from './import-wrapping.ts';
import { generatePair, type KeyPair } from './key-pair.ts';
import { KEY_SPECS } from './key-specs.ts';
import { sm2Encrypt } from './sm2-encryption.ts';
import { WYCHEPROOF_ABSENT, wycheproofGroups } from './wycheproof.test-support.ts';

let wrappingKey: KeyPair;
before(async () => {
  wrappingKey = await generatePair('RSA_2048');
});

function oaep(plaintext: Uint8Array, oaepHash: 'sha1' | 'sha256'): Buffer {
  return publicEncrypt(
    { key: wrappingKey.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash },
    plaintext,
  );
}

function kwp(aesKey: Uint8Array, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv('id-aes256-wrap-pad', aesKey, Buffer.from('A65959A6', 'hex'));
  return Buffer.concat([cipher.update(plaintext), cipher.final()]);
}

describe('unwrapKeyMaterial', () => {
  it('unwraps what RSAES-OAEP encrypted with the hash of the algorithm, and nothing else', async () => {
    const material = randomBytes(32);
    for (const hash of ['sha1', 'sha256'] as const) {
      const wrapped = oaep(material, hash);
      for (const algorithm of ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const) {
        const unwrapped = await unwrapKeyMaterial(wrappingKey, algorithm, wrapped);
        assert.deepEqual(unwrapped, algorithm === `RSAES_OAEP_SHA_${hash.slice(3)}` ? material : undefined);
      }
    }
  });

  it('agrees with Wycheproof about AES key wrap with padding', async (t) => {
    const groups = wycheproofGroups('aes_kwp_test.json');
    if (groups === undefined) return t.skip(WYCHEPROOF_ABSENT);
    let tests = 0;
    for (const group of groups.filter((one) => one.number('keySize') === 256)) {
      for (const test of group.list('tests')) {
        const wrapped = Buffer.concat([oaep(test.bytes('key'), 'sha256'), test.bytes('ct')]);
        const unwrapped = await unwrapKeyMaterial(wrappingKey, 'RSA_AES_KEY_WRAP_SHA_256', wrapped);
        const expected = test.text('result') === 'invalid' ? undefined : test.bytes('msg');
        assert.deepEqual(unwrapped, expected, `test case ${test.number('tcId')}`);
        tests += 1;
      }
    }
    assert.ok(tests > 50);
  });

  it('unwraps what SM2PKE encrypted', async () => {
    const sm2 = await generatePair('SM2');
    const material = randomBytes(32);
    const wrapped = Buffer.from(sm2Encrypt(sm2.publicKey, material));
    assert.deepEqual(await unwrapKeyMaterial(sm2, 'SM2PKE', wrapped), material);
    wrapped.writeUInt8(wrapped.readUInt8(wrapped.length - 1) ^ 1, wrapped.length - 1);
    assert.equal(await unwrapKeyMaterial(sm2, 'SM2PKE', wrapped), undefined);
  });

  it('takes no AES key but one of 256 bits', async () => {
    for (const length of [0, 16, 24, 31, 33, 64]) {
      const wrapped = Buffer.concat([oaep(randomBytes(length), 'sha256'), randomBytes(48)]);
      assert.equal(await unwrapKeyMaterial(wrappingKey, 'RSA_AES_KEY_WRAP_SHA_256', wrapped), undefined);
    }
  });

  it('unwraps nothing that was cut, lengthened or altered, nor anything made up', async () => {
    const aesKey = randomBytes(32);
    const material = randomBytes(138);
    const whole: Readonly<Partial<Record<WrappingAlgorithm, Buffer>>> = {
      RSAES_OAEP_SHA_256: oaep(material, 'sha256'),
      RSA_AES_KEY_WRAP_SHA_1: Buffer.concat([oaep(aesKey, 'sha1'), kwp(aesKey, material)]),
    };
    for (const algorithm of ['RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_1'] as const) {
      const wrapped = whole[algorithm] ?? Buffer.of();
      assert.deepEqual(await unwrapKeyMaterial(wrappingKey, algorithm, wrapped), material);
      const altered = [0, 1, 100, 255, wrapped.length - 1].map((at) =>
        wrapped.map((byte, index) => (index === at ? byte ^ 1 : byte)),
      );
      const cut = [0, 1, 255, 256, 257, 264, wrapped.length - 8, wrapped.length - 1]
        .filter((length) => length < wrapped.length)
        .map((length) => wrapped.subarray(0, length));
      const others = [Buffer.concat([wrapped, Buffer.of(0)]), randomBytes(wrapped.length)];
      for (const bad of [...altered, ...cut, ...others])
        assert.equal(await unwrapKeyMaterial(wrappingKey, algorithm, Buffer.from(bad)), undefined);
    }
  });
});

describe('canWrap', () => {
  const specsBy = (algorithm: WrappingAlgorithm, keySpec: 'RSA_2048' | 'RSA_4096' | 'SM2') =>
    KEY_SPECS.filter((spec) => !spec.startsWith('ML_') && canWrap({ algorithm, keySpec }, spec));
  const RSA = KEY_SPECS.filter((spec) => spec.startsWith('RSA_'));
  const SECRETS = KEY_SPECS.filter((spec) => /^(SYMMETRIC|HMAC)/.test(spec));
  const EC = KEY_SPECS.filter((spec) => /^(ECC_|SM2)/.test(spec));

  it('allows RSAES-OAEP for secrets and for private keys of elliptic curves that fit', () => {
    for (const algorithm of ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const) {
      assert.deepEqual(specsBy(algorithm, 'RSA_4096').sort(), [...SECRETS, ...EC].sort());
      const fitting = EC.filter((spec) => spec !== 'ECC_NIST_P521');
      assert.deepEqual(specsBy(algorithm, 'RSA_2048').sort(), [...SECRETS, ...fitting].sort());
    }
  });

  it('allows an AES key between for private keys', () => {
    for (const algorithm of ['RSA_AES_KEY_WRAP_SHA_1', 'RSA_AES_KEY_WRAP_SHA_256'] as const)
      assert.deepEqual(specsBy(algorithm, 'RSA_2048').sort(), [...RSA, ...EC].sort());
  });

  it('allows SM2PKE with SM2 wrapping keys for all but RSA private keys', () => {
    assert.deepEqual(specsBy('SM2PKE', 'SM2').sort(), [...SECRETS, ...EC].sort());
  });

  it('allows nothing else', () => {
    for (const algorithm of WRAPPING_ALGORITHMS)
      if (algorithm !== 'SM2PKE') assert.deepEqual(specsBy(algorithm, 'SM2'), []);
    for (const algorithm of ['RSAES_PKCS1_V1_5', 'SM2PKE'] as const)
      assert.deepEqual(specsBy(algorithm, 'RSA_4096'), []);
  });
});

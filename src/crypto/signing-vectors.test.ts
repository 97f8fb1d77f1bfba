import assert from 'node:assert/strict';
import {
  createPublicKey,
  hash,
  type KeyObject,
  sign as openSslSign,
  verify as openSslVerify,
} from 'node:crypto';
import { describe, it } from 'node:test';
import { type KeyPairSpec, loadPair } from './key-pair.ts';
import type { SigningAlgorithm } from './key-specs.ts';
import { externalMu, formsOf } from './message-forms.test-support.ts';
import { signPrehashed, verifyPrehashed } from './prehashed-signatures.ts';
import { sign, verify } from './signing.ts';
import { SM2_CURVE, sm2Digest } from './sm2.ts';
import { type Fields, WYCHEPROOF_ABSENT, wycheproofGroups } from './wycheproof.test-support.ts';

/** Files of signatures to verify, by the spec and the algorithm that they are for. */
const WYCHEPROOF_FILES: readonly (readonly [KeyPairSpec, SigningAlgorithm, string])[] = [
  ...([2048, 3072, 4096] as const).flatMap((bits) =>
    ([256, 384, 512] as const).map(
      (sha) =>
        [`RSA_${bits}`, `RSASSA_PKCS1_V1_5_SHA_${sha}`, `rsa_signature_${bits}_sha${sha}_test.json`] as const,
    ),
  ),
  ['RSA_2048', 'RSASSA_PSS_SHA_256', 'rsa_pss_2048_sha256_mgf1_32_test.json'],
  ['RSA_2048', 'RSASSA_PSS_SHA_384', 'rsa_pss_2048_sha384_mgf1_48_test.json'],
  ['RSA_3072', 'RSASSA_PSS_SHA_256', 'rsa_pss_3072_sha256_mgf1_32_test.json'],
  ['RSA_4096', 'RSASSA_PSS_SHA_256', 'rsa_pss_4096_sha256_mgf1_32_test.json'],
  ['RSA_4096', 'RSASSA_PSS_SHA_384', 'rsa_pss_4096_sha384_mgf1_48_test.json'],
  ['RSA_4096', 'RSASSA_PSS_SHA_512', 'rsa_pss_4096_sha512_mgf1_64_test.json'],
  ['ECC_NIST_P256', 'ECDSA_SHA_256', 'ecdsa_secp256r1_sha256_test.json'],
  ['ECC_NIST_P384', 'ECDSA_SHA_384', 'ecdsa_secp384r1_sha384_test.json'],
  ['ECC_NIST_P521', 'ECDSA_SHA_512', 'ecdsa_secp521r1_sha512_test.json'],
  ['ECC_SECG_P256K1', 'ECDSA_SHA_256', 'ecdsa_secp256k1_sha256_test.json'],
  ['ECC_NIST_EDWARDS25519', 'ED25519_SHA_512', 'ed25519_test.json'],
  ['ML_DSA_44', 'ML_DSA_SHAKE_256', 'mldsa_44_verify_test.json'],
  ['ML_DSA_65', 'ML_DSA_SHAKE_256', 'mldsa_65_verify_test.json'],
  ['ML_DSA_87', 'ML_DSA_SHAKE_256', 'mldsa_87_verify_test.json'],
];

/** The public key of a group; `undefined` when it is none, which some groups are about. */
function publicKeyOf(group: Fields): KeyObject | undefined {
  try {
    return createPublicKey({ key: group.bytes('publicKeyDer'), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

describe('a signature of Wycheproof', () => {
  for (const [keySpec, algorithm, file] of WYCHEPROOF_FILES) {
    it(`verifies as it should: ${file}`, async (t) => {
      const groups = wycheproofGroups(file);
      if (groups === undefined) return t.skip(WYCHEPROOF_ABSENT);
      let valid = 0;
      let invalid = 0;
      for (const group of groups) {
        const publicKey = publicKeyOf(group);
        for (const test of group.list('tests')) {
          const result = test.text('result');
          // Whether these are valid is for each implementation to say: DigestInfo without its NULL.
          if (result === 'acceptable') continue;
          if (publicKey === undefined) {
            assert.equal(result, 'invalid');
            continue;
          }
          const isValid = result === 'valid' && (!test.has('ctx') || test.text('ctx') === '');
          for (const [type, form] of formsOf(algorithm, publicKey, test.bytes('msg')))
            assert.equal(
              await verify({ keySpec, publicKey }, algorithm, type, form, test.bytes('sig')),
              isValid,
              `test case ${test.number('tcId')}, ${type}: ${test.text('comment')}`,
            );
          if (isValid) valid += 1;
          else invalid += 1;
        }
      }
      assert(valid > 3 && invalid > 20, `${valid} valid, ${invalid} invalid`);
    });
  }
});

describe('ML-DSA of an external μ', () => {
  for (const bits of [44, 65, 87] as const) {
    it(`agrees with Wycheproof: mldsa_${bits}_sign_seed_test.json`, async (t) => {
      const groups = wycheproofGroups(`mldsa_${bits}_sign_seed_test.json`);
      if (groups === undefined) return t.skip(WYCHEPROOF_ABSENT);
      const keySpec = `ML_DSA_${bits}` as const;
      let tests = 0;
      for (const group of groups.filter((one) => one.has('publicKey'))) {
        const publicKey = createPublicKey({
          key: group.bytes('publicKey'),
          format: 'raw-public',
          asymmetricKeyType: `ml-dsa-${bits}`,
        });
        for (const test of group.list('tests').filter((one) => one.has('mu'))) {
          const mu = test.bytes('mu');
          const isValid = await verify(
            { keySpec, publicKey },
            'ML_DSA_SHAKE_256',
            'EXTERNAL_MU',
            mu,
            test.bytes('sig'),
          );
          assert.equal(isValid, test.text('result') === 'valid', `test case ${test.number('tcId')}`);
          if (test.has('msg') && !test.has('ctx'))
            assert.deepEqual(externalMu(publicKey, test.bytes('msg')), mu);
          tests += 1;
        }
      }
      assert(tests > 50, `${tests} tests`);
    });
  }
});

describe('Ed25519ph', () => {
  /** RFC 8032 section 7.3. */
  const vector = {
    secret: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    message: Buffer.from('abc'),
    signature:
      '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
  };
  const PRIVATE_KEY_INFO = '302e020100300506032b657004220420';
  const pair = loadPair('ECC_NIST_EDWARDS25519', Buffer.from(PRIVATE_KEY_INFO + vector.secret, 'hex'));

  it('agrees with the vector of RFC 8032', () => {
    const { keySpec, privateKey, publicKey } = pair;
    const signature = signPrehashed(keySpec, 'ED25519_PH_SHA_512', privateKey, vector.message);
    assert.equal(Buffer.from(signature).toString('hex'), vector.signature);
    assert(verifyPrehashed(keySpec, 'ED25519_PH_SHA_512', publicKey, vector.message, signature));
  });

  it('is not Ed25519', async () => {
    const digest = hash('sha512', vector.message, 'buffer');
    const plain = await sign(pair, 'ED25519_SHA_512', 'RAW', digest);
    assert.equal(await verify(pair, 'ED25519_PH_SHA_512', 'DIGEST', digest, plain), false);
    const prehashed = await sign(pair, 'ED25519_PH_SHA_512', 'DIGEST', digest);
    assert.equal(await verify(pair, 'ED25519_SHA_512', 'RAW', digest, prehashed), false);
  });
});

describe('SM2DSA', () => {
  /** GM/T 0003.5-2012 appendix A.2. */
  const vector = {
    privateKey: '3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8',
    publicKey:
      '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
    message: Buffer.from('message digest'),
    digest: 'f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640',
    signature:
      '3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa',
  };
  const pair = loadPair(
    'SM2',
    Buffer.from(
      `308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420${vector.privateKey}a144034200${vector.publicKey}`,
      'hex',
    ),
  );

  it('hashes a message under the default id, and verifies it, as the standard does', async () => {
    assert.equal(sm2Digest(pair.publicKey, vector.message).toString('hex'), vector.digest);
    const signature = Buffer.from(vector.signature, 'hex');
    assert(await verify(pair, 'SM2DSA', 'RAW', vector.message, signature));
    assert(await verify(pair, 'SM2DSA', 'DIGEST', Buffer.from(vector.digest, 'hex'), signature));
    assert.equal(await verify(pair, 'SM2DSA', 'RAW', Buffer.from('Message digest'), signature), false);
  });

  it('is made with a private key that comes without its public key, too', async () => {
    const alone = loadPair(
      'SM2',
      Buffer.from(
        `3041020100301306072a8648ce3d020106082a811ccf5501822d042730250201010420${vector.privateKey}`,
        'hex',
      ),
    );
    assert.deepEqual(alone.subjectPublicKeyInfo, pair.subjectPublicKeyInfo);
    const signature = await sign(alone, 'SM2DSA', 'RAW', vector.message);
    assert(await verify(pair, 'SM2DSA', 'RAW', vector.message, signature));
  });

  it('agrees with OpenSSL, whose Node signs under the empty id', async () => {
    const { message } = vector;
    const { a, b, Gx, Gy } = SM2_CURVE;
    const curve = [a, b, Gx, Gy].map((number) => number.toString(16).padStart(64, '0')).join('');
    const signer = hash('sm3', Buffer.from(`0000${curve}${vector.publicKey.slice(2)}`, 'hex'), 'buffer');
    const digest = hash('sm3', Buffer.concat([signer, message]), 'buffer');
    const openSsl = openSslSign('sm3', message, pair.privateKey);
    assert(await verify(pair, 'SM2DSA', 'DIGEST', digest, openSsl));
    const ours = await sign(pair, 'SM2DSA', 'DIGEST', digest);
    assert(openSslVerify('sm3', message, pair.publicKey, ours));
  });
});

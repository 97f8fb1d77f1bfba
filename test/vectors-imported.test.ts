import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CreateKeyCommandInput, KMS } from '@aws-sdk/client-kms';
import { type Fields, WYCHEPROOF_ABSENT, wycheproofGroups } from '../src/crypto/wycheproof.test-support.ts';
import { AES_KEY_WRAP, importMaterial, OAEP } from './support/import.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

/* Published test vectors through the API: their secrets and private keys are imported, and then used. */

let server: TestServer;
let kms: KMS;
before(async () => {
  server = await startTestServer();
  kms = server.client();
});
after(() => server.close());

const hex = (text: string) => Buffer.from(text, 'hex');

async function importKey(request: CreateKeyCommandInput, material: Uint8Array): Promise<string> {
  const { keyId } = await createKey(kms, { ...request, Origin: 'EXTERNAL' });
  const wrapping = request.KeySpec?.startsWith('HMAC') ? OAEP : AES_KEY_WRAP;
  await importMaterial(kms, keyId, material, {}, wrapping);
  return keyId;
}

/** Curves with how a private key is written in PKCS #8 before its scalar, without a public key. */
const CURVES = {
  ECC_NIST_P256: {
    prefix: '3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420',
    length: 32,
    file: 'ecdh_secp256r1_test.json',
  },
  ECC_NIST_P384: {
    prefix: '304e020100301006072a8648ce3d020106052b81040022043730350201010430',
    length: 48,
    file: 'ecdh_secp384r1_test.json',
  },
  ECC_NIST_P521: {
    prefix: '3060020100301006072a8648ce3d020106052b81040023044930470201010442',
    length: 66,
    file: 'ecdh_secp521r1_test.json',
  },
} as const;

/** A private key of its scalar, which may have too few or too many zeros in front. */
function ecPrivateKey(curve: keyof typeof CURVES, scalar: string): Buffer {
  const { prefix, length } = CURVES[curve];
  const digits = scalar.replace(/^(00)+/, '').padStart(2 * length, '0');
  return hex(prefix + digits);
}

/** Test cases 1 and 2 of RFC 4231, whose keys are as good with zeros behind them. */
const RFC_4231 = [
  {
    key: hex('0b'.repeat(20)),
    message: 'Hi There',
    macs: {
      HMAC_224: '896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22',
      HMAC_256: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
      HMAC_384:
        'afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6',
      HMAC_512:
        '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
    },
  },
  {
    key: Buffer.from('Jefe'),
    message: 'what do ya want for nothing?',
    macs: {
      HMAC_224: 'a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44',
      HMAC_256: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
      HMAC_384:
        'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
      HMAC_512:
        '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    },
  },
] as const;

const HMAC_SPECS = [
  { KeySpec: 'HMAC_224', MacAlgorithm: 'HMAC_SHA_224', length: 28 },
  { KeySpec: 'HMAC_256', MacAlgorithm: 'HMAC_SHA_256', length: 32 },
  { KeySpec: 'HMAC_384', MacAlgorithm: 'HMAC_SHA_384', length: 48 },
  { KeySpec: 'HMAC_512', MacAlgorithm: 'HMAC_SHA_512', length: 64 },
] as const;

for (const { KeySpec, MacAlgorithm, length } of HMAC_SPECS) {
  it(`GenerateMac and VerifyMac with ${KeySpec} agree with RFC 4231`, async () => {
    for (const { key, message, macs } of RFC_4231) {
      const material = Buffer.concat([key, Buffer.alloc(length - key.length)]);
      const KeyId = await importKey({ KeySpec, KeyUsage: 'GENERATE_VERIFY_MAC' }, material);
      const request = { KeyId, MacAlgorithm, Message: Buffer.from(message) };
      const { Mac = Buffer.of() } = await kms.generateMac(request);
      assert.equal(Buffer.from(Mac).toString('hex'), macs[KeySpec]);
      assert.ok((await kms.verifyMac({ ...request, Mac: hex(macs[KeySpec]) })).MacValid);
    }
  });
}

it('Sign with ECC_NIST_EDWARDS25519 agrees with RFC 8032', async () => {
  // Section 7.1, tests 2 and 3.
  for (const [seed, publicKey, message, signature] of [
    [
      '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
    [
      'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      'af82',
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ],
  ] as const) {
    const material = hex(`302e020100300506032b657004220420${seed}`);
    const KeyId = await importKey({ KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' }, material);
    const { PublicKey = Buffer.of() } = await kms.getPublicKey({ KeyId });
    assert.equal(Buffer.from(PublicKey).subarray(-32).toString('hex'), publicKey);
    const request = { KeyId, Message: hex(message), SigningAlgorithm: 'ED25519_SHA_512' } as const;
    const { Signature = Buffer.of() } = await kms.sign(request);
    assert.equal(Buffer.from(Signature).toString('hex'), signature);
  }
});

it('Verify with ECC_NIST_P256 agrees with RFC 6979', async () => {
  // Appendix A.2.5, with SHA-256 and the message "sample".
  const material = ecPrivateKey(
    'ECC_NIST_P256',
    'c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721',
  );
  const KeyId = await importKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }, material);
  const { PublicKey = Buffer.of() } = await kms.getPublicKey({ KeyId });
  assert.equal(
    Buffer.from(PublicKey).subarray(-64).toString('hex'),
    '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
  );
  const Signature = hex(
    '3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
  );
  const request = { KeyId, SigningAlgorithm: 'ECDSA_SHA_256', Signature } as const;
  assert.ok((await kms.verify({ ...request, Message: Buffer.from('sample') })).SignatureValid);
  await assertRefused(
    kms.verify({ ...request, Message: Buffer.from('test') }),
    'KMSInvalidSignatureException',
  );
});

/** How many tests of a private key are asked for: they come in groups of much the same. */
const SAMPLE = 25;

describe('Wycheproof', () => {
  for (const KeySpec of ['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521'] as const) {
    it(`agrees about DeriveSharedSecret with ${KeySpec}`, async (t) => {
      const groups = wycheproofGroups(CURVES[KeySpec].file);
      if (groups === undefined) return t.skip(WYCHEPROOF_ABSENT);
      const tests = groups.flatMap((group) => group.list('tests'));
      const byKey = Map.groupBy(tests, (test) => test.text('private'));
      const mostUsed = [...byKey].sort(([, a], [, b]) => b.length - a.length).slice(0, 3);
      assert.equal(mostUsed.length, 3);
      for (const [scalar, all] of mostUsed) {
        const material = ecPrivateKey(KeySpec, scalar);
        const KeyId = await importKey({ KeySpec, KeyUsage: 'KEY_AGREEMENT' }, material);
        for (const test of sampleOf(all)) await deriveAs(KeyId, test);
      }
    });
  }

  for (const { file, keySpec, EncryptionAlgorithm } of [
    {
      file: 'rsa_oaep_2048_sha1_mgf1sha1_test.json',
      keySpec: 'RSA_2048',
      EncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
    },
    {
      file: 'rsa_oaep_2048_sha256_mgf1sha256_test.json',
      keySpec: 'RSA_2048',
      EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    },
    {
      file: 'rsa_oaep_3072_sha256_mgf1sha256_test.json',
      keySpec: 'RSA_3072',
      EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    },
    {
      file: 'rsa_oaep_4096_sha256_mgf1sha256_test.json',
      keySpec: 'RSA_4096',
      EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    },
  ] as const) {
    it(`agrees about Decrypt with ${keySpec} and ${EncryptionAlgorithm}`, async (t) => {
      const groups = wycheproofGroups(file);
      if (groups === undefined) return t.skip(WYCHEPROOF_ABSENT);
      let tests = 0;
      for (const group of groups) {
        const KeyId = await importKey(
          { KeySpec: keySpec, KeyUsage: 'ENCRYPT_DECRYPT' },
          group.bytes('privateKeyPkcs8'),
        );
        for (const test of group.list('tests')) {
          // KMS has no labels, and encrypts nothing but something.
          if (test.text('label') !== '' || test.text('msg') === '') continue;
          const CiphertextBlob = test.bytes('ct');
          if (CiphertextBlob.length === 0) continue;
          const call = kms.decrypt({ KeyId, EncryptionAlgorithm, CiphertextBlob });
          if (test.text('result') === 'invalid') await assertRefused(call, 'InvalidCiphertextException');
          else assert.deepEqual(Buffer.from((await call).Plaintext ?? []), test.bytes('msg'));
          tests += 1;
        }
      }
      assert.ok(tests > 10, `${tests} tests`);
    });
  }
});

/** Evenly spread over all of them. */
function sampleOf(tests: readonly Fields[]): readonly Fields[] {
  const step = Math.max(1, Math.floor(tests.length / SAMPLE));
  return tests.filter((_, index) => index % step === 0);
}

async function deriveAs(KeyId: string, test: Fields): Promise<void> {
  const PublicKey = test.bytes('public');
  const call = kms.deriveSharedSecret({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey });
  const result = test.text('result');
  const name = `test case ${test.number('tcId')}`;
  const secret = await call.then(
    ({ SharedSecret }) => Buffer.from(SharedSecret ?? []).toString('hex'),
    (error: Error) => assert.equal(error.name, 'ValidationException', name),
  );
  // What is acceptable may be refused, but not be answered with another secret.
  if (result === 'valid' || (result === 'acceptable' && secret !== undefined))
    assert.equal(secret, test.text('shared'), name);
  else assert.equal(secret, undefined, name);
}

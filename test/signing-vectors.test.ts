import assert from 'node:assert/strict';
import { generateKeyPairSync, hash, sign as openSslSign } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { KeySpec, KMS } from '@aws-sdk/client-kms';
import { AES_KEY_WRAP, importMaterial } from './support/import.ts';
import { createKey } from './support/keys.ts';
import { startTestServer, type TestServer } from './support/server.ts';

/* Published signatures, and signatures that come out the same each time, with private keys that were imported. */

let server: TestServer;
let kms: KMS;

before(async () => {
  server = await startTestServer();
  kms = server.client();
});
after(() => server.close());

/** Creates a key whose private key is given as DER PrivateKeyInfo, in hex. */
async function importKey(client: KMS, KeySpec: KeySpec, privateKeyInfo: string): Promise<string> {
  const { keyId } = await createKey(client, { KeySpec, KeyUsage: 'SIGN_VERIFY', Origin: 'EXTERNAL' });
  await importMaterial(client, keyId, Buffer.from(privateKeyInfo, 'hex'), {}, AES_KEY_WRAP);
  return keyId;
}

describe('with an imported private key', () => {
  it('Sign makes the Ed25519 signatures of RFC 8032 section 7.1', async () => {
    for (const { secret, message, signature } of [
      {
        secret: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
        message: '72',
        signature:
          '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
      },
      {
        secret: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
        message: 'af82',
        signature:
          '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
      },
    ]) {
      const KeyId = await importKey(
        kms,
        'ECC_NIST_EDWARDS25519',
        `302e020100300506032b657004220420${secret}`,
      );
      const request = {
        KeyId,
        Message: Buffer.from(message, 'hex'),
        SigningAlgorithm: 'ED25519_SHA_512',
      } as const;
      const { Signature = assert.fail() } = await kms.sign(request);
      assert.equal(Buffer.from(Signature).toString('hex'), signature);
    }
  });

  it('Sign makes the PKCS #1 v1.5 signature that there is, of a message and of its digest', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const der = privateKey.export({ type: 'pkcs8', format: 'der' });
    const KeyId = await importKey(kms, 'RSA_2048', der.toString('hex'));
    const message = Buffer.from('hello world');
    for (const bits of [256, 384, 512] as const) {
      const request = { KeyId, SigningAlgorithm: `RSASSA_PKCS1_V1_5_SHA_${bits}` } as const;
      const digest = hash(`sha${bits}`, message, 'buffer');
      const expected = openSslSign(`sha${bits}`, message, privateKey);
      for (const form of [{ Message: message }, { Message: digest, MessageType: 'DIGEST' }] as const) {
        const { Signature = assert.fail() } = await kms.sign({ ...request, ...form });
        assert.deepEqual(Buffer.from(Signature), expected);
      }
    }
  });

  it('Verify takes the ECDSA signature of RFC 6979 section A.2.5', async () => {
    const secret = 'c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721';
    const KeyId = await importKey(
      kms,
      'ECC_NIST_P256',
      `3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420${secret}`,
    );
    const Message = Buffer.from('sample');
    const Signature = Buffer.from(
      '3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
      'hex',
    );
    const request = { KeyId, Signature, SigningAlgorithm: 'ECDSA_SHA_256' } as const;
    const digest = { Message: hash('sha256', Message, 'buffer'), MessageType: 'DIGEST' } as const;
    for (const form of [{ Message }, digest])
      assert.equal((await kms.verify({ ...request, ...form })).SignatureValid, true);
  });

  it('Verify takes the SM2 signature of GM/T 0003.5-2012 appendix A.2', async () => {
    const secret = '3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8';
    const chinese = server.client({ region: 'cn-north-1' });
    const KeyId = await importKey(
      chinese,
      'SM2',
      `3041020100301306072a8648ce3d020106082a811ccf5501822d042730250201010420${secret}`,
    );
    const Signature = Buffer.from(
      '3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa',
      'hex',
    );
    const Message = Buffer.from('message digest');
    const request = { KeyId, Message, Signature, SigningAlgorithm: 'SM2DSA' } as const;
    assert.equal((await chinese.verify(request)).SignatureValid, true);
  });
});

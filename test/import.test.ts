import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { AlgorithmSpec, CreateKeyCommandInput, KMS, WrappingKeySpec } from '@aws-sdk/client-kms';
import { sm2Encrypt } from '../src/crypto/sm2-encryption.ts';
import {
  AES_KEY_WRAP,
  createImportedKey,
  getParameters,
  importMaterial,
  importWith,
  NEVER_EXPIRES,
  OAEP,
  type Parameters,
  type Wrapping,
  wrapMaterial,
} from './support/import.ts';
import { assertDecrypts, createKey, encrypt } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { OTHER_ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

const HOUR = 3_600_000;

let server: TestServer;
let kms: KMS;
before(async () => {
  server = await startTestServer();
  kms = server.client();
});
after(() => server.close());

const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'der' });
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });

const OAEP_SHA_1: Wrapping = { WrappingAlgorithm: 'RSAES_OAEP_SHA_1', WrappingKeySpec: 'RSA_3072' };
const LONG_OAEP: Wrapping = { ...OAEP, WrappingKeySpec: 'RSA_4096' };
const ALL_OAEP = [OAEP, OAEP_SHA_1, LONG_OAEP];
const ALL_AES_KEY_WRAP: readonly Wrapping[] = [
  AES_KEY_WRAP,
  { ...AES_KEY_WRAP, WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_1' },
];

const EXTERNAL = { Origin: 'EXTERNAL' } as const;
const SIGNING = { ...EXTERNAL, KeyUsage: 'SIGN_VERIFY' } as const;

/** A key whose material is to be imported, and a pair whose private key is that material. */
const PAIRS = {
  RSA_2048: [{ ...SIGNING, KeySpec: 'RSA_2048' }, () => rsa(2048)],
  RSA_3072: [{ ...EXTERNAL, KeyUsage: 'ENCRYPT_DECRYPT', KeySpec: 'RSA_3072' }, () => rsa(3072)],
  RSA_4096: [{ ...SIGNING, KeySpec: 'RSA_4096' }, () => rsa(4096)],
  ECC_NIST_P256: [{ ...SIGNING, KeySpec: 'ECC_NIST_P256' }, () => ec('P-256')],
  ECC_NIST_P384: [{ ...EXTERNAL, KeyUsage: 'KEY_AGREEMENT', KeySpec: 'ECC_NIST_P384' }, () => ec('P-384')],
  ECC_NIST_P521: [{ ...SIGNING, KeySpec: 'ECC_NIST_P521' }, () => ec('P-521')],
  ECC_SECG_P256K1: [{ ...SIGNING, KeySpec: 'ECC_SECG_P256K1' }, () => ec('secp256k1')],
  ECC_NIST_EDWARDS25519: [
    { ...SIGNING, KeySpec: 'ECC_NIST_EDWARDS25519' },
    () => generateKeyPairSync('ed25519'),
  ],
} as const satisfies Record<
  string,
  readonly [CreateKeyCommandInput, () => { privateKey: KeyObject; publicKey: KeyObject }]
>;

async function createPending(request: CreateKeyCommandInput = EXTERNAL): Promise<string> {
  return (await createKey(kms, request)).keyId;
}

async function stateOf(KeyId: string): Promise<string | undefined> {
  return (await kms.describeKey({ KeyId })).KeyMetadata?.KeyState;
}

describe('GetParametersForImport', () => {
  it('answers a wrapping key and a token that are valid for 24 hours', async () => {
    const { keyId, arn } = await createKey(kms, EXTERNAL);
    const answer = await kms.getParametersForImport({ KeyId: keyId, ...OAEP });
    assert.equal(answer.KeyId, arn);
    assert.deepEqual(answer.ParametersValidTo, new Date(server.clock.now() + 24 * HOUR));
    assert.ok((answer.ImportToken?.length ?? 0) <= 6144);
  });

  it('answers others each time, all of which can be used', async () => {
    const keyId = await createPending();
    const material = randomBytes(32);
    const both = [await getParameters(kms, keyId), await getParameters(kms, keyId)];
    assert.notDeepEqual(both[0]?.PublicKey, both[1]?.PublicKey);
    for (const parameters of both) await importWith(kms, keyId, parameters, material);
  });

  it('refuses ways of wrapping that there are not for the key, or at all', async () => {
    const refuse = async (
      KeyId: string,
      KeySpec: string,
      WrappingAlgorithm: AlgorithmSpec,
      spec: WrappingKeySpec = 'RSA_2048',
    ) => {
      await assertRefused(
        kms.getParametersForImport({ KeyId, WrappingAlgorithm, WrappingKeySpec: spec }),
        'UnsupportedOperationException',
        spec === 'SM2'
          ? 'WrappingKeySpec SM2 is not supported in this Region'
          : `Key material of KeySpec ${KeySpec} cannot be wrapped with WrappingAlgorithm ${WrappingAlgorithm} and WrappingKeySpec ${spec}.`,
      );
    };
    const symmetric = await createPending();
    for (const algorithm of ['RSAES_PKCS1_V1_5', 'RSA_AES_KEY_WRAP_SHA_256', 'SM2PKE'] as const)
      await refuse(symmetric, 'SYMMETRIC_DEFAULT', algorithm, 'RSA_4096');
    await refuse(symmetric, 'SYMMETRIC_DEFAULT', 'SM2PKE', 'SM2');
    await refuse(await createPending(PAIRS.RSA_2048[0]), 'RSA_2048', 'RSAES_OAEP_SHA_256', 'RSA_4096');
    const p521 = await createPending(PAIRS.ECC_NIST_P521[0]);
    await refuse(p521, 'ECC_NIST_P521', 'RSAES_OAEP_SHA_1');
  });

  it('refuses, like the others, keys whose material is not imported', async () => {
    const { keyId: KeyId, arn } = await createKey(kms);
    const Blob = Buffer.of(1);
    const message = `${arn} origin is AWS_KMS which is not valid for this operation.`;
    for (const call of [
      () => kms.getParametersForImport({ KeyId, ...OAEP }),
      () => kms.importKeyMaterial({ KeyId, ImportToken: Blob, EncryptedKeyMaterial: Blob, ...NEVER_EXPIRES }),
      () => kms.deleteImportedKeyMaterial({ KeyId }),
    ]) {
      await assertRefused(call(), 'UnsupportedOperationException', message);
    }
    await kms.scheduleKeyDeletion({ KeyId });
    await assertRefused(kms.getParametersForImport({ KeyId, ...OAEP }), 'UnsupportedOperationException');
  });
});

describe('ImportKeyMaterial', () => {
  it('imports symmetric key material, wrapped in any way, and the key works with it', async () => {
    for (const wrapping of ALL_OAEP) {
      const { keyId, arn } = await createKey(kms, EXTERNAL);
      assert.equal(await stateOf(keyId), 'PendingImport');
      const parameters = await getParameters(kms, keyId, wrapping);
      const answer = await kms.importKeyMaterial({
        KeyId: keyId,
        ImportToken: parameters.ImportToken,
        EncryptedKeyMaterial: wrapMaterial(parameters, randomBytes(32)),
        ...NEVER_EXPIRES,
      });
      assert.equal(answer.KeyId, arn);
      const { KeyMetadata } = await kms.describeKey({ KeyId: keyId });
      assert.equal(KeyMetadata?.KeyState, 'Enabled');
      assert.equal(KeyMetadata?.CurrentKeyMaterialId, answer.KeyMaterialId);
      await assertDecrypts(kms, await encrypt(kms, keyId, 'text'), 'text');
    }
  });

  for (const [KeySpec, [request, generate]] of Object.entries(PAIRS)) {
    it(`imports a private key into a key of spec ${KeySpec}, wrapped in every way that is allowed`, async () => {
      const { privateKey, publicKey } = generate();
      const direct = KeySpec === 'ECC_NIST_P521' ? [OAEP_SHA_1] : [OAEP, OAEP_SHA_1];
      for (const wrapping of [...ALL_AES_KEY_WRAP, ...(KeySpec.startsWith('RSA_') ? [] : direct)]) {
        const keyId = await createPending(request);
        await importMaterial(kms, keyId, pkcs8(privateKey), {}, wrapping);
        const { PublicKey } = await kms.getPublicKey({ KeyId: keyId });
        assert.deepEqual(Buffer.from(PublicKey ?? []), publicKey.export({ type: 'spki', format: 'der' }));
      }
    });
  }

  it('imports SM2 private keys in the China Regions, and whatever is wrapped under SM2 keys', async () => {
    const china = server.client({ region: 'cn-north-1' });
    const { privateKey, publicKey } = ec('SM2');
    const { keyId } = await createKey(china, { ...SIGNING, KeySpec: 'SM2' });
    const materialId = await importMaterial(china, keyId, pkcs8(privateKey), {}, AES_KEY_WRAP);
    const { PublicKey } = await china.getPublicKey({ KeyId: keyId });
    assert.deepEqual(Buffer.from(PublicKey ?? []), publicKey.export({ type: 'spki', format: 'der' }));

    const parameters = await china.getParametersForImport({
      KeyId: keyId,
      WrappingAlgorithm: 'SM2PKE',
      WrappingKeySpec: 'SM2',
    });
    const key = Buffer.from(parameters.PublicKey ?? []);
    const wrappingKey = createPublicKey({ key, format: 'der', type: 'spki' });
    const { KeyMaterialId } = await china.importKeyMaterial({
      KeyId: keyId,
      ImportToken: parameters.ImportToken,
      EncryptedKeyMaterial: sm2Encrypt(wrappingKey, pkcs8(privateKey)),
      ...NEVER_EXPIRES,
    });
    assert.equal(KeyMaterialId, materialId);
  });

  it('refuses material of another kind or length than the key needs', async () => {
    for (const [KeySpec, length] of [
      ['HMAC_224', 28],
      ['HMAC_256', 32],
      ['HMAC_384', 48],
      ['HMAC_512', 64],
    ] as const) {
      const keyId = await createPending({ ...EXTERNAL, KeySpec, KeyUsage: 'GENERATE_VERIFY_MAC' });
      const parameters = await getParameters(kms, keyId);
      for (const other of [1, 16, 28, 32, 48, 64, 65].filter((one) => one !== length)) {
        await assertRefused(
          importWith(kms, keyId, parameters, randomBytes(other)),
          'IncorrectKeyMaterialException',
          `The key material of a KMS key with KeySpec ${KeySpec} must be ${length} bytes.`,
        );
      }
      await importWith(kms, keyId, parameters, randomBytes(length));
    }
    const symmetric = await createPending();
    const parameters = await getParameters(kms, symmetric);
    for (const material of [randomBytes(31), randomBytes(33), pkcs8(ec('P-256').privateKey)])
      await assertRefused(
        importWith(kms, symmetric, parameters, material),
        'IncorrectKeyMaterialException',
        'The key material of a KMS key with KeySpec SYMMETRIC_DEFAULT must be 32 bytes.',
      );
    assert.equal(await stateOf(symmetric), 'PendingImport');
  });

  it('refuses private keys of another kind, and ones with anything behind them', async () => {
    const keyId = await createPending(PAIRS.RSA_2048[0]);
    const parameters = await getParameters(kms, keyId, AES_KEY_WRAP);
    const { privateKey } = rsa(2048);
    for (const material of [
      randomBytes(32),
      pkcs8(rsa(3072).privateKey),
      pkcs8(ec('P-256').privateKey),
      Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })),
      privateKey.export({ type: 'pkcs1', format: 'der' }),
      Buffer.concat([pkcs8(privateKey), Buffer.of(0)]),
    ]) {
      await assertRefused(
        importWith(kms, keyId, parameters, material),
        'IncorrectKeyMaterialException',
        'The key material of a KMS key with KeySpec RSA_2048 must be a private key of exactly that kind, unencrypted, in PKCS #8 and DER.',
      );
    }
  });
});

describe('an import token', () => {
  async function useOf(parameters: Parameters, KeyId: string, client = kms): Promise<unknown> {
    return client.importKeyMaterial({
      KeyId,
      ImportToken: parameters.ImportToken,
      EncryptedKeyMaterial: wrapMaterial(parameters, randomBytes(32)),
      ...NEVER_EXPIRES,
    });
  }
  const refuseToken = (call: Promise<unknown>) => assertRefused(call, 'InvalidImportTokenException');

  it('is for one key, in one Region of one account, on one deployment', async () => {
    const { keyId } = await createKey(kms, { ...EXTERNAL, MultiRegion: true });
    const parameters = await getParameters(kms, keyId);
    await refuseToken(useOf(parameters, await createPending()));
    const elsewhere = server.client({ region: 'eu-west-1' });
    await refuseToken(useOf(parameters, (await createKey(elsewhere, EXTERNAL)).keyId, elsewhere));
    const others = server.client({ account: OTHER_ACCOUNT });
    await refuseToken(useOf(parameters, (await createKey(others, EXTERNAL)).keyId, others));
    const other = await startTestServer();
    try {
      const { keyId: theirs } = await createKey(other.client(), EXTERNAL);
      await refuseToken(useOf(await getParameters(other.client(), theirs), keyId));
    } finally {
      await other.close();
    }
    await useOf(parameters, keyId);
  });

  it('is refused when it was cut or altered', async () => {
    const keyId = await createPending();
    const parameters = await getParameters(kms, keyId);
    const token = Buffer.from(parameters.ImportToken);
    const altered = [0, 1, 24, 25, 60, token.length - 1].map((at) =>
      token.map((byte, index) => (index === at ? byte ^ 1 : byte)),
    );
    const cut = [1, 24, 41, token.length - 1].map((length) => token.subarray(0, length));
    for (const ImportToken of [...altered, ...cut, Buffer.concat([token, Buffer.of(0)])])
      await refuseToken(useOf({ ...parameters, ImportToken }, keyId));
    await useOf(parameters, keyId);
  });

  it('can be used until it is 24 hours old, and not a moment longer', async () => {
    const { keyId, material } = await createImportedKey(kms);
    const parameters = await getParameters(kms, keyId);
    server.clock.advance(24 * HOUR - 1);
    await importWith(kms, keyId, parameters, material);
    server.clock.advance(1);
    await assertRefused(
      importWith(kms, keyId, parameters, material),
      'ExpiredImportTokenException',
      'The import token has expired.',
    );
  });

  it('belongs to its wrapping key, and what was wrapped otherwise is refused alike', async () => {
    const keyId = await createPending();
    const one = await getParameters(kms, keyId);
    const other = await getParameters(kms, keyId);
    const sha1 = { ...one, WrappingAlgorithm: 'RSAES_OAEP_SHA_1' } as const;
    const material = randomBytes(32);
    for (const EncryptedKeyMaterial of [
      wrapMaterial(other, material),
      wrapMaterial(sha1, material),
      wrapMaterial(one, material).subarray(1),
      randomBytes(256),
      randomBytes(1),
      material,
    ]) {
      await assertRefused(
        kms.importKeyMaterial({
          KeyId: keyId,
          ImportToken: one.ImportToken,
          EncryptedKeyMaterial,
          ...NEVER_EXPIRES,
        }),
        'InvalidCiphertextException',
        'UnknownError',
      );
    }
  });
});

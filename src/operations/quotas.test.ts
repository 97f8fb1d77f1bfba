import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { defaultRate, REQUEST_QUOTAS } from '../quotas/index.ts';
import { allOperations, operations } from './index.ts';

/* The request quotas of AWS as its documentation has them, a line for each rate, against the declarations. */

const SYMMETRIC = 'Cryptographic operations (symmetric)';
const RSA = 'Cryptographic operations (RSA)';
const ECC = 'Cryptographic operations (ECC and SM2)';
const ML_DSA = 'Cryptographic operations (ML-DSA)';

/** Shared quotas: the operations that count under them. */
const SHARED: Readonly<Record<string, readonly string[]>> = {
  [SYMMETRIC]: [
    'Decrypt',
    'Encrypt',
    'GenerateDataKey',
    'GenerateDataKeyWithoutPlaintext',
    'GenerateMac',
    'GenerateRandom',
    'ReEncrypt',
    'VerifyMac',
  ],
  [RSA]: ['Decrypt', 'Encrypt', 'ReEncrypt', 'Sign', 'Verify'],
  [ML_DSA]: ['Sign', 'Verify'],
  [ECC]: ['Decrypt', 'DeriveSharedSecret', 'Encrypt', 'ReEncrypt', 'Sign', 'Verify'],
  'Cryptographic operations (ML-KEM)': ['Decapsulate', 'Encapsulate'],
};

const KEY_PAIR_RATES: Readonly<Record<string, number>> = {
  ECC_NIST_P256: 100,
  ECC_NIST_P384: 100,
  ECC_NIST_P521: 100,
  ECC_SECG_P256K1: 100,
  ECC_NIST_EDWARDS25519: 100,
  ML_KEM_512: 100,
  ML_KEM_768: 100,
  ML_KEM_1024: 100,
  RSA_2048: 20,
  RSA_3072: 4,
  RSA_4096: 1,
  SM2: 25,
};

/** Operations with a quota of their own, by its rate. */
const OWN: Readonly<Record<number, readonly string[]>> = {
  2000: ['DescribeKey', 'GetPublicKey', 'ListResourceTags'],
  1000: ['GetKeyPolicy', 'GetKeyRotationStatus'],
  500: ['ListAliases', 'ListKeys'],
  100: ['ListGrants', 'ListKeyPolicies', 'ListKeyRotations', 'ListRetirableGrants'],
  50: ['CreateGrant', 'RetireGrant', 'RevokeGrant'],
  15: [
    'DeleteAlias',
    'DeleteImportedKeyMaterial',
    'EnableKeyRotation',
    'ImportKeyMaterial',
    'PutKeyPolicy',
    'ScheduleKeyDeletion',
  ],
  10: ['TagResource'],
  5: [
    'CancelKeyDeletion',
    'ConnectCustomKeyStore',
    'CreateAlias',
    'CreateCustomKeyStore',
    'CreateKey',
    'DeleteCustomKeyStore',
    'DescribeCustomKeyStores',
    'DisableKey',
    'DisableKeyRotation',
    'DisconnectCustomKeyStore',
    'EnableKey',
    'GetKeyLastUsage',
    'ReplicateKey',
    'RotateKeyOnDemand',
    'UntagResource',
    'UpdateAlias',
    'UpdateCustomKeyStore',
    'UpdateKeyDescription',
    'UpdatePrimaryRegion',
  ],
  1: ['GetParametersForImport'],
};

/** The quotas of each operation by these tables. */
function expectedQuotas(): Readonly<Record<string, readonly string[]>> {
  const quotas: Record<string, string[]> = {};
  const add = (name: string, quota: string) => {
    quotas[name] = [...(quotas[name] ?? []), quota].sort();
  };
  for (const [quota, names] of Object.entries(SHARED)) for (const name of names) add(name, quota);
  for (const name of Object.values(OWN).flat()) add(name, name);
  for (const name of ['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext'])
    for (const spec of Object.keys(KEY_PAIR_RATES)) add(name, `GenerateDataKeyPair (${spec})`);
  add('ReplicateKey', 'CreateKey');
  return quotas;
}

/** The rows of the table of all request quotas in docs/quotas.md: name, rate and AWS's rate. */
function documentedQuotas(): readonly (readonly string[])[] {
  const text = readFileSync(new URL('../../docs/quotas.md', import.meta.url), 'utf8');
  const table = text.slice(text.indexOf('## All request quotas'));
  const rows = table.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(2).map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));
}

const chargesOf = (name: string, input: object) => operations.get(name)?.quota.charges({ ...input });

describe('the request-rate quota', () => {
  it('of each operation of KMS is the one that AWS has', () => {
    const declared = [...operations.values()].map(({ name, quota }) => [name, quota.among.toSorted()]);
    assert.deepEqual(Object.fromEntries(declared), expectedQuotas());
  });

  it('has the rate of AWS, or by default at least that', () => {
    const expected = new Map<string, number>([
      ...Object.entries(OWN).flatMap(([rate, names]) => names.map((name) => [name, Number(rate)] as const)),
      ...Object.entries(KEY_PAIR_RATES).map(
        ([spec, rate]) => [`GenerateDataKeyPair (${spec})`, rate] as const,
      ),
      ...Object.keys(SHARED).map((quota) => [quota, quota === SYMMETRIC ? 10_000 : 1_000] as const),
      ['AWS CloudTrail', 2],
      ['AWS IAM', 1_000],
      ['AWS Organizations', 1_000],
      ['AWS STS', 600],
      ['QKMS', 1_000],
    ]);
    assert.deepEqual(REQUEST_QUOTAS.toSorted(), [...expected.keys()].sort());
    for (const quota of REQUEST_QUOTAS) {
      const rate = expected.get(quota) ?? 0;
      assert.equal(defaultRate(quota, 'eu-south-1', 'aws'), rate, quota);
      const least = quota.startsWith('GenerateDataKeyPair (RSA') ? 10 * rate : Math.max(rate, 1_000);
      assert.ok(defaultRate(quota, 'eu-south-1', 'generous') >= least, quota);
    }
    const rates = ['us-east-1', 'eu-central-1', 'eu-south-1'].map((region) =>
      defaultRate(SYMMETRIC, region, 'aws'),
    );
    assert.deepEqual(rates, [100_000, 20_000, 10_000]);
  });

  it('is documented, with its rates and the operations of KMS that count under it', () => {
    const expected = REQUEST_QUOTAS.map((quota) => {
      const names = [...operations.values()].filter((each) => each.quota.among.includes(quota));
      const [rate, ofAws] = (['generous', 'aws'] as const).map((defaults) =>
        defaultRate(quota, 'eu-south-1', defaults).toLocaleString('en-US'),
      );
      const counted = names
        .map(({ name }) => name)
        .sort()
        .map((name) => `\`${name}\``);
      return [quota, rate, ofAws, counted.join(', ') || 'all operations of the service'];
    });
    assert.deepEqual(documentedQuotas(), expected);
  });

  it('of every operation is always among those that it says', () => {
    const inputs = [
      {},
      { EncryptionAlgorithm: 'SM2PKE', SigningAlgorithm: 'ML_DSA_SHAKE_256', KeyPairSpec: 'RSA_2048' },
      { SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_1', SigningAlgorithm: 'RSASSA_PSS_SHA_256' },
      { ReplicaRegion: 'eu-west-1', PrimaryRegion: 'eu-west-1', SigningAlgorithm: 'ED25519_SHA_512' },
    ];
    // A request that names no algorithm to sign with is none that signs.
    for (const { name, quota } of allOperations)
      for (const input of inputs)
        for (const charge of quota.charges(input)) assert.ok(quota.among.includes(charge.quota), name);
  });

  it('of a request that names algorithms is theirs, once for each', () => {
    const reEncrypt = (source: string, destination: string) =>
      chargesOf('ReEncrypt', {
        SourceEncryptionAlgorithm: source,
        DestinationEncryptionAlgorithm: destination,
      });
    assert.deepEqual(chargesOf('ReEncrypt', {}), [{ quota: SYMMETRIC }]);
    assert.deepEqual(reEncrypt('SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_256'), [
      { quota: SYMMETRIC },
      { quota: RSA },
    ]);
    assert.deepEqual(reEncrypt('RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'), [{ quota: RSA }]);
    assert.deepEqual(chargesOf('Encrypt', { EncryptionAlgorithm: 'SM2PKE' }), [{ quota: ECC }]);
    assert.deepEqual(chargesOf('Verify', { SigningAlgorithm: 'ED25519_PH_SHA_512' }), [{ quota: ECC }]);
    assert.deepEqual(chargesOf('Sign', { SigningAlgorithm: 'ML_DSA_SHAKE_256' }), [{ quota: ML_DSA }]);
    assert.deepEqual(chargesOf('GenerateDataKeyPair', { KeyPairSpec: 'RSA_3072' }), [
      { quota: 'GenerateDataKeyPair (RSA_3072)' },
    ]);
  });

  it('of a request about two Regions is counted in both', () => {
    assert.deepEqual(chargesOf('ReplicateKey', { ReplicaRegion: 'eu-west-1' }), [
      { quota: 'ReplicateKey' },
      { quota: 'CreateKey', region: 'eu-west-1', count: 2 },
    ]);
    assert.deepEqual(chargesOf('UpdatePrimaryRegion', { PrimaryRegion: 'eu-west-1' }), [
      { quota: 'UpdatePrimaryRegion' },
      { quota: 'UpdatePrimaryRegion', region: 'eu-west-1' },
    ]);
  });
});

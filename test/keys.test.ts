import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { CreateKeyCommandInput, KeySpec, KeyUsageType, KMS } from '@aws-sdk/client-kms';
import { allow, deny, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, REGION, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let kms: KMS;

before(async () => {
  server = await startTestServer();
  kms = server.client();
});
after(() => server.close());

describe('CreateKey', () => {
  it('makes an enabled symmetric encryption key by default', async () => {
    const { KeyMetadata } = await kms.createKey({});
    assert.ok(KeyMetadata !== undefined);
    const { KeyId, CurrentKeyMaterialId } = KeyMetadata;
    assert.match(KeyId ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(CurrentKeyMaterialId ?? '', /^[0-9a-f]{64}$/);
    assert.deepEqual(KeyMetadata, {
      AWSAccountId: ACCOUNT,
      KeyId,
      Arn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${KeyId}`,
      CreationDate: new Date(server.clock.now()),
      Enabled: true,
      Description: '',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: 'Enabled',
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      KeySpec: 'SYMMETRIC_DEFAULT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      MultiRegion: false,
      CurrentKeyMaterialId,
    });
  });

  it('takes the defaults spelled out', async () => {
    const requests: CreateKeyCommandInput[] = [
      { KeySpec: 'SYMMETRIC_DEFAULT' },
      { CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT' },
      { KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT', Origin: 'AWS_KMS', MultiRegion: false },
    ];
    for (const request of requests) {
      const { KeyMetadata } = await kms.createKey(request);
      assert.equal(KeyMetadata?.KeySpec, 'SYMMETRIC_DEFAULT');
    }
  });

  it('makes another key each time', async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => createKey(kms)));
    assert.equal(new Set(keys.map(({ keyId }) => keyId)).size, 5);
  });

  it('keeps a description of up to 8,192 characters', async () => {
    for (const Description of ['orders', 'Schlüssel für 注文 🔑', '€'.repeat(8192)]) {
      const { keyId } = await createKey(kms, { Description });
      const { KeyMetadata } = await kms.describeKey({ KeyId: keyId });
      assert.equal(KeyMetadata?.Description, Description);
    }
    const tooLong = 'x'.repeat(8193);
    await assertRefused(
      kms.createKey({ Description: tooLong }),
      'ValidationException',
      `1 validation error detected: Value '${tooLong}' at 'description' failed to satisfy constraint: Member must have length less than or equal to 8192`,
    );
  });

  it('assigns tags', async () => {
    const Tags = [
      { TagKey: 'stage', TagValue: 'production' },
      { TagKey: 'team', TagValue: '' },
    ];
    const { keyId } = await createKey(kms, { Tags });
    assert.deepEqual((await kms.listResourceTags({ KeyId: keyId })).Tags, Tags);
  });

  it('attaches the default key policy: the account may delegate everything', async () => {
    const { keyId } = await createKey(kms);
    const { Policy = '' } = await kms.getKeyPolicy({ KeyId: keyId });
    assert.deepEqual(JSON.parse(Policy), {
      Version: '2012-10-17',
      Id: 'key-default-1',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: rootOf(ACCOUNT) },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    });
    assert.match(Policy, /"Version" : "2012-10-17",\n/, 'printed as AWS prints it');
  });

  it('attaches the key policy that it is given', async () => {
    const Policy = keyPolicy(allow({ Sid: 'mine' }));
    const { keyId } = await createKey(kms, { Policy });
    assert.equal((await kms.getKeyPolicy({ KeyId: keyId })).Policy, Policy);
  });

  it('refuses a key policy under which its creator could not change it, unless told to', async () => {
    const lockouts = [
      keyPolicy(allow({ Principal: { AWS: rootOf(OTHER_ACCOUNT) } })),
      keyPolicy(allow({ Action: 'kms:Get*' })),
      keyPolicy(allow(), deny({ Action: 'kms:PutKeyPolicy' })),
    ];
    for (const Policy of lockouts) {
      await assertRefused(
        kms.createKey({ Policy }),
        'MalformedPolicyDocumentException',
        'The new key policy will not allow you to update the key policy in the future.',
      );
      await createKey(kms, { Policy, BypassPolicyLockoutSafetyCheck: true });
    }
  });
});

/** The usages that each KeySpec can have (crypto.md section 1). */
const USAGES: Readonly<Record<KeySpec, readonly KeyUsageType[]>> = {
  SYMMETRIC_DEFAULT: ['ENCRYPT_DECRYPT'],
  RSA_2048: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  RSA_3072: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  RSA_4096: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  ECC_NIST_P256: ['SIGN_VERIFY', 'KEY_AGREEMENT'],
  ECC_NIST_P384: ['SIGN_VERIFY', 'KEY_AGREEMENT'],
  ECC_NIST_P521: ['SIGN_VERIFY', 'KEY_AGREEMENT'],
  ECC_SECG_P256K1: ['SIGN_VERIFY'],
  ECC_NIST_EDWARDS25519: ['SIGN_VERIFY'],
  HMAC_224: ['GENERATE_VERIFY_MAC'],
  HMAC_256: ['GENERATE_VERIFY_MAC'],
  HMAC_384: ['GENERATE_VERIFY_MAC'],
  HMAC_512: ['GENERATE_VERIFY_MAC'],
  ML_DSA_44: ['SIGN_VERIFY'],
  ML_DSA_65: ['SIGN_VERIFY'],
  ML_DSA_87: ['SIGN_VERIFY'],
  ML_KEM_512: ['ENCAPSULATE_DECAPSULATE'],
  ML_KEM_768: ['ENCAPSULATE_DECAPSULATE'],
  ML_KEM_1024: ['ENCAPSULATE_DECAPSULATE'],
  SM2: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'KEY_AGREEMENT'],
};
const ALL_USAGES = [...new Set(Object.values(USAGES).flat())];

function specsAndUsages() {
  return Object.entries(USAGES).flatMap(([spec, usages]) => {
    const KeySpec = spec as KeySpec;
    return ALL_USAGES.map((KeyUsage) => ({ KeySpec, KeyUsage, fits: usages.includes(KeyUsage) }));
  });
}

describe('CreateKey refuses', () => {
  // Each of these tests looks whether it has left a key behind.
  const account = '222233334444';

  async function createsNothing(attempt: (kms: KMS) => Promise<void>): Promise<void> {
    const client = server.client({ account });
    await attempt(client);
    assert.deepEqual((await client.listKeys()).Keys, []);
  }

  it('a KeySpec without a KeyUsage, unless it is SYMMETRIC_DEFAULT', () =>
    createsNothing(async (client) => {
      for (const { KeySpec } of specsAndUsages()) {
        if (KeySpec === 'SYMMETRIC_DEFAULT') continue;
        await assertRefused(
          client.createKey({ KeySpec }),
          'ValidationException',
          'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
        );
      }
    }));

  it('KeySpec and CustomerMasterKeySpec together', () =>
    createsNothing(async (client) => {
      await assertRefused(
        client.createKey({ KeySpec: 'SYMMETRIC_DEFAULT', CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT' }),
        'ValidationException',
        'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
      );
    }));

  it('a KeyUsage that does not go with the KeySpec', () =>
    createsNothing(async (client) => {
      for (const { KeySpec, KeyUsage, fits } of specsAndUsages()) {
        if (fits) continue;
        await assertRefused(
          client.createKey({ KeySpec, KeyUsage }),
          'ValidationException',
          `KeyUsage ${KeyUsage} is not compatible with KeySpec ${KeySpec}`,
        );
      }
      await assertRefused(
        client.createKey({ CustomerMasterKeySpec: 'RSA_2048', KeyUsage: 'KEY_AGREEMENT' }),
        'ValidationException',
        'KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048',
      );
      await assertRefused(
        client.createKey({ KeyUsage: 'SIGN_VERIFY' }),
        'ValidationException',
        'KeyUsage SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT',
      );
    }));

  it('SM2, which only Regions in China have', () =>
    createsNothing(async (client) => {
      for (const KeyUsage of USAGES.SM2) {
        await assertRefused(
          client.createKey({ KeySpec: 'SM2', KeyUsage }),
          'ValidationException',
          'KeySpec SM2 is not supported in this Region',
        );
      }
    }));

  it('an origin of custom key stores without a store', () =>
    createsNothing(async (client) => {
      for (const Origin of ['AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'] as const) {
        await assertRefused(
          client.createKey({ Origin }),
          'ValidationException',
          `You must specify the CustomKeyStoreId of the custom key store for a KMS key with Origin ${Origin}.`,
        );
      }
    }));

  it('material to be imported for a KeySpec whose material never is', () =>
    createsNothing(async (client) => {
      for (const [KeySpec, KeyUsage] of [
        ['ML_DSA_44', 'SIGN_VERIFY'],
        ['ML_KEM_768', 'ENCAPSULATE_DECAPSULATE'],
      ] as const) {
        await assertRefused(
          client.createKey({ KeySpec, KeyUsage, Origin: 'EXTERNAL' }),
          'UnsupportedOperationException',
          `Key material cannot be imported into a KMS key with KeySpec ${KeySpec}.`,
        );
      }
    }));

  it('a custom key store that does not exist', () =>
    createsNothing(async (client) => {
      const CustomKeyStoreId = 'cks-1234567890abcdef0';
      await assertRefused(client.createKey({ CustomKeyStoreId }), 'CustomKeyStoreNotFoundException');
      await assertRefused(
        client.createKey({ CustomKeyStoreId, Origin: 'AWS_CLOUDHSM' }),
        'CustomKeyStoreNotFoundException',
      );
    }));

  it('an XksKeyId for a key that is not in an external key store', () =>
    createsNothing(async (client) => {
      await assertRefused(client.createKey({ XksKeyId: 'mine' }), 'ValidationException', /XksKeyId/);
    }));

  it('what is not a key policy', () =>
    createsNothing(async (client) => {
      const BypassPolicyLockoutSafetyCheck = true;
      await assertRefused(
        client.createKey({ Policy: 'not JSON', BypassPolicyLockoutSafetyCheck }),
        'MalformedPolicyDocumentException',
      );
      await assertRefused(
        client.createKey({
          Policy: keyPolicy({ Effect: 'Allow', Action: 'kms:*', Resource: '*' }),
          BypassPolicyLockoutSafetyCheck,
        }),
        'MalformedPolicyDocumentException',
        /^Policy contains a statement with no principal\./,
      );
      await assertRefused(
        client.createKey({
          Policy: keyPolicy(allow({ Sid: 'x'.repeat(32_768) })),
          BypassPolicyLockoutSafetyCheck,
        }),
        'LimitExceededException',
      );
    }));
});

describe('DescribeKey', () => {
  it('answers what CreateKey answered', async () => {
    const { KeyMetadata } = await kms.createKey({
      Description: 'mine',
      Tags: [{ TagKey: 'a', TagValue: 'b' }],
    });
    assert.deepEqual((await kms.describeKey({ KeyId: KeyMetadata?.KeyId })).KeyMetadata, KeyMetadata);
  });
});

describe('ListKeys', () => {
  it('lists the keys of the account and Region, in whatever state, with id and ARN', async () => {
    const client = server.client({ account: '333344445555' });
    assert.deepEqual(await withoutMetadata(client.listKeys()), { Keys: [], Truncated: false });
    const keys = [await createKey(client), await createKey(client), await createKey(client)];
    await client.disableKey({ KeyId: keys[0]?.keyId });
    await client.scheduleKeyDeletion({ KeyId: keys[1]?.keyId });
    const listed = await withoutMetadata(client.listKeys());
    assert.deepEqual(
      listed.Keys?.toSorted(byKeyId),
      keys.map(({ keyId, arn }) => ({ KeyId: keyId, KeyArn: arn })).sort(byKeyId),
    );
    assert.equal(listed.Truncated, false);
    assert.equal('NextMarker' in listed, false);
  });
});

describe('UpdateKeyDescription', () => {
  it('replaces the description; an empty one removes it', async () => {
    const { keyId } = await createKey(kms, { Description: 'old' });
    for (const Description of ['new', 'x'.repeat(8192), '']) {
      assert.deepEqual(await withoutMetadata(kms.updateKeyDescription({ KeyId: keyId, Description })), {});
      assert.equal((await kms.describeKey({ KeyId: keyId })).KeyMetadata?.Description, Description);
    }
  });

  it('refuses one of more than 8,192 characters', async () => {
    const { keyId } = await createKey(kms, { Description: 'old' });
    await assertRefused(
      kms.updateKeyDescription({ KeyId: keyId, Description: 'x'.repeat(8193) }),
      'ValidationException',
      /at 'description' failed to satisfy constraint: Member must have length less than or equal to 8192$/,
    );
    assert.equal((await kms.describeKey({ KeyId: keyId })).KeyMetadata?.Description, 'old');
  });
});

describe('EnableKey and DisableKey', () => {
  it('set the state, and may be repeated', async () => {
    const { keyId } = await createKey(kms);
    for (const [change, Enabled, KeyState] of [
      ['enableKey', true, 'Enabled'],
      ['disableKey', false, 'Disabled'],
      ['disableKey', false, 'Disabled'],
      ['enableKey', true, 'Enabled'],
      ['enableKey', true, 'Enabled'],
    ] as const) {
      assert.deepEqual(await withoutMetadata(kms[change]({ KeyId: keyId })), {});
      const { KeyMetadata } = await kms.describeKey({ KeyId: keyId });
      assert.deepEqual([KeyMetadata?.Enabled, KeyMetadata?.KeyState], [Enabled, KeyState]);
    }
  });

  it('change nothing else of the key', async () => {
    const { KeyMetadata: created } = await kms.createKey({ Description: 'mine' });
    await kms.disableKey({ KeyId: created?.KeyId });
    await kms.enableKey({ KeyId: created?.KeyId });
    assert.deepEqual((await kms.describeKey({ KeyId: created?.KeyId })).KeyMetadata, created);
  });
});

describe('a key that does not exist', () => {
  it('is not found', async () => {
    const KeyId = randomUUID();
    const message = `Key 'arn:aws:kms:${REGION}:${ACCOUNT}:key/${KeyId}' does not exist`;
    await assertRefused(kms.describeKey({ KeyId }), 'NotFoundException', message);
    await assertRefused(kms.enableKey({ KeyId }), 'NotFoundException', message);
  });
});

function byKeyId(one: { KeyId?: string | undefined }, other: { KeyId?: string | undefined }): number {
  return (one.KeyId ?? '') < (other.KeyId ?? '') ? -1 : 1;
}

/** An answer as the service gave it, without what the SDK adds. */
async function withoutMetadata<T extends { readonly $metadata: unknown }>(
  answer: Promise<T>,
): Promise<Omit<T, '$metadata'>> {
  const { $metadata: _, ...members } = await answer;
  return members;
}

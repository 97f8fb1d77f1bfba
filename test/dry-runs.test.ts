import { after, before, describe, it } from 'node:test';
import type { DryRunModifierType, KMS } from '@aws-sdk/client-kms';
import { deny, keyPolicy } from './support/key-policies.ts';
import { createAlias, createKey, encrypt, enterState, type NewKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const DRY_RUN = 'The request would have succeeded, but the DryRun option is set.';

let server: TestServer;
let kms: KMS;
let key: NewKey;
let otherKey: NewKey;
let aliasName: string;

before(async () => {
  server = await startTestServer();
  kms = server.client();
  key = await createKey(kms);
  otherKey = await createKey(kms);
  aliasName = await createAlias(kms, key.keyId);
});
after(() => server.close());

/** What the calls with a key have in common. */
interface CommonInput {
  readonly KeyId: string;
  readonly DryRun?: boolean;
  readonly GrantTokens?: string[];
  readonly EncryptionContext?: Record<string, string>;
}

interface CryptographicCall {
  readonly operation: string;
  readonly call: (input: CommonInput, ciphertext: Uint8Array) => Promise<object>;
}

/** Every operation that has DryRun and grant tokens (operations.md section 1), the key under test as its key. */
const CALLS: readonly CryptographicCall[] = [
  {
    operation: 'Encrypt',
    call: (input) => kms.encrypt({ ...input, Plaintext: Buffer.of(1) }),
  },
  {
    operation: 'Decrypt',
    call: (input, CiphertextBlob) => kms.decrypt({ ...input, CiphertextBlob }),
  },
  {
    operation: 'ReEncrypt (SourceKeyId)',
    call: ({ KeyId: SourceKeyId, EncryptionContext, ...input }, CiphertextBlob) =>
      kms.reEncrypt({ ...input, SourceKeyId, CiphertextBlob, DestinationKeyId: otherKey.keyId }),
  },
  {
    operation: 'ReEncrypt (DestinationKeyId)',
    call: async ({ KeyId: DestinationKeyId, EncryptionContext, ...input }) =>
      kms.reEncrypt({ ...input, DestinationKeyId, CiphertextBlob: await encrypt(kms, otherKey.keyId, 'x') }),
  },
  {
    operation: 'GenerateDataKey',
    call: (input) => kms.generateDataKey({ ...input, KeySpec: 'AES_256' }),
  },
  {
    operation: 'GenerateDataKeyWithoutPlaintext',
    call: (input) => kms.generateDataKeyWithoutPlaintext({ ...input, KeySpec: 'AES_256' }),
  },
];

for (const { operation, call } of CALLS) {
  describe(`a dry run of ${operation}`, () => {
    it('says so when the request would have succeeded', async () => {
      const ciphertext = await encrypt(kms, key.keyId, 'x');
      for (const KeyId of [key.keyId, key.arn, aliasName]) {
        await assertRefused(call({ KeyId, DryRun: true }, ciphertext), 'DryRunOperationException', DRY_RUN);
      }
    });

    it('is none when DryRun is false', async () => {
      await call({ KeyId: key.keyId, DryRun: false }, await encrypt(kms, key.keyId, 'x'));
    });

    it('fails as the request would have failed', async () => {
      const disabled = await createKey(kms);
      const denied = await createKey(kms, {
        Policy: keyPolicy(deny({ Action: 'kms:*' })),
        BypassPolicyLockoutSafetyCheck: true,
      });
      await enterState(kms, disabled.keyId, 'Disabled');
      const ciphertext = await encrypt(kms, key.keyId, 'x');
      for (const [KeyId, code] of [
        [disabled.keyId, 'DisabledException'],
        [denied.keyId, 'AccessDeniedException'],
        ['alias/none', 'NotFoundException'],
        ['1234abcd-12ab-34cd-56ef-1234567890ab', 'NotFoundException'],
      ] as const) {
        const wet = await assertRefused(call({ KeyId }, ciphertext), code);
        await assertRefused(call({ KeyId, DryRun: true }, ciphertext), code, wet.message);
      }
    });

    it('refuses grant tokens: no grant exists that one could stand for', async () => {
      const ciphertext = await encrypt(kms, key.keyId, 'x');
      await call({ KeyId: key.keyId, GrantTokens: [] }, ciphertext);
      for (const DryRun of [true, false]) {
        const GrantTokens = [
          'AQpAM2RhZTk1MGMyNTk2ZmZmMzEyYWVhOWViN2I1MWM4Mzc0MWFiYjc0ZDE1ODkyNGFlNTIzODZhMzgyZjBlNGY3Nji',
        ];
        const refused = call({ KeyId: key.keyId, GrantTokens, DryRun }, ciphertext);
        await assertRefused(refused, 'InvalidGrantTokenException');
      }
    });
  });
}

describe('a dry run', () => {
  it('tells what is wrong with the parameters', async () => {
    await assertRefused(
      kms.generateDataKey({ KeyId: key.keyId, DryRun: true }),
      'ValidationException',
      'Please specify either number of bytes or key spec.',
    );
    await assertRefused(
      kms.encrypt({
        KeyId: key.keyId,
        Plaintext: Buffer.of(1),
        EncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
        DryRun: true,
      }),
      'InvalidKeyUsageException',
    );
    await assertRefused(
      kms.decrypt({ CiphertextBlob: Buffer.of(1), DryRun: true }),
      'InvalidCiphertextException',
    );
  });

  it('does not decrypt: whether the context is right is not tried', async () => {
    const CiphertextBlob = await encrypt(kms, key.keyId, 'x', { right: 'context' });
    await assertRefused(kms.decrypt({ CiphertextBlob, DryRun: true }), 'DryRunOperationException', DRY_RUN);
  });
});

describe('DryRunModifiers IGNORE_CIPHERTEXT', () => {
  function ignoringCiphertext() {
    const DryRunModifiers: DryRunModifierType[] = ['IGNORE_CIPHERTEXT'];
    return { DryRun: true, DryRunModifiers, CiphertextBlob: undefined };
  }

  it('allows a dry run without a ciphertext on a key that is named', async () => {
    for (const KeyId of [key.keyId, key.arn, aliasName]) {
      await assertRefused(
        kms.decrypt({ ...ignoringCiphertext(), KeyId }),
        'DryRunOperationException',
        DRY_RUN,
      );
      await assertRefused(
        kms.reEncrypt({ ...ignoringCiphertext(), SourceKeyId: KeyId, DestinationKeyId: otherKey.keyId }),
        'DryRunOperationException',
        DRY_RUN,
      );
    }
  });

  it('fails as the request would have failed', async () => {
    const { keyId: KeyId, arn } = await createKey(kms);
    await enterState(kms, KeyId, 'Disabled');
    await assertRefused(
      kms.decrypt({ ...ignoringCiphertext(), KeyId }),
      'DisabledException',
      `${arn} is disabled.`,
    );
  });

  it('needs the key to be named', async () => {
    await assertRefused(kms.decrypt(ignoringCiphertext()), 'ValidationException', /KeyId/);
    await assertRefused(
      kms.reEncrypt({ ...ignoringCiphertext(), DestinationKeyId: key.keyId }),
      'ValidationException',
      /SourceKeyId/,
    );
  });

  it('is refused outside a dry run, and beside a ciphertext', async () => {
    const CiphertextBlob = await encrypt(kms, key.keyId, 'x');
    const KeyId = key.keyId;
    for (const request of [
      { ...ignoringCiphertext(), KeyId, DryRun: false },
      { ...ignoringCiphertext(), KeyId, DryRun: undefined },
      { ...ignoringCiphertext(), KeyId, CiphertextBlob },
    ]) {
      await assertRefused(kms.decrypt(request), 'ValidationException', /IGNORE_CIPHERTEXT/);
    }
  });
});

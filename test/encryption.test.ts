import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import fc from 'fast-check';
import {
  assertDecrypts,
  createAlias,
  createKey,
  currentMaterialOf,
  encrypt,
  type NewKey,
} from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, REGION, startTestServer, type TestServer } from './support/server.ts';

const INCORRECT_KEY = 'The key ID in the request does not identify a CMK that can perform this operation.';

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

function aliasArn(name: string): string {
  return `arn:aws:kms:${REGION}:${ACCOUNT}:${name}`;
}

function notAllowed(action: string, account = ACCOUNT): string {
  return `User: arn:aws:iam::${account}:root is not authorized to perform: ${action} on the resource associated with this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`;
}

async function assertInvalidCiphertext(call: Promise<unknown>): Promise<void> {
  await assertRefused(call, 'InvalidCiphertextException');
}

describe('Encrypt', () => {
  it('answers a ciphertext, the ARN of the key and the algorithm', async () => {
    const { $metadata, CiphertextBlob, ...answer } = await kms.encrypt({
      KeyId: aliasName,
      Plaintext: Buffer.from('secret'),
    });
    assert.ok(CiphertextBlob !== undefined);
    assert.equal(Buffer.from(CiphertextBlob).includes('secret'), false);
    assert.deepEqual(answer, { KeyId: key.arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' });
  });

  it('takes 1 to 4,096 bytes', async () => {
    for (const length of [1, 2, 31, 4095, 4096]) {
      const plaintext = Buffer.alloc(length, 0xa5);
      await assertDecrypts(kms, await encrypt(kms, key.keyId, plaintext), plaintext);
    }
    await assertRefused(
      kms.encrypt({ KeyId: key.keyId, Plaintext: Buffer.alloc(4097) }),
      'ValidationException',
      "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    );
    await assertRefused(
      kms.encrypt({ KeyId: key.keyId, Plaintext: Buffer.alloc(0) }),
      'ValidationException',
      "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
  });

  it('never answers the same ciphertext twice', async () => {
    const ciphertexts = await Promise.all(Array.from({ length: 200 }, () => encrypt(kms, key.keyId, 'same')));
    const distinct = new Set(ciphertexts.map((ciphertext) => Buffer.from(ciphertext).toString('hex')));
    assert.equal(distinct.size, 200);
  });

  it('decrypts whatever it encrypted, under whatever context', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 4096 }),
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), {
          noNullPrototype: true,
        }),
        async (plaintext, context) => {
          await assertDecrypts(kms, await encrypt(kms, key.keyId, plaintext, context), plaintext, context);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('Decrypt', () => {
  it('answers the plaintext, the ARN of the key, its material and the algorithm', async () => {
    const CiphertextBlob = await encrypt(kms, key.keyId, 'secret');
    const { $metadata, Plaintext, ...answer } = await kms.decrypt({ CiphertextBlob });
    assert.equal(Buffer.from(Plaintext ?? []).toString(), 'secret');
    assert.deepEqual(answer, {
      KeyId: key.arn,
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      KeyMaterialId: await currentMaterialOf(kms, key.keyId),
    });
  });

  it('needs no KeyId, and takes that of the key that encrypted in any form', async () => {
    const CiphertextBlob = await encrypt(kms, key.keyId, 'secret');
    for (const KeyId of [undefined, key.keyId, key.arn, aliasName, aliasArn(aliasName)]) {
      const { KeyId: used } = await kms.decrypt({ KeyId, CiphertextBlob });
      assert.equal(used, key.arn);
    }
  });

  it('refuses the KeyId of another key in any form', async () => {
    const CiphertextBlob = await encrypt(kms, key.keyId, 'secret');
    const otherAlias = await createAlias(kms, otherKey.keyId);
    for (const KeyId of [otherKey.keyId, otherKey.arn, otherAlias, aliasArn(otherAlias)]) {
      await assertRefused(kms.decrypt({ KeyId, CiphertextBlob }), 'IncorrectKeyException', INCORRECT_KEY);
    }
  });

  it('refuses a missing ciphertext', async () => {
    for (const KeyId of [undefined, key.keyId]) {
      await assertRefused(
        kms.decrypt({ KeyId, CiphertextBlob: undefined }),
        'ValidationException',
        "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
      );
    }
  });

  it('takes ciphertexts of up to 6,144 bytes', async () => {
    await assertInvalidCiphertext(kms.decrypt({ CiphertextBlob: Buffer.alloc(6144) }));
    await assertRefused(
      kms.decrypt({ CiphertextBlob: Buffer.alloc(6145) }),
      'ValidationException',
      "1 validation error detected: Value at 'ciphertextBlob' failed to satisfy constraint: Member must have length less than or equal to 6144",
    );
  });
});

/** Where a ciphertext names its key, in bytes (docs/ciphertext-format.md). */
const KEY_ID_BYTES = { from: 1, to: 18 };

describe('a ciphertext that was altered', () => {
  function alter(ciphertext: Uint8Array, at: number, mask: number): Uint8Array {
    const altered = Uint8Array.from(ciphertext);
    altered[at] = (altered[at] ?? 0) ^ mask;
    return altered;
  }

  it('is refused whichever single byte it was: without text, or like one of a key that is not here', async () => {
    const ciphertext = await encrypt(kms, key.keyId, 'x', { tenant: 'acme' });
    const alterations = Array.from(ciphertext, (_, at) => [
      { at, mask: 0x01 },
      { at, mask: 0x80 },
    ]).flat();
    await Promise.all(
      alterations.map(async ({ at, mask }) => {
        const CiphertextBlob = alter(ciphertext, at, mask);
        const refused = kms.decrypt({ CiphertextBlob, EncryptionContext: { tenant: 'acme' } });
        // Byte 1 says of which of two forms the key id is; any other value means nothing.
        const namesKey = at >= KEY_ID_BYTES.from && at < KEY_ID_BYTES.to && !(at === 1 && mask !== 1);
        if (namesKey) await assertRefused(refused, 'AccessDeniedException', notAllowed('kms:Decrypt'));
        else await assertInvalidCiphertext(refused);
      }),
    );
  });

  it('is refused by a request that names the key, too', async () => {
    const ciphertext = await encrypt(kms, key.keyId, 'x');
    for (const { at, code } of [
      { at: 0, code: 'InvalidCiphertextException' },
      { at: 5, code: 'IncorrectKeyException' },
      { at: 20, code: 'InvalidCiphertextException' },
      { at: 60, code: 'InvalidCiphertextException' },
      { at: 74, code: 'InvalidCiphertextException' },
      { at: 90, code: 'InvalidCiphertextException' },
    ]) {
      const CiphertextBlob = alter(ciphertext, at, 1);
      await assertRefused(kms.decrypt({ KeyId: key.keyId, CiphertextBlob }), code);
    }
  });

  it('is refused when anything is cut off or added', async () => {
    const ciphertext = await encrypt(kms, key.keyId, 'xy');
    const altered = [
      ...Array.from({ length: ciphertext.length - 1 }, (_, length) => ciphertext.subarray(0, length + 1)),
      ciphertext.subarray(1),
      Buffer.concat([ciphertext, Buffer.of(0)]),
      Buffer.concat([Buffer.of(0), ciphertext]),
      Buffer.concat([ciphertext, ciphertext]),
    ];
    await Promise.all(
      altered.map((CiphertextBlob) => assertInvalidCiphertext(kms.decrypt({ CiphertextBlob }))),
    );
  });

  it('is refused when it was put together from two', async () => {
    const [one, two] = [await encrypt(kms, key.keyId, 'first'), await encrypt(kms, key.keyId, 'other')];
    const other = await encrypt(kms, otherKey.keyId, 'first');
    // Nonce, ciphertext and tag begin at 50, 74 and 79; what comes before is the same in both.
    for (const at of [60, 74, 77, 79, 90]) {
      const mixed = Buffer.concat([one.subarray(0, at), two.subarray(at)]);
      await assertInvalidCiphertext(kms.decrypt({ CiphertextBlob: mixed }));
    }
    const underOtherKey = Buffer.concat([other.subarray(0, 50), one.subarray(50)]);
    await assertInvalidCiphertext(kms.decrypt({ CiphertextBlob: underOtherKey }));
  });

  it('is refused as the source of ReEncrypt', async () => {
    const ciphertext = await encrypt(kms, key.keyId, 'x');
    const DestinationKeyId = otherKey.keyId;
    const CiphertextBlob = alter(ciphertext, ciphertext.length - 1, 1);
    await assertInvalidCiphertext(kms.reEncrypt({ CiphertextBlob, DestinationKeyId }));
    await assertRefused(
      kms.reEncrypt({ CiphertextBlob: alter(ciphertext, 5, 1), DestinationKeyId }),
      'AccessDeniedException',
      notAllowed('kms:ReEncryptFrom'),
    );
  });
});

describe('what was never a ciphertext', () => {
  it('is refused', async () => {
    for (const blob of ['x', 'AQICAHh0ZXN0', '\0'.repeat(200), '\x01'.repeat(49), 'ÿ'.repeat(300)]) {
      await assertInvalidCiphertext(kms.decrypt({ CiphertextBlob: Buffer.from(blob, 'latin1') }));
    }
  });
});

describe('a ciphertext from elsewhere', () => {
  it('of another Region is refused like one of a key that is not here', async () => {
    const there = server.client({ region: 'eu-west-1' });
    const CiphertextBlob = await encrypt(there, (await createKey(there)).keyId);
    await assertRefused(kms.decrypt({ CiphertextBlob }), 'AccessDeniedException', notAllowed('kms:Decrypt'));
  });

  it('of another deployment is refused in the same words', async () => {
    const other = await startTestServer();
    try {
      const there = other.client();
      const CiphertextBlob = await encrypt(there, (await createKey(there)).keyId);
      await assertRefused(
        kms.decrypt({ CiphertextBlob }),
        'AccessDeniedException',
        notAllowed('kms:Decrypt'),
      );
    } finally {
      await other.close();
    }
  });

  it('of another account is refused in the same words', async () => {
    const CiphertextBlob = await encrypt(kms, key.keyId, 'secret');
    const other = server.client({ account: OTHER_ACCOUNT });
    await assertRefused(
      other.decrypt({ CiphertextBlob }),
      'AccessDeniedException',
      notAllowed('kms:Decrypt', OTHER_ACCOUNT),
    );
    const { keyId: DestinationKeyId } = await createKey(other);
    await assertRefused(
      other.reEncrypt({ CiphertextBlob, DestinationKeyId }),
      'AccessDeniedException',
      notAllowed('kms:ReEncryptFrom', OTHER_ACCOUNT),
    );
  });
});

describe('the encryption algorithm', () => {
  it('may be spelled out', async () => {
    const EncryptionAlgorithm = 'SYMMETRIC_DEFAULT';
    const { CiphertextBlob } = await kms.encrypt({
      KeyId: key.keyId,
      Plaintext: Buffer.of(1),
      EncryptionAlgorithm,
    });
    await kms.decrypt({ CiphertextBlob, EncryptionAlgorithm });
    await kms.reEncrypt({
      CiphertextBlob,
      DestinationKeyId: key.keyId,
      SourceEncryptionAlgorithm: EncryptionAlgorithm,
      DestinationEncryptionAlgorithm: EncryptionAlgorithm,
    });
  });

  it('has to go with the key', async () => {
    const CiphertextBlob = await encrypt(kms, key.keyId, 'secret');
    const { keyId: KeyId } = key;
    for (const algorithm of ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'SM2PKE'] as const) {
      const DestinationKeyId = KeyId;
      const calls = [
        kms.encrypt({ KeyId, Plaintext: Buffer.of(1), EncryptionAlgorithm: algorithm }),
        kms.decrypt({ CiphertextBlob, EncryptionAlgorithm: algorithm }),
        kms.decrypt({ KeyId, CiphertextBlob, EncryptionAlgorithm: algorithm }),
        kms.reEncrypt({ CiphertextBlob, DestinationKeyId, SourceEncryptionAlgorithm: algorithm }),
        kms.reEncrypt({ CiphertextBlob, DestinationKeyId, DestinationEncryptionAlgorithm: algorithm }),
      ];
      const message = `Algorithm ${algorithm} is incompatible with key spec SYMMETRIC_DEFAULT.`;
      await Promise.all(calls.map((call) => assertRefused(call, 'InvalidKeyUsageException', message)));
    }
  });
});

describe('ReEncrypt', () => {
  it('moves a ciphertext to another key and context, and says which keys and materials it used', async () => {
    const ciphertext = await encrypt(kms, key.keyId, 'secret', { old: 'context' });
    const { $metadata, CiphertextBlob, ...answer } = await kms.reEncrypt({
      CiphertextBlob: ciphertext,
      SourceEncryptionContext: { old: 'context' },
      DestinationKeyId: otherKey.keyId,
      DestinationEncryptionContext: { new: 'context' },
    });
    assert.deepEqual(answer, {
      SourceKeyId: key.arn,
      KeyId: otherKey.arn,
      SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      SourceKeyMaterialId: await currentMaterialOf(kms, key.keyId),
      DestinationKeyMaterialId: await currentMaterialOf(kms, otherKey.keyId),
    });
    await assertDecrypts(kms, CiphertextBlob, 'secret', { new: 'context' });
    await assertRefused(
      kms.decrypt({ KeyId: key.keyId, CiphertextBlob, EncryptionContext: { new: 'context' } }),
      'IncorrectKeyException',
    );
  });

  it('may use the same key again', async () => {
    const ciphertext = await encrypt(kms, key.keyId, 'secret');
    const { CiphertextBlob } = await kms.reEncrypt({
      CiphertextBlob: ciphertext,
      DestinationKeyId: aliasName,
    });
    assert.notDeepEqual(CiphertextBlob, ciphertext);
    await assertDecrypts(kms, CiphertextBlob, 'secret');
  });

  it('moves 4,096 bytes', async () => {
    const plaintext = Buffer.alloc(4096, 7);
    const ciphertext = await encrypt(kms, key.keyId, plaintext);
    const { CiphertextBlob } = await kms.reEncrypt({
      CiphertextBlob: ciphertext,
      DestinationKeyId: otherKey.keyId,
    });
    await assertDecrypts(kms, CiphertextBlob, plaintext);
  });

  it('takes the SourceKeyId in any form, but only of the key that encrypted', async () => {
    const CiphertextBlob = await encrypt(kms, key.keyId, 'secret');
    const DestinationKeyId = otherKey.keyId;
    for (const SourceKeyId of [key.keyId, key.arn, aliasName, aliasArn(aliasName)]) {
      await kms.reEncrypt({ CiphertextBlob, DestinationKeyId, SourceKeyId });
    }
    for (const SourceKeyId of [otherKey.keyId, otherKey.arn]) {
      await assertRefused(
        kms.reEncrypt({ CiphertextBlob, DestinationKeyId, SourceKeyId }),
        'IncorrectKeyException',
        INCORRECT_KEY,
      );
    }
  });

  it('refuses the wrong source context', async () => {
    const CiphertextBlob = await encrypt(kms, key.keyId, 'secret', { right: 'context' });
    for (const SourceEncryptionContext of [undefined, { wrong: 'context' }]) {
      await assertInvalidCiphertext(
        kms.reEncrypt({
          CiphertextBlob,
          SourceEncryptionContext,
          DestinationKeyId: otherKey.keyId,
          DestinationEncryptionContext: { right: 'context' },
        }),
      );
    }
  });

  it('refuses to do without a ciphertext or a destination', async () => {
    await assertRefused(
      kms.reEncrypt({ CiphertextBlob: undefined, DestinationKeyId: key.keyId }),
      'ValidationException',
      "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
    );
    await assertRefused(
      kms.reEncrypt({ CiphertextBlob: Buffer.of(1), DestinationKeyId: undefined }),
      'ValidationException',
      "1 validation error detected: Value null at 'destinationKeyId' failed to satisfy constraint: Member must not be null",
    );
  });
});

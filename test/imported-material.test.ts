import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { DAY } from './support/due-work.ts';
import { createImportedKey, getParameters, importMaterial, importWith } from './support/import.ts';
import { allow, deny, keyPolicy } from './support/key-policies.ts';
import { assertDecrypts, createKey, encrypt } from './support/keys.ts';
import { describeKey } from './support/multi-region.ts';
import { assertRefused } from './support/refusal.ts';
import { listMaterial } from './support/rotation.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let kms: KMS;
before(async () => {
  server = await startTestServer();
  kms = server.client();
});
after(() => server.close());

const HMAC = { Origin: 'EXTERNAL', KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' } as const;

async function stateOf(keyId: string): Promise<string | undefined> {
  return (await describeKey(kms, keyId)).KeyState;
}

const inDays = (days: number) => new Date(server.clock.now() + days * DAY);

describe('DeleteImportedKeyMaterial', () => {
  it('deletes the current material, without which the key cannot be used', async () => {
    const { keyId, arn, material, materialId } = await createImportedKey(kms);
    const ciphertext = await encrypt(kms, keyId, 'text');
    for (let times = 0; times < 2; times += 1) {
      const { $metadata, ...answer } = await kms.deleteImportedKeyMaterial({ KeyId: keyId });
      assert.deepEqual(answer, { KeyId: arn, KeyMaterialId: materialId });
      assert.equal(await stateOf(keyId), 'PendingImport');
    }
    const message = `${arn} is pending import.`;
    await assertRefused(encrypt(kms, keyId), 'KMSInvalidStateException', message);
    await assertRefused(kms.decrypt({ CiphertextBlob: ciphertext }), 'KMSInvalidStateException', message);
    assert.equal(await importMaterial(kms, keyId, material), materialId);
    await assertDecrypts(kms, ciphertext, 'text');
  });

  it('has no effect on a key that has never had any', async () => {
    const { keyId, arn } = await createKey(kms, { Origin: 'EXTERNAL' });
    const { $metadata, ...answer } = await kms.deleteImportedKeyMaterial({ KeyId: keyId });
    assert.deepEqual(answer, { KeyId: arn });
    assert.equal(await stateOf(keyId), 'PendingImport');
  });

  it('deletes older material, and material that waits for rotation, by its id', async () => {
    const { keyId, material, materialId } = await createImportedKey(kms);
    const [second, third] = [randomBytes(32), randomBytes(32)];
    const secondId = await importMaterial(kms, keyId, second, { ImportType: 'NEW_KEY_MATERIAL' });
    await kms.deleteImportedKeyMaterial({ KeyId: keyId, KeyMaterialId: secondId });
    assert.equal(await stateOf(keyId), 'Enabled');
    assert.equal((await listMaterial(kms, keyId)).length, 1);
    const thirdId = await importMaterial(kms, keyId, third, { ImportType: 'NEW_KEY_MATERIAL' });
    await kms.rotateKeyOnDemand({ KeyId: keyId });
    await kms.deleteImportedKeyMaterial({ KeyId: keyId, KeyMaterialId: materialId });
    assert.equal(await stateOf(keyId), 'PendingImport');
    await kms.deleteImportedKeyMaterial({ KeyId: keyId });
    const states = (await listMaterial(kms, keyId)).map((entry) => [entry.KeyMaterialId, entry.ImportState]);
    assert.deepEqual(states, [
      [materialId, 'PENDING_IMPORT'],
      [thirdId, 'PENDING_IMPORT'],
    ]);
    await importMaterial(kms, keyId, third);
    assert.equal(await stateOf(keyId), 'PendingImport', 'the older material is still missing');
    await importMaterial(kms, keyId, material);
    assert.equal(await stateOf(keyId), 'Enabled');
  });

  it('refuses the id of material that the key has never had', async () => {
    const { keyId, arn } = await createImportedKey(kms);
    const KeyMaterialId = '0'.repeat(64);
    await assertRefused(
      kms.deleteImportedKeyMaterial({ KeyId: keyId, KeyMaterialId }),
      'NotFoundException',
      `Key material (id: ${KeyMaterialId}) is not associated with KMS key ${arn}.`,
    );
    assert.equal(await stateOf(keyId), 'Enabled');
  });

  it('leaves the state of a key that waits for its deletion', async () => {
    const { keyId } = await createImportedKey(kms);
    await kms.scheduleKeyDeletion({ KeyId: keyId });
    await kms.deleteImportedKeyMaterial({ KeyId: keyId });
    assert.equal(await stateOf(keyId), 'PendingDeletion');
    await kms.cancelKeyDeletion({ KeyId: keyId });
    assert.equal(await stateOf(keyId), 'PendingImport');
  });
});

describe('importing again', () => {
  const incorrect = (call: Promise<unknown>) => assertRefused(call, 'IncorrectKeyMaterialException');

  it('takes only the same material, of all keys but symmetric ones, also after it was deleted', async () => {
    const { keyId } = await createKey(kms, HMAC);
    const material = randomBytes(32);
    const materialId = await importMaterial(kms, keyId, material);
    const parameters = await getParameters(kms, keyId);
    for (let times = 0; times < 2; times += 1) {
      await incorrect(importWith(kms, keyId, parameters, randomBytes(32)));
      assert.equal(await importWith(kms, keyId, parameters, material), materialId);
      await kms.deleteImportedKeyMaterial({ KeyId: keyId });
    }
    assert.equal(await stateOf(keyId), 'PendingImport');
  });

  it('takes only the same material of a symmetric key, unless new material is said to come', async () => {
    const { keyId, arn, material, materialId } = await createImportedKey(kms);
    const parameters = await getParameters(kms, keyId);
    await incorrect(importWith(kms, keyId, parameters, randomBytes(32)));
    await incorrect(
      importWith(kms, keyId, parameters, randomBytes(32), { ImportType: 'EXISTING_KEY_MATERIAL' }),
    );
    await assertRefused(
      importWith(kms, keyId, parameters, material, { ImportType: 'NEW_KEY_MATERIAL' }),
      'IncorrectKeyMaterialException',
      `The key material (id: ${materialId}) is already associated with KMS key ${arn}.`,
    );
    await importWith(kms, keyId, parameters, material, { KeyMaterialId: materialId });
    await assertRefused(
      importWith(kms, keyId, parameters, material, { KeyMaterialId: '0'.repeat(64) }),
      'IncorrectKeyMaterialException',
      `The id of the key material is ${materialId}, not ${'0'.repeat(64)}.`,
    );
  });

  it('gives other keys other ids for the same material', async () => {
    const { material, materialId } = await createImportedKey(kms);
    const { keyId } = await createKey(kms, { Origin: 'EXTERNAL' });
    assert.notEqual(await importMaterial(kms, keyId, material), materialId);
    const { keyId: first } = await createKey(kms, { Origin: 'EXTERNAL' });
    await incorrect(importMaterial(kms, first, material, { ImportType: 'EXISTING_KEY_MATERIAL' }));
  });

  it('leaves a disabled key disabled', async () => {
    const { keyId, material } = await createImportedKey(kms);
    await kms.disableKey({ KeyId: keyId });
    await importMaterial(kms, keyId, material, { ValidTo: inDays(1) });
    assert.equal(await stateOf(keyId), 'Disabled');
  });

  it('keeps the description of material unless there is a new one', async () => {
    const { keyId, material } = await createImportedKey(kms, { KeyMaterialDescription: 'from the vault' });
    const described = async () => (await listMaterial(kms, keyId))[0]?.KeyMaterialDescription;
    assert.equal(await described(), 'from the vault');
    await kms.deleteImportedKeyMaterial({ KeyId: keyId });
    await importMaterial(kms, keyId, material);
    assert.equal(await described(), 'from the vault');
    await importMaterial(kms, keyId, material, { KeyMaterialDescription: 'from the safe' });
    assert.equal(await described(), 'from the safe');
  });

  it('refuses what only symmetric encryption keys know, and what does not go together', async () => {
    const { keyId } = await createKey(kms, HMAC);
    const parameters = await getParameters(kms, keyId);
    for (const facts of [
      { ImportType: 'NEW_KEY_MATERIAL' },
      { KeyMaterialId: '0'.repeat(64) },
      { KeyMaterialDescription: 'mine' },
    ] as const) {
      const [member] = Object.keys(facts);
      await assertRefused(
        importWith(kms, keyId, parameters, randomBytes(32), facts),
        'ValidationException',
        `${member} is valid only for symmetric encryption KMS keys.`,
      );
    }
    const { keyId: symmetric, material, materialId } = await createImportedKey(kms);
    await assertRefused(
      importMaterial(kms, symmetric, material, {
        ImportType: 'NEW_KEY_MATERIAL',
        KeyMaterialId: materialId,
      }),
      'ValidationException',
      'KeyMaterialId cannot be specified when ImportType is NEW_KEY_MATERIAL.',
    );
  });
});

describe('further material of a symmetric encryption key', () => {
  it('waits for the rotation of the key, and then encrypts; what was encrypted before still decrypts', async () => {
    const { keyId, arn, materialId } = await createImportedKey(kms);
    const before = await encrypt(kms, keyId, 'before');
    const secondId = await importMaterial(kms, keyId, randomBytes(32), { ImportType: 'NEW_KEY_MATERIAL' });
    const states = async () =>
      (await listMaterial(kms, keyId)).map((entry) => [entry.KeyMaterialId, entry.KeyMaterialState]);
    assert.deepEqual(await states(), [
      [materialId, 'CURRENT'],
      [secondId, 'PENDING_ROTATION'],
    ]);
    assert.equal((await describeKey(kms, keyId)).CurrentKeyMaterialId, materialId);
    const third = randomBytes(32);
    await assertRefused(
      importMaterial(kms, keyId, third, { ImportType: 'NEW_KEY_MATERIAL' }),
      'KMSInvalidStateException',
      new RegExp(
        `^New key material \\(id: [0-9a-f]{64}\\) cannot be imported into KMS key ${arn}, because another key material \\(id: ${secondId}\\) is pending rotation\\.$`,
      ),
    );
    await kms.rotateKeyOnDemand({ KeyId: keyId });
    assert.deepEqual(await states(), [
      [materialId, 'NON_CURRENT'],
      [secondId, 'CURRENT'],
    ]);
    const after = await encrypt(kms, keyId, 'after');
    await assertDecrypts(kms, before, 'before');
    await assertDecrypts(kms, after, 'after');
    await importMaterial(kms, keyId, third, { ImportType: 'NEW_KEY_MATERIAL' });
  });
});

describe('key policies on imports', () => {
  it('can say how key material is wrapped', async () => {
    const { keyId } = await createKey(kms, {
      Origin: 'EXTERNAL',
      Policy: keyPolicy(
        allow(),
        deny({
          Principal: '*',
          Action: 'kms:GetParametersForImport',
          Condition: {
            StringNotEquals: {
              'kms:WrappingAlgorithm': 'RSAES_OAEP_SHA_256',
              'kms:WrappingKeySpec': 'RSA_2048',
            },
          },
        }),
      ),
    });
    await getParameters(kms, keyId);
    const call = kms.getParametersForImport({
      KeyId: keyId,
      WrappingAlgorithm: 'RSAES_OAEP_SHA_1',
      WrappingKeySpec: 'RSA_3072',
    });
    await assertRefused(call, 'AccessDeniedException');
  });

  it('can say whether and when key material expires', async () => {
    const limit = inDays(2);
    for (const Condition of [
      { NumericGreaterThan: { 'kms:ValidTo': String(Math.floor(limit.getTime() / 1000)) } },
      {
        DateGreaterThan: { 'kms:ValidTo': new Date(Math.floor(limit.getTime() / 1000) * 1000).toISOString() },
      },
      { StringEquals: { 'kms:ExpirationModel': 'KEY_MATERIAL_DOES_NOT_EXPIRE' } },
    ]) {
      const { keyId } = await createKey(kms, {
        Origin: 'EXTERNAL',
        Policy: keyPolicy(allow(), deny({ Principal: '*', Action: 'kms:ImportKeyMaterial', Condition })),
      });
      const material = randomBytes(32);
      const isOnModel = 'StringEquals' in Condition;
      const forbidden = isOnModel ? {} : { ValidTo: inDays(2.1) };
      await assertRefused(importMaterial(kms, keyId, material, forbidden), 'AccessDeniedException');
      await importMaterial(kms, keyId, material, { ValidTo: inDays(1) });
    }
  });
});

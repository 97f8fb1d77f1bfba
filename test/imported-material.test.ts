import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KeyMetadata, KMS, RotationsListEntry } from '@aws-sdk/client-kms';
import { DAY } from './support/due-work.ts';
import {
  AES_KEY_WRAP,
  createImportedKey,
  getParameters,
  importMaterial,
  importWith,
  NEVER_EXPIRES,
  wrapMaterial,
} from './support/import.ts';
import { openDatabase } from './support/inside.ts';
import { allow, deny, keyPolicy } from './support/key-policies.ts';
import { assertDecrypts, createKey, encrypt } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let dataDirectory: string;
let server: TestServer;
let kms: KMS;
before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-imported-material-'));
  server = await startTestServer({ dataDirectory });
  kms = server.client();
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

const HMAC = { Origin: 'EXTERNAL', KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' } as const;

async function metadataOf(KeyId: string): Promise<KeyMetadata> {
  const { KeyMetadata } = await kms.describeKey({ KeyId });
  assert.ok(KeyMetadata !== undefined);
  return KeyMetadata;
}

async function stateOf(keyId: string): Promise<string | undefined> {
  return (await metadataOf(keyId)).KeyState;
}

async function listMaterials(KeyId: string): Promise<readonly RotationsListEntry[]> {
  const { Rotations } = await kms.listKeyRotations({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' });
  return Rotations ?? [];
}

const inDays = (days: number) => new Date(server.clock.now() + days * DAY);

describe('the expiration of imported key material', () => {
  it('is part of the description of the key', async () => {
    const { keyId, material } = await createImportedKey(kms);
    assert.equal((await metadataOf(keyId)).ExpirationModel, 'KEY_MATERIAL_DOES_NOT_EXPIRE');
    assert.equal((await metadataOf(keyId)).ValidTo, undefined);
    const ValidTo = inDays(365);
    await importMaterial(kms, keyId, material, { ValidTo });
    assert.equal((await metadataOf(keyId)).ExpirationModel, 'KEY_MATERIAL_EXPIRES');
    assert.deepEqual((await metadataOf(keyId)).ValidTo, ValidTo);
    await importMaterial(kms, keyId, material);
    assert.equal((await metadataOf(keyId)).ExpirationModel, 'KEY_MATERIAL_DOES_NOT_EXPIRE');
  });

  it('must be said, and be in the future, but not further than a year', async () => {
    const { keyId, material } = await createImportedKey(kms);
    const parameters = await getParameters(kms, keyId);
    const importAs = (facts: object) =>
      kms.importKeyMaterial({
        KeyId: keyId,
        ImportToken: parameters.ImportToken,
        EncryptedKeyMaterial: wrapMaterial(parameters, material),
        ...facts,
      });
    const unsaid = 'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES';
    await assertRefused(importAs({}), 'ValidationException', unsaid);
    const expires = { ExpirationModel: 'KEY_MATERIAL_EXPIRES' };
    await assertRefused(importAs(expires), 'ValidationException', unsaid);
    await assertRefused(
      importAs({ ...NEVER_EXPIRES, ValidTo: inDays(1) }),
      'ValidationException',
      'A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE',
    );
    for (const ValidTo of [inDays(-1), inDays(0), new Date(inDays(365).getTime() + 1)])
      await assertRefused(
        importAs({ ValidTo }),
        'ValidationException',
        `ValidTo is ${ValidTo.toISOString()}; it must be in the future, and at most 365 days from now.`,
      );
    await importAs({ ...expires, ValidTo: inDays(365) });
  });

  it('ends the use of the key at that very moment, before anything is deleted', async () => {
    const { keyId, arn, material, materialId } = await createImportedKey(kms, { ValidTo: inDays(1) });
    const { keyId: hmacKeyId, arn: hmacArn } = await createKey(kms, HMAC);
    await importMaterial(kms, hmacKeyId, randomBytes(32), { ValidTo: inDays(1) });
    const ciphertext = await encrypt(kms, keyId, 'text');
    const mac = () =>
      kms.generateMac({ KeyId: hmacKeyId, Message: Buffer.of(1), MacAlgorithm: 'HMAC_SHA_256' });
    server.clock.advance(DAY - 1);
    await assertDecrypts(kms, ciphertext, 'text');
    await mac();
    server.clock.advance(1);
    // All of these are on their way before the scheduler has a chance.
    await Promise.all([
      assertRefused(encrypt(kms, keyId), 'KMSInvalidStateException', `${arn} is pending import.`),
      assertRefused(
        kms.decrypt({ CiphertextBlob: ciphertext }),
        'KMSInvalidStateException',
        `${arn} is pending import.`,
      ),
      assertRefused(mac(), 'KMSInvalidStateException', `${hmacArn} is pending import.`),
      assertRefused(kms.enableKey({ KeyId: keyId }), 'KMSInvalidStateException', `${arn} is pending import.`),
    ]);
    const { KeyState, Enabled, ExpirationModel, ValidTo } = await metadataOf(keyId);
    assert.deepEqual(
      { KeyState, Enabled, ExpirationModel, ValidTo },
      { KeyState: 'PendingImport', Enabled: false, ExpirationModel: undefined, ValidTo: undefined },
    );
    assert.equal(await importMaterial(kms, keyId, material), materialId);
    await assertDecrypts(kms, ciphertext, 'text');
  });

  it('of several materials is the first one of those that the key has worked with', async () => {
    const { keyId, material } = await createImportedKey(kms, { ValidTo: inDays(20) });
    const second = randomBytes(32);
    const facts = { ImportType: 'NEW_KEY_MATERIAL' } as const;
    await importMaterial(kms, keyId, second, { ...facts, ValidTo: inDays(10) });
    assert.deepEqual((await metadataOf(keyId)).ValidTo, inDays(20));
    await kms.rotateKeyOnDemand({ KeyId: keyId });
    assert.deepEqual((await metadataOf(keyId)).ValidTo, inDays(10));
    const ciphertext = await encrypt(kms, keyId, 'text');
    server.clock.advance(10 * DAY);
    assert.equal(await stateOf(keyId), 'PendingImport');
    await importMaterial(kms, keyId, second);
    assert.deepEqual((await metadataOf(keyId)).ValidTo, inDays(10));
    await assertDecrypts(kms, ciphertext, 'text');
    await importMaterial(kms, keyId, material);
  });

  it('takes material that waits for rotation away from under nobody', async () => {
    const { keyId } = await createImportedKey(kms);
    await importMaterial(kms, keyId, randomBytes(32), {
      ImportType: 'NEW_KEY_MATERIAL',
      ValidTo: inDays(1),
    });
    server.clock.advance(DAY);
    assert.equal(await stateOf(keyId), 'Enabled');
    await encrypt(kms, keyId);
    await assertRefused(kms.rotateKeyOnDemand({ KeyId: keyId }), 'KMSInvalidStateException');
    await importMaterial(kms, keyId, randomBytes(32), { ImportType: 'NEW_KEY_MATERIAL' });
    await kms.rotateKeyOnDemand({ KeyId: keyId });
  });

  it('leaves a key that waits for its deletion in that state, and one that is kept without material', async () => {
    const { keyId } = await createImportedKey(kms, { ValidTo: inDays(1) });
    await kms.scheduleKeyDeletion({ KeyId: keyId });
    server.clock.advance(DAY);
    assert.equal(await stateOf(keyId), 'PendingDeletion');
    await kms.cancelKeyDeletion({ KeyId: keyId });
    assert.equal(await stateOf(keyId), 'PendingImport');
  });
});

describe('material that is not to be there any more', () => {
  function wrappedOf(keyId: string): Buffer | undefined {
    using database = openDatabase(dataDirectory);
    const query = 'select wrapped_key_material as wrapped from key_materials where key_id = ?';
    const wrapped = database.prepare(query).get(keyId)?.['wrapped'];
    return wrapped instanceof Uint8Array ? Buffer.from(wrapped) : undefined;
  }

  async function isInFiles(bytes: Buffer): Promise<boolean> {
    const names = await readdir(dataDirectory);
    const files = await Promise.all(names.map((name) => readFile(join(dataDirectory, name))));
    return files.some((file) => file.includes(bytes));
  }

  /** Has the scheduler work, without sleeping, until some material is in no file. */
  async function untilForgotten(keyId: string, wrapped: Buffer): Promise<void> {
    for (let looks = 0; looks < 1000; looks += 1) {
      if (wrappedOf(keyId) === undefined && !(await isInFiles(wrapped))) return;
      server.clock.advance(1_000);
      await kms.listKeys({ Limit: 1 });
    }
    assert.fail('the material is still there');
  }

  it('is gone from the files when it has expired, and the key can be used again once it is imported again', async () => {
    const { keyId, material, materialId } = await createImportedKey(kms, { ValidTo: inDays(1) });
    const ciphertext = await encrypt(kms, keyId, 'text');
    const wrapped = wrappedOf(keyId) ?? Buffer.of();
    assert.ok(await isInFiles(wrapped));
    server.clock.advance(DAY);
    await untilForgotten(keyId, wrapped);
    const [entry] = await listMaterials(keyId);
    assert.equal(entry?.KeyMaterialId, materialId);
    assert.equal(entry?.ImportState, 'PENDING_IMPORT');
    await importMaterial(kms, keyId, material);
    await assertDecrypts(kms, ciphertext, 'text');
  });

  it('is gone from the files as soon as it was deleted', async () => {
    const { keyId } = await createImportedKey(kms);
    const wrapped = wrappedOf(keyId) ?? Buffer.of();
    await kms.deleteImportedKeyMaterial({ KeyId: keyId });
    assert.equal(wrappedOf(keyId), undefined);
    assert.equal(await isInFiles(wrapped), false);
  });

  it('is gone from the files soon after it was deleted while somebody was reading', async () => {
    const { keyId } = await createImportedKey(kms);
    const wrapped = wrappedOf(keyId) ?? Buffer.of();
    {
      using reader = openDatabase(dataDirectory);
      reader.exec('begin; select * from keys');
      await kms.deleteImportedKeyMaterial({ KeyId: keyId });
      assert.ok(await isInFiles(wrapped), 'a reader holds on to the material');
    }
    await untilForgotten(keyId, wrapped);
  });
});

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
    assert.equal((await listMaterials(keyId)).length, 1);
    const thirdId = await importMaterial(kms, keyId, third, { ImportType: 'NEW_KEY_MATERIAL' });
    await kms.rotateKeyOnDemand({ KeyId: keyId });
    await kms.deleteImportedKeyMaterial({ KeyId: keyId, KeyMaterialId: materialId });
    assert.equal(await stateOf(keyId), 'PendingImport');
    await kms.deleteImportedKeyMaterial({ KeyId: keyId });
    const states = (await listMaterials(keyId)).map((entry) => [entry.KeyMaterialId, entry.ImportState]);
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
    const described = async () => (await listMaterials(keyId))[0]?.KeyMaterialDescription;
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
      (await listMaterials(keyId)).map((entry) => [entry.KeyMaterialId, entry.KeyMaterialState]);
    assert.deepEqual(await states(), [
      [materialId, 'CURRENT'],
      [secondId, 'PENDING_ROTATION'],
    ]);
    assert.equal((await metadataOf(keyId)).CurrentKeyMaterialId, materialId);
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

it('imported private keys expire like other material', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { keyId, arn } = await createKey(kms, {
    Origin: 'EXTERNAL',
    KeySpec: 'ECC_NIST_P256',
    KeyUsage: 'SIGN_VERIFY',
  });
  const material = privateKey.export({ type: 'pkcs8', format: 'der' });
  await importMaterial(kms, keyId, material, { ValidTo: inDays(1) }, AES_KEY_WRAP);
  await kms.getPublicKey({ KeyId: keyId });
  server.clock.advance(DAY);
  await assertRefused(
    kms.getPublicKey({ KeyId: keyId }),
    'KMSInvalidStateException',
    `${arn} is pending import.`,
  );
});

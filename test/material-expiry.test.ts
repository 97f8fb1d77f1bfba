import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KMS } from '@aws-sdk/client-kms';
import { DAY } from './support/due-work.ts';
import { SKIP_UNLESS_SQLITE } from './support/engine.ts';
import {
  AES_KEY_WRAP,
  createImportedKey,
  getParameters,
  importMaterial,
  NEVER_EXPIRES,
  wrapMaterial,
} from './support/import.ts';
import { openDatabase, tamper } from './support/inside.ts';
import { assertDecrypts, createKey, encrypt } from './support/keys.ts';
import { describeKey } from './support/multi-region.ts';
import { assertRefused } from './support/refusal.ts';
import { listMaterial } from './support/rotation.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let dataDirectory: string;
let server: TestServer;
let kms: KMS;
before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-material-expiry-'));
  server = await startTestServer({ dataDirectory });
  kms = server.client();
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

const HMAC = { Origin: 'EXTERNAL', KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' } as const;

async function stateOf(keyId: string): Promise<string | undefined> {
  return (await describeKey(kms, keyId)).KeyState;
}

const inDays = (days: number) => new Date(server.clock.now() + days * DAY);

describe('the expiration of imported key material', () => {
  it('is part of the description of the key', async () => {
    const { keyId, material } = await createImportedKey(kms);
    assert.equal((await describeKey(kms, keyId)).ExpirationModel, 'KEY_MATERIAL_DOES_NOT_EXPIRE');
    assert.equal((await describeKey(kms, keyId)).ValidTo, undefined);
    const ValidTo = inDays(365);
    await importMaterial(kms, keyId, material, { ValidTo });
    assert.equal((await describeKey(kms, keyId)).ExpirationModel, 'KEY_MATERIAL_EXPIRES');
    assert.deepEqual((await describeKey(kms, keyId)).ValidTo, ValidTo);
    await importMaterial(kms, keyId, material);
    assert.equal((await describeKey(kms, keyId)).ExpirationModel, 'KEY_MATERIAL_DOES_NOT_EXPIRE');
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
    const { KeyState, Enabled, ExpirationModel, ValidTo } = await describeKey(kms, keyId);
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
    assert.deepEqual((await describeKey(kms, keyId)).ValidTo, inDays(20));
    await kms.rotateKeyOnDemand({ KeyId: keyId });
    assert.deepEqual((await describeKey(kms, keyId)).ValidTo, inDays(10));
    const ciphertext = await encrypt(kms, keyId, 'text');
    server.clock.advance(10 * DAY);
    assert.equal(await stateOf(keyId), 'PendingImport');
    await importMaterial(kms, keyId, second);
    assert.deepEqual((await describeKey(kms, keyId)).ValidTo, inDays(10));
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

describe('material that is not to be there any more', { skip: SKIP_UNLESS_SQLITE }, () => {
  async function wrappedOf(keyId: string): Promise<Buffer | undefined> {
    const query = 'select wrapped_key_material as wrapped from key_materials where key_id = $1';
    const [row] = await tamper(dataDirectory, query, keyId);
    const wrapped = row?.['wrapped'];
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
      if ((await wrappedOf(keyId)) === undefined && !(await isInFiles(wrapped))) return;
      server.clock.advance(1_000);
      await kms.listKeys({ Limit: 1 });
    }
    assert.fail('the material is still there');
  }

  it('is gone from the files when it has expired, and the key can be used again once it is imported again', async () => {
    const { keyId, material, materialId } = await createImportedKey(kms, { ValidTo: inDays(1) });
    const ciphertext = await encrypt(kms, keyId, 'text');
    const wrapped = (await wrappedOf(keyId)) ?? Buffer.of();
    assert.ok(await isInFiles(wrapped));
    server.clock.advance(DAY);
    await untilForgotten(keyId, wrapped);
    const [entry] = await listMaterial(kms, keyId);
    assert.equal(entry?.KeyMaterialId, materialId);
    assert.equal(entry?.ImportState, 'PENDING_IMPORT');
    await importMaterial(kms, keyId, material);
    await assertDecrypts(kms, ciphertext, 'text');
  });

  it('is gone from the files as soon as it was deleted', async () => {
    const { keyId } = await createImportedKey(kms);
    const wrapped = (await wrappedOf(keyId)) ?? Buffer.of();
    await kms.deleteImportedKeyMaterial({ KeyId: keyId });
    assert.equal(await wrappedOf(keyId), undefined);
    assert.equal(await isInFiles(wrapped), false);
  });

  it('is gone from the files soon after it was deleted while somebody was reading', async () => {
    const { keyId } = await createImportedKey(kms);
    const wrapped = (await wrappedOf(keyId)) ?? Buffer.of();
    {
      using reader = openDatabase(dataDirectory);
      reader.exec('begin; select * from keys');
      await kms.deleteImportedKeyMaterial({ KeyId: keyId });
      assert.ok(await isInFiles(wrapped), 'a reader holds on to the material');
    }
    await untilForgotten(keyId, wrapped);
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

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { ImportKeyMaterialCommandInput, KMS } from '@aws-sdk/client-kms';
import { DAY } from './support/due-work.ts';
import { importMaterial } from './support/import.ts';
import { assertDecrypts, createKey, currentMaterialOf, encrypt, type NewKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { listMaterial, rotationStatus, untilRotated } from './support/rotation.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const MINUTE = 60_000;

let server: TestServer;
let kms: KMS;
let key: NewKey;
let KeyId: string;

before(async () => {
  server = await startTestServer();
  kms = server.client();
});
after(() => server.close());
beforeEach(async () => {
  key = await createKey(kms);
  KeyId = key.keyId;
});

function now(): Date {
  return new Date(server.clock.now());
}

describe('RotateKeyOnDemand', () => {
  it('gives the key new material, which encrypts from then on', async () => {
    const first = await currentMaterialOf(kms, KeyId);
    const before = await encrypt(kms, KeyId, 'before');
    const { $metadata, ...answer } = await kms.rotateKeyOnDemand({ KeyId });
    assert.deepEqual(answer, { KeyId: key.arn });
    const second = await currentMaterialOf(kms, KeyId);
    assert.match(second ?? '', /^[0-9a-f]{64}$/);
    assert.notEqual(second, first);
    const after = await encrypt(kms, KeyId, 'after');
    for (const [CiphertextBlob, text, material] of [
      [before, 'before', first],
      [after, 'after', second],
    ] as const) {
      const { Plaintext, KeyMaterialId } = await kms.decrypt({ CiphertextBlob });
      assert.equal(Buffer.from(Plaintext ?? []).toString(), text);
      assert.equal(KeyMaterialId, material);
    }
    assert.equal((await kms.generateDataKey({ KeyId, NumberOfBytes: 16 })).KeyMaterialId, second);
  });

  it('is done when it answers', async () => {
    await kms.rotateKeyOnDemand({ KeyId });
    assert.deepEqual(await rotationStatus(kms, KeyId), { KeyRotationEnabled: false, KeyId: key.arn });
    const { Rotations = [] } = await kms.listKeyRotations({ KeyId });
    assert.deepEqual(
      Rotations.map(({ RotationDate }) => RotationDate),
      [now()],
    );
  });

  it('leaves automatic rotation as it is', async () => {
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
    const status = await rotationStatus(kms, KeyId);
    server.clock.advance(80 * DAY);
    await kms.rotateKeyOnDemand({ KeyId });
    assert.deepEqual(await rotationStatus(kms, KeyId), status);
    await untilRotated(server, kms, KeyId, status.NextRotationDate ?? now());
    assert.deepEqual(
      (await listMaterial(kms, KeyId)).map(({ RotationType }) => RotationType),
      [undefined, 'ON_DEMAND', 'AUTOMATIC'],
    );
  });

  it('rotates a key 25 times, automatic rotations not counted', async () => {
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
    const { NextRotationDate = now() } = await rotationStatus(kms, KeyId);
    await untilRotated(server, kms, KeyId, NextRotationDate);
    const ciphertexts: Uint8Array[] = [];
    for (let rotations = 0; rotations < 25; rotations += 1) {
      ciphertexts.push(await encrypt(kms, KeyId, `after ${rotations}`));
      await kms.rotateKeyOnDemand({ KeyId });
    }
    const material = await currentMaterialOf(kms, KeyId);
    await assertRefused(
      kms.rotateKeyOnDemand({ KeyId }),
      'LimitExceededException',
      `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${key.arn}`,
    );
    assert.equal(await currentMaterialOf(kms, KeyId), material);
    for (const [rotations, ciphertext] of ciphertexts.entries())
      await assertDecrypts(kms, ciphertext, `after ${rotations}`);
  });

  it('is refused from 20 minutes before an automatic rotation on', async () => {
    const conflict = () =>
      assertRefused(
        kms.rotateKeyOnDemand({ KeyId }),
        'ConflictException',
        'An automatic rotation of this key is currently in progress or scheduled to begin within the next 20 minutes.',
      );
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
    server.clock.advance(90 * DAY - 20 * MINUTE - 1);
    await kms.rotateKeyOnDemand({ KeyId });
    server.clock.advance(1);
    await conflict();
    server.clock.advance(20 * MINUTE - 1);
    await conflict();
    const { NextRotationDate = now() } = await rotationStatus(kms, KeyId);
    await untilRotated(server, kms, KeyId, NextRotationDate);
    await kms.rotateKeyOnDemand({ KeyId });
  });

  it('rotates once for each of many calls at one moment', async () => {
    const calls = Array.from({ length: 10 }, () => kms.rotateKeyOnDemand({ KeyId }));
    await Promise.all(calls);
    const materials = await listMaterial(kms, KeyId);
    assert.equal(new Set(materials.map(({ KeyMaterialId }) => KeyMaterialId)).size, 11);
    assert.equal(materials.at(-1)?.KeyMaterialId, await currentMaterialOf(kms, KeyId));
  });

  it('is for symmetric encryption keys only, which is asked after the state', async () => {
    for (const request of [
      { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
      { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
      { KeySpec: 'HMAC_512', KeyUsage: 'GENERATE_VERIFY_MAC' },
    ] as const) {
      const { keyId, arn } = await createKey(kms, request);
      const { message } = await assertRefused(
        kms.rotateKeyOnDemand({ KeyId: keyId }),
        'UnsupportedOperationException',
      );
      assert.ok(['', 'UnknownError'].includes(message), message);
      await kms.disableKey({ KeyId: keyId });
      await assertRefused(
        kms.rotateKeyOnDemand({ KeyId: keyId }),
        'DisabledException',
        `${arn} is disabled.`,
      );
    }
  });

  it('is refused while imported material is missing, of whatever kind the key is', async () => {
    for (const request of [
      { Origin: 'EXTERNAL' },
      { Origin: 'EXTERNAL', KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
    ] as const) {
      const { keyId, arn } = await createKey(kms, request);
      await assertRefused(
        kms.rotateKeyOnDemand({ KeyId: keyId }),
        'KMSInvalidStateException',
        `${arn} is pending import.`,
      );
    }
  });
});

describe('RotateKeyOnDemand with imported material', () => {
  beforeEach(async () => {
    key = await createKey(kms, { Origin: 'EXTERNAL' });
    KeyId = key.keyId;
    await importMaterial(kms, KeyId, randomBytes(32));
  });

  it('makes the material current that was imported for it', async () => {
    const first = await currentMaterialOf(kms, KeyId);
    const before = await encrypt(kms, KeyId, 'before');
    const second = await importNewMaterial(randomBytes(32));
    assert.equal(await currentMaterialOf(kms, KeyId), first);
    const { $metadata, ...answer } = await kms.rotateKeyOnDemand({ KeyId });
    assert.deepEqual(answer, { KeyId: key.arn });
    assert.equal(await currentMaterialOf(kms, KeyId), second);
    await assertDecrypts(kms, before, 'before');
    const after = await encrypt(kms, KeyId, 'after');
    assert.equal((await kms.decrypt({ CiphertextBlob: after })).KeyMaterialId, second);
  });

  it('is refused when none was imported for it, or what was is deleted or expired', async () => {
    const refused = () =>
      assertRefused(
        kms.rotateKeyOnDemand({ KeyId }),
        'KMSInvalidStateException',
        `No available key material pending rotation for the key: ${key.arn}.`,
      );
    await refused();
    const KeyMaterialId = await importNewMaterial(randomBytes(32));
    await kms.deleteImportedKeyMaterial({ KeyId, KeyMaterialId });
    await refused();
    await importNewMaterial(randomBytes(32), { ValidTo: new Date(server.clock.now() + DAY) });
    server.clock.advance(DAY);
    await refused();
    await importNewMaterial(randomBytes(32));
    await kms.rotateKeyOnDemand({ KeyId });
    await refused();
  });

  it('needs all material from then on for the key to be enabled', async () => {
    const first = await currentMaterialOf(kms, KeyId);
    await importNewMaterial(randomBytes(32));
    await kms.rotateKeyOnDemand({ KeyId });
    const CiphertextBlob = await encrypt(kms, KeyId);
    await kms.deleteImportedKeyMaterial({ KeyId, KeyMaterialId: first });
    await assertRefused(
      kms.decrypt({ CiphertextBlob }),
      'KMSInvalidStateException',
      `${key.arn} is pending import.`,
    );
    await assertRefused(kms.rotateKeyOnDemand({ KeyId }), 'KMSInvalidStateException');
  });

  it('is listed with where each material stands', async () => {
    const ValidTo = new Date(server.clock.now() + 30 * DAY);
    const second = await importNewMaterial(randomBytes(32), { KeyMaterialDescription: 'the second' });
    await kms.rotateKeyOnDemand({ KeyId });
    const RotationDate = now();
    const third = await importNewMaterial(randomBytes(32), { ValidTo });
    const first = (await listMaterial(kms, KeyId))[0]?.KeyMaterialId;
    await kms.deleteImportedKeyMaterial({ KeyId, KeyMaterialId: first });
    const neverExpires = { ImportState: 'IMPORTED', ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' };
    const rotation = {
      KeyId: key.arn,
      KeyMaterialId: second,
      KeyMaterialDescription: 'the second',
      ...neverExpires,
      KeyMaterialState: 'CURRENT',
      RotationDate,
      RotationType: 'ON_DEMAND',
    };
    assert.deepEqual(await listMaterial(kms, KeyId), [
      {
        KeyId: key.arn,
        KeyMaterialId: first,
        ImportState: 'PENDING_IMPORT',
        KeyMaterialState: 'NON_CURRENT',
      },
      rotation,
      {
        KeyId: key.arn,
        KeyMaterialId: third,
        ImportState: 'IMPORTED',
        KeyMaterialState: 'PENDING_ROTATION',
        ExpirationModel: 'KEY_MATERIAL_EXPIRES',
        ValidTo,
      },
    ]);
    assert.deepEqual((await kms.listKeyRotations({ KeyId })).Rotations, [rotation]);
  });

  it('is done 25 times', async () => {
    for (let rotations = 0; rotations < 25; rotations += 1) {
      await importNewMaterial(randomBytes(32));
      await kms.rotateKeyOnDemand({ KeyId });
    }
    await importNewMaterial(randomBytes(32));
    await assertRefused(kms.rotateKeyOnDemand({ KeyId }), 'LimitExceededException');
  });

  function importNewMaterial(material: Uint8Array, facts: Partial<ImportKeyMaterialCommandInput> = {}) {
    return importMaterial(kms, KeyId, material, { ImportType: 'NEW_KEY_MATERIAL', ...facts });
  }
});

describe('ListKeyRotations', () => {
  it('lists nothing of a key that was never rotated, unless all material is asked for', async () => {
    const { Rotations, Truncated } = await kms.listKeyRotations({ KeyId });
    assert.deepEqual([Rotations, Truncated], [[], false]);
    assert.deepEqual(await listMaterial(kms, KeyId), [
      {
        KeyId: key.arn,
        KeyMaterialId: await currentMaterialOf(kms, KeyId),
        KeyMaterialState: 'CURRENT',
      },
    ]);
  });

  it('lists rotations, oldest first, with all that there is to say of them', async () => {
    await kms.rotateKeyOnDemand({ KeyId });
    const onDemand = { id: await currentMaterialOf(kms, KeyId), date: now() };
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
    await untilRotated(server, kms, KeyId, new Date(server.clock.now() + 90 * DAY));
    const expected = [
      {
        KeyId: key.arn,
        KeyMaterialId: onDemand.id,
        KeyMaterialState: 'NON_CURRENT',
        RotationDate: onDemand.date,
        RotationType: 'ON_DEMAND',
      },
      {
        KeyId: key.arn,
        KeyMaterialId: await currentMaterialOf(kms, KeyId),
        KeyMaterialState: 'CURRENT',
        RotationDate: (await listMaterial(kms, KeyId)).at(-1)?.RotationDate,
        RotationType: 'AUTOMATIC',
      },
    ];
    for (const IncludeKeyMaterial of [undefined, 'ROTATIONS_ONLY'] as const) {
      const { Rotations } = await kms.listKeyRotations({ KeyId, IncludeKeyMaterial });
      assert.deepEqual(Rotations, expected);
    }
    const [first, ...rotations] = await listMaterial(kms, KeyId);
    assert.deepEqual(rotations, expected);
    assert.equal(first?.KeyMaterialState, 'NON_CURRENT');
    assert.deepEqual([first?.RotationDate, first?.RotationType], [undefined, undefined]);
  });

  it('lists rotations of one millisecond in their order', async () => {
    const made = [await currentMaterialOf(kms, KeyId)];
    for (let rotations = 0; rotations < 12; rotations += 1) {
      await kms.rotateKeyOnDemand({ KeyId });
      made.push(await currentMaterialOf(kms, KeyId));
    }
    const listed = await listMaterial(kms, KeyId);
    assert.deepEqual(
      listed.map(({ KeyMaterialId }) => KeyMaterialId),
      made,
    );
  });

  it('has a marker for each of the two listings', async () => {
    await kms.rotateKeyOnDemand({ KeyId });
    await kms.rotateKeyOnDemand({ KeyId });
    const all = await kms.listKeyRotations({ KeyId, Limit: 1, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' });
    const rotations = await kms.listKeyRotations({ KeyId, Limit: 1 });
    await assertRefused(kms.listKeyRotations({ KeyId, Marker: all.NextMarker }), 'InvalidMarkerException');
    await assertRefused(
      kms.listKeyRotations({
        KeyId,
        Marker: rotations.NextMarker,
        IncludeKeyMaterial: 'ALL_KEY_MATERIAL',
      }),
      'InvalidMarkerException',
    );
  });
});

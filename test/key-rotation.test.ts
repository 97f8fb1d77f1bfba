import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { CreateKeyCommandInput, KMS } from '@aws-sdk/client-kms';
import { DAY } from './support/due-work.ts';
import { assertDecrypts, createKey, currentMaterialOf, encrypt, type NewKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { listMaterial, rotationStatus, untilRotated } from './support/rotation.ts';
import { startTestServer, type TestServer } from './support/server.ts';

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

const OFF = { KeyRotationEnabled: false } as const;

function daysFromNow(days: number): Date {
  return new Date(server.clock.now() + days * DAY);
}

async function nextDate(): Promise<Date> {
  const { NextRotationDate } = await rotationStatus(kms, KeyId);
  assert.ok(NextRotationDate !== undefined);
  return NextRotationDate;
}

/** Has the scheduler rotate another key: it has seen by then whatever else is due. */
async function rotateAnother(date: Date): Promise<void> {
  const { keyId } = await createKey(kms);
  const days = Math.max(90, Math.ceil((date.getTime() - server.clock.now()) / DAY));
  await kms.enableKeyRotation({ KeyId: keyId, RotationPeriodInDays: days });
  const { NextRotationDate } = await rotationStatus(kms, keyId);
  await untilRotated(server, kms, keyId, NextRotationDate ?? date);
}

describe('EnableKeyRotation', () => {
  it('has a key rotated every 365 days by default', async () => {
    assert.deepEqual(await rotationStatus(kms, KeyId), { ...OFF, KeyId: key.arn });
    const { $metadata, ...answer } = await kms.enableKeyRotation({ KeyId });
    assert.deepEqual(answer, {});
    assert.deepEqual(await rotationStatus(kms, KeyId), {
      KeyRotationEnabled: true,
      KeyId: key.arn,
      RotationPeriodInDays: 365,
      NextRotationDate: daysFromNow(365),
    });
  });

  it('has it rotated every 90 to 2,560 days', async () => {
    for (const days of [90, 91, 2559, 2560]) {
      const { keyId } = await createKey(kms);
      await kms.enableKeyRotation({ KeyId: keyId, RotationPeriodInDays: days });
      const status = await rotationStatus(kms, keyId);
      assert.equal(status.RotationPeriodInDays, days);
      assert.deepEqual(status.NextRotationDate, daysFromNow(days));
    }
  });

  it('refuses any other period', async () => {
    for (const [days, bound] of [
      [89, 'greater than or equal to 90'],
      [-1, 'greater than or equal to 90'],
      [2561, 'less than or equal to 2560'],
    ] as const) {
      await assertRefused(
        kms.enableKeyRotation({ KeyId, RotationPeriodInDays: days }),
        'ValidationException',
        `1 validation error detected: Value '${days}' at 'rotationPeriodInDays' failed to satisfy constraint: Member must have value ${bound}`,
      );
    }
    assert.equal((await rotationStatus(kms, KeyId)).KeyRotationEnabled, false);
  });

  it('begins a new period when it changes the period', async () => {
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 180 });
    server.clock.advance(100 * DAY);
    for (const days of [90, 365]) {
      await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: days });
      const status = await rotationStatus(kms, KeyId);
      assert.equal(status.RotationPeriodInDays, days);
      assert.deepEqual(status.NextRotationDate, daysFromNow(days));
    }
  });

  it('does not put the next rotation off when it changes nothing', async () => {
    await kms.enableKeyRotation({ KeyId });
    const date = await nextDate();
    server.clock.advance(100 * DAY);
    await kms.enableKeyRotation({ KeyId });
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 365 });
    assert.deepEqual(await nextDate(), date);
  });
});

describe('DisableKeyRotation', () => {
  it('ends automatic rotation, also when there is none', async () => {
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
    const due = await nextDate();
    for (let time = 0; time < 2; time += 1) {
      const { $metadata, ...answer } = await kms.disableKeyRotation({ KeyId });
      assert.deepEqual(answer, {});
      assert.deepEqual(await rotationStatus(kms, KeyId), { ...OFF, KeyId: key.arn });
    }
    await rotateAnother(due);
    assert.equal((await listMaterial(kms, KeyId)).length, 1);
  });

  it('is followed by a whole period when rotation is enabled again', async () => {
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
    server.clock.advance(80 * DAY);
    await kms.disableKeyRotation({ KeyId });
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
    assert.deepEqual(await nextDate(), daysFromNow(90));
  });
});

describe('automatic rotation', () => {
  it('gives the key other material at the date, not before, and again a period later', async () => {
    const { keyId: earlier } = await createKey(kms);
    await kms.enableKeyRotation({ KeyId: earlier, RotationPeriodInDays: 120 });
    server.clock.advance(60_000);
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 120 });
    const materials = [await currentMaterialOf(kms, KeyId)];
    for (let time = 0; time < 3; time += 1) {
      const { NextRotationDate } = await rotationStatus(kms, earlier);
      await untilRotated(server, kms, earlier, NextRotationDate ?? daysFromNow(120));
      assert.equal(await currentMaterialOf(kms, KeyId), materials.at(-1));
      const due = await nextDate();
      await untilRotated(server, kms, KeyId, due);
      const rotation = (await listMaterial(kms, KeyId)).at(-1);
      materials.push(rotation?.KeyMaterialId);
      assert.equal(rotation?.RotationType, 'AUTOMATIC');
      const rotated = rotation?.RotationDate?.getTime() ?? 0;
      assert.ok(rotated >= due.getTime() && rotated <= server.clock.now());
      assert.deepEqual(await nextDate(), new Date(rotated + 120 * DAY));
    }
    assert.equal(new Set(materials).size, 4);
  });

  it('leaves what was encrypted before decryptable, and encrypts with the new material', async () => {
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
    const made: { material: string | undefined; CiphertextBlob: Uint8Array | undefined }[] = [];
    for (let time = 0; time < 4; time += 1) {
      const material = await currentMaterialOf(kms, KeyId);
      made.push({ material, CiphertextBlob: await encrypt(kms, KeyId, 'secret', { time: String(time) }) });
      const dataKey = await kms.generateDataKey({ KeyId, KeySpec: 'AES_256' });
      assert.equal(dataKey.KeyMaterialId, material);
      await untilRotated(server, kms, KeyId, await nextDate());
    }
    for (const [time, { material, CiphertextBlob }] of made.entries()) {
      const EncryptionContext = { time: String(time) };
      const opened = await kms.decrypt({ CiphertextBlob, EncryptionContext });
      assert.equal(Buffer.from(opened.Plaintext ?? []).toString(), 'secret');
      assert.equal(opened.KeyMaterialId, material);
      const again = await kms.reEncrypt({
        CiphertextBlob,
        SourceEncryptionContext: EncryptionContext,
        DestinationKeyId: KeyId,
      });
      assert.equal(again.SourceKeyMaterialId, material);
      assert.equal(again.DestinationKeyMaterialId, await currentMaterialOf(kms, KeyId));
      await assertDecrypts(kms, again.CiphertextBlob, 'secret');
    }
  });

  it('changes nothing else of the key', async () => {
    const { KeyMetadata: created } = await kms.createKey({ Description: 'orders' });
    const keyId = created?.KeyId ?? '';
    await kms.enableKeyRotation({ KeyId: keyId, RotationPeriodInDays: 90 });
    await untilRotated(server, kms, keyId, daysFromNow(90));
    const { KeyMetadata } = await kms.describeKey({ KeyId: keyId });
    const { CurrentKeyMaterialId } = KeyMetadata ?? {};
    assert.deepEqual(KeyMetadata, { ...created, CurrentKeyMaterialId });
  });

  it('is done once when it was missed for years', async () => {
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
    await untilRotated(server, kms, KeyId, daysFromNow(3650));
    const materials = await listMaterial(kms, KeyId);
    assert.equal(materials.length, 2);
    const rotated = materials[1]?.RotationDate?.getTime() ?? 0;
    assert.deepEqual(await nextDate(), new Date(rotated + 90 * DAY));
  });
});

describe('automatic rotation of a key that is not enabled', () => {
  it('waits while the key is disabled, and is done as the key is enabled again', async () => {
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
    const due = await nextDate();
    const material = await currentMaterialOf(kms, KeyId);
    await kms.disableKey({ KeyId });
    await rotateAnother(new Date(due.getTime() + DAY));
    assert.equal(await currentMaterialOf(kms, KeyId), material);
    assert.deepEqual(await rotationStatus(kms, KeyId), {
      KeyRotationEnabled: true,
      KeyId: key.arn,
      RotationPeriodInDays: 90,
      NextRotationDate: due,
    });

    await kms.enableKey({ KeyId });
    const rotated = server.clock.now();
    const [, rotation] = await listMaterial(kms, KeyId);
    assert.equal(rotation?.KeyMaterialId, await currentMaterialOf(kms, KeyId));
    assert.notEqual(rotation?.KeyMaterialId, material);
    assert.equal(rotation?.RotationType, 'AUTOMATIC');
    assert.deepEqual(rotation?.RotationDate, new Date(rotated));
    assert.deepEqual(await nextDate(), new Date(rotated + 90 * DAY));
  });

  it('keeps its date when the key is enabled again before', async () => {
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
    const due = await nextDate();
    await kms.disableKey({ KeyId });
    server.clock.advance(90 * DAY - 1);
    await kms.enableKey({ KeyId });
    assert.equal((await listMaterial(kms, KeyId)).length, 1);
    assert.deepEqual(await nextDate(), due);
  });

  it('is not enabled while the key waits for its deletion, and is restored when that is cancelled', async () => {
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
    const due = await nextDate();
    server.clock.advance(80 * DAY);
    await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 30 });
    assert.deepEqual(await rotationStatus(kms, KeyId), { ...OFF, KeyId: key.arn });
    server.clock.advance(20 * DAY);
    await kms.cancelKeyDeletion({ KeyId });
    assert.deepEqual(await nextDate(), due);
    assert.equal((await listMaterial(kms, KeyId)).length, 1);
    await kms.enableKey({ KeyId });
    assert.equal((await listMaterial(kms, KeyId)).length, 2);
  });
});

describe('keys that are not rotated automatically', () => {
  const KINDS: readonly [string, CreateKeyCommandInput, string | undefined][] = [
    ['an RSA key', { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' }, undefined],
    ['an elliptic curve key', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }, undefined],
    ['an HMAC key', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }, undefined],
    ['a key with imported material', { Origin: 'EXTERNAL' }, 'EXTERNAL'],
  ];
  for (const [title, request, origin] of KINDS) {
    it(`${title}, whatever its state`, async () => {
      const { keyId, arn } = await createKey(kms, request);
      const refused = async (call: Promise<unknown>) => {
        const { message } = await assertRefused(call, 'UnsupportedOperationException');
        if (origin === undefined) assert.ok(['', 'UnknownError'].includes(message), message);
        else assert.equal(message, `${arn} origin is ${origin} which is not valid for this operation.`);
      };
      const isDisabled = request.Origin === undefined;
      for (let time = 0; time < 2; time += 1) {
        await refused(kms.enableKeyRotation({ KeyId: keyId }));
        await refused(kms.disableKeyRotation({ KeyId: keyId }));
        if (isDisabled) await kms.disableKey({ KeyId: keyId });
      }
      await kms.scheduleKeyDeletion({ KeyId: keyId });
      await refused(kms.enableKeyRotation({ KeyId: keyId }));
    });
  }

  it('have no status and no rotations, unless their material is imported', async () => {
    for (const [, request, origin] of KINDS) {
      const { keyId, arn } = await createKey(kms, request);
      if (origin === 'EXTERNAL') {
        assert.deepEqual(await rotationStatus(kms, keyId), { ...OFF, KeyId: arn });
        assert.deepEqual(await listMaterial(kms, keyId), []);
      } else {
        await assertRefused(kms.getKeyRotationStatus({ KeyId: keyId }), 'UnsupportedOperationException');
        await assertRefused(kms.listKeyRotations({ KeyId: keyId }), 'UnsupportedOperationException');
      }
    }
  });
});

it('several processes rotate a key that is due once', async (test) => {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-key-rotation-'));
  const servers = [await startTestServer({ dataDirectory }), await startTestServer({ dataDirectory })];
  test.after(async () => {
    for (const server of servers) await server.close();
    await rm(dataDirectory, { recursive: true });
  });
  const [one] = servers.map((server) => server.client());
  assert.ok(one !== undefined);
  const keyIds: string[] = [];
  for (let keys = 0; keys < 20; keys += 1) {
    const { keyId } = await createKey(one);
    keyIds.push(keyId);
    await one.enableKeyRotation({ KeyId: keyId });
  }
  for (const { clock } of servers) clock.advance(365 * DAY);
  // Each process then has something later to do, by which it has been through all of these.
  for (const server of servers) {
    const kms = server.client();
    const { keyId } = await createKey(kms);
    await kms.enableKeyRotation({ KeyId: keyId, RotationPeriodInDays: 90 });
    await untilRotated(server, kms, keyId, new Date(server.clock.now() + 90 * DAY));
  }
  for (const keyId of keyIds) assert.equal((await listMaterial(one, keyId)).length, 2);
});

it('a key can be rotated so often that its rotations fill pages', async () => {
  await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
  const first = await encrypt(kms, KeyId, 'the first');
  for (let rotations = 0; rotations < 101; rotations += 1)
    await untilRotated(server, kms, KeyId, await nextDate());
  const { Rotations = [], NextMarker, Truncated } = await kms.listKeyRotations({ KeyId });
  assert.deepEqual([Rotations.length, Truncated], [100, true]);
  const rest = await kms.listKeyRotations({ KeyId, Marker: NextMarker });
  assert.deepEqual([rest.Rotations?.length, rest.Truncated], [1, false]);
  assert.equal(rest.Rotations?.[0]?.KeyMaterialState, 'CURRENT');
  await assertDecrypts(kms, first, 'the first');
});

import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { KeyMaterialState, KMS, RotationsListEntry } from '@aws-sdk/client-kms';
import { untilDestroyed } from './deletion.ts';
import { DAY, untilDone } from './due-work.ts';
import type { Ciphertext, KeyModel, Material } from './key-model.ts';
import { currentMaterialOf } from './keys.ts';
import { keyArnIn } from './multi-region.ts';
import { assertRefused } from './refusal.ts';
import { listMaterial, rotationStatus } from './rotation.ts';
import type { TestServer } from './server.ts';

/** A key whose life is compared to that of its model. */
export interface LivingKey {
  readonly server: TestServer;
  /** By Region. */
  readonly clients: ReadonlyMap<string, KMS>;
  readonly keyId: string;
}

export function kmsIn({ clients }: LivingKey, region: string): KMS {
  const kms = clients.get(region);
  assert.ok(kms !== undefined);
  return kms;
}

/** Has the model follow what has become due, once that is done. */
export async function followTime(model: KeyModel, key: LivingKey): Promise<void> {
  const { server, keyId } = key;
  const now = () => server.clock.now();
  let hasExpired = false;
  for (let due = model.due(now()); due !== undefined; due = model.due(now())) {
    const kms = kmsIn(key, due.region);
    if (due.work === 'deletion') {
      await untilDestroyed(server, kms, keyId);
      model.destroy(due.region);
      if (model.isPrimaryFree) await beginWaiting(model, key);
    } else if (due.work === 'expiry') {
      hasExpired = true;
      model.loseMaterial(due.region, due.id);
    } else {
      const { currentId } = model;
      await untilDone(server, async () => (await currentMaterialOf(kms, keyId)) !== currentId);
      const { KeyMaterialId = '', RotationDate } = (await listMaterial(kms, keyId)).at(-1) ?? {};
      const date = RotationDate?.getTime() ?? 0;
      assert.ok(date >= due.date && date <= now(), 'rotated when it was due');
      model.rotate(KeyMaterialId, 'AUTOMATIC', date);
    }
  }
  if (!hasExpired) return;
  for (const region of model.members.keys())
    await untilDone(server, async () =>
      isDeepStrictEqual(await listMaterial(kmsIn(key, region), keyId), materialIn(model, region, keyId)),
    );
  await followTime(model, key);
}

/** The waiting period of the primary key begins when its last replica is gone. */
async function beginWaiting(model: KeyModel, key: LivingKey): Promise<void> {
  const { primary, members } = model;
  const days = members.get(primary)?.windowInDays ?? 0;
  const { KeyMetadata } = await kmsIn(key, primary).describeKey({ KeyId: key.keyId });
  const deletionDate = KeyMetadata?.DeletionDate?.getTime() ?? 0;
  const latest = key.server.clock.now() + days * DAY;
  assert.ok(deletionDate <= latest && deletionDate > latest - DAY, 'waits for its own deletion');
  members.set(primary, { state: 'PendingDeletion', deletionDate });
}

/** Checks that the key is as the model says, in every Region. */
export async function assertAsModel(model: KeyModel, key: LivingKey): Promise<void> {
  for (const [region, kms] of key.clients) {
    if (model.members.has(region)) {
      await assertDescribed(model, region, kms, key.keyId);
      await assertOpens(model, region, kms);
    } else await assertRefused(kms.describeKey({ KeyId: key.keyId }), 'NotFoundException');
  }
}

async function assertDescribed(model: KeyModel, region: string, kms: KMS, KeyId: string): Promise<void> {
  const member = model.members.get(region);
  const [{ KeyMetadata }, status, listed] = await Promise.all([
    kms.describeKey({ KeyId }),
    rotationStatus(kms, KeyId),
    listMaterial(kms, KeyId),
  ]);
  assert.equal(KeyMetadata?.KeyState, member?.state);
  assert.equal(KeyMetadata?.Enabled, member?.state === 'Enabled');
  assert.equal(KeyMetadata?.DeletionDate?.getTime(), member?.deletionDate);
  assert.equal(KeyMetadata?.PendingDeletionWindowInDays, member?.windowInDays);
  assert.equal(KeyMetadata?.CurrentKeyMaterialId, model.currentId);
  const { MultiRegionConfiguration } = KeyMetadata ?? {};
  if (MultiRegionConfiguration !== undefined) {
    const { PrimaryKey, ReplicaKeys = [] } = MultiRegionConfiguration;
    assert.equal(PrimaryKey?.Region, model.primary);
    assert.deepEqual(
      ReplicaKeys.map(({ Region }) => Region),
      model.replicas,
    );
  }
  const rotation = member?.state.endsWith('Deletion') ? undefined : model.rotation;
  assert.deepEqual(
    [status.KeyRotationEnabled, status.RotationPeriodInDays, status.NextRotationDate?.getTime()],
    [rotation !== undefined, rotation?.periodInDays, rotation?.nextDate],
  );
  assert.deepEqual(listed, materialIn(model, region, KeyId));
}

/** What ListKeyRotations tells of all material in a Region. */
function materialIn(model: KeyModel, region: string, keyId: string): readonly RotationsListEntry[] {
  return model.materials.map((material) => ({
    KeyId: keyArnIn(region, keyId),
    ...describeMaterial(model, material, region),
  }));
}

function describeMaterial(model: KeyModel, material: Material, region: string): RotationsListEntry {
  const { id, rotation, imports } = material;
  return {
    KeyMaterialId: id,
    KeyMaterialState: materialState(model, material),
    ...(model.isImported && describeImport(imports.get(region))),
    ...(rotation && { RotationDate: new Date(rotation.date), RotationType: rotation.type }),
  };
}

function materialState(model: KeyModel, material: Material): KeyMaterialState {
  if (!material.pending) return material.id === model.currentId ? 'CURRENT' : 'NON_CURRENT';
  return model.isEverywhere(material) ? 'PENDING_ROTATION' : 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION';
}

function describeImport(imported: { readonly validTo: number | undefined } | undefined): RotationsListEntry {
  if (imported === undefined) return { ImportState: 'PENDING_IMPORT' };
  const { validTo } = imported;
  if (validTo === undefined)
    return { ImportState: 'IMPORTED', ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' };
  return {
    ImportState: 'IMPORTED',
    ExpirationModel: 'KEY_MATERIAL_EXPIRES',
    ValidTo: new Date(validTo),
  };
}

/** Checks that every ciphertext that the key ever made decrypts in a Region, if it is enabled there. */
async function assertOpens(model: KeyModel, region: string, kms: KMS): Promise<void> {
  const [code] = model.refusalsOfState(region, 'Enabled');
  async function assertOpened({ blob, plaintext, materialId }: Ciphertext): Promise<void> {
    const { Plaintext, KeyMaterialId } = await kms.decrypt({ CiphertextBlob: blob });
    assert.equal(Buffer.from(Plaintext ?? []).toString(), plaintext);
    assert.equal(KeyMaterialId, materialId);
  }
  await Promise.all(
    model.ciphertexts.map((ciphertext) =>
      code === undefined
        ? assertOpened(ciphertext)
        : assertRefused(kms.decrypt({ CiphertextBlob: ciphertext.blob }), code),
    ),
  );
}

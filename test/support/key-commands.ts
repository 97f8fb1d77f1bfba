import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type KMS, KMSServiceException } from '@aws-sdk/client-kms';
import type { AsyncCommand } from 'fast-check';
import { DAY } from './due-work.ts';
import { importMaterial } from './import.ts';
import { assertAsModel, followTime, kmsIn, type LivingKey } from './key-life.ts';
import type { KeyModel } from './key-model.ts';
import { currentMaterialOf, encrypt } from './keys.ts';

/** Something that happens to a key, and to its model. */
export type KeyCommand = AsyncCommand<KeyModel, LivingKey>;

/** The real key on which a call is made, in the Region where it is made. */
interface Reality {
  readonly key: LivingKey;
  readonly kms: KMS;
  readonly KeyId: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

interface Step<T> {
  readonly title: string;
  readonly region: string;
  /** Wire codes of all that would refuse the call. */
  readonly refusals: (model: KeyModel, now: number) => readonly string[];
  readonly call: (reality: Reality, model: KeyModel) => Promise<T>;
  /** What it changes in the model. */
  readonly apply: (model: KeyModel, answer: T, now: number) => void;
}

function command<T>({ title, region, refusals, call, apply }: Step<T>): KeyCommand {
  return {
    check: () => true,
    async run(model, key) {
      const now = key.server.clock.now();
      const codes = refusals(model, now);
      const reality: Reality = { key, kms: kmsIn(key, region), KeyId: key.keyId, now };
      const answer = await call(reality, model).catch((error: unknown) => {
        if (error instanceof KMSServiceException) return error;
        throw error;
      });
      if (answer instanceof KMSServiceException)
        assert.ok(codes.includes(answer.name), `${title}: ${answer.name} ${answer.message}`);
      else {
        assert.deepEqual(codes, [], `${title} was not refused`);
        apply(model, answer, now);
      }
      await followTime(model, key);
      await assertAsModel(model, key);
    },
    toString: () => `${title} (${region})`,
  };
}

export function encryption(region: string): KeyCommand {
  return command({
    title: 'Encrypt',
    region,
    refusals: (model) => model.refusalsOfState(region, 'Enabled'),
    call: ({ kms, KeyId }, { ciphertexts }) => encrypt(kms, KeyId, `text ${ciphertexts.length}`),
    apply({ ciphertexts, currentId = '' }, blob) {
      ciphertexts.push({ blob, plaintext: `text ${ciphertexts.length}`, materialId: currentId });
    },
  });
}

export function enablement(region: string, isEnabled: boolean): KeyCommand {
  return command({
    title: isEnabled ? 'EnableKey' : 'DisableKey',
    region,
    refusals: (model) => model.refusalsOfState(region, 'Enabled', 'Disabled'),
    call: ({ kms, KeyId }) => (isEnabled ? kms.enableKey({ KeyId }) : kms.disableKey({ KeyId })),
    apply: ({ members }) => members.set(region, { state: isEnabled ? 'Enabled' : 'Disabled' }),
  });
}

/** @param RotationPeriodInDays the default, when `undefined` */
export function automaticRotation(region: string, RotationPeriodInDays: number | undefined): KeyCommand {
  return command({
    title: `EnableKeyRotation ${RotationPeriodInDays}`,
    region,
    refusals: (model) => model.refusalsOfSchedule(region),
    call: ({ kms, KeyId }) => kms.enableKeyRotation({ KeyId, RotationPeriodInDays }),
    apply: (model, _, now) => model.schedule(RotationPeriodInDays ?? 365, now),
  });
}

export function noAutomaticRotation(region: string): KeyCommand {
  return command({
    title: 'DisableKeyRotation',
    region,
    refusals: (model) => model.refusalsOfSchedule(region),
    call: ({ kms, KeyId }) => kms.disableKeyRotation({ KeyId }),
    apply(model) {
      model.rotation = undefined;
    },
  });
}

export function rotationOnDemand(region: string): KeyCommand {
  return command({
    title: 'RotateKeyOnDemand',
    region,
    refusals: (model, now) => model.refusalsOfRotation(region, now),
    async call({ kms, KeyId }) {
      await kms.rotateKeyOnDemand({ KeyId });
      return (await currentMaterialOf(kms, KeyId)) ?? '';
    },
    apply(model, currentId, now) {
      if (model.isImported) model.promoteMaterial(now);
      else model.rotate(currentId, 'ON_DEMAND', now);
    },
  });
}

export function deletion(region: string, PendingWindowInDays: number): KeyCommand {
  return command({
    title: `ScheduleKeyDeletion ${PendingWindowInDays}`,
    region,
    refusals: (model) => model.refusalsOfState(region, 'Enabled', 'Disabled', 'PendingImport'),
    call: ({ kms, KeyId }) => kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays }),
    apply: (model, _, now) => model.scheduleDeletion(region, PendingWindowInDays, now),
  });
}

export function cancellation(region: string): KeyCommand {
  return command({
    title: 'CancelKeyDeletion',
    region,
    refusals: (model) => model.refusalsOfCancellation(region),
    call: ({ kms, KeyId }) => kms.cancelKeyDeletion({ KeyId }),
    apply: (model) => model.cancelDeletion(region),
  });
}

/** @param which of the material that the key has had; else new material */
export function importation(
  region: string,
  which: number | undefined,
  validDays: number | undefined,
): KeyCommand {
  return command({
    title: `ImportKeyMaterial ${which ?? 'new'} for ${validDays} days`,
    region,
    refusals: (model) => model.refusalsOfImport(region, which === undefined || model.materials.length === 0),
    async call({ kms, KeyId, now }, { materials }) {
      const known = which === undefined ? undefined : materials[which % materials.length];
      const bytes = known?.bytes ?? randomBytes(32);
      const validTo = validDays && now + validDays * DAY;
      const id = await importMaterial(kms, KeyId, bytes, {
        ImportType: known === undefined ? 'NEW_KEY_MATERIAL' : 'EXISTING_KEY_MATERIAL',
        ...(validTo !== undefined && { ValidTo: new Date(validTo) }),
      });
      return { id, bytes, validTo };
    },
    apply: (model, { id, bytes, validTo }) => model.importMaterial(region, id, bytes, validTo),
  });
}

export function deletionOfMaterial(region: string, which: number): KeyCommand {
  return command({
    title: `DeleteImportedKeyMaterial ${which}`,
    region,
    refusals: (model) => model.refusalsOfMaterialDeletion(region),
    async call({ kms, KeyId }, { materials }) {
      const KeyMaterialId = materials[which % materials.length]?.id;
      await kms.deleteImportedKeyMaterial({ KeyId, KeyMaterialId });
      return KeyMaterialId;
    },
    apply: (model, id) => model.loseMaterial(region, id),
  });
}

export function replication(region: string, ReplicaRegion: string): KeyCommand {
  return command({
    title: `ReplicateKey to ${ReplicaRegion}`,
    region,
    refusals: (model) => model.refusalsOfReplication(region, ReplicaRegion),
    call: ({ kms, KeyId }) => kms.replicateKey({ KeyId, ReplicaRegion }),
    apply: (model) => model.replicate(ReplicaRegion),
  });
}

export function promotion(region: string, PrimaryRegion: string): KeyCommand {
  return command({
    title: `UpdatePrimaryRegion to ${PrimaryRegion}`,
    region,
    refusals: (model) => model.refusalsOfPromotion(region, PrimaryRegion),
    call: ({ kms, KeyId }) => kms.updatePrimaryRegion({ KeyId, PrimaryRegion }),
    apply(model) {
      model.primary = PrimaryRegion;
    },
  });
}

export function wait(region: string, days: number): KeyCommand {
  return command({
    title: `wait ${days} days`,
    region,
    refusals: () => [],
    call: async ({ key: { server } }) => server.clock.advance(days * DAY),
    apply: () => {},
  });
}

/** Time passes until shortly before the next automatic rotation. */
export function waitForRotation(region: string): KeyCommand {
  return command({
    title: 'wait for the next rotation',
    region,
    refusals: () => [],
    async call({ key: { server }, now }, { rotation }) {
      const { nextDate = now } = rotation ?? {};
      server.clock.advance(Math.max(0, nextDate - 600_000 - now));
    },
    apply: () => {},
  });
}

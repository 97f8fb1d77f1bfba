import type { KMS, RotationsListEntry } from '@aws-sdk/client-kms';
import { untilDone } from './due-work.ts';
import { currentMaterialOf } from './keys.ts';
import type { TestServer } from './server.ts';

/** Whether and how a key is rotated automatically, as GetKeyRotationStatus answers. */
export async function rotationStatus(kms: KMS, KeyId: string) {
  const { $metadata, ...status } = await kms.getKeyRotationStatus({ KeyId });
  return status;
}

/** Every version of a key's material, as ListKeyRotations answers. */
export async function listMaterial(kms: KMS, KeyId: string): Promise<readonly RotationsListEntry[]> {
  const { Rotations = [] } = await kms.listKeyRotations({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' });
  return Rotations;
}

/** Moves the clock to a date, and waits, without sleeping, until a key has been rotated that is due then. */
export async function untilRotated(server: TestServer, kms: KMS, keyId: string, date: Date): Promise<void> {
  const before = await currentMaterialOf(kms, keyId);
  server.clock.advance(Math.max(0, date.getTime() - server.clock.now()));
  await untilDone(server, async () => (await currentMaterialOf(kms, keyId)) !== before);
}

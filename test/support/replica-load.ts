import assert from 'node:assert/strict';
import { type KMS, KMSServiceException } from '@aws-sdk/client-kms';
import { assertDecrypts, encrypt } from './keys.ts';
import { createPrimaryKey, describeKey, OTHER_REGION, regionsOf } from './multi-region.ts';
import { REGION } from './server.ts';

/** A multi-Region key as its creator knows it. */
interface ReplicatedKey {
  readonly keyId: string;
  /** The plaintext is the key id. */
  readonly ciphertext: Uint8Array;
  /** The Region of its primary key and those of its replicas, as the service has confirmed them. */
  regions: readonly string[];
}

export type ReplicaLedger = ReplicatedKey[];

/**
 * Creates and replicates keys and makes the replicas primary keys, one call after the other, until the connection breaks.
 *
 * @param acknowledged is told of each call that the service has confirmed
 * @throws KMSServiceException when the service refuses what it should do
 */
export async function replicateUntilBroken(
  kms: KMS,
  ledger: ReplicaLedger,
  acknowledged: () => void,
): Promise<void> {
  try {
    for (;;) {
      const { keyId } = await createPrimaryKey(kms);
      const key: ReplicatedKey = { keyId, ciphertext: await encrypt(kms, keyId, keyId), regions: [REGION] };
      ledger.push(key);
      await kms.replicateKey({ KeyId: keyId, ReplicaRegion: OTHER_REGION });
      key.regions = [REGION, OTHER_REGION];
      acknowledged();
      await kms.updatePrimaryRegion({ KeyId: keyId, PrimaryRegion: OTHER_REGION });
      key.regions = [OTHER_REGION, REGION];
      acknowledged();
    }
  } catch (error) {
    if (error instanceof KMSServiceException) throw error;
  }
}

/**
 * Checks that every key is in the Regions that were confirmed, or one call further, and can be used there; what was not
 * confirmed may take a moment.
 */
export async function verifyReplicas(kms: KMS, otherRegion: KMS, ledger: ReplicaLedger): Promise<void> {
  for (const { keyId, ciphertext, regions } of ledger) {
    const present = await regionsOf(kms, keyId);
    const further = regions.length === 1 ? [REGION, OTHER_REGION] : [OTHER_REGION, REGION];
    const isFurther = present.join() === further.join();
    if (!isFurther) assert.deepEqual(present, regions);
    for (const client of present.length === 1 ? [kms] : [kms, otherRegion]) {
      if (isFurther) while ((await describeKey(client, keyId)).KeyState !== 'Enabled');
      await assertDecrypts(client, ciphertext, keyId);
    }
  }
}

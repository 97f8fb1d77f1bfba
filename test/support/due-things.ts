import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { DAY } from '../../src/clock.ts';
import { insertKey, type KeyMaterialRecord, type KeyRecord, putKeyMaterial } from '../../src/store/index.ts';
import type { Inside } from './inside.ts';
import { allow, keyPolicy } from './key-policies.ts';
import { ACCOUNT, REGION } from './server.ts';

/** How many of each kind go into one transaction. */
const BATCH = 50;

/**
 * Puts keys into a store that were due a day ago: to be deleted, to be rotated, and to lose their imported material.
 *
 * @param count of each kind
 */
export async function putDueThings({ kms: { store } }: Inside, count: number): Promise<void> {
  const yesterday = Date.now() - DAY;
  for (let done = 0; done < count; done += BATCH) {
    await store.write(async (writer) => {
      for (let index = done; index < Math.min(done + BATCH, count); index += 1) {
        const variants: readonly [Partial<KeyRecord>, Partial<KeyMaterialRecord>][] = [
          [{ keyState: 'PendingDeletion', deletionDate: yesterday }, {}],
          [{ rotationPeriodInDays: 365, nextRotationDate: yesterday }, {}],
          [{ origin: 'EXTERNAL' }, { validTo: yesterday }],
        ];
        for (const [keyChanges, materialChanges] of variants) {
          const { key, material } = someKey(yesterday - 400 * DAY);
          await insertKey(writer, { ...key, ...keyChanges });
          await putKeyMaterial(writer, { ...material, ...materialChanges });
        }
      }
    });
  }
}

function someKey(creationDate: number): { readonly key: KeyRecord; readonly material: KeyMaterialRecord } {
  const keyId = randomUUID();
  const keyMaterialId = createHash('sha256').update(keyId).digest('hex');
  return {
    key: {
      region: REGION,
      keyId,
      accountId: ACCOUNT,
      revision: 1,
      creationDate,
      description: '',
      keySpec: 'SYMMETRIC_DEFAULT',
      keyUsage: 'ENCRYPT_DECRYPT',
      origin: 'AWS_KMS',
      keyManager: 'CUSTOMER',
      keyState: 'Enabled',
      settledKeyState: undefined,
      deletionDate: undefined,
      pendingWindowInDays: undefined,
      primaryRegion: undefined,
      rotationPeriodInDays: undefined,
      nextRotationDate: undefined,
      policy: keyPolicy(allow()),
      policyPrincipals: new Map(),
      policyVersion: 1,
      policyPutBy: '',
      policyPutDate: creationDate,
      tags: [],
      currentKeyMaterialId: keyMaterialId,
    },
    material: {
      region: REGION,
      keyId,
      keyMaterialId,
      creationDate,
      wrappedKeyMaterial: randomBytes(73),
      pending: undefined,
      rotationType: undefined,
      rotationDate: undefined,
      description: '',
      validTo: undefined,
    },
  };
}

/** How many of them are still due. */
export function countDueThings({ kms: { store } }: Inside): Promise<number> {
  const now = Date.now();
  return store.read(async ({ db }) => {
    const deletions = await db.selectFrom('keys').select('key_id').where('deletion_date', '<', now).execute();
    const rotations = await db
      .selectFrom('keys')
      .select('key_id')
      .where('next_rotation_date', '<', now)
      .execute();
    const expiries = await db
      .selectFrom('key_materials')
      .select('key_id')
      .where('valid_to', '<', now)
      .where('wrapped_key_material', 'is not', null)
      .execute();
    return deletions.length + rotations.length + expiries.length;
  });
}

/** How often each key has been rotated. */
export async function rotationsOf({ kms: { store } }: Inside): Promise<readonly number[]> {
  const rows = await store.read(({ db }) =>
    db
      .selectFrom('key_materials')
      .select((row) => ['key_id', row.fn.countAll<number>().as('count')])
      .where('rotation_date', 'is not', null)
      .groupBy('key_id')
      .execute(),
  );
  return rows.map(({ count }) => Number(count));
}

import {
  insertKey,
  type KeyRecord,
  listFamily,
  listKeyMaterials,
  listUnsettledKeys,
  putKeyMaterial,
  updateKey,
  type Writer,
} from '../store/index.ts';
import type { DueEvent, DueWork, KmsAtWork } from './due-work.ts';
import { type KeyEntry, loadExistingKeyEntry, rewrapKeyMaterial } from './key-entry.ts';
import type { KeyState } from './key-state.ts';
import { type NewKey, requireRoomForKey } from './keys.ts';
import type { Kms } from './kms.ts';
import { withoutMaterial } from './material-presence.ts';
import { changeFamily } from './multi-region.ts';
import { synchronizePending } from './pending-material.ts';

/*
 * Replicas and primary keys come about in two transactions. The first one says what is to be: keys in state Creating or
 * Updating, with the state that they will have. The second, the synchronization, completes it. Who asked waits for both;
 * what a process leaves undone that ends between them, the scheduler does.
 */

/** How many keys one look at the store takes. */
const BATCH = 100;

/** What distinguishes a new replica from its primary key. */
export type NewReplica = Pick<
  NewKey,
  'region' | 'description' | 'policy' | 'policyPrincipals' | 'policyPutBy' | 'tags'
>;

/**
 * Creates a replica, without material yet, in state Creating; `synchronizeFamily` gives it the rest.
 *
 * @param primary an enabled multi-Region primary key without a replica in that Region
 * @throws ServiceError `LimitExceededException` when the account has as many keys in that Region as it may have
 * @throws RevisionConflict when the primary key has changed since the request was judged
 */
export function createReplica(kms: Kms, primary: KeyEntry, replica: NewReplica): Promise<KeyEntry> {
  const creationDate = kms.clock.now();
  const settledKeyState: KeyState = primary.origin === 'EXTERNAL' ? 'PendingImport' : 'Enabled';
  return kms.store.write(async (writer) => {
    // Each sibling advances, because each tells which others there are.
    await changeFamily(writer, primary.record, (sibling) => sibling);
    await requireRoomForKey(writer, kms, { ...replica, accountId: primary.record.accountId });
    await insertKey(writer, {
      ...primary.record,
      ...replica,
      revision: 1,
      creationDate,
      policyVersion: 1,
      policyPutDate: creationDate,
      keyState: 'Creating',
      settledKeyState,
      currentKeyMaterialId: undefined,
    });
    return loadExistingKeyEntry(writer, kms, replica.region, primary.record.keyId);
  });
}

/**
 * Makes a replica the primary key, and the primary key a replica, both in state Updating until `synchronizeFamily` gives
 * them back the states that they had.
 *
 * @throws RevisionConflict when one of them has changed since the request was judged
 */
export async function exchangePrimary(kms: Kms, primary: KeyEntry, replica: KeyEntry): Promise<void> {
  const { region: primaryRegion } = replica.record;
  await kms.store.write((writer) =>
    changeFamily(writer, primary.record, (sibling) => {
      if (sibling.region === primary.record.region) return { ...updating(sibling), primaryRegion };
      if (sibling.region === primaryRegion) return { ...updating(replica.record), primaryRegion };
      return { ...sibling, primaryRegion };
    }),
  );
}

function updating(record: KeyRecord): KeyRecord {
  const { keyState, settledKeyState = keyState } = record;
  return { ...record, keyState: 'Updating', settledKeyState };
}

/**
 * Completes what has begun with the keys of a multi-Region family: replicas get the material of the primary key, and the
 * keys leave the states Creating and Updating.
 *
 * @returns the keys with which something was left to be done, as they were before
 */
export function synchronizeFamily(kms: KmsAtWork, keyId: string): Promise<readonly KeyRecord[]> {
  return kms.store.write(async (writer) => {
    const family = await listFamily(writer, keyId);
    const unsettled = family.filter(({ settledKeyState }) => settledKeyState !== undefined);
    for (const key of unsettled) {
      const primary = family.find(({ region }) => region === key.primaryRegion);
      if (primary === undefined) throw new Error(`the primary key of ${keyId} is missing`);
      await copyMaterial(writer, kms, primary, key);
      await updateKey(writer, settled(key, primary));
    }
    await synchronizePending(writer, keyId);
    await kms.recordEvents(
      writer,
      unsettled.map((key) => ({ name: 'SynchronizeMultiRegionKey', key })),
    );
    return unsettled;
  });
}

/** Whatever else has happened to the key in the meantime, such as the scheduling of its deletion, keeps its effect. */
function settled(key: KeyRecord, { currentKeyMaterialId }: KeyRecord): KeyRecord {
  const { keyState, settledKeyState = keyState } = key;
  const isTransient = keyState === 'Creating' || keyState === 'Updating';
  return {
    ...key,
    keyState: isTransient ? settledKeyState : keyState,
    settledKeyState: undefined,
    currentKeyMaterialId,
  };
}

/** Gives a replica the material that it does not have yet; of imported material only what there is to be imported. */
async function copyMaterial(
  writer: Writer,
  { keyring }: KmsAtWork,
  primary: KeyRecord,
  { region, keyId, accountId, origin }: KeyRecord,
): Promise<void> {
  const present = await listKeyMaterials(writer, region, keyId);
  const known = new Set(present.map(({ keyMaterialId }) => keyMaterialId));
  for (const material of await listKeyMaterials(writer, primary.region, keyId)) {
    if (known.has(material.keyMaterialId)) continue;
    const copy =
      origin === 'EXTERNAL'
        ? { ...withoutMaterial(material), region, description: '' }
        : rewrapKeyMaterial(keyring, accountId, material, region);
    await putKeyMaterial(writer, copy);
  }
}

/** Completes what processes have left undone. */
export const multiRegionSynchronization: DueWork = {
  async nextDate(reader) {
    const [unsettled] = await listUnsettledKeys(reader, 1);
    return unsettled && 0;
  },
  async run(kms) {
    const events: DueEvent[] = [];
    for (;;) {
      const unsettled = await kms.store.read((reader) => listUnsettledKeys(reader, BATCH));
      for (const keyId of new Set(unsettled.map((key) => key.keyId))) {
        for (const key of await synchronizeFamily(kms, keyId))
          events.push({ name: 'SynchronizeMultiRegionKey', key });
      }
      if (unsettled.length < BATCH) return events;
    }
  },
};

import {
  findKey,
  type KeyMaterialRecord,
  type KeyRecord,
  listExpiredKeyMaterials,
  listKeyMaterials,
  nextExpiryDate,
} from '../store/index.ts';
import type { DueEvent, DueWork, KmsAtWork } from './due-work.ts';
import { removeMaterials } from './import.ts';
import { isExpired } from './material-presence.ts';

/** How much material one look at the store takes. */
const BATCH = 100;

/** The key whose expired material was deleted; `undefined` when another process was faster. */
function deleteExpired(
  { store, clock, recordEvents }: KmsAtWork,
  { region, keyId }: KeyMaterialRecord,
): Promise<KeyRecord | undefined> {
  return store.write(async (writer) => {
    const record = await findKey(writer, region, keyId);
    const materials = await listKeyMaterials(writer, region, keyId);
    const expired = materials.filter((material) => isExpired(material, clock.now()));
    if (record === undefined || expired.length === 0) return undefined;
    await removeMaterials(writer, record, materials, expired);
    const events = expired.map(({ keyMaterialId }) => ({ key: record, details: { keyMaterialId } }));
    await recordEvents(
      writer,
      events.map((event) => ({ ...event, name: 'DeleteExpiredKeyMaterial' })),
    );
    return record;
  });
}

/** Deletes imported key material when it expires. */
export const materialExpiry: DueWork = {
  nextDate: nextExpiryDate,
  async run(kms) {
    const events: DueEvent[] = [];
    for (;;) {
      const due = await kms.store.read((reader) => listExpiredKeyMaterials(reader, kms.clock.now(), BATCH));
      for (const material of due) {
        const key = await deleteExpired(kms, material);
        if (key !== undefined) events.push({ name: 'DeleteExpiredKeyMaterial', key });
      }
      if (due.length < BATCH) return events;
    }
  },
};

import {
  deleteKeyMaterial,
  type KeyMaterialRecord,
  type KeyRecord,
  listFamily,
  listKeyMaterials,
  putKeyMaterial,
  updateKey,
  type Writer,
} from '../store/index.ts';
import { isPresent, withoutMaterial } from './material-presence.ts';

/*
 * Further imported material of a key is pending rotation: that of a multi-Region key in all its Regions, in each of which it
 * has to be imported before the key can be rotated.
 */

/** Has all siblings of a multi-Region key know its pending material, and whether it has been imported in all of them. */
export async function synchronizePending(writer: Writer, keyId: string): Promise<void> {
  const family = await listFamily(writer, keyId);
  const materials: KeyMaterialRecord[] = [];
  for (const { region } of family) materials.push(...(await listKeyMaterials(writer, region, keyId)));
  const pending = materials.filter((material) => material.pending !== undefined);
  if (pending.length === 0) return;
  for (const copies of Map.groupBy(pending, ({ keyMaterialId }) => keyMaterialId).values()) {
    const shared = family.flatMap(({ region }) => copyFor(region, copies));
    const reason = shared.every(isPresent) ? 'ROTATION' : 'MULTI_REGION_IMPORT_AND_ROTATION';
    for (const material of shared) await putKeyMaterial(writer, { ...material, pending: reason });
  }
  for (const sibling of family) await updateKey(writer, sibling);
}

function copyFor(region: string, copies: readonly KeyMaterialRecord[]): readonly KeyMaterialRecord[] {
  const known = copies.find((copy) => copy.region === region);
  if (known !== undefined) return [known];
  return copies.slice(0, 1).map((copy) => ({ ...withoutMaterial(copy), region, description: '' }));
}

/** Takes pending material away from a key, and from its siblings in other Regions. */
export async function withdrawPending(
  writer: Writer,
  { region, primaryRegion }: KeyRecord,
  material: KeyMaterialRecord,
): Promise<void> {
  await deleteKeyMaterial(writer, material);
  const family = primaryRegion === undefined ? [] : await listFamily(writer, material.keyId);
  for (const sibling of family.filter((one) => one.region !== region)) {
    await deleteKeyMaterial(writer, { ...material, region: sibling.region });
    await updateKey(writer, sibling);
  }
}

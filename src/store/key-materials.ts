import { keyEntity } from './keys.ts';
import { authenticateRow, type Row, type StoredRow, verifyRow } from './rows.ts';
import type { Reader, Writer } from './store.ts';

/** One version of a key's material, wrapped under the keyring. Dates are milliseconds since the Unix epoch. */
export interface KeyMaterialRecord {
  readonly region: string;
  readonly keyId: string;
  readonly keyMaterialId: string;
  readonly creationDate: number;
  /** `undefined` when imported material has expired or was deleted: it may be imported again. */
  readonly wrappedKeyMaterial: Uint8Array | undefined;
  /** Why material that was never current is not: `ROTATION`, or `MULTI_REGION_IMPORT_AND_ROTATION`. */
  readonly pending: string | undefined;
  /** How it became current, `AUTOMATIC` or `ON_DEMAND`, and when; the first material became so without rotation. */
  readonly rotationType: string | undefined;
  readonly rotationDate: number | undefined;
  /** Of imported material; else empty. */
  readonly description: string;
  /** When imported material expires. */
  readonly validTo: number | undefined;
}

/** Every version of a key's material, oldest first. */
export async function listKeyMaterials(
  reader: Reader,
  region: string,
  keyId: string,
): Promise<readonly KeyMaterialRecord[]> {
  const rows = await reader.db
    .selectFrom('key_materials')
    .selectAll()
    .where('region', '=', region)
    .where('key_id', '=', keyId)
    .orderBy('creation_date')
    .orderBy('key_material_id')
    .execute();
  return rows.map((row) => toRecord(reader, row));
}

/** Every version of the material of many keys of a Region, oldest first. */
export async function listMaterialsOfKeys(
  reader: Reader,
  region: string,
  keyIds: readonly string[],
): Promise<readonly KeyMaterialRecord[]> {
  const rows = await reader.db
    .selectFrom('key_materials')
    .selectAll()
    .where('region', '=', region)
    .where('key_id', 'in', reader.dialect.elementsOf(keyIds))
    .orderBy('creation_date')
    .orderBy('key_material_id')
    .execute();
  return rows.map((row) => toRecord(reader, row));
}

/** Stores a version of a key's material, in the place of the one with the same id, if there is one. */
export async function putKeyMaterial(writer: Writer, record: KeyMaterialRecord): Promise<void> {
  const row = authenticateRow(writer.keyring, 'key_materials', toRow(record));
  await writer.db
    .insertInto('key_materials')
    .values(row)
    .onConflict((conflict) => conflict.columns(['region', 'key_id', 'key_material_id']).doUpdateSet(row))
    .execute();
  writer.changed(keyEntity(record.region, record.keyId));
}

/** Imported key material that expires at or before a date, earliest first, at most `limit`. */
export async function listExpiredKeyMaterials(
  reader: Reader,
  date: number,
  limit: number,
): Promise<readonly KeyMaterialRecord[]> {
  const rows = await reader.db
    .selectFrom('key_materials')
    .selectAll()
    .where('valid_to', '<=', date)
    .orderBy('valid_to')
    .limit(limit)
    .execute();
  return rows.map((row) => toRecord(reader, row));
}

/** When the next imported key material in the whole store expires. */
export async function nextExpiryDate(reader: Reader): Promise<number | undefined> {
  const row = await reader.db
    .selectFrom('key_materials')
    .select('valid_to')
    .where('valid_to', 'is not', null)
    .orderBy('valid_to')
    .limit(1)
    .executeTakeFirst();
  return row?.valid_to ?? undefined;
}

/** Removes a version of a key's material as if it had never been there. */
export async function deleteKeyMaterial(
  writer: Writer,
  { region, keyId, keyMaterialId }: Pick<KeyMaterialRecord, 'region' | 'keyId' | 'keyMaterialId'>,
): Promise<void> {
  await writer.db
    .deleteFrom('key_materials')
    .where('region', '=', region)
    .where('key_id', '=', keyId)
    .where('key_material_id', '=', keyMaterialId)
    .execute();
  writer.changed(keyEntity(region, keyId));
}

/** Removes every version of a key's material. */
export async function deleteKeyMaterials(writer: Writer, region: string, keyId: string): Promise<void> {
  await writer.db
    .deleteFrom('key_materials')
    .where('region', '=', region)
    .where('key_id', '=', keyId)
    .execute();
  writer.changed(keyEntity(region, keyId));
}

function toRow(record: KeyMaterialRecord): Row<'key_materials'> {
  return {
    region: record.region,
    key_id: record.keyId,
    key_material_id: record.keyMaterialId,
    creation_date: record.creationDate,
    wrapped_key_material: record.wrappedKeyMaterial ?? null,
    pending: record.pending ?? null,
    rotation_type: record.rotationType ?? null,
    rotation_date: record.rotationDate ?? null,
    description: record.description,
    valid_to: record.validTo ?? null,
  };
}

function toRecord(reader: Reader, stored: StoredRow<'key_materials'>): KeyMaterialRecord {
  const row = verifyRow(reader.keyring, 'key_materials', stored);
  return {
    region: row.region,
    keyId: row.key_id,
    keyMaterialId: row.key_material_id,
    creationDate: row.creation_date,
    wrappedKeyMaterial: row.wrapped_key_material ?? undefined,
    pending: row.pending ?? undefined,
    rotationType: row.rotation_type ?? undefined,
    rotationDate: row.rotation_date ?? undefined,
    description: row.description,
    validTo: row.valid_to ?? undefined,
  };
}

import type { KeyMaterialRecord, KeyRecord } from '../store/index.ts';

/* Imported key material comes and goes: which of it is there, and what follows for the state of its key. */

/** All the material of a key, and which of it encrypts. */
interface MaterialOfKey {
  readonly record: Pick<KeyRecord, 'currentKeyMaterialId'>;
  readonly materialRecords: readonly KeyMaterialRecord[];
}

export function isPresent({ wrappedKeyMaterial }: KeyMaterialRecord): boolean {
  return wrappedKeyMaterial !== undefined;
}

/** @param time in milliseconds since the Unix epoch */
export function isExpired({ validTo }: KeyMaterialRecord, time: number): boolean {
  return validTo !== undefined && validTo <= time;
}

/** Material as it is remembered when it is not there any more: the same can be imported again. */
export function withoutMaterial(record: KeyMaterialRecord): KeyMaterialRecord {
  return { ...record, wrappedKeyMaterial: undefined, validTo: undefined };
}

/** Whether all material is there that a key has ever worked with, so that it could work now. */
export function isMaterialComplete({ record, materialRecords }: MaterialOfKey): boolean {
  const permanent = materialRecords.filter(({ pending }) => pending === undefined);
  const isCurrent = ({ keyMaterialId }: KeyMaterialRecord) => keyMaterialId === record.currentKeyMaterialId;
  return permanent.some(isCurrent) && permanent.every(isPresent);
}

/** The state of a key that has imported material, once it has this material (operations.md section 2). */
export function stateWith(
  record: Pick<KeyRecord, 'keyState' | 'settledKeyState' | 'currentKeyMaterialId'>,
  materialRecords: readonly KeyMaterialRecord[],
): Pick<KeyRecord, 'keyState' | 'settledKeyState'> {
  const { keyState, settledKeyState } = record;
  const isComplete = isMaterialComplete({ record, materialRecords });
  return {
    keyState: settle(keyState, isComplete),
    settledKeyState: settledKeyState && settle(settledKeyState, isComplete),
  };
}

/** The states that say more of a key than whether its material is there. */
const LASTING: readonly string[] = ['PendingDeletion', 'PendingReplicaDeletion', 'Creating'];

function settle(keyState: string, isComplete: boolean): string {
  if (LASTING.includes(keyState)) return keyState;
  if (!isComplete) return 'PendingImport';
  return keyState === 'PendingImport' ? 'Enabled' : keyState;
}

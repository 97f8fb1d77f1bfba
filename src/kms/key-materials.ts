import type { KeyMaterial } from '../crypto/index.ts';
import type { KeyMaterialRecord } from '../store/index.ts';

/**
 * The material of a key that is there to be used. Each is unwrapped when it is first asked for: a key that has been
 * rotated often has much that hardly anybody ever asks for.
 */
export class KeyMaterials {
  readonly #wrapped: ReadonlyMap<string, KeyMaterialRecord>;
  readonly #unwrap: (record: KeyMaterialRecord) => KeyMaterial | undefined;
  readonly #ready = new Map<string, KeyMaterial>();

  /** @param unwrap makes material ready for use; `undefined` when it is not there */
  constructor(
    records: readonly KeyMaterialRecord[],
    unwrap: (record: KeyMaterialRecord) => KeyMaterial | undefined,
  ) {
    this.#wrapped = new Map(records.map((record) => [record.keyMaterialId, record]));
    this.#unwrap = unwrap;
  }

  /**
   * Material by its id; `undefined` when it is not there.
   *
   * @throws KeyringError when the root key does not open it
   */
  get(keyMaterialId: string): KeyMaterial | undefined {
    const ready = this.#ready.get(keyMaterialId);
    if (ready !== undefined) return ready;
    const wrapped = this.#wrapped.get(keyMaterialId);
    const unwrapped = wrapped && this.#unwrap(wrapped);
    if (unwrapped !== undefined) this.#ready.set(keyMaterialId, unwrapped);
    return unwrapped;
  }
}

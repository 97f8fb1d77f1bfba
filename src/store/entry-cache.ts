import { LRUCache } from 'lru-cache';

/**
 * A bounded cache of decoded, compiled entries, kept current by the change log rather than by time.
 *
 * An entry that changes while it is being loaded is handed to the requests that were already waiting for it
 * (they began before the change) and not kept.
 */
export class EntryCache<V extends object> {
  readonly #capacity: number;
  /** Made for the first entry: room for a hundred thousand takes milliseconds to make, and many a process needs none. */
  #entries: LRUCache<string, V> | undefined;
  readonly #loading = new Map<string, Promise<V | undefined>>();
  readonly #load: (entity: string) => Promise<V | undefined>;

  /**
   * @param capacity the number of entries kept; the least recently used is dropped first
   * @param load reads an entry from the store; `undefined` when there is none, which is not cached
   */
  constructor(capacity: number, load: (entity: string) => Promise<V | undefined>) {
    this.#capacity = capacity;
    this.#load = load;
  }

  /** The entry at once when it is cached, else a promise of it. */
  get(entity: string): V | Promise<V | undefined> {
    return this.#entries?.get(entity) ?? this.#loading.get(entity) ?? this.#begin(entity);
  }

  /** Forgets an entry, because it changed. */
  invalidate(entity: string): void {
    this.#entries?.delete(entity);
    this.#loading.delete(entity);
  }

  /** Forgets everything, because it is not known what changed. */
  clear(): void {
    this.#entries?.clear();
    this.#loading.clear();
  }

  async #begin(entity: string): Promise<V | undefined> {
    const loading = this.#load(entity);
    this.#loading.set(entity, loading);
    try {
      const entry = await loading;
      if (entry !== undefined && this.#loading.get(entity) === loading) this.#keep(entity, entry);
      return entry;
    } finally {
      if (this.#loading.get(entity) === loading) this.#loading.delete(entity);
    }
  }

  #keep(entity: string, entry: V): void {
    this.#entries ??= new LRUCache({ max: this.#capacity });
    this.#entries.set(entity, entry);
  }
}

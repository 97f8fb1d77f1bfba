import { LRUCache } from 'lru-cache';
import type { Reader } from './store.ts';

const NOTHING: Promise<undefined> = Promise.resolve(undefined);

/** Decoded, compiled entries of one kind, by what identifies them. */
export interface Entries<V extends object> {
  /** The entry at once when it is at hand, else a promise of it. */
  get(identifiers: string): V | Promise<V | undefined>;

  /** Forgets an entry, because it changed. */
  invalidate(identifiers: string): void;
}

/** What a cache of entries of a kind holds, and how often it did and did not have what was asked for. */
export interface CacheFigures {
  readonly kind: string;
  readonly entries: number;
  readonly hits: number;
  readonly misses: number;
}

/**
 * A bounded cache of entries, kept current by the change log rather than by time.
 *
 * An entry that changes while it is being loaded is handed to the requests that were already waiting for it
 * (they began before the change) and not kept.
 */
export class EntryCache<V extends object> implements Entries<V> {
  /** What the change log calls entities of this kind: `<kind>/<identifiers>`. */
  readonly kind: string;
  /**
   * Reads an entry in the midst of a transaction, past the cache; `undefined` when there is none.
   *
   * @throws ServiceError when its record is damaged
   */
  readonly load: (reader: Reader, identifiers: string) => Promise<V | undefined>;
  readonly #capacity: number;
  /** Made for the first entry: room for a hundred thousand takes milliseconds to make, and many a process needs none. */
  #entries: LRUCache<string, V> | undefined;
  readonly #loading = new Map<string, Promise<V | undefined>>();
  /** Of what it is remembered that it is not there. */
  readonly #absent: LRUCache<string, true> | undefined;
  readonly #read: <T>(work: (reader: Reader) => Promise<T>) => Promise<T>;
  #hits = 0;
  #misses = 0;

  /**
   * @param options.capacity the number of entries kept; the least recently used is dropped first
   * @param options.load reads an entry from the store; `undefined` when there is none
   * @param options.absentCapacity of how many entries it is remembered that there are none; of none by default. Whatever
   * creates such an entry has to log it as a change.
   * @param options.read runs a read that gets a current view of the store
   */
  constructor(options: {
    readonly kind: string;
    readonly capacity: number;
    readonly absentCapacity?: number | undefined;
    readonly load: (reader: Reader, identifiers: string) => Promise<V | undefined>;
    readonly read: <T>(work: (reader: Reader) => Promise<T>) => Promise<T>;
  }) {
    this.kind = options.kind;
    this.load = options.load;
    this.#capacity = options.capacity;
    const { absentCapacity } = options;
    this.#absent = absentCapacity === undefined ? undefined : new LRUCache({ max: absentCapacity });
    this.#read = options.read;
  }

  get(identifiers: string): V | Promise<V | undefined> {
    const entry = this.#entries?.get(identifiers);
    if (entry !== undefined) {
      this.#hits += 1;
      return entry;
    }
    if (this.#absent?.get(identifiers) === true) {
      this.#hits += 1;
      return NOTHING;
    }
    this.#misses += 1;
    return this.#loading.get(identifiers) ?? this.#begin(identifiers);
  }

  get figures(): CacheFigures {
    return {
      kind: this.kind,
      entries: this.#entries?.size ?? 0,
      hits: this.#hits,
      misses: this.#misses,
    };
  }

  invalidate(identifiers: string): void {
    this.#entries?.delete(identifiers);
    this.#absent?.delete(identifiers);
    this.#loading.delete(identifiers);
  }

  /** Forgets everything, because it is not known what changed. */
  clear(): void {
    this.#entries?.clear();
    this.#absent?.clear();
    this.#loading.clear();
  }

  async #begin(identifiers: string): Promise<V | undefined> {
    const loading = this.#read((reader) => this.load(reader, identifiers));
    this.#loading.set(identifiers, loading);
    try {
      const entry = await loading;
      if (this.#loading.get(identifiers) === loading) this.#keep(identifiers, entry);
      return entry;
    } finally {
      if (this.#loading.get(identifiers) === loading) this.#loading.delete(identifiers);
    }
  }

  #keep(identifiers: string, entry: V | undefined): void {
    if (entry === undefined) {
      this.#absent?.set(identifiers, true);
      return;
    }
    this.#entries ??= new LRUCache({ max: this.#capacity });
    this.#entries.set(identifiers, entry);
  }
}

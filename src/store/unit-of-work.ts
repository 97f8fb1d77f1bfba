import { readChanges } from './change-log.ts';
import type { Entries, EntryCache } from './entry-cache.ts';
import { RevisionConflict } from './refusals.ts';
import type { CacheState, Reader, Store, Writer } from './store.ts';

/** What a request sees of the store: it may be one in the midst of a transaction. */
export type RequestStore = Pick<Store, 'read' | 'write' | 'forgetDeleted'>;

/** The unit is not to be committed. */
class Abandoned extends Error {}

/**
 * Makes one transaction of all writes of a request, and of what is to be written in the end because of them. The
 * transaction begins with the first write; from then on reads are part of it. Nothing is durable before `commit`.
 *
 * The transaction is refused when any entry that the request got from the caches has changed since: what is written was
 * judged by what holds when it is written.
 */
export class UnitOfWork implements RequestStore {
  readonly #store: Store;
  readonly #begun: CacheState;
  /** What the request rests on. */
  readonly #entities = new Set<string>();
  #writer: Promise<Writer> | undefined;
  #transaction: Promise<void> | undefined;
  #end: (last: (writer: Writer) => Promise<void>) => void = () => {};
  #abandon: () => void = () => {};
  #hasToForget = false;

  /** @param begun what the caches held when the request had passed the fence */
  constructor(store: Store, begun: CacheState) {
    this.#store = store;
    this.#begun = begun;
  }

  /** The entries of a cache, as the request may rest on them. */
  entries<V extends object>(cache: EntryCache<V>): Entries<V> {
    return {
      get: (identifiers) => {
        this.#entities.add(`${cache.kind}/${identifiers}`);
        // What the request itself has written is nowhere but in its transaction.
        return this.#writer === undefined
          ? cache.get(identifiers)
          : this.#writer.then((writer) => cache.load(writer, identifiers));
      },
      invalidate: (identifiers) => cache.invalidate(identifiers),
    };
  }

  /**
   * Makes sure that nothing which the request rests on has changed since it passed the fence.
   *
   * @throws RevisionConflict when something has, or when that cannot be told
   */
  async requireUnchanged(): Promise<void> {
    this.#requireNoneOf(await this.#store.changesSince(this.#begun));
  }

  async read<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    return this.#writer === undefined ? this.#store.read(work) : work(await this.#writer);
  }

  async write<T>(work: (writer: Writer) => Promise<T>): Promise<T> {
    this.#writer ??= this.#begin();
    return work(await this.#writer);
  }

  /** Is done with the commit: nothing is deleted before. */
  forgetDeleted(): boolean {
    this.#hasToForget = true;
    return false;
  }

  /**
   * Commits what was written, after one last piece of work in the same transaction.
   *
   * @returns whether anything was written; without that the last piece of work is not done either
   * @throws as `Store.write`
   */
  async commit(last: (writer: Writer) => Promise<void>): Promise<boolean> {
    if (this.#transaction === undefined) return false;
    this.#end(last);
    await this.#transaction;
    if (this.#hasToForget) this.#store.forgetDeleted();
    return true;
  }

  /** Makes as if nothing had been written. */
  async abandon(): Promise<void> {
    this.#abandon();
    await this.#transaction?.catch(() => {});
  }

  #requireNoneOf(changed: readonly string[] | undefined): void {
    if (changed === undefined || changed.some((entity) => this.#entities.has(entity)))
      throw new RevisionConflict();
  }

  #begin(): Promise<Writer> {
    const ended = new Promise<(writer: Writer) => Promise<void>>((resolve, reject) => {
      this.#end = resolve;
      this.#abandon = () => reject(new Abandoned());
    });
    ended.catch(() => {});
    return new Promise((resolve, reject) => {
      let hasBegun = false;
      this.#transaction = this.#store.write(async (writer) => {
        // What the request has done in a transaction that the engine undid, it can only do anew.
        if (hasBegun) throw new RevisionConflict();
        hasBegun = true;
        this.#requireNoneOf((await readChanges(writer, this.#begun.position)).entities);
        resolve(writer);
        const last = await ended;
        await last(writer);
      });
      this.#transaction.catch(reject);
    });
  }
}

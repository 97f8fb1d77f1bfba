import type { Clock } from '../clock.ts';
import { OperatorError, ServiceError } from '../errors.ts';
import type { Keyring } from '../keyring/index.ts';
import { appendChanges, type LogPosition, readChanges } from './change-log.ts';
import type { Dialect, Engine } from './engine.ts';
import { type CacheFigures, EntryCache } from './entry-cache.ts';
import { LeaseLost } from './leases.ts';
import { RevisionConflict } from './refusals.ts';
import type { Database } from './schema.ts';

/** What reads need: a consistent view of the database, and the keyring that checks its rows. */
export interface Reader {
  readonly db: Database;
  readonly dialect: Dialect;
  readonly keyring: Keyring;
}

/** What writes need besides: a way to say what changed. */
export interface Writer extends Reader {
  /** Notes that an entity (`<kind>/<identifiers>`) changes with this transaction. */
  changed(entity: string): void;
}

/** What the caches held at a moment: all changes up to a write transaction, and possibly some of later ones. */
export interface CacheState {
  readonly position: LogPosition;
  /** How many entries had been loaded when it was asked up to where there are changes. */
  readonly loads: number;
}

/** Changes that have been applied to the caches. */
interface AppliedChanges {
  readonly since: LogPosition | undefined;
  /** `undefined` when it could not be told what they were. */
  readonly entities: readonly string[] | undefined;
}

/** How many of them are kept for requests that are being judged meanwhile. */
const APPLIED_CHANGES_KEPT = 256;

/** What changes and reads the state, without a say in what else becomes of it. */
export type Transactions = Pick<Store, 'read' | 'write'>;

/**
 * The authenticated, durable state of the service and the caches over it.
 *
 * The promise: when `write` has returned, a request that passes the fence afterwards, on any process that
 * shares the database, no longer sees the old state.
 */
export class Store {
  readonly #engine: Engine;
  readonly #keyring: Keyring;
  readonly #caches = new Map<string, Pick<EntryCache<object>, 'invalidate' | 'clear' | 'figures'>>();
  /** The mark of the fence, and the write transaction, up to which changes have been applied to the caches. */
  #appliedMark: number | string | undefined;
  #appliedPosition: LogPosition | undefined;
  readonly #applied: AppliedChanges[] = [];
  #loads = 0;
  #loadsBeforeLook = 0;
  #presentLook: Promise<void> = Promise.resolve();
  #nextLook: Promise<void> | undefined;

  constructor(engine: Engine, keyring: Keyring) {
    this.#engine = engine;
    this.#keyring = keyring;
  }

  /**
   * Makes a cache of entries of one kind that follows the change log.
   *
   * @param load reads the entry named by an entity without its kind
   * @param absentCapacity of how many entries it is remembered that there are none; of none by default
   */
  cache<V extends object>(
    kind: string,
    capacity: number,
    load: (reader: Reader, identifiers: string) => Promise<V | undefined>,
    absentCapacity?: number,
  ): EntryCache<V> {
    const read = <T>(work: (reader: Reader) => Promise<T>) =>
      this.read(work).finally(() => {
        this.#loads += 1;
      });
    const cache = new EntryCache<V>({ kind, capacity, absentCapacity, load, read });
    this.#caches.set(kind, cache);
    return cache;
  }

  /** What the caches hold, and how often they had what was asked for. */
  cacheFigures(): readonly CacheFigures[] {
    return [...this.#caches.values()].map(({ figures }) => figures);
  }

  /**
   * What the caches hold now.
   *
   * @throws Error before the fence was passed for the first time
   */
  cacheState(): CacheState {
    if (this.#appliedPosition === undefined) throw new Error('nobody has passed the fence yet');
    return { position: this.#appliedPosition, loads: this.#loadsBeforeLook };
  }

  /**
   * Whether entries got from the caches since then can be of different ages: an entry that is loaded is as new as can be,
   * while the change of another one may not have been applied yet.
   */
  hasMoved(since: CacheState): boolean {
    return this.#loads !== since.loads || this.#appliedPosition !== since.position;
  }

  /**
   * Which entities were changed, by any process, between the moment of a state of the caches and the call; `undefined` when
   * that cannot be told.
   *
   * @throws ServiceError as `passFence`
   */
  async changesSince({ position }: CacheState): Promise<readonly string[] | undefined> {
    await this.passFence();
    if (this.#appliedPosition === position) return [];
    const first = this.#applied.findLastIndex(({ since }) => since === position);
    if (first === -1) return undefined;
    const changes = this.#applied.slice(first).map(({ entities }) => entities);
    return changes.some((entities) => entities === undefined)
      ? undefined
      : changes.flatMap((entities) => entities ?? []);
  }

  /**
   * Resolves once every change committed before the call, by any process, has been applied to the caches.
   *
   * Calls share looks at the database: a call joins the next look, never one already under way. The next one begins
   * when the present one has ended, at the earliest after this turn of the event loop.
   *
   * @throws ServiceError `DependencyTimeoutException` or `KMSInternalException` when the database cannot be read
   */
  passFence(): Promise<void> {
    this.#nextLook ??= this.#lookNext();
    return this.#nextLook;
  }

  async #lookNext(): Promise<void> {
    const present = this.#presentLook;
    await new Promise(setImmediate);
    await present;
    const look = this.#applyChanges();
    this.#nextLook = undefined;
    this.#presentLook = look.catch(() => {});
    try {
      await look;
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  /**
   * Runs reads against one consistent view of the database.
   *
   * @throws ServiceError `DependencyTimeoutException` or `KMSInternalException` when the database is slow or broken
   */
  async read<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    try {
      return await this.#engine.read((db) => work(this.#readerOf(db)));
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  /**
   * Runs a write transaction, which no other one overlaps. When this resolves the changes are durable; when it rejects
   * none was made, unless the connection to the database was lost just when it was to make them.
   *
   * @param work may be run more than once
   * @throws RevisionConflict when a row changed since the caller read it
   * @throws ServiceError `DependencyTimeoutException` or `KMSInternalException` when the database is busy or broken
   */
  async write<T>(work: (writer: Writer) => Promise<T>): Promise<T> {
    try {
      return await this.#engine.write(async (db) => {
        const entities = new Set<string>();
        const writer: Writer = { ...this.#readerOf(db), changed: (entity) => entities.add(entity) };
        const result = await work(writer);
        if (entities.size > 0) await appendChanges(writer, [...entities]);
        return result;
      });
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  /**
   * By how much the clock of the database is ahead of one of this machine, in milliseconds.
   *
   * @throws ServiceError as `read` does
   */
  async clockSkew(clock: Clock): Promise<number> {
    const before = clock.now();
    try {
      const now = await this.#engine.now();
      return now - (before + clock.now()) / 2;
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  /**
   * Removes what was deleted from the files, not only from the tables, as far as the database can be told to.
   *
   * @returns whether nothing is left to do; a process that is reading at the moment can keep something
   */
  forgetDeleted(): boolean {
    return this.#engine.forgetDeleted();
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  #readerOf(db: Database): Reader {
    return { db, dialect: this.#engine.dialect, keyring: this.#keyring };
  }

  #refusal(error: unknown): Error {
    const isRefusal = [ServiceError, OperatorError, RevisionConflict, LeaseLost].some(
      (kind) => error instanceof kind,
    );
    return error instanceof Error && isRefusal ? error : this.#engine.refusalOf(error);
  }

  async #applyChanges(): Promise<void> {
    const loads = this.#loads;
    const look = this.#engine.fenceMark();
    const mark = typeof look === 'number' ? look : await look;
    this.#loadsBeforeLook = loads;
    if (mark === this.#appliedMark) return;
    const { position, entities } = await this.read((reader) => readChanges(reader, this.#appliedPosition));
    if (entities === undefined) for (const cache of this.#caches.values()) cache.clear();
    else for (const entity of entities) this.#invalidate(entity);
    if (position !== this.#appliedPosition) {
      this.#applied.push({ since: this.#appliedPosition, entities });
      if (this.#applied.length > APPLIED_CHANGES_KEPT) this.#applied.shift();
    }
    this.#appliedPosition = position;
    this.#appliedMark = mark;
  }

  #invalidate(entity: string): void {
    const slash = entity.indexOf('/');
    this.#caches.get(entity.slice(0, slash))?.invalidate(entity.slice(slash + 1));
  }
}

import { Counter, Gauge, type Registry } from 'prom-client';
import type { CacheFigures, Database, Engine } from '../store/index.ts';
import { DurationHistogram, Durations } from './durations.ts';

/** How the database of a store is used. */
export class EngineMetrics {
  readonly #reads = new Durations();
  readonly #writes = new Durations();
  readonly #looks = new Durations();
  #waitingWrites = 0;

  constructor(registry: Registry) {
    new DurationHistogram(
      registry,
      'qkms_store_transaction_duration_seconds',
      'Transactions of the store, with the wait for their turn: what caches do not hold is read, and all changes are written.',
      ['mode'],
      () => [
        [{ mode: 'read' }, this.#reads],
        [{ mode: 'write' }, this.#writes],
      ],
    );
    new DurationHistogram(
      registry,
      'qkms_store_fence_look_duration_seconds',
      'Looks for what was changed since the last look; requests that wait at the same moment share one.',
      [],
      () => [[{}, this.#looks]],
    );
    const waiting = () => this.#waitingWrites;
    new Gauge({
      name: 'qkms_store_writes_waiting',
      help: 'Write transactions that wait for their turn.',
      registers: [registry],
      collect() {
        this.set(waiting());
      },
    });
  }

  /** An engine that does what another one does, and is watched while it does. */
  watch(engine: Engine): Engine {
    return {
      ...engine,
      read: (work) => this.#reads.measure(() => engine.read(work)),
      write: (work) => this.#writes.measure(() => this.#writeInTurn(engine, work)),
      fenceMark: () => this.#look(engine),
    };
  }

  async #writeInTurn<T>(engine: Engine, work: (db: Database) => Promise<T>): Promise<T> {
    let isWaiting = true;
    const stopWaiting = () => {
      if (isWaiting) this.#waitingWrites -= 1;
      isWaiting = false;
    };
    this.#waitingWrites += 1;
    try {
      return await engine.write((db) => {
        stopWaiting();
        return work(db);
      });
    } finally {
      stopWaiting();
    }
  }

  #look(engine: Engine): number | Promise<string> {
    const began = performance.now();
    const look = engine.fenceMark();
    if (typeof look !== 'number') return this.#looks.measure(() => look);
    this.#looks.note(performance.now() - began);
    return look;
  }
}

/** What caches of entries hold and answer. */
export function countCaches(registry: Registry, read: () => readonly CacheFigures[]): void {
  const labelNames = ['kind'];
  const registers = [registry];
  new Counter({
    name: 'qkms_entry_cache_hits_total',
    help: 'Entries (keys, grants, aliases, identities, credentials) that were in memory when they were needed.',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { kind, hits } of read()) this.inc({ kind }, hits);
    },
  });
  new Counter({
    name: 'qkms_entry_cache_misses_total',
    help: 'Entries that had to be read from the store, because they were not in memory or had changed.',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { kind, misses } of read()) this.inc({ kind }, misses);
    },
  });
  new Gauge({
    name: 'qkms_entry_cache_entries',
    help: 'Entries in memory.',
    labelNames,
    registers,
    collect() {
      for (const { kind, entries } of read()) this.set({ kind }, entries);
    },
  });
}

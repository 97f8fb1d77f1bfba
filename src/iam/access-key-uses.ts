import { type AccessKeyUse, noteAccessKeyUse, type Store } from '../store/index.ts';

/** A use is noted when the last one that was noted is older, in milliseconds. */
const PRECISION = 15 * 60_000;
/** Uses wait at most so long for being written. */
const WRITE_INTERVAL = 30_000;
const MOST_PER_TRANSACTION = 500;
const KEYS_REMEMBERED = 100_000;

/** Notes when access keys were used last: to the quarter of an hour, and with a delay, so that no request waits. */
export class AccessKeyUses {
  readonly #store: Store;
  /** The date of the last use that was noted, by access key id. */
  readonly #noted = new Map<string, number>();
  #waiting = new Map<string, AccessKeyUse>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  note(use: AccessKeyUse): void {
    const noted = this.#noted.get(use.accessKeyId);
    if (noted !== undefined && use.lastUsedDate - noted < PRECISION) return;
    if (this.#noted.size >= KEYS_REMEMBERED) this.#noted.clear();
    this.#noted.set(use.accessKeyId, use.lastUsedDate);
    this.#waiting.set(use.accessKeyId, use);
    this.#timer ??= setTimeout(() => void this.write().catch(() => {}), WRITE_INTERVAL).unref();
  }

  /** Writes what has been noted. What cannot be written is lost: nobody's access depends on it. */
  async write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const uses = [...this.#waiting.values()];
    this.#waiting = new Map();
    for (let first = 0; first < uses.length; first += MOST_PER_TRANSACTION) {
      await this.#store.write(async (writer) => {
        for (const use of uses.slice(first, first + MOST_PER_TRANSACTION))
          await noteAccessKeyUse(writer, use);
      });
    }
  }
}

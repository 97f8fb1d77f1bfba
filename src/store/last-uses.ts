import type { Store, Writer } from './store.ts';

/** Uses wait at most so long for being written, in milliseconds. */
const WRITE_INTERVAL = 30_000;
const MOST_PER_TRANSACTION = 500;
const MOST_REMEMBERED = 100_000;

/** The use of something; the date in milliseconds since the Unix epoch. */
interface Use {
  readonly lastUsedDate: number;
}

/** Notes when things were used last, with a delay, so that no request waits. */
export class LastUses<U extends Use> {
  readonly #store: Pick<Store, 'write'>;
  readonly #precision: number;
  readonly #put: (writer: Writer, use: U) => Promise<void>;
  /** The date of the last use that was noted, by what was used. */
  readonly #noted = new Map<string, number>();
  #waiting = new Map<string, U>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param precision a use is noted when the last one that was noted is at least so much older, in milliseconds
   * @param put writes a use, unless a later one is written already or what was used is gone
   */
  constructor(
    store: Pick<Store, 'write'>,
    precision: number,
    put: (writer: Writer, use: U) => Promise<void>,
  ) {
    this.#store = store;
    this.#precision = precision;
    this.#put = put;
  }

  /** @param id of what was used */
  note(id: string, use: U): void {
    if (this.#precision > 0 && !this.#isDue(id, use)) return;
    this.#waiting.set(id, use);
    this.#timer ??= setTimeout(() => void this.write().catch(() => {}), WRITE_INTERVAL).unref();
  }

  #isDue(id: string, { lastUsedDate }: U): boolean {
    const noted = this.#noted.get(id);
    if (noted !== undefined && lastUsedDate - noted < this.#precision) return false;
    if (this.#noted.size >= MOST_REMEMBERED) this.#noted.clear();
    this.#noted.set(id, lastUsedDate);
    return true;
  }

  /** Writes what has been noted. What cannot be written is lost: nobody's access depends on it. */
  async write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const uses = [...this.#waiting.values()];
    this.#waiting = new Map();
    for (let first = 0; first < uses.length; first += MOST_PER_TRANSACTION) {
      await this.#store.write(async (writer) => {
        for (const use of uses.slice(first, first + MOST_PER_TRANSACTION)) await this.#put(writer, use);
      });
    }
  }
}

import type { Clock } from '../clock.ts';
import type { AuditedCall } from './events/call-event.ts';

/** How long refusals of a source are taken together, in milliseconds, and how many of them are recorded each. */
const WINDOW = 10_000;
const MOST_RECORDED = 100;
const MOST_SOURCES = 10_000;

/** What came from a source of late. */
interface Source {
  recorded: number;
  unrecorded: number;
  last: AuditedCall | undefined;
}

/**
 * Keeps whoever is refused again and again from filling the audit log: of the refusals of a source the first of every ten
 * seconds are recorded, and then the last, which says how many there were between.
 */
export class RepeatedRefusals {
  readonly #clock: Clock;
  readonly #record: (call: AuditedCall) => Promise<void>;
  readonly #sources = new Map<string, Source>();

  /** @param record records the last call of a source */
  constructor(clock: Clock, record: (call: AuditedCall) => Promise<void>) {
    this.#clock = clock;
    this.#record = record;
  }

  /**
   * Whether a refused call is to be recorded at once. If not, it is counted.
   *
   * @param name of its source; when there are too many, those that come later share one
   */
  isToBeRecorded(name: string, call: AuditedCall): boolean {
    const source = this.#sourceOf(this.#sources.has(name) || this.#sources.size < MOST_SOURCES ? name : '');
    if (source.recorded < MOST_RECORDED) {
      source.recorded += 1;
      return true;
    }
    source.unrecorded += 1;
    source.last = call;
    return false;
  }

  /** Records what has only been counted. */
  async close(): Promise<void> {
    await Promise.all([...this.#sources.keys()].map((name) => this.#end(name)));
  }

  #sourceOf(name: string): Source {
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    const source: Source = { recorded: 0, unrecorded: 0, last: undefined };
    this.#sources.set(name, source);
    // What cannot be recorded then is lost: nobody waits for it.
    this.#clock.schedule(WINDOW, () => void this.#end(name).catch(() => {}));
    return source;
  }

  async #end(name: string): Promise<void> {
    const source = this.#sources.get(name);
    this.#sources.delete(name);
    if (source?.last === undefined) return;
    const { last, unrecorded } = source;
    const additional = { ...last.additional, similarCallsNotRecorded: String(unrecorded - 1) };
    await this.#record({ ...last, additional });
  }
}

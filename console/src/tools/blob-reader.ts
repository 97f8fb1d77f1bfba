import { type Bytes, invalidFile } from './message-header.ts';

/** How much is read of a file at once, in bytes. */
const AHEAD = 4 * 1024 * 1024;

/** Reads a file from its beginning to its end, holding no more than a few megabytes of it in memory. */
export class BlobReader {
  readonly #blob: Blob;
  /** What was read of the file and not yet been given. */
  #held: Bytes = new Uint8Array();
  /** How much of the file was read. */
  #end = 0;

  constructor(blob: Blob) {
    this.#blob = blob;
  }

  /** How many bytes have been given. */
  get position(): number {
    return this.#end - this.#held.length;
  }

  get isAtEnd(): boolean {
    return this.position === this.#blob.size;
  }

  /**
   * The next bytes of the file.
   *
   * @param part of the file that they belong to, for the error
   * @throws ApiError `InvalidFile` when the file has not so many
   */
  async read(length: number, part: string): Promise<Bytes> {
    if (this.#blob.size - this.position < length)
      throw invalidFile(`The file ends in the middle of its ${part}: it was cut off.`);
    if (this.#held.length < length) {
      const from = this.position;
      this.#end = Math.min(this.#blob.size, from + Math.max(length, AHEAD));
      this.#held = new Uint8Array(await this.#blob.slice(from, this.#end).arrayBuffer());
    }
    const given = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return given;
  }
}

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';

/** The vectors stand beside a checkout of the project, not inside it. */
const FOLDER = new URL('../../../shared/vectors/wycheproof/', import.meta.url);

/** What to tell `t.skip` when the vectors are absent. */
export const WYCHEPROOF_ABSENT = 'the Wycheproof vectors (../shared/vectors beside the checkout) are absent';

/** One object of a Wycheproof file, read field by field with the type checked. */
export class Fields {
  readonly #fields: Map<string, unknown>;

  constructor(object: unknown) {
    assert(typeof object === 'object' && object !== null);
    this.#fields = new Map(Object.entries(object));
  }

  has(name: string): boolean {
    return (this.#fields.get(name) ?? null) !== null;
  }

  text(name: string): string {
    const value = this.#fields.get(name);
    assert(typeof value === 'string', `${name} is text`);
    return value;
  }

  /** A field of hex digits. */
  bytes(name: string): Buffer {
    return Buffer.from(this.text(name), 'hex');
  }

  number(name: string): number {
    const value = this.#fields.get(name);
    assert(typeof value === 'number', `${name} is a number`);
    return value;
  }

  list(name: string): Fields[] {
    const value = this.#fields.get(name);
    assert(Array.isArray(value), `${name} is a list`);
    return value.map((element) => new Fields(element));
  }
}

/** The test groups of a Wycheproof file, or `undefined` when the vectors are absent. */
export function wycheproofGroups(file: string): Fields[] | undefined {
  const url = new URL(file, FOLDER);
  if (!existsSync(url)) return undefined;
  return new Fields(JSON.parse(readFileSync(url, 'utf8'))).list('testGroups');
}

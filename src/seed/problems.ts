import { OperatorError } from '../errors.ts';
import type { Place } from './tree.ts';

/** One thing that is wrong with a seed. The text never holds a secret or key material. */
export interface Problem {
  readonly place: Place;
  /** What is wrong and what to do. */
  readonly text: string;
}

/** How many problems a message spells out. */
const SPELLED_OUT = 20;

/** A seed of which nothing is created, because of its problems: a line that says so, and a line for each of them. */
export function seedRefused(name: string, problems: readonly Problem[]): OperatorError {
  const inOrder = [...problems].sort((one, other) => one.place.order - other.place.order);
  const lines = inOrder.slice(0, SPELLED_OUT).map(({ place, text }) => `${place.describe()}: ${text}`);
  if (problems.length > SPELLED_OUT) lines.push(`and ${problems.length - SPELLED_OUT} more`);
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  return new OperatorError([`${name} has ${count}, and nothing of it was created:`, ...lines].join('\n'));
}

/** The longest piece of a seed that a message repeats. */
const LONGEST_QUOTE = 100;

/** A piece of the seed in a message: quoted, escaped and kept short. */
export function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text);
}

/** `; did you mean "users"?` where one of the known words is close to what was written; nothing otherwise. */
export function didYouMean(written: string, known: Iterable<string>): string {
  let closest: string | undefined;
  // A third of the letters may differ; more would be guessing.
  let least = Math.floor(Math.min(written.length, LONGEST_QUOTE) / 3) + 1;
  for (const word of known) {
    const distance = editDistance(written.slice(0, LONGEST_QUOTE).toLowerCase(), word.toLowerCase());
    if (distance < least) [closest, least] = [word, distance];
  }
  return closest === undefined ? '' : `; did you mean ${quote(closest)}?`;
}

/** How many letters have to be inserted, deleted or replaced to turn one word into another (Levenshtein). */
function editDistance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[other.length] ?? 0;
}

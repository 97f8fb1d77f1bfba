import { readAddressRange } from './address.ts';
import type { Condition, PolicyVersion } from './document.ts';
import { readInstant } from './instant.ts';
import { readOperator } from './operator.ts';
import { parseTemplate } from './variables.ts';

/**
 * Values that tell conditions apart: of all that a request could carry under a key, those that make a difference to
 * the conditions on it. Numbers, dates and addresses are exact: there is a value in every stretch between two
 * boundaries. Texts are told apart by the values that are named, one that is none of them, and for patterns some that
 * match alone and some that match with another pattern, if there are not too many and such a text is easily made.
 */

/** A condition and the language version of its document. */
export interface ConditionUse {
  readonly condition: Condition;
  readonly version: PolicyVersion;
}

/** How an operator reads values. */
export type Family = 'text' | 'pattern' | 'arn' | 'number' | 'date' | 'address' | 'boolean' | 'presence';

const FAMILIES: readonly (readonly [RegExp, Family])[] = [
  [/^null$/, 'presence'],
  [/like/, 'pattern'],
  [/^numeric/, 'number'],
  [/^date/, 'date'],
  [/ipaddress/, 'address'],
  [/^bool/, 'boolean'],
];

export function familyOf(operator: string): Family {
  const name = operator.toLowerCase().replace(/^for(?:allvalues|anyvalue):/, '');
  if (name.startsWith('arn')) return 'arn';
  return FAMILIES.find(([pattern]) => pattern.test(name))?.[1] ?? 'text';
}

/** Texts, and whether there would be more. */
export interface Texts {
  readonly texts: readonly string[];
  readonly isCut: boolean;
}

/**
 * The single values worth trying for a key, each once; that the key may also be absent is not among them.
 *
 * @param uses all conditions on the key
 * @param texts the policy values of a condition, with something in the place of variables
 * @param mostPairs how many pairs of patterns may be tried together
 */
export function valuesToTry(
  uses: readonly ConditionUse[],
  texts: (use: ConditionUse) => readonly string[],
  mostPairs: number,
): Texts {
  const byFamily = new Map<Family, string[]>();
  for (const use of uses) {
    if (readOperator(use.condition.operator) === undefined) continue;
    const family = familyOf(use.condition.operator);
    const found = byFamily.get(family) ?? [];
    byFamily.set(family, found);
    for (const text of texts(use)) found.push(text);
  }
  const of = (family: Family): readonly string[] => byFamily.get(family) ?? [];
  const named = [...byFamily.values()].flat();
  const patterns = patternTexts(of('pattern'), named, mostPairs);
  const arns = arnTexts(of('arn'), named, mostPairs);
  const values = [
    ...of('text').flatMap((text) => [text, swapCase(text)]),
    ...patterns.texts,
    ...arns.texts,
    ...samplesOf(numbersIn(of('number'), Number), 1).map(String),
    ...samplesOf(numbersIn(of('date'), readInstant), 1000).map(instantText),
    ...addressTexts(of('address')),
    ...(byFamily.has('boolean') ? ['true', 'false'] : []),
    ...(isAnyTextPossible(byFamily) ? [otherValue(named, byFamily.has('arn'))] : []),
  ];
  return { texts: [...new Set(values)], isCut: patterns.isCut || arns.isCut };
}

/** What "another value" is where texts are compared: for numbers, dates, addresses and booleans any text is a wrong one. */
function isAnyTextPossible(byFamily: ReadonlyMap<Family, unknown>): boolean {
  const isText = ['text', 'pattern', 'arn'] as const;
  return (
    isText.some((family) => byFamily.has(family)) || byFamily.size === (byFamily.has('presence') ? 1 : 0)
  );
}

function otherValue(named: readonly string[], isArn: boolean): string {
  const word = unusedWord('another-value', named);
  return isArn ? `arn:aws:${word}:${word}:000000000000:${word}` : word;
}

/** A text that stands in none of the others: the word, or the word and a number. */
export function unusedWord(word: string, others: readonly string[]): string {
  const digits = String(others.reduce((sum, { length }) => sum + length, 0)).length;
  const taken = new Set<string>();
  let isTaken = false;
  for (const other of others) {
    const text = other.toLowerCase();
    for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
      isTaken = true;
      taken.add(text.slice(at + word.length, at + word.length + 1 + digits));
    }
  }
  if (!isTaken) return word;
  // All of the same length, so that none is the beginning of another; and more of them than there are places.
  let number = 1;
  while (taken.has(`-${String(number).padStart(digits, '0')}`)) number += 1;
  return `${word}-${String(number).padStart(digits, '0')}`;
}

/** `Team` for `tEAM`: equal where case does not count, and not where it does. */
function swapCase(text: string): string {
  const upper = text.toUpperCase();
  return text === upper ? text.toLowerCase() : upper;
}

/** Texts that are longer are not made up; no request carries them. */
const LONGEST = 8192;

/** Puts a text in the place of each star, and a letter in that of each question mark; undefined if that is too long. */
function fill(pattern: string, text: string): string | undefined {
  const stars = pattern.match(/\*+/g)?.length ?? 0;
  if (pattern.length + stars * text.length > LONGEST) return undefined;
  return pattern.replaceAll(/\*+/g, () => text).replaceAll('?', 'x');
}

/** More pairs of patterns are never tried together. */
const MOST_PAIRS = 256;

/** Texts that match each pattern: alone, and together with each other one. */
function patternTexts(patterns: readonly string[], named: readonly string[], mostPairs: number): Texts {
  const word = unusedWord('x', named);
  // Each also as it stands, for escaped wildcards.
  const alone = patterns.flatMap((pattern) => [
    pattern.length > LONGEST ? undefined : pattern,
    fill(pattern, ''),
    fill(pattern, word),
  ]);
  const together = pairsOf(
    patterns,
    mostPairs,
    (pattern) => ['', word].map((text) => fill(pattern, text)),
    (pattern, filled) => filled.map((text) => (text === undefined ? undefined : fill(pattern, text))),
  );
  return textsOf([...alone, ...together.texts], together.isCut);
}

/** What comes of each pattern that holds a wildcard with each other one; nothing when there are too many. */
function pairsOf<Prepared>(
  patterns: readonly string[],
  mostPairs: number,
  prepare: (pattern: string) => Prepared,
  combine: (pattern: string, other: Prepared) => readonly (string | undefined)[],
): { readonly texts: readonly (string | undefined)[]; readonly isCut: boolean } {
  const wild = [...new Set(patterns)].filter((pattern) => /[*?]/.test(pattern));
  if (wild.length > 1 && wild.length ** 2 > Math.min(mostPairs, MOST_PAIRS))
    return { texts: [], isCut: true };
  const prepared = wild.map(prepare);
  const texts = wild.flatMap((one) =>
    prepared.flatMap((other, at) => (wild[at] === one ? [] : combine(one, other))),
  );
  return { texts, isCut: false };
}

/** The same for ARNs, whose stars stay within their field. */
export function arnTexts(
  patterns: readonly string[],
  named: readonly string[],
  mostPairs = MOST_PAIRS,
): Texts {
  const word = unusedWord('x', named);
  const alone = patterns.flatMap((pattern) => [fill(pattern, ''), fill(pattern, word)]);
  const together = pairsOf(
    patterns,
    mostPairs,
    (pattern) => arnFields(pattern).map((field) => fill(field, word)),
    (pattern, filled) => {
      const fields = arnFields(pattern).map((field, at) => {
        const inner = at < filled.length ? filled[at] : '';
        return inner === undefined ? undefined : fill(field, inner);
      });
      return [fields.includes(undefined) ? undefined : fields.join(':')];
    },
  );
  return textsOf([...alone, ...together.texts], together.isCut);
}

function arnFields(pattern: string): readonly string[] {
  const fields = pattern.split(':');
  return [...fields.slice(0, 5), fields.slice(5).join(':')];
}

function textsOf(texts: readonly (string | undefined)[], isCut: boolean): Texts {
  const made = texts.filter((text) => text !== undefined);
  return { texts: [...new Set(made)], isCut: isCut || made.length < texts.length };
}

function numbersIn(texts: readonly string[], read: (text: string) => number | undefined): readonly number[] {
  const numbers = texts.map(read).filter((number) => number !== undefined && Number.isFinite(number));
  return [...new Set(numbers.filter((number) => number !== undefined))].sort((one, other) => one - other);
}

/** Each boundary, a number between each two, and one beyond either end. */
function samplesOf(boundaries: readonly number[], step: number): readonly number[] {
  return boundaries.flatMap((boundary, index) => {
    const before = boundaries[index - 1];
    const below = before === undefined ? boundary - step : before + (boundary - before) / 2;
    return index === boundaries.length - 1 ? [below, boundary, boundary + step] : [below, boundary];
  });
}

function instantText(milliseconds: number): string {
  if (milliseconds % 1000 === 0) return String(milliseconds / 1000);
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? String(Math.floor(milliseconds / 1000)) : date.toISOString();
}

/** The first address of each range, the one behind its last, and the first of all, in each version that is named. */
function addressTexts(ranges: readonly string[]): readonly string[] {
  return ranges.flatMap((text) => {
    const range = readAddressRange(text);
    if (range === undefined) return [];
    const bits = BigInt(range.address.length * 8);
    const number = range.address.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    const size = 1n << (bits - BigInt(range.prefix));
    const first = (number / size) * size;
    return [0n, first, first + size]
      .filter((each) => each < 1n << bits)
      .map((each) => (bits === 32n ? version4(each) : version6(each)));
  });
}

function version4(number: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((number >> shift) & 255n)).join('.');
}

function version6(number: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => (number >> BigInt(112 - 16 * index)) & 0xffffn);
  return groups.map((group) => group.toString(16)).join(':');
}

/** The keys, in lower case, of the policy variables in a text. */
export function variablesIn(text: string, version: PolicyVersion): readonly string[] {
  return parseTemplate(text, version).flatMap((part) => ('key' in part && part.key !== '' ? part.key : []));
}

/** More values of a variable than this are not put into a text. */
const MOST_RESOLVED = 16;

/**
 * A text with values in the place of its variables and of escapes: once for each of some values that the keys may
 * have, and once with the fallbacks.
 */
export function withoutVariables(
  text: string,
  version: PolicyVersion,
  valuesOf: (key: string) => readonly string[],
): Texts {
  const template = parseTemplate(text, version);
  if (template.every((part) => 'text' in part && !part.literal)) return { texts: [text], isCut: false };
  const values = new Map(
    template.flatMap((part) => ('key' in part ? [[part.key, valuesOf(part.key)] as const] : [])),
  );
  const most = Math.max(1, ...[...values.values()].map(({ length }) => length));
  const write = (replace: (key: string, fallback: string | undefined) => string): string | undefined => {
    let written = '';
    for (const part of template) {
      written += 'text' in part ? part.text : replace(part.key, part.fallback);
      if (written.length > LONGEST) return undefined;
    }
    return written;
  };
  const each = Array.from({ length: Math.min(most, MOST_RESOLVED) }, (_, at) =>
    write((key) => {
      const all = values.get(key) ?? [];
      return all[at % Math.max(1, all.length)] ?? '';
    }),
  );
  const withFallbacks = write((key, fallback) => fallback ?? values.get(key)?.[0] ?? '');
  return textsOf([...each, withFallbacks], most > MOST_RESOLVED);
}

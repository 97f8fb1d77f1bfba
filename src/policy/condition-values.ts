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
type Family = 'text' | 'pattern' | 'arn' | 'number' | 'date' | 'address' | 'boolean' | 'presence';

const FAMILIES: readonly (readonly [RegExp, Family])[] = [
  [/^null$/, 'presence'],
  [/like/, 'pattern'],
  [/^numeric/, 'number'],
  [/^date/, 'date'],
  [/ipaddress/, 'address'],
  [/^bool/, 'boolean'],
];

function familyOf(operator: string): Family {
  const name = operator.toLowerCase().replace(/^for(?:allvalues|anyvalue):/, '');
  if (name.startsWith('arn')) return 'arn';
  return FAMILIES.find(([pattern]) => pattern.test(name))?.[1] ?? 'text';
}

/**
 * The single values worth trying for a key, each once; that the key may also be absent is not among them.
 *
 * @param uses all conditions on the key
 * @param texts the policy values of a condition, with something in the place of variables
 */
export function valuesToTry(
  uses: readonly ConditionUse[],
  texts: (use: ConditionUse) => readonly string[],
): readonly string[] {
  const byFamily = new Map<Family, string[]>();
  for (const use of uses) {
    if (readOperator(use.condition.operator) === undefined) continue;
    const family = familyOf(use.condition.operator);
    byFamily.set(family, [...(byFamily.get(family) ?? []), ...texts(use)]);
  }
  const of = (family: Family): readonly string[] => byFamily.get(family) ?? [];
  const named = [...byFamily.values()].flat();
  const values = [
    ...of('text').flatMap((text) => [text, swapCase(text)]),
    ...patternTexts(of('pattern'), named),
    ...arnTexts(of('arn'), named),
    ...samplesOf(numbersIn(of('number'), Number), 1).map(String),
    ...samplesOf(numbersIn(of('date'), readInstant), 1000).map(instantText),
    ...addressTexts(of('address')),
    ...(byFamily.has('boolean') ? ['true', 'false'] : []),
    ...(isAnyTextPossible(byFamily) ? [otherValue(named, byFamily.has('arn'))] : []),
  ];
  return [...new Set(values)];
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

/** A text that stands in none of the others. */
export function unusedWord(word: string, others: readonly string[]): string {
  let unused = word;
  while (others.some((other) => other.toLowerCase().includes(unused))) unused += '-x';
  return unused;
}

/** `Team` for `tEAM`: equal where case does not count, and not where it does. */
function swapCase(text: string): string {
  const upper = text.toUpperCase();
  return text === upper ? text.toLowerCase() : upper;
}

/** Puts a text in the place of each star, and a letter in that of each question mark. */
function fill(pattern: string, text: string): string {
  return pattern.replaceAll(/\*+/g, () => text).replaceAll('?', 'x');
}

/** More patterns than this are not tried together: that would be too many texts. */
const MOST_COMBINED = 16;

/** The patterns to try together with others: those that hold a wildcard. */
function combinable(patterns: readonly string[]): readonly string[] {
  const wild = [...new Set(patterns)].filter((pattern) => /[*?]/.test(pattern));
  return wild.length > MOST_COMBINED ? [] : wild;
}

/** Texts that match each pattern: alone, and together with each other one. */
export function patternTexts(patterns: readonly string[], named: readonly string[]): readonly string[] {
  const word = unusedWord('x', named);
  const others = combinable(patterns);
  return patterns.flatMap((pattern) => [
    // As it stands, for escaped wildcards.
    pattern,
    fill(pattern, ''),
    fill(pattern, word),
    ...others
      .filter((other) => other !== pattern)
      .flatMap((other) => [fill(pattern, fill(other, '')), fill(pattern, fill(other, word))]),
  ]);
}

/** The same for ARNs, whose stars stay within their field. */
export function arnTexts(patterns: readonly string[], named: readonly string[]): readonly string[] {
  const word = unusedWord('x', named);
  const fieldsOf = (pattern: string): readonly string[] => {
    const fields = pattern.split(':');
    return [...fields.slice(0, 5), fields.slice(5).join(':')];
  };
  const meet = (pattern: string, other: string): string => {
    const others = fieldsOf(other);
    return fieldsOf(pattern)
      .map((field, index) => fill(field, fill(others[index] ?? '', word)))
      .join(':');
  };
  const wild = combinable(patterns);
  return patterns.flatMap((pattern) => [
    fill(pattern, ''),
    fill(pattern, word),
    ...wild.flatMap((other) => (other === pattern ? [] : meet(pattern, other))),
  ]);
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

/**
 * A text with values in the place of its variables and of escapes: once for each of the values that the keys may
 * have, and once with the fallbacks.
 */
export function withoutVariables(
  text: string,
  version: PolicyVersion,
  valuesOf: (key: string) => readonly string[],
): readonly string[] {
  const template = parseTemplate(text, version);
  if (template.every((part) => 'text' in part && !part.literal)) return [text];
  const count = Math.max(1, ...template.map((part) => ('key' in part ? valuesOf(part.key).length : 1)));
  const write = (replace: (key: string, fallback: string | undefined) => string): string =>
    template.map((part) => ('text' in part ? part.text : replace(part.key, part.fallback))).join('');
  const each = Array.from({ length: count }, (_, at) =>
    write((key) => {
      const values = valuesOf(key);
      return values[at % Math.max(1, values.length)] ?? '';
    }),
  );
  return [...new Set([...each, write((key, fallback) => fallback ?? valuesOf(key)[0] ?? '')])];
}

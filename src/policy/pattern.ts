/**
 * Patterns with `*` (any characters, also none) and `?` (exactly one), anchored at both ends.
 *
 * Most patterns are a text, a text and a star, or a star between two texts, and are compared as such. Of the
 * rest, short ones are tried from left to right, going back to the last star on a mismatch; that takes at worst
 * a step for each pair of characters. Where that could be many, the pattern runs as a bit-parallel automaton:
 * one bit for each of its characters, all advanced together on each character of the text, without going back.
 * So `*?*?*?…` costs what any other pattern costs. Nothing but the pattern itself is kept between two matches:
 * a policy cannot be made to occupy far more memory than its text.
 *
 * A character is a UTF-16 code unit, as in the Java services whose language this is.
 */

/** A stretch of a pattern; in a literal one, `*` and `?` stand for themselves. */
export interface PatternPart {
  readonly text: string;
  readonly literal: boolean;
}

/** Whether a text matches. */
export type TextMatcher = (text: string) => boolean;

/** What is matched; a string is one. */
export interface CharacterSource {
  readonly length: number;
  charCodeAt(index: number): number;
}

/** Character codes, and the two wildcards. No two stars follow each other, and no question mark a star. */
export type PatternSymbols = readonly number[];
const STAR = -1;
const ANY = -2;

/** How many steps are few enough for `matchBacktracking`; it never takes more than this. */
const FEW_STEPS = 16_384;

/** Compiles a pattern in which `*` and `?` are wildcards. */
export function compileWildcards(pattern: string): TextMatcher {
  return compilePattern([{ text: pattern, literal: false }]);
}

/** Compiles a pattern that may hold literal stretches, such as the values of policy variables. */
export function compilePattern(parts: readonly PatternPart[]): TextMatcher {
  const affixes = asAffixes(parts);
  if (affixes === undefined) {
    const symbols = readSymbols(parts);
    return (text) => matchSymbols(symbols, text);
  }
  const { prefix, suffix } = affixes;
  if (suffix === undefined) return (text) => text === prefix;
  const least = prefix.length + suffix.length;
  return (text) => text.length >= least && text.startsWith(prefix) && text.endsWith(suffix);
}

/** `prefix` or `prefix*suffix`, if the pattern is no more than that. */
function asAffixes(
  parts: readonly PatternPart[],
): { readonly prefix: string; readonly suffix: string | undefined } | undefined {
  let prefix = '';
  let suffix: string | undefined;
  for (const { text, literal } of parts) {
    if (!literal && text.includes('?')) return undefined;
    const pieces = literal ? [text] : text.split(/\*+/);
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) {
        if (suffix !== undefined && suffix !== '') return undefined;
        suffix = '';
      }
      if (suffix === undefined) prefix += piece;
      else suffix += piece;
    }
  }
  return { prefix, suffix };
}

/** Reads a pattern. A star moves behind the question marks that follow it, which means the same. */
export function readSymbols(parts: readonly PatternPart[]): PatternSymbols {
  const symbols: number[] = [];
  let isStarPending = false;
  for (const { text, literal } of parts) {
    for (let at = 0; at < text.length; at += 1) {
      if (!literal && text[at] === '*') {
        isStarPending = true;
      } else if (!literal && text[at] === '?') {
        symbols.push(ANY);
      } else {
        if (isStarPending) symbols.push(STAR);
        isStarPending = false;
        symbols.push(text.charCodeAt(at));
      }
    }
  }
  if (isStarPending) symbols.push(STAR);
  return symbols;
}

/** Whether a text matches, in a number of steps that is linear in its length. */
export function matchSymbols(symbols: PatternSymbols, text: CharacterSource): boolean {
  return symbols.length * text.length <= FEW_STEPS
    ? matchBacktracking(symbols, text)
    : matchParallel(symbols, text);
}

/** On a mismatch, goes back to the last star and lets it take one character more. */
function matchBacktracking(symbols: PatternSymbols, text: CharacterSource): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let taken = 0;
  while (at < text.length) {
    const symbol = symbols[next];
    if (symbol === STAR) {
      star = next;
      taken = at;
      next += 1;
    } else if (symbol === ANY || symbol === text.charCodeAt(at)) {
      next += 1;
      at += 1;
    } else if (star !== -1) {
      taken += 1;
      at = taken;
      next = star + 1;
    } else {
      return false;
    }
  }
  if (symbols[next] === STAR) next += 1;
  return next === symbols.length;
}

/**
 * State i is alive when the text so far matches the first i characters of the pattern; a character of the text
 * moves all states at once, `⌈length / 32⌉` words of them.
 */
function matchParallel(symbols: PatternSymbols, text: CharacterSource): boolean {
  const characters = symbols.filter((symbol) => symbol !== STAR).length;
  if (text.length < characters) return false;
  const { accepts, acceptsAny, waits } = buildMasks(symbols, characters);
  const states = new Int32Array(waits.length);
  states[0] = 1;
  // Only the words between the first and the last state that is alive can change.
  let first = 0;
  let last = 0;
  for (let at = 0; at < text.length; at += 1) {
    const mask = accepts.get(text.charCodeAt(at)) ?? acceptsAny;
    let carry = 0;
    for (let word = first; word <= last; word += 1) {
      const current = states[word] ?? 0;
      const moving = current & (mask[word] ?? 0);
      states[word] = (moving << 1) | carry | (current & (waits[word] ?? 0));
      carry = moving >>> 31;
    }
    if (carry !== 0) {
      last += 1;
      states[last] = carry;
    }
    while (first <= last && states[first] === 0) first += 1;
    while (last >= first && states[last] === 0) last -= 1;
    if (first > last) return false;
  }
  return ((states[characters >>> 5] ?? 0) & (1 << (characters & 31))) !== 0;
}

interface Masks {
  /** Bit i of the mask for a character: the pattern's character i accepts it. */
  readonly accepts: ReadonlyMap<number, Int32Array>;
  /** The mask for all characters that the pattern does not hold: its question marks. */
  readonly acceptsAny: Int32Array;
  /** Bit i: a star stands before character i (or at the end), so that state i may stay. */
  readonly waits: Int32Array;
}

function buildMasks(symbols: PatternSymbols, characters: number): Masks {
  const words = (characters >>> 5) + 1;
  const accepts = new Map<number, Int32Array>();
  const acceptsAny = new Int32Array(words);
  const waits = new Int32Array(words);
  let index = 0;
  for (const symbol of symbols) {
    if (symbol === STAR) {
      setBit(waits, index);
      continue;
    }
    let mask = symbol === ANY ? acceptsAny : accepts.get(symbol);
    if (mask === undefined) {
      mask = new Int32Array(words);
      accepts.set(symbol, mask);
    }
    setBit(mask, index);
    index += 1;
  }
  for (const mask of accepts.values()) {
    for (let word = 0; word < words; word += 1) mask[word] = (mask[word] ?? 0) | (acceptsAny[word] ?? 0);
  }
  return { accepts, acceptsAny, waits };
}

function setBit(mask: Int32Array, bit: number): void {
  mask[bit >>> 5] = (mask[bit >>> 5] ?? 0) | (1 << (bit & 31));
}

import { newWork, type Work } from './work.ts';

/**
 * Patterns with `*` (any characters, also none) and `?` (exactly one), anchored at both ends.
 *
 * Most patterns are a text, a text and a star, or a star between two texts, and are compared as such. Of the
 * rest, short ones are tried from left to right, going back to the last star on a mismatch; that takes at worst
 * a step for each pair of characters. Where that could be many, the pattern runs as a bit-parallel automaton:
 * one bit for each of its characters, all advanced together on each character of the text, without going back.
 * So `*?*?*?…` costs what any other pattern costs, and a match counts what it cost (`work.ts`). Nothing but the
 * pattern itself is kept between two matches: a policy cannot be made to occupy far more memory than its text.
 *
 * A character is a UTF-16 code unit, as in the Java services whose language this is.
 */

/** A stretch of a pattern; in a literal one, `*` and `?` stand for themselves. */
export interface PatternPart {
  readonly text: string;
  readonly literal: boolean;
}

/** Whether a text matches. */
export type TextMatcher = (text: string, work?: Work) => boolean;

/** What is matched; a string is one. */
export interface CharacterSource {
  readonly length: number;
  charCodeAt(index: number): number;
}

/** Character codes, and the two wildcards. No two stars follow each other, and no question mark a star. */
export type PatternSymbols = readonly number[];
const STAR = -1;
const ANY = -2;
const END = -3;

/** How many steps are few enough for `matchBacktracking`; it never takes more than this. */
const FEW_STEPS = 262_144;

/** What a star alone is: most fields of most patterns, so that it is worth being the same for all of them. */
export const MATCHES_ALL: TextMatcher = () => true;

/** Compiles a pattern in which `*` and `?` are wildcards. */
export function compileWildcards(pattern: string): TextMatcher {
  return compilePattern([{ text: pattern, literal: false }]);
}

/** Compiles a pattern that may hold literal stretches, such as the values of policy variables. */
export function compilePattern(parts: readonly PatternPart[]): TextMatcher {
  const affixes = asAffixes(parts);
  if (affixes === undefined) {
    const symbols = readSymbols(parts);
    const least = symbols.filter((symbol) => symbol !== STAR).length;
    return (text, work) => text.length >= least && matchSymbols(symbols, text, work);
  }
  const { prefix, suffix } = affixes;
  if (suffix === undefined) return (text) => text === prefix;
  if (prefix === '' && suffix === '') return MATCHES_ALL;
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
    const pieces = literal || !text.includes('*') ? [text] : text.split(/\*+/);
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
export function matchSymbols(symbols: PatternSymbols, text: CharacterSource, work = newWork()): boolean {
  return symbols.length * text.length <= FEW_STEPS
    ? matchBacktracking(symbols, text, work)
    : matchParallel(symbols, text, work);
}

/** On a mismatch, goes back to the last star and lets it take one character more. */
function matchBacktracking(symbols: PatternSymbols, text: CharacterSource, work: Work): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let taken = 0;
  let steps = 1;
  for (; at < text.length; steps += 1) {
    // Never a look beyond the end: where one has been, the engine takes nothing for a number any more.
    const symbol = next < symbols.length ? (symbols[next] ?? END) : END;
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
      break;
    }
  }
  work.steps += steps;
  if (at < text.length) return false;
  if (symbols[next] === STAR) next += 1;
  return next === symbols.length;
}

/** What it takes to read a character, besides the words that are moved. */
const STEPS_A_CHARACTER = 8;

function matchParallel(symbols: PatternSymbols, text: CharacterSource, work: Work): boolean {
  const characters = symbols.filter((symbol) => symbol !== STAR).length;
  if (text.length < characters) return false;
  const masks = buildMasks(symbols, characters);
  work.steps += symbols.length + masks.accepts.size * masks.waits.length;
  const automaton = new Automaton(masks);
  for (let at = 0; at < text.length; at += 1) {
    const moved = automaton.read(text.charCodeAt(at));
    work.steps += STEPS_A_CHARACTER + moved;
    if (moved === 0) return false;
  }
  return automaton.isAlive(characters);
}

/**
 * State i is alive when the text so far matches the first i characters of the pattern; a character of the text
 * moves all states at once, `⌈length / 32⌉` words of them. Where a star has been reached, no state before it
 * matters any more: whatever matches from there on is found from the star as well.
 */
class Automaton {
  readonly #masks: Masks;
  readonly #states: Int32Array;
  /** The words of the first and the last state that is alive: only those between them can change. */
  #first = 0;
  #last = 0;

  constructor(masks: Masks) {
    this.#masks = masks;
    this.#states = new Int32Array(masks.waits.length);
    this.#states[0] = 1;
  }

  /** @returns how many words hold states that are alive */
  read(code: number): number {
    const { accepts, acceptsAny, waits } = this.#masks;
    const mask = accepts.get(code) ?? acceptsAny;
    const states = this.#states;
    let carry = 0;
    let star = this.#first;
    for (let word = this.#first; word <= this.#last; word += 1) {
      const current = states[word] ?? 0;
      const wait = waits[word] ?? 0;
      const moving = current & (mask[word] ?? 0);
      const moved = (moving << 1) | carry | (current & wait);
      states[word] = moved;
      carry = moving >>> 31;
      if ((moved & wait) !== 0) star = word;
    }
    this.#last += 1;
    states[this.#last] = carry;
    if ((carry & (waits[this.#last] ?? 0)) !== 0) star = this.#last;
    this.#cutBefore(star);
    return this.#last - this.#first + 1;
  }

  /** Forgets all states before the last star of a word, and words without any. */
  #cutBefore(word: number): void {
    const states = this.#states;
    const waiting = (states[word] ?? 0) & (this.#masks.waits[word] ?? 0);
    this.#first = word;
    if (waiting !== 0) states[word] = (states[word] ?? 0) & (-1 << (31 - Math.clz32(waiting)));
    while (this.#first <= this.#last && states[this.#first] === 0) this.#first += 1;
    while (this.#last >= this.#first && states[this.#last] === 0) this.#last -= 1;
  }

  isAlive(state: number): boolean {
    return ((this.#states[state >>> 5] ?? 0) & (1 << (state & 31))) !== 0;
  }
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
  // One more than the states take, for what is carried out of the last.
  const words = (characters >>> 5) + 2;
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

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type CharacterSource,
  compilePattern,
  compileWildcards,
  matchSymbols,
  readSymbols,
} from './pattern.ts';

/** Long enough, on both sides, for the pattern to be matched in parallel. */
const LONG = 'y'.repeat(520);

const symbolsOf = (pattern: string) => readSymbols([{ text: pattern, literal: false }]);

describe('compileWildcards', () => {
  const cases: readonly (readonly [pattern: string, text: string, matches: boolean])[] = [
    ['', '', true],
    ['', 'a', false],
    ['abc', 'abc', true],
    ['abc', 'ABC', false],
    ['abc', 'abcd', false],
    ['*', '', true],
    ['*', 'anything', true],
    ['**', '', true],
    ['?', '', false],
    ['?', 'a', true],
    ['?', 'ab', false],
    ['a*', 'a', true],
    ['a*', 'ba', false],
    ['*a', 'ba', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['ab*ba', 'aba', false],
    ['*a*', 'bab', true],
    ['*a*', 'bbb', false],
    ['*?*', '', false],
    ['*?*', 'a', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*ab*ab*', 'aab', false],
    ['*ab*ab*', 'xabyab', true],
    ['a.c', 'abc', false],
    ['[a]', 'a', false],
    ['line\nbreak*', 'line\nbreak and more\n', true],
    ['alias/*', 'alias/a/b', true],
  ];
  for (const [pattern, text, matches] of cases) {
    it(`${JSON.stringify(pattern)} ${matches ? 'matches' : 'does not match'} ${JSON.stringify(text)}`, () => {
      assert.equal(compileWildcards(pattern)(text), matches);
      assert.equal(matchSymbols(symbolsOf(pattern), text), matches, 'from left to right');
      assert.equal(matchSymbols(symbolsOf(`${LONG}${pattern}`), `${LONG}${text}`), matches, 'in parallel');
    });
  }

  it('agrees with a regular expression', () => {
    const patterns = fc.array(fc.constantFrom('a', 'b', '*', '?', 'ab', '.'), { maxLength: 10 });
    const texts = fc.array(fc.constantFrom('a', 'b', 'ab', '.', '*'), { maxLength: 12 });
    const property = fc.property(patterns, texts, (pieces, characters) => {
      const text = characters.join('');
      const expression = pieces
        .join('')
        .replaceAll('.', '\\.')
        .replaceAll('*', '[^]*')
        .replaceAll('?', '[^]');
      const matches = new RegExp(`^${expression}$`).test(text);
      assert.equal(compileWildcards(pieces.join(''))(text), matches);
      assert.equal(compileWildcards(LONG + pieces.join(''))(LONG + text), matches, 'in parallel');
    });
    fc.assert(property, { numRuns: 5_000 });
  });

  it('agrees with a regular expression across word boundaries of the automaton', () => {
    const pieces = fc.array(fc.constantFrom('a'.repeat(31), 'b'.repeat(33), '*', '?', 'ab'), {
      maxLength: 6,
    });
    const property = fc.property(pieces, pieces, (pattern, text) => {
      const subject = text.join('').replaceAll('*', 'a').replaceAll('?', 'b');
      const expression = pattern.join('').replaceAll('*', '.*').replaceAll('?', '.');
      const matches = new RegExp(`^${expression}$`).test(subject);
      assert.equal(compileWildcards(LONG + pattern.join(''))(LONG + subject), matches);
    });
    fc.assert(property, { numRuns: 2_000 });
  });
});

describe('compilePattern', () => {
  it('takes wildcards in literal parts for themselves', () => {
    const matches = compilePattern([
      { text: 'a*', literal: false },
      { text: '*?', literal: true },
      { text: '*', literal: false },
    ]);
    assert.ok(matches('abc*?d'));
    assert.ok(!matches('abcd'));
    assert.ok(compilePattern([{ text: '*', literal: true }])('*'));
    assert.ok(!compilePattern([{ text: '*', literal: true }])('a'));
  });

  it('joins literal and pattern parts', () => {
    const matches = compilePattern([
      { text: 'user/', literal: false },
      { text: 'alice', literal: true },
      { text: '/*', literal: false },
    ]);
    assert.ok(matches('user/alice/x'));
    assert.ok(!matches('user/bob/x'));
  });
});

describe('the work of a match', () => {
  /** A text of one character, long, that counts how often it is looked at. */
  class CountedText implements CharacterSource {
    readonly length: number;
    readonly #code: number;
    reads = 0;
    constructor(character: string, length: number) {
      this.#code = character.charCodeAt(0);
      this.length = length;
    }
    charCodeAt(): number {
      this.reads += 1;
      return this.#code;
    }
  }

  const hostile = [
    '*?'.repeat(2_000),
    `${'*a'.repeat(2_000)}b`,
    `*${'a?'.repeat(1_000)}b*`,
    `${'?*'.repeat(999)}b`,
  ];
  for (const pattern of hostile) {
    it(`looks at each character once, for ${pattern.slice(0, 12)}… of ${pattern.length} characters`, () => {
      const text = new CountedText('a', 100_000);
      matchSymbols(symbolsOf(pattern), text);
      assert.ok(text.reads <= text.length, `${text.reads} reads`);
    });
  }

  it('goes back only in short patterns and texts', () => {
    let reads = 0;
    for (let length = 1; length < 2_000; length += 1) {
      const text = new CountedText('a', length);
      matchSymbols(symbolsOf(`*${'a'.repeat(length / 2)}b*`), text);
      reads = Math.max(reads, text.reads - length);
    }
    assert.ok(reads > 0 && reads <= 262_144, `${reads} reads`);
  });

  it('keeps no more than the pattern between matches', () => {
    for (const pattern of hostile) assert.ok(symbolsOf(pattern).length <= pattern.length);
    assert.equal(symbolsOf('*?*?**?*').length, 4);
  });

  it('does not look at a text that is too short for a long pattern', () => {
    const text = new CountedText('a', 999);
    assert.equal(matchSymbols(symbolsOf(`*${'?'.repeat(1_000)}`), text), false);
    assert.equal(text.reads, 0);
  });

  it('stops at the first character that cannot match', () => {
    for (const length of [100, 100_000]) {
      const text = new CountedText('b', length);
      assert.equal(matchSymbols(symbolsOf('a*c*'), text), false);
      assert.equal(text.reads, 1);
    }
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type JsonNode, offsetFinder, positionFinder, readJson } from './json.ts';

/** The plain value of a node, as `JSON.parse` would give it. */
function plain(node: JsonNode | undefined): unknown {
  switch (node?.kind) {
    case 'object':
      return Object.fromEntries([...node.members].map(([key, { value }]) => [key, plain(value)]));
    case 'array':
      return node.items.map(plain);
    case 'number':
      return Number(node.text);
    case 'null':
      return null;
    default:
      return node?.value;
  }
}

const fault = (text: string) => readJson(text).faults[0];

describe('readJson', () => {
  it('reads whatever JSON.stringify writes, with and without spaces', () => {
    const property = fc.property(fc.jsonValue(), fc.constantFrom('', ' ', '\r\n\t'), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      const { root, faults } = readJson(text);
      assert.deepEqual(faults, []);
      assert.deepEqual(plain(root), JSON.parse(text));
    });
    fc.assert(property, { examples: [[{ __proto__: 1, a: [{}, [], ''] }, '']] });
  });

  it('accepts and refuses what JSON.parse accepts and refuses', () => {
    const alphabet = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '1',
      '-',
      '.5',
      'e3',
      'true',
      'nul',
      ' ',
    );
    const property = fc.property(fc.array(alphabet, { maxLength: 8 }), (tokens) => {
      const text = tokens.join('');
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      assert.equal(readJson(text).root !== undefined, isJson, text);
    });
    fc.assert(property, { numRuns: 5_000 });
  });

  it('keeps numbers as they were written', () => {
    const { root } = readJson('[1.50, -0, 12345678901234567890, 1e3]');
    assert.ok(root?.kind === 'array');
    const texts = root.items.map((item) => item.kind === 'number' && item.text);
    assert.deepEqual(texts, ['1.50', '-0', '12345678901234567890', '1e3']);
  });

  it('remembers where keys and values stand', () => {
    const { root } = readJson('{ "a": [ 1,\n "b" ] }');
    assert.ok(root?.kind === 'object');
    const member = root.members.get('a');
    assert.ok(member?.value.kind === 'array');
    assert.deepEqual([root.offset, member.keyOffset, member.value.offset], [0, 2, 7]);
    assert.deepEqual(
      member.value.items.map(({ offset }) => offset),
      [9, 13],
    );
  });

  it('refuses a duplicate key, keeps the first value and reads on', () => {
    const { root, faults } = readJson('{"a":1,"b":{"c":1,"c":2},"a":3,"\\u0061":4}');
    assert.deepEqual(plain(root), { a: 1, b: { c: 1 } });
    assert.deepEqual(
      faults.map(({ detail, offset }) => [detail, offset]),
      [
        ['the key "c" appears twice', 18],
        ['the key "a" appears twice', 25],
        ['the key "a" appears twice', 31],
      ],
    );
  });

  const refused: readonly (readonly [text: string, detail: string, offset: number])[] = [
    ['', 'expected a value, found the end of the text', 0],
    ['{"a"}', 'expected a colon after the key, found "}"', 4],
    ['{"a":1,}', 'expected a key in double quotes, found "}"', 7],
    ['{a:1}', 'expected a key in double quotes, found "a"', 1],
    ["{'a':1}", 'expected a key in double quotes, found "\'"', 1],
    ['[1,]', 'expected a value, found "]"', 3],
    ['[1 2]', 'expected a comma or "]", found "2"', 3],
    ['[01]', 'expected a comma or "]", found "1"', 2],
    ['{"a":1]', 'expected a comma or "}", found "]"', 6],
    ['{} {}', 'expected the end of the text, found "{"', 3],
    ['["abc', 'a string that is not closed', 1],
    ['["abc\\', 'a string that is not closed', 1],
    ['["a\nb"]', 'a control character inside a string must be escaped', 3],
    ['["a\u0000b"]', 'a control character inside a string must be escaped', 3],
    ['["\\x41"]', 'a string with an invalid escape', 1],
    ['["\\u00"]', 'a string with an invalid escape', 1],
    ['["\\u0000"]', 'a string that contains the character U+0000', 1],
    ['["\\ud83d"]', 'a string that contains half of a surrogate pair', 1],
    ['{"\\udc00":1}', 'a string that contains half of a surrogate pair', 1],
    ['NaN', 'expected a value, found "N"', 0],
    ['// no', 'expected a value, found "/"', 0],
    ['\uFEFF{}', 'expected a value, found "\uFEFF"', 0],
  ];
  for (const [text, detail, offset] of refused) {
    it(`refuses ${JSON.stringify(text)}: ${detail}`, () => {
      assert.deepEqual(fault(text), { detail, offset });
      assert.equal(readJson(text).root, undefined);
    });
  }

  it('reads a whole surrogate pair', () => {
    assert.equal(plain(readJson('"\\ud83d\\udd11"').root), '🔑');
  });

  for (const [name, open] of [
    ['lists', '['],
    ['objects', '{"a":'],
  ] as const) {
    it(`refuses ${name} nested 10,000 deep at the 65th level, without recursion`, () => {
      assert.deepEqual(fault(open.repeat(10_000)), {
        detail: 'nested deeper than 64 levels',
        offset: 64 * open.length,
      });
      const allowed = `${'['.repeat(64)}${']'.repeat(64)}`;
      assert.deepEqual(readJson(allowed).faults, []);
    });
  }

  it('reads one string of 32,768 bytes', () => {
    const text = JSON.stringify('x'.repeat(32_766));
    assert.equal(plain(readJson(text).root), 'x'.repeat(32_766));
  });

  it('reads on behind 99 duplicate keys, and no further than the hundredth', () => {
    const duplicates = (count: number) => `{${Array.from({ length: count + 1 }, () => '"k":0').join(',')}}`;
    const { root, faults } = readJson(duplicates(99));
    assert.deepEqual(plain(root), { k: 0 });
    assert.equal(faults.length, 99);
    // What is behind the hundredth is not even JSON, and nobody is told.
    const many = readJson(duplicates(10_000).slice(0, -1));
    assert.equal(many.root, undefined);
    assert.deepEqual(
      many.faults.map(({ detail, offset }) => [detail, offset]),
      Array.from({ length: 100 }, (_, index) => ['the key "k" appears twice', 1 + 6 * (index + 1)]),
    );
  });
});

describe('positionFinder', () => {
  it('counts lines and columns from 1', () => {
    const positionOf = positionFinder('ab\r\nc\n\nd');
    const expected = [
      [1, 1],
      [1, 2],
      [1, 3],
      [1, 4],
      [2, 1],
      [2, 2],
      [3, 1],
      [4, 1],
      [4, 2],
    ];
    for (const [offset, [line, column]] of expected.entries()) {
      assert.deepEqual(positionOf(offset), { line, column }, `offset ${offset}`);
    }
  });
});

describe('offsetFinder', () => {
  it('leads back from every position', () => {
    const property = fc.property(fc.string({ unit: fc.constantFrom('a', '\r', '\n') }), (text) => {
      const [positionOf, offsetOf] = [positionFinder(text), offsetFinder(text)];
      for (let offset = 0; offset <= text.length; offset += 1) {
        assert.equal(offsetOf(positionOf(offset)), offset);
      }
    });
    fc.assert(property);
  });
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { arnTexts, unusedWord, withoutVariables } from './condition-values.ts';

describe('unusedWord', () => {
  it('is the word, or the word and a number, that is part of none of the texts', () => {
    assert.equal(unusedWord('other', ['a', 'oth']), 'other');
    for (const texts of [['another'], ['Other', 'x-other-01-y', 'OTHER-02'], ['other-01'.repeat(5)]]) {
      const word = unusedWord('other', texts);
      assert.match(word, /^other-\d+$/);
      assert.ok(!texts.some((text) => text.toLowerCase().includes(word)));
    }
  });

  it('takes no longer when many are taken', () => {
    const taken = Array.from({ length: 9000 }, (_, index) => `x-${String(index).padStart(5, '0')}`);
    assert.equal(unusedWord('x', taken), 'x-09000');
  });
});

describe('arnTexts', () => {
  it('match each pattern, and each with each other one', () => {
    const { texts, isCut } = arnTexts(['arn:aws:kms:*:1:key/a*', 'arn:aws:kms:eu:*:key/*b'], []);
    for (const wanted of [
      /^arn:aws:kms:[^:]*:1:key\/a.*$/,
      /^arn:aws:kms:eu:[^:]*:key\/.*b$/,
      /^arn:aws:kms:eu:1:key\/a.*b$/,
    ])
      assert.ok(
        texts.some((text) => wanted.test(text)),
        texts.join(),
      );
    assert.equal(isCut, false);
  });

  it('are left out where they would be very long', () => {
    const [one, other] = ['a*', 'b*'].map((piece) => `arn:aws:s3:::${piece.repeat(500)}`);
    const { texts, isCut } = arnTexts([one ?? '', other ?? ''], []);
    assert.equal(isCut, true);
    assert.ok(texts.every(({ length }) => length <= 8192));
  });
});

describe('withoutVariables', () => {
  const valuesOf = (key: string) => (key === 'a:one' ? ['x', 'y'] : []);

  it('puts each value in the place of a variable, and the fallback', () => {
    const { texts } = withoutVariables("<${a:one, 'z'}${*}>", '2012-10-17', valuesOf);
    assert.deepEqual(texts, ['<x*>', '<y*>', '<z*>']);
    assert.deepEqual(withoutVariables('<${a:one}>', '2008-10-17', valuesOf).texts, ['<${a:one}>']);
  });

  it('leaves out what would be too much', () => {
    const many = Array.from({ length: 40 }, (_, index) => String(index));
    const { texts, isCut } = withoutVariables('${a:one}', '2012-10-17', () => many);
    assert.deepEqual([texts.length, isCut], [16, true]);
    assert.ok(withoutVariables('${a:one}'.repeat(9000), '2012-10-17', () => ['x']).isCut);
  });
});

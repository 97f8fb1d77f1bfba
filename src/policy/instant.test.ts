import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readInstant } from './instant.ts';

describe('readInstant', () => {
  const read: readonly (readonly [text: string, same: string])[] = [
    ['2030-01', '2030-01-01T00:00:00.000Z'],
    ['2030-01-31', '2030-01-31T00:00:00.000Z'],
    ['2030-01-31T23:59Z', '2030-01-31T23:59:00.000Z'],
    ['2030-01-31T23:59:58Z', '2030-01-31T23:59:58.000Z'],
    ['2030-01-31T23:59:58.5Z', '2030-01-31T23:59:58.500Z'],
    ['2030-01-31T23:59:58+02:30', '2030-01-31T21:29:58.000Z'],
    ['2030-01-31T23:59:58-02:30', '2030-02-01T02:29:58.000Z'],
    ['2030-01-31T23:59:59-23:59', '2030-02-01T23:58:59.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
    ['0050-01-01', '0050-01-01T00:00:00.000Z'],
  ];
  for (const [text, same] of read) {
    it(`reads ${text}`, () => assert.equal(readInstant(text), new Date(same).getTime()));
  }

  it('reads whole numbers as seconds since 1970, also those of four digits', () => {
    assert.equal(readInstant('1893456000'), 1_893_456_000_000);
    assert.equal(readInstant('2030'), 2_030_000);
    assert.equal(readInstant('-1'), -1_000);
    assert.equal(readInstant('0'), 0);
  });

  for (const text of [
    '',
    'tomorrow',
    '1.5',
    '2030-13-01',
    '2030-00-01',
    '2030-02-29',
    '2030-04-31',
    '2030-01-01T24:00Z',
    '2030-01-01T00:60Z',
    '2030-01-01T00:00:60Z',
    '2030-01-01T00:00:00',
    '2030-01-01 00:00:00Z',
    '20300101T000000Z',
    '2030-1-1',
    ' 2030-01-01',
    '2030-01-01T00:00:00+24:00',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(readInstant(text), undefined));
  }

  it('reads back every ISO date', () => {
    const dates = fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(fc.property(dates, (date) => assert.equal(readInstant(date.toISOString()), date.getTime())));
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isInRange, readAddress, readAddressRange } from './address.ts';

function inRange(address: string, range: string): boolean {
  const value = readAddress(address);
  const expected = readAddressRange(range);
  assert.ok(value !== undefined && expected !== undefined);
  return isInRange(value, expected);
}

describe('readAddress', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '01.2.3.4',
    '1.2.3.4 ',
    '1.2.3.a',
    '1.2.3.4/32',
    '-1.2.3.4',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(readAddress(text), undefined));
  }
  for (const text of [
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::1::',
    '12345::',
    'g::',
    '1.2.3.4::',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7::8',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(readAddress(text), undefined));
  }

  it('reads the short forms of IPv6 as the long one', () => {
    const long = readAddress('2001:0db8:0000:0000:0000:0000:0000:0001');
    assert.deepEqual(readAddress('2001:db8::1'), long);
    assert.deepEqual(readAddress('2001:DB8:0:0::0:1'), long);
    assert.deepEqual(readAddress('::'), new Array(16).fill(0));
    assert.deepEqual(readAddress('::ffff:1.2.3.4'), [...new Array(10).fill(0), 255, 255, 1, 2, 3, 4]);
  });

  it('reads the longest form there is, and nothing longer', () => {
    const longest = '0000:0000:0000:0000:0000:ffff:255.255.255.255';
    assert.equal(readAddress(longest)?.length, 16);
    assert.equal(readAddress(`${longest}5`), undefined);
    assert.equal(readAddress(`0${longest}`), undefined);
  });

  it('reads every IPv4 address that is written out', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => assert.deepEqual(readAddress(text), text.split('.').map(Number))),
    );
  });

  it('reads every IPv6 address', () => {
    fc.assert(fc.property(fc.ipV6(), (text) => assert.equal(readAddress(text)?.length, 16, text)));
  });
});

describe('readAddressRange', () => {
  for (const text of [
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '::/129',
    '10.0.0.0/8/8',
    'x/8',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(readAddressRange(text), undefined));
  }
});

describe('isInRange', () => {
  const cases: readonly (readonly [address: string, range: string, expected: boolean])[] = [
    ['203.0.113.7', '203.0.113.0/24', true],
    ['203.0.114.7', '203.0.113.0/24', false],
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.8', '203.0.113.7', false],
    ['203.0.113.7', '203.0.113.7/32', true],
    ['203.0.113.8', '203.0.113.7/32', false],
    ['2001:db8::1', '2001:db8::1/128', true],
    ['10.9.8.7', '10.1.2.3/8', true],
    ['255.255.255.255', '0.0.0.0/0', true],
    ['192.168.1.129', '192.168.1.128/25', true],
    ['192.168.1.127', '192.168.1.128/25', false],
    ['2001:db8::1', '2001:db8::/32', true],
    ['2001:db9::1', '2001:db8::/32', false],
    ['2001:db8::1', '2001:db8::1', true],
    ['2001:db8::2', '2001:db8::1', false],
    ['203.0.113.7', '::/0', false],
    ['2001:db8::1', '0.0.0.0/0', false],
    ['::ffff:203.0.113.7', '203.0.113.0/24', false],
  ];
  for (const [address, range, expected] of cases) {
    it(`${address} is ${expected ? '' : 'not '}in ${range}`, () =>
      assert.equal(inRange(address, range), expected));
  }
});

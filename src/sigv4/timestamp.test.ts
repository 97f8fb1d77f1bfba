import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatTimestamp, readDateHeader, readTimestamp } from './timestamp.ts';

const YEAR_1000 = Date.UTC(1000, 0, 1) / 1000;
const YEAR_9999 = Date.UTC(9999, 11, 31) / 1000;
const moments = fc.integer({ min: YEAR_1000, max: YEAR_9999 });

describe('readTimestamp', () => {
  it('reads ISO 8601 basic format', () => {
    assert.deepEqual(readTimestamp('20150830T123600Z'), { text: '20150830T123600Z', seconds: 1440938160 });
  });

  it('reads what formatTimestamp writes, for any second from year 1000 to 9999', () => {
    fc.assert(
      fc.property(moments, (seconds) => {
        const text = formatTimestamp(seconds);
        assert.deepEqual(readTimestamp(text), { text, seconds });
      }),
    );
  });

  for (const text of [
    '',
    '20150830',
    '20150830T123600',
    '20150830T123600z',
    '20150830t123600Z',
    '2015-08-30T12:36:00Z',
    '20150830T123600Z ',
    '201508 0T123600Z',
    '+0150830T123600Z',
    '09990830T123600Z',
    '20150030T123600Z',
    '20151330T123600Z',
    '20150800T123600Z',
    '20150832T123600Z',
    '20150931T123600Z',
    '20150229T123600Z',
    '19000229T123600Z',
    '20150830T243600Z',
    '20150830T126000Z',
    '20150830T123660Z',
    '20150830T1236٠٠Z',
  ]) {
    it(`does not read '${text}'`, () => assert.equal(readTimestamp(text), undefined));
  }

  it('knows leap years', () => {
    for (const text of ['20160229T000000Z', '20000229T000000Z']) assert.ok(readTimestamp(text));
  });

  it('reads only what it would write, whatever the text', () => {
    const digits = fc.stringMatching(/^[0-9]{8}T[0-9]{6}Z$/);
    fc.assert(
      fc.property(digits, (text) => {
        const timestamp = readTimestamp(text);
        if (timestamp) assert.equal(formatTimestamp(timestamp.seconds), text);
      }),
    );
  });
});

describe('readDateHeader', () => {
  it('reads an HTTP date', () => {
    assert.deepEqual(readDateHeader('Sun, 30 Aug 2015 12:36:00 GMT'), {
      text: '20150830T123600Z',
      seconds: 1440938160,
    });
  });

  it('reads any moment that is written as an HTTP date', () => {
    fc.assert(
      fc.property(moments, (seconds) => {
        const text = new Date(seconds * 1000).toUTCString();
        assert.deepEqual(readDateHeader(text), { text: formatTimestamp(seconds), seconds });
      }),
    );
  });

  it('reads ISO 8601 basic format', () => {
    assert.equal(readDateHeader('20150830T123600Z')?.seconds, 1440938160);
  });

  for (const text of [
    'Mon, 30 Aug 2015 12:36:00 GMT',
    'Sun, 30 Aug 2015 12:36:00 EST',
    'Sunday, 30-Aug-15 12:36:00 GMT',
    'Sun Aug 30 12:36:00 2015',
    'Tue, 31 Feb 2015 12:36:00 GMT',
    '2015-08-30T12:36:00.000+00:00',
  ]) {
    it(`does not read '${text}'`, () => assert.equal(readDateHeader(text), undefined));
  }
});

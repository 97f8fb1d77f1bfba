import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parseSinkUrl, parseWitnessUrl } from './sink-url.ts';

const NO_TLS_FILES = { caFile: undefined, certificateFile: undefined, keyFile: undefined };

describe('URLs of audit sinks', () => {
  it('name files, with options after a #', () => {
    assert.deepEqual(parseSinkUrl('file:/var/log/audit.jsonl'), {
      kind: 'file',
      name: 'file:/var/log/audit.jsonl',
      path: '/var/log/audit.jsonl',
      maxBytes: 104_857_600,
      maxAgeHours: 24,
      keep: undefined,
    });
    assert.deepEqual(parseSinkUrl('file:///a%20b%2cc#max-bytes=1048576&max-age-hours=1&keep=3'), {
      kind: 'file',
      name: 'file:///a%20b%2cc',
      path: '/a b,c',
      maxBytes: 1_048_576,
      maxAgeHours: 1,
      keep: 3,
    });
  });

  it('name HTTP endpoints, queries included', () => {
    const url = 'https://collector.example.com/v1/logs?dataset=kms';
    const options = 'header-file=/run/secrets/header&ca-file=/ca.pem';
    assert.deepEqual(parseSinkUrl(`${url}#${options}`), {
      kind: 'http',
      name: url,
      headerFile: '/run/secrets/header',
      ...NO_TLS_FILES,
      caFile: '/ca.pem',
    });
    for (const host of ['127.0.0.1:1', 'localhost:1', '[::1]:1'])
      assert.equal(parseSinkUrl(`http://${host}`).name, `http://${host}/`);
  });

  it('name syslog receivers', () => {
    const name = 'syslog+tls://logs.example.com';
    const parsed = { kind: 'syslog', ...NO_TLS_FILES, port: 6514 };
    assert.deepEqual(parseSinkUrl(name), { ...parsed, name, host: 'logs.example.com' });
    assert.deepEqual(parseSinkUrl('syslog+tls://[::1]:7#certificate-file=/c&key-file=/k'), {
      kind: 'syslog',
      name: 'syslog+tls://[::1]:7',
      host: '::1',
      port: 7,
      caFile: undefined,
      certificateFile: '/c',
      keyFile: '/k',
    });
  });

  it('name directories for log files of CloudTrail', () => {
    assert.deepEqual(parseSinkUrl('cloudtrail:/var/trail#interval-seconds=60'), {
      kind: 'cloudtrail',
      name: 'cloudtrail:/var/trail',
      directory: '/var/trail',
      intervalSeconds: 60,
    });
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /not the URL of a sink/],
    ['/var/log/audit', /not the URL of a sink/],
    ['ftp://host/', /the kind "ftp" are not supported/],
    ['file:audit.jsonl', /does not name an absolute path/],
    ['file://host/audit.jsonl', /does not name an absolute path/],
    ['file:/', /does not name an absolute path/],
    ['file:/a/', /does not name an absolute path/],
    ['file:/a%', /does not name an absolute path/],
    ['file:/a%00b', /does not name an absolute path/],
    ['file:/a?keep=1', /does not name an absolute path/],
    ['file:/a#max-bytes=10', /max-bytes of the URL is out of range; give a whole number from 1048576/],
    ['file:/a#keep=0', /keep of the URL is out of range/],
    ['file:/a#keep=1&keep=2', /keep twice/],
    ['file:/a#header-file=/x', /unknown option "header-file"; known here are max-bytes/],
    ['file:/a#sEcret=%00%01', /unknown option "sEcret"/],
    ['http://collector.example.com/', /plain HTTP/],
    ['https://', /not the URL of an HTTP endpoint/],
    ['https://user:secret@host/', /holds credentials/],
    ['https://host/#header-file=secret', /header-file of the URL is not an absolute path/],
    ['https://host/#key-file=/k', /only one of the options/],
    ['syslog+tls://', /not the address of a syslog receiver/],
    ['syslog+tls://host:0', /not the address/],
    ['syslog+tls://host/path', /not the address/],
    ['cloudtrail:/a#interval-seconds=1.5', /interval-seconds of the URL is out of range/],
  ];
  for (const [url, message] of refused) {
    it(`refuse ${url}`, () => {
      assert.throws(
        () => parseSinkUrl(url),
        (error: Error) =>
          error.name === 'OperatorError' && message.test(error.message) && !/secret(?!s)/.test(error.message),
      );
    });
  }

  it('are read or refused in one line, whatever was typed', () => {
    const scheme = fc.constantFrom('file:/', 'https://', 'http://', 'syslog+tls://', 'cloudtrail:/', '');
    fc.assert(
      fc.property(scheme, fc.string({ unit: 'binary' }), fc.string(), (beginning, rest, options) => {
        try {
          parseSinkUrl(`${beginning}${rest}#${options}`);
        } catch (error) {
          assert.ok(error instanceof Error && error.name === 'OperatorError', String(error));
          assert.doesNotMatch(error.message, /\p{Cc}/u);
        }
      }),
    );
  });
});

describe('URLs of witnesses', () => {
  it('name files and endpoints', () => {
    assert.deepEqual(parseWitnessUrl('file:/mnt/checkpoints#interval-seconds=10'), {
      kind: 'file',
      name: 'witness file:/mnt/checkpoints',
      path: '/mnt/checkpoints',
      intervalSeconds: 10,
    });
    assert.deepEqual(parseWitnessUrl('https://witness.example.com/log/#verifier-key-file=/w.key'), {
      kind: 'http',
      name: 'witness https://witness.example.com/log',
      url: 'https://witness.example.com/log',
      headerFile: undefined,
      verifierKeyFile: '/w.key',
      intervalSeconds: 60,
      ...NO_TLS_FILES,
    });
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /not the URL of a witness/],
    ['syslog+tls://host', /not the URL of a witness/],
    ['file:checkpoints', /does not name an absolute path/],
    ['file:/a#keep=1', /unknown option "keep"/],
    ['https://host/', /has no option verifier-key-file/],
    ['http://host/#verifier-key-file=/k', /plain HTTP/],
    ['https://host/#verifier-key-file=/k&interval-seconds=0', /interval-seconds of the URL is out of range/],
  ];
  for (const [url, message] of refused) {
    it(`refuse ${url}`, () => {
      assert.throws(() => parseWitnessUrl(url), { name: 'OperatorError', message });
    });
  }
});

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkpointLine, openCheckpoint, originOf, signCheckpoint } from './checkpoint.ts';
import {
  privateKey,
  publicKey,
  STORE_ID,
  verifyBytes,
  verifyLines,
  writeLog,
} from './exports.test-support.ts';
import { GrowingTree } from './merkle.ts';
import { LogHead, readRecord } from './record.ts';
import type { Verification } from './verify.ts';

/** The indexes of records whose fault is told, `undefined` for other lines. */
const faultsOf = ({ faults }: Verification) => faults.map(({ index }) => index);

function recordsOf(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !line.startsWith('{"checkpoint":'));
}

/** The line of a record, from 0. */
function lineOf(lines: readonly string[], index: number): number {
  return lines.findIndex((line) => readRecord(line)?.index === index);
}

const TINY = writeLog(4, 3);
const SMALL = writeLog(7, 3);
const LARGE = writeLog(10_000, 1_000);

describe('verifying an export', () => {
  it('finds a log whole', async () => {
    assert.deepEqual(await verifyLines(SMALL.lines), {
      logs: [{ origin: SMALL.origin, first: 0, end: 7, coveredEnd: 7 }],
      faults: [],
    });
    assert.deepEqual((await verifyLines(LARGE.lines)).faults, []);
  });

  it('finds an empty export whole', async () => {
    assert.deepEqual(await verifyLines([]), { logs: [], faults: [] });
  });

  it('takes checkpoints wherever they stand, and several logs in turn', async () => {
    const other = writeLog(7, 2, 'node-2.0');
    const mixed = SMALL.lines.flatMap((line, at) => [
      line,
      ...(at < other.lines.length ? [other.lines[at] ?? ''] : []),
    ]);
    const rest = other.lines.slice(SMALL.lines.length);
    const whole = [
      { origin: SMALL.origin, first: 0, end: 7, coveredEnd: 7 },
      { origin: other.origin, first: 0, end: 7, coveredEnd: 7 },
    ];
    assert.deepEqual(await verifyLines([...mixed, ...rest]), { logs: whole, faults: [] });
    const records = recordsOf(SMALL.lines);
    const checkpoints = SMALL.lines.filter((line) => !records.includes(line));
    for (const lines of [
      [...checkpoints, ...records],
      [...records, ...checkpoints],
    ])
      assert.deepEqual(await verifyLines(lines), { logs: whole.slice(0, 1), faults: [] });
  });

  it('finds a range whole that begins and ends where checkpoints are', async () => {
    const [, , , , , , , ...lines] = LARGE.lines;
    const from = LARGE.lines.findIndex((line) => line.startsWith('{"checkpoint":'));
    assert.deepEqual(await verifyLines(LARGE.lines.slice(from)), {
      logs: [{ origin: LARGE.origin, first: 1_000, end: 10_000, coveredEnd: 10_000 }],
      faults: [],
    });
    assert.deepEqual(faultsOf(await verifyLines(lines)), [0], 'a range that begins elsewhere');
    assert.deepEqual(await verifyLines(lines, { isPart: true }), {
      logs: [{ origin: LARGE.origin, first: 7, end: 10_000, coveredEnd: 10_000 }],
      faults: [],
    });
  });

  it('says how far checkpoints reach', async () => {
    const { logs, faults } = await verifyLines(SMALL.lines.slice(0, -1));
    assert.deepEqual([logs[0]?.end, logs[0]?.coveredEnd, faults.length], [7, 6, 0]);
    const beforeAny = await verifyLines(SMALL.lines.slice(1, 4), { isPart: true });
    assert.deepEqual(beforeAny.logs[0]?.coveredEnd, 1, 'a checkpoint by itself covers nothing before it');
  });

  it('notices each changed byte, and names its record', async () => {
    const bytes = Buffer.from(TINY.lines.map((line) => `${line}\n`).join(''));
    let line = 0;
    for (const [position, byte] of bytes.entries()) {
      if (byte === 0x0a) line += 1;
      const bit = position % 8;
      const altered = Buffer.from(bytes);
      altered[position] = byte ^ (1 << bit);
      const { faults } = await verifyBytes(altered);
      // A newline that is gone takes the next line with it.
      const expected = byte === 0x0a ? line : line + 1;
      const record = readRecord(TINY.lines[expected - 1] ?? '')?.index;
      const [first] = faults;
      const isNamed = first?.line === expected || (record !== undefined && first?.index === record);
      assert.ok(isNamed, `bit ${bit} of byte ${position}: ${JSON.stringify(first)}`);
    }
  });

  it('names the first record that was changed, removed, moved, repeated or put in, of 10,000', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9_998 }),
        fc.constantFrom('alter', 'alter link', 'remove', 'swap', 'repeat', 'insert'),
        async (index, how) => {
          const at = lineOf(LARGE.lines, index);
          const line = LARGE.lines[at] ?? '';
          const next = recordsOf(LARGE.lines)[index + 1] ?? '';
          const lines = {
            alter: () => LARGE.lines.with(at, line.replace('request ', 'request-')),
            'alter link': () => LARGE.lines.with(at, line.replace(/Hash":"../, 'Hash":"AA')),
            remove: () => LARGE.lines.toSpliced(at, 1),
            swap: () => LARGE.lines.with(at, next).with(lineOf(LARGE.lines, index + 1), line),
            repeat: () => LARGE.lines.toSpliced(at + 1, 0, line),
            insert: () => LARGE.lines.toSpliced(at, 0, line.replace('request ', 'request-')),
          }[how]();
          // A record that is there twice stands in the place of the next; one that was put in is the altered one.
          const expected = how === 'repeat' ? index + 1 : index;
          const { faults } = await verifyLines(lines);
          assert.equal(faults[0]?.index, expected, JSON.stringify(faults));
        },
      ),
      { numRuns: 12 },
    );
  });

  it('names the last record when that was altered', async () => {
    for (const change of [/request 6/, /Hash":"./]) {
      const lines = SMALL.lines.map((line) =>
        readRecord(line)?.index === 6 ? line.replace(change, (found) => `${found.slice(0, -1)}+`) : line,
      );
      assert.deepEqual(faultsOf(await verifyLines(lines)), [6]);
    }
  });

  it('notices a history that was written anew from a record on', async () => {
    const head = LogHead.begin(SMALL.origin);
    const lines = recordsOf(SMALL.lines).map((line, index) => {
      const { auditLog: _, ...event } = JSON.parse(line);
      return head.append(JSON.stringify(index === 4 ? { ...event, requestID: 'another' } : event)).text;
    });
    const checkpoints = SMALL.lines.filter((line) => line.startsWith('{"checkpoint":'));
    // Records 0 to 2 are covered by a checkpoint of their own.
    const { faults, logs } = await verifyLines([...lines, ...checkpoints]);
    assert.deepEqual([faults[0]?.index, logs[0]?.coveredEnd], [3, 3]);
    const stranger = generateKeyPairSync('ed25519').privateKey;
    const forged = checkpointLine(signCheckpoint(head.origin, head.tree, stranger), head.tree);
    const again = await verifyLines([...lines, forged]);
    assert.deepEqual([again.faults.length, again.logs[0]?.coveredEnd], [1, 0]);
  });

  it('notices two histories that were both signed', async () => {
    const fork = LogHead.begin(SMALL.origin);
    for (let index = 0; index < 7; index += 1) fork.append('{"eventName":"Encrypt"}');
    const other = checkpointLine(signCheckpoint(fork.origin, fork.tree, privateKey), fork.tree);
    assert.deepEqual(faultsOf(await verifyLines([...SMALL.lines, other])), [6]);
  });

  it('notices that the tail was cut off: by a checkpoint that stayed, or by a witness', async () => {
    const cut = [...SMALL.lines.slice(0, 5), ...SMALL.lines.slice(-1)];
    assert.deepEqual(faultsOf(await verifyLines(cut)), [4]);
    const clean = SMALL.lines.slice(0, 4);
    assert.deepEqual((await verifyLines(clean)).faults, []);
    const witnessed = SMALL.checkpoints;
    assert.deepEqual(faultsOf(await verifyLines(clean, { witnessed })), [3]);
    assert.deepEqual(faultsOf(await verifyLines([], { witnessed })), [0], 'the whole log');
    assert.deepEqual(faultsOf(await verifyLines(SMALL.lines.slice(-1), { witnessed })), [], 'an empty range');
    assert.deepEqual((await verifyLines(SMALL.lines, { witnessed })).faults, []);
  });

  it('notices that a log was written anew and signed with the stolen key, by a witness', async () => {
    const head = LogHead.begin(SMALL.origin);
    const lines = [0, 1, 2, 3, 4, 5, 6, 7].map(() => head.append('{"eventName":"Encrypt"}').text);
    lines.push(checkpointLine(signCheckpoint(head.origin, head.tree, privateKey), head.tree));
    assert.deepEqual((await verifyLines(lines)).faults, []);
    const { faults } = await verifyLines(lines, { witnessed: SMALL.checkpoints });
    assert.deepEqual([faults.length, faults[0]?.index], [1, 0]);
  });

  it('refuses lines that are neither records nor checkpoints', async () => {
    for (const line of [
      '',
      ' ',
      'null',
      '[]',
      '{}',
      '{"auditLog":7}',
      '{"checkpoint":7}',
      'not JSON',
      '\r',
    ]) {
      const { faults } = await verifyLines(SMALL.lines.toSpliced(2, 0, line));
      assert.deepEqual(
        faults.map((fault) => [fault.line, fault.index]),
        [[3, undefined]],
        JSON.stringify(line),
      );
    }
  });

  it('answers whatever the lines are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.string(), fc.json(), fc.constantFrom(...SMALL.lines)), { maxLength: 12 }),
        async (lines) => {
          const { faults, logs } = await verifyLines(lines.map((line) => line.replaceAll('\n', ' ')));
          const isWhole = lines.every((line, at) => line === SMALL.lines[at]);
          if (!isWhole && logs.length === 1)
            assert.ok(faults.length > 0 || logs[0]?.first !== 0 || lines.length < 12);
        },
      ),
    );
  });
});

describe('a checkpoint', () => {
  const tree = new GrowingTree();
  const origin = originOf(STORE_ID, 'node-1.0');
  const { note } = signCheckpoint(origin, tree, privateKey);

  it('of an empty log is one', () => {
    assert.equal(openCheckpoint(note, publicKey)?.size, 0);
  });

  it('is one of the key that signed it alone', () => {
    const stranger = generateKeyPairSync('ed25519').publicKey;
    assert.equal(openCheckpoint(note, stranger), undefined);
  });

  it('is of a log of QKMS', () => {
    assert.throws(() => originOf(STORE_ID, 'node 1'), RangeError);
    assert.throws(() => originOf('a/b', 'node-1'), RangeError);
  });
});

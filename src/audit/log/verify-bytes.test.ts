import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe, it } from 'node:test';
import { verifyBytes, writeLog } from './exports.test-support.ts';

/*
 * Every byte of a log counts. Each changed byte is looked for in the part of the log between the checkpoints around it, which is
 * an export by itself; what is before and after is not touched by the change.
 */

const RECORDS = 10_000;
const CHECKPOINT_EVERY = 10;
/** All of the four million take an hour and more: QKMS_AUDIT_BYTES=all. */
const MOST_CHANGES = process.env['QKMS_AUDIT_BYTES'] === 'all' ? Number.POSITIVE_INFINITY : 1_500;

/** The bytes between each checkpoint and the next, both included. */
function partsOf(lines: readonly string[]): readonly Buffer[] {
  const parts: Buffer[] = [];
  let part: string[] = [];
  for (const line of lines) {
    part.push(`${line}\n`);
    if (!line.startsWith('{"checkpoint":')) continue;
    parts.push(Buffer.from(part.join('')));
    part = [`${line}\n`];
  }
  return parts;
}

describe('a log of 10,000 records', () => {
  const parts = partsOf(writeLog(RECORDS, CHECKPOINT_EVERY).lines);
  const size = parts.reduce((sum, { length }) => sum + length, 0);

  it('is whole, part by part', async () => {
    assert.equal(parts.length, RECORDS / CHECKPOINT_EVERY);
    for (const part of parts) {
      const { logs, faults } = await verifyBytes(part);
      assert.deepEqual([faults.length, logs[0]?.end === logs[0]?.coveredEnd], [0, true]);
    }
  });

  it('is noticed not to be when any of its bytes is another', async () => {
    const step = Math.max(1, Math.floor(size / MOST_CHANGES));
    let changes = 0;
    let at = randomInt(step);
    for (const part of parts) {
      for (; at < part.length; at += step) {
        const altered = Buffer.from(part);
        altered[at] = (part[at] ?? 0) ^ randomInt(1, 256);
        const { faults } = await verifyBytes(altered);
        assert.notDeepEqual(faults, [], `byte ${at} of ${altered}`);
        changes += 1;
      }
      at -= part.length;
    }
    assert.ok(changes >= Math.min(size, MOST_CHANGES) - 1);
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { changeBytes, type LogPart, partsOf, sizeOf } from './changed-bytes.test-support.ts';
import { publicKey, verifyLines, writeLog } from './exports.test-support.ts';

/*
 * Every byte of a log counts. Each changed byte is looked for in the part of the log between the checkpoints around it, which is
 * an export by itself; what is before and after is not touched by the change.
 */

const RECORDS = 10_000;
const CHECKPOINT_EVERY = 4;
/** All of the four million take some minutes of all processors: QKMS_AUDIT_BYTES=all. */
const MOST_CHANGES = 20_000;
const ARE_ALL = process.env['QKMS_AUDIT_BYTES'] === 'all';

/** Changes every byte, in as many threads as there are processors. */
async function changeAll(parts: readonly LogPart[]): Promise<Awaited<ReturnType<typeof changeBytes>>> {
  const threads = availableParallelism();
  const found = await Promise.all(
    Array.from({ length: threads }, async (_, thread) => {
      const own = parts.filter((_, at) => at % threads === thread);
      const worker = new Worker(new URL('./changed-bytes-worker.test-support.ts', import.meta.url), {
        workerData: { parts: own, publicKey },
      });
      const [result]: Awaited<ReturnType<typeof changeBytes>>[] = await once(worker, 'message');
      assert.ok(result !== undefined);
      return result;
    }),
  );
  return {
    changes: found.reduce((sum, { changes }) => sum + changes, 0),
    unnoticed: found.flatMap(({ unnoticed }) => unnoticed),
  };
}

describe('a log of 10,000 records', () => {
  const { lines } = writeLog(RECORDS, CHECKPOINT_EVERY);
  const parts = partsOf(lines);
  const size = parts.reduce((sum, part) => sum + sizeOf(part), 0);

  it('is whole', async () => {
    assert.equal(parts.length, RECORDS / CHECKPOINT_EVERY);
    assert.equal(
      size,
      lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0),
    );
    const { logs, faults } = await verifyLines(lines);
    assert.deepEqual([faults.length, logs[0]?.end, logs[0]?.coveredEnd], [0, RECORDS, RECORDS]);
  });

  it('is noticed not to be when any of its bytes is another', async (t) => {
    const step = Math.max(1, Math.floor(size / MOST_CHANGES));
    const { changes, unnoticed } = ARE_ALL
      ? await changeAll(parts)
      : await changeBytes(parts, publicKey, step);
    t.diagnostic(`${changes} of ${size} bytes were changed`);
    assert.deepEqual(unnoticed, []);
    assert.ok(changes >= Math.floor(size / (ARE_ALL ? 1 : step)), String(changes));
  });
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { generatePair } from './key-pair.ts';
import { runInWorkerThread, WorkerThread } from './worker-thread.ts';

const pair = await generatePair('ECC_NIST_P256');
const job = (digest: Uint8Array) =>
  runInWorkerThread('signPrehashed', 'ECC_NIST_P256', 'ECDSA_SHA_256', pair.privateKey, digest);

describe('the worker thread', () => {
  it('leaves what it was given as it was', async () => {
    const memory = randomBytes(100);
    const copy = Buffer.from(memory);
    await job(memory.subarray(10, 42));
    assert.deepEqual(memory, copy);
  });

  it('passes on what a function throws, and goes on', async () => {
    await assert.rejects(
      runInWorkerThread('signPrehashed', 'ECC_NIST_P256', 'ECDSA_SHA_256', pair.publicKey, randomBytes(32)),
      Error,
    );
    assert((await job(randomBytes(32))).length > 60);
  });

  it('refuses more jobs than it has patience for, and does the others', async () => {
    const results = await Promise.allSettled(Array.from({ length: 600 }, () => job(randomBytes(32))));
    const refused = results.filter(({ status }) => status === 'rejected');
    assert.equal(refused.length, 600 - 512);
    for (const result of refused)
      assert.match(String(Object(result).reason), /^ThrottlingException: You have exceeded the rate/);
    assert((await job(randomBytes(32))).length > 60);
  });

  it('fails what waits when it ends, and starts again', async () => {
    // It answers how often it was asked since it started, and ends when it is asked a second time.
    const entry = `
      import { parentPort } from 'node:worker_threads';
      let asked = 0;
      parentPort.on('message', ({ id }) => {
        asked += 1;
        if (asked === 2) throw new Error('out of order');
        parentPort.postMessage({ id, result: asked });
      });`;
    const thread = new WorkerThread(new URL(`data:text/javascript,${encodeURIComponent(entry)}`));
    const run = () =>
      thread.run('signPrehashed', 'ECC_NIST_P256', 'ECDSA_SHA_256', pair.privateKey, Buffer.of(1));
    assert.equal(await run(), 1);
    const ended = { message: 'the worker thread ended', cause: new Error('out of order') };
    const [second, third] = [run(), run()];
    await Promise.all([assert.rejects(second, ended), assert.rejects(third, ended)]);
    assert.equal(await run(), 1);
  });
});

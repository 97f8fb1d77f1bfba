import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { generatePair } from './key-pair.ts';
import { runInWorkerThread } from './worker-thread.ts';

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
});

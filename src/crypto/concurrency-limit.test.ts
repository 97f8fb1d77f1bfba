import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConcurrencyLimit } from './concurrency-limit.ts';

/** A job that ends when it is told to, and what became of it. */
function startJob(limit: ConcurrencyLimit) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const job = { isRunning: false, resolve, reject, outcome: Promise.resolve('') };
  job.outcome = limit.run(() => {
    job.isRunning = true;
    return promise;
  });
  return job;
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

describe('a concurrency limit', () => {
  it('lets so many jobs run, the others in the order in which they came', async () => {
    const limit = new ConcurrencyLimit(2, 10);
    const jobs = Array.from({ length: 5 }, () => startJob(limit));
    const running = () => jobs.map(({ isRunning }) => isRunning);
    await turns();
    assert.deepEqual(running(), [true, true, false, false, false]);
    jobs[1]?.resolve('second');
    assert.equal(await jobs[1]?.outcome, 'second');
    await turns();
    assert.deepEqual(running(), [true, true, true, false, false]);
    for (const { resolve } of jobs) resolve('done');
    await Promise.all(jobs.map(({ outcome }) => outcome));
    assert.deepEqual(running(), [true, true, true, true, true]);
  });

  it('gives the turn on when a job fails', async () => {
    const limit = new ConcurrencyLimit(1, 10);
    const [first, second] = [startJob(limit), startJob(limit)];
    first.reject(new Error('no'));
    await assert.rejects(first.outcome, /^Error: no$/);
    second.resolve('yes');
    assert.equal(await second.outcome, 'yes');
  });

  it('refuses those for which there is no place to wait, and only those', async () => {
    const limit = new ConcurrencyLimit(1, 2);
    const jobs = Array.from({ length: 3 }, () => startJob(limit));
    const refused = startJob(limit);
    await assert.rejects(refused.outcome, { code: 'ThrottlingException', status: 400 });
    assert.equal(refused.isRunning, false);
    for (const { resolve } of jobs) resolve('done');
    await Promise.all(jobs.map(({ outcome }) => outcome));
    const later = startJob(limit);
    later.resolve('later');
    assert.equal(await later.outcome, 'later');
  });
});

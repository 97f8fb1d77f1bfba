import assert from 'node:assert/strict';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { it } from 'node:test';
import { spawnWatched } from './support/postgres/watched-command.ts';
import { isGone } from './support/qkms-process.ts';

/** Runs a script of the shell under a watchdog, and resolves when it has written `ready`. */
async function watch(script: string) {
  const { watchdog, pid, stdin, stdout } = spawnWatched({
    command: 'sh',
    args: ['-c', script],
    cwd: '/',
    endSignal: 'SIGTERM',
  });
  const ended = once(watchdog, 'exit');
  assert.equal(String((await once(stdout, 'data'))[0]), 'ready\n');
  return { pid: await pid, stdin, ended };
}

it('ends as its command ends', async () => {
  const { ended } = await watch('echo ready; exit 7');
  assert.deepEqual(await ended, [7, null]);
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const { pid, ended } = await watch('echo ready; exec sleep 600');
    process.kill(pid, signal);
    assert.deepEqual(await ended, [null, signal]);
  }
});

it('lets its command end in order when whoever started it is gone', async () => {
  const { stdin, pid, ended } = await watch('trap "exit 3" TERM; echo ready; while :; do sleep 0.01; done');
  stdin.destroy();
  assert.deepEqual(await ended, [3, null]);
  await isGone(pid);
});

it('kills a command that does not end, and all that it has started', async () => {
  const { stdin, pid, ended } = await watch('trap "" TERM; sleep 600 & echo ready; wait; sleep 600');
  stdin.destroy();
  assert.deepEqual(await ended, [null, 'SIGKILL']);
  await isGone(pid);
});

it('says which command there is not', async () => {
  const { pid, watchdog, stderr } = spawnWatched({
    command: 'no-such',
    args: [],
    cwd: '/',
    endSignal: 'SIGTERM',
  });
  const ended = once(watchdog, 'exit');
  await assert.rejects(pid, /cannot run no-such/);
  assert.match(await text(stderr), /ENOENT/);
  assert.deepEqual(await ended, [1, null]);
});

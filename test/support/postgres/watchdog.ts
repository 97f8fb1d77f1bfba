import { spawn } from 'node:child_process';
import { closeSync, rmSync, writeSync } from 'node:fs';
import { killTree, resumeTree } from './process-tree.ts';
import type { WatchedCommand } from './watched-command.ts';

/*
 * Runs a command that does not outlive the process which asked for it: that holds the other end of standard input,
 * which closes however it ends, by kill -9 too. Writes the command's process id to file descriptor 3, passes its output
 * on, and ends as it ends.
 */

/** How long a command may take to end in order, in milliseconds. */
const GRACE = 3_000;

const { command, args, cwd, uid, gid, endSignal, temporaryDirectory }: WatchedCommand = JSON.parse(
  process.argv[2] ?? '',
);
const child = spawn(command, args, {
  cwd,
  stdio: ['ignore', 'inherit', 'inherit'],
  ...(uid === undefined ? {} : { uid }),
  ...(gid === undefined ? {} : { gid }),
});
const { pid } = child;
let abandoned = false;

function abandon(): void {
  if (abandoned || pid === undefined) return;
  abandoned = true;
  // One that is paused does not see signals.
  resumeTree(pid);
  child.kill(endSignal);
  setTimeout(() => killTree(pid), GRACE);
}

child.once('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
child.once('exit', (code, signal) => {
  if (abandoned && temporaryDirectory !== undefined)
    rmSync(temporaryDirectory, { recursive: true, force: true });
  if (signal === null) process.exit(code ?? 1);
  process.off('SIGTERM', abandon);
  process.kill(process.pid, signal);
});
process.stdin.resume().once('close', abandon);
process.once('SIGTERM', abandon);
try {
  if (pid !== undefined) writeSync(3, String(pid));
  closeSync(3);
} catch {
  // Whoever asked is gone already.
}

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { killTree, resumeTree } from './process-tree.ts';

/*
 * Runs a command that does not outlive the process which asked for it: that holds the other end of standard input,
 * which closes however it ends, by kill -9 too. Writes the command's process id on a line of standard output, passes
 * its standard error on, and ends as it ends.
 */

/** How the watchdog is asked, as JSON in its one argument. */
export interface WatchedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The user to run it as, if not the same. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** What ends the command in order. It is killed when it has not ended GRACE milliseconds later. */
  readonly endSignal: NodeJS.Signals;
  /** A directory to remove when the process that asked has ended. */
  readonly temporaryDirectory?: string | undefined;
}

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
  process.kill(process.pid, signal);
});
process.stdin.resume().once('close', abandon);
process.once('SIGTERM', abandon);
// Whoever reads the output may be gone.
process.stdout.on('error', () => {}).write(`${pid}\n`);

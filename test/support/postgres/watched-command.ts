import { type ChildProcess, spawn } from 'node:child_process';
import { Readable, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const WATCHDOG = fileURLToPath(new URL('watchdog.ts', import.meta.url));

/** A command that does not outlive the process which starts it. */
export interface WatchedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The user to run it as, if not the same. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** What ends it in order. It is killed when it has not ended some seconds later. */
  readonly endSignal: NodeJS.Signals;
  /** A directory to remove when the process that started it has ended. */
  readonly temporaryDirectory?: string | undefined;
}

/** A command that runs, and its watchdog. */
export interface WatchedProcess {
  /** The watchdog, which ends as the command ends. */
  readonly watchdog: ChildProcess;
  /** Of the command. Rejects when there is no such command. */
  readonly pid: Promise<number>;
  /** Closing it ends the command. */
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/** Starts a command under a watchdog. */
export function spawnWatched(command: WatchedCommand, env: NodeJS.ProcessEnv = process.env): WatchedProcess {
  const watchdog = spawn(process.execPath, [WATCHDOG, JSON.stringify(command)], {
    // Apart from the terminal, whose Ctrl-C is for the process that decides what it means.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env,
  });
  const [stdin, stdout, stderr, pidPipe] = watchdog.stdio;
  if (!(stdin && stdout && stderr && pidPipe instanceof Readable)) throw new Error('there is no watchdog');
  const pid = text(pidPipe).then((digits) => {
    if (digits === '') throw new Error(`cannot run ${command.command}`);
    return Number(digits);
  });
  // Nobody may ask for it when the command ends at once.
  pid.catch(() => {});
  return { watchdog, pid, stdin, stdout, stderr };
}

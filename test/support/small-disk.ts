import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const IS_ROOT = process.getuid?.() === 0;
const UNSHARE = ['unshare', '--mount', ...(IS_ROOT ? [] : ['--map-root-user'])];
/** Its only line of output says that the file system is there. */
const HOLD = 'mount -t tmpfs -o size="$1" tmpfs "$0" && echo mounted && exec sleep infinity';

/** Why no small disk can be had here; `undefined` when one can. */
export function smallDiskUnavailableReason(): string | undefined {
  if (process.platform !== 'linux') return 'needs the mount namespaces of Linux';
  const [command = '', ...args] = UNSHARE;
  const probe = spawnSync(command, [...args, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
  return probe.status === 0 ? undefined : 'needs the right to mount a file system (unshare --mount)';
}

/** A file system of a certain size, which only the processes that are launched on it see. */
export interface SmallDisk {
  /** A command that runs the one that follows it where the file system is seen. */
  readonly launcher: readonly string[];
  /** A path on the file system as processes that are not launched there see it. */
  outside(path: string): string;
  /** Takes all the space there is. */
  fill(): void;
  /** Gives back what `fill` has taken. */
  clear(): void;
  release(): Promise<void>;
}

/**
 * Mounts a file system in memory.
 *
 * @param directory where; empty for all others
 * @param size in bytes
 */
export async function mountSmallDisk(directory: string, size: number): Promise<SmallDisk> {
  const [command = '', ...args] = [...UNSHARE, 'sh', '-c', HOLD, directory, String(size)];
  const holder: ChildProcess = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const { stdout, pid } = holder;
  if (stdout === null || pid === undefined) throw new Error(`cannot run ${command}`);
  const ended = once(holder, 'exit');
  await Promise.race([once(stdout, 'data'), ended]);
  if (holder.exitCode !== null) throw new Error(`cannot mount a file system on ${directory}`);
  const outside = (path: string) => `/proc/${pid}/root${path}`;
  const ballast = outside(join(directory, 'ballast'));
  return {
    launcher: [
      'nsenter',
      `--target=${pid}`,
      '--mount',
      ...(IS_ROOT ? [] : ['--user', '--preserve-credentials']),
    ],
    outside,
    fill: () => fill(ballast),
    clear: () => rmSync(ballast, { force: true }),
    async release() {
      holder.kill('SIGKILL');
      await ended;
    },
  };
}

/** Writes to a file until not a byte is left. */
function fill(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (let length = 65_536; length > 0; ) {
      try {
        writeSync(file, Buffer.alloc(length));
      } catch {
        length = Math.floor(length / 2);
      }
    }
  } finally {
    closeSync(file);
  }
}

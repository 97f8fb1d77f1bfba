import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { spawnWatched } from '../../test/support/postgres/watched-command.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Settings of the environment that nodes take over; all others are the cluster's. */
const INHERITED = new Set([
  'QKMS_ACCOUNT_ID',
  'QKMS_ROOT_ACCESS_KEY_ID',
  'QKMS_ROOT_SECRET_ACCESS_KEY',
  'QKMS_LOG_LEVEL',
]);

export interface NodeOptions {
  /** 0 for any free one. */
  readonly port: number;
  readonly workers: number;
  readonly directory: string;
  readonly databaseUrl: string;
  /** Takes what the node tells the operator apart from its ready line, such as credentials. */
  readonly announce: (line: string) => void;
}

/** A QKMS in processes of its own, which do not outlive this one. */
export interface RunningNode {
  readonly pid: number;
  readonly port: number;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

/**
 * Starts `qkms start` and resolves when it serves. Its log goes to standard error.
 *
 * @throws Error when it ends before that; its log says why
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { port, workers, directory, databaseUrl, announce } = options;
  const settings = {
    port,
    workers,
    host: '127.0.0.1',
    'data-dir': directory,
    'root-key-file': join(directory, 'root.key'),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { watchdog, pid, stdout, stderr } = spawnWatched(
    {
      command: process.execPath,
      args: ['--min-semi-space-size=8', join(ROOT, 'bin/qkms.cjs'), 'start', ...flags],
      cwd: ROOT,
      endSignal: 'SIGTERM',
    },
    // Command lines are there for all users of a machine to see, and this one would have a password.
    { ...inherited(), QKMS_DATABASE_URL: databaseUrl },
  );
  stderr.pipe(process.stderr, { end: false });
  const ended = once(watchdog, 'exit').then(() => {});
  const serving = new Promise<RunningNode>((resolve) => {
    createInterface({ input: stdout }).on('line', async (line) => {
      const [, found] = /^qkms ready on http:\/\/127\.0\.0\.1:(\d+)$/.exec(line) ?? [];
      if (found === undefined) announce(line);
      else resolve({ pid: await pid, port: Number(found), ended });
    });
  });
  const failed = ended.then(() => Promise.reject(new Error('it ended before it served')));
  return Promise.race([serving, failed]);
}

function inherited(): NodeJS.ProcessEnv {
  const isInherited = (name: string) => !name.startsWith('QKMS_') || INHERITED.has(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => isInherited(name)));
}

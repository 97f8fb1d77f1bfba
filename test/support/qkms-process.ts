import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What `npm start` runs. */
export const QKMS = join(ROOT, 'src/cli/qkms.ts');
/** Where `qkms` keeps compiled code; what tests start in its stead shall start as fast. */
export const COMPILE_CACHE = join(ROOT, 'node_modules/.cache/qkms');

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of a test, with what it has written so far. */
export interface TestProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Resolves to the first match in standard output; rejects when the process ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** The same of standard error, which holds the log. */
  logs(pattern: RegExp): Promise<RegExpExecArray>;
  /** The port of the ready line, once it is there. */
  port(): Promise<number>;
  readonly ended: Promise<Ending>;
}

/** Runs a command in the root of the checkout, in a process group of its own that does not outlive the test. */
export function run(
  t: TestContext,
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): TestProcess {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...withoutSettings(process.env), NODE_COMPILE_CACHE: COMPILE_CACHE, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot run ${command}`);

  const written = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  let ending: Ending | undefined;
  const wakeAll = () => {
    for (const wake of listeners) wake();
  };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
      wakeAll();
    });
  }
  const ended = once(child, 'close').then(() => {
    ending = { code: child.exitCode, signal: child.signalCode, ...written };
    wakeAll();
    return ending;
  });

  t.after(async () => {
    // Workers tidy up when they find the primary dead, which they cannot do if they are killed with it.
    child.kill('SIGKILL');
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
    killGroup(pid);
  });

  async function wait(name: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(written[name]);
      if (match !== null) return match;
      if (ending !== undefined) throw new Error(`no ${pattern} in ${JSON.stringify(ending)}`);
      await new Promise<void>((resolve) => {
        const wake = () => {
          listeners.delete(wake);
          resolve();
        };
        listeners.add(wake);
      });
    }
  }

  return {
    child,
    pid,
    says: (pattern) => wait('stdout', pattern),
    logs: (pattern) => wait('stderr', pattern),
    port: async () => Number((await wait('stdout', /^qkms ready on \S+:(\d+)$/m))[1]),
    ended,
  };
}

/** Runs `qkms` itself. */
export function runQkms(
  t: TestContext,
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
): TestProcess {
  return run(t, process.execPath, [QKMS, ...args], environment);
}

/** A directory that is gone after the test. */
export function temporaryDirectory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'qkms-test-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Resolves when no process has this id any more. */
export async function isGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('QKMS_')));
}

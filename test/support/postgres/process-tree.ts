import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Stops a process and all that it has started where they are (SIGSTOP), the process first, lest it starts others. */
export function pauseTree(pid: number): void {
  signal(pid, 'SIGSTOP');
  for (const descendant of descendantsOf(pid, processes())) signal(descendant, 'SIGSTOP');
}

/** Lets what was paused go on. */
export function resumeTree(pid: number): void {
  for (const each of [...descendantsOf(pid, processes()), pid]) signal(each, 'SIGCONT');
}

/** Kills a process and all that it has started, and resolves when none of them runs any more. */
export async function killTree(pid: number): Promise<void> {
  pauseTree(pid);
  const pids = [pid, ...descendantsOf(pid, processes())];
  for (const each of pids) signal(each, 'SIGKILL');
  const areGone = () => processes().every(([each, , state]) => !pids.includes(each) || /^[ZX]/.test(state));
  while (!areGone()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** A process, the one that started it, and its state as `ps` names it: Z, one that has ended but was not waited for. */
type Process = readonly [pid: number, parent: number, state: string];

/** All that a process has started, and what that has. */
export function descendantsOf(pid: number, all: readonly Process[] = processes()): number[] {
  const children = all.filter(([, parent]) => parent === pid).map(([child]) => child);
  return children.flatMap((child) => [child, ...descendantsOf(child, all)]);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Every process of the machine. Linux is asked itself, for small images of it have no `ps`. */
function processes(): Process[] {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,state='], { encoding: 'utf8' })
      .trim()
      .split('\n');
    return lines.map((line) => {
      const [pid, parent, state = ''] = line.trim().split(/\s+/);
      return [Number(pid), Number(parent), state];
    });
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // proc(5): a name in parentheses, which may hold any character, then state and parent.
        const [, state = '', parent] =
          /.*\) (\S) (\d+) /s.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
        return [[Number(name), Number(parent), state] as const];
      } catch {
        return []; // It has ended meanwhile.
      }
    });
}

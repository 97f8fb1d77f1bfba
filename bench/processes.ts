import { readFileSync } from 'node:fs';

/** Of Linux's `/proc`, in which user and system times are counted; fixed for programs, whatever the kernel's own. */
const TICKS_PER_SECOND = 100;

/** A process and its descendants, as far as main threads started them, which is what servers do. */
export function processTree(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return [pid, ...children.flatMap((child) => processTree(Number(child)))];
}

/**
 * CPU seconds that a process and its descendants have used so far: user and system time of all of their threads, so
 * garbage collection, libuv's pool and the kernel's work on their behalf included.
 */
export function cpuSeconds(pid: number): number {
  return processTree(pid)
    .map((each) => {
      const stat = readFileSync(`/proc/${each}/stat`, 'utf8');
      // Behind the name, which may hold anything, in brackets: state is the third field, utime the 14th.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    })
    .reduce((sum, seconds) => sum + seconds, 0);
}

/** Memory of one process in MB (2^20 bytes). */
export interface Memory {
  /** Everything resident, pages shared with other processes included. */
  readonly rss: number;
  /** Shared pages divided among those who share them. */
  readonly pss: number;
}

export function memory(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(rollup)?.[1]) / 1024;
  return { rss: megabytes('Rss'), pss: megabytes('Pss') };
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from './faults.ts';
import type { TcpProxy } from './tcp-proxy.ts';

/** Sends a signal to a process, if it is still there. */
export function signal(pid: number | undefined, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

/** Stops processes where they are, and lets them go on after a while. Milliseconds. */
export async function pause(pids: readonly (number | undefined)[], duration: number): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGSTOP');
  await delay(duration);
  for (const pid of pids) signal(pid, 'SIGCONT');
}

/** Ends everything on a way for a while. */
export async function cut(proxy: TcpProxy, { duration }: Fault): Promise<void> {
  proxy.cut();
  await delay(duration);
  proxy.heal();
}

/** Holds bytes on a way back for a while. */
export async function freeze(
  proxy: TcpProxy,
  { duration, direction, isCutAfterwards }: Fault,
): Promise<void> {
  proxy.freeze(direction);
  await delay(duration);
  if (isCutAfterwards) proxy.cut();
  proxy.heal();
}

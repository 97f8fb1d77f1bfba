import { setTimeout } from 'node:timers/promises';

/** How long something may take that has to happen by itself, in milliseconds; a busy machine takes its time. */
const LIMIT = 60_000;
const PAUSE = 20;

/** Looks again and again until something is so. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + LIMIT;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not so after ${LIMIT} ms: ${what}`);
    await setTimeout(PAUSE);
  }
}

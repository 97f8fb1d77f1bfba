import { median } from './rounds.ts';

/*
 * CPU time, user and system, of all threads of this process: garbage collection counts, waiting for the disk does not,
 * and neither does waiting for a processor on a machine that has other things to do.
 */

const ROUNDS = 7;
/** While compilers work beside what they compile. */
const WARM_UP_ROUNDS = { calls: 4, requests: 2 };
/** Milliseconds of a round: the clock of CPU time moves in steps of some milliseconds. */
const ROUND = 100;
const REQUESTS = 60;

/** Milliseconds of CPU that a call takes: the median of rounds of as many calls as fill one. */
export function cpuPerCall(call: () => unknown, rounds = ROUNDS): number {
  const times: number[] = [];
  let calls = 1;
  for (let round = 0; round < WARM_UP_ROUNDS.calls + rounds; round += 1) {
    const before = process.cpuUsage();
    const begin = performance.now();
    for (let each = 0; each < calls; each += 1) call();
    const wall = (performance.now() - begin) / calls;
    times.push(millisecondsSince(before) / calls);
    calls = Math.max(1, Math.min(10_000_000, Math.floor(ROUND / wall)));
  }
  return median(times.slice(WARM_UP_ROUNDS.calls), (time) => time);
}

/**
 * Milliseconds of CPU that a request takes: the median of rounds of so many, one after the other.
 *
 * @param send is told how many have been sent before
 */
export async function cpuPerRequest(
  send: (index: number) => Promise<unknown>,
  { rounds = ROUNDS, requests = REQUESTS } = {},
): Promise<number> {
  const times: number[] = [];
  let index = 0;
  for (let round = 0; round < WARM_UP_ROUNDS.requests + rounds; round += 1) {
    const before = process.cpuUsage();
    for (let each = 0; each < requests; each += 1) {
      await send(index);
      index += 1;
    }
    times.push(millisecondsSince(before) / requests);
  }
  return median(times.slice(WARM_UP_ROUNDS.requests), (time) => time);
}

function millisecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

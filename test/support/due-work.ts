import assert from 'node:assert/strict';
import type { TestServer } from './server.ts';

export { DAY } from '../../src/clock.ts';

/** How often a test looks whether something is done before it gives up. */
const MOST_LOOKS = 1_000;

/**
 * Waits, without sleeping, until the scheduler has done what is due: asks the API again and again while the clock creeps
 * on.
 *
 * @param isDone asks the API
 */
export async function untilDone(server: TestServer, isDone: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    if (await isDone()) return;
    server.clock.advance(1);
  }
  assert.fail(`not done after ${MOST_LOOKS} looks`);
}

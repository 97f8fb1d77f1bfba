import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { createKey, encrypt } from './keys.ts';
import type { TestServer } from './server.ts';

/*
 * QKMS_FUZZ_RUNS asks for more runs of each property (`npm run fuzz`), QKMS_FUZZ_SEED for those of an earlier time.
 */

/** The number of runs that is asked for, else of a normal run of the tests. */
export function runsOr(normal: number): number {
  return Number(process.env['QKMS_FUZZ_RUNS'] ?? normal);
}

export const RUNS = runsOr(200);
export const SEED = Number(process.env['QKMS_FUZZ_SEED'] ?? randomInt(2 ** 31));
const PROGRESS_INTERVAL = 1_000;

/** Checks a property, and that the servers found no fault with themselves meanwhile and are well afterwards. */
export async function checkProperty<T>(
  servers: readonly TestServer[],
  arbitrary: fc.Arbitrary<T>,
  check: (value: T) => Promise<void>,
  numRuns = RUNS,
): Promise<void> {
  const before = new Map(servers.map((server) => [server, faultsOf(server).length]));
  let runs = 0;
  const property = fc.asyncProperty(arbitrary, async (value) => {
    await check(value);
    runs += 1;
    if (runs % PROGRESS_INTERVAL === 0) process.stderr.write(`${runs} runs, seed ${SEED}\n`);
  });
  await fc.assert(property, { numRuns, seed: SEED });
  for (const server of servers) {
    const kms = server.client();
    const { keyId } = await createKey(kms);
    const { Plaintext } = await kms.decrypt({ CiphertextBlob: await encrypt(kms, keyId, 'well') });
    assert.equal(Buffer.from(Plaintext ?? []).toString(), 'well');
    kms.destroy();
    assert.equal((await fetch(`${server.endpoint}/health/ready`)).status, 200);
    assert.deepEqual(faultsOf(server).slice(before.get(server)), []);
  }
}

/** The lines of a server's log that tell of faults of its own. */
function faultsOf({ log }: TestServer): readonly string[] {
  return log.filter((line) => JSON.parse(line).level >= 50);
}

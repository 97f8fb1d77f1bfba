import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { endNodes } from './support/node-process.ts';
import { recorderUnavailableReason } from './torture/sqlite/disk-recorder.ts';
import { runPowerCuts } from './torture/sqlite/power-cuts.ts';

const CUTS = 30;
/** Of a QKMS that syncs too little: most of them take something away. */
const CUTS_TO_NOTICE = 15;

describe('after power cuts', { skip: recorderUnavailableReason() ?? false }, () => {
  const seed = String(randomInt(2 ** 31));
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'qkms-power-cuts-'));
  });
  afterEach(async () => {
    endNodes();
    await rm(directory, { recursive: true });
  });

  it(`everything is there that was acknowledged, and the store verifies (${CUTS} cuts, seed ${seed})`, async () => {
    const { looks, failures } = await runPowerCuts({ directory, cuts: CUTS, seed, synchronous: 'full' });
    assert.equal(failures.length, 0, inspect(failures));
    assert.ok(looks > CUTS);
  });

  for (const synchronous of ['off', 'normal'] as const) {
    it(`something is missing if SQLite is told to sync less (synchronous=${synchronous}, seed ${seed})`, async () => {
      const { failures } = await runPowerCuts({ directory, cuts: CUTS_TO_NOTICE, seed, synchronous });
      assert.ok(failures.length > 0);
    });
  }
});

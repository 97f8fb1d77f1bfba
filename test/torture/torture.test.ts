import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SEED } from '../support/fuzz-runs.ts';
import { DONE } from './cell-model.ts';
import { brokenFence, deploy, ENGINES, type Engine } from './deployments.ts';
import { renderResult } from './report.ts';
import { type TortureResult, torture } from './torture.ts';

/* Short runs of `npm run torture`, which runs for as long as one likes. */

const skip = process.platform === 'linux' ? false : 'processes are found by /proc';
/** More than long enough for the checker to notice that QKMS is broken; it takes one answer. */
const BROKEN_SECONDS = 120;

async function run(
  engine: Engine,
  options: { readonly isBroken: boolean; readonly seconds: number; readonly hasFaults: boolean },
): Promise<{ readonly result: TortureResult; readonly faultKinds: readonly string[] }> {
  const deployment = await deploy(engine, options.isBroken ? brokenFence() : {});
  try {
    const result = await torture(deployment, { seed: SEED, report: () => {}, ...options });
    return { result, faultKinds: deployment.faultKinds };
  } finally {
    await deployment.destroy();
  }
}

for (const engine of ENGINES) {
  describe(`torture on ${engine} (seed ${SEED})`, { skip }, () => {
    it('one fault of each kind: all answers are those of one order of the calls, and nothing is lost', async (t) => {
      const { result, faultKinds } = await run(engine, { isBroken: false, seconds: 0, hasFaults: true });
      const rendered = renderResult(result);
      assert.deepEqual(result.findings, [], rendered);
      assert.deepEqual([...result.faults.keys()].sort(), [...faultKinds].sort());
      // Worth something only if there was much to be right or wrong about.
      for (const answer of [DONE, 'AccessDeniedException', 'UnrecognizedClientException'])
        assert.ok(result.answers.has(answer), rendered);
      assert.ok(result.ciphertexts > 0, rendered);
      assert.ok((result.keys ?? 0) > result.cells, rendered);
      t.diagnostic(rendered);
    });

    it('the checker notices when requests do not wait for the fence, though nothing goes wrong', async (t) => {
      const { result } = await run(engine, { isBroken: true, seconds: BROKEN_SECONDS, hasFaults: false });
      const rendered = renderResult(result);
      assert.ok(
        result.findings.some(({ verdict }) => verdict.is === 'violated'),
        rendered,
      );
      t.diagnostic(rendered);
    });
  });
}

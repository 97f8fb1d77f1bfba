import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Access,
  refusalIn,
  type Situation,
  type SituationServer,
  situation,
  startSituationServer,
} from './support/access-situations.ts';
import {
  dryRunInputOf,
  dryRunOperations,
  fillIn,
  KEYS_BY_USAGE,
  specialUsageOf,
} from './support/dry-run-inputs.ts';
import { codeOf } from './support/fuzz.ts';
import { checkProperty, runsOr, SEED } from './support/fuzz-runs.ts';
import { PRINCIPAL_NAMES } from './support/principals.ts';

/* A dry run is decided as the request would be, for every operation that declares to have dry runs. */

const NORMAL_RUNS = 40;
const RUNS = runsOr(NORMAL_RUNS);

/** What only doing it tells: whether the ciphertext, the signature, … is good for the key that may be used. */
const TOLD_BY_DOING = [
  ...['InvalidCiphertextException', 'IncorrectKeyException'],
  ...['KMSInvalidSignatureException', 'KMSInvalidMacException'],
];

let situations: SituationServer;
before(async () => {
  situations = await startSituationServer();
});
after(() => situations.close());

const request = fc.constantFrom(...dryRunOperations).chain((operation) =>
  fc.record({
    name: fc.constant(operation.name),
    usage: fc.constant(specialUsageOf(operation)),
    by: fc.constantFrom('root', 'root', 'root', ...PRINCIPAL_NAMES),
    input: dryRunInputOf(operation),
  }),
);
const requests = fc.array(request, { minLength: 1, maxLength: 120, size: 'max' });

/** Keys of the usages that are asked for, under the policy and in the state of the first of the situation. */
async function createKeysByUsage(
  { names }: Access,
  { keys: [form] }: Situation,
  usages: ReadonlySet<string | undefined>,
): Promise<ReadonlyMap<string, string>> {
  const arns = new Map<string, string>();
  for (const usage of usages) {
    const request = KEYS_BY_USAGE[usage ?? ''];
    if (usage === undefined || request === undefined || form === undefined) continue;
    arns.set(usage, (await situations.createKeyLike(names, form, request)).arn);
  }
  return arns;
}

describe(`a dry run answers as the request would be (${RUNS} runs, seed ${SEED})`, () => {
  it('refuses what would be refused, in the same words, and nothing else', async () => {
    const promised = new Map(dryRunOperations.map(({ name }) => [name, 0]));
    await checkProperty(
      [situations.server],
      fc.record({ situation, requests }),
      async ({ situation, requests }) => {
        const access = await situations.bringAbout(situation);
        const usages = new Set(requests.map(({ usage }) => usage));
        const arnsByUsage = await createKeysByUsage(access, situation, usages);
        for (const { name, by, input } of requests) {
          const body = fillIn(input, access, arnsByUsage);
          const dry = await situations.send(by, name, { ...body, DryRun: true });
          const real = await situations.send(by, name, body);
          if (codeOf(dry) === 'DryRunOperationException') {
            promised.set(name, (promised.get(name) ?? 0) + 1);
            assert.ok(real.status === 200 || TOLD_BY_DOING.includes(codeOf(real) ?? ''), real.body);
          } else {
            assert.ok(dry.status !== 200, 'a dry run never succeeds');
            assert.equal(refusalIn(dry), refusalIn(real));
          }
        }
      },
      RUNS,
    );
    if (RUNS < NORMAL_RUNS) return;
    for (const [name, count] of promised) {
      assert.ok(
        count > 0,
        `no request of ${name} would have succeeded: dry-run-inputs.ts lacks what it needs`,
      );
    }
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Access,
  GRANT_COUNT,
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
import { checkProperty, runsOr, SEED } from './support/fuzz-runs.ts';
import { DELEGATION, KEY_COUNT } from './support/policy-forms.ts';
import { PRINCIPAL_NAMES } from './support/principals.ts';
import { codeOf } from './support/signed-request.ts';

/* A dry run is decided as the request would be, for every operation that declares to have dry runs. */

const RUNS = runsOr(25);

/** What only doing it tells: whether the ciphertext, the signature, … is good for the key that may be used. */
const TOLD_BY_DOING = [
  ...['InvalidCiphertextException', 'IncorrectKeyException'],
  ...['KMSInvalidSignatureException', 'KMSInvalidMacException'],
];

const PROMISE = 'DryRunOperationException';
/** Of which many would succeed where the root user may do everything. */
const MOST_SAMPLES = 100;
const identity = { policy: undefined, team: undefined };
const PERMISSIVE: Situation = {
  keys: Array.from({ length: KEY_COUNT }, () => ({
    policy: DELEGATION,
    state: 'Enabled',
    stage: undefined,
  })),
  grants: Array.from({ length: GRANT_COUNT }, () => ({ grantee: 'account', operations: ['Encrypt'] })),
  identities: { ada: identity, bob: identity, role: identity, foreigner: identity },
};

let situations: SituationServer;
before(async () => {
  situations = await startSituationServer();
});
after(() => situations.close());

const requestsOfEach = dryRunOperations.map((operation) =>
  fc.record({
    name: fc.constant(operation.name),
    usage: fc.constant(specialUsageOf(operation)),
    by: fc.oneof(fc.constant('root' as const), fc.constantFrom(...PRINCIPAL_NAMES)),
    input: dryRunInputOf(operation),
  }),
);
const requests = fc.array(fc.oneof(...requestsOfEach), { minLength: 1, maxLength: 100, size: 'max' });

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
          if (codeOf(dry) === PROMISE) {
            assert.ok(real.status === 200 || TOLD_BY_DOING.includes(codeOf(real) ?? ''), real.body);
          } else {
            assert.ok(dry.status !== 200, 'a dry run never succeeds');
            assert.equal(refusalIn(dry), refusalIn(real));
          }
        }
      },
      RUNS,
    );
  });

  // The law says little of operations whose requests all fail for want of sense.
  for (const operation of dryRunOperations) {
    it(`has requests of ${operation.name} that would succeed`, async () => {
      const access = await situations.bringAbout(PERMISSIVE);
      const usage = specialUsageOf(operation);
      const arnsByUsage = await createKeysByUsage(access, PERMISSIVE, new Set([usage]));
      const isPromised = async (input: object) => {
        const body = { ...fillIn(input, access, arnsByUsage), DryRun: true };
        return codeOf(await situations.send('root', operation.name, body)) === PROMISE;
      };
      let isFound = false;
      for (const input of fc.sample(dryRunInputOf(operation), { numRuns: MOST_SAMPLES, seed: SEED }))
        isFound ||= await isPromised(input);
      assert.ok(isFound, 'dry-run-inputs.ts lacks what it needs');
    });
  }
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import {
  identitiesForm,
  refusalIn,
  type SituationServer,
  situation,
  startSituationServer,
} from './support/access-situations.ts';
import { checkProperty, runsOr, SEED } from './support/fuzz-runs.ts';
import { allow, keyPolicy } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { CONTEXTS, type ContextName } from './support/model-commands.ts';
import { KEY_COUNT, policyOfPolicies, renderKeyPolicy } from './support/policy-forms.ts';
import { PRINCIPAL_NAMES, type PrincipalName } from './support/principals.ts';
import { codeOf, type WireAnswer } from './support/signed-request.ts';

/* What holds of authorization over the wire, whatever the policies are and whoever asks. */

const NORMAL_RUNS = 25;
const RUNS = runsOr(NORMAL_RUNS);
const DENIED = 'AccessDeniedException';
const LOCKED_OUT =
  'MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future.';

let situations: SituationServer;
before(async () => {
  situations = await startSituationServer();
});
after(() => situations.close());

/** Asserts that each outcome has occurred: else a law says nothing. */
function assertSeen(seen: ReadonlySet<string>, ...outcomes: readonly string[]): void {
  if (RUNS < NORMAL_RUNS) return;
  for (const outcome of outcomes) assert.ok(seen.has(outcome), `${outcome} has never occurred`);
}

describe(`the lockout check tells what is to come (${RUNS} runs, seed ${SEED})`, () => {
  interface Attempt {
    readonly by: PrincipalName;
    readonly Policy: string;
    readonly BypassPolicyLockoutSafetyCheck: boolean | undefined;
  }
  /** @returns the key that has the policy then, if it was accepted, and what was answered */
  type Attach = (attempt: Attempt) => Promise<{ readonly KeyId: string; readonly answer: WireAnswer }>;

  const put = ({ by, ...input }: Attempt, KeyId: string) =>
    situations.send(by, 'PutKeyPolicy', { KeyId, ...input });

  /** On a key that everybody in its account may manage. */
  const attachByPut: Attach = async (attempt) => {
    const Policy = keyPolicy(allow({ Principal: '*' }));
    const { keyId } = await createKey(situations.kms, { Policy });
    return { KeyId: keyId, answer: await put(attempt, keyId) };
  };
  const attachByCreation: Attach = async ({ by, ...input }) => {
    const answer = await situations.send(by, 'CreateKey', input);
    return { KeyId: JSON.parse(answer.body).KeyMetadata?.KeyId, answer };
  };

  /** @returns whether the check accepted the policy; `undefined` for somebody who was not even allowed to try */
  async function assertForetold(attach: Attach, attempt: Attempt): Promise<boolean | undefined> {
    const { KeyId, answer } = await attach(attempt);
    if (answer.status === 200) {
      assert.equal(refusalIn(await put(attempt, KeyId)), undefined);
      return true;
    }
    if (codeOf(answer) === DENIED) return undefined;
    assert.equal(refusalIn(answer), LOCKED_OUT);
    const bypassed = await attach({ ...attempt, BypassPolicyLockoutSafetyCheck: true });
    if (codeOf(bypassed.answer) === DENIED) return undefined;
    assert.equal(refusalIn(bypassed.answer), undefined);
    assert.equal(codeOf(await put(attempt, bypassed.KeyId)), DENIED);
    return false;
  }

  const attempt = fc.record({
    by: fc.constantFrom('root', 'root', 'ada', 'bob', 'session', 'limited'),
    policy: policyOfPolicies,
    bypass: fc.constantFrom(undefined, false),
  });

  /** @param most how many attempts there are at most in one situation */
  function describeLaw(operation: string, attach: Attach, most: number): void {
    it(`who gets a policy past it by ${operation} can put the next one, and who does not could not`, async () => {
      const seen = new Set<string>();
      const attempts = fc.array(attempt, { minLength: 1, maxLength: most, size: 'max' });
      await checkProperty(
        [situations.server],
        fc.record({ identities: identitiesForm, attempts }),
        async ({ identities, attempts }) => {
          const { principals } = situations;
          const names = { principals, keyArns: [], aliasNames: { a: 'alias/a', b: 'alias/b' } };
          await situations.setIdentities(names, identities);
          for (const { by, policy, bypass } of attempts) {
            const Policy = JSON.stringify(renderKeyPolicy(names, policy));
            const isAccepted = await assertForetold(attach, {
              by,
              Policy,
              BypassPolicyLockoutSafetyCheck: bypass,
            });
            if (isAccepted !== undefined) seen.add(isAccepted ? 'accepted' : 'refused');
          }
        },
        RUNS,
      );
      assertSeen(seen, 'accepted', 'refused');
    });
  }

  describeLaw('PutKeyPolicy', attachByPut, 12);
  // Most may not create keys.
  describeLaw('CreateKey', attachByCreation, 20);
});

describe(`ExplainAccess tells what happens (${RUNS} runs, seed ${SEED})`, () => {
  const CALLS: Readonly<Record<string, (KeyId: string, EncryptionContext: object) => object>> = {
    Encrypt: (KeyId, EncryptionContext) => ({ KeyId, EncryptionContext, Plaintext: 'AA==' }),
    GenerateDataKey: (KeyId, EncryptionContext) => ({ KeyId, EncryptionContext, KeySpec: 'AES_256' }),
    DescribeKey: (KeyId) => ({ KeyId }),
  };
  const question = fc.record({
    by: fc.constantFrom(...PRINCIPAL_NAMES),
    /** Who wants to know: the principal itself, or the root user. */
    isOwn: fc.boolean(),
    operation: fc.constantFrom(...Object.keys(CALLS)),
    key: fc.nat({ max: KEY_COUNT - 1 }),
    context: fc.constantFrom<ContextName>('none', 'red', 'blue'),
  });
  const questions = fc.array(question, { minLength: 1, maxLength: 40, size: 'max' });

  it('of a caller and of others, in the words of the refusal', async () => {
    const seen = new Set<string>();
    await checkProperty(
      [situations.server],
      fc.record({ situation, questions }),
      async ({ situation, questions }) => {
        const { names } = await situations.bringAbout(situation);
        for (const { by, operation, key, context, ...question } of questions) {
          // Session policies are known of those only who ask for themselves.
          const isOwn = question.isOwn || by === 'limited';
          const KeyId = names.keyArns[key] ?? '';
          const pairs = operation === 'DescribeKey' ? [] : Object.entries(CONTEXTS[context]);
          const asked = {
            KeyId,
            Action: `kms:${operation}`,
            Context: Object.fromEntries(
              pairs.map(([name, value]) => [`kms:EncryptionContext:${name}`, value]),
            ),
            ...(isOwn ? {} : { Principal: names.principals[by].principal.arn }),
          };
          const explained = await situations.send(isOwn ? by : 'root', 'ExplainAccess', asked, 'QKMS');
          if (codeOf(explained) === DENIED) continue;
          const { Decision, Message } = JSON.parse(explained.body);
          const real = await situations.send(
            by,
            operation,
            CALLS[operation]?.(KeyId, CONTEXTS[context]) ?? {},
          );
          const shown = JSON.stringify({ asked, by, explained: explained.body, real: real.body });
          if (Decision === 'allowed') assert.notEqual(codeOf(real), DENIED, shown);
          else if (Decision !== 'undetermined') assert.equal(codeOf(real), DENIED, shown);
          if (Message !== undefined) assert.equal(refusalIn(real), `${DENIED}: ${Message}`, shown);
          seen.add(Decision);
        }
      },
      RUNS,
    );
    assertSeen(seen, 'allowed', 'explicitDeny', 'implicitDeny');
  });
});

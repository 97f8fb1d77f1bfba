import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { authorize } from './authorize.ts';
import { bindPrincipals, principalsToBind, renderPolicy } from './binding.ts';
import { compilePolicy, compileTrustPolicy } from './compile.ts';
import type { PolicyDocument } from './document.ts';
import { MOST_FAULTS, PolicyDocumentError, type PolicyFault } from './fault.ts';
import { ACCOUNT, contextOf, NO_POLICIES, requestOf, rootOf } from './fixtures.test-support.ts';
import { hostilePolicies } from './hostile.test-support.ts';
import { lintPolicy, type PolicyKind } from './lint.ts';
import { parsePolicy } from './parse.ts';
import { quoteStatements } from './quote.ts';
import { validateIdentityPolicy, validateKeyPolicy, validateTrustPolicy } from './validate.ts';

/** The quotas in characters: of trust policies, whose messages quote principals in full, it is much smaller. */
const SIZES = { 'key-policy': 32_768, 'identity-policy': 32_768, 'trust-policy': 2_048 } as const;
const RULES = { partition: 'aws', principalExists: () => false };

/** What a policy is refused for; nothing, if it is sound. */
function faultsOf(text: string, kind: PolicyKind): readonly PolicyFault[] {
  try {
    const document = parsePolicy(text);
    if (kind === 'identity-policy') return validateIdentityPolicy(document);
    return kind === 'key-policy' ? validateKeyPolicy(document, RULES) : validateTrustPolicy(document, RULES);
  } catch (error) {
    assert.ok(error instanceof PolicyDocumentError);
    return error.faults;
  }
}

/** A policy bound to ids that nobody has, as it is evaluated. */
function bind(document: PolicyDocument): PolicyDocument {
  const { arns } = principalsToBind(document);
  return bindPrincipals(document, new Map(arns.map((arn, index) => [arn, `AIDA${index}`])));
}

/** The root user with the longest encryption context there is. */
const request = requestOf(rootOf(ACCOUNT), {
  context: contextOf({ 'aws:userid': 'a'.repeat(8_192), 'aws:EpochTime': '1' }),
});

for (const kind of ['key-policy', 'identity-policy', 'trust-policy'] as const) {
  describe(`a hostile ${kind}`, () => {
    for (const { title, text, refusal } of hostilePolicies(kind, SIZES[kind])) {
      it(`of ${title} ${refusal === undefined ? 'can be judged by' : 'is refused, and briefly'}`, () => {
        assert.ok(text.length <= SIZES[kind], `${text.length} characters`);
        const faults = faultsOf(text, kind);
        if (refusal !== undefined) {
          assert.ok(faults.length > 0 && faults.length <= MOST_FAULTS, `${faults.length} faults`);
          const { message } = new PolicyDocumentError(faults);
          assert.ok(message.startsWith(refusal), message);
          assert.ok(message.length < 10_000, `${message.length} characters`);
          return;
        }
        assert.deepEqual(faults, []);
        const document = bind(parsePolicy(text));
        const policy = kind === 'trust-policy' ? compileTrustPolicy(document) : compilePolicy(document);
        // The first statement allows the account everything.
        const { allowed } = authorize(
          kind === 'trust-policy' ? { ...request, action: 'sts:AssumeRole' } : request,
          kind === 'identity-policy' ? { identityPolicies: [policy] } : { ...NO_POLICIES, keyPolicy: policy },
        );
        assert.equal(allowed, kind !== 'identity-policy');
        assert.equal(
          renderPolicy(text, (principal) => principal),
          text,
        );
        assert.equal(quoteStatements(text).length, document.statements.length);
      });
    }
  });
}

describe('lintPolicy: hostile policies', () => {
  for (const { title, text, refusal } of hostilePolicies('key-policy', 2_048)) {
    if (refusal !== undefined) continue;
    it(title, () => {
      for (const { code, message } of lintPolicy(parsePolicy(text), 'key-policy')) {
        assert.match(code, /^[a-z-]+$/);
        assert.ok(message.length < 1_000, `${message.length} characters`);
      }
    });
  }
});

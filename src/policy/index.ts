/**
 * The authorization engine: given who asks, what for, and all policies and grants that bear on it, may they?
 *
 * It is pure. It reads no clock, no file and no network, imports nothing outside this folder and keeps nothing
 * between two questions, so the same question always has the same answer, and it can be used by itself:
 *
 * ```ts
 * const document = parsePolicy(text);                                // or PolicyDocumentError, with all faults
 * const faults = validateKeyPolicy(document, { partition: 'aws' });  // empty if it may be a key policy
 * const keyPolicy = compilePolicy(document);                         // once; then ask as often as you like
 *
 * const request = { principal, action: 'kms:Decrypt', resource: keyArn, resourceAccount: '111122223333', context };
 * const decision = authorize(request, { keyPolicy, identityPolicies: [] });
 * if (!decision.allowed) throw new Error(accessDeniedMessage(request, decision));
 * ```
 *
 * A policy passes through four forms: text (`json.ts`), document (`document.ts`, made by
 * `parse.ts`, judged by `validate.ts`), compiled policy (`compile.ts`) and, with a request, a decision. A
 * statement asks five things, and each has its file: who (`principal.ts`), which action and which resource
 * (`element.ts`), under which conditions (`condition.ts`, whose operators are in `operator.ts` and
 * `comparison.ts`). `evaluate.ts` holds one policy against one request; `authorize.ts` weighs the layers:
 * key policy, identity policies, grants, permissions boundary, session policies. `explain.ts` tells, statement
 * by statement, why.
 *
 * A policy of a resource, once saved, means the users and roles of that moment. `binding.ts` puts their unique ids
 * in the place of their ARNs, and their names back into the text that is shown:
 *
 * ```ts
 * const bindings = new Map(principalsToBind(document).arns.map((arn) => [arn, uniqueIdOf(arn)]));
 * const keyPolicy = compilePolicy(bindPrincipals(document, bindings));
 * const shown = renderPolicy(text, (principal) => isGone(principal) ? bindings.get(principal) : undefined);
 * ```
 *
 * The trust policy of a role is the key policy of the question whether somebody may become that role. Who asks may
 * be nobody yet, but the bearer of a token: a `web-identity`, which only a `Federated` entry names, which has no
 * policies of its own, and which an Allow for `*` does not mean.
 *
 * Before a policy is put, two more readers tell what it would do: `lint.ts` warns of what is probably a mistake, and
 * `compare.ts` works out who gains and who loses which permission, under which conditions.
 *
 * ```ts
 * const warnings = lintPolicy(document, 'key-policy');
 * const { changes, complete } = comparePolicies(present, document);
 * ```
 *
 * A comparison asks for every request that can be made of what the policies name. There can be very many: it keeps to
 * a number of steps, and says what it left out. Where others wait, give it fewer than by default.
 *
 * What to rely on:
 *
 * - A Deny wins over everything, and nothing is allowed that no Allow allows. Order and repetition of
 *   statements do not matter. Adding a Deny never allows more; removing an Allow never allows more. (The
 *   property tests hold the engine to these laws, and to a second, naive evaluator.)
 * - What cannot be judged fails closed: an unknown operator, a value of the wrong kind, a malformed resource
 *   pattern make an Allow not match and a Deny match.
 * - Work is linear in the policy for a given request, whatever the policy holds: no backtracking, no recursion. It also
 *   ends: what is left when thousands of patterns have been held against thousands of characters fails closed.
 * - The context is asked lazily, for lower-case names, only for conditions of statements that otherwise match.
 *
 * Where sources disagree about what a policy means, the safer reading was taken; the list is in
 * `docs/decisions/0001-policy-readings.md`.
 */
export { type AuthorizationPolicies, authorize } from './authorize.ts';
export { bindPrincipals, type NamedPrincipals, principalsToBind, renderPolicy } from './binding.ts';
export type { KeyPolicyVerdict, PolicyChange, StatementReference } from './change.ts';
export {
  type ComparisonOptions,
  comparePolicies,
  comparePoliciesInSlices,
  type PolicyComparison,
} from './compare.ts';
export { ANY_OTHER_ACTION } from './compare-requests.ts';
export { renderComparison } from './compare-text.ts';
export { type CompiledPolicy, compilePolicy, compileTrustPolicy, withoutAllows } from './compile.ts';
export { type ContextValueType, contextKeysOf, isContextValue } from './context-keys.ts';
export type { Decision, DecisionLayer, DeterminingStatement, PolicyLayer } from './decision.ts';
export type {
  Condition,
  Effect,
  PatternList,
  PolicyDocument,
  PolicyVersion,
  Position,
  PrincipalElement,
  PrincipalEntry,
  Statement,
} from './document.ts';
export {
  type ConditionMismatch,
  type Explanation,
  explain,
  type GrantExplanation,
  type StatementExplanation,
} from './explain.ts';
export { PolicyDocumentError, type PolicyFault } from './fault.ts';
export { GRANT_OPERATIONS } from './grant.ts';
export { type GrantIndex, indexGrants } from './grant-index.ts';
export { lintPolicy, type PolicyKind, type PolicyWarning, type WarningSeverity } from './lint.ts';
export { type AccessDeniedOptions, accessDeniedMessage, keyOutOfReachMessage } from './message.ts';
export { parsePolicy } from './parse.ts';
export { compileWildcards } from './pattern.ts';
export { type QuotedStatement, quoteStatements } from './quote.ts';
export type { ConditionRange } from './ranges.ts';
export { remediesFor } from './remedies.ts';
export type {
  AuthorizationRequest,
  ConditionContext,
  ConditionValue,
  Grant,
  GrantConstraints,
  Principal,
} from './request.ts';
export {
  type KeyPolicyRules,
  validateIdentityPolicy,
  validateKeyPolicy,
  validateTrustPolicy,
} from './validate.ts';

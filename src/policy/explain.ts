import { type AuthorizationPolicies, authorize, consultedIdentityPolicies } from './authorize.ts';
import type { CompiledPolicy, CompiledStatement } from './compile.ts';
import { cite, type Decision, type DeterminingStatement, type PolicyLayer } from './decision.ts';
import { mismatchOf, prepareQuestion, type Question } from './evaluate.ts';
import { type GrantMismatch, grantMismatch } from './grant.ts';
import type { AuthorizationRequest, ConditionValue } from './request.ts';

/**
 * Why a decision came out as it did, statement by statement. The explanation asks the same functions that
 * decide, so it cannot tell another story.
 */
export interface Explanation {
  readonly decision: Decision;
  /** Every statement of every policy that was consulted. */
  readonly statements: readonly StatementExplanation[];
  readonly grants: readonly GrantExplanation[];
}

/** Whether a statement applies to the request, and if not, the first element that does not match. */
export interface StatementExplanation extends DeterminingStatement {
  readonly applies: boolean;
  readonly mismatch?: 'Action' | 'Principal' | 'Resource' | 'Condition';
  /** The condition that does not hold. */
  readonly condition?: ConditionMismatch;
}

/** A condition that does not hold: what it says, as written, and what the request has under its key. */
export interface ConditionMismatch {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
  readonly actual: ConditionValue | undefined;
}

/** Whether a grant permits the request, and if not, the first part that does not match. */
export interface GrantExplanation {
  readonly grantId: string;
  readonly applies: boolean;
  readonly mismatch?: GrantMismatch;
}

/** Decides a request as `authorize` does, and says how each statement and grant stood to it. */
export function explain(request: AuthorizationRequest, policies: AuthorizationPolicies): Explanation {
  const { keyPolicy, permissionsBoundary, sessionPolicies = [], grants = [] } = policies;
  const question = prepareQuestion(request, permissionsBoundary !== undefined);
  const layers: readonly (readonly [PolicyLayer, readonly CompiledPolicy[]])[] = [
    ['key-policy', keyPolicy === undefined ? [] : [keyPolicy]],
    ['identity-policy', consultedIdentityPolicies(request, policies)],
    ['permissions-boundary', permissionsBoundary === undefined ? [] : [permissionsBoundary]],
    ['session-policy', sessionPolicies],
  ];
  const statements = layers.flatMap(([layer, layerPolicies]) =>
    layerPolicies.flatMap((policy, index) =>
      policy.statements.map((statement) => explainStatement(layer, index, statement, question)),
    ),
  );
  return Object.freeze({
    decision: authorize(request, policies),
    statements: Object.freeze(statements),
    grants: Object.freeze(
      grants.map((grant) => {
        const mismatch = grantMismatch(grant, request, question);
        const applies = mismatch === undefined;
        return Object.freeze({ grantId: grant.grantId, applies, ...(applies ? {} : { mismatch }) });
      }),
    ),
  });
}

function explainStatement(
  layer: PolicyLayer,
  policyIndex: number,
  statement: CompiledStatement,
  question: Question,
): StatementExplanation {
  const cited = cite(layer, policyIndex, statement);
  const mismatch = mismatchOf(statement, question, layer === 'key-policy' ? 'resource' : 'identity');
  if (mismatch === undefined) return Object.freeze({ ...cited, applies: true });
  if (typeof mismatch === 'string') return Object.freeze({ ...cited, applies: false, mismatch });
  const { operator, key, values } = mismatch;
  const condition = Object.freeze({ operator, key, values, actual: question.context.get(key.toLowerCase()) });
  return Object.freeze({ ...cited, applies: false, mismatch: 'Condition', condition });
}

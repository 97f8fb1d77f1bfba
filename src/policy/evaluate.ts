import type { CompiledPolicy, CompiledStatement } from './compile.ts';
import type { CompiledCondition } from './condition.ts';
import { type CallerNames, callerNames, type Naming } from './principal.ts';
import type { AuthorizationRequest, ConditionContext } from './request.ts';
import { newWork, type Work } from './work.ts';

/** A request, prepared once for all statements that it will be held against. */
export interface Question {
  /** In lower case: actions are not case-sensitive. */
  readonly action: string;
  readonly resource: string;
  readonly context: ConditionContext;
  readonly caller: CallerNames;
  /** Whether the caller has a permissions boundary, which decides what `NotPrincipal` means in a Deny. */
  readonly hasBoundary: boolean;
  /** What has been done to answer. */
  readonly work: Work;
}

/** Prepares a request. */
export function prepareQuestion(request: AuthorizationRequest, hasBoundary: boolean): Question {
  return {
    action: request.action.toLowerCase(),
    resource: request.resource,
    context: request.context,
    caller: callerNames(request.principal),
    hasBoundary,
    work: newWork(),
  };
}

/** What a policy is attached to: the resource, and then it says whom it means; or the caller's own identity. */
export type Attachment = 'resource' | 'identity';

/** Why a statement does not apply to a request: the first of its elements that does not match. */
export type Mismatch = 'Action' | 'Principal' | 'Resource' | CompiledCondition;

/**
 * Holds a request against a statement. Undefined means that it applies. The cheapest element comes first, and
 * the context is not touched before only conditions (or variables in a resource) are left.
 */
export function mismatchOf(
  statement: CompiledStatement,
  question: Question,
  attachment: Attachment,
): Mismatch | undefined {
  const { context, work } = question;
  if (!statement.matchesAction(question.action, work)) return 'Action';
  if (!meansCaller(statement, question, attachment)) return 'Principal';
  if (!statement.matchesResource(question.resource, context, work)) return 'Resource';
  for (const condition of statement.conditions) {
    if (!condition.holds(context, work)) return condition;
  }
  return undefined;
}

/** A principal has no business in an identity policy: an Allow that has one allows nothing, a Deny ignores it. */
function meansCaller(statement: CompiledStatement, question: Question, attachment: Attachment): boolean {
  if (attachment === 'identity') return statement.names === undefined || statement.effect === 'Deny';
  return namingIn(statement, question) !== 'not-at-all';
}

/**
 * How a statement of a key policy names the caller. One without a principal names nobody, whatever its effect
 * (policies.md, section 3, test vectors): it is ignored.
 */
function namingIn(statement: CompiledStatement, { caller, hasBoundary }: Question): Naming {
  return statement.names?.(caller, hasBoundary) ?? 'not-at-all';
}

/** The first Deny of a policy that applies. */
export function findDeny(
  policy: CompiledPolicy,
  question: Question,
  attachment: Attachment,
): CompiledStatement | undefined {
  return findApplying(policy.denies, question, attachment);
}

/** The first Allow of an identity policy that applies. */
export function findAllow(policy: CompiledPolicy, question: Question): CompiledStatement | undefined {
  return findApplying(policy.allows, question, 'identity');
}

function findApplying(
  statements: readonly CompiledStatement[],
  question: Question,
  attachment: Attachment,
): CompiledStatement | undefined {
  for (const statement of statements) {
    if (mismatchOf(statement, question, attachment) === undefined) return statement;
  }
  return undefined;
}

/** An Allow of a key policy that applies, and how it names the caller. */
export interface KeyPolicyAllow {
  readonly statement: CompiledStatement;
  readonly naming: Naming;
}

/** How closely a statement names somebody: the more the closer. */
export const CLOSENESS: Readonly<Record<Naming, number>> = {
  'not-at-all': 0,
  account: 1,
  broadly: 2,
  itself: 3,
};

/** The Allow of a key policy that applies and names the caller most closely; among equals, the first. */
export function findClosestAllow(policy: CompiledPolicy, question: Question): KeyPolicyAllow | undefined {
  let closest: KeyPolicyAllow | undefined;
  for (const statement of policy.allows) {
    if (mismatchOf(statement, question, 'resource') !== undefined) continue;
    const naming = namingIn(statement, question);
    if (closest === undefined || CLOSENESS[naming] > CLOSENESS[closest.naming]) {
      closest = { statement, naming };
    }
    if (naming === 'itself') break;
  }
  return closest;
}

import { type CompiledCondition, compileCondition } from './condition.ts';
import type { Effect, PolicyDocument, Statement } from './document.ts';
import { compileActions, compileResources, type ResourceMatcher } from './element.ts';
import type { TextMatcher } from './pattern.ts';
import { compilePrincipal, type PrincipalMatcher } from './principal.ts';

/** A statement, each of its elements turned into a function. */
export interface CompiledStatement {
  readonly effect: Effect;
  /** Counts from 0. */
  readonly index: number;
  readonly sid: string | undefined;
  readonly line: number;
  readonly column: number;
  /** Absent in identity policies. */
  readonly names: PrincipalMatcher | undefined;
  readonly matchesAction: TextMatcher;
  readonly matchesResource: ResourceMatcher;
  readonly conditions: readonly CompiledCondition[];
}

/** A policy that is ready to be evaluated any number of times. To callers it is opaque. */
export interface CompiledPolicy {
  readonly id: string | undefined;
  readonly statements: readonly CompiledStatement[];
  readonly allows: readonly CompiledStatement[];
  readonly denies: readonly CompiledStatement[];
}

/** Compiles a policy of any kind. Never throws: what has no meaning fails closed (see `condition.ts`, `element.ts`). */
export function compilePolicy(document: PolicyDocument): CompiledPolicy {
  const statements = Object.freeze(
    document.statements.map((statement, index) => compileStatement(document, statement, index)),
  );
  return Object.freeze({
    id: document.id,
    statements,
    allows: Object.freeze(statements.filter(({ effect }) => effect === 'Allow')),
    denies: Object.freeze(statements.filter(({ effect }) => effect === 'Deny')),
  });
}

/** A policy reduced to what it denies. */
export function withoutAllows(policy: CompiledPolicy): CompiledPolicy {
  return Object.freeze({ ...policy, statements: policy.denies, allows: [] });
}

/**
 * Compiles the trust policy of a role: a key policy in every respect, but its statements have no `Resource`
 * because the role is the resource.
 */
export function compileTrustPolicy(document: PolicyDocument): CompiledPolicy {
  const statements = document.statements.map((statement) => ({
    ...statement,
    resource: { negated: false, values: ['*'], position: statement.position },
  }));
  return compilePolicy({ ...document, statements });
}

function compileStatement(
  { version }: PolicyDocument,
  statement: Statement,
  index: number,
): CompiledStatement {
  const { effect, principal, position } = statement;
  return Object.freeze({
    effect,
    index,
    sid: statement.sid,
    line: position.line,
    column: position.column,
    names: principal === undefined ? undefined : compilePrincipal(principal, effect),
    matchesAction: compileActions(statement.action),
    matchesResource: compileResources(statement.resource, effect, version),
    conditions: Object.freeze(
      statement.conditions.map((condition) => compileCondition(condition, effect, version)),
    ),
  });
}

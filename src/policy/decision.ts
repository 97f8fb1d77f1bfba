import type { CompiledStatement } from './compile.ts';
import type { Effect, Position } from './document.ts';

/** The kinds of policy that take part in a decision. */
export type PolicyLayer = 'key-policy' | 'identity-policy' | 'permissions-boundary' | 'session-policy';

/** `root-user` stands where others need an identity policy: the root user holds all permissions of its account. */
export type DecisionLayer = PolicyLayer | 'grant' | 'root-user';

/** A statement that the decision rests on, and where to find it. */
export interface DeterminingStatement extends Position {
  readonly layer: PolicyLayer;
  /** Which policy of its layer, in the order given; 0 where there is only one. */
  readonly policyIndex: number;
  /** Counts from 0. */
  readonly statementIndex: number;
  readonly sid: string | undefined;
  readonly effect: Effect;
}

/**
 * The answer, with its reasons. Frozen data; none of it is secret to the owner of the policies, but what of
 * it a caller may learn is decided by `accessDeniedMessage`.
 */
export interface Decision {
  readonly allowed: boolean;
  /** `explicit-deny`: a Deny statement applies. `implicit-deny`: a permission is missing. */
  readonly outcome: 'allow' | 'explicit-deny' | 'implicit-deny';
  /** What gave the permission; or what denied it; or the first layer in which it is missing. */
  readonly layer: DecisionLayer;
  /**
   * Allowed: one statement of each layer that had to allow. Explicitly denied: the Deny. Implicitly denied: the
   * statements that did allow, in the layers before the one in which permission is missing.
   */
  readonly statements: readonly DeterminingStatement[];
  /** The grant that gave the permission, if one did. */
  readonly grantId: string | undefined;
}

/** Points at a statement. */
export function cite(
  layer: PolicyLayer,
  policyIndex: number,
  statement: CompiledStatement,
): DeterminingStatement {
  const { index, sid, effect, line, column } = statement;
  return Object.freeze({ layer, policyIndex, statementIndex: index, sid, effect, line, column });
}

/** The request is allowed; `layer` gave the permission. */
export function allow(
  layer: DecisionLayer,
  statements: readonly DeterminingStatement[],
  grantId?: string,
): Decision {
  return Object.freeze({
    allowed: true,
    outcome: 'allow',
    layer,
    statements: Object.freeze(statements),
    grantId,
  });
}

/** The statement denies the request. */
export function explicitDeny(statement: DeterminingStatement): Decision {
  const statements = Object.freeze([statement]);
  return Object.freeze({
    allowed: false,
    outcome: 'explicit-deny',
    layer: statement.layer,
    statements,
    grantId: undefined,
  });
}

/** Permission is missing in `layer`, although `statements` allow. */
export function implicitDeny(layer: DecisionLayer, statements: readonly DeterminingStatement[]): Decision {
  return Object.freeze({
    allowed: false,
    outcome: 'implicit-deny',
    layer,
    statements: Object.freeze(statements),
    grantId: undefined,
  });
}

import {
  type AuthorizationRequest,
  type ConditionContext,
  type ConditionValue,
  explain,
  type PolicyLayer,
  type Principal,
  type StatementExplanation,
} from '../policy/index.ts';
import type { PolicySourceType, SourcedPolicy } from './policy-sources.ts';

/*
 * Simulated requests: what the engine that judges real requests says of given policies. Pure.
 */

/** What decides simulated requests. */
export interface Simulation {
  /** Also a role stands here as a user: identity policies do not ask for the kind. */
  readonly principal: Extract<Principal, { kind: 'user' }>;
  readonly identityPolicies: readonly SourcedPolicy[];
  readonly permissionsBoundary: SourcedPolicy | undefined;
  /** Judged as a key policy, or as the trust policy of a role; without one, identity policies alone decide. */
  readonly resourcePolicy: SourcedPolicy | undefined;
  /** The account that owns resources whose ARN names none. */
  readonly resourceOwner: string;
  /** Condition keys, in lower case. */
  readonly context: ReadonlyMap<string, ConditionValue>;
}

/** As IAM names it (`PolicyEvaluationDecisionType`). */
export type SimulatedDecision = 'allowed' | 'explicitDeny' | 'implicitDeny';

/** A statement that decides; line and column count from 1. */
export interface MatchedStatement {
  readonly policyId: string;
  readonly policyType: PolicySourceType;
  readonly line: number;
  readonly column: number;
}

/** What became of one simulated request. */
export interface SimulatedResult {
  readonly decision: SimulatedDecision;
  /** Allowed: all that allow; explicitly denied: all that deny. Statements of a permissions boundary are not among them. */
  readonly matched: readonly MatchedStatement[];
  /** Condition keys that a policy asked for in vain, as it writes them. */
  readonly missingKeys: readonly string[];
  readonly allowedByBoundary: boolean | undefined;
  /** Across accounts: what each kind of policy says by itself. */
  readonly decisionByPolicyType: Readonly<Record<string, SimulatedDecision>> | undefined;
}

const DECISIONS = {
  allow: 'allowed',
  'explicit-deny': 'explicitDeny',
  'implicit-deny': 'implicitDeny',
} as const;

/** Judges a request for an action such as `kms:Encrypt` on a resource, an ARN or `*`. */
export function simulate(simulation: Simulation, action: string, resource: string): SimulatedResult {
  const { principal, permissionsBoundary, resourcePolicy } = simulation;
  const owner = resource.split(':')[4] || simulation.resourceOwner;
  const context = new SimulatedContext(simulation.context, owner);
  const request: AuthorizationRequest = {
    principal,
    action,
    resource,
    context,
    ...(resourcePolicy && { resourceAccount: owner }),
  };
  const { decision, statements } = explain(request, {
    identityPolicies: simulation.identityPolicies.map(({ policy }) => policy),
    ...(permissionsBoundary && { permissionsBoundary: permissionsBoundary.policy }),
    ...(resourcePolicy && { keyPolicy: resourcePolicy.policy }),
  });
  const applying = statements.filter(({ applies }) => applies);
  const isForeign = principal.account !== owner;
  return {
    decision: DECISIONS[decision.outcome],
    matched: matchedStatements(simulation, DECISIONS[decision.outcome], applying),
    missingKeys: asWritten(simulation, context.missingKeys),
    allowedByBoundary: permissionsBoundary && decisionOf(applying, 'permissions-boundary') === 'allowed',
    decisionByPolicyType:
      resourcePolicy && isForeign
        ? {
            'IAM Policy': decisionOf(applying, 'identity-policy'),
            'Resource Policy': decisionOf(applying, 'key-policy'),
            ...(permissionsBoundary && {
              'Permissions Boundary': decisionOf(applying, 'permissions-boundary'),
            }),
          }
        : undefined,
  };
}

const SEVERITY: readonly SimulatedDecision[] = ['allowed', 'implicitDeny', 'explicitDeny'];

/** The most restrictive of decisions: an explicit deny before an implicit one before none. */
export function mostRestrictive(decisions: readonly SimulatedDecision[]): SimulatedDecision {
  return SEVERITY[Math.max(0, ...decisions.map((each) => SEVERITY.indexOf(each)))] ?? 'allowed';
}

/** What was given, and a memory of what was asked for in vain. */
class SimulatedContext implements ConditionContext {
  readonly missingKeys = new Set<string>();
  readonly #values: ReadonlyMap<string, ConditionValue>;
  readonly #owner: string;

  constructor(values: ReadonlyMap<string, ConditionValue>, owner: string) {
    this.#values = values;
    this.#owner = owner;
  }

  get(name: string): ConditionValue | undefined {
    const value = this.#values.get(name) ?? (name === 'aws:resourceaccount' ? this.#owner : undefined);
    if (value === undefined) this.missingKeys.add(name);
    return value;
  }
}

/** What the statements of one kind of policy say by themselves. */
function decisionOf(applying: readonly StatementExplanation[], layer: PolicyLayer): SimulatedDecision {
  const effects = applying.filter((each) => each.layer === layer).map(({ effect }) => effect);
  if (effects.includes('Deny')) return 'explicitDeny';
  return effects.includes('Allow') ? 'allowed' : 'implicitDeny';
}

function matchedStatements(
  { identityPolicies, resourcePolicy }: Simulation,
  decision: SimulatedDecision,
  applying: readonly StatementExplanation[],
): readonly MatchedStatement[] {
  if (decision === 'implicitDeny') return [];
  const deciding = decision === 'allowed' ? 'Allow' : 'Deny';
  return applying
    .filter(({ effect }) => effect === deciding)
    .flatMap(({ layer, policyIndex, line, column }) => {
      const source =
        layer === 'identity-policy'
          ? identityPolicies[policyIndex]
          : layer === 'key-policy'
            ? resourcePolicy
            : undefined;
      return source === undefined ? [] : [{ policyId: source.id, policyType: source.type, line, column }];
    });
}

function asWritten(
  { identityPolicies, permissionsBoundary, resourcePolicy }: Simulation,
  keys: ReadonlySet<string>,
): readonly string[] {
  if (keys.size === 0) return [];
  const written = new Map(
    [...identityPolicies, permissionsBoundary, resourcePolicy]
      .flatMap((source) => source?.contextKeys ?? [])
      .map((key) => [key.toLowerCase(), key]),
  );
  return [...keys].map((key) => written.get(key) ?? key);
}

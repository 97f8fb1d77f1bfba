import type { CompiledPolicy, CompiledStatement } from './compile.ts';
import {
  allow,
  cite,
  type Decision,
  type DecisionLayer,
  type DeterminingStatement,
  explicitDeny,
  implicitDeny,
  type PolicyLayer,
} from './decision.ts';
import { findAllow, findClosestAllow, findDeny, prepareQuestion, type Question } from './evaluate.ts';
import { grantMismatch, grantNaming } from './grant.ts';
import type { AuthorizationRequest, Grant } from './request.ts';

/**
 * The layers (policies.md, section 3): which policies and grants have to say what for a request to be allowed.
 *
 * 1. A Deny anywhere ends it.
 * 2. Something gives the permission: the key policy to the caller itself, the key policy to the caller's account
 *    together with an identity policy, or a grant; across accounts an identity policy has to agree in any case
 *    (but for grants). For an operation without a key an identity policy alone does. Who has no identity policies,
 *    the bearer of a web identity, gets nothing across accounts.
 * 3. Whatever gave it, the session policy and, with few exceptions, the permissions boundary have to allow too.
 */

/** Everything that is consulted for one request. */
export interface AuthorizationPolicies {
  /** The policy of the key (or role) that is the resource. */
  readonly keyPolicy?: CompiledPolicy;
  /** All policies of the caller: its own, its groups', its role's. Neither root users nor web identities have any. */
  readonly identityPolicies: readonly CompiledPolicy[];
  readonly permissionsBoundary?: CompiledPolicy;
  /** The policies passed when the session was made; any of them may allow. An empty list is no list. */
  readonly sessionPolicies?: readonly CompiledPolicy[];
  /** Grants of the key; which of them concern the caller is found out here. */
  readonly grants?: readonly Grant[];
}

/** Decides a request. Never throws; the same request and policies always give the same decision. */
export function authorize(request: AuthorizationRequest, policies: AuthorizationPolicies): Decision {
  const question = prepareQuestion(request, policies.permissionsBoundary !== undefined);
  const denial = findExplicitDeny(request, policies, question);
  if (denial !== undefined) return explicitDeny(denial);
  const permission = findPermission(request, policies, question);
  if ('missing' in permission) return implicitDeny(permission.missing, permission.statements);
  return applyGuardrails(permission, policies, question);
}

/**
 * The key policy comes last: if a caller's own policies deny, the answer is the same whether or not a key of
 * another account exists.
 */
function findExplicitDeny(
  request: AuthorizationRequest,
  policies: AuthorizationPolicies,
  question: Question,
): DeterminingStatement | undefined {
  const { permissionsBoundary, sessionPolicies, keyPolicy } = policies;
  return (
    findIn('identity-policy', consultedIdentityPolicies(request, policies), denies, question) ??
    (permissionsBoundary && findIn('permissions-boundary', [permissionsBoundary], denies, question)) ??
    (sessionPolicies && findIn('session-policy', sessionPolicies, denies, question)) ??
    (keyPolicy && findIn('key-policy', [keyPolicy], deniesOnResource, question))
  );
}

const NO_POLICIES: readonly CompiledPolicy[] = Object.freeze([]);

/** The identity policies that count: what cannot have any is given none, whatever the request brings along. */
export function consultedIdentityPolicies(
  { principal: { kind } }: AuthorizationRequest,
  { identityPolicies }: AuthorizationPolicies,
): readonly CompiledPolicy[] {
  return kind === 'root' || kind === 'web-identity' ? NO_POLICIES : identityPolicies;
}

type Finder = (policy: CompiledPolicy, question: Question) => CompiledStatement | undefined;
const denies: Finder = (policy, question) => findDeny(policy, question, 'identity');
const deniesOnResource: Finder = (policy, question) => findDeny(policy, question, 'resource');

/** The first statement that is found in the policies of a layer. */
function findIn(
  layer: PolicyLayer,
  policies: readonly CompiledPolicy[],
  find: Finder,
  question: Question,
): DeterminingStatement | undefined {
  for (let policyIndex = 0; policyIndex < policies.length; policyIndex += 1) {
    const policy = policies[policyIndex];
    const statement = policy && find(policy, question);
    if (statement !== undefined) return cite(layer, policyIndex, statement);
  }
  return undefined;
}

/** What gives the permission, before the guardrails had their say. */
interface Permission {
  readonly layer: DecisionLayer;
  readonly statements: readonly DeterminingStatement[];
  readonly grantId?: string;
  readonly isLimitedByBoundary: boolean;
}

/** Nothing gives the permission: the first layer that lacks it, and what allows in the layers before. */
interface MissingPermission {
  readonly missing: PolicyLayer;
  readonly statements: readonly DeterminingStatement[];
}

function findPermission(
  request: AuthorizationRequest,
  policies: AuthorizationPolicies,
  question: Question,
): Permission | MissingPermission {
  if (request.resourceAccount === undefined) {
    if (isReservedAlias(question)) return { missing: 'identity-policy', statements: [] };
    return permissionOfIdentity(request, policies, question, []);
  }
  const permission = permissionOfKeyPolicy(request, policies, question);
  return 'missing' in permission
    ? (permissionOfGrants(request, policies, question) ?? permission)
    : permission;
}

/** The identity side alone: the root user holds every permission of its account, others need an Allow. */
function permissionOfIdentity(
  request: AuthorizationRequest,
  policies: AuthorizationPolicies,
  question: Question,
  statements: readonly DeterminingStatement[],
): Permission | MissingPermission {
  const { kind } = request.principal;
  if (kind === 'root') return { layer: 'root-user', statements, isLimitedByBoundary: false };
  const identityPolicies = consultedIdentityPolicies(request, policies);
  const statement = findIn('identity-policy', identityPolicies, findAllow, question);
  if (statement === undefined) return { missing: 'identity-policy', statements };
  // GetFederationToken without a session policy gives a session that policies have to name themselves.
  if (kind === 'federated-user' && !policies.sessionPolicies?.length) {
    return { missing: 'session-policy', statements };
  }
  return { layer: 'identity-policy', statements: [...statements, statement], isLimitedByBoundary: true };
}

/** The key policy, with an identity policy where it only delegates or belongs to another account. */
function permissionOfKeyPolicy(
  request: AuthorizationRequest,
  policies: AuthorizationPolicies,
  question: Question,
): Permission | MissingPermission {
  const { principal, resourceAccount } = request;
  const { keyPolicy } = policies;
  const allowed = keyPolicy === undefined ? undefined : findClosestAllow(keyPolicy, question);
  if (allowed === undefined) return { missing: 'key-policy', statements: [] };
  const { statement, naming } = allowed;
  const statements = [cite('key-policy', 0, statement)];
  const isOwnKey = principal.kind === 'service' || principal.account === resourceAccount;
  if (isOwnKey && naming !== 'account') {
    // A boundary does not limit what a key policy gives to the caller by name; by its role it does.
    return { layer: 'key-policy', statements, isLimitedByBoundary: naming !== 'itself' };
  }
  return permissionOfIdentity(request, policies, question, statements);
}

/** Grants are independent of both kinds of policies, unless the grantee is a whole account. */
function permissionOfGrants(
  request: AuthorizationRequest,
  policies: AuthorizationPolicies,
  question: Question,
): Permission | undefined {
  for (const grant of policies.grants ?? []) {
    if (grantMismatch(grant, request, question) !== undefined) continue;
    const { grantId } = grant;
    if (grantNaming(grant, question) !== 'account') {
      return { layer: 'grant', statements: [], grantId, isLimitedByBoundary: true };
    }
    const permission = permissionOfIdentity(request, policies, question, []);
    if (!('missing' in permission)) return { ...permission, layer: 'grant', grantId };
  }
  return undefined;
}

/** The boundary and the session policy have to allow as well; together they never give what was missing. */
function applyGuardrails(
  { layer, statements, grantId, isLimitedByBoundary }: Permission,
  { permissionsBoundary, sessionPolicies }: AuthorizationPolicies,
  question: Question,
): Decision {
  const allowing = [...statements];
  if (permissionsBoundary !== undefined && isLimitedByBoundary) {
    const statement = findIn('permissions-boundary', [permissionsBoundary], findAllow, question);
    if (statement === undefined) return implicitDeny('permissions-boundary', allowing);
    allowing.push(statement);
  }
  if (sessionPolicies !== undefined && sessionPolicies.length > 0) {
    const statement = findIn('session-policy', sessionPolicies, findAllow, question);
    if (statement === undefined) return implicitDeny('session-policy', allowing);
    allowing.push(statement);
  }
  return allow(layer, allowing, grantId);
}

const ALIAS_OPERATIONS: readonly string[] = ['kms:createalias', 'kms:updatealias', 'kms:deletealias'];

/** Nobody may make, move or delete an alias of AWS's own: `alias/aws/…`. */
function isReservedAlias({ action, resource }: Question): boolean {
  return resource.includes(':alias/aws/') && ALIAS_OPERATIONS.includes(action);
}

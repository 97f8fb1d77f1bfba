import { type AuthorizationPolicies, authorize } from './authorize.ts';
import type { CompiledPolicy } from './compile.ts';
import type { Decision, PolicyLayer } from './decision.ts';
import { statementLabel } from './document.ts';
import { type ConditionMismatch, type Explanation, explain } from './explain.ts';
import { GRANT_OPERATIONS } from './grant.ts';
import type { AuthorizationRequest } from './request.ts';

/** What a policy is called, such as `the key policy`, by its layer and its place there. */
export type PolicyNames = (layer: PolicyLayer, policyIndex: number) => string;

/**
 * What would have to change for a request that is refused: every Deny that applies, and what is still missing without
 * them. Empty when the request is allowed.
 */
export function remediesFor(
  request: AuthorizationRequest,
  policies: AuthorizationPolicies,
  nameOf: PolicyNames,
): readonly string[] {
  const explanation = explain(request, policies);
  if (explanation.decision.allowed) return [];
  const denials = explanation.statements
    .filter(({ applies, effect }) => applies && effect === 'Deny')
    .map(({ layer, policyIndex, statementIndex, sid }) => {
      const denial = `remove or narrow the Deny in ${statementLabel(statementIndex, sid)} of ${nameOf(layer, policyIndex)}`;
      const statement = policiesOf(policies, layer)[policyIndex]?.denies.find(
        ({ index }) => index === statementIndex,
      );
      return [denial, ...(statement?.conditions ?? []).map(avoid)].join(', or ');
    });
  const rest = denials.length === 0 ? explanation.decision : authorize(request, withoutDenials(policies));
  return rest.allowed ? denials : [...denials, ...missing(request, rest, explanation, nameOf)];
}

function withoutDenials(policies: AuthorizationPolicies): AuthorizationPolicies {
  const { keyPolicy, identityPolicies, permissionsBoundary, sessionPolicies } = policies;
  return {
    ...policies,
    identityPolicies: identityPolicies.map(withoutDenies),
    ...(keyPolicy && { keyPolicy: withoutDenies(keyPolicy) }),
    ...(permissionsBoundary && { permissionsBoundary: withoutDenies(permissionsBoundary) }),
    ...(sessionPolicies && { sessionPolicies: sessionPolicies.map(withoutDenies) }),
  };
}

function withoutDenies(policy: CompiledPolicy): CompiledPolicy {
  return Object.freeze({ ...policy, statements: policy.allows, denies: [] });
}

/** What is missing in the layer that a decision names: first what nearly allows, then what could be added. */
function missing(
  request: AuthorizationRequest,
  { layer }: Decision,
  { statements, grants }: Explanation,
  nameOf: PolicyNames,
): readonly string[] {
  const nearly = statements.flatMap((each) =>
    each.layer === layer && each.effect === 'Allow' && each.condition !== undefined
      ? `${meet(each.condition)}, for ${statementLabel(each.statementIndex, each.sid)} of ${nameOf(each.layer, each.policyIndex)} to allow`
      : [],
  );
  const constrained = grants.flatMap(({ grantId, mismatch }) =>
    layer === 'key-policy' && mismatch === 'Constraints'
      ? `meet the constraints of the grant ${grantId}`
      : [],
  );
  return [...nearly, ...constrained, ...additions(request, layer)];
}

function policiesOf(policies: AuthorizationPolicies, layer: PolicyLayer): readonly CompiledPolicy[] {
  const { keyPolicy, identityPolicies, permissionsBoundary, sessionPolicies = [] } = policies;
  switch (layer) {
    case 'key-policy':
      return keyPolicy === undefined ? [] : [keyPolicy];
    case 'identity-policy':
      return identityPolicies;
    case 'permissions-boundary':
      return permissionsBoundary === undefined ? [] : [permissionsBoundary];
    case 'session-policy':
      return sessionPolicies;
  }
}

const ENCRYPTION_CONTEXT = 'kms:EncryptionContext:';

type WrittenCondition = Pick<ConditionMismatch, 'operator' | 'key' | 'values'>;

/** What to send where a condition is about one pair of the encryption context, by its operator. */
function pairToSend({ operator, key, values }: WrittenCondition, wanted: RegExp): string | undefined {
  const [value = '', ...others] = values;
  if (!key.toLowerCase().startsWith(ENCRYPTION_CONTEXT.toLowerCase())) return undefined;
  if (others.length > 0 || !wanted.test(operator) || value.includes('${')) return undefined;
  return `send an encryption context with ${key.slice(ENCRYPTION_CONTEXT.length)}=${value}`;
}

/** How a condition of a Deny that applies would not hold. */
function avoid(condition: WrittenCondition): string {
  const { operator, key, values } = condition;
  return (
    pairToSend(condition, /^StringNotEquals(?:IfExists)?$/i) ??
    `do not meet its condition ${operator} ${key} ${JSON.stringify(values)}`
  );
}

/** How a condition of an Allow would hold. */
function meet(condition: ConditionMismatch): string {
  const { operator, key, values, actual } = condition;
  const pair = pairToSend(condition, /^StringEquals(?:IfExists)?$/i);
  if (pair !== undefined) return pair;
  const has = actual === undefined ? 'it is absent' : `it is ${JSON.stringify(actual)}`;
  return `meet the condition ${operator} ${key} ${JSON.stringify(values)} (${has})`;
}

function additions(
  { principal, action, resource, resourceAccount }: AuthorizationRequest,
  layer: Decision['layer'],
): readonly string[] {
  const who = principal.kind === 'assumed-role' ? principal.roleArn : principal.arn;
  switch (layer) {
    case 'key-policy': {
      const operation = action.slice(action.indexOf(':') + 1);
      const byGrant = GRANT_OPERATIONS.includes(operation)
        ? [`or create a grant for ${operation} to ${who}`]
        : [];
      if (principal.kind === 'service') return [`let the key policy allow ${action} to ${who}`, ...byGrant];
      const account = `arn:${resource.split(':')[1]}:iam::${principal.account}:root`;
      const first =
        principal.kind === 'root'
          ? `let the key policy allow ${action} to ${who}`
          : principal.account === resourceAccount
            ? `let the key policy allow ${action} to ${who}, or to ${account} and an identity policy too`
            : `let the key policy allow ${action} to ${who} or ${account}, and an identity policy of that account too`;
      return [first, ...byGrant];
    }
    case 'identity-policy':
      return [
        `allow ${action} on ${resource} to ${who} by an identity policy: the key policy leaves it to the account`,
      ];
    case 'permissions-boundary':
      return [`let the permissions boundary of ${who} allow ${action} on ${resource}`];
    case 'session-policy':
      return [`ask for the session with a session policy that allows ${action} on ${resource}`];
    case 'grant':
    case 'root-user':
      return [];
  }
}

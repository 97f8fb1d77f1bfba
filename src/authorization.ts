import { type AuthorizationFacts, RequestConditions, type RequestFacts } from './conditions.ts';
import { type AnyInput, asDeclared, type KeyTarget } from './operations/index.ts';
import { accessDeniedMessage, authorize, type CompiledPolicy } from './policy/index.ts';
import { accessDenied } from './refusals.ts';
import type { FoundTarget, NamedKey } from './targets.ts';

/**
 * Lets a request have a target of its operation, or refuses it.
 *
 * @throws ServiceError `AccessDeniedException`; its text does not tell whether a key of another account exists
 */
export function authorizeTarget(request: RequestFacts, found: FoundTarget, input: AnyInput): void {
  switch (found.kind) {
    case 'key':
      if (found.key !== undefined) authorizeKey(request, found.target, found.key, input);
      return;
    case 'alias':
      authorizeAccount(request, found.target.permission, found.alias.arn, () => ({}));
      return;
    case 'account': {
      const { permission, when, conditions } = found.target;
      if (when?.(asDeclared(input)) === false) return;
      authorizeAccount(request, permission, '*', () => conditions?.(asDeclared(input)) ?? {});
    }
  }
}

function authorizeKey(request: RequestFacts, target: KeyTarget, key: NamedKey, input: AnyInput): void {
  if (target.permission === undefined) return;
  const conditions = () => target.conditions?.(asDeclared(input)) ?? {};
  const { entry, requestAlias } = key;
  // A foreign key that does not exist, or that this operation cannot reach, is judged like one without a policy.
  const isReachable = target.crossAccount === true || key.accountId === request.caller.account;
  const keyPolicy = isReachable ? entry?.policy : undefined;
  const question = {
    principal: request.caller.principal,
    action: target.permission,
    resource: key.arn,
    resourceAccount: key.accountId,
    context: new RequestConditions(request, { key: entry, requestAlias, conditions }),
  };
  const { identityPolicies } = request.caller;
  const decision = authorize(
    question,
    keyPolicy === undefined ? { identityPolicies } : { identityPolicies, keyPolicy },
  );
  if (decision.allowed && keyPolicy !== undefined) return;
  throw accessDenied(
    accessDeniedMessage(question, decision, { associatedWithCiphertext: key.fromCiphertext }),
  );
}

/** Authorizes an action that no key policy judges. */
function authorizeAccount(
  request: RequestFacts,
  action: string,
  resource: string,
  conditions: AuthorizationFacts['conditions'],
): void {
  const { principal, identityPolicies } = request.caller;
  const context = new RequestConditions(request, { key: undefined, requestAlias: undefined, conditions });
  const question = { principal, action, resource, context };
  const decision = authorize(question, { identityPolicies });
  if (!decision.allowed) throw accessDenied(accessDeniedMessage(question, decision));
}

/** Whether the caller could perform an action on a key of its account if the key had the given policy. */
export function wouldAllow(
  request: RequestFacts,
  action: string,
  keyArn: string,
  keyPolicy: CompiledPolicy,
): boolean {
  const { principal, account, identityPolicies } = request.caller;
  const context = new RequestConditions(request, {
    key: undefined,
    requestAlias: undefined,
    conditions: () => ({}),
  });
  const question = { principal, action, resource: keyArn, resourceAccount: account, context };
  return authorize(question, { identityPolicies, keyPolicy }).allowed;
}

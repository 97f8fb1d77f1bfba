import { type AuthorizationFacts, RequestConditions, type RequestFacts } from './conditions.ts';
import type { KeyTraits } from './kms/index.ts';
import {
  type AnyInput,
  asDeclared,
  type Conditions,
  type KeyTarget,
  type Operation,
} from './operations/index.ts';
import { accessDeniedMessage, authorize, type CompiledPolicy, keyOutOfReachMessage } from './policy/index.ts';
import { accessDenied } from './refusals.ts';
import { type FoundTarget, keyArns, type NamedKey } from './targets.ts';

/**
 * Lets a request have the targets of its operation, or refuses it.
 *
 * @throws ServiceError `AccessDeniedException`, whose text does not tell whether a key of another account exists; the
 * `refusal` of a key that must not show that it does
 */
export function authorizeTargets(
  request: RequestFacts,
  operation: Operation,
  found: readonly FoundTarget[],
  input: AnyInput,
): void {
  for (const each of found) {
    switch (each.kind) {
      case 'key': {
        const { target, key } = each;
        const conditions = () => target.conditions?.(asDeclared(input), keyArns(found)) ?? {};
        if (key !== undefined) authorizeKey(request, operation, target, key, conditions);
        break;
      }
      case 'alias':
        authorizeAccount(request, each.target.permission, each.alias.arn, () => ({}));
        break;
      case 'account': {
        const { permission, when, conditions } = each.target;
        if (when?.(asDeclared(input)) === false) break;
        authorizeAccount(request, permission, '*', () => conditions?.(asDeclared(input)) ?? {});
      }
    }
  }
}

function authorizeKey(
  request: RequestFacts,
  operation: Operation,
  target: KeyTarget,
  key: NamedKey,
  conditions: () => Conditions,
): void {
  const { entry, requestAlias } = key;
  const isOwn = key.accountId === request.caller.account;
  // Naming a key of one's own is free where the declaration says so; naming another account's never is.
  if (target.permission === undefined && isOwn) return;
  // A foreign key that does not exist, or that this operation cannot reach, is judged like one without a policy.
  const isReachable = target.crossAccount === true || isOwn;
  const keyPolicy = isReachable ? entry?.policy : undefined;
  const question = {
    principal: request.caller.principal,
    action: target.permission ?? `kms:${operation.name}`,
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
  if (key.refusal !== undefined) throw key.refusal;
  const options = { associatedWithCiphertext: key.fromCiphertext };
  throw accessDenied(
    entry === undefined && decision.layer === 'key-policy'
      ? keyOutOfReachMessage(question, options)
      : accessDeniedMessage(question, decision, options),
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

/**
 * Whether the caller could perform an action on a key of its account if the key had the given policy.
 *
 * @param conditions the condition keys that the operation would add
 */
export function wouldAllow(
  request: RequestFacts,
  action: string,
  key: KeyTraits,
  keyPolicy: CompiledPolicy,
  conditions: Conditions,
): boolean {
  const { principal, account, identityPolicies } = request.caller;
  const context = new RequestConditions(request, {
    key,
    requestAlias: undefined,
    conditions: () => conditions,
  });
  const question = { principal, action, resource: key.arn, resourceAccount: account, context };
  return authorize(question, { identityPolicies, keyPolicy }).allowed;
}

import { type AuthorizationFacts, RequestConditions, type RequestFacts } from './conditions.ts';
import type { IdentityEntry } from './iam/index.ts';
import type { KeyTraits } from './kms/index.ts';
import {
  type AnyInput,
  asDeclared,
  type Conditions,
  type KeyTarget,
  type Operation,
  type RoleTarget,
} from './operations/index.ts';
import {
  type AuthorizationPolicies,
  accessDeniedMessage,
  authorize,
  type CompiledPolicy,
  keyOutOfReachMessage,
} from './policy/index.ts';
import { accessDenied, forwardedRequestRefused, rolesNotForRoot, sessionRefused } from './refusals.ts';
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
  const { session, viaService } = request.caller;
  if (viaService !== undefined && operation.service !== 'kms')
    throw forwardedRequestRefused(operation.name, viaService);
  if (session !== undefined && operation.refusesSessions?.includes(session.source))
    throw sessionRefused(operation.name, session.source);
  for (const each of found) {
    switch (each.kind) {
      case 'key': {
        const { target, key } = each;
        const conditions = () => target.conditions?.(asDeclared(input), keyArns(found)) ?? {};
        if (key !== undefined) authorizeKey(request, operation, target, key, conditions);
        break;
      }
      case 'alias':
        authorizeAccount(request, each.target.permission, each.alias.arn, {});
        break;
      case 'account': {
        const { permission, resource, when, conditions } = each.target;
        if (when?.(asDeclared(input)) === false) break;
        const path = resource?.(asDeclared(input));
        const arn = path === undefined ? '*' : accountResource(request, permission, path);
        authorizeAccount(request, permission, arn, {
          conditions: () => conditions?.(asDeclared(input)) ?? {},
        });
        break;
      }
      case 'identity': {
        const { target, named } = each;
        authorizeAccount(request, target.permission, named.arn, {
          identity: named.identity,
          conditions: () => ({
            'iam:PermissionsBoundary': named.boundaryArn,
            ...target.conditions?.(asDeclared(input)),
          }),
        });
        break;
      }
      case 'new-identity': {
        const { target, place } = each;
        if (target.when?.(asDeclared(input)) === false) break;
        authorizeAccount(request, target.permission, place.arn, {
          conditions: () => target.conditions?.(asDeclared(input)) ?? {},
        });
        break;
      }
      case 'role':
        authorizeRole(request, each.target, each.arn, each.role, input);
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
  const decision = authorize(question, policiesOf(request, keyPolicy));
  if (decision.allowed && keyPolicy !== undefined) return;
  if (key.refusal !== undefined) throw key.refusal;
  const options = { associatedWithCiphertext: key.fromCiphertext };
  throw accessDenied(
    entry === undefined && decision.layer === 'key-policy'
      ? keyOutOfReachMessage(question, options)
      : accessDeniedMessage(question, decision, options),
  );
}

/** The ARN of something of the caller's account: `arn:aws:iam::111122223333:user/`. */
function accountResource({ partition, caller }: RequestFacts, permission: string, path: string): string {
  const [service] = permission.split(':');
  return `arn:${partition}:${service}::${caller.account}:${path}`;
}

/** Authorizes an action that no key policy judges. */
function authorizeAccount(
  request: RequestFacts,
  action: string,
  resource: string,
  facts: Partial<AuthorizationFacts>,
): void {
  const { principal } = request.caller;
  const question = { principal, action, resource, context: new RequestConditions(request, facts) };
  const decision = authorize(question, policiesOf(request));
  if (!decision.allowed) throw accessDenied(accessDeniedMessage(question, decision));
}

/** A role that does not exist is refused like one that may not be assumed. */
function authorizeRole(
  request: RequestFacts,
  target: RoleTarget,
  arn: string,
  role: IdentityEntry | undefined,
  input: AnyInput,
): void {
  const { caller } = request;
  if (caller.principal.kind === 'root') throw rolesNotForRoot();
  const conditions = () => target.sessionConditions?.(asDeclared(input), caller) ?? {};
  for (const action of target.permissions(asDeclared(input), caller)) {
    const question = {
      principal: caller.principal,
      action,
      resource: arn,
      resourceAccount: arn.split(':')[4] ?? '',
      context: new RequestConditions(request, { identity: role?.identity, conditions }),
    };
    const decision = authorize(question, policiesOf(request, role?.trustPolicy));
    if (!decision.allowed || role === undefined) throw accessDenied(accessDeniedMessage(question, decision));
  }
}

/** Everything that bears on what the caller of a request may do, with the policy of what it is done to. */
function policiesOf({ caller }: RequestFacts, keyPolicy?: CompiledPolicy): AuthorizationPolicies {
  const { identityPolicies, permissionsBoundary, sessionPolicies } = caller;
  return {
    identityPolicies,
    ...(permissionsBoundary && { permissionsBoundary }),
    ...(sessionPolicies && { sessionPolicies }),
    ...(keyPolicy && { keyPolicy }),
  };
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
  const { principal, account } = request.caller;
  const context = new RequestConditions(request, { key, conditions: () => conditions });
  const question = { principal, action, resource: key.arn, resourceAccount: account, context };
  return authorize(question, policiesOf(request, keyPolicy)).allowed;
}

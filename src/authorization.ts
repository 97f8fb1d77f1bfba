import type { AuditedDecision } from './audit/index.ts';
import type { Caller } from './caller.ts';
import { type AuthorizationFacts, RequestConditions, type RequestFacts } from './conditions.ts';
import { type Identity, type IdentityEntry, tagsOf } from './iam/index.ts';
import {
  detailsOf,
  grantNotFound,
  grantsFor,
  type KeyEntry,
  type KeyOutline,
  type KeyRecord,
  type KeyTraits,
  type Kms,
  rootArn,
  toGrant,
} from './kms/index.ts';
import {
  type AnyInput,
  asDeclared,
  type Conditions,
  conditionsOfGrant,
  type GrantTarget,
  type KeyTarget,
  type Operation,
  type RoleTarget,
} from './operations/index.ts';
import {
  type AuthorizationPolicies,
  type AuthorizationRequest,
  accessDeniedMessage,
  authorize,
  type CompiledPolicy,
  type ConditionContext,
  type Decision,
  keyOutOfReachMessage,
  withoutAllows,
} from './policy/index.ts';
import { accessDenied, forwardedRequestRefused, rolesNotForRoot, sessionRefused } from './refusals.ts';
import { type FoundTarget, keyArns, keyEntries, type NamedGrant, type NamedKey } from './targets/index.ts';

/** A request that is being judged. */
export interface JudgedRequest extends RequestFacts {
  /** What has been decided of it so far, and on what grounds, as far as the account of the caller may be told. */
  readonly decisions: AuditedDecision[];
}

/** Decides a question that the request cannot do without. */
function decide(
  { decisions }: JudgedRequest,
  question: AuthorizationRequest,
  policies: AuthorizationPolicies,
): Decision {
  const decision = authorize(question, policies);
  decisions.push({ action: question.action, resource: question.resource, decision });
  return decision;
}

/**
 * Lets a request have the targets of its operation, or refuses it.
 *
 * @throws ServiceError `AccessDeniedException`, whose text does not tell whether a key of another account exists; the
 * `refusal` of a key that must not show that it does
 */
export async function authorizeTargets(
  kms: Kms,
  request: JudgedRequest,
  operation: Operation,
  found: readonly FoundTarget[],
  input: AnyInput,
): Promise<void> {
  const { session, viaService } = request.caller;
  if (viaService !== undefined && operation.service !== 'kms')
    throw forwardedRequestRefused(operation.name, viaService);
  if (session !== undefined && operation.refusesSessions?.includes(session.source))
    throw sessionRefused(operation.name, session.source);
  for (const each of found) {
    switch (each.kind) {
      case 'key': {
        const { target, key } = each;
        const conditions = () => target.conditions?.(asDeclared(input), keyArns(found), request.caller) ?? {};
        if (key === undefined) break;
        const there = inRegion(request, key.entry?.record.region ?? request.region);
        await authorizeKey(kms, there, operation, target, key, conditions);
        break;
      }
      case 'alias':
        authorizeAccount(request, each.target.permission, each.alias.arn, {});
        break;
      case 'account': {
        const { permission, resource, when, regionMember, conditions } = each.target;
        if (when?.(asDeclared(input)) === false) break;
        const path = resource?.(asDeclared(input));
        const arn = path === undefined ? '*' : accountResource(request, permission, path);
        const region = regionMember === undefined ? request.region : String(input[regionMember]);
        authorizeAccount(inRegion(request, region), permission, arn, {
          conditions: () => conditions?.(asDeclared(input), keyEntries(found)) ?? {},
        });
        break;
      }
      case 'identity': {
        const { target, named } = each;
        authorizeAccount(request, target.permission, named.arn, {
          identity: named.identity,
          resourceAccount: named.identity?.accountId,
          conditions: () =>
            withTagsMeant(named.identity, {
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
        break;
      case 'grant':
        authorizeGrant(request, each.target, each.named);
    }
  }
}

async function authorizeKey(
  kms: Kms,
  request: JudgedRequest,
  operation: Operation,
  target: KeyTarget,
  key: NamedKey,
  conditions: () => Conditions,
): Promise<void> {
  const { entry, requestAlias, saidArn } = key;
  const isOwn = key.accountId === request.caller.account;
  // Naming a key of one's own is free where the declaration says so; naming another account's never is.
  if (target.permission === undefined && isOwn) return;
  // A foreign key that does not exist, or that this operation cannot reach, is judged like one without a policy.
  const isReachable = target.crossAccount === true || isOwn;
  const keyPolicy = isReachable ? entry?.policy : undefined;
  const questionOf = (resource: string, known: KeyEntry | undefined) => {
    const resourceAccount = accountOf(resource);
    const ofKey = () => (known === undefined ? {} : target.keyConditions?.(known, request.time));
    const facts = {
      key: known,
      resourceAccount,
      requestAlias,
      conditions: () => ({ ...conditions(), ...ofKey() }),
    };
    return {
      principal: request.caller.principal,
      action: target.permission ?? `kms:${operation.name}`,
      resource,
      resourceAccount,
      context: new RequestConditions(request, facts),
    };
  };
  const question = questionOf(key.arn, entry);
  const policies = policiesOf(request, keyPolicy);
  const decision =
    keyPolicy === undefined || entry === undefined
      ? authorize(question, policies)
      : await authorizeWithGrants(kms, question, policies, entry.record);
  const note = (decided: Decision, resource: string) =>
    request.decisions.push({ action: question.action, resource, decision: decided });
  if (decision.allowed && keyPolicy !== undefined) {
    note(decision, key.arn);
    return;
  }
  if (key.refusal !== undefined) throw key.refusal;
  const options = { associatedWithCiphertext: key.fromCiphertext };
  // Whom the key policy lets in lacks something of its own, and is told. Other outsiders get the answer for a key that
  // does not exist: else their own policies, by denying what has this tag or alias, would find out about the key.
  const isLetIn = decision.outcome === 'implicit-deny' && decision.layer !== 'key-policy';
  if (isLetIn || (isOwn && entry !== undefined)) {
    note(decision, key.arn);
    throw accessDenied(accessDeniedMessage(question, decision, options));
  }
  const guess = questionOf(saidArn, undefined);
  const told = authorize(guess, policiesOf(request));
  note(told, saidArn);
  throw accessDenied(
    told.layer === 'key-policy'
      ? keyOutOfReachMessage(guess, options)
      : accessDeniedMessage(guess, told, options),
  );
}

/** Decides what is asked of a key that is there. */
async function authorizeWithGrants(
  kms: Kms,
  question: AuthorizationRequest,
  policies: AuthorizationPolicies,
  key: Pick<KeyRecord, 'region' | 'keyId'>,
): Promise<Decision> {
  const decision = authorize(question, policies);
  if (decision.outcome !== 'implicit-deny') return decision;
  // Grants only ever add permission: they are looked up where policies did not give it.
  const grants = await grantsFor(kms, key, question);
  return grants.length === 0 ? decision : authorize(question, { ...policies, grants });
}

/**
 * Lets a caller retire a grant: its retiring principal, its grantee if it is for RetireGrant, the account that created it.
 * Key policies cannot allow it, but deny it (grants.md section 6).
 *
 * @throws ServiceError `NotFoundException` when there is no such grant of a key of the caller's account
 */
function authorizeGrant(
  request: JudgedRequest,
  target: GrantTarget,
  { key, grant, grantId }: NamedGrant,
): void {
  const { caller } = request;
  const question = {
    principal: caller.principal,
    action: target.permission,
    resource: key.arn,
    resourceAccount: key.accountId,
    context: new RequestConditions(request, {
      key: key.entry,
      resourceAccount: key.accountId,
      conditions: () => (grant === undefined ? {} : conditionsOfGrant(detailsOf(grant))),
    }),
  };
  if (grant === undefined || key.entry === undefined) {
    throw key.accountId === caller.account
      ? grantNotFound(grantId)
      : accessDenied(keyOutOfReachMessage(question));
  }
  const { retiringPrincipalIsService } = detailsOf(grant);
  const operations = ['RetireGrant'];
  const mayRetire = (principal: string, isService = false) => ({
    grantId,
    operations,
    ...(isService ? { granteeServicePrincipal: principal } : { granteePrincipal: principal }),
  });
  const grants = [
    toGrant(grant),
    mayRetire(rootArn(request.partition, grant.issuingAccount)),
    ...(grant.retiringPrincipal === undefined
      ? []
      : [mayRetire(grant.retiringPrincipal, retiringPrincipalIsService)]),
  ];
  const keyPolicy = withoutAllows(key.entry.policy);
  const decision = decide(request, question, { ...policiesOf(request, keyPolicy), grants });
  if (!decision.allowed) throw accessDenied(accessDeniedMessage(question, decision));
}

/** A request as if it had been sent to a Region: what it does there is judged there. */
function inRegion<R extends RequestFacts>(request: R, region: string): R {
  return region === request.region ? request : { ...request, region };
}

/** The account in an ARN. */
function accountOf(arn: string): string {
  return arn.split(':')[4] ?? '';
}

/** The ARN of something of the caller's account: `arn:aws:iam::111122223333:user/`. */
function accountResource({ partition, caller }: RequestFacts, permission: string, path: string): string {
  const [service] = permission.split(':');
  return `arn:${partition}:${service}::${caller.account}:${path}`;
}

/**
 * `aws:TagKeys` with the keys, as they are spelled there, of the tags that the request would replace or take away: IAM's
 * tag keys ignore case, the values of condition keys do not.
 */
function withTagsMeant(identity: Identity | undefined, conditions: Conditions): Conditions {
  const given = conditions['aws:TagKeys'];
  if (identity === undefined || given === undefined || typeof given === 'string') return conditions;
  const meant = new Set(given.map((key) => key.toLowerCase()));
  const present = tagsOf(identity).flatMap(({ key }) => (meant.has(key.toLowerCase()) ? [key] : []));
  return { ...conditions, 'aws:TagKeys': [...new Set([...given, ...present])] };
}

/** Authorizes an action that no key policy judges. */
function authorizeAccount(
  request: JudgedRequest,
  action: string,
  resource: string,
  facts: Partial<AuthorizationFacts>,
): void {
  const { principal } = request.caller;
  const question = { principal, action, resource, context: new RequestConditions(request, facts) };
  const decision = decide(request, question, policiesOf(request));
  if (!decision.allowed) throw accessDenied(accessDeniedMessage(question, decision));
}

/** A role that does not exist is refused like one that may not be assumed. */
function authorizeRole(
  request: JudgedRequest,
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
      resourceAccount: accountOf(arn),
      context: new RequestConditions(request, {
        identity: role?.identity,
        resourceAccount: accountOf(arn),
        conditions,
      }),
    };
    const decision = decide(request, question, policiesOf(request, role?.trustPolicy));
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
 * The condition context of a request about a key by somebody. Of a subject other than the caller only what is known of
 * it, of the key and of the time counts, not how the caller's own request arrived.
 *
 * @param conditions condition keys that count instead of what is known
 */
export function contextOf(
  request: Pick<RequestFacts, 'caller' | 'partition' | 'region' | 'organization' | 'time'> &
    Partial<RequestFacts>,
  subject: Caller,
  key: KeyTraits,
  conditions: Conditions,
): ConditionContext {
  const { partition, region, organization, time } = request;
  const unknown = {
    recipient: undefined,
    sourceAddress: undefined,
    secureTransport: undefined,
    userAgent: undefined,
    referer: undefined,
  };
  const facts =
    subject === request.caller
      ? { ...unknown, ...request }
      : { ...unknown, caller: subject, partition, region, organization, time };
  return new RequestConditions(facts, {
    key,
    resourceAccount: key.record.accountId,
    conditions: () => conditions,
  });
}

/** Whether the caller's own policies allow it an action that no key policy judges. */
export function isAllowed(request: RequestFacts, action: string, resource: string): boolean {
  const { principal } = request.caller;
  const question = { principal, action, resource, context: new RequestConditions(request, {}) };
  return authorize(question, policiesOf(request)).allowed;
}

/** Whether the caller may perform an action on a key of its account, which the request does not name. */
export async function isAllowedOnKey(
  kms: Kms,
  request: RequestFacts,
  action: string,
  key: KeyOutline,
): Promise<boolean> {
  const { principal, account } = request.caller;
  const context = new RequestConditions(request, { key, resourceAccount: account });
  const question = { principal, action, resource: key.arn, resourceAccount: account, context };
  const policies = policiesOf(request, key.policy);
  return (await authorizeWithGrants(kms, question, policies, key.record)).allowed;
}

/**
 * Whether the caller could perform an action on a key of its account, in the Region of the key, if that had the given
 * policy.
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
  const there = inRegion(request, key.record.region);
  const context = new RequestConditions(there, { key, conditions: () => conditions });
  const question = { principal, action, resource: key.arn, resourceAccount: account, context };
  return authorize(question, policiesOf(request, keyPolicy)).allowed;
}

import { type IdentityEntry, identityNotFound, type NewIdentity } from '../iam/index.ts';
import {
  incorrectKey,
  invalidKeyUsage,
  type KeyEntry,
  type KeyUse,
  type Kms,
  requireState,
} from '../kms/index.ts';
import type {
  AccountTarget,
  AliasTarget,
  AnyInput,
  GrantTarget,
  IdentityTarget,
  KeyTarget,
  NamedAlias,
  NewIdentityTarget,
  Operation,
  RoleTarget,
} from '../operations/index.ts';
import { findNamedGrant, type NamedGrant } from './grants.ts';
import { findIdentity, findRole, type NamedIdentity, placeOf } from './identities.ts';
import { findAlias, findKey, findSibling, type NamedKey } from './keys.ts';
import type { Scope } from './scope.ts';

export type { NamedGrant, NamedKey };

/** A target of an operation with what the request names for it. */
export type FoundTarget =
  | {
      readonly kind: 'key';
      readonly name: string;
      readonly target: KeyTarget;
      readonly key: NamedKey | undefined;
    }
  | {
      readonly kind: 'alias';
      readonly name: string;
      readonly target: AliasTarget;
      readonly alias: NamedAlias;
    }
  | { readonly kind: 'account'; readonly name: string; readonly target: AccountTarget }
  | {
      readonly kind: 'grant';
      readonly name: string;
      readonly target: GrantTarget;
      readonly named: NamedGrant;
    }
  | {
      readonly kind: 'identity';
      readonly name: string;
      readonly target: IdentityTarget;
      readonly named: NamedIdentity;
    }
  | {
      readonly kind: 'new-identity';
      readonly name: string;
      readonly target: NewIdentityTarget;
      readonly place: NewIdentity;
    }
  | {
      readonly kind: 'role';
      readonly name: string;
      readonly target: RoleTarget;
      readonly arn: string;
      readonly role: IdentityEntry | undefined;
    };

/**
 * Finds everything that a request names for the targets of its operation.
 *
 * @throws ServiceError `NotFoundException` or `InvalidArnException` for an identifier that names nothing in the caller's
 * account; `InvalidCiphertextException` for a ciphertext that names no key. Whether a key of another account exists is
 * never told.
 */
export async function findTargets(
  scope: Scope,
  operation: Operation,
  input: AnyInput,
): Promise<readonly FoundTarget[]> {
  const found: FoundTarget[] = [];
  for (const [name, target] of operation.targetList) {
    switch (target.kind) {
      case 'key':
        found.push({
          kind: 'key',
          name,
          target,
          key: await findTargetKey(scope, operation, target, input, found),
        });
        break;
      case 'alias':
        found.push({ kind: 'alias', name, target, alias: await findAlias(scope, target, input) });
        break;
      case 'account':
        found.push({ kind: 'account', name, target });
        break;
      case 'identity':
        found.push({ kind: 'identity', name, target, named: await findIdentity(scope, target, input) });
        break;
      case 'new-identity': {
        const moved = found.find((other) => other.name === target.moves);
        const identity = moved?.kind === 'identity' ? moved.named.identity : undefined;
        found.push({ kind: 'new-identity', name, target, place: placeOf(scope, target, input, identity) });
        break;
      }
      case 'grant':
        found.push({ kind: 'grant', name, target, named: await findNamedGrant(scope, operation, input) });
        break;
      case 'role': {
        const arn = String(input[target.member]);
        found.push({ kind: 'role', name, target, arn, role: await findRole(scope, arn) });
      }
    }
  }
  return found;
}

/** @param found the targets before this one, which it may refer to */
function findTargetKey(
  scope: Scope,
  operation: Operation,
  target: KeyTarget,
  input: AnyInput,
  found: readonly FoundTarget[],
): Promise<NamedKey | undefined> {
  const { sibling, fromAlias } = target;
  if (sibling !== undefined) {
    const one = found.find(({ name }) => name === sibling.of);
    return findSibling(scope, one?.kind === 'key' ? one.key : undefined, String(input[sibling.regionMember]));
  }
  const named = found.find(({ name }) => name === fromAlias);
  return findKey(scope, operation, target, input, named?.kind === 'alias' ? named.alias : undefined);
}

/**
 * Refuses an identity that does not exist, and a key that is for other operations, or is not in a state for this one.
 *
 * @throws ServiceError `NoSuchEntity`; `UnsupportedOperationException`, `InvalidKeyUsageException` or
 * `IncorrectKeyException`; `DisabledException` or `KMSInvalidStateException`
 */
export function requireUsable(operation: Operation, found: FoundTarget): void {
  if (found.kind === 'identity') {
    const { identity, isRootUser, name } = found.named;
    const isDue = !isRootUser && found.target.mayBeMissing !== true;
    if (identity === undefined && isDue) throw identityNotFound(found.target.identity, name);
  }
  if (found.kind !== 'key' || found.key?.entry === undefined) return;
  const { arn, record, state } = found.key.entry;
  const { requires, usage, states } = found.target;
  requires?.(found.key.entry);
  if (usage !== undefined && record.keyUsage !== usage.keyUsage) {
    throw usage.incorrectKey === true
      ? incorrectKey()
      : invalidKeyUsage(arn, record.keyUsage, operation.name);
  }
  requireState(states, arn, state);
}

/**
 * Notes which keys a request has used. What is not for keys of one usage does not use their material.
 *
 * @param when.events the audit events of the request, each for an account
 */
export function noteKeyUses(
  kms: Kms,
  { name: operation }: Operation,
  found: readonly FoundTarget[],
  {
    events,
    ...when
  }: Pick<KeyUse, 'lastUsedDate' | 'requestId'> & {
    readonly events: readonly { readonly accountId: string; readonly eventId: string }[];
  },
): void {
  for (const one of found) {
    if (one.kind !== 'key' || one.target.usage === undefined || one.key?.entry === undefined) continue;
    const { arn, record } = one.key.entry;
    const { region, keyId, accountId } = record;
    const eventId = events.find((event) => event.accountId === accountId)?.eventId;
    kms.keyUses.note(arn, { ...when, operation, region, keyId, eventId });
  }
}

/** The ARNs of the keys that a request names, by the names of its targets. */
export function keyArns(found: readonly FoundTarget[]): Readonly<Record<string, string>> {
  const arns: Record<string, string> = {};
  for (const target of found) {
    if (target.kind === 'key' && target.key !== undefined) arns[target.name] = target.key.arn;
  }
  return arns;
}

/** The keys that a request names, by the names of its targets. */
export function keyEntries(found: readonly FoundTarget[]): Readonly<Record<string, KeyEntry | undefined>> {
  const keys: Record<string, KeyEntry | undefined> = {};
  for (const target of found) if (target.kind === 'key') keys[target.name] = target.key?.entry;
  return keys;
}

/** What a handler gets of its targets: keys, aliases, by the names of the targets. */
export function handlerTargets(found: readonly FoundTarget[]): Readonly<Record<string, unknown>> {
  const targets: Record<string, unknown> = {};
  for (const target of found) {
    if (target.kind === 'key') targets[target.name] = target.key?.entry;
    else if (target.kind === 'alias') targets[target.name] = target.alias;
    else if (target.kind === 'identity') targets[target.name] = target.named.identity;
    else if (target.kind === 'new-identity') targets[target.name] = target.place;
    else if (target.kind === 'grant') targets[target.name] = target.named.grant;
    else if (target.kind === 'role') targets[target.name] = target.role?.identity;
  }
  return targets;
}

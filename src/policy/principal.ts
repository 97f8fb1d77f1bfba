import { accountRootArn, withoutRolePath } from './arn.ts';
import type { Effect, PrincipalElement, PrincipalEntry } from './document.ts';
import type { Principal } from './request.ts';

/**
 * Who a policy names, and whether that is the caller (policies.md, section 1).
 *
 * Matching is equality of names: each caller answers to a few, each entry of a `Principal` is one. An ARN
 * never holds a wildcard here, and an entry that is not a principal (a group, a pattern, an S3 canonical user)
 * is nobody's name. A `Service` entry names nobody but a service, and a `Federated` entry nobody but the bearer
 * of a web identity of that provider: the names of both carry their type.
 */

/** An entry of a `Principal` that is understood. */
export interface PrincipalForm {
  readonly kind:
    | 'everyone'
    | 'account'
    | 'user'
    | 'role'
    | 'role-session'
    | 'federated-user'
    | 'unique-id'
    | 'service'
    | 'provider'
    /** A provider that has no ARN, such as `cognito-identity.amazonaws.com`. */
    | 'web-provider';
  /** What a caller has to answer to; outside the type `AWS` behind the type, as `Service s3.amazonaws.com`. */
  readonly name: string;
  /** Of an ARN. */
  readonly partition?: string;
}

const ACCOUNT = /^[0-9]{12}$/;
const UNIQUE_ID = /^A(?:ID|RO)A[A-Z0-9]+$/;
const SERVICE = /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+){2,}$/;
const PROVIDER_ARN = /^arn:([a-z0-9-]+):iam::[0-9]{12}:(?:saml|oidc)-provider\/./;
const WEB_PROVIDER = /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:\/[\w.-]+)*$/;
const PRINCIPAL_ARN = /^arn:([a-z0-9-]+):(iam|sts)::[0-9]{12}:(.+)$/;
/** Path segments hold any visible ASCII but the separator and the wildcards. */
const IAM_PATH_AND_NAME = /^(?:[!-)+-.0->@-~]+\/)*[\w+=,.@-]+$/;
const SESSION_NAMES = /^[\w+=,.@-]+\/[\w+=,.@-]+$/;
const NAME = /^[\w+=,.@-]+$/;

/** Reads an entry of a `Principal`; undefined when it is not a principal. */
export function readPrincipalForm({
  type,
  value,
}: Pick<PrincipalEntry, 'type' | 'value'>): PrincipalForm | undefined {
  if (type === 'Service') {
    return SERVICE.test(value) ? { kind: 'service', name: serviceEntry(value) } : undefined;
  }
  if (type === 'Federated') {
    const name = federatedEntry(value);
    const [, partition] = PROVIDER_ARN.exec(value) ?? [];
    if (partition !== undefined) return { kind: 'provider', name, partition };
    return WEB_PROVIDER.test(value) ? { kind: 'web-provider', name } : undefined;
  }
  if (type !== 'AWS') return undefined;
  if (value === '*') return { kind: 'everyone', name: value };
  if (ACCOUNT.test(value)) return { kind: 'account', name: value };
  if (UNIQUE_ID.test(value)) return { kind: 'unique-id', name: value };
  const [, partition, service, resource] = PRINCIPAL_ARN.exec(value) ?? [];
  if (partition === undefined || resource === undefined) return undefined;
  if (service === 'iam' && resource === 'root') return { kind: 'account', name: value, partition };
  const [resourceType, rest] = splitOnce(resource, '/');
  if (service === 'iam' && resourceType === 'user' && IAM_PATH_AND_NAME.test(rest)) {
    return { kind: 'user', name: value, partition };
  }
  if (service === 'iam' && resourceType === 'role' && IAM_PATH_AND_NAME.test(rest)) {
    return { kind: 'role', name: withoutRolePath(value), partition };
  }
  if (service === 'sts' && resourceType === 'assumed-role' && SESSION_NAMES.test(rest)) {
    return { kind: 'role-session', name: value, partition };
  }
  if (service === 'sts' && resourceType === 'federated-user' && NAME.test(rest)) {
    return { kind: 'federated-user', name: value, partition };
  }
  return undefined;
}

function serviceEntry(serviceName: string): string {
  return `Service ${serviceName}`;
}

function federatedEntry(provider: string): string {
  return `Federated ${provider}`;
}

/** The names that a caller answers to, by how closely they point at it. */
export interface CallerNames {
  /** Under which type of entry a policy names the caller. An Allow for `*` means only those of the type `AWS`. */
  readonly type: 'AWS' | 'Service' | 'Federated';
  readonly isSession: boolean;
  /** The caller itself: its own ARN or id, the user behind a federated session. */
  readonly itself: readonly string[];
  /** The role behind a session. */
  readonly role: readonly string[];
  /** The caller's account. */
  readonly account: readonly string[];
}

const NONE: readonly string[] = Object.freeze([]);

/** The names that the caller answers to. */
export function callerNames(principal: Principal): CallerNames {
  if (principal.kind === 'service') {
    const itself = [serviceEntry(principal.serviceName)];
    return { type: 'Service', isSession: false, itself, role: NONE, account: NONE };
  }
  if (principal.kind === 'web-identity') {
    // The account is the provider's: its root does not stand for whoever the provider vouches for.
    const itself = [federatedEntry(principal.arn)];
    return { type: 'Federated', isSession: false, itself, role: NONE, account: NONE };
  }
  const { account: id, arn } = principal;
  const account = [id, accountRootArn(arn.slice(4, arn.indexOf(':', 4)), id)];
  switch (principal.kind) {
    case 'root':
      // The root user is its account: whoever names the one names the other.
      return { type: 'AWS', isSession: false, itself: account, role: NONE, account };
    case 'user':
      return { type: 'AWS', isSession: false, itself: [arn, principal.uniqueId], role: NONE, account };
    case 'assumed-role': {
      const role = [withoutRolePath(principal.roleArn), principal.uniqueId];
      return { type: 'AWS', isSession: true, itself: [arn], role, account };
    }
    case 'federated-user': {
      // A session that the root user started is not the root user.
      const itself = [arn, principal.userArn, principal.userUniqueId].filter(
        (name): name is string => name !== undefined && !account.includes(name),
      );
      return { type: 'AWS', isSession: true, itself, role: NONE, account };
    }
  }
}

/**
 * How closely a statement names the caller: `itself`; `broadly`, through its role or by not being excluded;
 * only through its `account`; or not at all. In an Allow of a key policy the account merely delegates.
 */
export type Naming = 'itself' | 'broadly' | 'account' | 'not-at-all';

/** Whether and how a statement names a caller; `hasBoundary` tells whether the caller has a permissions boundary. */
export type PrincipalMatcher = (caller: CallerNames, hasBoundary: boolean) => Naming;

/** Compiles a `Principal` or a `NotPrincipal`. One that is empty names nobody, in either form. */
export function compilePrincipal({ negated, entries }: PrincipalElement, effect: Effect): PrincipalMatcher {
  const forms = entries.map(readPrincipalForm);
  const known = forms.filter((form) => form !== undefined);
  const everyone = known.some(({ kind }) => kind === 'everyone');
  const names: ReadonlySet<string> = new Set(known.map(({ name }) => name));
  if (entries.length === 0) return () => 'not-at-all';
  if (!negated) return (caller) => namingOf(caller, names, everyone, effect);
  if (effect === 'Deny') {
    // IAM's own trap: a caller with a permissions boundary is never spared, whatever is listed.
    return (caller, hasBoundary) =>
      !hasBoundary && isSpared(caller, names, everyone) ? 'not-at-all' : 'itself';
  }
  // An Allow for "all but these" allows nobody when one of these cannot be told.
  if (known.length < forms.length) return () => 'not-at-all';
  return (caller) =>
    caller.type === 'AWS' && namingOf(caller, names, everyone, effect) === 'not-at-all'
      ? 'broadly'
      : 'not-at-all';
}

/** `*` is everybody; yet an Allow for everybody does not mean services and web identities, which have to be named. */
function namingOf(
  caller: CallerNames,
  names: ReadonlySet<string>,
  everyone: boolean,
  effect: Effect,
): Naming {
  if (everyone && (caller.type === 'AWS' || effect === 'Deny')) return 'itself';
  if (includesAny(names, caller.itself)) return 'itself';
  if (includesAny(names, caller.role)) return 'broadly';
  return includesAny(names, caller.account) ? 'account' : 'not-at-all';
}

/**
 * Whether a Deny with `NotPrincipal` leaves the caller alone: it is listed, or its account is. A session is
 * spared only when session, role and account are all listed.
 */
function isSpared(caller: CallerNames, names: ReadonlySet<string>, everyone: boolean): boolean {
  if (everyone && caller.type === 'AWS') return true;
  const isListed = includesAny(names, caller.itself);
  const isAccountListed = includesAny(names, caller.account);
  if (!caller.isSession) return isListed || isAccountListed;
  const isRoleListed = caller.role.length === 0 || includesAny(names, caller.role);
  return isListed && isRoleListed && isAccountListed;
}

function includesAny(names: ReadonlySet<string>, wanted: readonly string[]): boolean {
  for (const name of wanted) if (names.has(name)) return true;
  return false;
}

/** How a grant's grantee names the caller: as a `Principal` would, but never as everybody nor a web identity. */
export function granteeNaming(grantee: string, caller: CallerNames): Naming {
  const form = readPrincipalForm({ type: caller.type === 'Service' ? 'Service' : 'AWS', value: grantee });
  return form === undefined ? 'not-at-all' : namingOf(caller, new Set([form.name]), false, 'Allow');
}

function splitOnce(text: string, separator: string): [before: string, after: string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

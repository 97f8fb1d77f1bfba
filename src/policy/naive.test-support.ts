import type { AuthorizationRequest, ConditionContext, ConditionValue, Grant, Principal } from './request.ts';

/**
 * A second evaluator, for the tests to compare the engine with: written case by case from policies.md and from
 * the decision page about its readings, straight on the parsed JSON, with regular expressions and no regard for
 * time. It shares no code with the engine (only the types of the request).
 */

export type RawPrincipal = '*' | Readonly<Record<string, string | readonly string[]>>;
type Scalar = string | number | boolean;

export interface RawStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: RawPrincipal;
  readonly NotPrincipal?: RawPrincipal;
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Scalar | readonly Scalar[]>>>>;
}

export interface RawPolicy {
  readonly Version?: string;
  readonly Statement: readonly RawStatement[];
}

export interface RawPolicies {
  readonly keyPolicy?: RawPolicy;
  readonly identityPolicies: readonly RawPolicy[];
  readonly permissionsBoundary?: RawPolicy;
  readonly sessionPolicies?: readonly RawPolicy[];
  readonly grants?: readonly Grant[];
}

function listOf<Item extends Scalar>(value: Item | readonly Item[] | undefined): readonly Item[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as Item];
}

/** `<outcome> by <layer>`, and for grants the id behind it. */
export function naiveDecision(request: AuthorizationRequest, policies: RawPolicies): string {
  const { principal, resourceAccount } = request;
  const isRoot = principal.kind === 'root';
  const hasNoPolicies = isRoot || principal.kind === 'web-identity';
  const identity = hasNoPolicies ? [] : policies.identityPolicies;
  const boundary = policies.permissionsBoundary === undefined ? [] : [policies.permissionsBoundary];
  const sessions = policies.sessionPolicies ?? [];
  const key = policies.keyPolicy === undefined ? [] : [policies.keyPolicy];
  const hasBoundary = boundary.length > 0;

  /** The ways in which statements of the policies apply: naming the principal in such a way. */
  const applying = (effect: 'Allow' | 'Deny', list: readonly RawPolicy[], isKeyPolicy: boolean): Naming[] =>
    list.flatMap((policy) =>
      policy.Statement.filter((statement) => statement.Effect === effect).flatMap((statement) => {
        const naming = isKeyPolicy
          ? namingBy(statement, principal, hasBoundary)
          : namingOfIdentityStatement(statement);
        const applies = naming !== 'no' && restApplies(statement, policy.Version ?? '2008-10-17', request);
        return applies ? [naming] : [];
      }),
    );

  if (applying('Deny', identity, false).length > 0) return 'explicit-deny by identity-policy';
  if (applying('Deny', boundary, false).length > 0) return 'explicit-deny by permissions-boundary';
  if (applying('Deny', sessions, false).length > 0) return 'explicit-deny by session-policy';
  if (applying('Deny', key, true).length > 0) return 'explicit-deny by key-policy';

  const identityAllows = isRoot || applying('Allow', identity, false).length > 0;
  const boundaryAllows = !hasBoundary || applying('Allow', boundary, false).length > 0;
  const sessionAllows = sessions.length === 0 || applying('Allow', sessions, false).length > 0;
  const isUnboundFederation = principal.kind === 'federated-user' && sessions.length === 0;

  /** The end of the way that leads through the identity policies. */
  const throughIdentity = (): string => {
    if (!identityAllows) return 'implicit-deny by identity-policy';
    if (isUnboundFederation) return 'implicit-deny by session-policy';
    if (!boundaryAllows && !isRoot) return 'implicit-deny by permissions-boundary';
    if (!sessionAllows) return 'implicit-deny by session-policy';
    return isRoot ? 'allow by root-user' : 'allow by identity-policy';
  };

  if (resourceAccount === undefined) {
    const isAliasAction = /^kms:(create|update|delete)alias$/i.test(request.action);
    if (isAliasAction && /:alias\/aws\//.test(request.resource)) return 'implicit-deny by identity-policy';
    return throughIdentity();
  }

  const namings = applying('Allow', key, true);
  const isOwn = principal.kind === 'service' || principal.account === resourceAccount;
  const isDirect = namings.includes('itself') || namings.includes('role-or-not-excluded');
  const withoutGrants = (): string => {
    if (namings.length === 0) return 'implicit-deny by key-policy';
    if (!isOwn || !isDirect) return throughIdentity();
    if (!namings.includes('itself') && !boundaryAllows) return 'implicit-deny by permissions-boundary';
    return sessionAllows ? 'allow by key-policy' : 'implicit-deny by session-policy';
  };
  const decision = withoutGrants();
  const lacksPermission =
    namings.length === 0 || ((!isOwn || !isDirect) && (!identityAllows || isUnboundFederation));
  if (!lacksPermission) return decision;

  for (const grant of policies.grants ?? []) {
    const naming = granteeNaming(grant, principal);
    if (naming === 'no' || !grantCovers(grant, request)) continue;
    if (naming === 'account' && (!identityAllows || isUnboundFederation)) continue;
    if (!boundaryAllows && !(isRoot && naming === 'account')) return 'implicit-deny by permissions-boundary';
    return sessionAllows ? `allow by grant ${grant.grantId}` : 'implicit-deny by session-policy';
  }
  return decision;
}

// Who ------------------------------------------------------------------------------------------------------

type Naming = 'itself' | 'role-or-not-excluded' | 'account' | 'no';

function namingOfIdentityStatement(statement: RawStatement): Naming {
  const hasPrincipal = statement.Principal !== undefined || statement.NotPrincipal !== undefined;
  return hasPrincipal && statement.Effect === 'Allow' ? 'no' : 'itself';
}

function namingBy(statement: RawStatement, principal: Principal, hasBoundary: boolean): Naming {
  const { Effect, Principal: listed, NotPrincipal: excluded } = statement;
  if (listed !== undefined) {
    const found = namingsIn(listed, principal);
    if (isOutsider(principal) && Effect === 'Allow') found.delete('everyone');
    if (found.has('itself') || found.has('everyone')) return 'itself';
    if (found.has('role')) return 'role-or-not-excluded';
    return found.has('account') ? 'account' : 'no';
  }
  if (excluded === undefined || entriesOf(excluded).length === 0) return 'no';
  const found = namingsIn(excluded, principal);
  if (Effect === 'Allow') {
    if (isOutsider(principal) || found.has('nonsense')) return 'no';
    return found.size > 0 ? 'no' : 'role-or-not-excluded';
  }
  if (hasBoundary) return 'itself';
  if (isOutsider(principal)) return found.has('itself') ? 'no' : 'itself';
  found.delete('nonsense');
  if (found.has('everyone')) return 'no';
  if (principal.kind === 'assumed-role') {
    return found.has('itself') && found.has('role') && found.has('account') ? 'no' : 'itself';
  }
  if (principal.kind === 'federated-user')
    return found.has('itself') && found.has('account') ? 'no' : 'itself';
  return found.size > 0 ? 'no' : 'itself';
}

/** Whoever belongs to no account and so is meant by nothing but its own name. */
function isOutsider(
  principal: Principal,
): principal is Extract<Principal, { kind: 'service' | 'web-identity' }> {
  return principal.kind === 'service' || principal.kind === 'web-identity';
}

function entriesOf(element: RawPrincipal): [type: string, value: string][] {
  if (element === '*') return [['AWS', '*']];
  return Object.entries(element).flatMap(([type, values]) =>
    listOf(values).map((value): [string, string] => [type, value]),
  );
}

type Mention = 'everyone' | 'itself' | 'role' | 'account' | 'nonsense';

function namingsIn(element: RawPrincipal, principal: Principal): Set<Mention> {
  return new Set(entriesOf(element).flatMap(([type, value]) => mention(type, value, principal) ?? []));
}

/** In which way one entry means the principal, if it does. */
function mention(type: string, value: string, principal: Principal): Mention | undefined {
  if (type === 'Service')
    return principal.kind === 'service' && principal.serviceName === value ? 'itself' : undefined;
  if (type === 'Federated')
    return principal.kind === 'web-identity' && principal.arn === value ? 'itself' : undefined;
  if (type !== 'AWS') return 'nonsense';
  if (value === '*') return 'everyone';
  const isGood = [
    /^\d{12}$/,
    /^(AIDA|AROA)[A-Z0-9]+$/,
    /^arn:[a-z-]+:iam::\d{12}:(root|user\/[\w/]+|role\/[\w/]+)$/,
    /^arn:[a-z-]+:sts::\d{12}:(assumed-role\/[\w]+\/[\w-]+|federated-user\/\w+)$/,
  ].some((form) => form.test(value));
  if (!isGood) return 'nonsense';
  if (isOutsider(principal)) return undefined;
  const partition = principal.arn.split(':')[1];
  const isAccount =
    value === principal.account || value === `arn:${partition}:iam::${principal.account}:root`;
  if (isAccount) return principal.kind === 'root' ? 'itself' : 'account';
  if (value === principal.arn) return 'itself';
  if (principal.kind === 'user') return value === principal.uniqueId ? 'itself' : undefined;
  if (principal.kind === 'federated-user') {
    return value === principal.userArn || value === principal.userUniqueId ? 'itself' : undefined;
  }
  if (principal.kind === 'assumed-role') {
    if (value === principal.uniqueId) return 'role';
    const role = /^arn:([^:]*):iam::(\d+):role\/(?:.*\/)?([^/]+)$/.exec(value);
    const session = /^arn:([^:]*):sts::(\d+):assumed-role\/([^/]+)\//.exec(principal.arn);
    return role !== null && session !== null && role.slice(1).join() === session.slice(1).join()
      ? 'role'
      : undefined;
  }
  return undefined;
}

// What -----------------------------------------------------------------------------------------------------

function restApplies(statement: RawStatement, version: string, request: AuthorizationRequest): boolean {
  return (
    actionApplies(statement, request.action) &&
    resourceApplies(statement, version, request) &&
    Object.entries(statement.Condition ?? {}).every(([operator, block]) =>
      Object.entries(block).every(([key, values]) =>
        conditionHolds(
          operator,
          key,
          listOf<Scalar>(values).map(String),
          version,
          statement.Effect,
          request.context,
        ),
      ),
    )
  );
}

function actionApplies({ Action, NotAction }: RawStatement, action: string): boolean {
  const values = listOf(Action ?? NotAction);
  if (values.length === 0) return false;
  const isListed = values.some((value) => {
    if (/^\s|\s$|,/.test(value)) return false;
    if (/^\*+$/.test(value)) return true;
    return /^(\*|[\w-]+):/.test(value) && expression(encode(value, '2008-10-17'), 'i').test(action);
  });
  return isListed === (Action !== undefined);
}

function resourceApplies(
  { Resource, NotResource, Effect }: RawStatement,
  version: string,
  { resource, context }: AuthorizationRequest,
): boolean {
  const values = listOf(Resource ?? NotResource);
  if (values.length === 0) return false;
  const isPlain = Resource !== undefined;
  if (values.some((value) => /^\*+$/.test(value))) return isPlain;
  if (values.some((value) => !isArnPattern(value, version))) return Effect === 'Deny';
  const encoded = values.map((value) => encode(value, version, context));
  const isWide = (Effect === 'Deny') === isPlain;
  const isListed = encoded.some((value) => {
    if (value === undefined) return false;
    return isWide
      ? expression(value).test(resource)
      : resource.startsWith('arn:') && fieldsMatch(completed(value), resource);
  });
  if (isPlain) return isListed;
  if (isListed) return false;
  return encoded.includes(undefined) ? Effect === 'Deny' : true;
}

function isArnPattern(value: string, version: string): boolean {
  const withoutVariables = version === '2012-10-17' ? value.replaceAll(/\$\{[^}]*\}?/g, 'v') : value;
  const fields = withoutVariables.split(':');
  return fields[0] === 'arn' && fields.length > 1 && (fields.length >= 6 || value.endsWith('*'));
}

/** Marks for wildcards, and for colons that come from a variable's value. */
const [STAR, ANY, COLON] = ['\uE001', '\uE002', '\uE003'];

/** Puts values in for variables and marks wildcards; undefined when a variable has no value. */
function encode(text: string, version: string, context?: ConditionContext): string | undefined {
  let isResolved = true;
  const encoded = text.replaceAll(/\$\{([^}]*)(\}?)|\*|\?/g, (found, inside: string | undefined, brace) => {
    if (found === '*') return STAR ?? '';
    if (found === '?') return ANY ?? '';
    if (version !== '2012-10-17') return found.replaceAll('*', STAR ?? '').replaceAll('?', ANY ?? '');
    if (inside === '*' || inside === '?' || inside === '$') return inside;
    const [, name = '', fallback] = /^\s*([^,]*?)\s*(?:,\s*'(.*)'\s*)?$/.exec(inside ?? '') ?? [];
    const value = brace === '' || name === '' ? undefined : context?.get(name.toLowerCase());
    const isMissing = value === undefined || value.length === 0;
    const text =
      isMissing && typeof value !== 'string' ? (brace === '' || name === '' ? undefined : fallback) : value;
    if (typeof text === 'string') return text.replaceAll(':', COLON ?? '');
    isResolved = false;
    return '';
  });
  return isResolved ? encoded : undefined;
}

function expression(encoded: string | undefined, flags = ''): RegExp {
  if (encoded === undefined) return /[^\s\S]/;
  const source = encoded.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&').replaceAll(COLON ?? '', ':');
  return new RegExp(`^${source.replaceAll(STAR ?? '', '[^]*').replaceAll(ANY ?? '', '[^]')}$`, flags);
}

function plainText(encoded: string): string {
  return encoded
    .replaceAll(STAR ?? '', '*')
    .replaceAll(ANY ?? '', '?')
    .replaceAll(COLON ?? '', ':');
}

/** `arn:aws:kms:*` for all six fields. */
function completed(encoded: string): string {
  const missing = 6 - encoded.split(':').length;
  return missing > 0 ? encoded + `:${STAR}`.repeat(missing) : encoded;
}

function fieldsMatch(encoded: string, arn: string): boolean {
  const cut = (text: string): string[] => {
    const fields = text.split(':');
    return [...fields.slice(0, 5), fields.slice(5).join(':')];
  };
  const values = cut(arn);
  return cut(encoded).every((field, index) => expression(field).test(values[index] ?? ''));
}

// Under which conditions -----------------------------------------------------------------------------------

type Answer = 'yes' | 'no' | 'unreadable' | 'unresolvable';

function conditionHolds(
  operator: string,
  key: string,
  policyValues: readonly string[],
  version: string,
  effect: 'Allow' | 'Deny',
  context: ConditionContext,
): boolean {
  const failClosed = effect === 'Deny';
  const value = context.get(key.toLowerCase());
  const isMissing = value === undefined || (Array.isArray(value) && value.length === 0);
  if (operator.toLowerCase() === 'null') {
    if (!policyValues.every((each) => /^(true|false)$/i.test(each))) return failClosed;
    return policyValues.some((each) => (each.toLowerCase() === 'true') === isMissing);
  }
  const [, set = '', base = '', ifExists] =
    /^(forallvalues:|foranyvalue:)?(.*?)(ifexists)?$/.exec(operator.toLowerCase()) ?? [];
  const known =
    /^(string(not)?(equals|equalsignorecase|like)|(numeric|date)(equals|notequals|lessthan|lessthanequals|greaterthan|greaterthanequals)|bool|binaryequals|(not)?ipaddress|arn(not)?(equals|like))$/;
  if (!known.test(base)) return failClosed;
  const isNegated = base.includes('not');
  if (isMissing) {
    if (ifExists !== undefined || set === 'forallvalues:') return true;
    return set === '' && isNegated;
  }
  const isPair = /^(kms:encryptioncontext:|aws:(request|resource|principal)tag\/)/i.test(key);
  if (isPair && typeof value !== 'string' && value.length > 1) return failClosed;
  if (set === '' && typeof value !== 'string') return false;
  const passes = (each: string): boolean => {
    const answers = policyValues.map((policyValue) => compare(base, each, policyValue, version, context));
    if (answers.includes('yes')) return !isNegated;
    if (isNegated && answers.includes('unresolvable')) return false;
    if (answers.includes('unreadable')) return failClosed;
    return isNegated;
  };
  const values = typeof value === 'string' ? [value] : value;
  return set === 'foranyvalue:' ? values.some(passes) : values.every(passes);
}

function compare(
  operator: string,
  value: string,
  policyValue: string,
  version: string,
  context: ConditionContext,
): Answer {
  const answer = (holds: boolean): Answer => (holds ? 'yes' : 'no');
  const encoded = encode(policyValue, version, context);
  const base = operator.replace('not', '');
  switch (base) {
    case 'stringequals':
      return encoded === undefined ? 'unresolvable' : answer(plainText(encoded) === value);
    case 'stringequalsignorecase':
      return encoded === undefined
        ? 'unresolvable'
        : answer(plainText(encoded).toLowerCase() === value.toLowerCase());
    case 'stringlike':
      return encoded === undefined ? 'unresolvable' : answer(expression(encoded).test(value));
    case 'arnequals':
    case 'arnlike': {
      const isArn = (text: string): boolean => /^arn:([^:]*:){4}/.test(text);
      const shape = version === '2012-10-17' ? policyValue.replaceAll(/\$\{[^}]*\}?/g, 'v') : policyValue;
      if (!isArn(shape) || !isArn(value)) return 'unreadable';
      return encoded === undefined ? 'unresolvable' : answer(fieldsMatch(encoded, value));
    }
    case 'bool': {
      if (encoded === undefined) return 'unresolvable';
      const both = [plainText(encoded).toLowerCase(), value.toLowerCase()];
      return both.every((each) => each === 'true' || each === 'false')
        ? answer(both[0] === both[1])
        : 'unreadable';
    }
    case 'binaryequals': {
      const isBase64 = (text: string): boolean =>
        /^([\w+/]{4})*([\w+/]{2}==|[\w+/]{3}=)?$/.test(text.replaceAll('_', '!'));
      return isBase64(policyValue) && isBase64(value) ? answer(policyValue === value) : 'unreadable';
    }
    case 'ipaddress': {
      const address = naiveAddress(value);
      const [base, prefix] = policyValue.split('/');
      const range = naiveAddress(base ?? '');
      if (address === undefined || range === undefined) return 'unreadable';
      const bits = range.bits.length;
      const length = prefix === undefined ? bits : Number(prefix);
      if (!(length <= bits)) return 'unreadable';
      return answer(
        address.bits.length === bits && address.bits.slice(0, length) === range.bits.slice(0, length),
      );
    }
    default: {
      const read = base.startsWith('date') ? naiveDate : naiveNumber;
      const [left, right] = [read(value), read(policyValue)];
      if (left === undefined || right === undefined) return 'unreadable';
      if (base.endsWith('lessthan')) return answer(left < right);
      if (base.endsWith('lessthanequals')) return answer(left <= right);
      if (base.endsWith('greaterthan')) return answer(left > right);
      if (base.endsWith('greaterthanequals')) return answer(left >= right);
      return answer(left === right);
    }
  }
}

function naiveNumber(text: string): number | undefined {
  return /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

function naiveDate(text: string): number | undefined {
  if (/^-?\d+$/.test(text)) return Number(text) * 1000;
  const time = /^\d{4}-\d\d(-\d\d(T.*(Z|[+-]\d\d:\d\d))?)?$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** The address as a text of ones and zeroes; the vocabulary has full IPv4 and `x::y` IPv6 forms only. */
function naiveAddress(text: string): { readonly bits: string } | undefined {
  const binary = (number: number, width: number): string => number.toString(2).padStart(width, '0');
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text))
    return {
      bits: text
        .split('.')
        .map((byte) => binary(Number(byte), 8))
        .join(''),
    };
  const short = /^([0-9a-f:]+)::([0-9a-f]*)$/.exec(text);
  if (short === null) return undefined;
  const groups = (part: string): string =>
    part
      .split(':')
      .map((group) => binary(Number.parseInt(group || '0', 16), 16))
      .join('');
  const [head, tail] = [groups(short[1] ?? ''), groups(short[2] ?? '')];
  return { bits: head + '0'.repeat(128 - head.length - tail.length) + tail };
}

// Grants ---------------------------------------------------------------------------------------------------

function granteeNaming({ granteePrincipal, granteeServicePrincipal }: Grant, principal: Principal): Naming {
  if (principal.kind === 'service') {
    return (granteePrincipal ?? granteeServicePrincipal) === principal.serviceName ? 'itself' : 'no';
  }
  const found = granteePrincipal === undefined ? undefined : mention('AWS', granteePrincipal, principal);
  if (found === 'itself') return 'itself';
  if (found === 'role') return 'role-or-not-excluded';
  return found === 'account' ? 'account' : 'no';
}

function grantCovers(
  { operations, constraints = {} }: Grant,
  { action, context }: AuthorizationRequest,
): boolean {
  const operation = action.replace(/^kms:/, '');
  if (!operations.includes(operation)) return false;
  if (operation === 'DescribeKey' || operation === 'RetireGrant') return true;
  const carried = valuesOf(context.get('kms:encryptioncontextkeys'));
  const { encryptionContextEquals: equals, encryptionContextSubset: subset, sourceArn } = constraints;
  const holds = (pairs: Readonly<Record<string, string>>): boolean =>
    Object.entries(pairs).every(
      ([key, value]) => context.get(`kms:encryptioncontext:${key}`.toLowerCase()) === value,
    );
  if (subset !== undefined && !holds(subset)) return false;
  if (equals !== undefined && !(holds(equals) && carried.length === Object.keys(equals).length)) return false;
  if (sourceArn !== undefined && context.get('aws:sourcearn') !== sourceArn) return false;
  if (operation !== 'CreateGrant') return true;
  const child = valuesOf(context.get('kms:grantoperations'));
  const type = context.get('kms:grantconstrainttype');
  if (child.length === 0 || child.some((each) => !operations.includes(each))) return false;
  if (equals !== undefined && type !== 'EncryptionContextEquals') return false;
  if (subset !== undefined && type === undefined) return false;
  return sourceArn === undefined || context.get('kms:grantconstraintsourcearn') === sourceArn;
}

function valuesOf(value: ConditionValue | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

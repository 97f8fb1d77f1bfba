import type { Effect, PatternList, PolicyVersion, Position } from './document.ts';
import { quoted } from './fault.ts';
import type { Finding, PolicyKind, StatementCheck } from './lint.ts';
import { compileWildcards } from './pattern.ts';
import { KMS_ACCOUNT_ACTIONS, KMS_KEY_ACTIONS, nearestName, TRUST_ACTIONS } from './vocabulary.ts';

/** What may be done to what: actions that nobody can ask for, resources that are not meant here. */
export const targetWarnings: StatementCheck = ({ statement, kind, document }) => {
  const { action, resource, effect } = statement;
  return [
    ...(action === undefined ? [] : actionFindings(action, kind, effect)),
    ...(resource === undefined ? [] : resourceFindings(resource, kind, action, document.version)),
  ];
};

function actionFindings(action: PatternList, kind: PolicyKind, effect: Effect): readonly Finding[] {
  const { position, values, negated } = action;
  const findings = values.flatMap((value) => located(actionProblem(value, kind), position));
  if (!negated || effect === 'Deny') return findings;
  const message =
    'NotAction with Allow allows every other action, also those that will be invented; list actions in Action';
  return [...findings, { code: 'not-action-allow', severity: 'warning', message, position }];
}

function resourceFindings(
  { values, position }: PatternList,
  kind: PolicyKind,
  action: PatternList | undefined,
  version: PolicyVersion,
): readonly Finding[] {
  const problems = values.flatMap((value) => located(resourceProblem(value, kind, action), position));
  const variable = version === '2008-10-17' ? values.find((value) => value.includes('${')) : undefined;
  if (variable === undefined) return problems;
  const message = variableMessage(variable);
  return [...problems, { code: 'variable-in-old-version', severity: 'warning', message, position }];
}

function located(problem: Problem | undefined, position: Position): readonly Finding[] {
  return problem === undefined ? [] : [{ ...problem, position }];
}

type Problem = Omit<Finding, 'position'>;

function actionProblem(value: string, kind: PolicyKind): Problem | undefined {
  if (value !== value.trim() || value.includes(',')) {
    const message = `the action ${quoted(value)} has a space or a comma and never matches; write one action a string`;
    return { code: 'unknown-action', severity: 'error', message };
  }
  if (/^[*?:]*$/.test(value)) return undefined;
  const matches = compileWildcards(value.toLowerCase());
  const matchesAny = (names: readonly string[]): boolean => names.some((name) => matches(name.toLowerCase()));
  if (kind === 'trust-policy') {
    return matchesAny(TRUST_ACTIONS) ? undefined : unknownAction(value, TRUST_ACTIONS);
  }
  const isOfKms =
    /^(?:kms|k[*?]|[*?]).*/i.test(value) && matchesAny([...KMS_KEY_ACTIONS, ...KMS_ACCOUNT_ACTIONS]);
  if (kind === 'identity-policy') {
    return isOfKms || !value.toLowerCase().startsWith('kms:') ? undefined : unknownAction(value);
  }
  if (matchesAny(KMS_KEY_ACTIONS)) return undefined;
  if (isOfKms) {
    const message = `${quoted(value)} is not asked of a key: only identity policies decide it; remove it here`;
    return { code: 'action-not-for-keys', severity: 'warning', message };
  }
  if (value.toLowerCase().startsWith('kms:')) return unknownAction(value);
  const near = nearestName(value, KMS_KEY_ACTIONS);
  if (near !== undefined) return unknownAction(value);
  const message = `${quoted(value)} is not asked of a key: it belongs to another service; remove it here`;
  return { code: 'foreign-action', severity: 'warning', message };
}

function unknownAction(
  value: string,
  names: readonly string[] = [...KMS_KEY_ACTIONS, ...KMS_ACCOUNT_ACTIONS],
): Problem {
  const near = nearestAction(value, names);
  const hint = near === undefined ? 'see the list of actions' : `did you mean ${quoted(near)}?`;
  return {
    code: 'unknown-action',
    severity: 'error',
    message: `there is no action ${quoted(value)}; ${hint}`,
  };
}

/** `kms:ReEncrypt` lacks its end; of `kms:GenrateDataKey*`, what stands before the star is near to some names. */
function nearestAction(value: string, names: readonly string[]): string | undefined {
  if (names.some((name) => name.toLowerCase().startsWith(value.toLowerCase()))) return `${value}*`;
  const [beginning = '', ...rest] = value.split('*');
  if (rest.length === 0) return nearestName(value, names);
  const near = nearestName(
    beginning,
    names.flatMap((name) => [-1, 0, 1].map((more) => name.slice(0, beginning.length + more))),
  );
  return near === undefined ? undefined : `${near}*`;
}

function resourceProblem(
  value: string,
  kind: PolicyKind,
  action: PatternList | undefined,
): Problem | undefined {
  if (/^\*+$/.test(value)) return undefined;
  if (kind === 'key-policy') return keyPolicyResource(value);
  if (kind !== 'identity-policy' || action === undefined || action.negated) return undefined;
  const isFor = (names: readonly string[]): boolean =>
    action.values.every((pattern) => names.some((name) => name.toLowerCase() === pattern.toLowerCase()));
  const isAlias = /^arn:[^:]*:kms:[^:]*:[^:]*:alias\//.test(value);
  if (isAlias && isFor(KMS_KEY_ACTIONS) && !action.values.some((pattern) => /alias$/i.test(pattern))) {
    const message =
      `${quoted(value)} is an alias, which gives no permission on the key behind it; ` +
      'name keys, or use "*" with a condition on kms:RequestAlias or kms:ResourceAliases';
    return { code: 'alias-as-resource', severity: 'error', message };
  }
  if (isFor(KMS_ACCOUNT_ACTIONS) && value.startsWith('arn:') && value !== 'arn:*') {
    const message = `${action.values.join(', ')} has no resource, so ${quoted(value)} never matches; write "*"`;
    return { code: 'action-without-resource', severity: 'error', message };
  }
  return undefined;
}

function keyPolicyResource(value: string): Problem {
  const [, , service = '*', , , ...rest] = value.split(':');
  const isKey = /^(?:key\/|[^/]*[*?])/.test(rest.length === 0 ? '*' : rest.join(':'));
  if (isKey && compileWildcards(service)('kms')) {
    const message = `"*" means the key that the policy belongs to; ${quoted(value)} matches no other, and maybe not this`;
    return { code: 'resource-not-star', severity: 'note', message };
  }
  const message = `${quoted(value)} is not a key, so the statement never applies; write "*", which means this key`;
  return { code: 'foreign-resource', severity: 'error', message };
}

/** What is said about a policy variable where there are none. */
export function variableMessage(value: string): string {
  return (
    `${quoted(value)} holds a policy variable, which the version 2008-10-17 reads as plain text; ` +
    'write "Version": "2012-10-17"'
  );
}

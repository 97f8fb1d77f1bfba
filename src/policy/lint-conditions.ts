import { compilePolicy } from './compile.ts';
import { variablesIn } from './condition-values.ts';
import { dimensionsOf } from './dimensions.ts';
import type { Condition } from './document.ts';
import { quoted } from './fault.ts';
import type { Finding, PolicyKind, StatementCheck, StatementToCheck, WarningSeverity } from './lint.ts';
import { variableMessage } from './lint-targets.ts';
import { type ConditionOperator, readOperator } from './operator.ts';
import { contextOf, readStatements } from './read-statement.ts';
import { CONDITION_KEY_NAMES, type ConditionKeyType, findConditionKey, nearestName } from './vocabulary.ts';

/** Under which conditions: keys that no request has, values that no key has, operators that mislead. */
export const conditionWarnings: StatementCheck = (checked) => [
  ...checked.statement.conditions.flatMap((condition) => checkCondition(condition, checked)),
  ...(checked.isComparable ? checkTogether(checked) : []),
];

function checkCondition(condition: Condition, checked: StatementToCheck): readonly Finding[] {
  const operator = readOperator(condition.operator);
  const findings: Finding[] = [];
  const add: Add = (code, severity, message) =>
    findings.push({ code, severity, message, position: condition.position });
  checkKey(condition, checked.kind, add);
  if (operator === undefined) return findings;
  checkType(condition, operator, add);
  checkSetOperator(condition, operator, checked, add);
  checkWildcards(condition, operator, checked, add);
  const variable = condition.values.find((value) => value.includes('${'));
  if (variable !== undefined && checked.document.version === '2008-10-17') {
    add('variable-in-old-version', 'warning', variableMessage(variable));
  }
  return findings;
}

type Add = (code: string, severity: WarningSeverity, message: string) => void;

const CONTEXT_KEY = 'kms:EncryptionContext:';

function checkKey({ key }: Condition, kind: PolicyKind, add: Add): void {
  if (findConditionKey(key) !== undefined) return;
  const pair = /^(?:kms|aws)?[:/.]?EncryptionContext(?:[:/.](.*))?$/i.exec(key);
  if (pair !== null) {
    const meant = `${CONTEXT_KEY}${pair[1] === undefined || pair[1] === '' ? 'name' : pair[1]}`;
    const message = `no request carries ${quoted(key)}; a pair of the encryption context is ${quoted(meant)}`;
    add('encryption-context-key', 'error', message);
    return;
  }
  const tag = /^aws:(RequestTag|ResourceTag|PrincipalTag)(?:[:/.](.*))?$/i.exec(key);
  if (tag !== null) {
    const meant = `aws:${tag[1] ?? ''}/${tag[2] || 'name'}`;
    add('unknown-condition-key', 'error', `no request carries ${quoted(key)}; a tag is ${quoted(meant)}`);
    return;
  }
  const isOurs = /^(?:kms|aws):/i.test(key);
  const near = nearestName(key, CONDITION_KEY_NAMES);
  const isOfProvider = /^(?:saml|[\w-]+(?:\.[\w-]+)+(?:\/[^:]*)?):/i.test(key);
  // Identity policies speak of other services too.
  if (!isOurs && near === undefined && (isOfProvider || kind === 'identity-policy')) return;
  const hint = near === undefined ? 'see the list of condition keys' : `did you mean ${quoted(near)}?`;
  const severity = /^kms:/i.test(key) || near !== undefined ? 'error' : 'warning';
  add('unknown-condition-key', severity, `no request carries the condition key ${quoted(key)}; ${hint}`);
}

/** Which operators can read what a key holds, by how their names begin. */
const READERS: Readonly<Record<ConditionKeyType, RegExp>> = {
  String: /^(?:string|arn|binary)/i,
  ARN: /^(?:string|arn)/i,
  Bool: /^(?:bool|string)/i,
  Numeric: /^(?:numeric|string)/i,
  Date: /^(?:date|numeric)/i,
  IP: /ipaddress$/i,
};

const OPERATOR_FOR: Readonly<Record<ConditionKeyType, string>> = {
  String: 'StringEquals',
  ARN: 'ArnLike',
  Bool: 'Bool',
  Numeric: 'NumericEquals',
  Date: 'DateLessThan',
  IP: 'IpAddress',
};

function checkType({ operator: name, key }: Condition, { comparison }: ConditionOperator, add: Add): void {
  const known = findConditionKey(key);
  if (known === undefined || comparison === null) return;
  const base = baseName(name);
  if (READERS[known.type].test(base)) return;
  const message = `${base} cannot read ${known.name}, which is of the type ${known.type}; use ${OPERATOR_FOR[known.type]} or its like`;
  add('operator-for-other-type', 'error', message);
}

function baseName(operator: string): string {
  return operator.replace(/^For(?:AllValues|AnyValue):/i, '').replace(/IfExists$/i, '');
}

function checkSetOperator(
  { operator: name, key }: Condition,
  { quantifier, comparison, ifExists, negated }: ConditionOperator,
  { statement }: StatementToCheck,
  add: Add,
): void {
  const known = findConditionKey(key);
  if (quantifier === 'one' && comparison !== null && known?.isMultiValued) {
    const effect = negated || ifExists ? 'holds only where the key is absent' : 'never holds';
    const message = `${known.name} has several values, and ${name} without a set operator ${effect}; write ForAnyValue:${name} or ForAllValues:${name}`;
    add('missing-set-operator', 'error', message);
  }
  if (quantifier !== 'all') return;
  const demandsKey = statement.conditions.some(
    (other) =>
      other.key.toLowerCase() === key.toLowerCase() &&
      ((other.operator.toLowerCase() === 'null' && other.values.every((value) => /^false$/i.test(value))) ||
        (readOperator(other.operator)?.quantifier === 'any' && !readOperator(other.operator)?.ifExists)),
  );
  if (demandsKey) return;
  const remedy =
    known?.isMultiValued === false
      ? `${known.name} has one value, so leave ForAllValues away`
      : `add "Null": {${quoted(key)}: "false"}`;
  const message = `${name} holds as well where the request does not carry ${quoted(key)} at all; ${remedy}`;
  add('for-all-values', statement.effect === 'Allow' ? 'warning' : 'note', message);
}

const ACCOUNT_FIELD = /^arn:[^:]*:[^:]*:[^:]*:([^:]*):/;

function checkWildcards(
  { operator: name, values }: Condition,
  { comparison, negated }: ConditionOperator,
  { statement, document }: StatementToCheck,
  add: Add,
): void {
  if (comparison === null) return;
  const base = baseName(name).toLowerCase();
  const withoutVariables = values.map((value) =>
    document.version === '2012-10-17' ? fillVariables(value) : value,
  );
  const wild = withoutVariables.find((value) => value.includes('*'));
  if (/^string(?:not)?equals/.test(base) && wild !== undefined) {
    const message = `${name} takes ${quoted(wild)} literally, star and all; use StringLike for wildcards`;
    add('wildcard-taken-literally', 'warning', message);
  }
  if (/^string(?:not)?like$/.test(base) && !values.some((value) => /[*?]/.test(value))) {
    const message = `${name} without a wildcard is ${name.replace(/Like/i, 'Equals')}; say so, or add the wildcard that is missing`;
    add('string-like-without-wildcard', 'note', message);
  }
  const open = withoutVariables.find((value) => /[*?]/.test(ACCOUNT_FIELD.exec(value)?.[1] ?? ''));
  const readsPatterns = base.startsWith('arn') || base === 'stringlike';
  if (open !== undefined && readsPatterns && !negated && statement.effect === 'Allow') {
    const message = `${quoted(open)} matches ARNs of any account; name the account in its fifth field`;
    add('wildcard-account', 'warning', message);
  }
}

/** The text with a letter in the place of each variable. */
function fillVariables(value: string): string {
  // Behind the last brace nothing is a variable, and looking for its end would begin again at every `${`.
  const end = value.lastIndexOf('}') + 1;
  return value.slice(0, end).replaceAll(/\$\{[^}]*\}/g, 'x') + value.slice(end);
}

/** All conditions on a key together: whether they can ever hold, and whether they can ever fail. */
function checkTogether({ document, statement }: StatementToCheck): readonly Finding[] {
  const { version } = document;
  const conditions = statement.conditions.filter((condition) => isJudgeable(condition, version));
  const alone = { version, statements: [{ ...statement, conditions }] };
  const [read] = readStatements(alone, compilePolicy(alone).statements);
  if (read === undefined) return [];
  return dimensionsOf([read]).flatMap(({ key, classes, uses }): readonly Finding[] => {
    const all = [...uses.values()];
    const last = all.at(-1)?.use.condition;
    if (last === undefined) return [];
    const held = classes.map(([value]) =>
      all.every(({ compiled }) => compiled.holds(contextOf([[key, value]]))),
    );
    const { position } = last;
    if (!held.includes(true)) {
      const message = `no value of ${key} meets all conditions on it, so the statement never applies`;
      return [{ code: 'contradictory-conditions', severity: 'error', message, position }];
    }
    if (held.includes(false)) return [];
    const message = `${all.map(({ compiled }) => compiled.operator).join(' and ')} on ${key} holds for every request; it restricts nothing`;
    return [{ code: 'condition-without-effect', severity: 'warning', message, position }];
  });
}

/** Multi-valued keys without set operator have a warning of their own, unreadable values are faults. */
function isJudgeable(
  { operator: name, key, values }: Condition,
  version: '2012-10-17' | '2008-10-17',
): boolean {
  const operator = readOperator(name);
  if (operator === undefined) return false;
  if (values.some((value) => variablesIn(value, version).length > 0)) return false;
  if (operator.comparison === null) return values.every((value) => /^(?:true|false)$/i.test(value));
  if (operator.quantifier === 'one' && findConditionKey(key)?.isMultiValued) return false;
  return values.every((value) => operator.comparison?.isReadable(value) === true);
}

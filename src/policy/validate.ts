import { readBoolean } from './comparison.ts';
import {
  type Condition,
  type PatternList,
  type PolicyDocument,
  type PolicyVersion,
  type PrincipalElement,
  type PrincipalEntry,
  type Statement,
  statementLabel,
} from './document.ts';
import { isActionPattern, isResourcePattern } from './element.ts';
import { FAULT, invalidTrustPrincipal, type PolicyFault, policyFault, quoted } from './fault.ts';
import { OPERATOR_NAMES, readOperator } from './operator.ts';
import { type PrincipalForm, readPrincipalForm } from './principal.ts';

/** What a key policy or a trust policy is measured against besides the text itself. */
export interface KeyPolicyRules {
  /** The partition that all principals must belong to, such as `aws`. */
  readonly partition: string;
  /**
   * Whether a principal exists, named as in the policy: the ARN of a user, a role, a session of either, or an
   * identity provider; or a unique id. Asked once for each entry; not for accounts, services and providers without
   * an ARN. Without it, all of them exist.
   */
  readonly principalExists?: (nameOrId: string) => boolean;
}

/** The principals that may be missing. */
const PERISHABLE: ReadonlySet<PrincipalForm['kind']> = new Set<PrincipalForm['kind']>([
  'user',
  'role',
  'role-session',
  'federated-user',
  'unique-id',
  'provider',
]);

/**
 * Everything that forbids the document as a key policy (policies.md, sections 1 and 2); empty if nothing does.
 * The size limit and the lockout check are the caller's: the one knows no document, the other a request.
 */
export function validateKeyPolicy(document: PolicyDocument, rules: KeyPolicyRules): readonly PolicyFault[] {
  return validateStatements(document, (statement, label) => [
    ...principalFaults(statement, label, rules, () => FAULT.invalidPrincipal),
    ...actionFaults(statement, label),
    ...resourceFaults(statement, label, document.version),
    ...conditionFaults(statement, label, document.version),
    ...overlyPermissiveFaults(statement, label),
  ]);
}

/**
 * Everything that forbids the document as the trust policy of a role: like a key policy, but a role is what it
 * is attached to, and so it has no Resource; and it speaks of nothing but how to become the role.
 */
export function validateTrustPolicy(document: PolicyDocument, rules: KeyPolicyRules): readonly PolicyFault[] {
  return validateStatements(document, (statement, label) => [
    ...principalFaults(statement, label, rules, ({ type, value }) => invalidTrustPrincipal(type, value)),
    ...trustActionFaults(statement, label),
    ...prohibited(statement.resource, `${label} has a Resource`, FAULT.prohibitedResource),
    ...conditionFaults(statement, label, document.version),
  ]);
}

/** Everything that forbids the document as an identity policy, a permissions boundary or a session policy. */
export function validateIdentityPolicy(document: PolicyDocument): readonly PolicyFault[] {
  return validateStatements(document, (statement, label) => [
    ...prohibited(statement.principal, `${label} has a Principal`, FAULT.principal),
    ...actionFaults(statement, label),
    ...resourceFaults(statement, label, document.version),
    ...conditionFaults(statement, label, document.version),
  ]);
}

function validateStatements(
  document: PolicyDocument,
  faultsOf: (statement: Statement, label: string) => readonly PolicyFault[],
): readonly PolicyFault[] {
  const faults = document.statements.flatMap((statement, index) =>
    faultsOf(statement, statementLabel(index, statement.sid)),
  );
  return Object.freeze(faults);
}

/** A fault if the element is there. */
function prohibited(
  element: PatternList | PrincipalElement | undefined,
  detail: string,
  message: string,
): readonly PolicyFault[] {
  return element === undefined ? [] : [policyFault(message, detail, element.position)];
}

function principalFaults(
  statement: Statement,
  label: string,
  rules: KeyPolicyRules,
  messageFor: (entry: PrincipalEntry) => string,
): readonly PolicyFault[] {
  const { principal, position } = statement;
  if (principal === undefined) {
    return [policyFault(FAULT.noPrincipal, `${label} has neither Principal nor NotPrincipal`, position)];
  }
  const name = elementName(principal, 'Principal');
  if (principal.entries.length === 0) {
    return [policyFault(FAULT.noPrincipal, `${label}: ${name} names nobody`, principal.position)];
  }
  return principal.entries.flatMap((entry) => {
    const problem = principalProblem(entry, rules);
    return problem === undefined
      ? []
      : policyFault(messageFor(entry), `${label}: ${name} ${quoted(entry.value)} ${problem}`, entry.position);
  });
}

function principalProblem(entry: PrincipalEntry, rules: KeyPolicyRules): string | undefined {
  const form = readPrincipalForm(entry);
  if (form === undefined) return `is not a principal of type ${quoted(entry.type)}`;
  if (form.partition !== undefined && form.partition !== rules.partition) {
    return `is not in the partition ${quoted(rules.partition)}`;
  }
  const isMissing = PERISHABLE.has(form.kind) && rules.principalExists?.(entry.value) === false;
  return isMissing ? 'does not exist' : undefined;
}

function actionFaults(statement: Statement, label: string): readonly PolicyFault[] {
  return actionFaultsUnless(isActionPattern, FAULT.action, 'has no service name', statement, label);
}

/** No star takes the place of the service: AWS refuses even `*` alone. */
function trustActionFaults(statement: Statement, label: string): readonly PolicyFault[] {
  const isAllowed = (value: string): boolean => /^sts:/i.test(value);
  return actionFaultsUnless(isAllowed, FAULT.trustAction, 'does not begin with "sts:"', statement, label);
}

function actionFaultsUnless(
  isAllowed: (value: string) => boolean,
  message: string,
  problem: string,
  { action, position }: Statement,
  label: string,
): readonly PolicyFault[] {
  if (action === undefined || action.values.length === 0) {
    return [policyFault(FAULT.missingAction, `${label} has no Action`, action?.position ?? position)];
  }
  const name = elementName(action, 'Action');
  return action.values
    .filter((value) => !isAllowed(value))
    .map((value) => policyFault(message, `${label}: ${name} ${quoted(value)} ${problem}`, action.position));
}

function resourceFaults(
  { resource, position }: Statement,
  label: string,
  version: PolicyVersion,
): readonly PolicyFault[] {
  if (resource === undefined || resource.values.length === 0) {
    return [policyFault(FAULT.missingResource, `${label} has no Resource`, resource?.position ?? position)];
  }
  return resource.values
    .filter((value) => !isResourcePattern(value, version))
    .map((value) => {
      const detail = `${label}: ${elementName(resource, 'Resource')} ${quoted(value)} is neither "*" nor an ARN`;
      return policyFault(FAULT.resource, detail, resource.position);
    });
}

function conditionFaults(
  statement: Statement,
  label: string,
  version: PolicyVersion,
): readonly PolicyFault[] {
  return statement.conditions.flatMap((condition) => conditionProblems(condition, label, version));
}

function conditionProblems(
  condition: Condition,
  label: string,
  version: PolicyVersion,
): readonly PolicyFault[] {
  const { operator: name, key, values, position } = condition;
  const operator = readOperator(name);
  if (operator === undefined) {
    const detail = `${label}: ${quoted(name)} is not a condition operator; there are ${OPERATOR_NAMES.join(', ')}`;
    return [policyFault(FAULT.operator, detail, position)];
  }
  const wants = operator.comparison?.wants ?? 'true or false';
  return values
    .filter((value) => {
      if (operator.comparison === null) return readBoolean(value) === undefined;
      const { resolvesVariables, isReadable } = operator.comparison;
      const mayHoldVariable = resolvesVariables && version === '2012-10-17' && value.includes('${');
      return !mayHoldVariable && !isReadable(value);
    })
    .map((value) => {
      const detail = `${label}: ${quoted(value)} for ${quoted(name)} ${quoted(key)} is not ${wants}`;
      return policyFault(FAULT.value, detail, position);
    });
}

/** Only key policies are refused for this: IAM lets it pass. */
function overlyPermissiveFaults({ conditions }: Statement, label: string): readonly PolicyFault[] {
  return conditions.flatMap(({ operator, key, position }) => {
    if (readOperator(operator)?.quantifier !== 'all') return [];
    const pair = OVERLY_PERMISSIVE.find(({ prefix }) => key.toLowerCase().startsWith(prefix));
    if (pair === undefined) return [];
    return policyFault(pair.message, `${label}: ${quoted(operator)} with ${quoted(key)}`, position);
  });
}

/** Keys that stand for one pair of the request, with what AWS answers when they are asked for "all values". */
const OVERLY_PERMISSIVE = [
  { prefix: 'kms:encryptioncontext:', message: overlyPermissive(':EncryptionContext', 'encryption context') },
  { prefix: 'aws:requesttag/', message: overlyPermissive('', 'tag') },
];

function overlyPermissive(suffix: string, thing: string): string {
  return (
    `OverlyPermissiveCondition${suffix}: Using the ForAllValues set operator with a single-valued condition key ` +
    `matches requests without the specified ${thing} or with an unspecified ${thing}. To fix, remove ForAllValues.`
  );
}

function elementName({ negated }: PatternList | PrincipalElement, name: string): string {
  return negated ? `Not${name}` : name;
}

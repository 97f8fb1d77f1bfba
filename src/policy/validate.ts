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
import { FAULT, invalidTrustPrincipal, MOST_FAULTS, type PolicyFault, policyFault, quoted } from './fault.ts';
import { type ConditionOperator, OPERATOR_NAMES, readOperator } from './operator.ts';
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
 * Everything that forbids the document as a key policy (policies.md, sections 1 and 2), the first 100 faults at most;
 * empty if nothing does. The size limit and the lockout check are the caller's: the one knows no document, the other
 * a request.
 */
export function validateKeyPolicy(document: PolicyDocument, rules: KeyPolicyRules): readonly PolicyFault[] {
  return validateStatements(document, function* (statement, label) {
    yield* principalFaults(statement, label, rules, () => FAULT.invalidPrincipal);
    yield* actionFaults(statement, label);
    yield* resourceFaults(statement, label, document.version);
    yield* conditionFaults(statement, label, document.version);
    yield* overlyPermissiveFaults(statement, label);
  });
}

/**
 * Everything that forbids the document as the trust policy of a role: like a key policy, but a role is what it
 * is attached to, and so it has no Resource; and it speaks of nothing but how to become the role.
 */
export function validateTrustPolicy(document: PolicyDocument, rules: KeyPolicyRules): readonly PolicyFault[] {
  return validateStatements(document, function* (statement, label) {
    yield* principalFaults(statement, label, rules, ({ type, value }) => invalidTrustPrincipal(type, value));
    yield* trustActionFaults(statement, label);
    yield* prohibited(statement.resource, `${label} has a Resource`, FAULT.prohibitedResource);
    yield* conditionFaults(statement, label, document.version);
  });
}

/** Everything that forbids the document as an identity policy, a permissions boundary or a session policy. */
export function validateIdentityPolicy(document: PolicyDocument): readonly PolicyFault[] {
  return validateStatements(document, function* (statement, label) {
    yield* prohibited(statement.principal, `${label} has a Principal`, FAULT.principal);
    yield* actionFaults(statement, label);
    yield* resourceFaults(statement, label, document.version);
    yield* conditionFaults(statement, label, document.version);
  });
}

/** Faults, found one after the other as they are asked for. */
type Faults = Iterable<PolicyFault>;

function validateStatements(
  document: PolicyDocument,
  faultsOf: (statement: Statement, label: string) => Faults,
): readonly PolicyFault[] {
  const faults: PolicyFault[] = [];
  for (const [index, statement] of document.statements.entries()) {
    for (const fault of faultsOf(statement, statementLabel(index, statement.sid))) {
      faults.push(fault);
      if (faults.length === MOST_FAULTS) return Object.freeze(faults);
    }
  }
  return Object.freeze(faults);
}

/** A fault if the element is there. */
function prohibited(
  element: PatternList | PrincipalElement | undefined,
  detail: string,
  message: string,
): Faults {
  return element === undefined ? [] : [policyFault(message, detail, element.position)];
}

function* principalFaults(
  statement: Statement,
  label: string,
  rules: KeyPolicyRules,
  messageFor: (entry: PrincipalEntry) => string,
): Faults {
  const { principal, position } = statement;
  if (principal === undefined) {
    yield policyFault(FAULT.noPrincipal, `${label} has neither Principal nor NotPrincipal`, position);
    return;
  }
  const name = elementName(principal, 'Principal');
  if (principal.entries.length === 0) {
    yield policyFault(FAULT.noPrincipal, `${label}: ${name} names nobody`, principal.position);
  }
  for (const entry of principal.entries) {
    const problem = principalProblem(entry, rules);
    if (problem === undefined) continue;
    const detail = `${label}: ${name} ${quoted(entry.value)} ${problem}`;
    yield policyFault(messageFor(entry), detail, entry.position);
  }
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

function actionFaults(statement: Statement, label: string): Faults {
  return actionFaultsUnless(isActionPattern, FAULT.action, 'has no service name', statement, label);
}

/** No star takes the place of the service: AWS refuses even `*` alone. */
function trustActionFaults(statement: Statement, label: string): Faults {
  const isAllowed = (value: string): boolean => /^sts:/i.test(value);
  return actionFaultsUnless(isAllowed, FAULT.trustAction, 'does not begin with "sts:"', statement, label);
}

function* actionFaultsUnless(
  isAllowed: (value: string) => boolean,
  message: string,
  problem: string,
  { action, position }: Statement,
  label: string,
): Faults {
  if (action === undefined || action.values.length === 0) {
    yield policyFault(FAULT.missingAction, `${label} has no Action`, action?.position ?? position);
    return;
  }
  const name = elementName(action, 'Action');
  for (const value of action.values) {
    if (isAllowed(value)) continue;
    yield policyFault(message, `${label}: ${name} ${quoted(value)} ${problem}`, action.position);
  }
}

function* resourceFaults({ resource, position }: Statement, label: string, version: PolicyVersion): Faults {
  if (resource === undefined || resource.values.length === 0) {
    yield policyFault(FAULT.missingResource, `${label} has no Resource`, resource?.position ?? position);
    return;
  }
  const name = elementName(resource, 'Resource');
  for (const value of resource.values) {
    if (isResourcePattern(value, version)) continue;
    const detail = `${label}: ${name} ${quoted(value)} is neither "*" nor an ARN`;
    yield policyFault(FAULT.resource, detail, resource.position);
  }
}

function* conditionFaults({ conditions }: Statement, label: string, version: PolicyVersion): Faults {
  for (const condition of conditions) yield* conditionProblems(condition, label, version);
}

function* conditionProblems(condition: Condition, label: string, version: PolicyVersion): Faults {
  const { operator: name, key, values, position } = condition;
  const operator = readOperator(name);
  if (operator === undefined) {
    const detail = `${label}: ${quoted(name)} is not a condition operator; there are ${OPERATOR_NAMES.join(', ')}`;
    yield policyFault(FAULT.operator, detail, position);
    return;
  }
  const wants = operator.comparison?.wants ?? 'true or false';
  for (const value of values) {
    if (isConditionValue(value, operator, version)) continue;
    const detail = `${label}: ${quoted(value)} for ${quoted(name)} ${quoted(key)} is not ${wants}`;
    yield policyFault(FAULT.value, detail, position);
  }
}

function isConditionValue(value: string, { comparison }: ConditionOperator, version: PolicyVersion): boolean {
  if (comparison === null) return readBoolean(value) !== undefined;
  const mayHoldVariable = comparison.resolvesVariables && version === '2012-10-17' && value.includes('${');
  return mayHoldVariable || comparison.isReadable(value);
}

/** Only key policies are refused for this: IAM lets it pass. */
function* overlyPermissiveFaults({ conditions }: Statement, label: string): Faults {
  for (const { operator, key, position } of conditions) {
    if (readOperator(operator)?.quantifier !== 'all') continue;
    const pair = OVERLY_PERMISSIVE.find(({ prefix }) => key.toLowerCase().startsWith(prefix));
    if (pair === undefined) continue;
    yield policyFault(pair.message, `${label}: ${quoted(operator)} with ${quoted(key)}`, position);
  }
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

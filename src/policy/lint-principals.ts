import { readAddressRange } from './address.ts';
import type { Condition, PrincipalEntry, Statement } from './document.ts';
import { quoted } from './fault.ts';
import type { Finding, StatementCheck, StatementToCheck } from './lint.ts';
import { readOperator } from './operator.ts';
import { readPrincipalForm } from './principal.ts';

/** Keys that say who or where a caller is, so that a condition on them makes "everybody" less. */
const RESTRICTING_KEYS: readonly string[] = [
  ...[
    'aws:PrincipalArn',
    'aws:PrincipalAccount',
    'aws:PrincipalOrgID',
    'aws:PrincipalOrgPaths',
    'aws:userid',
  ],
  ...['kms:CallerAccount', 'aws:SourceArn', 'aws:SourceAccount', 'aws:SourceOrgID', 'aws:SourceOrgPaths'],
  ...['aws:SourceIp', 'aws:VpcSourceIp', 'aws:SourceVpc', 'aws:SourceVpce', 'aws:SourceVpcArn'],
];

/** Keys that say on whose behalf a service calls. */
const SOURCE_KEYS: readonly string[] = [
  'aws:SourceArn',
  'aws:SourceAccount',
  'aws:SourceOrgID',
  'aws:SourceOrgPaths',
];

/** Who is meant: everybody, services that others can use as their deputy, everybody but a few. */
export const principalWarnings: StatementCheck = (checked) => {
  const { statement } = checked;
  const { principal, effect } = statement;
  if (principal === undefined) return [];
  const wildcards = principal.entries.flatMap(wildcardInPrincipal);
  if (effect === 'Deny') return wildcards;
  if (principal.negated) {
    const message =
      'NotPrincipal with Allow allows everybody else, of any account; list those who are meant in Principal, ' +
      'and deny with a condition on aws:PrincipalArn where some must be excluded';
    return [
      ...wildcards,
      { code: 'not-principal-allow', severity: 'error', message, position: principal.position },
    ];
  }
  return [...wildcards, ...publicAccess(statement), ...openEntries(checked), ...fullAccess(checked)];
};

function wildcardInPrincipal({ value, position }: PrincipalEntry): readonly Finding[] {
  if (value === '*' || !/[*?]/.test(value)) return [];
  const message =
    `${quoted(value)} is nobody: there are no wildcards within a principal; ` +
    'name the account, and add a condition ArnLike on aws:PrincipalArn';
  return [{ code: 'wildcard-in-principal', severity: 'error', message, position }];
}

function publicAccess(statement: Statement): readonly Finding[] {
  const everybody = statement.principal?.entries.find(
    (entry) => readPrincipalForm(entry)?.kind === 'everyone',
  );
  if (everybody === undefined || isRestrictedBy(statement, RESTRICTING_KEYS)) return [];
  const message =
    'allows everybody, of any account; name accounts, users or roles, or add a condition that has to match on one of ' +
    RESTRICTING_KEYS.join(', ');
  return [{ code: 'public-access', severity: 'error', message, position: everybody.position }];
}

/** Services and identity providers act for many: the statement has to say for whom. */
function openEntries({ statement, kind }: StatementToCheck): readonly Finding[] {
  return (statement.principal?.entries ?? []).flatMap((entry): readonly Finding[] => {
    const form = readPrincipalForm(entry);
    const { position } = entry;
    if (form?.kind === 'service' && !isRestrictedBy(statement, SOURCE_KEYS)) {
      const message =
        `lets ${entry.value} use this on behalf of any of its customers (confused deputy); add a condition on ` +
        'aws:SourceArn or aws:SourceAccount';
      return [{ code: 'confused-deputy', severity: 'warning', message, position }];
    }
    const isProvider = form?.kind === 'provider' || form?.kind === 'web-provider';
    if (!isProvider) return [];
    if (kind !== 'trust-policy') {
      const message = `bearers of tokens of ${entry.value} make no requests to KMS; name the role that they assume`;
      return [{ code: 'provider-in-key-policy', severity: 'warning', message, position }];
    }
    const keys = statement.conditions
      .map(({ key }) => key)
      .filter((key) => /:(?:sub|aud|azp|amr)$/i.test(key));
    if (isRestrictedBy(statement, keys)) return [];
    const message =
      `lets the bearer of any token of ${entry.value} become the role; ` +
      'add a condition on the ":sub" or ":aud" of the provider';
    return [{ code: 'open-federation', severity: 'error', message, position }];
  });
}

function fullAccess({ statement, kind }: StatementToCheck): readonly Finding[] {
  const { action } = statement;
  if (kind !== 'key-policy' || action === undefined || action.negated) return [];
  const wide = action.values.find((value) => /^(?:\*+|kms:\*+)$/i.test(value));
  if (wide === undefined) return [];
  return (statement.principal?.entries ?? []).flatMap((entry): readonly Finding[] => {
    const form = readPrincipalForm(entry);
    if (form === undefined || form.kind === 'account' || form.kind === 'everyone') return [];
    const message =
      `${wide} lets ${quoted(entry.value)} change this policy and delete the key too; ` +
      'list the actions that are needed';
    return [{ code: 'full-access', severity: 'note', message, position: entry.position }];
  });
}

/** Whether a condition that fails when its key is absent holds for only some values of one of the keys. */
function isRestrictedBy({ conditions }: Statement, keys: readonly string[]): boolean {
  const lower = keys.map((key) => key.toLowerCase());
  return conditions.some(
    (condition) => lower.includes(condition.key.toLowerCase()) && isRestricting(condition),
  );
}

function isRestricting({ operator: name, values }: Condition): boolean {
  const operator = readOperator(name);
  if (operator === undefined || operator.comparison === null) return false;
  if (operator.negated || operator.ifExists || operator.quantifier === 'all') return false;
  return values.every((value) => !isEverything(value, name));
}

function isEverything(value: string, operator: string): boolean {
  if (/ipaddress/i.test(operator)) return readAddressRange(value)?.prefix === 0;
  if (!/like|^(?:foranyvalue:)?arn/i.test(operator)) return false;
  return /^[*?]*\*[*?]*$/.test(value) || (value.startsWith('arn:') && !/[^*?:]/.test(value.slice(4)));
}

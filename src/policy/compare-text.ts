import type { KeyPolicyVerdict, PolicyChange, StatementReference } from './change.ts';
import type { PolicyComparison } from './compare.ts';
import { statementLabel } from './document.ts';

const VERDICTS: Readonly<Record<KeyPolicyVerdict, string>> = {
  denies: 'denied',
  nothing: 'not mentioned',
  delegates: "left to the account's identity policies",
  'allows-within-boundary': 'allowed within permissions boundaries',
  allows: 'allowed',
};

/** A comparison for people, a line each: first who gains, then who loses, and what the answer is worth. */
export function renderComparison(comparison: PolicyComparison): readonly string[] {
  const { changes, omitted, vocabulary, unchanged } = comparison;
  const { principals, actions, conditionKeys } = vocabulary;
  const changed = (['gains', 'loses'] as const).flatMap((direction) =>
    changes
      .filter((change) => change.direction === direction)
      .flatMap((change) => renderChange(change, actions)),
  );
  const tried =
    `${count(principals.length, 'principal')}, ${count(actions.length, 'action')} and ` +
    `${count(conditionKeys.length, 'condition key')}`;
  return [
    ...(unchanged ? ['nobody gains or loses anything'] : changed),
    ...(omitted.length === 0
      ? [`complete for what the policies name: ${tried}`]
      : [`not complete for what the policies name (${tried}):`, ...omitted.map((each) => `  ${each}`)]),
  ];
}

function renderChange(change: PolicyChange, actions: readonly string[]): readonly string[] {
  const { direction, principals, resources, conditions, before, after } = change;
  return [
    `${principals.join(', ')} ${verb(direction, principals.length)} ${actionList(change.actions, actions)}`,
    ...(resources.length === 0 ? [] : [`  on ${resources.join(', ')}`]),
    ...conditions.map(({ text }, index) => `  ${index === 0 ? 'when' : ' and'} ${text}`),
    `  before: ${VERDICTS[before]}${byStatements(change.statementsBefore)}`,
    `  after: ${VERDICTS[after]}${byStatements(change.statementsAfter)}`,
  ];
}

/** "every action", or "every action but" a few, or all of them. */
function actionList(some: readonly string[], all: readonly string[]): string {
  const others = all.filter((action) => !some.includes(action));
  if (others.length === 0) return 'every action';
  return others.length <= 5 && others.length < some.length
    ? `every action but ${others.join(', ')}`
    : some.join(', ');
}

function byStatements(statements: readonly StatementReference[]): string {
  if (statements.length === 0) return '';
  return ` by ${statements.map(({ index, sid, line }) => `${statementLabel(index, sid)}, line ${line}`).join('; ')}`;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}

function verb(direction: PolicyChange['direction'], principals: number): string {
  return principals === 1 ? direction : direction === 'gains' ? 'gain' : 'lose';
}

import type { Budget } from './budget.ts';
import {
  type ConditionUse,
  familyOf,
  valuesToTry,
  variablesIn,
  withoutVariables,
} from './condition-values.ts';
import { stepsToAsk } from './estimates.ts';
import { readOperator } from './operator.ts';
import { type Carried, conditionsByKey, type ReadCondition, type ReadStatement } from './read-statement.ts';
import { findConditionKey } from './vocabulary.ts';
import { newWork } from './work.ts';

/** What a condition says to each value of its key: `1` where it holds. */
interface Answers {
  readonly id: number;
  readonly asText: string;
  /** To the list of just that value. */
  readonly asList: string;
}

/** A condition key, and the values that requests are made to carry under it. */
export interface ConditionKey {
  /** As first written. */
  readonly name: string;
  readonly values: readonly string[];
  readonly hasTexts: boolean;
  readonly hasLists: boolean;
  /** By the meaning of the condition. */
  readonly answers: ReadonlyMap<string, Answers>;
  /** What it takes to ask all conditions about a value. */
  readonly steps: number;
  /** Whether values were left out because they are too many, or too long. */
  readonly isCut: boolean;
}

/** As many values of a variable are looked at, of as many conditions. */
const MOST_PLAIN = 32;
/** What it takes to make up a value, and one that two patterns match, a few times over. */
const STEPS_FOR_TEXT = 50;
const STEPS_FOR_PAIR = 2000;

/** The condition keys that the statements ask for, by name in lower case. */
export function conditionKeysOf(
  statements: readonly ReadStatement[],
  budget: Budget,
): ReadonlyMap<string, ConditionKey> {
  const conditions = conditionsByKey(statements);
  const known = new Map<string, readonly string[]>();
  /** Values of a key that stand without variables. */
  const plain = (key: string): readonly string[] => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const uses = (conditions.get(key) ?? []).slice(0, MOST_PLAIN).map(({ use }) => use);
    const withoutThem = ({ condition, version }: ConditionUse) =>
      condition.values.slice(0, MOST_PLAIN).filter((text) => variablesIn(text, version).length === 0);
    const { texts } = valuesToTry(uses, withoutThem, 0);
    known.set(key, texts);
    return texts;
  };
  // Those that take least come first: what they do not need is for the others.
  const made = new Map<string, ConditionKey>();
  const byNeed = [...conditions].sort(([, one], [, other]) => countValues(one) - countValues(other));
  for (const [at, [lower, found]] of byNeed.entries()) {
    made.set(lower, readKey(lower, found, plain, budget.allow(1 / (byNeed.length - at))));
  }
  const inTheirOrder = [...conditions.keys()].flatMap((lower) => {
    const key = made.get(lower);
    return key === undefined ? [] : [[lower, key] as const];
  });
  return new Map(inTheirOrder);
}

function countValues(conditions: readonly ReadCondition[]): number {
  return conditions.reduce((sum, { use }) => sum + use.condition.values.length, 0);
}

function readKey(
  lower: string,
  conditions: readonly ReadCondition[],
  plain: (key: string) => readonly string[],
  budget: Budget,
): ConditionKey {
  const { hasTexts, hasLists } = formsOf(lower, conditions);
  const uses = conditions.map(({ use }) => use);
  const steps = STEPS_FOR_TEXT + (Number(hasTexts) + Number(hasLists)) * stepsToAsk(uses);
  const room = budget.affords(steps);
  const seen = new Set<string>();
  let isCut = false;
  const textsOf = ({ condition: { operator, values }, version }: ConditionUse): readonly string[] =>
    values.flatMap((value) => {
      const identity = `${familyOf(operator)} ${version} ${value}`;
      if (seen.has(identity)) return [];
      isCut ||= seen.size >= room;
      if (seen.size >= room) return [];
      seen.add(identity);
      const { texts, isCut: isShortened } = withoutVariables(value, version, plain);
      isCut ||= isShortened;
      return texts;
    });
  const tried = valuesToTry(uses, textsOf, budget.affords(STEPS_FOR_PAIR));
  const asked: { readonly value: string; readonly asText: string; readonly asList: string }[] = [];
  // From the last on, which stands for all that are not named.
  for (const value of tried.texts.toReversed()) {
    if (!budget.pay(steps)) break;
    const ask = (carried: Carried) => answersOf(conditions, lower, carried, budget);
    asked.push({ value, asText: hasTexts ? ask(value) : '', asList: hasLists ? ask([value]) : '' });
  }
  asked.reverse();
  const answers = conditions.map(({ meaning }, id): [string, Answers] => {
    const asText = asked.map((each) => each.asText[id] ?? '').join('');
    return [meaning, { id, asText, asList: asked.map((each) => each.asList[id] ?? '').join('') }];
  });
  return {
    name: uses[0]?.condition.key ?? lower,
    values: asked.map(({ value }) => value),
    hasTexts,
    hasLists,
    answers: new Map(answers),
    steps,
    isCut: isCut || tried.isCut || asked.length < tried.texts.length,
  };
}

/** What each condition says to what its key, in lower case, carries and nothing else: `1` if it holds. */
export function answersOf(
  conditions: readonly Pick<ReadCondition, 'compiled'>[],
  key: string,
  carried: Carried,
  budget: Budget,
): string {
  const context = { get: (name: string) => (name === key ? carried : undefined) };
  let answers = '';
  for (const { compiled } of conditions) {
    const work = newWork();
    answers += compiled.holds(context, work) ? '1' : '0';
    budget.settle(work);
  }
  return answers;
}

/** Whether a key has one value, or a list of them, or could have either because it is not known. */
function formsOf(
  key: string,
  conditions: readonly ReadCondition[],
): { readonly hasTexts: boolean; readonly hasLists: boolean } {
  const known = findConditionKey(key);
  if (known !== undefined) return { hasTexts: !known.isMultiValued, hasLists: known.isMultiValued };
  const quantifiers = conditions.map(({ use }) => readOperator(use.condition.operator)?.quantifier);
  return { hasTexts: true, hasLists: quantifiers.some((each) => each === 'all' || each === 'any') };
}

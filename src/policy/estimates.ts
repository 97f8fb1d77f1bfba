import type { ConditionUse } from './condition-values.ts';

/*
 * What it takes to ask the engine, in steps (see `budget.ts`), before it is asked. What it counts itself (`work.ts`) is
 * not in this, but for variables: those are resolved each time.
 */

const STEPS_FOR_CONDITION = 15;
const STEPS_FOR_VALUE = 2;
const STEPS_FOR_ARN = 20;
const STEPS_FOR_VARIABLES = 60;

/** Texts are looked up in a set. */
const IS_LOOK_UP = /^(?:for(?:any|all)values?:)?string(?:not)?equals/i;

/** What it takes to ask conditions about a value of their key. */
export function stepsToAsk(uses: readonly ConditionUse[]): number {
  return uses.reduce((sum, { condition: { operator, values } }) => {
    const held = IS_LOOK_UP.test(operator) ? 0 : values.length * STEPS_FOR_VALUE;
    return sum + STEPS_FOR_CONDITION + held + stepsToResolve(values);
  }, 0);
}

/** What it takes to match a name with some patterns. */
export function stepsToMatch(patterns: readonly string[]): number {
  return patterns.length * STEPS_FOR_VALUE;
}

/** What it takes to match an ARN with some patterns. */
export function stepsToMatchArn(patterns: readonly string[]): number {
  return patterns.length * STEPS_FOR_ARN + stepsToResolve(patterns);
}

function stepsToResolve(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + (text.includes('${') ? STEPS_FOR_VARIABLES + text.length : 0), 0);
}

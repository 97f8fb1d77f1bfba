import type { Budget } from './budget.ts';
import type { Case } from './cases.ts';
import type { Difference } from './change.ts';
import { differencesIn } from './differences.ts';
import { type Dimension, type DimensionMaker, type PlacedStatement, possibleFor } from './dimensions.ts';
import { stepsToMatchArn } from './estimates.ts';
import type { ReadStatement } from './read-statement.ts';
import { countSituations, everySituation, type Situation, tellingSituations } from './situations.ts';

/** A case with the situations that it can be in. */
interface PreparedCase {
  readonly case: Case;
  readonly dimensions: readonly Dimension[];
  readonly total: number;
  /** What it takes to judge one situation. */
  readonly steps: number;
  /** Whether nothing depends on policy variables. */
  readonly isResolved: boolean;
}

const STEPS_TO_PREPARE = 60;
const STEPS_FOR_ANSWER = 4;
const STEPS_FOR_SITUATION = 20;
const STEPS_FOR_STATEMENT = 6;
/** For each key of a situation. Where only some are judged, few can be put together. */
const STEPS_FOR_KEY = 6;
const STEPS_FOR_KEY_OF_FEW = 60;

/** More situations of one case are not judged: each that makes a difference takes memory. */
const MOST_SITUATIONS = 262_144;

/**
 * The differences in each case. The cases that take least come first, and what they do not need is for the others.
 * Yields between cases.
 */
export function* judgeCases(
  cases: readonly Case[],
  makeDimensions: DimensionMaker,
  budget: Budget,
): Generator<undefined, ReadonlyMap<Case, readonly Difference[]>> {
  const differences = new Map<Case, readonly Difference[]>(cases.map((each) => [each, []]));
  const prepared: PreparedCase[] = [];
  for (const each of cases) {
    const possible = prepare(each, makeDimensions, budget);
    if (possible !== undefined) prepared.push(possible);
    yield;
  }
  if (prepared.length < cases.length) {
    budget.omit(
      `for ${cases.length - prepared.length} of ${cases.length} groups of requests nothing was tried`,
    );
  }
  prepared.sort((one, other) => one.total * one.steps - other.total * other.steps);
  for (const [at, one] of prepared.entries()) {
    const { case: each, dimensions, total } = one;
    const own = budget.allow(1 / (prepared.length - at));
    // Where variables have to be resolved, what the engine counts comes on top.
    const situations = chooseSituations(one, one.isResolved ? own : own.allow(1 / 2));
    const { differences: found, tried } = differencesIn(each, dimensions, situations, own);
    differences.set(each, found);
    for (const { key, isCut } of dimensions) {
      if (isCut) budget.omit(`of the values of ${key} only some were tried`);
    }
    if (tried < total)
      budget.omit(`${tried} of ${countText(total)} combinations of ${keyList(dimensions)} were tried`);
    yield;
  }
  return differences;
}

function prepare(each: Case, makeDimensions: DimensionMaker, budget: Budget): PreparedCase | undefined {
  const statements = [...each.before, ...each.after];
  const all = makeDimensions(statements);
  if (all === undefined || !budget.pay(stepsToPrepare(statements, all))) return undefined;
  const dimensions = all.map((dimension) => possibleFor(each.caller, dimension, budget));
  const toAsk = dimensions.map(({ isEntangled, steps }) => (isEntangled ? steps : 0));
  const toFindKey = statements.map(({ statement }) => STEPS_FOR_STATEMENT + stepsToFindKey(statement));
  const steps = [...toAsk, ...toFindKey].reduce((sum, one) => sum + one, STEPS_FOR_SITUATION);
  const isResolved =
    dimensions.every(({ isEntangled }) => !isEntangled) &&
    statements.every(({ statement }) => !statement.hasVariableResource);
  return { case: each, dimensions, total: countSituations(dimensions), steps, isResolved };
}

/** What it takes to get ready to judge situations, few or many. */
function stepsToPrepare(statements: readonly PlacedStatement[], dimensions: readonly Dimension[]): number {
  const conditions = statements.reduce((sum, { statement }) => sum + statement.conditions.size, 0);
  const answers = dimensions.reduce((sum, { classes, uses }) => sum + classes.length * uses.size, 0);
  return (statements.length + conditions + dimensions.length) * STEPS_TO_PREPARE + answers * STEPS_FOR_ANSWER;
}

/** What it takes to see in each situation whether a statement with variables in its resource is about the key. */
function stepsToFindKey({ hasVariableResource, written }: ReadStatement): number {
  return hasVariableResource ? stepsToMatchArn(written.resource?.values ?? []) : 0;
}

/** All situations that a case can be in, or some, if that is too much. */
function chooseSituations(
  { case: { before, after, differing }, dimensions, total, steps }: PreparedCase,
  budget: Budget,
): readonly Situation[] {
  const isFew = total <= MOST_SITUATIONS;
  if (isFew && budget.pay(total * (steps + dimensions.length * STEPS_FOR_KEY)))
    return everySituation(dimensions);
  const most = Math.min(total, MOST_SITUATIONS);
  const count = budget.buy(most, steps + dimensions.length * STEPS_FOR_KEY_OF_FEW);
  const statements = new Set([...differing, ...before, ...after].map(({ statement }) => statement));
  return tellingSituations(dimensions, [...statements], count);
}

function countText(count: number): string {
  return count < 1e9 ? String(count) : `more than 10^${Math.floor(Math.log10(count) - 1e-9)}`;
}

function keyList(dimensions: readonly Dimension[]): string {
  const keys = dimensions.map(({ key }) => key);
  return keys.length <= 10 ? keys.join(', ') : `${keys.slice(0, 10).join(', ')} and ${keys.length - 10} more`;
}

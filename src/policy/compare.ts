import { Budget, type ComparisonLimits } from './budget.ts';
import { groupCallers } from './caller-groups.ts';
import { callersOf } from './callers.ts';
import { casesOf } from './cases.ts';
import { type Alike, changesOf, Findings, type PolicyChange } from './change.ts';
import { groupActions, groupKeys, onlyKey } from './compare-requests.ts';
import { compilePolicy } from './compile.ts';
import { conditionKeysOf } from './condition-keys.ts';
import { dimensionMaker } from './dimensions.ts';
import type { PolicyDocument } from './document.ts';
import { judgeCases } from './judge-cases.ts';
import { readStatements } from './read-statement.ts';
import { KMS_KEY_ACTIONS } from './vocabulary.ts';

/*
 * How two policies are compared. Their statements are read (`read-statement.ts`), and from them the vocabulary: values of
 * condition keys (`condition-values.ts`, `condition-keys.ts`), actions and keys (`compare-requests.ts`), callers
 * (`callers.ts`, `caller-groups.ts`); of each, what no statement tells apart is one. All of them together make cases
 * (`cases.ts`) in which only what a request carries decides: a choice of values for each key (`dimensions.ts`,
 * `situations.ts`). In each the engine judges by both policies (`judge-cases.ts`, `differences.ts`). What differs is put
 * together to ranges of values (`ranges.ts`) and to changes (`change.ts`). A budget of steps (`budget.ts`,
 * `matching-steps.ts`) is shared out among all that.
 */

/** What becomes different when one key policy takes the place of another. */
export interface PolicyComparison {
  /** Whether nobody gains or loses anything, as far as was looked. */
  readonly unchanged: boolean;
  /** Whether everything that the policies name was combined in every way, and everything found is told. */
  readonly complete: boolean;
  /** What was not, in words; empty when complete. */
  readonly omitted: readonly string[];
  readonly changes: readonly PolicyChange[];
  /** What the requests that were tried are made of. */
  readonly vocabulary: {
    readonly principals: readonly string[];
    readonly actions: readonly string[];
    readonly conditionKeys: readonly string[];
  };
}

/** What a comparison keeps to. */
export interface ComparisonOptions extends Partial<ComparisonLimits> {
  /** The ARN of the key whose policies they are, if it is known; else all keys that `Resource` elements tell apart. */
  readonly key?: string;
}

/** A few seconds, and some megabytes. */
const GENEROUS: ComparisonLimits = { steps: 400_000_000, characters: 4_000_000 };

/** Of the steps that are left each time, for what comes before the situations themselves. */
const PART = { values: 1 / 4, actions: 1 / 8, keys: 1 / 8, callers: 1 / 3, cases: 1 / 3 };

/**
 * Works out who gains and who loses which permission, under which conditions, when `after` takes the place of `before`
 * as the policy of a key.
 *
 * The requests that are tried are made of what the two documents name: every principal, action and condition value in
 * either, and something else besides (see `callers.ts`, `condition-values.ts`). For those requests the answer is
 * complete, unless it says what was left out. Both policies are asked by the engine that decides real requests.
 *
 * @param options how much work it may be, and how long the answer; what they do not allow is left out, and the answer
 * says so. The default is for people who wait: policies of 32 kB can be made to take seconds.
 */
export function comparePolicies(
  before: PolicyDocument,
  after: PolicyDocument,
  options: ComparisonOptions = {},
): PolicyComparison {
  const work = comparePoliciesInSlices(before, after, options);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** The same, for where others wait for their turn: yields every now and then, and returns the answer in the end. */
export function* comparePoliciesInSlices(
  before: PolicyDocument,
  after: PolicyDocument,
  options: ComparisonOptions = {},
): Generator<undefined, PolicyComparison> {
  const { steps, characters, key } = { ...GENEROUS, ...options };
  const budget = new Budget(steps);
  const statementsBefore = readStatements(before, compilePolicy(before).statements);
  const statements = [...statementsBefore, ...readStatements(after, compilePolicy(after).statements)];
  yield;
  const conditionKeys = conditionKeysOf(statements, budget.allow(PART.values));
  yield;
  const actions = groupActions(statements, KMS_KEY_ACTIONS, budget.allow(PART.actions));
  const { keys, areAll } =
    key === undefined
      ? groupKeys(statements, (name) => conditionKeys.get(name)?.values ?? [], budget.allow(PART.keys))
      : onlyKey(statements, key);
  yield;
  const named = callersOf([before, after]);
  const callers = groupCallers(named, statements, conditionKeys, characters / 4, budget.allow(PART.callers));
  yield;
  const questions = { callers, actions, keys, statements, countBefore: statementsBefore.length };
  const cases = casesOf(questions, budget.allow(PART.cases));
  yield;
  const findings = new Findings();
  const judged = yield* judgeCases(cases, dimensionMaker(conditionKeys, budget), budget);
  for (const [{ places }, differences] of judged) {
    for (const difference of differences) findings.add(difference, places);
  }
  yield;
  const { changes, isCut } = changesOf(findings.all, areAll ? keys.length : undefined, characters);
  if (isCut) budget.omit(`changes beyond the first ${changes.length} are left out`);
  const namesOf = (groups: readonly Alike[]) => Object.freeze(groups.flatMap(({ names }) => names));
  const omitted = Object.freeze(budget.omitted);
  return Object.freeze({
    unchanged: changes.length === 0,
    complete: omitted.length === 0,
    omitted,
    changes,
    vocabulary: Object.freeze({
      principals: namesOf(callers),
      actions: namesOf(actions),
      conditionKeys: Object.freeze(Array.from(conditionKeys.values(), ({ name }) => name)),
    }),
  });
}

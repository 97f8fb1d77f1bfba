import type { Budget } from './budget.ts';
import type { NamingStatement } from './caller-groups.ts';
import type { Case } from './cases.ts';
import type { Difference, KeyPolicyVerdict, StatementReference } from './change.ts';
import type { CompiledPolicy, CompiledStatement } from './compile.ts';
import type { Dimension } from './dimensions.ts';
import { findClosestAllow, findDeny, prepareQuestion, type Question } from './evaluate.ts';
import { mergeSituations } from './ranges.ts';
import type { Carried } from './read-statement.ts';
import type { ConditionContext } from './request.ts';
import type { Situation } from './situations.ts';
import { newWork } from './work.ts';

/** What a key policy says to a request, and by which statement. */
interface Judgement {
  readonly verdict: KeyPolicyVerdict;
  readonly statement: StatementReference | undefined;
}

/** What the policies say differently in a case, as far as situations could be tried. */
export interface CaseDifferences {
  readonly differences: readonly Difference[];
  /** In how many situations that was tried. */
  readonly tried: number;
}

/** In which of the situations the policies say something different, and what. */
export function differencesIn(
  each: Case,
  dimensions: readonly Dimension[],
  situations: readonly Situation[],
  budget: Budget,
): CaseDifferences {
  const judgeIn = judgeOf(each, dimensions, budget);
  const changed: Cell[] = [];
  let tried = 0;
  for (const situation of situations) {
    if (budget.isOverdrawn) break;
    const cell = judgeIn(situation);
    if (cell.before.verdict !== cell.after.verdict) changed.push(cell);
    tried += 1;
  }
  const merged = mergeSituations(
    changed,
    dimensions,
    ({ before, after }) => `${before.verdict} ${after.verdict}`,
  );
  const differences = merged.map(({ conditions, members }) => ({
    conditions,
    before: members[0]?.before.verdict ?? 'nothing',
    after: members[0]?.after.verdict ?? 'nothing',
    statementsBefore: distinctStatements(members.map(({ before }) => before.statement)),
    statementsAfter: distinctStatements(members.map(({ after }) => after.statement)),
  }));
  return { differences, tried };
}

/** What both policies say in one situation. */
interface Cell {
  readonly situation: Situation;
  readonly before: Judgement;
  readonly after: Judgement;
}

function judgeOf(
  { before, after, caller, action, key }: Case,
  dimensions: readonly Dimension[],
  budget: Budget,
): (situation: Situation) => Cell {
  const carried = new CarriedValues(dimensions);
  const policies = { before: reduce(before, dimensions, carried), after: reduce(after, dimensions, carried) };
  const request = { principal: caller.principal, action, resource: key, context: carried };
  const question = prepareQuestion(request, caller.hasBoundary);
  const ask = (policy: CompiledPolicy): Judgement => {
    const work = newWork();
    const judgement = judge(policy, { ...question, work });
    budget.settle(work);
    return judgement;
  };
  return (situation) => {
    carried.situation = situation;
    return { situation, before: ask(policies.before), after: ask(policies.after) };
  };
}

/** What a request carries in one situation after the other. */
class CarriedValues implements ConditionContext {
  situation: Situation = [];
  readonly #dimensions: readonly Dimension[];
  readonly #places: ReadonlyMap<string, number>;

  constructor(dimensions: readonly Dimension[]) {
    this.#dimensions = dimensions;
    this.#places = new Map(dimensions.map(({ name }, place) => [name, place]));
  }

  placeOf(name: string): number | undefined {
    return this.#places.get(name);
  }

  get(name: string): Carried {
    const place = this.#places.get(name);
    return place === undefined
      ? undefined
      : this.#dimensions[place]?.classes[this.situation[place] ?? 0]?.[0];
  }
}

/** A policy of which all but conditions is decided, and of these all that depend on one key alone. */
function reduce(
  statements: readonly NamingStatement[],
  dimensions: readonly Dimension[],
  carried: CarriedValues,
): CompiledPolicy {
  const reduced = statements.map(
    ({ naming, statement: { compiled, conditions, hasVariableResource } }): CompiledStatement => ({
      ...compiled,
      names: () => naming,
      matchesAction: () => true,
      matchesResource: hasVariableResource ? compiled.matchesResource : () => true,
      conditions: [...conditions].flatMap(([name, own]) =>
        own.map(({ compiled: condition, meaning }) => {
          const place = carried.placeOf(name);
          const dimension = place === undefined ? undefined : dimensions[place];
          const use = dimension?.uses.get(meaning);
          if (place === undefined || use === undefined || dimension?.isEntangled) return condition;
          return { ...condition, holds: () => use.answers[carried.situation[place] ?? 0] === '1' };
        }),
      ),
    }),
  );
  return {
    id: undefined,
    statements: reduced,
    allows: reduced.filter(({ effect }) => effect === 'Allow'),
    denies: reduced.filter(({ effect }) => effect === 'Deny'),
  };
}

/** What a key policy alone says, by the functions that `authorize` asks. */
function judge(policy: CompiledPolicy, question: Question): Judgement {
  const denial = findDeny(policy, question, 'resource');
  if (denial !== undefined) return { verdict: 'denies', statement: denial };
  const allowed = findClosestAllow(policy, question);
  if (allowed === undefined) return { verdict: 'nothing', statement: undefined };
  const { naming, statement } = allowed;
  const verdict =
    naming === 'account' ? 'delegates' : naming === 'itself' ? 'allows' : 'allows-within-boundary';
  return { verdict, statement };
}

function distinctStatements(
  statements: readonly (StatementReference | undefined)[],
): readonly StatementReference[] {
  const byIndex = new Map<number, StatementReference>();
  for (const each of statements) {
    if (each === undefined) continue;
    const { index, sid, line, column } = each;
    byIndex.set(index, Object.freeze({ index, sid, line, column }));
  }
  return Object.freeze([...byIndex.values()].sort((one, other) => one.index - other.index));
}

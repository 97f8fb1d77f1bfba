import { Budget } from './budget.ts';
import type { Caller } from './callers.ts';
import { answersOf, type ConditionKey, conditionKeysOf } from './condition-keys.ts';
import { stepsToAsk } from './estimates.ts';
import { type Carried, conditionsByKey, type ReadCondition, type ReadStatement } from './read-statement.ts';
import { isAboutCaller } from './vocabulary.ts';

/**
 * What requests can carry, as far as some statements can tell. For each condition key there is a `Dimension`: its
 * values, those that no condition tells apart put into one class.
 */
export interface Dimension {
  /** As first written, and in lower case. */
  readonly key: string;
  readonly name: string;
  readonly classes: readonly (readonly Carried[])[];
  /** The conditions on this key, by meaning. */
  readonly uses: ReadonlyMap<string, DimensionUse>;
  /** Whether what they say depends on other keys, by policy variables. */
  readonly isEntangled: boolean;
  /** What it takes to ask the conditions, which has to be done in each situation when it is entangled. */
  readonly steps: number;
  /** Whether some values, or lists of them, were left out because there are too many. */
  readonly isCut: boolean;
}

/** A condition on the key of a dimension. */
export interface DimensionUse extends ReadCondition {
  /** What it says to each class when nothing else is carried: `1` where it holds. */
  readonly answers: string;
}

/** A statement, and its place among all that are at hand. */
export interface PlacedStatement {
  readonly place: number;
  readonly statement: ReadStatement;
}

/** Makes the dimensions of the situations that some statements tell apart; `undefined` when that costs too much. */
export type DimensionMaker = (statements: readonly PlacedStatement[]) => readonly Dimension[] | undefined;

/** Prepares to make dimensions, the same ones for the same statements, or for the same conditions of others. */
export function dimensionMaker(keys: ReadonlyMap<string, ConditionKey>, budget: Budget): DimensionMaker {
  const ofStatements = new Map<string, readonly Dimension[]>();
  const made = new Map<string, Dimension>();
  const find = (
    name: string,
    uses: readonly ReadCondition[],
    isEntangled: boolean,
  ): Dimension | undefined => {
    const key = keys.get(name);
    if (key === undefined) return undefined;
    const ids = uses.map(({ meaning }) => key.answers.get(meaning)?.id);
    const identity = `${name} ${isEntangled} ${ids.join()}`;
    const dimension = made.get(identity) ?? dimensionOf({ name, key, uses, isEntangled, budget });
    if (dimension !== undefined) made.set(identity, dimension);
    return dimension;
  };
  return (placed) => {
    const places = placed.map(({ place }) => place).join();
    const known = ofStatements.get(places);
    if (known !== undefined) return known;
    const statements = placed.map(({ statement }) => statement);
    const count = statements.reduce((sum, { conditions }) => sum + conditions.size, 0);
    if (!budget.pay(count * STEPS_FOR_KEY)) return undefined;
    const entangled = new Set(statements.flatMap((statement) => [...statement.entangled]));
    const dimensions: Dimension[] = [];
    for (const [name, uses] of conditionsByKey(statements)) {
      const dimension = find(name, uses, entangled.has(name));
      if (dimension === undefined) return undefined;
      dimensions.push(dimension);
    }
    ofStatements.set(places, dimensions);
    return dimensions;
  };
}

/** All dimensions of some statements, whatever they cost. */
export function dimensionsOf(statements: readonly ReadStatement[]): readonly Dimension[] {
  const unlimited = new Budget(Number.POSITIVE_INFINITY);
  const placed = statements.map((statement, place) => ({ place, statement }));
  return dimensionMaker(conditionKeysOf(statements, unlimited), unlimited)(placed) ?? [];
}

/** What it takes to find out about a key of a statement, to make its dimension, and to ask a condition about a value. */
const STEPS_FOR_KEY = 60;
const STEPS_FOR_DIMENSION = 100;
const STEPS_FOR_ANSWER = 3;

interface Making {
  /** Of the key, in lower case. */
  readonly name: string;
  readonly key: ConditionKey;
  readonly uses: readonly ReadCondition[];
  readonly isEntangled: boolean;
  readonly budget: Budget;
}

function dimensionOf({ name, key, uses, isEntangled, budget }: Making): Dimension | undefined {
  const { values, hasTexts, hasLists } = key;
  if (!budget.pay(STEPS_FOR_DIMENSION + values.length * (uses.length + 2) * STEPS_FOR_ANSWER))
    return undefined;
  const steps = stepsToAsk(uses.map(({ use }) => use));
  const known = uses.flatMap(({ meaning }) => key.answers.get(meaning) ?? []);
  const classes = new Map<string, { readonly members: Carried[]; readonly answers: string }>();
  const add = (carried: Carried, answers: string): void => {
    const identity = isEntangled ? JSON.stringify(carried ?? null) : answers;
    const found = classes.get(identity);
    if (found === undefined) classes.set(identity, { members: [carried], answers });
    else found.members.push(carried);
  };
  const ask = (carried: Carried): string => answersOf(uses, name, carried, budget);
  if (hasTexts) {
    for (const [at, value] of values.entries()) {
      let answers = '';
      for (const { asText } of known) answers += asText[at];
      add(value, answers);
    }
  }
  const elements = new Map<string, string>();
  if (hasLists) {
    for (const [at, value] of values.entries()) {
      const identity = isEntangled ? value : known.map(({ asList }) => asList[at]).join('');
      if (!elements.has(identity)) elements.set(identity, value);
    }
    const lists = combine([...elements.values()]);
    if (!budget.pay(lists.length * steps)) return undefined;
    for (const list of lists) add(list, ask(list));
  }
  add(undefined, ask(undefined));
  const made = [...classes.values()];
  return {
    key: key.name,
    name,
    classes: made.map(({ members }) => members),
    uses: new Map(
      uses.map((use, at) => [
        use.meaning,
        { ...use, answers: made.map(({ answers }) => answers[at]).join('') },
      ]),
    ),
    isEntangled,
    steps,
    isCut: key.isCut || elements.size > MOST_LISTED,
  };
}

/** More single values than this are not combined to lists in all ways, but alone, in pairs and all together. */
const MOST_LISTED = 5;
/** And more than this not even in pairs. */
const MOST_PAIRED = 32;

/** Lists of the values: all that there are, or where those are too many, some. */
function combine(values: readonly string[]): readonly (readonly string[])[] {
  if (values.length > MOST_LISTED) {
    if (values.length > MOST_PAIRED) return [...values.map((value) => [value]), values];
    const pairs = values.flatMap((one, index) => values.slice(index + 1).map((other) => [one, other]));
    return [...values.map((value) => [value]), ...pairs, values];
  }
  let lists: readonly (readonly string[])[] = [[]];
  for (const value of values) lists = [...lists, ...lists.map((list) => [...list, value])];
  return lists.filter((list) => list.length > 0).sort((one, other) => one.length - other.length);
}

/** The dimension with only what the caller can carry. */
export function possibleFor(caller: Caller, dimension: Dimension, budget: Budget): Dimension {
  const { name, classes, uses } = dimension;
  if (!isAboutCaller(name)) return dimension;
  const certain = caller.certain(name);
  if (certain !== undefined) {
    const ask = (use: DimensionUse) => ({ ...use, answers: answersOf([use], name, certain, budget) });
    return { ...dimension, classes: [[certain]], uses: mapValues(uses, ask) };
  }
  const possible = classes.map((values) => values.filter((value) => caller.mayCarry(name, value)));
  const isPossible = (_: unknown, at: number): boolean => (possible[at]?.length ?? 0) > 0;
  if (!classes.some(isPossible)) return dimension;
  const narrow = (use: DimensionUse) => ({ ...use, answers: [...use.answers].filter(isPossible).join('') });
  return { ...dimension, classes: possible.filter(isPossible), uses: mapValues(uses, narrow) };
}

function mapValues<Value>(
  map: ReadonlyMap<string, Value>,
  change: (value: Value) => Value,
): ReadonlyMap<string, Value> {
  return new Map(Array.from(map, ([key, value]) => [key, change(value)]));
}

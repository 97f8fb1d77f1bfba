import type { CompiledStatement } from './compile.ts';
import type { CompiledCondition } from './condition.ts';
import { type ConditionUse, valuesToTry, variablesIn, withoutVariables } from './condition-values.ts';
import type { PolicyDocument, PolicyVersion, Statement } from './document.ts';
import { readOperator } from './operator.ts';
import type { ConditionContext, ConditionValue } from './request.ts';
import { findConditionKey } from './vocabulary.ts';

/**
 * What requests can carry, as far as some statements can tell. For each condition key there is a `Dimension`: its
 * values, those that no condition tells apart put into one class. A situation is a choice of one class for each key.
 */

/** What a request carries under a key; `undefined` when it does not carry it. */
export type Carried = ConditionValue | undefined;

/** A condition key and all that it can be; values in one class mean the same to every statement at hand. */
export interface Dimension {
  /** As first written. */
  readonly key: string;
  readonly classes: readonly (readonly Carried[])[];
  /** The conditions on this key, for describing a choice of classes. */
  readonly uses: readonly { readonly use: ConditionUse; readonly compiled: CompiledCondition }[];
  /** Whether some lists of values were left out because there are too many. */
  readonly isCut: boolean;
}

/** A statement as written and as compiled. */
export interface ReadStatement {
  readonly version: PolicyVersion;
  readonly written: Statement;
  readonly compiled: CompiledStatement;
}

/** Pairs the statements of a document with what they were compiled to. */
export function readStatements(
  { version, statements }: PolicyDocument,
  compiled: readonly CompiledStatement[],
): readonly ReadStatement[] {
  return compiled.flatMap((each) => {
    const written = statements[each.index];
    return written === undefined ? [] : { version, written, compiled: each };
  });
}

/** More single values than this are not combined to lists in all ways, but alone, in pairs and all together. */
const MOST_LISTED = 5;
/** And more than this not even in pairs. */
const MOST_PAIRED = 32;

/** The dimensions of the situations that the statements tell apart. */
export function dimensionsOf(statements: readonly ReadStatement[]): readonly Dimension[] {
  const uses = new Map<string, { use: ConditionUse; compiled: CompiledCondition }[]>();
  const names = new Map<string, string>();
  /** Keys whose classes depend on other keys, by policy variables. */
  const entangled = new Set<string>();
  const usesOf = (key: string) => {
    const lower = key.toLowerCase();
    const found = uses.get(lower) ?? [];
    uses.set(lower, found);
    if (!names.has(lower)) names.set(lower, key);
    return found;
  };
  for (const { version, written, compiled } of statements) {
    for (const variable of (written.resource?.values ?? []).flatMap((text) => variablesIn(text, version))) {
      usesOf(variable);
      entangled.add(variable);
    }
    for (const [index, condition] of written.conditions.entries()) {
      const test = compiled.conditions[index];
      if (test === undefined) continue;
      usesOf(condition.key).push({ use: { condition, version }, compiled: test });
      const variables = condition.values.flatMap((text) => variablesIn(text, version));
      for (const variable of variables) {
        usesOf(variable);
        entangled.add(variable).add(condition.key.toLowerCase());
      }
    }
  }
  const plain = (key: string): readonly string[] =>
    valuesToTry(
      (uses.get(key) ?? []).map(({ use }) => use),
      ({ condition, version }) => condition.values.filter((text) => variablesIn(text, version).length === 0),
    );
  return [...uses].map(([lower, found]) => {
    const values = valuesToTry(
      found.map(({ use }) => use),
      ({ condition, version }) => condition.values.flatMap((text) => withoutVariables(text, version, plain)),
    );
    return dimension(names.get(lower) ?? lower, found, values, entangled.has(lower));
  });
}

function dimension(
  key: string,
  uses: Dimension['uses'],
  values: readonly string[],
  isEntangled: boolean,
): Dimension {
  const signatureOf = (carried: Carried): string => {
    if (isEntangled) return JSON.stringify(carried ?? null);
    const context = contextOf([[key, carried]]);
    return uses.map(({ compiled }) => (compiled.holds(context) ? '1' : '0')).join('');
  };
  const { scalars, lists } = formsOf(key, uses);
  const elements = lists
    ? [
        ...classify(
          values.map((value) => [value]),
          signatureOf,
        ).values(),
      ]
    : [];
  const combinations = combine(elements.map(([first]) => String(first?.[0])));
  const all: readonly Carried[] = [...(scalars ? values : []), ...combinations, undefined];
  const classes = [...classify(all, signatureOf).values()];
  return { key, classes, uses, isCut: elements.length > MOST_LISTED };
}

/** Whether a key has one value, or a list of them, or could have either because it is not known. */
function formsOf(
  key: string,
  uses: Dimension['uses'],
): { readonly scalars: boolean; readonly lists: boolean } {
  const known = findConditionKey(key);
  if (known !== undefined) return { scalars: !known.isMultiValued, lists: known.isMultiValued };
  const quantifiers = uses.map(({ use }) => readOperator(use.condition.operator)?.quantifier);
  return { scalars: true, lists: quantifiers.some((each) => each === 'all' || each === 'any') };
}

/** Puts what has the same signature together, in order of appearance. */
function classify<Item>(
  items: readonly Item[],
  signatureOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const classes = new Map<string, Item[]>();
  for (const item of items) {
    const signature = signatureOf(item);
    const found = classes.get(signature);
    if (found === undefined) classes.set(signature, [item]);
    else found.push(item);
  }
  return classes;
}

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

/** A context with these keys. */
export function contextOf(carried: Iterable<readonly [key: string, Carried]>): ConditionContext {
  const context = new Map<string, ConditionValue>();
  for (const [key, value] of carried) if (value !== undefined) context.set(key.toLowerCase(), value);
  return context;
}

/** Choices of a class for each dimension, by index. */
export type Situation = readonly number[];

/**
 * All situations, or where there are more than `limit`, some: for each statement the one that meets as many of its
 * conditions and as few of others as can be, and of its neighbours, which differ in one key, as many as allowed.
 */
export function situationsOf(
  dimensions: readonly Dimension[],
  statements: readonly ReadStatement[],
  limit: number,
): { readonly situations: readonly Situation[]; readonly total: number } {
  const total = dimensions.reduce((product, { classes }) => product * classes.length, 1);
  if (total > limit)
    return { situations: mostTelling(dimensions, statements, limit / dimensions.length), total };
  let situations: readonly Situation[] = [[]];
  for (const { classes } of dimensions) {
    situations = situations.flatMap((situation) => classes.map((_, index) => [...situation, index]));
  }
  return { situations, total };
}

function mostTelling(
  dimensions: readonly Dimension[],
  statements: readonly ReadStatement[],
  limit: number,
): readonly Situation[] {
  const best = statements.map(({ compiled }) => bestSituation(dimensions, compiled));
  const found = new Map(best.map((situation) => [situation.join(), situation]));
  for (const situation of best) {
    for (const [at, { classes }] of dimensions.entries()) {
      for (const index of classes.keys()) {
        if (found.size >= limit) return [...found.values()];
        const neighbour = situation.map((each, place) => (place === at ? index : each));
        found.set(neighbour.join(), neighbour);
      }
    }
  }
  return [...found.values()];
}

/** As many of a statement's conditions as can be, and with such values, as few of those of others. */
function bestSituation(dimensions: readonly Dimension[], { conditions }: CompiledStatement): Situation {
  return dimensions.map(({ classes, uses, key }) => {
    const own = conditions.filter((each) => each.key.toLowerCase() === key.toLowerCase());
    const scores = classes.map(([value]) => {
      const context = contextOf([[key, value]]);
      const all = uses.filter(({ compiled }) => compiled.holds(context)).length;
      return own.filter((each) => each.holds(context)).length * (uses.length + 1) - all;
    });
    return scores.indexOf(Math.max(...scores));
  });
}

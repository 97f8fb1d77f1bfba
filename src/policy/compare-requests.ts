import type { Budget } from './budget.ts';
import type { Alike } from './change.ts';
import { arnTexts, unusedWord, withoutVariables } from './condition-values.ts';
import { stepsToMatch, stepsToMatchArn } from './estimates.ts';
import { compileWildcards } from './pattern.ts';
import { contextOf, type ReadStatement } from './read-statement.ts';
import { newWork, type Work } from './work.ts';

/** Stands for all actions that are neither known nor named. */
export const ANY_OTHER_ACTION = 'any other action';
const OTHER_ACTION = 'kms:any-other-action';
const ANY_OTHER_KEY = 'any other key';

/** What it takes to look a name up, and to read a pattern and hold all known names against it. */
const STEPS_FOR_NAME = 4;
const STEPS_FOR_PATTERN = 160;

/** Actions, or keys, that no statement tells apart. */
export interface RequestGroup extends Alike {
  /** The one to ask for: an action in lower case, or the ARN of a key. */
  readonly asked: string;
  /** Whether each of the statements is about it, or may be, depending on the values of policy variables. */
  readonly meant: readonly boolean[];
}

/**
 * All actions, those together that no statement tells apart.
 *
 * @param known the actions that there are; the statements may name others
 */
export function groupActions(
  statements: readonly ReadStatement[],
  known: readonly string[],
  budget: Budget,
): readonly RequestGroup[] {
  const values = statements.flatMap(({ written: { action } }) => action?.values ?? []);
  const steps =
    stepsToMatch(values.filter((value) => WILDCARD.test(value))) + statements.length * STEPS_FOR_NAME;
  const all = [
    ...known.map((name) => ({ name, asked: name.toLowerCase() })),
    { name: ANY_OTHER_ACTION, asked: OTHER_ACTION },
    ...actionsNamedIn(values, known, budget).map((name) => ({ name, asked: name })),
  ];
  const tried = all.flatMap((each) => {
    if (!budget.pay(steps)) return [];
    const work = newWork();
    const meant = statements.map(({ compiled }) => compiled.matchesAction(each.asked, work));
    budget.settle(work);
    return { ...each, meant };
  });
  if (tried.length < all.length) budget.omit(`${tried.length} of ${all.length} actions were tried`);
  return groupAlike(tried);
}

/** No action has a longer name. */
const LONGEST_ACTION = 128;

/** Actions that are named and not known; of a pattern that matches no known one, one that it matches. */
function actionsNamedIn(
  values: readonly string[],
  known: readonly string[],
  budget: Budget,
): readonly string[] {
  const names = new Set(known.map((name) => name.toLowerCase()));
  const all = [...new Set(values.map((value) => value.toLowerCase()))].filter((value) => !names.has(value));
  const read = all.filter((value) => budget.pay(WILDCARD.test(value) ? STEPS_FOR_PATTERN : STEPS_FOR_NAME));
  if (read.length < all.length) budget.omit(`${read.length} of ${all.length} patterns of actions were read`);
  const unknown = read.filter((value) => {
    if (!WILDCARD.test(value)) return true;
    const work = newWork();
    const matches = compileWildcards(value);
    const isKnown = [...names].some((name) => matches(name, work));
    budget.settle(work);
    return !isKnown;
  });
  const written = unknown.map((value) => value.replaceAll('*', '').replaceAll('?', 'x'));
  return [...new Set(written)].filter(
    (name) => name.length <= LONGEST_ACTION && /^kms:[a-z0-9-]+$/.test(name),
  );
}

const WILDCARD = /[*?]/;

/** No key has a longer one. */
const LONGEST_ARN = 256;

/** Keys, and whether these are all that there are. */
export interface KeyGroups {
  readonly keys: readonly RequestGroup[];
  readonly areAll: boolean;
}

/** The one key that is meant. */
export function onlyKey(statements: readonly ReadStatement[], arn: string): KeyGroups {
  const meant = statements.map((statement) => mayMean(statement, arn, newWork()));
  return { keys: [{ id: 0, names: [arn], asked: arn, meant }], areAll: true };
}

/**
 * Keys that statements tell apart by their `Resource`; mostly only "any other key".
 *
 * @param valuesOf the values of the key of a policy variable, in lower case
 */
export function groupKeys(
  statements: readonly ReadStatement[],
  valuesOf: (key: string) => readonly string[],
  budget: Budget,
): KeyGroups {
  const values = statements.flatMap(({ written: { resource }, version }) =>
    (resource?.values ?? []).filter((value) => !/^\*+$/.test(value)).map((value) => ({ value, version })),
  );
  const steps = stepsToMatchArn(values.map(({ value }) => value)) + statements.length * STEPS_FOR_NAME;
  const read = values.slice(0, budget.affords(steps));
  const patterns = read.map(({ value, version }) => withoutVariables(value, version, valuesOf));
  const written = [...new Set(patterns.flatMap(({ texts }) => texts.map(withAllFields)))];
  const together = arnTexts(written, written);
  const named = together.texts.filter((text) => text.startsWith('arn:') && text.length <= LONGEST_ARN);
  const other = `arn:aws:kms:${unusedWord('another-region', written)}:000000000000:key/${unusedWord('another-key', written)}`;
  const all = [...named, other];
  // From the last on, which stands for all that are not named.
  const tried = all
    .toReversed()
    .flatMap((asked) => {
      if (!budget.pay(steps)) return [];
      const work = newWork();
      const meant = statements.map((statement) => mayMean(statement, asked, work));
      budget.settle(work);
      return { name: asked === other ? ANY_OTHER_KEY : asked, asked, meant };
    })
    .reverse();
  const isCut = together.isCut || patterns.some((each) => each.isCut);
  const areAll = !isCut && read.length === values.length && tried.length === all.length;
  if (!areAll) budget.omit(`of the keys that Resource elements tell apart only ${tried.length} were tried`);
  const hasVariables = statements.some(({ hasVariableResource }) => hasVariableResource);
  return { keys: groupAlike(tried, ({ asked }) => (hasVariables ? asked : '')), areAll };
}

/** Fields that are left off behind a final star count as stars. */
function withAllFields(pattern: string): string {
  const fields = pattern.split(':').length;
  return pattern.endsWith('*') && fields < 6 ? pattern + ':*'.repeat(6 - fields) : pattern;
}

function mayMean({ hasVariableResource, compiled }: ReadStatement, key: string, work: Work): boolean {
  return hasVariableResource || compiled.matchesResource(key, contextOf([]), work);
}

/** An action or a key by itself. */
type Request = Omit<RequestGroup, keyof Alike> & { readonly name: string };

/** Groups what has the same meaning to all statements, and is the same otherwise. */
function groupAlike(
  requests: readonly Request[],
  otherwise: (request: Request) => string = () => '',
): readonly RequestGroup[] {
  const groups = new Map<string, RequestGroup & { readonly names: string[] }>();
  for (const request of requests) {
    const { name, asked, meant } = request;
    const identity = meant.map(Number).join('') + otherwise(request);
    const found = groups.get(identity);
    if (found === undefined) groups.set(identity, { id: groups.size, names: [name], asked, meant });
    else found.names.push(name);
  }
  return [...groups.values()];
}

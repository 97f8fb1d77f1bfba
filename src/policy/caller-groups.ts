import type { Budget } from './budget.ts';
import type { Caller, Callers } from './callers.ts';
import type { Alike } from './change.ts';
import { answersOf, type ConditionKey } from './condition-keys.ts';
import type { PlacedStatement } from './dimensions.ts';
import { callerNames, type Naming } from './principal.ts';
import { conditionsByKey, type ReadStatement } from './read-statement.ts';
import { isAboutCaller } from './vocabulary.ts';

/** A statement that names a caller, and how closely. */
export interface NamingStatement extends PlacedStatement {
  readonly naming: Naming;
}

/** Callers that no statement tells apart, neither by its principals nor by its conditions. */
export interface CallerGroup extends Alike {
  /** One of them. */
  readonly caller: Caller;
  readonly naming: readonly NamingStatement[];
}

/** What it takes to make up a caller, to see whether a principal element names it, and to note that for a statement. */
const STEPS_FOR_CALLER = 100;
const STEPS_FOR_NAMING = 12;
const STEPS_FOR_STATEMENT = 4;

/**
 * All callers, those together that no statement tells apart.
 *
 * @param characters how long their names may be in all
 */
export function groupCallers(
  { named, others }: Callers,
  statements: readonly ReadStatement[],
  keys: ReadonlyMap<string, ConditionKey>,
  characters: number,
  budget: Budget,
): readonly CallerGroup[] {
  const groups = new Map<string, CallerGroup & { readonly names: string[] }>();
  const elements = groupPrincipals(statements);
  const whatCarries = carriedReader(statements, keys, budget);
  const add = (caller: Caller): void => {
    const naming = namingsOf(caller, statements, elements);
    const carried = whatCarries(caller);
    const identity = `${naming.map(({ place, naming: how }) => place + how).join()} ${carried}`;
    const group = groups.get(identity);
    if (group === undefined) groups.set(identity, { id: groups.size, names: [caller.label], caller, naming });
    else group.names.push(caller.label);
  };
  const price =
    STEPS_FOR_CALLER + elements.length * STEPS_FOR_NAMING + statements.length * STEPS_FOR_STATEMENT;
  budget.pay(price * others.length);
  let tried = others.length;
  let room = characters;
  for (const caller of named) {
    room -= caller.label.length;
    if (room < 0 || !budget.pay(price)) {
      budget.omit(`of the principals that the policies tell apart only ${tried} were tried`);
      break;
    }
    add(caller);
    tried += 1;
  }
  for (const caller of others) add(caller);
  return [...groups.values()];
}

/** The places of the statements that have the same effect and the same principals. */
function groupPrincipals(statements: readonly ReadStatement[]): readonly (readonly number[])[] {
  const groups = Map.groupBy(statements.keys(), (place) => {
    const { effect, principal } = statements[place]?.written ?? {};
    return JSON.stringify([
      effect,
      principal?.negated,
      principal?.entries.map(({ type, value }) => [type, value]),
    ]);
  });
  return [...groups.values()];
}

function namingsOf(
  caller: Caller,
  statements: readonly ReadStatement[],
  elements: readonly (readonly number[])[],
): readonly NamingStatement[] {
  const names = callerNames(caller.principal);
  const namings = new Array<Naming>(statements.length).fill('not-at-all');
  for (const places of elements) {
    const naming = statements[places[0] ?? 0]?.compiled.names?.(names, caller.hasBoundary) ?? 'not-at-all';
    for (const place of places) namings[place] = naming;
  }
  return statements.flatMap((statement, place) => {
    const naming = namings[place] ?? 'not-at-all';
    return naming === 'not-at-all' ? [] : { place, statement, naming };
  });
}

/** Tells what a caller carries under the keys that tell about it: the same for all whom conditions do not tell apart. */
function carriedReader(
  statements: readonly ReadStatement[],
  keys: ReadonlyMap<string, ConditionKey>,
  budget: Budget,
): (caller: Caller) => string {
  const about = [...keys].filter(([name]) => isAboutCaller(name));
  const known = new Map<string, string>();
  const conditions = conditionsByKey(statements);
  const ask = (name: string, { steps }: ConditionKey, certain: string): string => {
    const identity = `${name} ${certain}`;
    const found = known.get(identity);
    if (found !== undefined) return found;
    const isEntangled = statements.some(({ entangled }) => entangled.has(name));
    // Where nothing can be asked any more, each is taken for different.
    const isOwn = isEntangled || !budget.pay(steps);
    const asked = isOwn ? certain : answersOf(conditions.get(name) ?? [], name, certain, budget);
    known.set(identity, asked);
    return asked;
  };
  return (caller) =>
    about
      .map(([name, key]) => {
        const certain = caller.certain(name);
        if (certain !== undefined) return ask(name, key, certain);
        budget.pay(key.values.length);
        return [...key.values, undefined].map((value) => Number(caller.mayCarry(name, value))).join('');
      })
      .join(' ');
}
